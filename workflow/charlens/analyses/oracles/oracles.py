"""What kind of error: the oracles of Figure 6 (paper, section 4.4).

A predicted character is an *error* when the model gave it a probability below a threshold (0.5).
Oracles, applied in the order of :data:`CATEGORIES`, each remove some errors; an error belongs to
the first that removes it. The last boost removes whatever is left.

The paper leaves definitions open. These are chosen so that the slices of models of its smallest
budget come closest to the slices it published, and agree with the examples it prints beside them:

* n-gram n is the model with n characters of *context*, as in Table 2.
* A word is a run of letters, case-sensitive (:mod:`charlens.text.words`). A word at the border of a
  stream may be a fragment: neither memory nor rarity is ascribed to it.
* Memory looks for words of five or more letters only (every example has as many); with all words
  its slices come out twice as large. The word may be part of a longer one there: the example marks
  "skill" within "skillfully".
* The last n characters are those before the word's start, in the test split's joined streams.
  :func:`charlens.text.words.corpus_history` gives the alternative, the text that truly precedes.
* A rare word was seen as a word, not within others, in the training split's inputs; all of its
  characters count, the first too.
* A quote is the double quote: most single ones are apostrophes.
* After newline means among the first three characters after a line feed. The examples mark "Ann"
  of "Anna" and "fat" of "father", and the published slice holds more errors than there are lines.
* Punctuation is the ASCII characters that are neither letters, digits nor blanks.
* A boost of b removes errors whose probability falls short of the threshold by b or less.
"""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from charlens.analyses.oracles.shapley import extremes, pattern_counts, shapley, shares
from charlens.errors import CharlensError
from charlens.paper.definitions import ERROR_BELOW, ORACLE_CONTEXTS
from charlens.text.words import (
    NEVER,
    WORDS,
    Bytes,
    History,
    Words,
    count_words,
    distances,
    find_words,
    joined_history,
)

Mask = npt.NDArray[np.bool_]

THRESHOLD = ERROR_BELOW
NGRAMS = ORACLE_CONTEXTS
MEMORIES = (100, 500, 1000, 5000)  # characters
RARE = tuple(range(6))  # occurrences in training
BOOSTS = (0.1, 0.2, 0.3, 0.4, 0.5)
NEWLINE = ord("\n")
PUNCTUATION = string.punctuation.encode()

FAMILIES: dict[str, tuple[str, ...]] = {
    "n-gram": tuple(f"{n}-gram" for n in NGRAMS),
    "memory": tuple(f"{n}-memory" for n in MEMORIES),
    "rare words": tuple(f"word-{t}-train" for t in RARE),
    "word model": ("after_space_or_quote", "after_newline"),
    "punctuation": ("punctuation",),
    "boost": tuple(f"{b}-boost" for b in BOOSTS),
}
"""Oracles by family, in the paper's order."""

CATEGORIES = tuple(name for names in FAMILIES.values() for name in names)
"""The 27 oracles, in the paper's order."""

_FAMILY_OF = np.repeat(np.array(list(FAMILIES)), [len(names) for names in FAMILIES.values()])
_FIRST_OF = np.cumsum([0, *(len(names) for names in FAMILIES.values())])[:-1]


@dataclass(frozen=True)
class Definitions:
    """The choices that move Figure 6's numbers; the defaults fit the paper's best.

    Attributes:
        word: a name in :data:`charlens.text.words.WORDS`.
        memory_letters: the shortest word that memory looks for.
        quotes: the bytes that are quotes.
        after_newline: how many characters after a line feed count as after a newline.
    """

    word: str = "letters"
    memory_letters: int = 5
    quotes: bytes = b'"'
    after_newline: int = 3


FITTED = Definitions()
STATED = Definitions(memory_letters=1, after_newline=1)
DEFINITIONS: dict[str, Definitions] = {"fitted": FITTED, "stated": STATED} | {
    f"words: {word}": Definitions(word=word) for word in WORDS if word != FITTED.word
}
"""Named choices: the default; the paper's words taken literally; the default with other words."""


def family_of() -> list[str]:
    """The family of each of :data:`CATEGORIES`."""
    return _FAMILY_OF.tolist()


# What the text alone decides


