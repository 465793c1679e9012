"""Encodings of texts: which bytes make up each of their characters, and where lines begin.

Models read bytes, whatever they stand for. An encoding is needed only where people read a text, and
where a label is about its characters: quotes, words, punctuation.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from charlens.text.c_lexer import Text, byte_values
from charlens.text.shifted import SHIFTED, is_cut, plain_bytes

UTF_8 = "utf-8"

ESCAPED = 0xDC00
"""A byte *b* that is no part of a character is decoded to the code point ``ESCAPED + b``."""

_ERRORS = "charlens.bytes"


def _escape(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    return "".join(chr(ESCAPED + byte) for byte in wrong), error.end


codecs.register_error(_ERRORS, _escape)


@dataclass(frozen=True, eq=False)
class Decoded:
    """A text as characters.

    Attributes:
        text: the characters; a byte that is no part of one is ``chr(ESCAPED + byte)``.
        encoding: how they are encoded.
        stops: the byte after each character, int64 (characters,); None where its number tells.
    """

    text: str
    encoding: str
    stops: np.ndarray | None = None

    @cached_property
    def code_points(self) -> np.ndarray:
        """The number of each character, uint32 (characters,)."""
        data = self.text.encode("utf-32-le", "surrogatepass")
        return np.frombuffer(data, np.uint32)

    @cached_property
    def bounds(self) -> np.ndarray:
        """First byte of each character, and last the number of bytes, int64 (characters + 1,)."""
        if self.stops is not None:
            return np.append(0, self.stops)
        sizes = np.zeros(self.code_points.size + 1, np.int64)
        sizes[1:] = self._sizes()
        return np.cumsum(sizes)

    def _sizes(self) -> np.ndarray:
        points = self.code_points
        escaped = (points >= ESCAPED) & (points < ESCAPED + 256)
        if self.encoding == UTF_8:
            sizes = 1 + (points >= 0x80) + (points >= 0x800) + (points >= 0x10000)
        else:
            distinct, which = np.unique(np.where(escaped, 0, points), return_inverse=True)
            encoded = [chr(point).encode(self.encoding) for point in distinct.tolist()]
            sizes = np.array([len(data) for data in encoded], np.int64)[which]
        return np.where(escaped, 1, sizes)

    def by_byte(self, values: np.ndarray) -> np.ndarray:
        """Repeat a value per character for each of its bytes: (characters,) to (bytes,)."""
        return np.repeat(values, np.diff(self.bounds))


def decode(text: Text, encoding: str = UTF_8) -> Decoded:
    r"""Read bytes as characters. Together these cover every byte once.

    Args:
        text: the text; its first byte begins a character.
        encoding: a name that Python knows, of an encoding without states or one in
            :data:`charlens.text.shifted.SHIFTED`, whose marks belong to the character after them.

    Raises:
        CharlensError: the text is neither bytes nor uint8.

    Example:
        >>> decode("né\n".encode("latin-1"), "latin-1").text
        'né\n'
        >>> decode("한".encode()[:2]).bounds.tolist()
        [0, 1, 2]
    """
    data = byte_values(text).tobytes()
    if encoding in SHIFTED:
        return _decode_shifted(data, encoding)
    return Decoded(data.decode(encoding, _ERRORS), encoding)


def _decode_shifted(data: bytes, encoding: str) -> Decoded:
    plain, places = plain_bytes(data, encoding)
    if not plain:  # nothing but marks
        torn = "".join(chr(ESCAPED + byte) for byte in data)
        return Decoded(torn, encoding, np.arange(1, len(data) + 1))
    decoded = decode(plain, SHIFTED[encoding].plain)
    stops = places[decoded.bounds[1:] - 1] + 1
    characters = [
        chr(ESCAPED + data[stop - 1]) if ESCAPED <= ord(character) < ESCAPED + 256 else character
        for character, stop in zip(decoded.text, stops.tolist(), strict=True)
    ]
    stops[-1] = len(data)
    return Decoded("".join(characters), encoding, stops)


def aligned(text: Text, encoding: str) -> int:
    """Index of the first byte that begins a character: above 0 where a text is cut within one.

    Args:
        text: a part of a text, uint8 (bytes,) or bytes.
        encoding: its encoding.

    Raises:
        CharlensError: the text is neither bytes nor uint8.
    """
    data = byte_values(text).ravel()[:4096].tobytes()
    if encoding in SHIFTED:
        return int(is_cut(data, encoding))
    unit = len("\n".encode(encoding))
    if unit == 1:
        return 0
    newlines = [sum(_units(data[i:], encoding, "\n\r ,.")) for i in range(unit)]
    return int(np.argmax(newlines))


def _units(data: bytes, encoding: str, characters: str) -> list[int]:
    decoded = data.decode(encoding, "replace")
    return [decoded.count(character) for character in characters]


def line_starts(text: np.ndarray, encoding: str = UTF_8) -> np.ndarray:
    r"""Places of the bytes that begin a line, other than the first: int64 (lines,).

    A line ends with a line feed; in a text that has more carriage returns without one, with those.

    Args:
        text: one stream, uint8 (bytes,).
        encoding: its encoding.

    Example:
        >>> line_starts(np.frombuffer(b"a\r\nb\nc", np.uint8)).tolist()
        [3, 5]
        >>> line_starts(np.frombuffer(b"a\rb\rc", np.uint8)).tolist()
        [2, 4]
    """
    first = aligned(text, encoding)
    unit = len("\n".encode(encoding))
    if unit == 1:
        ends = np.flatnonzero(text[:-1] == line_end(text)) + 1
        return ends
    decoded = decode(text[first:], encoding)
    ends = np.flatnonzero(decoded.code_points[:-1] == ord("\n"))
    return decoded.bounds[ends + 1] + first


def line_end(text: np.ndarray) -> int:
    r"""The byte that ends lines: a line feed, or a carriage return where that comes more often.

    Args:
        text: uint8, any shape; carriage returns before a line feed do not count, nor does one at
            the end, whose line feed may be cut off.

    Example:
        >>> line_end(np.frombuffer(b"one line\r", np.uint8)) == ord("\n")
        True
    """
    flat = text.ravel()
    feeds, returns = flat == ord("\n"), flat == ord("\r")
    alone = np.count_nonzero(returns[:-1] & ~feeds[1:])
    return ord("\r") if alone > np.count_nonzero(feeds) else ord("\n")
