"""Words of a text: their places, counts and distances to the last occurrence (paper, section 4.4).

The paper does not define a word. :data:`WORDS` holds the usual definitions; which one fits its
Figure 6 is described in :mod:`charlens.analyses.oracles.oracles`.

A text is an array of streams, as a corpus split is laid out. Whatever lies before a stream's first
and after its last byte is unknown or unrelated, so a word never crosses that border, and one that
touches it may be a fragment: it counts as a word, but not as *whole*.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from charlens.errors import CharlensError
from charlens.text.encodings import UTF_8
from charlens.text.letters import DIGIT, LETTER, MARK, OTHER, Letters
from charlens.text.whole_text import joined

Bytes = npt.NDArray[np.uint8]

NEVER = np.iinfo(np.int32).max
"""Larger than any count or distance."""


@dataclass(frozen=True)
class Word:
    """Definition of a word: a longest run of word characters.

    In scripts that write no spaces, words within such a run are separated, too.

    Attributes:
        of: kinds of the characters that words are made of (:mod:`charlens.text.letters`).
        inner: characters that belong to a word where they stand alone between two of its own.
    """

    of: tuple[int, ...]
    inner: str = ""


_APOSTROPHES, _HYPHENS = "'\u2019", "-\u2010\u2011"

WORDS = {
    "letters": Word((LETTER,)),
    "letters_digits": Word((LETTER, DIGIT)),
    "letters_apostrophes": Word((LETTER,), inner=_APOSTROPHES),
    "letters_inner": Word((LETTER,), inner=_APOSTROPHES + _HYPHENS),
    "letters_digits_inner": Word((LETTER, DIGIT), inner=_APOSTROPHES + _HYPHENS),
    "nonblank": Word((LETTER, DIGIT, MARK, OTHER)),
}
"""Definitions of a word by name; ``inner`` means inner apostrophes and hyphens."""


@dataclass(frozen=True, eq=False)
class Words:
    """Where the words of a text of shape (streams, length) are, in order.

    Attributes:
        start: int64, shape (words,): index of each word's first byte in the joined streams.
        stop: int64, shape (words,): one past its last byte.
        second: int64, shape (words,): index of its second character's first byte; ``stop`` where
            there is none.
        whole: bool, shape (words,): the word touches no border of its stream.
        letters: int64, shape (words,): its characters, as people count them.
    """

    start: npt.NDArray[np.int64]
    stop: npt.NDArray[np.int64]
    second: npt.NDArray[np.int64]
    whole: npt.NDArray[np.bool_]
    letters: npt.NDArray[np.int64]

    def strings(self, text: Bytes) -> list[bytes]:
        """The words themselves, from the text they were found in."""
        data = text.tobytes()
        places = zip(self.start.tolist(), self.stop.tolist(), strict=True)
        return [data[start:stop] for start, stop in places]

    def word_of(self, size: int) -> npt.NDArray[np.int32]:
        """Index of the word that each byte of a text of ``size`` bytes lies in, −1 outside."""
        index = np.full(size, -1, dtype=np.int32)
        lengths = self.stop - self.start
        first = np.cumsum(lengths) - lengths
        word = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
        index[self.start[word] + np.arange(len(word)) - first[word]] = word
        return index


def find_words(text: Bytes, definition: str = "letters", encoding: str = UTF_8) -> Words:
    """Split a text into words.

    Args:
        text: byte values, uint8 of shape (streams, length).
        definition: a name in :data:`WORDS`.
        encoding: of the text.

    Raises:
        CharlensError: there is no definition of that name.
    """
    if definition not in WORDS:
        raise CharlensError(
            f"word definition: expected one of {', '.join(WORDS)}, found {definition!r}"
        )
    word, letters = WORDS[definition], Letters(text, encoding)
    streams, length = text.shape
    edges = np.zeros((streams, length + 2), dtype=np.int8)
    inside = edges[:, 1:-1]
    inside[:] = np.isin(letters.kinds, word.of)
    if word.inner:
        inside[:] |= letters.joins(word.of, word.inner)
    steps = np.diff(edges, axis=1)
    breaks = np.zeros((streams, length + 1), bool)
    breaks[:, 1:length] = letters.breaks[:, 1:] & (inside[:, 1:] & inside[:, :-1] > 0)
    start, stop = (
        row * length + place
        for row, place in map(np.nonzero, ((steps > 0) | breaks, (steps < 0) | breaks))
    )
    after = np.append(np.flatnonzero(letters.begins), text.size)
    second = np.minimum(after[np.searchsorted(after, start, side="right")], stop)
    whole = (start % length != 0) & (stop % length != 0)
    counted = np.append(0, np.cumsum(letters.counted))
    return Words(start, stop, second, whole, counted[stop] - counted[start])


def count_words(text: Bytes, definition: str = "letters", encoding: str = UTF_8) -> Counter[bytes]:
    """Count each whole word of a text; words that differ in upper case are different.

    Arguments and errors as for :func:`find_words`.
    """
    words = find_words(text, definition, encoding)
    strings = words.strings(text)
    return Counter(strings[i] for i in np.flatnonzero(words.whole))


@dataclass(frozen=True, eq=False)
class History:
    """A text in which earlier occurrences are searched. N is the number of predicted bytes.

    Attributes:
        text: its bytes.
        place: int64, shape (N,): index in ``text`` of each predicted byte.
        bounds: int64, shape (characters,): first byte of each character of ``text``.
    """

    text: bytes
    place: npt.NDArray[np.int64]
    bounds: npt.NDArray[np.int64]

    def characters(self, places: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Number of the character that each byte of the text is part of."""
        return np.searchsorted(self.bounds, places, side="right") - 1


