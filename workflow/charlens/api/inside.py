"""What happens inside a network: activations, and the cells that track something in a text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from charlens.api.texts import AnyText, Reading, Text, reading
from charlens.display import html
from charlens.errors import CharlensError
from charlens.inside import in_memory
from charlens.inside.cells import ranking as rankings
from charlens.inside.cells import score
from charlens.inside.cells.concepts import CONCEPTS
from charlens.inside.cells.excerpts import ROWS, Excerpt, candidates, choose
from charlens.inside.cells.search import label
from charlens.models import names
from charlens.text.encoding_guess import guess
from charlens.text.grid import COLUMNS_OF_TEXT
from charlens.text.kinds import kind_of

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
    """

    title: str
    text: bytes
    values: np.ndarray
    shades: np.ndarray

    def __array__(self, dtype: np.dtype | None = None, copy: bool | None = None) -> np.ndarray:
        """The values."""
        return np.array(self.values, dtype)

    def __len__(self) -> int:
        return len(self.values)

    def __repr__(self) -> str:
        low, high = self.values.min(), self.values.max()
        return f"{self.title}: {len(self):,} bytes, values {low:.3f} to {high:.3f}"

    def _repr_html_(self) -> str:
        return html.heading(self.title) + _coloured(self.text, self.shades)


