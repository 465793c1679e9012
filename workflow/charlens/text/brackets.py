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
from charlens.text.encodings import UTF_8, Decoded, decode

Pair = tuple[str, str]
"""An opening and a closing character: two different bytes, U+0000 to U+00FF by their value."""

BRACES: Pair = ("{", "}")
PARENTHESES: Pair = ("(", ")")
SQUARE_BRACKETS: Pair = ("[", "]")

# What closes a quotation that a mark has opened. A mark of another family within is passed over,
# one of the same family that opens ends it unclosed and begins another. Single quotes are left out:
# ’ is an apostrophe far more often, also within and at the end of words (the boys’ house).
_CLOSERS = {
    '"': '"”',
    "“": '”"',
    "„": '“”"',
    "«": "»",
    "»": "«",
    "‹": "›",
    "›": "‹",
    "「": "」",
    "『": "』",
    "﹁": "﹂",
    "﹃": "﹄",
    "｢": "｣",
    "״": "״",
    "〝": "〞〟",
    "＂": "＂",
    "”": "”",
}
_FAMILIES = ('"“„”', "«»", "‹›", "「", "『", "﹁", "﹃", "｢", "״", "〝", "＂")
QUOTATION_MARKS = "".join(sorted(set("".join(_CLOSERS) + "".join(_CLOSERS.values()))))
"""All marks that open or close quotations."""
_MARKS = frozenset(QUOTATION_MARKS)

# The mark of a Hebrew acronym, as in צה"ל, is the one of quotations. These may open within a word,
# too, after one or two letters that are words of their own: ב"הארץ".
_IN_ACRONYM = (
    r"(?<=[א-ת])[\"״”](?=[א-ת])"
    r"(?<!(?<=[^א-ת][בהוכלמש])[\"״”](?=[א-ת]{2}))(?<!(?<=[^א-ת][בהוכלמש]{2})[\"״”](?=[א-ת]{2}))"
)

# A quotation mark, or the blank line that ends an unclosed quotation.
_MARK_OR_BREAK = re.compile(
    rf"(?!{_IN_ACRONYM})[{QUOTATION_MARKS}]|(?P<blank>(?:\r\n?+|\n)[ \t]*+(?=[\r\n]))"
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
    return _paired(*_positions(text, classes, pair))


def matched_characters(
    text: Decoded, classes: np.ndarray | None, pair: str
) -> tuple[np.ndarray, np.ndarray]:
    """The matched pairs of a text as numbers of characters, which may be of several bytes.

    Args:
        text: the text as characters.
        classes: the :class:`ByteClass` values of its bytes, or None for prose.
        pair: an opening and a closing character that differ.

    Returns:
        Numbers of the opening and of the closing brackets, int64 (pairs,), sorted by neither.

    Raises:
        CharlensError: not two different characters.
    """
    if len(pair) != 2 or pair[0] == pair[1]:
        raise CharlensError(f"pair: expected two different characters, found {pair!r}")
    first, last = map(ord, pair)
    points = text.code_points
    position = np.flatnonzero((points == first) | (points == last))
    if classes is not None:
        position = position[classes[text.bounds[position]] == ByteClass.CODE]
    return _paired(position, points[position] == first)


def _paired(position: np.ndarray, opens: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Opening and closing places of a stack.

    Args:
        position: of the brackets, increasing.
        opens: whether each of them opens.
    """
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


def quotations(text: Text, encoding: str = UTF_8) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The quotations of prose, in double quotes of any script.

    Straight quotes (") and ״ open and close by turns, but for those of Hebrew acronyms; “ ”, „ “,
    « », ‹ › and 「 」 say which they are. Where guillemets point inwards (»so«) and where ” or »
    alone is used, the text shows it. A quotation within another in marks of another kind belongs to
    it. A blank line ends an open quotation, since one that runs over several paragraphs opens anew
    in each and closes in the last alone. A mark of several bytes is placed at the last, which tells
    it from other punctuation.

    Args:
        text: the text.
        encoding: its encoding.

    Returns:
        Three arrays of shape (quotations,). Index of the opening quote, int64. End, int64: index of
        the closing quote; where there is none, that of the line end that makes a blank line, of a
        second opening quote, or the length of the text. Whether it is closed, bool.

    Raises:
        CharlensError: the text is neither bytes nor uint8.
    """
    decoded = decode(text, encoding)
    openers = _openers(decoded.text)
    closers = _CLOSERS if "«" in decoded.text else _CLOSERS | {"»": "»"}  # Finnish: »so»
    rows: list[tuple[int, int, bool]] = []  # of characters; an end between two is the later one
    start, mark = -1, ""  # of the open quotation
    for event in _MARK_OR_BREAK.finditer(decoded.text):
        sign, place = event[0], event.start()
        if not mark:
            if sign in openers:
                start, mark = place, sign
        elif event["blank"]:
            rows.append((start, event.end(), False))
            mark = ""
        elif sign in closers[mark]:
            rows.append((start, place, True))
            mark = ""
        elif sign in openers and _family(sign) == _family(mark):
            rows.append((start, place, False))
            start, mark = place, sign
    if mark:
        rows.append((start, len(decoded.text), False))
    if not rows:
        nothing = np.zeros(0, np.int64)
        return nothing, nothing, np.zeros(0, bool)
    starts, ends, closed = (np.array(column) for column in zip(*rows, strict=True))
    last = np.append(decoded.bounds[1:] - 1, decoded.bounds[-1])
    is_mark = np.array([decoded.text[end : end + 1] in _MARKS for end in ends.tolist()])
    return last[starts], np.where(is_mark, last[ends], decoded.bounds[ends]), closed


def _family(mark: str) -> int:
    return next(i for i, marks in enumerate(_FAMILIES) if mark in marks)


def _openers(text: str) -> set[str]:
    """The marks that open quotations in a text; which ones do is a matter of its language."""
    openers = set(_CLOSERS) - set("»›”")
    for outward, inward in (("«", "»"), ("‹", "›")):
        # French has spaces within, « so », or none, «so»; German and Danish have »so«.
        if _before_letters(inward, text) > _before_letters(outward, text):
            openers = openers - {outward} | {inward}
    if text.count("„") > text.count("“") // 2:
        openers.discard("“")  # it closes: „so“
    elif "”" in text and "“" not in text:
        openers.add("”")  # Swedish and Finnish: ”so”
    return openers


def _before_letters(mark: str, text: str) -> int:
    return len(re.findall(rf"{mark}\w", text)) if mark in text else 0


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
