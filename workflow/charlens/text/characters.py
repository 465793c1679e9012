"""Bytes as the characters that people read: a letter with its accents, an emoji with its parts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from wcwidth import iter_graphemes

from charlens.text.c_lexer import Text
from charlens.text.encodings import ESCAPED, UTF_8, decode


class Character(NamedTuple):
    """A character of a text."""

    start: int  # its first byte
    stop: int  # the byte after its last
    text: str  # "\ufffd" for a byte that is no part of a character


def characters(data: Text, encoding: str = UTF_8) -> list[Character]:
    """Split bytes into code points; together they cover every byte once.

    Args:
        data: the text.
        encoding: its encoding.

    Raises:
        CharlensError: the text is neither bytes nor uint8.

    Example:
        >>> [c.text for c in characters("한 a".encode())]
        ['한', ' ', 'a']
        >>> characters("é".encode()[:1])
        [Character(start=0, stop=1, text='�')]
    """
    decoded = decode(data, encoding)
    bounds = decoded.bounds.tolist()
    return [
        Character(start, stop, "\ufffd" if _is_escaped(character) else character)
        for start, stop, character in zip(bounds[:-1], bounds[1:], decoded.text, strict=True)
    ]


def graphemes(data: Text, encoding: str = UTF_8) -> list[Character]:
    r"""Split bytes into what people take for one character, accents and joined emoji included.

    Arguments and errors as for :func:`characters`.

    Example:
        >>> [len(c.text) for c in graphemes("e\u0301a".encode())]
        [2, 1]
    """
    decoded = decode(data, encoding)
    bounds = decoded.bounds.tolist()
    result, place = [], 0
    for cluster in _clusters(decoded.text):
        start, place = place, place + len(cluster)
        shown = "\ufffd" if _is_escaped(cluster[0]) else cluster
        result.append(Character(bounds[start], bounds[place], shown))
    return result


def _clusters(text: str) -> Iterator[str]:
    """Grapheme clusters, but CR LF as two and every byte that is no character alone."""
    if text.isascii():
        yield from text
        return
    for cluster in iter_graphemes(text):
        if cluster == "\r\n" or any(map(_is_escaped, cluster)):
            yield from cluster
        else:
            yield cluster


def _is_escaped(character: str) -> bool:
    return ESCAPED <= ord(character) < ESCAPED + 256
