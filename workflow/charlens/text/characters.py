"""Bytes as the characters that people read: UTF-8, and single bytes where they are not UTF-8."""

from __future__ import annotations

from typing import NamedTuple


class Character(NamedTuple):
    """A character of a text."""

    start: int  # its first byte
    stop: int  # the byte after its last
    text: str  # "\ufffd" for a byte that is not UTF-8


def characters(data: bytes) -> list[Character]:
    """Split bytes into characters; together they cover every byte once.

    Example:
        >>> [c.text for c in characters("한 a".encode())]
        ['한', ' ', 'a']
        >>> characters("é".encode()[:1])
        [Character(start=0, stop=1, text='�')]
    """
    result, start = [], 0
    for character in data.decode("utf-8", "surrogateescape"):
        escaped = "\udc80" <= character <= "\udcff"
        stop = start + (1 if escaped else len(character.encode()))
        result.append(Character(start, stop, "\ufffd" if escaped else character))
        start = stop
    return result
