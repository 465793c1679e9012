"""Marks that open and close in a text: brackets of a pair, or quotation marks of any script.

A mark is a character, which is one byte or several. It lies where its first byte does, and it is
there only as a whole: “ and ” share two bytes of three, so no byte alone is a quotation mark. Which
quotation marks belong together is known to :mod:`charlens.text.brackets`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from charlens.text import brackets
from charlens.text.encodings import Decoded
from charlens.text.lexed import LexedText

QUOTES = '""'
"""Stands for quotations where an opening and a closing character are named."""

SPACES = " \u00a0\u2009\u202f"
"""What may be between a quotation mark and what is quoted, as in French."""


class Marks(NamedTuple):
    """Opening marks and those that close them; int64, shapes (pairs,), sorted by neither."""

    opener: np.ndarray  # first byte of the opening mark
    opener_width: np.ndarray  # its bytes
    closer: np.ndarray  # first byte of the closing mark
    width: np.ndarray  # its bytes
    distance: np.ndarray  # characters from the one to the other


def marks(text: LexedText, pair: str) -> Marks:
    """Match the marks of a text.

    Args:
        text: the text.
        pair: an opening and a closing character that differ, or :data:`QUOTES`. Where the kind of
            the text has comments and literals, brackets count in code only, and quotes are those
            of string literals.

    Raises:
        CharlensError: two equal characters other than double quotes.

    Example:
        >>> marks(LexedText("“né”".encode(), "prose"), QUOTES).closer.tolist()
        [6]
    """
    if pair == QUOTES:
        start, end, closed = text.quotations
        opener, closer = (_characters(text.decoded, place[closed]) for place in (start, end))
    else:
        opener, closer = brackets.matched_characters(text.decoded, text.classes, pair)
    bounds = text.decoded.bounds
    return Marks(
        bounds[opener],
        bounds[opener + 1] - bounds[opener],
        bounds[closer],
        bounds[closer + 1] - bounds[closer],
        closer - opener,
    )


def first_bytes(text: Decoded, places: np.ndarray) -> np.ndarray:
    """The first byte of the character that each byte is part of, int64; the end stays the end."""
    return text.bounds[_characters(text, places)]


def _characters(text: Decoded, places: np.ndarray) -> np.ndarray:
    """Number of the character that each byte is part of, int64."""
    return np.searchsorted(text.bounds, places, "right") - 1
