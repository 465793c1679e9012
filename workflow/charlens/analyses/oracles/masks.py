"""Which characters each oracle of Figure 6 removes: masks over the predicted characters.

N is the number of predicted characters of the test split, streams joined.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from charlens.paper.definitions import ERROR_BELOW
from charlens.text.encodings import UTF_8
from charlens.text.letters import MARK, Letters
from charlens.text.words import NEVER, Bytes, Words

Mask = npt.NDArray[np.bool_]

THRESHOLD = ERROR_BELOW
MEMORIES = (100, 500, 1000, 5000)  # characters
RARE = tuple(range(6))  # occurrences in training
BOOSTS = (0.1, 0.2, 0.3, 0.4, 0.5)


def remembered(words: Words, distance: npt.NDArray[np.int32], size: int) -> Mask:
    """From a word's second character on, whether it occurred in the last 100 … 5000 characters.

    Args:
        words: of a text of ``size`` bytes.
        distance: of each, as from :func:`charlens.text.words.distances`.
        size: N.

    Returns:
        bool, shape (4, N), by length of memory.
    """
    back = _by_character(words, distance, size)
    first = np.zeros(size + 1, np.int8)
    first[words.start] += 1
    np.subtract.at(first, words.second, 1)  # where the next word begins, if it has one character
    back[np.cumsum(first[:size], dtype=np.int8) > 0] = NEVER
    return back <= np.array(MEMORIES)[:, None]


def rare(words: Words, counts: Sequence[int], size: int) -> Mask:
    """Whether a character's word occurs at most 0 … 5 times in training.

    Args:
        words: of a text of ``size`` bytes.
        counts: occurrences of each in training.
        size: N.

    Returns:
        bool, shape (6, N), by number of occurrences.
    """
    seen = np.where(words.whole, np.array(counts, dtype=np.int32), NEVER)
    return _by_character(words, seen, size) <= np.array(RARE)[:, None]


def _by_character(words: Words, values: npt.NDArray[np.int32], size: int) -> npt.NDArray[np.int32]:
    """The value of each character's word; the largest there is outside words."""
    return np.append(values, np.int32(NEVER))[words.word_of(size)]  # outside: index −1


def after_space_or_quote(test: Bytes, quotes: bytes, encoding: str = UTF_8) -> Mask:
    """Whether the character before is a space or a quote: uint8 (streams, length + 1) to bool (N,).

    Beyond ASCII these are the spaces within lines and the double quotes of any script. Of a
    character of several bytes all count.
    """
    letters, marks = Letters(test, encoding), np.isin(test, list(b" " + quotes))
    if letters.is_ascii:
        return marks[:, :-1].ravel()
    marks = (marks & letters.begins & letters.ends) | letters.ends_blank_or_quote
    before = letters.first_byte - 1  # the last byte of the character before
    after = (before >= 0) & np.take_along_axis(marks, np.maximum(before, 0), axis=1)
    return after[:, 1:].ravel()


def after_newline(test: Bytes, reach: int, encoding: str = UTF_8) -> Mask:
    """Whether a line end is among the ``reach`` characters before, in the same stream.

    The line feed of a CR LF is itself not after a newline. A carriage return counts only where a
    text ends its lines with it alone. Of a character of several bytes all count.

    Args:
        test: uint8 (streams, length + 1).
        reach: in characters.
        encoding: of the text.
    """
    letters = Letters(test, encoding)
    character = np.cumsum(letters.begins, axis=1, dtype=np.int32)
    last = np.maximum.accumulate(np.where(letters.line_ends, character, -reach), axis=1)
    return (character[:, 1:] - last[:, :-1] <= reach).ravel()


def punctuation(targets: Bytes, encoding: str = UTF_8) -> Mask:
    """Whether the character to be predicted is punctuation or a sign, shape (N,)."""
    return (Letters(targets, encoding).kinds == MARK).ravel()


def boosted(probability: npt.NDArray[np.floating], threshold: float = THRESHOLD) -> Mask:
    """Whether each boost lifts a character's probability to the threshold, shape (5, N).

    The last boost lifts all: 0.5 does at a threshold of 0.5 or less, and above that it stands for
    the threshold itself.
    """
    lifted = probability >= threshold - np.array(BOOSTS)[:, None]
    lifted[-1] = True
    return lifted
