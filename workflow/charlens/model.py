"""A character-level recurrent language model: M copies of one architecture, side by side.

One-hot input, L recurrent layers, linear decoder, softmax (paper, section 3.1), with dropout on
the non-recurrent connections only (Zaremba et al. 2014; paper, section 3.3). The forward pass and
the exact gradient of a window's loss are written out over preallocated buffers, with no autograd
tape: a whole training iteration is a fixed sequence of operations that a CUDA graph can capture.

Shapes: M models, T steps, B streams, n stored units, K stored symbols.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from charlens.buffers import side_by_side
from charlens.parameters import Layout, Shape
from charlens.recurrence import CELLS


class CharModel:
    """M models of one shape over windows of T steps of B streams.

    Args:
        shape: the architecture.
        models: M; they differ in weights and dropout only.
        batch: B, parallel streams.
        steps: T, the longest window; shorter ones are not needed by any split.
        device: where everything lives.
        dtype: float32, or float64 for checks.
        mixed: float16 operands in all large products and in the fused recurrence, float32
            weights, cell state, loss and gradients of weights (CUDA only).
        training: allocate what ``backward`` needs.
        dropout: probability of dropping a non-recurrent connection, one per model.
    """

    def __init__(
        self,
        shape: Shape,
        models: int = 1,
        *,
        batch: int,
        steps: int,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
        mixed: bool = False,
        training: bool = True,
        dropout: Sequence[float] | None = None,
    ) -> None:
        self.shape, self.models, self.batch, self.steps = shape, models, batch, steps
        self.device, self.mixed, self.training = torch.device(device), mixed, training
        self.dropout = tuple(dropout or [0.0] * models)
        cells, multiple, options = _engine(shape.cell, mixed, dtype)
        self.layout = Layout(shape, multiple)
        self.flat = self.layout.empty(models, self.device, dtype)
        self.weights = self.layout.views(self.flat)
        self._operands = self.flat.half() if mixed else self.flat
        self.operands = self.layout.views(self._operands)
        n, k = self.layout.width, self.layout.k
        self.layers = [
            cells(models, steps, batch, n, device=self.device, training=training, **options)
            for _ in range(shape.layers)
        ]
        compute = self.layers[0].h.dtype
        where = {"device": self.device}
        self.log_probabilities = side_by_side(models, steps * batch, k, dtype=dtype, **where)
        dropping = training and any(self.dropout)
        window = {"dtype": compute, **where}
        self.masks = [
            side_by_side(models, steps, batch, n, **window).fill_(1.0)
            for _ in self.layers * dropping
        ]
        self.dropped = [side_by_side(models, steps, batch, n, **window) for _ in self.masks]
        self._keep = 1.0 - torch.tensor(self.dropout, dtype=dtype, device=self.device)
        if training:
            self.grad = side_by_side(models, self.layout.total, dtype=dtype, **where)
            self.grads = self.layout.views(self.grad)
            self._dh = side_by_side(models, steps, batch, n, **window)
            self._one_hot = (
                None if self.device.type == "cpu" else torch.zeros(steps * batch, k, **window)
            )

    # -- state and weights -----------------------------------------------------------------

    def load(self, weights: dict[str, Tensor]) -> None:
        """Set the weights from true-shape tensors, each (M or 1, ...); see ``Layout.pack``."""
        self.layout.pack(weights, self.flat)
        self.refresh()

    def refresh(self) -> None:
        """Bring the float16 operands up to date after the weights changed (mixed only)."""
        if self.mixed:
            self._operands.copy_(self.flat)

    @property
    def states(self) -> list[Tensor]:
        """What the next window starts from: views of shape (M, B, n), layer by layer."""
        return [state for layer in self.layers for state in layer.state]

    def reset(self) -> None:
        """Zero all states: the start of every stream."""
        for layer in self.layers:
            layer.reset()

    def carry(self) -> None:
        """Let the next window start where this one ended."""
        for layer in self.layers:
            layer.carry()

    # -- dropout ---------------------------------------------------------------------------

    def draw_masks(self, generators: Sequence[torch.Generator]) -> None:
        """Draw this window's dropout masks, scaled to keep expectations.

        Args:
            generators: on the CPU one per model, so that a model's draws do not depend on its
                neighbours; on a GPU a single one.
        """
        for mask in self.masks:
            if self.device.type == "cpu":
                for m, rate in enumerate(self.dropout):
                    if rate:
                        mask[m].bernoulli_(1.0 - rate, generator=generators[m]).div_(1.0 - rate)
            else:
                keep = self._keep.view(-1, 1, 1, 1)
                draw = torch.rand(mask.shape, device=self.device, generator=generators[0])
                mask.copy_((draw < keep) / keep)

    # -- forward ---------------------------------------------------------------------------

    def forward(self, inputs: Tensor, *, drop: bool = False) -> Tensor:
        """Log-probabilities of the next symbol, (M, T·B, K); rows time-major.

        Args:
            inputs: symbol codes, int64 (T, B), shared by all models.
            drop: apply the dropout masks drawn last (training only).
        """
        below = None
        for index, layer in enumerate(self.layers):
            self._input_part(index, layer, inputs, below)
            layer.forward(self.operands[f"recurrent.{index}"])
            below = layer.h[:, 1:]
            if drop and self.masks:
                below = torch.mul(below, self.masks[index], out=self.dropped[index])
        scores = _product(below.flatten(1, 2), self.operands["decoder"], self.flat.dtype)
        scores += self.weights["bias.decoder"].unsqueeze(1)
        for m in range(self.models) if self.device.type == "cpu" else [slice(None)]:
            self.log_probabilities[m] = torch.log_softmax(scores[m], -1)
        return self.log_probabilities

    def _input_part(self, index: int, layer, inputs: Tensor, below: Tensor | None) -> None:
        """Fill the layer's gates with W_x x + b for the whole window."""
        w, bias = self.operands[f"input.{index}"], self.operands[f"bias.{index}"]
        if below is None:  # a one-hot input selects a row: look it up
            table = w + bias.unsqueeze(1)
            for m in range(self.models):
                torch.index_select(table[m], 0, inputs.flatten(), out=layer.gates[m].flatten(0, 1))
            return
        x, gates = below.flatten(1, 2), layer.gates.flatten(1, 2)
        if self.device.type == "cpu":
            for m in range(self.models):
                torch.addmm(bias[m], x[m], w[m], out=gates[m])
        else:
            torch.baddbmm(bias.unsqueeze(1), x, w, out=gates)

    def losses(self, targets: Tensor) -> Tensor:
        """Sum of −log p(target) over the window per model, nats, (M,); after ``forward``.

        Args:
            targets: int64 (T, B).
        """
        index = targets.reshape(1, -1, 1).expand(self.models, -1, 1)
        return -self.log_probabilities.gather(-1, index).sum((1, 2))

    # -- backward --------------------------------------------------------------------------

    def backward(self, inputs: Tensor, targets: Tensor, *, drop: bool = False) -> None:
        """Fill ``grad`` with the gradient of the window's summed loss, (M, total).

        The sum runs over all T·B predictions; no gradient flows in from later windows. Uses up
        the log-probabilities of ``forward``.
        """
        d_scores = self.log_probabilities.exp_()
        index = targets.reshape(1, -1, 1).expand(self.models, -1, 1)
        d_scores.scatter_add_(-1, index, torch.full_like(d_scores[..., :1], -1.0))
        torch.sum(d_scores, 1, out=self.grads["bias.decoder"])
        d_scores = d_scores.to(self._dh.dtype)
        top = self.dropped[-1] if drop and self.masks else self.layers[-1].h[:, 1:]
        self._weight_gradient("decoder", top.flatten(1, 2), d_scores)
        decoder = self.operands["decoder"].transpose(1, 2)
        _product_into(self._dh.flatten(1, 2), d_scores, decoder)
        for index in reversed(range(len(self.layers))):
            self._backward_layer(index, inputs, drop)

    def _backward_layer(self, index: int, inputs: Tensor, drop: bool) -> None:
        layer = self.layers[index]
        if drop and self.masks:
            self._dh.mul_(self.masks[index])
        layer.backward(self.operands[f"recurrent.{index}"], self._dh)
        layer.weight_gradient(self.grads[f"recurrent.{index}"])
        grad = layer.grad.flatten(1, 2)
        torch.sum(grad, 1, dtype=self.grad.dtype, out=self.grads[f"bias.{index}"])
        if index == 0:
            self._table_gradient(inputs, grad)
            return
        lower = self.layers[index - 1]
        below = self.dropped[index - 1] if drop and self.masks else lower.h[:, 1:]
        self._weight_gradient(f"input.{index}", below.flatten(1, 2), grad)
        w = self.operands[f"input.{index}"].transpose(1, 2)
        _product_into(self._dh.flatten(1, 2), grad, w)

    def _table_gradient(self, inputs: Tensor, grad: Tensor) -> None:
        """Gradient of layer 1's input weights: sum the rows of equal symbols."""
        out = self.grads["input.0"]
        if self._one_hot is None:
            out.zero_()
            for m in range(self.models):
                out[m].index_add_(0, inputs.flatten(), grad[m].to(out.dtype))
            return
        # index_add is not deterministic on CUDA; the one-hot product is, and costs little there
        self._one_hot.zero_().scatter_(1, inputs.reshape(-1, 1), 1.0)
        self._weight_gradient("input.0", self._one_hot.expand(self.models, -1, -1), grad)

    def _weight_gradient(self, name: str, x: Tensor, grad: Tensor) -> None:
        self.grads[name].copy_(_product(x.transpose(1, 2), grad, self.grad.dtype))


def _engine(cell: str, mixed: bool, dtype: torch.dtype):
    """Cell class, width multiple and constructor options."""
    if not mixed:
        return CELLS[cell], 1, {"dtype": dtype}
    from charlens.recurrence_triton import FUSED_CELLS, WIDTH_MULTIPLE

    return FUSED_CELLS[cell], WIDTH_MULTIPLE, {}


def _product(a: Tensor, b: Tensor, dtype: torch.dtype) -> Tensor:
    """(M, r, c) = a @ b per model, accumulated and returned in ``dtype``."""
    if a.device.type == "cpu":
        return torch.stack([torch.mm(left, right) for left, right in zip(a, b, strict=True)]).to(
            dtype
        )
    return torch.bmm(a, b) if a.dtype == dtype else torch.bmm(a, b, out_dtype=dtype)


def _product_into(out: Tensor, a: Tensor, b: Tensor) -> None:
    """out = a @ b per model, in place."""
    if out.device.type == "cpu":
        for m in range(out.shape[0]):
            torch.mm(a[m], b[m], out=out[m])
    else:
        torch.bmm(a, b, out=out)
