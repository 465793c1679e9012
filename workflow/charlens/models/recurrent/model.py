"""A character-level recurrent language model (paper, section 3.1).

One-hot input, L recurrent layers, linear decoder, softmax, with dropout on the non-recurrent
connections only (Zaremba et al. 2014; paper, section 3.3).

Shapes: M models, T steps, B streams, n stored units, K stored symbols.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from charlens.errors import CharlensError
from charlens.models.buffers import side_by_side
from charlens.models.language_model import LanguageModel, product_into
from charlens.models.parameters import Shape
from charlens.models.precision import FLOAT32, Precision
from charlens.models.products import add_product
from charlens.models.recurrent.cells import CELLS
from charlens.models.recurrent.edits import Edits
from charlens.models.recurrent.recurrence import Recurrence


class CharModel(LanguageModel[Shape]):
    """M recurrent models of one shape over windows of T steps of B streams.

    Args:
        shape: the architecture.
        models: M; they differ in weights and dropout only.
        dtype: float32, or float64 for checks.
        precision: number format of the operands of large products, and kernels of the
            recurrence; weights, cell state, loss and gradients of weights are float32.
        dropout: probability of dropping a non-recurrent connection, one per model.
        options: batch, steps, device and training, as for ``LanguageModel``.
    """

    def __init__(
        self,
        shape: Shape,
        models: int = 1,
        *,
        dtype: torch.dtype = torch.float32,
        precision: Precision = FLOAT32,
        dropout: Sequence[float] | None = None,
        **options: Any,
    ) -> None:
        cell, engine = _engine(shape.cell, precision, dtype)
        super().__init__(shape, models, dtype=dtype, precision=precision, **options)
        window = (models, self.steps, self.batch, self.layout.width)
        engine |= {"device": self.device, "training": self.training}
        self.layers = [cell(*window, **engine) for _ in range(shape.layers)]
        self.dropout = tuple(dropout or [0.0] * models)
        self._keep = 1.0 - torch.tensor(self.dropout, dtype=dtype, device=self.device)

        def buffer() -> Tensor:
            return side_by_side(*window, dtype=self.layers[0].h.dtype, device=self.device)

        dropping = shape.layers if self.training and any(self.dropout) else 0
        self.masks = [buffer().fill_(1.0) for _ in range(dropping)]
        self.dropped = [buffer() for _ in range(dropping)]
        if self.training:
            self._dh = buffer()

    # -- state -----------------------------------------------------------------------------

    @property
    def states(self) -> list[Tensor]:
        """What the next window starts from: views of shape (M, B, n), layer by layer."""
        return [state for layer in self.layers for state in layer.state]

    @property
    def short_graph(self) -> bool:
        """Whether one kernel computes a layer for the whole window."""
        return self.precision.engine == "triton"

    def reset(self) -> None:
        """Zero all states: the start of every stream."""
        for layer in self.layers:
            layer.reset()

    def carry(self) -> None:
        """Let the next window start where this one ended."""
        for layer in self.layers:
            layer.carry()

    def states_after(self, step: int) -> list[Tensor]:
        """What ``carry`` would make the states, had the window ended after a step; views."""
        return [state for layer in self.layers for state in layer.state_after(step)]

    def quantities(self) -> list[dict[str, Tensor]]:
        """Hidden states, cell states and gates by the paper's letters, layer by layer."""
        n = self.shape.width
        return [
            {letter: values[..., :n] for letter, values in layer.quantities().items()}
            for layer in self.layers
        ]

    @property
    def gate_titles(self) -> Mapping[str, str]:
        """Names in words of the gates between 0 and 1, by their letters."""
        return self.layers[0].facts.gates

    # -- dropout ---------------------------------------------------------------------------

    def draw_masks(self, generators: Sequence[torch.Generator]) -> None:
        """Draw this window's dropout masks, scaled to keep expectations.

        Args:
            generators: on the CPU one per model, so that a model's draws do not depend on its
                neighbours; on a GPU a single one.
        """
        for mask in self.masks:
            if self.device.type == "cpu":
                draw = _draw_bits if self.precision.engine == "numba" else _draw
                for m, rate in enumerate(self.dropout):
                    if rate:
                        draw(mask[m], rate, generators[m])
            else:
                keep = self._keep.view(-1, 1, 1, 1)
                uniform = torch.rand(mask.shape, device=self.device, generator=generators[0])
                mask.copy_((uniform < keep) / keep)

    # -- forward ---------------------------------------------------------------------------

    def forward(self, inputs: Tensor, *, drop: bool = False, edits: Edits | None = None) -> Tensor:
        """Log-probabilities of the next symbol, (M, T·B, K); rows time-major.

        Args:
            inputs: symbol codes, int64 (T, B), shared by all models.
            drop: apply the dropout masks drawn last (training only).
            edits: states to set after each step, by layer from 0; not in training.
        """
        self._read(inputs)
        return self._upwards(0, edits or {}, drop)

    def forward_edited(self, inputs: Tensor, edits: Edits) -> Tensor:
        """:meth:`forward` with states set after each step."""
        return self.forward(inputs, edits=edits)

    def forward_above(
        self, layer: int, below: LanguageModel[Any], inputs: Tensor, edits: Edits
    ) -> Tensor:
        """The same of copies of the streams that another model has just read.

        Layers below the first edited one are the same in all copies and are taken from there, with
        what they give to it.

        Args:
            layer: the lowest that is edited, from 0.
            below: a model of the same weights with B' rows, after the window; B = copies · B'.
            inputs: what it read, int64 (T, B').
            edits: states to set after each step, by layer from 0.
        """
        if layer == 0 or not isinstance(below, CharModel):
            return super().forward_above(layer, below, inputs, edits)
        gates = self.layers[layer].gates
        shared = gates.new_empty((*gates.shape[:2], below.batch, gates.shape[3]))
        self._input_part(layer, below.layers[layer - 1].h[:, 1:], shared)
        gates.unflatten(2, (-1, below.batch)).copy_(shared.unsqueeze(2))
        return self._upwards(layer, edits)

    def _upwards(self, first: int, edits: Edits, drop: bool = False) -> Tensor:
        """Log-probabilities from a layer on whose gates hold their input part."""
        below: Tensor | None = None
        for index in range(first, len(self.layers)):
            layer = self.layers[index]
            if below is not None:
                self._input_part(index, below, layer.gates)
            layer.forward(self.operands[f"recurrent.{index}"], edits.get(index))
            below = layer.h[:, 1:]
            if drop and self.masks:
                below = torch.mul(below, self.masks[index], out=self.dropped[index])
        return self._decode(self._output(len(self.layers) - 1, drop))

    def _read(self, inputs: Tensor) -> None:
        """Fill the first layer's gates with W_x x + b: a one-hot input selects a row."""
        gates = self.layers[0].gates.flatten(1, 2)
        table = self.operands["input.0"] + self.operands["bias.0"].unsqueeze(1)
        for m in range(self.models):
            torch.index_select(table[m], 0, inputs.flatten(), out=gates[m])

    def _input_part(self, index: int, below: Tensor, gates: Tensor) -> None:
        """Fill gates (M, T, B, G·n) of a layer with W_x x + b, x (M, T, B, n) from below."""
        w, bias = self.operands[f"input.{index}"], self.operands[f"bias.{index}"]
        x, gates = below.flatten(1, 2), gates.flatten(1, 2)
        if self.device.type == "cpu":
            for m in range(self.models):
                gates[m] = bias[m]
                add_product(gates[m], x[m], w[m])
        else:
            torch.baddbmm(bias.unsqueeze(1), x, w, out=gates)

    def advance(self, inputs: Tensor) -> None:
        """Read a window without predicting; ``carry`` then goes on from its end.

        Args:
            inputs: symbol codes, int64 (T, B), shared by all models.
        """
        self._read(inputs)
        below: Tensor | None = None
        for index, layer in enumerate(self.layers):
            if below is not None:
                self._input_part(index, below, layer.gates)
            layer.forward(self.operands[f"recurrent.{index}"])
            below = layer.h[:, 1:]

    def from_states(self) -> Tensor:
        """Log-probabilities of the next symbol from the states alone, no input read, (M, B, K)."""
        return torch.log_softmax(self._scores(self.layers[-1].h[:, 0]), -1)

    # -- backward --------------------------------------------------------------------------

    def backward(self, inputs: Tensor, targets: Tensor, *, drop: bool = False) -> None:
        """Fill ``grad`` with the gradient of the window's summed loss, (M, total).

        The sum runs over all T·B predictions; no gradient flows in from later windows. Uses up
        the log-probabilities of ``forward``.
        """
        top = self._output(len(self.layers) - 1, drop)
        self._backward_decoder(targets, top, self._dh.flatten(1, 2))
        for index in reversed(range(len(self.layers))):
            self._backward_layer(index, inputs, drop)

    def _output(self, index: int, drop: bool) -> Tensor:
        """What a layer passed upwards, (M, T·B, n)."""
        dropped = drop and bool(self.masks)
        output = self.dropped[index] if dropped else self.layers[index].h[:, 1:]
        return output.flatten(1, 2)

    def _backward_layer(self, index: int, inputs: Tensor, drop: bool) -> None:
        layer = self.layers[index]
        if drop and self.masks:
            self._dh.mul_(self.masks[index])
        layer.backward(self.operands[f"recurrent.{index}"], self._dh)
        layer.weight_gradient(self.grads[f"recurrent.{index}"])
        grad = layer.grad.flatten(1, 2)
        torch.sum(grad, 1, dtype=self.grad.dtype, out=self.grads[f"bias.{index}"])
        if index == 0:
            self._table_gradient(self.grads["input.0"], inputs.flatten(), grad)
            return
        self._weight_gradient(self.grads[f"input.{index}"], self._output(index - 1, drop), grad)
        w = self.operands[f"input.{index}"].transpose(1, 2)
        product_into(self._dh.flatten(1, 2), grad, w)


