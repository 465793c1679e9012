"""Excerpts of the test text with the errors of a category marked, for Figure 6.

Excerpts start a line and are the richest in their errors: of all places that no excerpt before
shows, the one with the most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from charlens.analyses.oracles.oracles import ORACLES, Excerpt, slices
from charlens.paper.definitions import OracleDefinitions
from charlens.text.encodings import UTF_8, line_starts
from charlens.text.grid import COLUMNS_OF_TEXT, bytes_that_fill, lay_out, whole
from charlens.text.words import Words, find_words

COLUMNS = {
    "corpus": "string",
    "model": "string",
    "group": "string",
    "position": "int64",
    "byte": "int64",  # the predicted character
    "marked": "bool",  # an error of the group
    "boxed": "int64",  # number, from 1, of the earlier word that it repeats; 0 outside
}


def examples(
    test: np.ndarray, category: np.ndarray, definitions: OracleDefinitions, encoding: str = UTF_8
) -> pd.DataFrame:
    """One excerpt per group that has errors which an excerpt can show.

    Args:
        test: byte values of the test split, uint8 (B, length + 1).
        category: of each predicted character, −1 for none, int8 (N,).
        definitions: what a word is.
        encoding: of the text.

    Returns:
        The columns of :data:`COLUMNS` less corpus and model.
    """
    text = np.ascontiguousarray(test[:, 1:])
    words = find_words(text, definitions.word, encoding)
    groups = [excerpt for oracle in ORACLES.values() for excerpt in oracle.excerpts]
    spans = {rows: _spans(text, rows, encoding) for rows in {group.rows for group in groups}}
    parts, shown = [], list[tuple[int, int]]()
    for group in groups:
        marked = np.isin(category, slices_of(group))
        if not marked.any() or not spans[group.rows]:
            continue
        repeats = _repeats(text, words, marked) if group.repeats else []
        chosen = _richest(spans[group.rows], marked, repeats, shown)
        if chosen is None:
            continue
        shown.append(chosen)
        start, stop = chosen
        part = {
            "group": group.title,
            "position": np.arange(start, stop),
            "byte": text.ravel()[start:stop],
            "marked": marked[start:stop],
            "boxed": _boxes(repeats, start, stop),
        }
        parts.append(pd.DataFrame(part))
    columns = [name for name in COLUMNS if name not in ("corpus", "model")]
    if not parts:
        return pd.DataFrame(columns=columns)
    return pd.concat(parts, ignore_index=True)[columns]


def slices_of(group: Excerpt) -> range:
    """Indices into :func:`charlens.analyses.oracles.oracles.slices` of the errors marked."""
    names = slices()
    return range(names.index(group.first), names.index(group.last) + 1)


def _spans(text: np.ndarray, rows: int, encoding: str) -> list[tuple[int, int]]:
    """First and last positions of every excerpt that starts a line and has so many rows."""
    length = text.shape[1]
    full = bytes_that_fill(text.ravel(), COLUMNS_OF_TEXT * rows, encoding)
    spans = []
    for stream, line in enumerate(text):
        starts = line_starts(line, encoding)
        for start in starts[starts + min(full, length // 2) <= length].tolist():
            cells = lay_out(line[start : start + full], COLUMNS_OF_TEXT, rows, encoding)
            spans.append(
                (stream * length + start, stream * length + start + whole(cells, line[start:]))
            )
    return spans


@dataclass(frozen=True)
class _Repeat:
    """A word with marked errors, and its last earlier occurrence: first and last positions."""

    earlier: tuple[int, int]
    word: tuple[int, int]


def _repeats(text: np.ndarray, words: Words, marked: np.ndarray) -> list[_Repeat]:
    """Words with marked errors whose earlier occurrence lies in the same stream."""
    data, length = text.tobytes(), text.shape[1]
    repeats = []
    for start, stop in zip(words.start.tolist(), words.stop.tolist(), strict=True):
        if not marked[start:stop].any():
            continue
        at = data.rfind(data[start:stop], start - start % length, start)
        if at >= 0:
            repeats.append(_Repeat((at, at + stop - start), (start, stop)))
    return repeats


def _richest(
    spans: Sequence[tuple[int, int]],
    marked: np.ndarray,
    repeats: Sequence[_Repeat],
    shown: Sequence[tuple[int, int]],
) -> tuple[int, int] | None:
    """The excerpt with the most marked errors, or the most repeated words; the earliest of equals.

    A repeated word counts where its earlier occurrence is in the excerpt too; where none is so near
    errors count. Text that is shown for another group comes again only where no other has any error
    of this one. None where no excerpt has any: they lie before a stream's first line, say.
    """
    count = np.array(
        [sum(start <= r.earlier[0] and r.word[1] <= stop for r in repeats) for start, stop in spans]
    )
    if not count.any():
        before = np.concatenate([[0], marked.cumsum()])
        count = np.array([before[stop] - before[start] for start, stop in spans])
    if not count.any():
        return None
    other = [all(stop <= a or b <= start for a, b in shown) for start, stop in spans]
    unseen = np.where(other, count, 0)
    return spans[int(np.argmax(unseen if unseen.any() else count))]


def _boxes(repeats: Sequence[_Repeat], start: int, stop: int) -> np.ndarray:
    boxed = np.zeros(stop - start, np.int64)
    inside = [r for r in repeats if start <= r.earlier[0] and r.word[1] <= stop]
    for number, repeat in enumerate(inside, 1):
        boxed[repeat.earlier[0] - start : repeat.earlier[1] - start] = number
    return boxed