def evidence(
    train: Bytes,
    test: Bytes,
    definitions: Definitions | None = None,
    history: History | None = None,
) -> Mask:
    """Which characters the oracles that know only the text remove: 100-memory … punctuation.

    Args:
        train: byte values of the training split, uint8 (streams, length + 1).
        test: of the test split, the same; N predicted characters.
        definitions: :data:`FITTED` by default.
        history: :func:`charlens.text.words.joined_history` by default.

    Returns:
        bool, shape (13, N): the rows of :data:`CATEGORIES` between the n-grams and the boosts.

    Raises:
        CharlensError: an unknown definition of a word.
    """
    definitions = definitions or FITTED
    inputs, targets = test[:, :-1], np.ascontiguousarray(test[:, 1:])
    words = find_words(targets, definitions.word)
    history = history or joined_history(test)
    distance = distances(words, targets, history, definitions.memory_letters, max(MEMORIES))
    counts = count_words(np.ascontiguousarray(train[:, :-1]), definitions.word)
    return np.vstack(
        [
            remembered(words, distance, targets.size),
            rare(words, [counts[word] for word in words.strings(targets)], targets.size),
            after_space_or_quote(inputs, definitions.quotes),
            after_newline(inputs, definitions.after_newline),
            punctuation(targets),
        ]
    )


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
    back[words.start] = NEVER
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


def after_space_or_quote(inputs: Bytes, quotes: bytes) -> Mask:
    """Whether the character before is a space or a quote: uint8 (streams, length) to bool (N,)."""
    return np.isin(inputs, list(b" " + quotes)).ravel()


def after_newline(inputs: Bytes, reach: int) -> Mask:
    """Whether a line feed is among the ``reach`` characters before, in the same stream.

    The line feed of a CR LF is itself not after a newline.
    """
    newline = inputs == NEWLINE
    found = newline.copy()
    for back in range(1, reach):
        found[:, back:] |= newline[:, :-back]
    return found.ravel()


def punctuation(targets: Bytes) -> Mask:
    """Whether the character to be predicted is ASCII punctuation, shape (N,)."""
    return np.isin(targets, list(PUNCTUATION)).ravel()


# What probabilities decide


def boosted(probability: npt.NDArray[np.floating], threshold: float = THRESHOLD) -> Mask:
    """Whether each boost lifts a character's probability to the threshold, shape (5, N).

    The last boost lifts all: 0.5 does at a threshold of 0.5 or less, and above that it stands for
    the threshold itself.
    """
    lifted = probability >= threshold - np.array(BOOSTS)[:, None]
    lifted[-1] = True
    return lifted


def removed(
    known: Mask,
    ngram: npt.NDArray[np.floating],
    probability: npt.NDArray[np.floating],
    threshold: float = THRESHOLD,
) -> Mask:
    """Which characters each oracle removes from a model's errors.

    Args:
        known: of :func:`evidence`, (13, N).
        ngram: probabilities of the correct character by the n-gram models with 1 … 9 characters of
            context, (9, N). Such an oracle is right above the threshold, at any threshold.
        probability: by the model, (N,).
        threshold: below which a character is an error.

    Returns:
        bool, shape (27, N), rows as :data:`CATEGORIES`.

    Raises:
        CharlensError: the arrays are not of the same characters, or not all n-grams are there.
    """
    size, rows = known.shape[1], len(NGRAMS)
    if ngram.shape != (rows, size) or probability.shape != (size,):
        raise CharlensError(
            f"oracles: expected probabilities of {size} characters by the model and {rows} n-gram "
            f"models, found shapes {probability.shape} and {ngram.shape}; score all of them on "
            "the same test split"
        )
    return np.vstack([ngram > threshold, known, boosted(probability, threshold)])


def categories(
    masks: Mask, probability: npt.NDArray[np.floating], threshold: float = THRESHOLD
) -> npt.NDArray[np.int8]:
    """The oracle that each error falls to: the first that removes it.

    Args:
        masks: of :func:`removed` at the same threshold, (27, N).
        probability: of the correct character by the model, (N,).
        threshold: below which a character is an error.

    Returns:
        int8, shape (N,): index into :data:`CATEGORIES`; −1 where there is no error.
    """
    return np.where(probability < threshold, masks.argmax(axis=0), -1).astype(np.int8)


# Tables


