"""Class of each byte of a C or C++ text: code, comment, string or character literal.

Figures 2 and 5 of the paper need it: a brace in a string opens no block, an apostrophe in a comment
opens no literal. This is the lexical grammar of C and C++ (translation phases 2 and 3) as far as it
separates the four. It also reads a corpus, whose files are joined without separators and cut
anywhere. A text that begins inside a comment is read as code up to the end mark of the comment.
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import NamedTuple

import numpy as np

from charlens.errors import CharlensError

Text = bytes | np.ndarray
"""The bytes of a text, or its byte values (not vocabulary codes) as uint8 of shape (bytes,)."""


class ByteClass(IntEnum):
    """Class of a byte of C. Delimiters belong to what they delimit."""

    CODE = 0  # all else: directives, white space and the prefixes of literals (L, u8, R …) too
    COMMENT = 1  # /* … */, or // to the end of the line, the newline itself not included
    STRING = 2
    CHARACTER = 3


class Tokens(NamedTuple):
    """The comments and literals of a text, in their order. All shapes are (tokens,)."""

    start: np.ndarray  # int64: the first byte
    stop: np.ndarray  # int64: one after the last byte
    kind: np.ndarray  # uint8: a ByteClass
    closed: np.ndarray  # bool: ends in its closing delimiter; false for every // comment


# A newline is LF or CR LF. A backslash before it joins two lines. Possessive are repeats of single
# bytes only: before Python 3.11.5 those of groups with alternatives match wrongly (gh-106052).
_TO_LINE_END = rb"(?:[^\\\r\n]++|\\\r?\n|\\|\r(?!\n))*"
_STRING = rb'"(?:[^"\\\r\n]++|\\(?:\r\n|[\s\S]|\Z)|\r(?!\n))*'
_CHARACTER = rb"'(?:[^'\\\r\n]++|\\(?:\r\n|[\s\S]|\Z)|\r(?!\n))*"
# R"x( … )x", the quote preceded by one of the prefixes and not by a longer word that ends so. C has
# no raw strings: without its end mark it is an ordinary string.
_RAW_STRING = (
    rb'"(?:(?<=R")(?<!\wR")|(?<=[LUu]R")(?<!\w[LUu]R")|(?<=u8R")(?<!\wu8R"))'
    rb'(?P<mark>[^\s()\\"]{0,16})\([\s\S]*?\)(?P=mark)"'
)
# 1'000'000: a number's apostrophes open no literal.
_NUMBER = rb"[0-9](?<!\w[0-9])\w*+(?:'\w++)+"
# Every alternative begins with a plain byte: re then skips quickly to the next candidate.
_TOKEN = re.compile(
    rb"(?P<COMMENT>/\*[\s\S]*?\*/)|(?P<OPEN_COMMENT>//" + _TO_LINE_END + rb"|/\*[\s\S]*+)"
    rb"|(?P<STRING>" + _RAW_STRING + rb"|" + _STRING + rb'")|(?P<OPEN_STRING>' + _STRING + rb")"
    rb"|(?P<CHARACTER>" + _CHARACTER + rb"')|(?P<OPEN_CHARACTER>" + _CHARACTER + rb")"
    rb"|" + _NUMBER
)
# The rest of an #error or #warning is prose, and may say "don't".
_MESSAGE = re.compile(rb"^[ \t]*+#[ \t]*+(?:error|warning)\b" + _TO_LINE_END, re.MULTILINE)


def byte_values(text: Text) -> np.ndarray:
    """The bytes of a text as uint8, shape (bytes,).

    Raises:
        CharlensError: neither bytes nor a uint8 array of one dimension.
    """
    if isinstance(text, bytes):
        return np.frombuffer(text, dtype=np.uint8)
    if not isinstance(text, np.ndarray) or text.dtype != np.uint8 or text.ndim != 1:
        form = type(text).__name__
        if isinstance(text, np.ndarray):
            form = f"{text.dtype} of shape {text.shape}"
        raise CharlensError(f"text: expected bytes, or uint8 of shape (bytes,), found {form}")
    return text


def tokens(text: Text) -> Tokens:
    """Find the comments, strings and character literals of C or C++.

    An unterminated string or character literal ends before the newline, an unterminated comment
    with the text.

    Raises:
        CharlensError: the text is neither bytes nor uint8.
    """
    source = byte_values(text).tobytes()
    # Same length, so positions stay; within a message's comments and strings it changes nothing.
    source = _MESSAGE.sub(lambda message: message[0].replace(b"'", b" "), source)
    spans = [
        (*token.span(), token.lastgroup)
        for token in _TOKEN.finditer(source)
        if token.lastgroup is not None
    ]
    start, stop, group = zip(*spans, strict=True) if spans else ((), (), ())
    return Tokens(
        start=np.array(start, dtype=np.int64),
        stop=np.array(stop, dtype=np.int64),
        kind=np.array([ByteClass[name.removeprefix("OPEN_")] for name in group], dtype=np.uint8),
        closed=np.array([not name.startswith("OPEN_") for name in group], dtype=bool),
    )


def classify(text: Text, known: Tokens | None = None) -> np.ndarray:
    """The class of every byte of a C or C++ text.

    Args:
        text: the text.
        known: its tokens, where they are known already.

    Returns:
        uint8 of :class:`ByteClass`, shape (bytes,).

    Raises:
        CharlensError: the text is neither bytes nor uint8.
    """
    known = tokens(text) if known is None else known
    # Code and tokens take turns: code up to the first token, the token, code up to the next …
    borders = np.concatenate(
        [[0], np.stack([known.start, known.stop], axis=1).ravel(), [len(text)]]
    )
    classes = np.zeros(len(borders) - 1, dtype=np.uint8)
    classes[1::2] = known.kind
    return np.repeat(classes, np.diff(borders))
