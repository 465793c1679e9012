"""HTML fragments by which results show themselves in a notebook: coloured text and tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from itertools import pairwise

import numpy as np

from charlens.text.characters import Character, graphemes
from charlens.text.encoding_guess import guess
from charlens.text.encodings import aligned
from charlens.text.grid import GLYPHS

MOST_CHARACTERS = 1_000
"""Characters of a text that a notebook shows."""

_SYMBOLS = {chr(code): symbol for code, symbol in GLYPHS.items()}

NEGATIVE, POSITIVE = (0xD5, 0x5E, 0x00), (0x00, 0x72, 0xB2)
"""Colours of −1 and +1, those of Figure 2; 0 is white."""

_PAGE = (
    "white-space:pre-wrap;overflow-wrap:anywhere;font-family:monospace;line-height:1.35;"
    "background:#fff;color:#111;padding:4px;max-width:80ch;margin:4px 0"
)


def color(value: float) -> tuple[int, int, int]:
    """Red, green and blue, 0 … 255, of a value from −1 to 1; white where it is no number."""
    if not -1 <= value <= 1:
        value = 0.0 if value != value else max(-1.0, min(1.0, value))
    end, share = (NEGATIVE if value < 0 else POSITIVE), abs(value)
    red, green, blue = (round(255 + (channel - 255) * share) for channel in end)
    return red, green, blue


def beginning(data: bytes, joins: Sequence[int] = ()) -> list[Character]:
    """The first characters of a text, as many as a notebook shows; its encoding is guessed.

    Args:
        data: the text.
        joins: places, ascending, at which another stream begins: that may be within a character.
    """
    parts = [(a, data[a:b]) for a, b in pairwise([0, *joins, len(data)])]
    size = max(len(part) for _, part in parts)
    # Joined to one text, streams cut within characters pass for a text in another encoding.
    longest = b"".join(part for _, part in parts if len(part) == size)
    encoding = guess(np.frombuffer(longest, np.uint8).reshape(-1, max(size, 1)))
    shown: list[Character] = []
    for start, part in parts:
        shown += _of_stream(part, start, encoding, MOST_CHARACTERS - len(shown))
        if len(shown) == MOST_CHARACTERS:
            break
    return shown


def _of_stream(data: bytes, start: int, encoding: str, most: int) -> list[Character]:
    """The first characters of a stream that begins at a place of a text."""
    first = aligned(data, encoding)
    shown = graphemes(data[first : first + 8 * most], encoding)[:most]
    # What is left of a character that is cut in two goes with the next one.
    starts = [0, *(part.start + first for part in shown[1:])]
    return [
        Character(start + begin, start + part.stop + first, part.text)
        for begin, part in zip(starts, shown, strict=False)
    ]


def coloured_text(
    shown: Sequence[Character],
    values: Sequence[float],
    size: int,
    hints: Sequence[str] | None = None,
) -> str:
    """Text whose characters have the colours of values from −1 (red) over 0 (white) to 1 (blue).

    Args:
        shown: the first characters of a text, of :func:`beginning`.
        values: one for each.
        size: bytes of the whole text; the number not shown is printed at the end.
        hints: shown when the pointer rests on a character; the values by default.
    """
    hints = [f"{value:.3f}" for value in values] if hints is None else hints
    spans = [_span(c.text, v, h) for c, v, h in zip(shown, values, hints, strict=True)]
    rest = size - shown[-1].stop if shown else size
    if rest:
        spans.append(f"<i> … {rest:,} bytes more</i>")
    return f'<pre dir="auto" style="{_PAGE}">{"".join(spans)}</pre>'


def _span(character: str, value: float, hint: str) -> str:
    red, green, blue = color(float(value))
    ink = "#fff" if 0.299 * red + 0.587 * green + 0.114 * blue < 128 else "#111"
    glyph = _SYMBOLS.get(character, character) + ("\n" if character == "\n" else "")
    style = f"background:#{red:02x}{green:02x}{blue:02x};color:{ink}"
    return f'<span style="{style}" title="{escape(hint)}">{escape(glyph)}</span>'


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; numbers that are no integers get four digits."""
    head = "".join(f"<th>{escape(column)}</th>" for column in columns)
    lines = ["".join(f"<td>{escape(cell(value))}</td>" for value in row) for row in rows]
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def cell(value: object) -> str:
    """An entry of a table: ``–`` for nothing, four decimals for a number that is no integer."""
    if value is None or value != value:
        return "–"
    return f"{value:.4f}" if isinstance(value, float) else f"{value}"


def heading(text: str) -> str:
    """One line above a table or a text."""
    return f"<p><b>{escape(text)}</b></p>"
