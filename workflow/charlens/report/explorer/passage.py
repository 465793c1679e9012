"""The text that an explorer shows: positions of the half of the test split that chose no cell."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from charlens.inside.cells.ranking import halves
from charlens.report.explorer.packing import pack
from charlens.text.characters import Character, graphemes
from charlens.text.encodings import aligned
from charlens.text.grid import GLYPHS
from charlens.text.splits import Codes


@dataclass(frozen=True)
class Passage:
    """Neighbouring positions of a test split.

    Attributes:
        start: the first position, counted over the split as in the probabilities files.
        stop: the one after the last.
        length: of the split's streams.
        codes: of the streams that hold them, uint8 (streams, length + 1).
    """

    start: int
    stop: int
    length: int
    codes: Codes

    def __len__(self) -> int:
        return self.stop - self.start

    @property
    def offset(self) -> int:
        """Positions of the first of its streams that it leaves out."""
        return self.start % self.length

    def of(self, values: np.ndarray) -> np.ndarray:
        """Values of the passage's positions from those of its streams, (streams, length, …)."""
        flat = values.reshape(-1, *values.shape[2:])
        return flat[self.offset : self.offset + len(self)]

    def parts(self) -> list[tuple[int, int]]:
        """Each stream's share of the passage: first index and the one after the last."""
        borders = [*range(self.start - self.offset, self.stop, self.length), self.stop]
        borders[0] = self.start
        pairs = pairwise(borders)
        return [(first - self.start, last - self.start) for first, last in pairs]


def choose(codes: Codes, positions: int) -> Passage:
    """The first positions of the held-out half, as many as asked for or as there are.

    Args:
        codes: vocabulary codes of the test split, uint8 (B, length + 1).
        positions: how many.
    """
    length = codes.shape[1] - 1
    held_out = ~halves(codes.shape[0], length)
    start = int(np.argmax(held_out))
    stop = min(start + positions, held_out.size)
    first, last = start // length, -(-stop // length)
    return Passage(start, stop, length, np.asarray(codes[first:last]))


def text_of(passage: Passage, vocabulary: np.ndarray, encoding: str) -> dict[str, Any]:
    """What the page needs to show the text.

    Args:
        passage: the positions.
        vocabulary: byte values of codes, uint8 (k,).
        encoding: of the text.

    Returns:
        ``bytes``, those read (packed); ``parts``, of streams, each with the byte that follows it;
        ``characters``, what people read in it, joined, and the numbers of bytes (``sizes``) and of
        UTF-16 units (``widths``) of each (packed, None where all are 1); ``glyphs`` of single
        bytes.
    """
    text = passage.of(vocabulary[passage.codes[:, :-1]])
    follows = passage.of(vocabulary[passage.codes[:, 1:]])
    shown = [c for first, last in passage.parts() for c in _characters(text[first:last], encoding)]
    sizes = np.array([c.stop - c.start for c in shown], np.uint8)
    widths = np.array([len(c.text.encode("utf-16-le")) // 2 for c in shown], np.uint8)
    return {
        "start": passage.start,
        "count": len(passage),
        "streamLength": passage.length,
        "bytes": pack(text),
        "parts": [[first, last, int(follows[last - 1])] for first, last in passage.parts()],
        "characters": "".join(c.text for c in shown),
        "sizes": None if np.all(sizes == 1) else pack(sizes),
        "widths": None if np.all(widths == 1) else pack(widths),
        "glyphs": glyphs(encoding),
    }


_LONGEST = 64  # code points of a character, at most: what is longer is no text


def _characters(text: np.ndarray, encoding: str) -> list[Character]:
    """Characters of a part of a text that may begin and end within one."""
    first = aligned(text, encoding)
    before = [Character(place, place + 1, "\ufffd") for place in range(first)]
    rest = graphemes(text[first:], encoding)
    pieces = [piece for c in rest for piece in _short(c)]
    return before + pieces


def _short(character: Character) -> list[Character]:
    """The character, or its bytes where accent upon accent made it absurdly long."""
    if len(character.text) <= _LONGEST and character.stop - character.start < 256:
        return [character]
    places = range(character.start, character.stop)
    return [Character(place, place + 1, "\ufffd") for place in places]


def glyphs(encoding: str) -> list[str]:
    """How each of the 256 bytes is shown alone: its character, a sign for it, or its number."""
    return [_glyph(value, encoding) for value in range(256)]


def _glyph(value: int, encoding: str) -> str:
    try:
        shown = bytes([value]).decode(encoding)
    except UnicodeDecodeError:
        shown = ""
    if len(shown) == 1 and ord(shown) in GLYPHS:
        return GLYPHS[ord(shown)]
    return shown if len(shown) == 1 and shown.isprintable() else f"{value:02X}"
