"""What all trained families share: a parameter vector, a linear decoder, softmax and loss.

M models of one architecture, side by side, over windows of T steps of B streams. The gradient of a
window's loss is written out over preallocated buffers, with no autograd tape: a whole training
iteration is a fixed sequence of operations that a CUDA graph can capture.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import torch
from torch import Tensor

from charlens.errors import CharlensError
from charlens.models import products
from charlens.models.buffers import side_by_side
from charlens.models.parameters import Architecture, Layout
from charlens.models.precision import FLOAT32, Precision

if TYPE_CHECKING:
    from charlens.models.recurrent.edits import Edits

Arch = TypeVar("Arch", bound=Architecture)

_NOTHING = 32  # columns beyond the symbols: the first stands for "nothing"; 32 keep rows aligned


class LanguageModel(Generic[Arch]):
    """M models of one architecture; families add what lies below the decoder.

    Args:
        shape: the architecture.
        models: M; they differ in weights and dropout only.
        batch: B, parallel streams.
        steps: T, length of every window.
        device: where everything lives.
        dtype: float32, or float64 for checks.
        training: allocate what ``backward`` needs.
        precision: number format and kernels of training; see ``precision.Precision``.

    A family overrides what raises NotImplementedError here.
    """

    def __init__(
        self,
        shape: Arch,
        models: int,
        *,
        batch: int,
        steps: int,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
        training: bool = True,
        precision: Precision = FLOAT32,
    ) -> None:
        self.shape, self.models, self.batch, self.steps = shape, models, batch, steps
        self.device, self.precision, self.training = torch.device(device), precision, training
        self.layout = Layout(shape, precision.multiple)
        self.flat = self.layout.empty(models, self.device, dtype)
        self.weights = self.layout.views(self.flat)
        self._operands = self.flat if precision.stored is None else self.flat.to(precision.stored)
        self.operands = self.layout.views(self._operands)
        self.log_probabilities = side_by_side(
            models, steps * batch, self.layout.k, dtype=dtype, device=self.device
        )
        # The softmax runs model by model on the CPU, over all models at once elsewhere.
        on_cpu = self.device.type == "cpu"
        self._lanes: list[int | slice] = [*range(models)] if on_cpu else [slice(None)]
        self.masks: list[Tensor] = []  # of dropout; a family that drops out adds them
        self._one_hot: Tensor | None = None
        if training:
            self.grad = side_by_side(models, self.layout.total, dtype=dtype, device=self.device)
            self.grads = self.layout.views(self.grad)
            if self.device.type != "cpu":
                rows = (steps * batch, self.layout.k + _NOTHING)
                self._one_hot = torch.zeros(rows, dtype=self._operands.dtype, device=self.device)

    def load(self, weights: dict[str, Tensor]) -> None:
        """Set the weights from true-shape tensors, each (M or 1, ...); see ``Layout.pack``."""
        self.layout.pack(weights, self.flat)
        self.refresh()

    def refresh(self) -> None:
        """Bring a separate copy of the weights up to date after the weights changed."""
        if self._operands is not self.flat:
            self._operands.copy_(self.flat)

    @property
    def stored_weights(self) -> list[Tensor]:
        """All tensors that hold the weights: what an update and ``refresh`` change."""
        return [self.flat] if self._operands is self.flat else [self.flat, self._operands]

    @property
    def short_graph(self) -> bool:
        """Whether a window is some dozens of GPU operations, not some for every time step."""
        return True

    @property
    def states(self) -> list[Tensor]:
        """What the next window starts from."""
        raise NotImplementedError

    def reset(self) -> None:
        """Forget everything before the window: the start of every stream."""
        raise NotImplementedError

    def settle(self) -> None:
        """Take what streams start from out of their states now, in families that count it."""

    def carry(self) -> None:
        """Let the next window start where this one ended."""
        raise NotImplementedError

    def states_after(self, step: int) -> list[Tensor]:
        """What ``carry`` would make the states, had the window ended after a step; views.

        Args:
            step: from 0.
        """
        raise NotImplementedError

    def forward(self, inputs: Tensor, *, drop: bool = False) -> Tensor:
        """Log-probabilities of the next symbol, (M, T·B, K); rows time-major.

        Args:
            inputs: symbol codes, int64 (T, B), shared by all models.
            drop: apply the dropout masks drawn last (training only).
        """
        raise NotImplementedError

    def forward_edited(self, inputs: Tensor, edits: Edits) -> Tensor:
        """:meth:`forward` with states set after each step.

        Args:
            inputs: as for ``forward``.
            edits: which states are set to what, by layer from 0.

        Raises:
            CharlensError: a family whose models have no state that lasts from step to step.
        """
        raise CharlensError(
            "interventions: a model with a fixed context has no state that lasts from character "
            "to character; choose a recurrent network"
        )

    def forward_above(
        self, layer: int, below: LanguageModel[Any], inputs: Tensor, edits: Edits
    ) -> Tensor:
        """:meth:`forward_edited` of copies of the streams that another model has just read.

        A family that can takes the layers below the first edited one from there.

        Args:
            layer: the lowest that is edited, from 0.
            below: a model of the same weights with B' rows, after the window; B = copies · B'.
            inputs: what it read, int64 (T, B').
            edits: as for ``forward_edited``.

        Raises:
            CharlensError: a family whose models have no state that lasts from step to step.
        """
        return self.forward_edited(inputs.repeat(1, self.batch // below.batch), edits)

    def advance(self, inputs: Tensor) -> None:
        """Read a window without predicting; ``carry`` then goes on from its end.

        Cheaper than ``forward`` where a family keeps the decoder out of it.

        Args:
            inputs: symbol codes, int64 (T, B), shared by all models.
        """
        self.forward(inputs)

    def observe(self, inputs: Tensor) -> None:
        """Fill ``quantities`` with those of a window, without predicting where that is cheaper.

        Args:
            inputs: symbol codes, int64 (T, B), shared by all models.
        """
        self.advance(inputs)

    def from_states(self) -> Tensor:
        """Log-probabilities of the next symbol from the states alone, no input read, (M, B, K)."""
        raise NotImplementedError

    def backward(self, inputs: Tensor, targets: Tensor, *, drop: bool = False) -> None:
        """Fill ``grad`` with the gradient of the window's summed loss, (M, total).

        Args:
            inputs: as for ``forward``.
            targets: the symbols that came, int64 (T, B).
            drop: as for ``forward``.
        """
        raise NotImplementedError

    def draw_masks(self, generators: Sequence[torch.Generator]) -> None:
        """Draw this window's dropout masks; a family without dropout has none."""

    def quantities(self) -> list[dict[str, Tensor]]:
        """What can be seen inside, layer by layer: views (M, T, B, n) of the window, by letter."""
        raise NotImplementedError

    @property
    def gate_titles(self) -> Mapping[str, str]:
        """Names in words of the gates between 0 and 1, by their letters; none here."""
        return {}

    # -- decoder and loss ------------------------------------------------------------------

    def _decode(self, hidden: Tensor, rows: Tensor | None = None) -> Tensor:
        """Log-probabilities (M, T·B, K) from the top layer's output (M, R, n).

        Args:
            hidden: the output.
            rows: which row of ``hidden`` each prediction of the window has, int64 (T·B,); None
                where R = T·B and each has its own (``_backward_decoder`` takes the same).

        On a CPU operands are never rounded to bfloat16 here or on the way back. Within five epochs
        an LSTM-2 (128) loses 0.02 nats by it (benchmarks/rounded_decoder.py), and a window is a
        tenth faster at most.
        """
        with products.unrounded():
            scores = self._scores(hidden)
        for m in self._lanes:
            logs = torch.log_softmax(scores[m], -1)
            self.log_probabilities[m] = logs if rows is None else logs.index_select(0, rows)
        return self.log_probabilities

    def _scores(self, hidden: Tensor) -> Tensor:
        """Output of the decoder before the softmax, (M, R, K), from the top layer's (M, R, n)."""
        scores = product(hidden, self.operands["decoder"], self.flat.dtype)
        scores += self.weights["bias.decoder"].unsqueeze(1)
        return scores

    def losses(self, targets: Tensor) -> Tensor:
        """Sum of −log p(target) over the window per model, nats, (M,); after ``forward``.

        Args:
            targets: int64 (T, B).
        """
        index = targets.reshape(1, -1, 1).expand(self.models, -1, 1)
        return -self.log_probabilities.gather(-1, index).sum((1, 2))

    def _backward_decoder(
        self, targets: Tensor, hidden: Tensor, d_hidden: Tensor, rows: Tensor | None = None
    ) -> None:
        """Gradients of the summed loss: decoder's into ``grads``, hidden's into ``d_hidden``.

        Uses up the log-probabilities of ``forward``.
        """
        d_scores = self.log_probabilities.exp_()
        index = targets.reshape(1, -1, 1).expand(self.models, -1, 1)
        d_scores.scatter_add_(-1, index, torch.full_like(d_scores[..., :1], -1.0))
        torch.sum(d_scores, 1, out=self.grads["bias.decoder"])
        if rows is not None:
            sums = side_by_side(
                self.models,
                hidden.shape[1],
                d_scores.shape[2],
                dtype=d_scores.dtype,
                device=self.device,
            )
            for m in range(self.models):
                sums[m].index_add_(0, rows, d_scores[m])
            d_scores = sums
        d_scores = d_scores.to(d_hidden.dtype)
        with products.unrounded():
            self._weight_gradient(self.grads["decoder"], hidden, d_scores)
            product_into(d_hidden, d_scores, self.operands["decoder"].transpose(1, 2))

    def _weight_gradient(self, out: Tensor, x: Tensor, grad: Tensor) -> None:
        """out = xᵀ grad per model, summed over all predictions of the window."""
        out.copy_(product(x.transpose(1, 2), grad, out.dtype))

    def _table_gradient(self, out: Tensor, codes: Tensor, grad: Tensor) -> None:
        """Gradient of a table (M, K, columns) read at ``codes`` (T·B): sum rows of equal codes.

        Code K stands for "nothing was read".
        """
        if self._one_hot is None:
            for m in range(self.models):
                sums = out.new_zeros(out.shape[1] + 1, out.shape[2])
                out[m] = sums.index_add_(0, codes, grad[m].to(out.dtype))[:-1]
            return
        # index_add is not deterministic on CUDA; the one-hot product is, and costs little there
        self._one_hot.zero_().scatter_(1, codes.unsqueeze(1), 1.0)
        read = self._one_hot[:, :-_NOTHING].expand(self.models, -1, -1)
        self._weight_gradient(out, read, grad)


def product(a: Tensor, b: Tensor, dtype: torch.dtype) -> Tensor:
    """(M, r, c) = a @ b per model, accumulated and returned in ``dtype``."""
    if a.device.type == "cpu":  # a model's bits must not depend on its neighbours
        lanes = [products.multiply(left, right) for left, right in zip(a, b, strict=True)]
        return torch.stack(lanes).to(dtype)
    return torch.bmm(a, b) if a.dtype == dtype else torch.bmm(a, b, out_dtype=dtype)


def product_into(out: Tensor, a: Tensor, b: Tensor) -> None:
    """out = a @ b per model, in place."""
    if out.device.type == "cpu":
        for m in range(out.shape[0]):
            products.multiply_into(out[m], a[m], b[m])
    else:
        torch.bmm(a, b, out=out)
