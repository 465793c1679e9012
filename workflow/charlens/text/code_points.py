"""Test characters of several bytes: which bytes belong together, stream by stream.

Models predict bytes. Where a text is not ASCII a character may be several of them; its loss is the
sum over its bytes, its probability their product.
"""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

import numpy as np

from charlens.text.encoding_guess import guess
from charlens.text.encodings import ESCAPED, aligned, decode
from charlens.text.shifted import SHIFTED
from charlens.text.units import per


def unit_of(text: bytes) -> str:
    """The unit in which the mean loss of a text's bytes is given to people.

    Example:
        >>> unit_of(b"plain"), unit_of("한국".encode())
        ('nats per character', 'nats per byte')
    """
    characters = decode(text, guess(text)).code_points.size
    return f"nats per {per(len(text) / max(characters, 1))}"


class CodePoints(NamedTuple):
    """The characters (code points) of a test split; shapes (characters,).

    A byte that is no part of a whole character, such as one cut off by the end of its stream,
    stands for itself.
    """

    start: np.ndarray  # int64: index of the first byte of each
    number: np.ndarray  # uint32: the code point; ESCAPED + byte for a byte that is none

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Sum over the bytes of each character, float64 (characters,)."""
        return np.add.reduceat(values.astype(np.float64), self.start)

    def products(self, values: np.ndarray) -> np.ndarray:
        """Product over the bytes of each character, float64 (characters,)."""
        return np.multiply.reduceat(values.astype(np.float64), self.start)


def code_points(byte: np.ndarray, stream: np.ndarray, encoding: str | None = None) -> CodePoints:
    """Put the bytes of a test split together to characters.

    Args:
        byte: the test bytes, uint8 (bytes,).
        stream: which stream each lies in, ascending (bytes,).
        encoding: of the text; None guesses. ASCII is read as such, whatever it is called.

    Example:
        >>> found = code_points(np.frombuffer("aé".encode(), np.uint8), np.zeros(3, int))
        >>> found.start.tolist(), [chr(number) for number in found.number]
        ([0, 1], ['a', 'é'])
    """
    inner = np.flatnonzero(np.diff(stream.astype(np.int64))) + 1
    edges = np.concatenate(([0], inner, [len(byte)]))
    encoding = encoding or guess(_streams(byte, edges))
    if encoding not in SHIFTED and byte.max() < 128 and byte.min() > 0:
        return CodePoints(np.arange(len(byte)), byte.astype(np.uint32))
    starts, numbers = [], []
    for low, high in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        first = aligned(byte[low:high], encoding)
        decoded = decode(byte[low + first : high], encoding)
        starts += [np.arange(low, low + first), decoded.bounds[:-1] + low + first]
        numbers += [ESCAPED + byte[low : low + first].astype(np.uint32), decoded.code_points]
    return CodePoints(np.concatenate(starts), np.concatenate(numbers))


def _streams(byte: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """The bytes as streams side by side; in one piece where their lengths differ."""
    lengths = np.diff(edges)
    return byte.reshape(len(lengths), -1) if len(set(lengths.tolist())) == 1 else byte


_NAMES = {" ": "<s>", "\t": r"\t", "\n": r"\n", "\r": r"\r"}


_CIRCLE = "\u25cc"  # stands for the letter that an accent is written on


def is_selector(number: int) -> bool:
    """Whether a code point only chooses the look of the one before it."""
    return 0xFE00 <= number <= 0xFE0F or 0xE0100 <= number <= 0xE01EF or number == 0x034F


def name_of(number: int) -> str:
    r"""How a code point is shown: ``<s>`` (space), ``\n``; ``\x00``, ``\u00a0`` if not printable.

    An accent, or a vowel sign of Thai or Hindi, is shown on a circle.

    Args:
        number: as in :class:`CodePoints`.
    """
    if ESCAPED <= number < ESCAPED + 256:
        return rf"\x{number - ESCAPED:02x}"
    character = chr(number)
    if character in _NAMES:
        return _NAMES[character]
    if character.isprintable() and not character.isspace() and not is_selector(number):
        return _CIRCLE + character if unicodedata.category(character)[0] == "M" else character
    return rf"\x{number:02x}" if number < 0x80 else rf"\u{number:04x}"