def _draw(mask: Tensor, rate: float, generator: torch.Generator) -> None:
    """Fill a mask with 0 at a rate, and 1 / (1 − rate) elsewhere."""
    mask.bernoulli_(1.0 - rate, generator=generator).div_(1.0 - rate)


def _draw_bits(mask: Tensor, rate: float, generator: torch.Generator) -> None:
    """Fill a mask as :func:`_draw` does, from 16 random bits per element: five times as fast.

    Rates are rounded to steps of 2⁻¹⁶.
    """
    words = torch.empty(-(-mask.numel() // 4), dtype=torch.int64)
    bits = words.random_(-(2**63), None, generator=generator).view(torch.int16)
    values = min(65535, max(1, round((1.0 - rate) * 65536)))  # that are kept, of 65,536
    torch.lt(bits[: mask.numel()].view(mask.shape), values - 32768, out=mask).mul_(65536 / values)


def _engine(
    cell: str, precision: Precision, dtype: torch.dtype
) -> tuple[type[Recurrence], dict[str, Any]]:
    """Cell class and constructor options.

    A cell without kernels for a CPU computes without them, to the same rounding.

    Raises:
        CharlensError: a cell without kernels for a GPU, where plain float16 sums would be too
            coarse.
    """
    if precision.engine == "torch":
        return CELLS[cell], {"dtype": dtype}
    if precision.engine == "numba":
        from charlens.models.recurrent.cells_numba import NUMBA_CELLS

        return (NUMBA_CELLS[cell], {}) if cell in NUMBA_CELLS else (CELLS[cell], {"dtype": dtype})
    from charlens.models.recurrent.cells_triton import FUSED_CELLS

    if cell not in FUSED_CELLS:
        raise CharlensError(
            f"training.precision: mixed, but the cell {cell} has no fused kernels for a GPU; set "
            "training.precision: float32"
        )
    return FUSED_CELLS[cell], {}