def joined_history(test: Bytes, encoding: str = UTF_8) -> History:
    """The test split's targets, streams joined in order; ``test`` is uint8 (streams, length + 1).

    What the paper's numbers fit, although text before a stream's start is from another place.
    """
    targets = np.ascontiguousarray(test[:, 1:])
    bounds = np.flatnonzero(Letters(targets, encoding).begins)
    return History(targets.tobytes(), np.arange(targets.size), bounds)


def corpus_history(splits: Mapping[str, Bytes], split: str, encoding: str = UTF_8) -> History:
    """The text that truly precedes each test character in the corpus.

    Args:
        splits: byte values of ``train``, ``val`` and ``test``, each (streams, length + 1).
        split: the scheme they were made by, ``streams``, ``position`` or ``files``.
        encoding: of the text.

    Raises:
        CharlensError: an unknown scheme.
    """
    text, inputs = joined(splits, split)
    bounds = np.flatnonzero(Letters(text[None], encoding).begins)
    return History(text.tobytes(), inputs.ravel() + 1, bounds)  # a target comes after its input


def distances(
    words: Words, text: Bytes, history: History, shortest: int, farthest: int
) -> npt.NDArray[np.int32]:
    """Characters back to the last occurrence of each word, as any substring before the word.

    Args:
        words: of ``text``.
        text: the predicted bytes, uint8 (streams, length).
        history: where to look.
        shortest: letters of the shortest word to look for.
        farthest: how many characters to look back.

    Returns:
        int32, shape (words,): from the start of the occurrence to the start of the word, or
        :data:`NEVER` where there is none, the word is too short or not whole.
    """
    distance = np.full(len(words.start), NEVER, dtype=np.int32)
    searched = np.flatnonzero(words.whole & (words.letters >= shortest))
    strings, starts = words.strings(text), history.place[words.start[searched]]
    earliest = history.bounds[np.maximum(history.characters(starts) - farthest, 0)]
    lasts = [
        history.text.rfind(strings[i], first, start)
        for i, first, start in zip(
            searched.tolist(), earliest.tolist(), starts.tolist(), strict=True
        )
    ]
    last = np.array(lasts, np.int64)
    back = history.characters(starts) - history.characters(last)
    distance[searched] = np.where(last >= 0, back, NEVER)
    return distance
