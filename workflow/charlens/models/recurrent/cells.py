"""The recurrent cells of the paper (section 3.1), forward and exact backward in time.

One object holds one layer's buffers for a window of ``T`` steps of ``B`` parallel streams and for
``M`` models of the same shape trained side by side (dropout candidates, seeds). Given the input
part of the pre-activations it fills in the gates and hidden states; given the gradient of the loss
with respect to the hidden states it fills in the gradient with respect to the pre-activations.
Everything that is not recurrent (input products, weight gradients) is left to large products
outside the time loop.

Why not torch.nn: it computes another GRU (reset gate after the product), keeps the gates to
itself, and trains one model at a time.

Shapes: ``gates`` (M, T, B, G·n), ``h`` and ``c`` (M, T + 1, B, n) with index 0 the state before
the window, recurrent weights (M, n, G·n) applied as ``h @ w``. n is the layer's width and G the
number of gate blocks, which lie in the order of ``facts.blocks``.

What else is known of a cell (letters, names of gates, title, colour) is in
:mod:`charlens.models.catalogue`. Nothing outside these two modules and the fused kernels
(``cells_numba``, ``cells_triton``) knows which cells exist. :func:`computes` ties a class to its
entry; a cell without fused kernels computes with the class alone.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Self, TypeVar

import torch
from torch import Tensor

from charlens.errors import CharlensError
from charlens.models import catalogue
from charlens.models.buffers import side_by_side
from charlens.models.products import add_product, multiply
from charlens.models.recurrent.edits import Edit

Empty = Callable[[int, int], Tensor]
"""Makes a buffer (M, length, B, columns) from its length and columns."""

_sigmoid_backward = torch.ops.aten.sigmoid_backward.grad_input
_tanh_backward = torch.ops.aten.tanh_backward.grad_input


class Recurrence:
    """One recurrent layer over a window of fixed shape; see the module's docstring.

    Args:
        models: M, number of models side by side.
        steps: T, length of the window.
        batch: B, parallel streams.
        width: n, hidden units per layer.
        training: allocate what ``backward`` needs.

    On the CPU each model is a lane of its own (two-dimensional products, so that M models give
    the very bits that one model alone gives); on a GPU all models share one batched product.
    """

    facts: catalogue.Cell  # the entry of the catalogue, set by ``computes``
    c: Tensor | None  # cell state, if the cell has one
    aux: Tensor | None  # what ``forward`` leaves to ``backward`` besides gates and states
    grad: Tensor  # d loss / d pre-activations; exists only in training

    def __init__(
        self,
        models: int,
        steps: int,
        batch: int,
        width: int,
        *,
        dtype: torch.dtype = torch.float32,
        device: torch.device | str = "cpu",
        training: bool = True,
    ) -> None:
        def empty(length: int, columns: int) -> Tensor:
            return side_by_side(models, length, batch, columns, dtype=dtype, device=device)

        self.models, self.steps, self.batch, self.width = models, steps, batch, width
        self.gates = empty(steps, len(self.facts.blocks) * width)
        self.h = empty(steps + 1, width)
        self.c = empty(steps + 1, width) if "c" in self.facts.quantities else None
        self.aux = self._auxiliary(empty)
        if training:
            self.grad = empty(steps, self.gates.shape[-1])
        self.scratch = empty(1, 2 * width)[:, 0]
        self.minus_one = torch.tensor(-1.0, dtype=dtype, device=device)
        on_cpu = self.h.device.type == "cpu"
        self._lanes: list[int | slice] = [*range(models)] if on_cpu else [slice(None)]

    def _auxiliary(self, empty: Empty) -> Tensor | None:
        return None

    # -- state -----------------------------------------------------------------------------

    @property
    def state(self) -> list[Tensor]:
        """States before the window, views of shape (M, B, n): [h] or [h, c]."""
        return [s[:, 0] for s in (self.h, self.c) if s is not None]

    def carry(self) -> None:
        """Make the state after this window the state before the next one."""
        for s in (self.h, self.c):
            if s is not None:
                s[:, 0].copy_(s[:, -1])

    def reset(self) -> None:
        """Zero the state before the window: the start of every stream."""
        for s in self.state:
            s.zero_()

    # -- the time loops --------------------------------------------------------------------

    def forward(self, w: Tensor, edit: Edit | None = None) -> None:
        """Turn pre-activations in ``gates`` (input part, bias included) into gates and states.

        Args:
            w: recurrent weights, (M, n, G·n).
            edit: states to set after each step. ``backward`` knows nothing of it.

        Raises:
            CharlensError: an edit of a cell that cannot be edited.
        """
        if edit is not None:
            self._forward_edited(w, edit)
            return
        for lane in self._lanes:
            self._forward(lane, w[lane])

    def _forward_edited(self, w: Tensor, edit: Edit) -> None:
        """The same, one step at a time with the edit after each, for any cell.

        A loop of its own, so that the one without an edit stays what it is.
        """
        for t in range(self.steps):
            step = self._one_step(t)
            for lane in self._lanes:
                step._forward(lane, w[lane])
            step._set(edit.step(t))

    def _one_step(self, t: int) -> Self:
        """This layer at step t of the window alone; its buffers are views of this one's."""
        step = copy.copy(self)
        step.steps = 1
        step.gates = self.gates[:, t : t + 1]
        step.h = self.h[:, t : t + 2]
        step.c = None if self.c is None else self.c[:, t : t + 2]
        step.aux = None if self.aux is None else self.aux[:, t : t + 1]
        return step

    def _set(self, edit: Edit) -> None:
        """Set the states after a window of one step."""
        if self.c is None:
            edit.write(self.h[:, 1], edit.values)
            return
        edit.write(self.c[:, 1], edit.values)
        edit.write(self.h[:, 1], self._hidden(edit))

    def _hidden(self, edit: Edit) -> Tensor:
        """The edited entries of h after a window of one step, from those of c, (M, E)."""
        raise CharlensError(
            f"the cell {self.facts.title} has a cell state and does not say how h follows from "
            "it, so it cannot be intervened on; give its class a method _hidden"
        )

    def backward(self, w: Tensor, dh: Tensor) -> None:
        """Fill ``grad`` with d loss / d pre-activations (M, T, B, G·n).

        Args:
            w: the weights ``forward`` used, (M, n, G·n).
            dh: d loss / d h from above, (M, T, B, n); overwritten with the total gradient.
                The gradient that would arrive from the next window is zero (truncation).
        """
        for lane in self._lanes:
            self._factors(lane)
            self._backward(lane, w[lane], dh[lane])

    def weight_gradient(self, out: Tensor) -> None:
        """Write d loss / d w, (M, n, G·n), into ``out``; call after ``backward``."""
        self._accumulate(self.h[:, : self.steps], self.grad, out)

    def _accumulate(self, left: Tensor, right: Tensor, out: Tensor) -> None:
        """out = Σ over steps and streams of leftᵀ right, per model, in the precision of ``out``."""
        left, right = left.flatten(1, 2).transpose(1, 2), right.flatten(1, 2)
        if out.device.type == "cpu":
            for m in range(self.models):
                out[m] = multiply(left[m], right[m])
        elif out.dtype == left.dtype:
            out.copy_(torch.bmm(left, right))
        else:
            out.copy_(torch.bmm(left, right, out_dtype=out.dtype))

    def quantities(self) -> dict[str, Tensor]:
        """Everything the paper looks at, by its letter; views of shape (M, T, B, n)."""
        n = self.width
        views = {"h": self.h[:, 1:]}
        if self.c is not None:
            views["c"] = self.c[:, 1:]
        for index, letter in enumerate(self.facts.blocks):
            if letter in self.facts.quantities:
                views[letter] = self.gates[..., index * n : (index + 1) * n]
        return views

    def _split(self, tensor: Tensor, lane: int | slice, start: int, stop: int) -> list[Tensor]:
        """Per-step views of gate blocks start … stop − 1 of one lane."""
        block = tensor[..., start * self.width : stop * self.width]
        return _steps(block[lane])

    def _forward(self, lane: int | slice, w: Tensor) -> None:
        raise NotImplementedError

    def _factors(self, lane: int | slice) -> None:
        """Fill ``grad`` with the local derivatives the time loop multiplies, all steps at once."""
        raise NotImplementedError

    def _backward(self, lane: int | slice, w: Tensor, dh: Tensor) -> None:
        raise NotImplementedError


