"""A recurrent layer over a window, forward and exact backward in time, whatever its cell.

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
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Self

import torch
from torch import Tensor

from charlens.errors import CharlensError
from charlens.models import catalogue
from charlens.models.buffers import side_by_side
from charlens.models.products import add_product, multiply
from charlens.models.recurrent.edits import Edit

Empty = Callable[[int, int], Tensor]
"""Makes a buffer (M, length, B, columns) from its length and columns."""


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
        return self.state_after(-1)

    def state_after(self, step: int) -> list[Tensor]:
        """The same after a step of the window, from 0; −1 is before the first."""
        return [s[:, step + 1] for s in (self.h, self.c) if s is not None]

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
        return steps_of(block[lane])

    def _forward(self, lane: int | slice, w: Tensor) -> None:
        raise NotImplementedError

    def _factors(self, lane: int | slice) -> None:
        """Fill ``grad`` with the local derivatives the time loop multiplies, all steps at once."""
        raise NotImplementedError

    def _backward(self, lane: int | slice, w: Tensor, dh: Tensor) -> None:
        raise NotImplementedError


def steps_of(tensor: Tensor) -> list[Tensor]:
    """Views per time step of a lane's (T, B, n), or of all lanes' (M, T, B, n)."""
    return list(tensor.unbind(0 if tensor.dim() == 3 else 1))


def add_in_place(out: Tensor, a: Tensor, b: Tensor) -> None:
    """out += a @ b, in place, for one lane or a batch of them."""
    if out.dim() == 2:
        add_product(out, a, b)
    else:
        out.baddbmm_(a, b)
