"""Text as a grid of cells, one character each, with visible line breaks and tabs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby, pairwise
from typing import Any

import numpy as np
from wcwidth import wcswidth

from charlens.text.characters import Character, graphemes
from charlens.text.encodings import UTF_8

TAB = 4  # cells between tab stops
GLYPHS = {9: "⇥", 10: "↓", 13: "←"}
"""Symbols of tab, line feed and carriage return."""

LEGEND = "⇥ tab   ← carriage return   ↓ line feed"

NOTHING = "·"
"""Stands for what cannot be seen, and for a byte that is no part of a character."""

COLUMNS_OF_TEXT = 76
"""Columns of an excerpt on the page."""

_RIGHT_TO_LEFT = ("R", "AL")


@dataclass(frozen=True)
class Cell:
    """One character on the page.

    Attributes:
        row: line on the page, from 0.
        column: first column, from 0.
        width: columns taken: more than one for a tab and for wide characters.
        glyph: what to print in it.
        start: the character's first byte, an index into the text laid out.
        stop: the byte after its last.
    """

    row: int
    column: int
    width: int
    glyph: str
    start: int
    stop: int


def lay_out(
    text: np.ndarray, columns: int, rows: int | None = None, encoding: str = UTF_8
) -> list[Cell]:
    """Place characters on lines: a new line after each line end and where the page ends.

    Columns count in the order of reading; :func:`turned` puts scripts that are read from right to
    left into theirs.

    Args:
        text: byte values, uint8 (bytes,); the first one begins a character.
        columns: width of the page.
        rows: stop before the first character of line ``rows``; None takes all.
        encoding: of the text.

    Returns:
        A cell for each character, from the first on, as many as fit.
    """
    cells: list[Cell] = []
    shown = graphemes(text, encoding)
    row = column = 0
    for i, part in enumerate(shown):
        width, glyph = _look(part.text)
        wide = TAB - column % TAB if part.text == "\t" else width
        if column + wide > columns:
            row, column = row + 1, 0
            wide = TAB if part.text == "\t" else width
        if rows is not None and row >= rows:
            break
        cells.append(Cell(row, column, wide, glyph, part.start, part.stop))
        column += wide
        if part.text == "\n" or (part.text == "\r" and _next(shown, i) != "\n"):
            row, column = row + 1, 0
    return cells


def whole(cells: list[Cell], text: np.ndarray) -> int:
    """Bytes of a page but for what is left of a character at its end that the text cuts in two."""
    last = len(cells)
    while last > 1 and cells[last - 1].glyph == NOTHING and text[cells[last - 1].start] >= 128:
        last -= 1
    return cells[last - 1].stop


def bytes_that_fill(text: np.ndarray, columns: int, encoding: str) -> int:
    """How many bytes of a text are sure to fill so many columns, by its bytes per column."""
    sample = text[: 1 << 16]
    wide = sum(_look(part.text)[0] for part in graphemes(sample, encoding))
    return columns if wide >= sample.size else -(-columns * 5 * sample.size // (4 * max(wide, 1)))


def _next(shown: list[Character], i: int) -> str:
    return shown[i + 1].text if i + 1 < len(shown) else ""


@cache
def _look(character: str) -> tuple[int, str]:
    """Columns that a character takes, and what to print."""
    glyph = GLYPHS.get(ord(character[0])) if len(character) == 1 else None
    if glyph is not None:
        return 1, glyph
    visible = "".join(c for c in character if c.isprintable() and c != "\ufffd")
    if not visible:
        return 1, NOTHING
    width = wcswidth(character)
    return min(max(width, 1), 2), character if width > 0 else " " + visible


def turned(cells: list[Cell], columns: int) -> list[Cell]:
    """Put a page that holds text read from right to left as it is read, its letters joined.

    Paragraphs that begin with such text begin at the right end of the page.

    Args:
        cells: as from :func:`lay_out`, in order of the text.
        columns: width of the page.

    Returns:
        The same cells in the same order, with other columns and glyphs.
    """
    from bidi.algorithm import bidirectional

    kinds = [bidirectional(_first(cell)) for cell in cells]
    if not any(kind in _RIGHT_TO_LEFT for kind in kinds):
        return cells
    joined = _joined(cells)
    after = [cell.glyph for cell in cells[1:]] + [""]
    ends = [
        i + 1
        for i, cell in enumerate(cells)
        if cell.glyph == "↓" or (cell.glyph == "←" and after[i] != "↓")
    ]
    result: list[Cell] = []
    for start, stop in pairwise([0, *ends, len(cells)]):
        strong = (kind for kind in kinds[start:stop] if kind in ("L", "R", "AL"))
        base = "L" if next(strong, "L") == "L" else "R"
        result += _turned_paragraph(joined[start:stop], base, columns)
    return result


_SEPARATORS = {glyph: chr(code) for code, glyph in GLYPHS.items()}


def _first(cell: Cell) -> str:
    """The character that decides a cell's direction."""
    return _SEPARATORS.get(cell.glyph, cell.glyph.lstrip() or " ")[0]


