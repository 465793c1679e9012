"""What kind of error: the oracles of Figure 6 (paper, section 4.4).

A predicted character is an *error* when the model gave it a probability below a threshold (0.5).
Oracles, applied in the order of :data:`ORACLES`, each remove some errors; an error belongs to the
first that removes it. The last boost removes whatever is left.

To add an oracle, write a function to a mask of the errors that it removes
(:mod:`charlens.analyses.oracles.masks`) and add an entry to :data:`ORACLES`, before the boost.
Tables, figures, excerpts and shares in any order follow.

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
* A quote is a double quote of any script: most single ones are apostrophes.
* After newline means among the first three characters after a line feed. The examples mark "Ann"
  of "Anna" and "fat" of "father", and the published slice holds more errors than there are lines.
* Punctuation is the ASCII characters that are neither letters, digits nor blanks, and what Unicode
  calls punctuation, currency, mathematical and modifier symbols.
* Where characters have several bytes, letters and distances are counted in characters, and what is
  said of a character holds for all its bytes. Accents and vowel signs are no letters of their own.
* A boost of b removes errors whose probability falls short of the threshold by b or less.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from charlens.analyses.oracles.masks import (
    BOOSTS,
    MEMORIES,
    RARE,
    Mask,
    after_newline,
    after_space_or_quote,
    boosted,
    punctuation,
    rare,
    remembered,
)
from charlens.paper.definitions import ORACLE_CONTEXTS, ORACLE_DEFINITIONS
from charlens.paper.definitions import OracleDefinitions as Definitions
from charlens.text.encodings import UTF_8
from charlens.text.words import WORDS, Bytes, History, Words, count_words, distances, find_words

NGRAMS = ORACLE_CONTEXTS

FITTED, STATED = ORACLE_DEFINITIONS["fitted"], ORACLE_DEFINITIONS["stated"]
DEFINITIONS: dict[str, Definitions] = ORACLE_DEFINITIONS | {
    f"words: {word}": Definitions(word=word) for word in WORDS if word != FITTED.word
}
"""Named choices: those of the config, and the default with other words."""


# What an oracle may know


@dataclass(frozen=True, eq=False)
class Texts:
    """The texts of a corpus, for oracles that know only them. N is the number of test characters.

    Attributes:
        train: byte values of the training split, uint8 (streams, length + 1).
        test: of the test split, the same.
        definitions: what words and quotes are.
        history: where to look for earlier occurrences of a word.
        encoding: of the text.
    """

    train: Bytes
    test: Bytes
    definitions: Definitions
    history: History
    encoding: str = UTF_8

    @cached_property
    def targets(self) -> Bytes:
        """The predicted characters, uint8 (streams, length)."""
        return np.ascontiguousarray(self.test[:, 1:])

    @cached_property
    def words(self) -> Words:
        """The words of the predicted characters."""
        return find_words(self.targets, self.definitions.word, self.encoding)

    @cached_property
    def distance(self) -> npt.NDArray[np.int32]:
        """How far back each word last occurred, (words,); see :func:`distances`."""
        shortest, farthest = self.definitions.memory_letters, max(MEMORIES)
        return distances(self.words, self.targets, self.history, shortest, farthest)

    @cached_property
    def occurrences(self) -> list[int]:
        """How often each word occurs in training."""
        train = np.ascontiguousarray(self.train[:, :-1])
        counts = count_words(train, self.definitions.word, self.encoding)
        return [counts[word] for word in self.words.strings(self.targets)]


@dataclass(frozen=True, eq=False)
class Scores:
    """Probabilities of the correct character, for oracles that know only them.

    Attributes:
        ngram: by the n-gram models of :data:`NGRAMS`, (models, N).
        probability: by the model whose errors are broken down, (N,).
        threshold: below which a character is an error.
    """

    ngram: npt.NDArray[np.floating]
    probability: npt.NDArray[np.floating]
    threshold: float


@dataclass(frozen=True)
class Excerpt:
    """Text in which the errors of neighbouring slices are marked, as in the paper.

    Attributes:
        title: what the paper calls the slices.
        first: name of the first slice.
        last: name of the last one.
        rows: lines of text to show.
        repeats: whether to box the earlier occurrence of each marked word.
    """

    title: str
    first: str
    last: str
    rows: int = 3
    repeats: bool = False


@dataclass(frozen=True)
class Oracle:
    """A family of oracles that differ by a number, or a single one. Each is a slice of Figure 6.

    Attributes:
        family: its name.
        names: names of its slices, in the order applied.
        colours: one for each slice, or a single one for shades of it, light to full. The paper's
            slices have those of Okabe & Ito (2008), which colour-blind people tell apart, and grey.
        of_texts: from texts to a mask of (slices, N): which characters are removed. An oracle has
            either this or ``of_scores``.
        of_scores: the same from probabilities.
        titles: names of the slices for people; by default ``names`` without underscores.
        apart: whether a pie names every slice, not only the family.
        excerpts: what Figure 6 shows of the text.
        in_paper: whether the paper has these slices, under the same names.
    """

    family: str
    names: tuple[str, ...]
    colours: tuple[str, ...]
    of_texts: Callable[[Texts], Mask] | None = None
    of_scores: Callable[[Scores], Mask] | None = None
    titles: tuple[str, ...] = ()
    apart: bool = False
    excerpts: tuple[Excerpt, ...] = ()
    in_paper: bool = False

    def __post_init__(self) -> None:
        if (self.of_texts is None) == (self.of_scores is None):
            raise ValueError(f"oracle {self.family}: expected either of_texts or of_scores")
        if len(self.colours) not in (1, len(self.names)):
            raise ValueError(f"oracle {self.family}: expected 1 or {len(self.names)} colours")
        if not self.titles:
            titles = tuple(name.replace("_", " ") for name in self.names)
            object.__setattr__(self, "titles", titles)


# The oracles

ORACLES: dict[str, Oracle] = {
    oracle.family: oracle
    for oracle in (
        Oracle(
            "n-gram",
            names=tuple(f"{n}-gram" for n in NGRAMS),
            colours=("#D55E00",),
            of_scores=lambda scores: scores.ngram > scores.threshold,
            excerpts=(Excerpt("1-gram to 5-gram", "1-gram", "5-gram"),),
            in_paper=True,
        ),
        Oracle(
            "memory",
            names=tuple(f"{n}-memory" for n in MEMORIES),
            colours=("#E69F00",),
            of_texts=lambda texts: remembered(texts.words, texts.distance, texts.targets.size),
            excerpts=(
                Excerpt("Up to 500 memory", "100-memory", "500-memory", rows=6, repeats=True),
            ),
            in_paper=True,
        ),
        Oracle(
            "rare words",
            names=tuple(f"word-{t}-train" for t in RARE),
            titles=tuple(f"word ≤ {t}× in training" for t in RARE),
            colours=("#009E73",),
            of_texts=lambda texts: rare(texts.words, texts.occurrences, texts.targets.size),
            excerpts=(
                Excerpt("Less than 3 training examples of word", "word-0-train", "word-2-train"),
            ),
            in_paper=True,
        ),
        Oracle(
            "word model",
            names=("after_space_or_quote", "after_newline"),
            apart=True,
            colours=("#56B4E9", "#0072B2"),
            of_texts=lambda texts: np.stack(
                [
                    after_space_or_quote(texts.test, texts.definitions.quotes, texts.encoding),
                    after_newline(texts.test, texts.definitions.after_newline, texts.encoding),
                ]
            ),
            excerpts=(
                Excerpt("After space or quote", "after_space_or_quote", "after_space_or_quote"),
                Excerpt("After newline", "after_newline", "after_newline"),
            ),
            in_paper=True,
        ),
        Oracle(
            "punctuation",
            names=("punctuation",),
            colours=("#4D4D4D",),
            of_texts=lambda texts: punctuation(texts.targets, texts.encoding),
            excerpts=(Excerpt("Punctuation", "punctuation", "punctuation"),),
            in_paper=True,
        ),
        Oracle(
            "boost",
            names=tuple(f"{b}-boost" for b in BOOSTS),
            colours=("#CC79A7",),
            of_scores=lambda scores: boosted(scores.probability, scores.threshold),
            excerpts=(Excerpt("0.4 to 0.5 boost", "0.4-boost", "0.5-boost"),),
            in_paper=True,
        ),
    )
}
"""Oracles by family, in the paper's order. The last one removes every error that is left."""


def slices() -> tuple[str, ...]:
    """Names of all slices, in the order applied; the paper has 27."""
    return tuple(name for oracle in ORACLES.values() for name in oracle.names)


def family_of() -> list[str]:
    """The family of each of :func:`slices`."""
    return [oracle.family for oracle in ORACLES.values() for _ in oracle.names]