# In the time loops below, shapes are those of one lane on a CPU: (B, …), on a GPU (M, B, …).


def _steps(tensor: Tensor) -> list[Tensor]:
    """Views per time step of a lane's (T, B, n), or of all lanes' (M, T, B, n)."""
    return list(tensor.unbind(0 if tensor.dim() == 3 else 1))


def _add_product(out: Tensor, a: Tensor, b: Tensor) -> None:
    """out += a @ b, in place, for one lane or a batch of them."""
    if out.dim() == 2:
        add_product(out, a, b)
    else:
        out.baddbmm_(a, b)


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


@computes(catalogue.RNN)
class RNN(Recurrence):
    """h_t = tanh(W [x_t; h_{t−1}])."""

    def _forward(self, lane: int | slice, w: Tensor) -> None:
        h = _steps(self.h[lane])
        for t, a in enumerate(_steps(self.gates[lane])):
            _add_product(a, h[t], w)  # (B, n) += (B, n) @ (n, n)
            torch.tanh(a, out=h[t + 1])  # (B, n)

    def _factors(self, lane: int | slice) -> None:
        h = self.h[:, 1:][lane]
        torch.mul(h, h, out=self.grad[lane]).neg_().add_(1.0)

    def _backward(self, lane: int | slice, w: Tensor, dh: Tensor) -> None:
        grad, d_h = _steps(self.grad[lane]), _steps(dh)
        back = w.transpose(-1, -2)
        for t in reversed(range(self.steps)):
            grad[t].mul_(d_h[t])  # (B, n)
            if t:
                _add_product(d_h[t - 1], grad[t], back)  # (B, n) += (B, n) @ (n, n)


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
        h, c, tanh_c = _steps(self.h[lane]), _steps(self.c[lane]), _steps(self.aux[lane])
        o, i = self._split(self.gates, lane, 0, 1), self._split(self.gates, lane, 1, 2)
        f, g = self._split(self.gates, lane, 2, 3), self._split(self.gates, lane, 3, 4)
        for t, a in enumerate(_steps(self.gates[lane])):
            _add_product(a, h[t], doubled)  # (B, 4n) += (B, n) @ (n, 4n)
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
        d_h, dh_dc, f = _steps(dh), _steps(self.aux[lane]), self._split(self.gates, lane, 2, 3)
        grad, k_o = _steps(self.grad[lane]), self._split(self.grad, lane, 0, 1)
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
                _add_product(d_h[t - 1], grad[t], back)  # (B, n) += (B, 4n) @ (4n, n)


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
        h, q = _steps(self.h[lane]), _steps(self.aux[lane])
        rz, r = self._split(self.gates, lane, 0, 2), self._split(self.gates, lane, 0, 1)
        z, g = self._split(self.gates, lane, 1, 2), self._split(self.gates, lane, 2, 3)
        for t in range(self.steps):
            _add_product(rz[t], h[t], w_rz)  # (B, 2n) += (B, n) @ (n, 2n)
            rz[t].sigmoid_()  # (B, 2n)
            torch.mul(r[t], h[t], out=q[t])  # (B, n)
            _add_product(g[t], q[t], w_g)  # (B, n) += (B, n) @ (n, n)
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
        d_h = _steps(dh)
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
                _add_product(d_h[t - 1], d_rz[t], back_rz)  # (B, n) += (B, 2n) @ (2n, n)

    def weight_gradient(self, out: Tensor) -> None:
        n = self.width
        self._accumulate(self.h[:, : self.steps], self.grad[..., : 2 * n], out[..., : 2 * n])
        self._accumulate(self.aux, self.grad[..., 2 * n :], out[..., 2 * n :])
