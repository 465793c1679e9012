"""Encodings of seven bits: marks in the text say whether a byte is ASCII or two are a character.

Old mail and news came in them. Between the marks the bytes are those of an encoding of eight bits,
less its highest bit, so a text is read by way of that encoding.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Shifts:
    """The marks of an encoding.

    Attributes:
        marks: what a mark looks like; one of the group ``pairs`` begins characters of two bytes,
            any other one ASCII.
        plain: the encoding of eight bits.
        ends: begins of marks that every text has, one before such characters and one after them.
    """

    marks: re.Pattern[bytes]
    plain: str
    ends: tuple[bytes, bytes]


SHIFTED = {
    "iso2022_jp": Shifts(
        re.compile(rb"(?P<pairs>\x1b\$[@B])|\x1b\([BJ]"), "euc_jp", (b"\x1b$", b"\x1b(")
    ),
    "iso2022_kr": Shifts(
        re.compile(rb"(?P<pairs>\x0e)|\x0f|\x1b\$\)C"), "euc_kr", (b"\x0e", b"\x0f")
    ),
    "hz": Shifts(re.compile(rb"(?P<pairs>~\{)|~\}"), "gb2312", (b"~{", b"~}")),
}
"""The encodings by the names that Python gives them."""


def is_cut(data: bytes, encoding: str) -> bool:
    """Whether a part of a text begins with the second byte of a character."""
    return bool(_pairs_before_a_mark(data, SHIFTED[encoding]) % 2)


def plain_bytes(data: bytes, encoding: str) -> tuple[bytes, np.ndarray]:
    r"""The same text in the encoding of eight bits, and where in the text each of its bytes is.

    Args:
        data: a part of a text, which may begin between any two characters.
        encoding: a name in :data:`SHIFTED`.

    Example:
        >>> plain, places = plain_bytes("a水".encode("iso2022_jp"), "iso2022_jp")
        >>> plain.decode("euc_jp"), places.tolist()
        ('a水', [0, 4, 5])
    """
    shifts = SHIFTED[encoding]
    values = np.frombuffer(data, np.uint8)
    is_text, in_pairs = np.ones(values.size, bool), np.zeros(values.size, bool)
    pairs, place = _pairs_before_a_mark(data, shifts) > 0, 0
    for mark in shifts.marks.finditer(data):
        in_pairs[place : mark.start()] = pairs
        is_text[mark.start() : mark.end()] = False
        pairs, place = mark["pairs"] is not None, mark.end()
    in_pairs[place:] = pairs
    raised = np.where(in_pairs & (values > 32) & (values < 127), values | 0x80, values)
    return raised[is_text].tobytes(), np.flatnonzero(is_text)


def _pairs_before_a_mark(data: bytes, shifts: Shifts) -> int:
    """Bytes at the start that are halves of characters, since the first mark says: ASCII again."""
    mark = shifts.marks.search(data)
    if mark is None or mark["pairs"] is not None:
        return 0
    before = np.frombuffer(data[: mark.start()], np.uint8)
    return before.size if np.all((before > 32) & (before < 127)) else 0
