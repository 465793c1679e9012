"""Excerpts of text that Figure 2 shows: which, how they are read, and what they say.

Where an excerpt comes from is decided by the text alone, never by what the cell does there: of all
places in the held-out half that start a line, the one that is typical for the concept. Texts of one
line, as some are made for language models, have excerpts that start a word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from charlens.display.wording import listed, rst, rst_corpus, rst_model
from charlens.files import csv_tables, parquet_tables
from charlens.files.atomic import FilePath
from charlens.inside.cells.concepts import follows, panels, score_text
from charlens.inside.cells.ranking import Labels, best, halves, typical
from charlens.text.encodings import UTF_8, aligned, decode, line_starts
from charlens.text.grid import COLUMNS_OF_TEXT, bytes_that_fill, lay_out, whole

ROWS = 7  # of an excerpt on the page

TYPICAL = "typical"
"""The panel of the cell that tracks nothing in particular."""

COLUMNS = {
    "corpus": "string",
    "model": "string",
    "panel": "string",  # a concept, or typical
    "concept": "string",  # the one that the scores are about
    "title": "string",  # the concept in words
    "measure": "string",
    "layer": "int64",  # from 1
    "unit": "int64",
    "found": "float64",  # score on the half of the test split where the cell was found
    "held_out": "float64",  # score on the other half, where the excerpt comes from
    "position": "int64",
    "byte": "int64",  # the input byte there
    "value": "float64",  # tanh(c) after it was read, −1 … 1
}


@dataclass(frozen=True)
class Excerpt:
    """Bytes ``start`` … ``stop`` − 1 of one test stream."""

    stream: int
    start: int
    stop: int


def candidates(text: np.ndarray, encoding: str = UTF_8) -> list[Excerpt]:
    """Every excerpt of the held-out half that starts a line and fills a page.

    In streams shorter than two pages an excerpt may take half a stream and end with it. A text
    without lines is cut into pages that start with a word, or with any character where words have
    no spaces between them.

    Args:
        text: input bytes of the test split, uint8 (B, length).
        encoding: of the text.
    """
    page = bytes_that_fill(text.ravel(), COLUMNS_OF_TEXT * ROWS, encoding)
    for starts_of in (line_starts, partial(_page_starts, page=page)):
        excerpts = list(_from_starts(text, encoding, page, starts_of))
        if excerpts:
            return excerpts
    return []


def _from_starts(
    text: np.ndarray, encoding: str, page: int, starts_of: Callable[[np.ndarray, str], np.ndarray]
) -> Iterator[Excerpt]:
    length = text.shape[1]
    chosen_on = halves(*text.shape)
    least = min(page, length // 2)
    for stream, row in enumerate(text):
        first = int(chosen_on[stream].sum())
        starts = starts_of(row, encoding)
        for start in starts[(starts >= first) & (starts + least <= length)].tolist():
            cells = lay_out(row[start : start + page], COLUMNS_OF_TEXT, ROWS, encoding)
            yield Excerpt(stream, start, start + whole(cells, row[start:]))


def _page_starts(row: np.ndarray, encoding: str, page: int) -> np.ndarray:
    """Places in a stream about a page apart that begin a word, or a character; int64."""
    first = aligned(row, encoding)
    decoded = decode(row[first:], encoding)
    bounds = decoded.bounds[:-1] + first
    after_space = np.flatnonzero(decoded.code_points[:-1] == ord(" ")) + 1
    starts = bounds[after_space] if len(after_space) else bounds
    of_pages = np.searchsorted(starts, np.arange(first, len(row), max(1, page)))
    return np.unique(starts[of_pages[of_pages < len(starts)]]).astype(np.int64)


def typical_excerpt(label: np.ndarray, excerpts: list[Excerpt]) -> Excerpt | None:
    """The excerpt in which a concept is neither rarer nor more frequent than it usually is.

    Of the excerpts where a yes/no concept begins and ends, the one with the median share of "yes";
    of those where a count varies, the one with the median spread. The earliest of equals.

    Args:
        label: the concept at every input byte, (B, length), bool or numbers.
        excerpts: to choose from.
    """
    measured = []
    for e in excerpts:
        part = label[e.stream, e.start : e.stop]
        if label.dtype != bool:
            if (part != part[0]).any():
                measured.append((float(part.std()), e))
        elif np.count_nonzero(part[1:] != part[:-1]) >= 2:
            measured.append((float(part.mean()), e))
    if not measured:
        return None
    median = sorted(value for value, _ in measured)[(len(measured) - 1) // 2]
    return next(e for value, e in measured if value == median)


def _another(label: np.ndarray, excerpts: list[Excerpt], used: list[Excerpt]) -> Excerpt | None:
    """The typical excerpt of those that no earlier panel shows, or of all if these show nothing.

    Args:
        label: as for :func:`typical_excerpt`.
        excerpts: to choose from.
        used: those shown already; the one chosen is added.
    """
    free = [e for e in excerpts if not any(_overlap(e, other) for other in used)]
    excerpt = typical_excerpt(label, free) or typical_excerpt(label, excerpts)
    used += [excerpt] if excerpt else []
    return excerpt


def _overlap(one: Excerpt, other: Excerpt) -> bool:
    return one.stream == other.stream and one.start < other.stop and other.start < one.stop


def choose(
    labels: Labels, ranking: pd.DataFrame, excerpts: list[Excerpt]
) -> list[tuple[str, pd.Series, Excerpt]]:
    """Panels of Figure 2 in their order: what each shows, its cell and an excerpt of its own.

    Args:
        labels: the concepts at every input byte.
        ranking: of :func:`charlens.inside.cells.score.score`.
        excerpts: to choose from, of :func:`candidates`.

    Returns:
        (concept, row of the best cell, excerpt), last the typical cell (:data:`TYPICAL`). Concepts
        that never change in an excerpt, or that no cell could be scored for, are left out.
    """
    chosen: list[tuple[str, pd.Series, Excerpt]] = []
    used: list[Excerpt] = []
    for concept in (name for name in panels() if name in labels):
        excerpt = _another(labels[concept], excerpts, used)
        cell = best(ranking, concept)
        if excerpt is not None and cell[["found", "held_out"]].notna().all():
            chosen.append((concept, cell, excerpt))
    if chosen:
        cell = typical(ranking)
        shown = _another(labels[cell["concept"]], excerpts, used)
        chosen.append((TYPICAL, cell, shown or chosen[0][2]))
    return chosen


def read(path: FilePath) -> pd.DataFrame:
    """Read examples of cells. Raises CharlensError: no such file, or not such a table."""
    return parquet_tables.read(path, COLUMNS, "a table of examples of cells", "search_cells")


def read_numbers(path: FilePath) -> pd.DataFrame:
    """Read the CSV file beside Figure 2, examples of all searched models; errors likewise."""
    return csv_tables.read(path, COLUMNS, "the numbers of Figure 2", "draw_figure2")


def sentences(frame: pd.DataFrame) -> Iterator[str]:
    """Which cell tracks what, and how well on text it was not chosen on."""
    shown = frame[frame["panel"] != TYPICAL].drop_duplicates(["corpus", "model", "panel"])
    for (corpus, model), part in shown.groupby(["corpus", "model"], sort=False):
        rows = list(part.itertuples())
        cells = [
            f"{rst(row.title)} (layer {row.layer}, cell {row.unit}: {_score(row)})"
            for row in rows
            if follows(row.measure, row.held_out)
        ]
        none = [
            f"{rst(row.title)} (best {_score(row)})"
            for row in rows
            if not follows(row.measure, row.held_out)
        ]
        if cells:
            yield f"On {rst_corpus(corpus)}, the best cells of {rst_model(model)}: {listed(cells)}."
        if none:
            yield (
                f"On {rst_corpus(corpus)} no cell of {rst_model(model)} was found for "
                f"{listed(none)}."
            )


def _score(row) -> str:
    """A cell's score on held-out text, as the figure gives it."""
    return score_text(row.measure, row.held_out, "correlation", "AUC")