def _coloured(text: bytes, shades: np.ndarray) -> str:
    """Text in the colours of Figure 2; a character of several bytes has that of its last."""
    shown = html.beginning(text)
    last = [part.stop - 1 for part in shown]
    return html.coloured_text(shown, shades[last].tolist(), len(text))


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
    """

    model: str
    quantity: str
    layer: int
    units: tuple[int, ...]
    text: bytes
    values: np.ndarray
    start: int = 0

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
        return Trace(title, self.text, values, shades)

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
    what = reading(text, model.vocabulary)
    data = what.bytes
    values = in_memory.activations(model, what.codes, what.steps, quantity, layer, units, device)
    values = values[:, : data.shape[1]].reshape(data.size, -1)
    chosen = range(values.shape[1]) if units is None else map(int, units)
    return Activations(model.model, quantity, layer, tuple(chosen), data.tobytes(), values)


@dataclass(frozen=True, eq=False, repr=False)
class Cell:
    """The cell that tracks a concept best, on an excerpt of text it was not chosen on.

    Attributes:
        concept: key of the concept.
        title: the concept in words.
        layer: from 1.
        unit: from 0.
        measure: ``correlation`` (with a count) or ``auc`` (of a yes or no).
        score_found: score on the first half of the text, where the cell was chosen.
        score_held_out: score on the second half.
        trace: the cell's value along an excerpt of the second half, −1 … 1.
    """

    concept: str
    title: str
    layer: int
    unit: int
    measure: str
    score_found: float
    score_held_out: float
    trace: Trace

    def __repr__(self) -> str:
        return f"{self.title}: layer {self.layer}, cell {self.unit}; {self._scores()}"

    def _scores(self) -> str:
        name = "r" if self.measure == "correlation" else "AUC"
        first_half, held_out = html.cell(self.score_found), html.cell(self.score_held_out)
        return f"{name} = {first_half} where it was found, {held_out} on the other half"

    def _repr_html_(self) -> str:
        return html.heading(repr(self)) + _coloured(self.trace.text, self.trace.shades)


@dataclass(frozen=True, eq=False, repr=False)
class Cells:
    """Every cell of a network scored against every concept; made by :func:`cells`.

    Attributes:
        model: the network.
        ranking: one row per concept and cell, best first, the columns of the workflow's
            ``tables/cells/{model}.parquet``.
        concepts: keys of the concepts, those of :mod:`charlens.inside.cells.concepts`.
    """

    model: TrainedModel
    ranking: pd.DataFrame
    _reading: Reading = field(repr=False)
    _labels: rankings.Labels = field(repr=False)
    _device: str = field(repr=False)
    _encoding: str = field(repr=False)

    @property
    def concepts(self) -> tuple[str, ...]:
        """Keys of the concepts that were searched for."""
        return tuple(self._labels)

    def best(self, concept: str) -> Cell:
        """The cell that tracks a concept best on the first half, shown on the second.

        Raises:
            CharlensError: no such concept, or one that never changes in this text.
        """
        if concept not in self.concepts:
            raise CharlensError(
                f"cells: there is no concept {concept!r} in this kind of text, expected one of "
                f"{', '.join(self.concepts)}"
            )
        row = rankings.best(self.ranking, concept)
        if pd.isna(row["found"]):
            raise CharlensError(
                f"cells: {CONCEPTS[concept].title!r} or every cell is the same all over the first "
                "half of this text, so no cell can track it; use a longer or another text"
            )
        return Cell(
            concept=concept,
            title=CONCEPTS[concept].title,
            layer=int(row["layer"]),
            unit=int(row["unit"]),
            measure=row["measure"],
            score_found=float(row["found"]),
            score_held_out=float(row["held_out"]),
            trace=self._trace(concept, int(row["layer"]), int(row["unit"])),
        )

    def _trace(self, concept: str, layer: int, unit: int) -> Trace:
        text = self._reading.bytes
        panels = choose(self._labels, self.ranking, candidates(text, self._encoding))
        shown = {panel: excerpt for panel, _, excerpt in panels}
        excerpt = shown.get(concept) or _first_held_out(text.shape)
        stream = self._reading.codes[[excerpt.stream], : text.shape[1] + 1]
        windows = score.windows_of_cells(
            self.model, stream, self._reading.steps, self._device, self.model.model
        )
        trace = np.concatenate([layers[layer - 1][0, :, unit] for _, layers in windows])
        part = slice(excerpt.start, excerpt.stop)
        title = f"{names.title(self.model.model)}, layer {layer}, cell {unit}"
        return Trace(title, text[excerpt.stream][part].tobytes(), trace[part], trace[part])

    def summary(self) -> pd.DataFrame:
        """The best cell of each concept, one row each."""
        best = self.ranking[self.ranking["rank"] == 1].set_index("concept").loc[[*self.concepts]]
        return best.reset_index()[["concept", "measure", "layer", "unit", "found", "held_out"]]

    def __repr__(self) -> str:
        return self.summary().to_string(index=False, float_format="{:.3f}".format, na_rep="–")

    def _repr_html_(self) -> str:
        frame = self.summary()
        return html.table(list(frame.columns), frame.itertuples(index=False))


def _first_held_out(shape: tuple[int, int]) -> Excerpt:
    """The beginning of the second half, where no line of it is long enough for an excerpt."""
    stream, start = divmod(int(np.argmin(rankings.halves(*shape))), shape[1])
    return Excerpt(stream, start, min(start + ROWS * COLUMNS_OF_TEXT, shape[1]))


def cells(
    model: TrainedModel, text: Text | AnyText, *, kind: str | None = None, device: str = "auto"
) -> Cells:
    r"""Search a network for cells that track something in a text (paper, section 4.2).

    Each cell is scored on the first half of the text and again on the second. Concepts are
    the position in a line, quotations, in C also comments, conditions and nesting.

    Args:
        model: made by :func:`charlens.train` or :func:`charlens.load`.
        text: a corpus, whose test split is read; or any string or bytes, read as one stream up to
            its last complete window of 100.
        kind: ``prose`` or ``c``; guessed by default.
        device: ``auto``, ``cpu`` or ``cuda``.

    Raises:
        CharlensError: an unknown kind, a text of fewer than two bytes, or one with bytes that the
            model never saw in training.

    Example:
        >>> import charlens as cl
        >>> text = cl.corpus(b'He said "no" and\nleft the "inn".\n' * 100, batch=4, unroll=20)
        >>> model = cl.train("lstm-1x8", text, epochs=3)
        >>> found = cl.cells(model, text)
        >>> found.concepts
        ('line_position', 'inside_quotes', 'line_end')
        >>> found.best("inside_quotes").measure
        'auc'
    """
    what = reading(text, model.vocabulary, cut=True)
    if what.bytes.size < 2:
        raise CharlensError(f"{what.name}: expected at least 2 bytes, found {what.bytes.size}")
    encoding = guess(what.bytes.ravel())
    labels = label(what.text, kind or kind_of(what.text.text), encoding)
    ranking = score.score(model, what.name, what.codes, labels, what.steps, device)
    return Cells(model, ranking, what, labels, device, encoding)