def _turned_paragraph(paragraph: list[Cell], base: str, columns: int) -> list[Cell]:
    """Its lines, from left to right on the page, given back in the order of the text.

    The whole paragraph decides which way each character runs, so that an English comma goes on
    where its sentence does, though the line before ended there.
    """
    from bidi import algorithm

    storage = algorithm.get_empty_storage()
    storage["base_dir"], storage["base_level"] = base, algorithm.PARAGRAPH_LEVELS[base]
    # White space stands for what separates lines and tabs, which the algorithm would cut out.
    text = "".join(" " if cell.glyph in _SEPARATORS else _first(cell) for cell in paragraph)
    algorithm.get_embedding_levels(text, storage)
    for cell, entry in zip(paragraph, storage["chars"], strict=True):
        entry["cell"] = cell
    if paragraph:
        for step in (
            algorithm.explicit_embed_and_overrides,
            algorithm.resolve_weak_types,
            algorithm.resolve_neutral_types,
            algorithm.resolve_implicit_levels,
        ):
            step(storage, False)
    placed: list[Cell] = []
    for _, line in groupby(storage["chars"], key=lambda entry: entry["cell"].row):
        placed += _turned_line({**storage, "chars": list(line)}, columns)
    return sorted(placed, key=lambda cell: cell.start)


def _turned_line(storage: dict[str, Any], columns: int) -> list[Cell]:
    """The cells of one line, from left to right, by the levels that its paragraph gives them."""
    from bidi import algorithm

    algorithm.reorder_resolved_levels(storage, False)
    algorithm.apply_mirroring(storage, False)
    line = storage["chars"]
    right = storage["base_level"] % 2
    column = columns - sum(entry["cell"].width for entry in line) if right else 0
    placed = []
    for entry in line:
        cell = entry["cell"]
        mirrored = entry["ch"] if entry["level"] % 2 and len(cell.glyph) == 1 else cell.glyph
        glyph = cell.glyph if cell.glyph in _SEPARATORS else mirrored
        placed.append(replace(cell, column=column, glyph=glyph))
        column += cell.width
    return placed


def _joined(cells: list[Cell]) -> list[Cell]:
    """Arabic letters in the forms that they have at their place in a word."""
    text = "".join(cell.glyph for cell in cells)
    shaped = _reshaper().reshape(text)
    if len(shaped) != len(text):
        return cells
    result, place = [], 0
    for cell in cells:
        stop = place + len(cell.glyph)
        result.append(replace(cell, glyph=shaped[place:stop]))
        place = stop
    return result


@cache
def _reshaper():
    import arabic_reshaper

    # One letter stays one: no ligatures, no marks left out.
    keep = {"delete_harakat": False, "delete_tatweel": False, "support_ligatures": False}
    return arabic_reshaper.ArabicReshaper(configuration=keep)
