"""The cells of a network that track something in a text."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from charlens.api.activations import Trace
from charlens.api.texts import AnyText, Reading, Text, reading
from charlens.display import html
from charlens.errors import CharlensError
from charlens.inside.cells import ranking as rankings
from charlens.inside.cells import score
from charlens.inside.cells.concepts import AUC, CONCEPTS, LOW_FOR_YES, is_low
from charlens.inside.cells.excerpts import ROWS, Excerpt, candidates, choose
from charlens.inside.cells.search import label
from charlens.models import names
from charlens.runtime.threads import threads
from charlens.text.grid import COLUMNS_OF_TEXT
from charlens.text.kinds import kind_of

if TYPE_CHECKING:
    from charlens.api.models import TrainedModel


@dataclass(frozen=True, eq=False, repr=False)
class Cell:
    """The cell that tracks a concept best, on an excerpt of text it was not chosen on.

    Attributes:
        concept: key of the concept.
        title: the concept in words.
        layer: from 1.
        unit: from 0.
        measure: ``correlation`` (with a count) or ``auc`` (of a yes or no).
        score_found: score on the first half of the text, where the cell was chosen. An AUC below ½
            is of a cell that is low where the answer is yes; it is shown turned, 1 − AUC.
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
        name = "AUC" if self.measure == AUC else "r"
        low = is_low(self.measure, self.score_found)
        first_half, held_out = (
            html.cell(1 - score if low else score)
            for score in (self.score_found, self.score_held_out)
        )
        shown = f"{name} = {first_half} where it was found, {held_out} on the other half"
        return f"{shown}; {LOW_FOR_YES}" if low else shown

    def _repr_html_(self) -> str:
        return html.heading(repr(self)) + self.trace.coloured()


@dataclass(frozen=True, eq=False, repr=False)
class Cells:
    """Every cell of a network scored against every concept; made by :func:`cells`.

    Attributes:
        model: the network.
        ranking: one row per concept and cell, best first, the columns of the workflow's
            ``tables/cells/{model}.parquet``. An AUC below ½ is of a cell that is low where the
            answer is yes: as far below as another is above, it tells yes from no as well.
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
        excerpt = self._excerpts.get(concept) or _first_held_out(text.shape)
        stream = self._reading.codes[[excerpt.stream], : text.shape[1] + 1]
        windows = score.windows_of_cells(
            self.model, stream, self._reading.steps, self._device, self.model.model
        )
        with threads():
            trace = np.concatenate([layers[layer - 1][0, :, unit] for _, layers in windows])
        part = slice(excerpt.start, excerpt.stop)
        title = f"{names.title(self.model.model)}, layer {layer}, cell {unit}"
        return Trace(title, text[excerpt.stream][part].tobytes(), trace[part], trace[part])

    @cached_property
    def _excerpts(self) -> dict[str, Excerpt]:
        """What Figure 2 would show for each concept; choosing takes seconds in a long text."""
        excerpts = candidates(self._reading.bytes, self._encoding)
        return {panel: shown for panel, _, shown in choose(self._labels, self.ranking, excerpts)}

    def summary(self) -> pd.DataFrame:
        """The best cell of each concept, one row each, with its scores as in ``ranking``."""
        best = self.ranking[self.ranking["rank"] == 1].set_index("concept").loc[[*self.concepts]]
        return best.reset_index()[["concept", "measure", "layer", "unit", "found", "held_out"]]

    def _shown(self) -> pd.DataFrame:
        """The summary for people: AUCs of cells that are low where the answer is yes are turned."""
        frame = self.summary()
        low = np.array([is_low(row.measure, row.found) for row in frame.itertuples()], bool)
        for half in rankings.HALVES:
            frame[half] = frame[half].mask(low, 1 - frame[half])
        is_auc = (frame["measure"] == AUC) & frame["found"].notna()
        return frame.assign(for_yes=np.where(is_auc, np.where(low, "low", "high"), "–"))

    def __repr__(self) -> str:
        return self._shown().to_string(index=False, float_format="{:.3f}".format, na_rep="–")

    def _repr_html_(self) -> str:
        frame = self._shown()
        return html.table(list(frame.columns), frame.itertuples(index=False))


def _first_held_out(shape: tuple[int, int]) -> Excerpt:
    """The beginning of the second half, where no line of it is long enough for an excerpt."""
    stream, start = divmod(int(np.argmin(rankings.halves(*shape))), shape[1])
    return Excerpt(stream, start, min(start + ROWS * COLUMNS_OF_TEXT, shape[1]))


def cells(
    model: TrainedModel,
    text: Text | AnyText,
    *,
    kind: str | None = None,
    device: str = "auto",
    skip_unknown: bool = False,
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
        skip_unknown: leave characters that the model never saw in training out of a string, with a
            warning; a corpus stays whole.

    Raises:
        CharlensError: an unknown kind, a text of fewer than two bytes, or one with bytes that the
            model never saw in training.

    Example:
        >>> import charlens as cl
        >>> text = cl.corpus(b'He said "no" and\nleft the "inn".\n' * 100, batch=4, unroll=20)
        >>> model = cl.train("lstm-1x8", text, epochs=3)
        >>> ranked = cl.cells(model, text)
        >>> ranked.concepts
        ('line_position', 'inside_quotes', 'line_end')
        >>> ranked.best("inside_quotes").measure
        'auc'
    """
    what = reading(text, model.vocabulary, cut=True, skip_unknown=skip_unknown)
    if what.bytes.size < 2:
        raise CharlensError(f"{what.name}: expected at least 2 bytes, found {what.bytes.size}")
    labels = label(what.text, kind or kind_of(what.text.text), what.encoding)
    with threads():
        ranking = score.score(model, what.name, what.codes, labels, what.steps, device)
    return Cells(model, ranking, what, labels, device, what.encoding)