def table(found: npt.NDArray[np.int8]) -> pd.DataFrame:
    """Errors by category: one pie of Figure 6.

    Args:
        found: of :func:`categories`, (N,).

    Returns:
        ``oracle``, ``family``, ``errors`` and ``percent`` of all errors, in the order applied.
    """
    errors = _errors(found)
    return _by_oracle(errors=errors, percent=_percent(errors, errors.sum()))


def differences(large: npt.NDArray[np.int8], small: npt.NDArray[np.int8]) -> pd.DataFrame:
    """Errors eliminated by scaling up, by category (paper, section 4.4).

    Args:
        large: of :func:`categories` for the larger model, (N,).
        small: for the smaller one.

    Returns:
        ``oracle``, ``family``, ``errors_small``, ``errors_large``, ``eliminated`` (small minus
        large) and ``percent`` of all that were eliminated.

    Raises:
        CharlensError: the models were not scored on the same number of characters.
    """
    if len(large) != len(small):
        raise CharlensError(
            f"oracles: expected two models scored on the same characters, found {len(large)} and "
            f"{len(small)} of them; score both on one test split"
        )
    before, after = _errors(small), _errors(large)
    gone = before - after
    share = _percent(gone, gone.sum())
    return _by_oracle(errors_small=before, errors_large=after, eliminated=gone, percent=share)


def attribute(masks: Mask, order: Sequence[str] = tuple(FAMILIES)) -> dict[str, int]:
    """Errors that fall to each family when families are applied in a given order.

    Args:
        masks: of :func:`by_family`, at errors only, (6, errors).
        order: all of :data:`FAMILIES`.
    """
    names = list(FAMILIES)
    found = shares(pattern_counts(masks), [names.index(family) for family in order])
    return dict(zip(names, found.tolist(), strict=True))


def by_family(masks: Mask) -> Mask:
    """Whether any oracle of each family removes a character: (27, N) to (6, N)."""
    return np.logical_or.reduceat(masks, _FIRST_OF, axis=0)


def order_table(
    known: Mask,
    ngram: npt.NDArray[np.floating],
    probability: npt.NDArray[np.floating],
    thresholds: Sequence[float] = (0.3, 0.4, 0.5, 0.6, 0.7),
) -> pd.DataFrame:
    """How much the order of the families and the threshold matter.

    Arguments and errors as for :func:`removed`, at each threshold.

    Returns:
        Per threshold and family: ``errors_paper_order``; percent of all errors in the paper's order
        (``percent_paper_order``), as a mean over all orders (``percent_shapley``), and the least
        and the most over all orders (``percent_min``, ``percent_max``). As boost removes every
        error, it takes most of a mean over orders: ``percent_shapley_before_boost`` is the mean
        over the orders of the other five, boost taking what they leave.
    """
    frames = []
    for threshold in thresholds:
        errors = probability < threshold
        masks = by_family(removed(known, ngram, probability, threshold)[:, errors])
        counts = pattern_counts(masks)
        ordered, (least, most) = shares(counts, range(len(masks))), extremes(counts)
        total = int(errors.sum())
        columns = {
            "threshold": threshold,
            "family": list(FAMILIES),
            "errors_paper_order": ordered,
            "percent_paper_order": _percent(ordered, total),
            "percent_shapley": _percent(shapley(counts), total),
            "percent_shapley_before_boost": _percent(_before_boost(masks), total),
            "percent_min": _percent(least, total),
            "percent_max": _percent(most, total),
        }
        frames.append(pd.DataFrame(columns))
    return pd.concat(frames, ignore_index=True)


def _before_boost(masks: Mask) -> npt.NDArray[np.float64]:
    values = shapley(pattern_counts(masks[:-1]))
    return np.append(values, masks.shape[1] - values.sum())


def _errors(found: npt.NDArray[np.int8]) -> npt.NDArray[np.int64]:
    return np.bincount(found[found >= 0], minlength=len(CATEGORIES))


def _percent(part: npt.NDArray, total: int) -> npt.NDArray[np.float64]:
    """Percent of a total; none of nothing."""
    return 100 * part / total if total else np.zeros(len(part))


def _by_oracle(**columns: npt.NDArray) -> pd.DataFrame:
    return pd.DataFrame({"oracle": CATEGORIES, "family": _FAMILY_OF, **columns})
