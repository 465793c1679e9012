"""What families share whose gradients torch computes: everything below the decoder by autograd.

Decoder, softmax and loss are those of :class:`LanguageModel`, and so are the parameter vector and
its gradient: trainer, resume and files know no difference. The M models are computed one after
another, so that the bits of one do not depend on its neighbours.

Only a forward pass with ``drop`` keeps what its backward pass needs; a backward pass after one
without computes the window again.

Shapes: M models, T steps, B streams, n units, K symbols.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from charlens.models.buffers import side_by_side
from charlens.models.language_model import Arch, LanguageModel
from charlens.models.precision import FLOAT32, Precision

Weights = dict[str, Tensor]
"""Weights of one model by name, (rows, columns) or (columns,)."""

_DECODER = ("decoder", "bias.decoder")


class AutogradModel(LanguageModel[Arch]):
    """M models of one architecture over windows of T steps of B streams.

    Args:
        shape: the architecture.
        models: M; they differ in weights and dropout only.
        precision: ignored but for the format of products; these models have no fused kernels.
        dropout: probability of dropping what a layer passes on, one per model.
        options: batch, steps, device, dtype and training, as for ``LanguageModel``.

    A family overrides :meth:`_outputs` and the states.
    """

    def __init__(
        self,
        shape: Arch,
        models: int = 1,
        *,
        precision: Precision = FLOAT32,
        dropout: Sequence[float] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(shape, models, **options)
        self.dropout = tuple(dropout or [0.0] * models)
        self._window = (models, self.steps * self.batch, shape.width)
        self._hidden = self._buffer(*self._window)
        self._kept: list[tuple[Weights, Tensor]] = []  # leaves and outputs, model by model
        if self.training:
            self._d_hidden = self._buffer(*self._window)
            dropping = self._dropped() if any(self.dropout) else 0
            self.masks = [self._buffer(*self._window).fill_(1.0) for _ in range(dropping)]

    def _buffer(self, *shape: int) -> Tensor:
        return side_by_side(*shape, dtype=self.flat.dtype, device=self.device)

    def _dropped(self) -> int:
        """How many masks a window takes."""
        raise NotImplementedError

    def _outputs(self, m: int, weights: Weights, inputs: Tensor, masks: list[Tensor]) -> Tensor:
        """What model m's decoder reads, (T·B, n); notes states and quantities on the way.

        Args:
            m: which model.
            weights: its weights.
            inputs: symbol codes, int64 (T, B).
            masks: of dropout, each (T·B, n); none without dropout.
        """
        raise NotImplementedError

    def draw_masks(self, generators: Sequence[torch.Generator]) -> None:
        """Draw this window's dropout masks, scaled to keep expectations.

        Args:
            generators: on the CPU one per model, on a GPU a single one.
        """
        for mask in self.masks:
            for m, rate in enumerate(self.dropout):
                if rate:
                    generator = generators[m if self.device.type == "cpu" else 0]
                    mask[m].bernoulli_(1.0 - rate, generator=generator).div_(1.0 - rate)

    def _weights(self, m: int) -> Weights:
        """Weights of model m below the decoder, sharing memory with the vector."""
        return {name: w[m].detach() for name, w in self.weights.items() if name not in _DECODER}

    def _run(self, inputs: Tensor, drop: bool, keep: bool) -> None:
        """Fill ``_hidden``; keep the graphs for :meth:`backward` or none."""
        self._kept = []
        for m in range(self.models):
            weights = self._weights(m)
            if keep:
                weights = {name: w.requires_grad_() for name, w in weights.items()}
            with torch.set_grad_enabled(keep):
                output = self._outputs(m, weights, inputs, [k[m] for k in self.masks if drop])
            self._hidden[m] = output.detach()
            if keep:
                self._kept.append((weights, output))

    def forward(self, inputs: Tensor, *, drop: bool = False) -> Tensor:
        """Log-probabilities of the next symbol, (M, T·B, K); rows time-major.

        Args:
            inputs: symbol codes, int64 (T, B), shared by all models.
            drop: apply the dropout masks drawn last, and keep what ``backward`` needs.
        """
        self._run(inputs, drop, keep=drop)
        return self._decode(self._hidden)

    def advance(self, inputs: Tensor) -> None:
        """Read a window without predicting; ``carry`` then goes on from its end.

        Args:
            inputs: symbol codes, int64 (T, B), shared by all models.
        """
        self._run(inputs, drop=False, keep=False)

    def backward(self, inputs: Tensor, targets: Tensor, *, drop: bool = False) -> None:
        """Fill ``grad`` with the gradient of the window's summed loss, (M, total).

        No gradient flows in from later windows or out to earlier ones. Uses up the
        log-probabilities of ``forward``.
        """
        if not self._kept:
            self._run(inputs, drop, keep=True)
        self._backward_decoder(targets, self._hidden, self._d_hidden)
        for m, (leaves, output) in enumerate(self._kept):
            # A weight that is counted, not learned, gets a gradient of 0.
            gradients = torch.autograd.grad(
                output, list(leaves.values()), self._d_hidden[m], materialize_grads=True
            )
            for name, gradient in zip(leaves, gradients, strict=True):
                self.grads[name][m].copy_(gradient)
        self._kept = []
