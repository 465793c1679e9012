"""The n-NN baseline: one tanh layer over the one-hot codes of the last n characters.

Paper, section 4.3. The product of a one-hot vector with a matrix is a row of the matrix, so the
hidden layer is a sum of n table rows; there is no one-hot product. The trainer and the predictions
use these models like recurrent ones.

Before a stream has n characters the missing ones contribute nothing.

The prediction depends on n characters alone, and short contexts are frequent: in a
window of 10,000 characters of prose 50 single characters, 600 pairs, 2,500 triples. On the CPU each
distinct context is therefore computed once per window and read by every row that has it; the
gradients of those rows are summed before they go back. On a GPU, where a captured graph cannot hold
arrays whose length depends on the text, every row is computed.

Shapes: M models, T steps, B streams, H hidden units, K symbols, R rows computed: the window's
distinct contexts on the CPU, all T·B rows elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from charlens.models.buffers import side_by_side
from charlens.models.language_model import LanguageModel
from charlens.models.parameters import Parameter
from charlens.models.precision import FLOAT32, Precision


@dataclass(frozen=True)
class Context:
    """The architecture of an n-NN: context length n, hidden units, symbols K."""

    n: int
    width: int
    k: int

    def parameters(self, width: int, k: int) -> Iterator[Parameter]:
        """Every parameter in order, stored for ``width`` units and ``k`` symbols.

        Names: ``input.j`` (k, H), the table of the character j places before the last one;
        ``bias.hidden`` (H), ``decoder`` (H, k), ``bias.decoder`` (k).
        """
        for place in range(self.n):
            yield f"input.{place}", (self.k, self.width), (k, width)
        yield "bias.hidden", (self.width,), (width,)
        yield "decoder", (self.width, self.k), (width, k)
        yield "bias.decoder", (self.k,), (k,)


class ContextModel(LanguageModel[Context]):
    """M n-NNs of one architecture over windows of T steps of B streams.

    Args:
        shape: the architecture.
        models: M; they differ in weights only.
        precision: ignored but for the format of products; these models have no fused kernels.
        dropout: ignored.
        options: batch, steps, device, dtype and training, as for ``LanguageModel``.
    """

    def __init__(
        self,
        shape: Context,
        models: int = 1,
        *,
        precision: Precision = FLOAT32,
        dropout: Sequence[float] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(shape, models, **options)
        # the window behind the last n − 1 characters of the one before; code K means "none"
        length = shape.n - 1 + self.steps
        self._codes = torch.full((length, self.batch), shape.k, device=self.device)
        window = (models, self.steps * self.batch, shape.width)
        where: dict[str, Any] = {"dtype": self.flat.dtype, "device": self.device}
        self.hidden = side_by_side(*window, **where)
        self._rows: Tensor | None = None
        if self.training:
            self._d_hidden = side_by_side(*window, **where)

    @property
    def states(self) -> list[Tensor]:
        """What the next window starts from: the last n − 1 codes, int64 (n − 1, B)."""
        return [self._codes[: self.shape.n - 1]] if self.shape.n > 1 else []

    def reset(self) -> None:
        """Forget the characters before the window: the start of every stream."""
        self._codes[: self.shape.n - 1] = self.shape.k

    def carry(self) -> None:
        """Let the next window start where this one ended."""
        if self.shape.n > 1:
            self._codes[: self.shape.n - 1] = self._codes[self.steps :].clone()

    def states_after(self, step: int) -> list[Tensor]:
        """What ``carry`` would make the states, had the window ended after a step; views."""
        return [self._codes[step + 1 : step + self.shape.n]] if self.shape.n > 1 else []

    def quantities(self) -> list[dict[str, Tensor]]:
        """The one hidden layer, ``h``."""
        rows = self.hidden if self._rows is None else self.hidden[:, self._rows]
        return [{"h": rows.unflatten(1, (self.steps, self.batch))}]

    def _read_contexts(self) -> Tensor | None:
        """Note the contexts to compute, int64 (R, n), last character first; K where none.

        Returns:
            Which of them each row of the window has, int64 (T·B,); None: row by row its own.
        """
        n, k = self.shape.n, self.shape.k
        starts = [n - 1 - place for place in range(n)]
        columns = [self._codes[start : start + self.steps].flatten() for start in starts]
        contexts = torch.stack(columns, 1)
        if self.device.type != "cpu" or (k + 1) ** n >= 2**63:  # too long for one integer each
            self._contexts = contexts
            return None
        key = torch.zeros_like(columns[0])
        for column in columns:
            key.mul_(k + 1).add_(column)
        distinct, rows = torch.unique(key, return_inverse=True)
        first = torch.empty_like(distinct)
        first[rows] = torch.arange(len(rows))  # any row that has the context will do
        self._contexts = contexts[first]
        return rows

    def forward(self, inputs: Tensor, *, drop: bool = False) -> Tensor:
        """Log-probabilities of the next symbol, (M, T·B, K); rows time-major.

        Args:
            inputs: symbol codes, int64 (T, B), shared by all models.
            drop: ignored.
        """
        shape = self.shape
        self._codes[shape.n - 1 :] = inputs
        self._rows = self._read_contexts()
        bags = self._contexts + torch.arange(shape.n, device=self.device) * (shape.k + 1)
        hidden = self.hidden[:, : len(bags)]
        for m in range(self.models):
            none = self.flat.new_zeros(1, shape.width)
            tables = [
                part
                for place in range(shape.n)
                for part in (self.weights[f"input.{place}"][m], none)
            ]
            total = torch.nn.functional.embedding_bag(bags, torch.cat(tables), mode="sum")
            torch.tanh(total.add_(self.weights["bias.hidden"][m]), out=hidden[m])
        return self._decode(hidden, self._rows)

    def advance(self, inputs: Tensor) -> None:
        """Read a window without predicting; ``carry`` then goes on from its end.

        Args:
            inputs: symbol codes, int64 (T, B), shared by all models.
        """
        self._codes[self.shape.n - 1 :] = inputs

    def observe(self, inputs: Tensor) -> None:
        """Fill ``quantities`` with those of a window, which ``advance`` does not compute.

        Args:
            inputs: symbol codes, int64 (T, B), shared by all models.
        """
        self.forward(inputs)

    def from_states(self) -> Tensor:
        """Log-probabilities of the next symbol from the states alone, no input read, (M, B, K).

        The last character is missing, as before a stream's first.
        """
        nothing = torch.full((self.steps, self.batch), self.shape.k, device=self.device)
        return self.forward(nothing).unflatten(1, (self.steps, self.batch))[:, 0].clone()

    def backward(self, inputs: Tensor, targets: Tensor, *, drop: bool = False) -> None:
        """Fill ``grad`` with the gradient of the window's summed loss, (M, total).

        Uses up the log-probabilities and the hidden layer of ``forward``.
        """
        hidden, d_total = (h[:, : len(self._contexts)] for h in (self.hidden, self._d_hidden))
        self._backward_decoder(targets, hidden, d_total, self._rows)
        torch.ops.aten.tanh_backward.grad_input(d_total, hidden, grad_input=d_total)
        for m in range(self.models):
            torch.sum(d_total[m], 0, out=self.grads["bias.hidden"][m])
        for place in range(self.shape.n):
            self._table_gradient(self.grads[f"input.{place}"], self._contexts[:, place], d_total)
