"""Pairs of opening and closing brackets and quotes of a text.

Figure 5 of the paper groups closing braces by the distance to their opening brace, Figure 2 shows
units that follow quotes and nesting. A distance in bytes is ``closer - opener``: where
``match(...)[i] >= 0`` it is ``i - match(...)[i]``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

from charlens.errors import CharlensError
from charlens.text.c_lexer import ByteClass, Text, Tokens, byte_values

Pair = tuple[str, str]
"""An opening and a closing character: two different bytes, U+0000 to U+00FF by their value."""

BRACES: Pair = ("{", "}")
PARENTHESES: Pair = ("(", ")")
SQUARE_BRACKETS: Pair = ("[", "]")

# What opens or closes a quotation, and the blank line that ends an unclosed one.
_QUOTE_OR_BREAK = re.compile(
    rb'(?P<straight>")|(?P<open>\xe2\x80\x9c)|(?P<close>\xe2\x80\x9d)'
    rb"|(?P<blank>(?:\r\n?+|\n)[ \t]*+(?=[\r\n]))"
)


def match(text: Text, classes: np.ndarray | None = None, pair: Pair = BRACES) -> np.ndarray:
    """Match every closing bracket with its opening one, by a stack of that one pair.

    A closing bracket takes the last opening one that is still open; one with nothing open is left
    alone. Other kinds of brackets are ignored. All branches of ``#if … #else`` are read in
    sequence: where both open a block, the first opening is never closed. (No brace, parenthesis or
    bracket of the Linux kernel corpus would be matched otherwise if each branch began with the
    stack of its ``#if``.)

    Args:
        text: the text.
        classes: its :class:`ByteClass` values, shape (bytes,): only brackets in code count. None
            for prose: all count.
        pair: the opening and the closing character.

    Returns:
        int64, shape (bytes,): for every matched closing bracket the index of its opening one,
        -1 for every other byte.

    Raises:
        CharlensError: not a pair of different single bytes, classes that do not fit the text, or a
            text that is neither bytes nor uint8.
    """
    opener, closer = matched(text, classes, pair)
    result = np.full(len(text), -1, dtype=np.int64)
    result[closer] = opener
    return result


def matched(
    text: Text, classes: np.ndarray | None = None, pair: Pair = BRACES
) -> tuple[np.ndarray, np.ndarray]:
    """The matched pairs of :func:`match` as two int64 arrays of shape (pairs,).

    Returns:
        Indices of the opening and of the closing brackets, sorted by neither.

    Raises:
        CharlensError: as for :func:`match`.
    """
    position, opens = _positions(text, classes, pair)
    # Closers that take the running sum below all it has been, and below zero, have no opener.
    lowest = np.minimum.accumulate(np.minimum(np.cumsum(np.where(opens, 1, -1)), 0))
    orphan = np.diff(lowest, prepend=0) < 0
    position, opens = position[~orphan], opens[~orphan]
    # At each depth openers and closers now take turns, so a closer follows its opener.
    level = np.cumsum(np.where(opens, 1, -1)) + ~opens
    order = np.argsort(level, kind="stable")
    closing = np.flatnonzero(~opens[order])
    return position[order[closing - 1]], position[order[closing]]


def depth(
    text: Text, classes: np.ndarray | None = None, pairs: Iterable[Pair] = (BRACES,)
) -> np.ndarray:
    """Number of matched brackets that are open after each byte.

    An opening bracket that is never closed does not count: a single one would raise the depth of
    everything after it, in the Linux kernel corpus that of the last fifth.

    Args:
        text: the text.
        classes: its :class:`ByteClass` values, or None for prose.
        pairs: the pairs to count, each matched on its own.

    Returns:
        int32, shape (bytes,): at an opening bracket its own depth, at its closing one that of what
        surrounds it.

    Raises:
        CharlensError: as for :func:`match`.
    """
    return depth_of(len(text), (matched(text, classes, pair) for pair in pairs))


def depth_of(size: int, matches: Iterable[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """The same from the results of :func:`matched`, in a text of ``size`` bytes."""
    steps = np.zeros(size, dtype=np.int8)
    for opener, closer in matches:
        steps[opener] += 1
        steps[closer] -= 1
    return np.cumsum(steps, dtype=np.int32)


def match_quotes(text: Text, literals: Tokens | None = None) -> np.ndarray:
    r"""Match every closing double quote with its opening one.

    In prose (see :func:`quotations`) straight quotes open and close by turns within a paragraph.
    In C the quotes are the delimiters of string literals, not those in comments, nor ``\"``.

    Args:
        text: the text.
        literals: for C, the tokens of the text; None for prose.

    Returns:
        int64, shape (bytes,): for every closing quote the index of its opening one, -1 for every
        other byte, an unclosed opening quote included.

    Raises:
        CharlensError: the text is neither bytes nor uint8.
    """
    if literals is None:
        opener, closer, closed = quotations(text)
    else:
        opener, closer, closed = string_literals(literals)
    result = np.full(len(text), -1, dtype=np.int64)
    result[closer[closed]] = opener[closed]
    return result


def quotations(text: Text) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The quotations of prose, in double quotes, straight (") or curly (“ ”, in UTF-8).

    Straight quotes open and close by turns, curly ones say which they are. A blank line ends an
    open quotation, since one that runs over several paragraphs opens anew in each and closes in the
    last alone. A curly quote has three bytes and is placed at the last, which tells it from other
    punctuation.

    Returns:
        Three arrays of shape (quotations,). Index of the opening quote, int64. End, int64: index of
        the closing quote; where there is none, that of the line end that makes a blank line, of a
        second opening curly quote, or the length of the text. Whether it is closed, bool.

    Raises:
        CharlensError: the text is neither bytes nor uint8.
    """
    rows: list[tuple[int, int, bool]] = []
    start: int | None = None  # of the open quotation
    for event in _QUOTE_OR_BREAK.finditer(byte_values(text).tobytes()):
        place, what = event.end() - 1, event.lastgroup
        if start is not None:
            end = event.end() if what == "blank" else place
            rows.append((start, end, what in ("straight", "close")))
            start = place if what == "open" else None
        elif what in ("straight", "open"):
            start = place
    if start is not None:
        rows.append((start, len(text), False))
    starts, ends, closed = zip(*rows, strict=True) if rows else ((), (), ())
    return np.array(starts, dtype=np.int64), np.array(ends, dtype=np.int64), np.array(closed, bool)


def string_literals(tokens: Tokens) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The string literals of C, described as :func:`quotations` describes those of prose.

    An unterminated literal ends at the newline after it.
    """
    strings = tokens.kind == ByteClass.STRING
    closed = tokens.closed[strings]
    return tokens.start[strings], tokens.stop[strings] - closed, closed


def _positions(text: Text, classes: np.ndarray | None, pair: Pair) -> tuple[np.ndarray, np.ndarray]:
    """Places of the brackets of a pair that count, and whether each of them opens."""
    first, last = _codes(pair)
    values = byte_values(text)
    counted = (values == first) | (values == last)
    if classes is not None:
        if classes.shape != values.shape:
            raise CharlensError(
                f"classes: expected one for each of the {values.size} bytes of the text, found "
                f"shape {classes.shape}; classify the same text"
            )
        counted &= classes == ByteClass.CODE
    position = np.flatnonzero(counted)
    return position, values[position] == first


def _codes(pair: Pair) -> tuple[int, int]:
    codes = [ord(end) for end in pair if len(end) == 1]
    if len(pair) != 2 or len(codes) != 2 or codes[0] == codes[1] or max(codes) > 255:
        raise CharlensError(
            f"pair: expected two different characters of one byte such as {{ and }}, found {pair!r}"
        )
    return codes[0], codes[1]
