"""Classes of characters whose prediction may depend on the far past to different degrees.

A class is one entry of :data:`CLASSES`: it looks at the character and the one before it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

ALL = "all"
"""Stands for characters of any class."""

Mask = Callable[[np.ndarray, np.ndarray], np.ndarray]


def _letters(byte: np.ndarray) -> np.ndarray:
    """ASCII letters, and bytes from 128 on, most of which are parts of letters."""
    lower = byte | 32
    return ((lower >= ord("a")) & (lower <= ord("z"))) | (byte >= 128)


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
