"""Activations of a network: what its units hold as it reads a text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from charlens.api.texts import AnyText, Text, reading
from charlens.display import html
from charlens.errors import CharlensError
from charlens.inside import in_memory
from charlens.models import names
from charlens.runtime.threads import threads

if TYPE_CHECKING:
    from charlens.api.models import TrainedModel


@dataclass(frozen=True, eq=False, repr=False)
class Trace:
    """One unit along a text.

    Attributes:
        title: what is shown.
        text: the bytes read.
        values: of the unit after each byte was read, float32 (bytes,).
        shades: the values on a scale from −1 to 1: tanh(c) for a cell state, else as they are.
        joins: where in the text another stream begins.
    """

    title: str
    text: bytes
    values: np.ndarray
    shades: np.ndarray
    joins: Sequence[int] = ()

    def __array__(self, dtype: np.dtype | None = None, copy: bool | None = None) -> np.ndarray:
        """The values."""
        return np.array(self.values, dtype)

    def __len__(self) -> int:
        return len(self.values)

    def __repr__(self) -> str:
        low, high = self.values.min(), self.values.max()
        return f"{self.title}: {len(self):,} bytes, values {low:.3f} to {high:.3f}"

    def _repr_html_(self) -> str:
        return html.heading(self.title) + self.coloured()

    def coloured(self) -> str:
        """HTML of the text in the colours of Figure 2, a character in that of its last byte."""
        shown = html.beginning(self.text, self.joins)
        last = [part.stop - 1 for part in shown]
        return html.coloured_text(shown, self.shades[last].tolist(), len(self.text))


@dataclass(frozen=True, eq=False, repr=False)
class Activations:
    """One quantity of one layer along a text; made by :func:`activations` or a run.

    Attributes:
        model: the model's id.
        quantity: ``h``, ``c`` or a gate.
        layer: from 1.
        units: the units kept.
        text: the bytes read, streams joined.
        values: float32 (bytes, units), the state after each byte was read. Of a corpus row *r* is
            the state from which the byte at ``position`` *start + r* is predicted.
        start: position of the first row; above 0 where a run has kept a part only.
        joins: where in the text another stream begins.
    """

    model: str
    quantity: str
    layer: int
    units: tuple[int, ...]
    text: bytes
    values: np.ndarray
    start: int = 0
    joins: Sequence[int] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """Bytes and units."""
        return self.values.shape

    def __array__(self, dtype: np.dtype | None = None, copy: bool | None = None) -> np.ndarray:
        """The values."""
        return np.array(self.values, dtype)

    def __len__(self) -> int:
        return len(self.values)

    def unit(self, unit: int) -> Trace:
        """One unit along the text.

        Raises:
            CharlensError: the unit was not kept.
        """
        if unit not in self.units:
            raise CharlensError(
                f"{self.model}: unit {unit} was not kept, only {_range(self.units)}"
            )
        values = self.values[:, self.units.index(unit)]
        title = f"{names.title(self.model)}, layer {self.layer}, {self.quantity} of unit {unit}"
        shades = np.tanh(values) if self.quantity == "c" else values
        return Trace(title, self.text, values, shades, self.joins)

    def to_frame(self) -> pd.DataFrame:
        """One row per byte, one column per unit: ``u0``, ``u1``, …"""
        return pd.DataFrame(self.values, columns=[f"u{unit}" for unit in self.units])

    def __repr__(self) -> str:
        return (
            f"{self.quantity} of layer {self.layer} of {names.title(self.model)}: "
            f"{self.shape[0]:,} bytes × {self.shape[1]} units"
        )

    def _repr_html_(self) -> str:
        return html.heading(repr(self)) + self.unit(self.units[0])._repr_html_()


def _range(units: Sequence[int]) -> str:
    if list(units) == list(range(units[0], units[-1] + 1)):
        return f"{units[0]} to {units[-1]}"
    return ", ".join(map(str, units))


def activations(
    model: TrainedModel,
    text: Text | AnyText,
    quantity: str = "h",
    *,
    layer: int = 1,
    units: Sequence[int] | None = None,
    device: str = "auto",
    skip_unknown: bool = False,
) -> Activations:
    """Run a network over a text and keep a quantity of one layer, in memory.

    Args:
        model: made by :func:`charlens.train` or :func:`charlens.load`.
        text: a corpus, whose test split is read; or any string or bytes, read as one stream.
        quantity: by the paper's letters: ``h``, ``c``, ``i``, ``f``, ``o``, ``g`` of an LSTM;
            ``h``, ``r``, ``z``, ``n`` of a GRU; ``h`` of an RNN or an n-NN.
        layer: from 1.
        units: which units; all by default. Four bytes are kept per character and unit.
        device: ``auto``, ``cpu`` or ``cuda``.
        skip_unknown: leave characters that the model never saw in training out of a string, with a
            warning; a corpus stays whole.

    Raises:
        CharlensError: no such quantity, layer or unit, an empty text, or one with bytes that the
            model never saw in training.

    Example:
        >>> import charlens as cl
        >>> text = cl.corpus(b"the cat sat on the mat. " * 100, batch=4, unroll=20)
        >>> model = cl.train("lstm-1x8", text, epochs=1)
        >>> cl.activations(model, text, "c").shape
        (240, 8)
        >>> cl.activations(model, "the mat", "f", units=[3]).unit(3).values.shape
        (7,)
    """
    what = reading(text, model.vocabulary, skip_unknown=skip_unknown)
    data = what.bytes
    asked = (quantity, layer, units, device)
    with threads():
        values = in_memory.activations(model, what.codes, what.steps, *asked)
    values = values[:, : data.shape[1]].reshape(data.size, -1)
    chosen = range(values.shape[1]) if units is None else map(int, units)
    joins = range(data.shape[1], data.size, max(data.shape[1], 1))
    origin = (model.model, quantity, layer, tuple(chosen))
    return Activations(*origin, data.tobytes(), values, joins=joins)
