"""Classes of characters whose prediction may depend on the far past to different degrees.

A class is one entry of :data:`CLASSES`: it looks at the character and the one before it, both as
bytes of ASCII. :func:`as_ascii` gives such bytes for characters of any script.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from charlens.text.brackets import QUOTATION_MARKS
from charlens.text.encodings import UTF_8
from charlens.text.letters import LETTER, SPACES_IN_LINES, Letters

ALL = "all"
"""Stands for characters of any class."""

Mask = Callable[[np.ndarray, np.ndarray], np.ndarray]

_LETTER = 128  # stands for a byte of a letter beyond ASCII


def _letters(byte: np.ndarray) -> np.ndarray:
    """ASCII letters, and bytes from 128 on, which are parts of letters."""
    lower = byte | 32
    return ((lower >= ord("a")) & (lower <= ord("z"))) | (byte >= _LETTER)


def _line_end(byte: np.ndarray, before: np.ndarray) -> np.ndarray:
    """The first byte of a line end: after a carriage return the line feed is no question."""
    return (byte == ord("\r")) | ((byte == ord("\n")) & (before != ord("\r")))


CLASSES: dict[str, Mask] = {
    "space": lambda byte, before: (byte == ord(" ")) | (byte == ord("\t")),
    "first letter": lambda byte, before: _letters(byte) & ~_letters(before),
    "letter inside": lambda byte, before: _letters(byte) & _letters(before),
    "line end": _line_end,
    "quote": lambda byte, before: byte == ord('"'),
    "closing brace": lambda byte, before: byte == ord("}"),
}
"""Functions of the bytes and of those before them, both (characters,), to bool (characters,)."""


def as_ascii(text: np.ndarray, encoding: str = UTF_8) -> tuple[np.ndarray, np.ndarray]:
    r"""What :data:`CLASSES` look at, for a text of any script.

    Of a character of several bytes the first has its class. Those after it are inside a letter, or
    of no class.

    Args:
        text: byte values, uint8 (streams, length).
        encoding: of the text.

    Returns:
        The bytes as such of ASCII, and what comes before each, uint8 (streams, length) both; NUL
        before the first of a stream.

    Example:
        >>> byte, before = as_ascii(np.frombuffer("« é".encode(), np.uint8)[None])
        >>> byte.tolist()
        [[34, 0, 32, 128, 128]]
    """
    letters, byte = Letters(text, encoding), text
    if not letters.is_ascii:
        byte = np.where(letters.begins, letters.by_byte(_stand_ins), np.uint8(0))
        beyond = (letters.kinds == LETTER) & ((byte == 0) | ~letters.begins)
        byte = np.where(beyond, np.uint8(_LETTER), byte)
    before = np.zeros_like(byte)
    before[:, 1:] = byte[:, :-1]
    if not letters.is_ascii:  # of a first byte the whole character before, not its last byte
        place = letters.first_byte
        last = np.take_along_axis(place, np.maximum(place - 1, 0), axis=1)
        before = np.where(
            letters.begins & (place > 0), np.take_along_axis(byte, last, axis=1), before
        )
    return byte, before


def _stand_ins(points: np.ndarray, _: str) -> np.ndarray:
    """ASCII itself, a double quote for quotation marks, a space for spaces; NUL for the others."""
    quotes, spaces = (
        np.isin(points, [ord(mark) for mark in marks])
        for marks in (QUOTATION_MARKS, SPACES_IN_LINES)
    )
    beyond = np.select([quotes, spaces], [ord('"'), ord(" ")], 0)
    return np.where(points < 128, points, beyond).astype(np.uint8)
