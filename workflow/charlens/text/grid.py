"""Text as a grid of cells, one byte each, with visible line breaks and tabs."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

import numpy as np

TAB = 4  # cells between tab stops
GLYPHS = {9: "⇥", 10: "↓", 13: "←"}
"""Symbols of tab, line feed and carriage return."""

LEGEND = "⇥ tab   ← carriage return   ↓ line feed"


COLUMNS_OF_TEXT = 76
"""Characters in a line of an excerpt on the page."""


@dataclass(frozen=True)
class Cell:
    """One byte on the page.

    Attributes:
        row: line on the page, from 0.
        column: first column, from 0.
        width: columns taken: more than one for a tab.
        glyph: the character to print in it.
    """

    row: int
    column: int
    width: int
    glyph: str


def lay_out(text: np.ndarray, columns: int, rows: int | None = None) -> list[Cell]:
    """Place bytes on lines: a new line after each line feed and where the page ends.

    Args:
        text: byte values, uint8 (bytes,).
        columns: width of the page.
        rows: stop before the first byte of line ``rows``; None takes all.

    Returns:
        A cell for each byte, from the first on, as many as fit.
    """
    cells: list[Cell] = []
    glyphs = _glyphs(text)
    row = column = 0
    for byte, glyph in zip(text.tolist(), glyphs, strict=True):
        width = TAB - column % TAB if byte == 9 else 1
        if column + width > columns:
            row, column = row + 1, 0
            width = TAB if byte == 9 else 1
        if rows is not None and row >= rows:
            break
        cells.append(Cell(row, column, width, glyph))
        column += width
        if byte == 10:
            row, column = row + 1, 0
    return cells


def _glyphs(text: np.ndarray) -> list[str]:
    """One glyph per byte; of a character of several bytes the first has it, the rest a dot.

    Text cut inside a character, or not UTF-8, shows a dot for each byte that is no character.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    glyphs, start = ["·"] * len(text), 0
    for i, byte in enumerate(text.tolist()):
        decoded = decoder.decode(bytes([byte]))
        if not decoded:
            continue
        place = (
            start if len(decoded) == 1 else i
        )  # two decoded: a broken character, then a whole one
        character = decoded[-1]
        if character != "\ufffd":
            glyphs[place] = (
                GLYPHS.get(byte, character) if character.isprintable() or (byte in GLYPHS) else "·"
            )
        start = (
            i + 1 - len(decoder.getstate()[0])
        )  # the byte that breaks a character may begin the next
    return glyphs
