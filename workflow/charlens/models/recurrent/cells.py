"""The recurrent cells of the paper (section 3.1): a class each, by its id in the catalogue.

What else is known of a cell (letters, names of gates, title, colour) is in
:mod:`charlens.models.catalogue`. Nothing outside these two modules and the fused kernels
(``cells_numba``, ``cells_triton``) knows which cells exist. :func:`computes` ties a class to its
entry; a cell without fused kernels computes with the class alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Tensor

from charlens.models import catalogue
from charlens.models.recurrent.edits import Edit
from charlens.models.recurrent.recurrence import Empty, Recurrence, add_in_place, steps_of

_sigmoid_backward = torch.ops.aten.sigmoid_backward.grad_input
_tanh_backward = torch.ops.aten.tanh_backward.grad_input

CELLS: dict[str, type[Recurrence]] = {}
"""The class of each cell, by its id in the catalogue; filled by :func:`computes`."""

_Class = TypeVar("_Class", bound=type[Recurrence])


def computes(cell: str) -> Callable[[_Class], _Class]:
    """Decorate the class that computes a cell of the catalogue.

    Args:
        cell: the cell's id.

    Raises:
        KeyError: the catalogue has no such cell.
    """

    def register(computing: _Class) -> _Class:
        computing.facts = catalogue.CELLS[cell]
        CELLS[cell] = computing
        return computing

    return register


# In the time loops below, shapes are those of one lane on a CPU: (B, …), on a GPU (M, B, …).


@computes(catalogue.RNN)
class RNN(Recurrence):
    """h_t = tanh(W [x_t; h_{t−1}])."""

    def _forward(self, lane: int | slice, w: Tensor) -> None:
        h = steps_of(self.h[lane])
        for t, a in enumerate(steps_of(self.gates[lane])):
            add_in_place(a, h[t], w)  # (B, n) += (B, n) @ (n, n)
            torch.tanh(a, out=h[t + 1])  # (B, n)

    def _factors(self, lane: int | slice) -> None:
        h = self.h[:, 1:][lane]
        torch.mul(h, h, out=self.grad[lane]).neg_().add_(1.0)

    def _backward(self, lane: int | slice, w: Tensor, dh: Tensor) -> None:
        grad, d_h = steps_of(self.grad[lane]), steps_of(dh)
        back = w.transpose(-1, -2)
        for t in reversed(range(self.steps)):
            grad[t].mul_(d_h[t])  # (B, n)
            if t:
                add_in_place(d_h[t - 1], grad[t], back)  # (B, n) += (B, n) @ (n, n)


@computes(catalogue.LSTM)
class LSTM(Recurrence):
    """i, f, o = σ(·), g = tanh(·) of W [x_t; h_{t−1}]; c_t = f⊙c_{t−1} + i⊙g; h_t = o⊙tanh(c_t).

    No peepholes. tanh(x) is taken as 2σ(2x) − 1, so that one vectorised sigmoid serves all four
    gates (torch's tanh costs three times its sigmoid on a CPU).
    """

    c: Tensor
    aux: Tensor

    def _auxiliary(self, empty: Empty) -> Tensor | None:
        return empty(self.steps, self.width)  # tanh(c)

    def _forward(self, lane: int | slice, w: Tensor) -> None:
        n = self.width
        doubled = w.clone()
        doubled[..., 3 * n :].mul_(2.0)
        self.gates[lane][..., 3 * n :].mul_(2.0)
        minus_one = self.minus_one
        h, c, tanh_c = (
            steps_of(self.h[lane]),
            steps_of(self.c[lane]),
            steps_of(self.aux[lane]),
        )
        o, i = self._split(self.gates, lane, 0, 1), self._split(self.gates, lane, 1, 2)
        f, g = self._split(self.gates, lane, 2, 3), self._split(self.gates, lane, 3, 4)
        for t, a in enumerate(steps_of(self.gates[lane])):
            add_in_place(a, h[t], doubled)  # (B, 4n) += (B, n) @ (n, 4n)
            a.sigmoid_()  # (B, 4n)
            torch.add(minus_one, g[t], alpha=2.0, out=g[t])  # (B, n): tanh
            torch.mul(f[t], c[t], out=c[t + 1])  # (B, n)
            c[t + 1].addcmul_(i[t], g[t])  # (B, n)
            torch.mul(c[t + 1], 2.0, out=tanh_c[t])  # (B, n)
            tanh_c[t].sigmoid_()  # (B, n)
            torch.add(minus_one, tanh_c[t], alpha=2.0, out=tanh_c[t])  # (B, n): tanh
            torch.mul(o[t], tanh_c[t], out=h[t + 1])  # (B, n)

    def _hidden(self, edit: Edit) -> Tensor:
        o = self.gates[:, 0, :, : self.width]  # (M, B, n)
        return edit.read(o) * edit.read(self.c[:, 1]).tanh()

    def _factors(self, lane: int | slice) -> None:
        o, i, f, g = self.gates[lane].chunk(4, -1)
        k_o, k_i, k_f, k_g = self.grad[lane].chunk(4, -1)
        before, tanh_c = self.c[:, : self.steps][lane], self.aux[lane]
        _sigmoid_backward(tanh_c, o, grad_input=k_o)
        _sigmoid_backward(g, i, grad_input=k_i)
        _sigmoid_backward(before, f, grad_input=k_f)
        _tanh_backward(i, g, grad_input=k_g)
        _tanh_backward(o, tanh_c, grad_input=tanh_c)  # d h / d c, in the place of tanh(c)

    def _backward(self, lane: int | slice, w: Tensor, dh: Tensor) -> None:
        n = self.width
        d_h, dh_dc, f = (
            steps_of(dh),
            steps_of(self.aux[lane]),
            self._split(self.gates, lane, 2, 3),
        )
        grad, k_o = steps_of(self.grad[lane]), self._split(self.grad, lane, 0, 1)
        k_ifg = [k.unflatten(-1, (3, n)) for k in self._split(self.grad, lane, 1, 4)]
        dc = self.scratch[lane][..., :n].contiguous().zero_()
        spread = dc.unsqueeze(-2)
        back = w.transpose(-1, -2)
        for t in reversed(range(self.steps)):
            dc.addcmul_(d_h[t], dh_dc[t])  # (B, n)
            k_o[t].mul_(d_h[t])  # (B, n)
            k_ifg[t].mul_(spread)  # (B, 3, n) *= (B, 1, n)
            if t:
                dc.mul_(f[t])  # (B, n)
                add_in_place(d_h[t - 1], grad[t], back)  # (B, n) += (B, 4n) @ (4n, n)


@computes(catalogue.GRU)
class GRU(Recurrence):
    """r, z = σ(W_r [x_t; h_{t−1}]); n = tanh(W_x x_t + W_g (r⊙h_{t−1})); h_t = (1−z)⊙h_{t−1} + z⊙n.

    The reset gate multiplies h *before* the product, as in the paper (and unlike cuDNN). The
    paper's candidate n is called ``g`` below, since n is the width.
    """

    aux: Tensor

    def _auxiliary(self, empty: Empty) -> Tensor | None:
        return empty(self.steps, self.width)  # r ⊙ h

    def _forward(self, lane: int | slice, w: Tensor) -> None:
        n = self.width
        w_rz, w_g = w[..., : 2 * n].contiguous(), w[..., 2 * n :].mul(2.0)
        self.gates[lane][..., 2 * n :].mul_(2.0)
        minus_one = self.minus_one
        h, q = steps_of(self.h[lane]), steps_of(self.aux[lane])
        rz, r = self._split(self.gates, lane, 0, 2), self._split(self.gates, lane, 0, 1)
        z, g = self._split(self.gates, lane, 1, 2), self._split(self.gates, lane, 2, 3)
        for t in range(self.steps):
            add_in_place(rz[t], h[t], w_rz)  # (B, 2n) += (B, n) @ (n, 2n)
            rz[t].sigmoid_()  # (B, 2n)
            torch.mul(r[t], h[t], out=q[t])  # (B, n)
            add_in_place(g[t], q[t], w_g)  # (B, n) += (B, n) @ (n, n)
            g[t].sigmoid_()  # (B, n)
            torch.add(minus_one, g[t], alpha=2.0, out=g[t])  # (B, n): tanh
            torch.lerp(h[t], g[t], z[t], out=h[t + 1])  # (B, n)

    def _factors(self, lane: int | slice) -> None:
        r, z, g = self.gates[lane].chunk(3, -1)
        k_r, k_z, k_g = self.grad[lane].chunk(3, -1)
        before = self.h[:, : self.steps][lane]
        torch.sub(g, before, out=k_r)
        _sigmoid_backward(k_r, z, grad_input=k_z)
        _tanh_backward(z, g, grad_input=k_g)
        _sigmoid_backward(before, r, grad_input=k_r)

    def _backward(self, lane: int | slice, w: Tensor, dh: Tensor) -> None:
        n = self.width
        d_h = steps_of(dh)
        r, z = self._split(self.gates, lane, 0, 1), self._split(self.gates, lane, 1, 2)
        d_rz, k_r = self._split(self.grad, lane, 0, 2), self._split(self.grad, lane, 0, 1)
        d_g = self._split(self.grad, lane, 2, 3)
        k_zg = [k.unflatten(-1, (2, n)) for k in self._split(self.grad, lane, 1, 3)]
        back_rz = w[..., : 2 * n].transpose(-1, -2).contiguous()
        back_g = w[..., 2 * n :].transpose(-1, -2).contiguous()
        dq = torch.empty_like(d_h[0])
        for t in reversed(range(self.steps)):
            k_zg[t].mul_(d_h[t].unsqueeze(-2))  # (B, 2, n) *= (B, 1, n)
            torch.matmul(d_g[t], back_g, out=dq)  # (B, n) = (B, n) @ (n, n)
            k_r[t].mul_(dq)  # (B, n)
            if t:
                d_h[t - 1].addcmul_(dq, r[t])  # (B, n)
                d_h[t - 1].add_(d_h[t]).addcmul_(d_h[t], z[t], value=-1.0)  # (B, n)
                add_in_place(d_h[t - 1], d_rz[t], back_rz)  # (B, n) += (B, 2n) @ (2n, n)

    def weight_gradient(self, out: Tensor) -> None:
        n = self.width
        self._accumulate(self.h[:, : self.steps], self.grad[..., : 2 * n], out[..., : 2 * n])
        self._accumulate(self.aux, self.grad[..., 2 * n :], out[..., 2 * n :])
