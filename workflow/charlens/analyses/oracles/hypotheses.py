"""What was expected of later models before they were trained, and what came of it (Figure 11).

Each hypothesis of :data:`HYPOTHESES` is a sentence and the parts that it can be checked by. A part
computes one number per model, with an interval over streams of test text, and says where this
number must be. A part is confirmed where the whole interval is there, refuted where none of it is.
Models that were trained several times have a second interval, over seeds, of which the same holds.

To add a hypothesis, add an entry; one about other quantities needs a function in
:mod:`charlens.analyses.oracles.sums` besides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from charlens.analyses.oracles.decade_streams import CLOSINGS
from charlens.analyses.oracles.sums import (
    MEMORY,
    NGRAM,
    RARE,
    WORD,
    Case,
    Sums,
    beside_lstm,
    excess_removed,
    removed_beside_lstm,
    scorer_removes,
)
from charlens.models.catalogue import GPT, MINGRU, WITH_DYNAMIC, WITH_NGRAM

WRITTEN = "25 November 2026"
"""When the hypotheses were written down."""

SMALL = 64
"""The size at which a Transformer is expected to be behind; from twice as much on it leads."""


@dataclass(frozen=True)
class Part:
    """What a hypothesis says of one number.

    Attributes:
        words: what must be so, as a clause.
        cases: from sums to the models that it can be checked on.
        unit: of the number.
        least: the number is this at least; None for no such bound.
        below: the number is less than this; None for no such bound.
        needs: the models that a study must have.
    """

    words: str
    cases: Callable[[Sums], Iterator[Case]]
    unit: str
    needs: str
    least: float | None = None
    below: float | None = None

    def holds(self, value: float) -> bool:
        """Whether a number is where the hypothesis has it."""
        return (self.least is None or value >= self.least) and (
            self.below is None or value < self.below
        )


@dataclass(frozen=True)
class Hypothesis:
    """One of the hypotheses, written down on :data:`WRITTEN`.

    Attributes:
        name: such as H1.
        words: what was expected, a sentence.
        parts: what it can be checked by; all must be so.
    """

    name: str
    words: str
    parts: tuple[Part, ...]


# The hypotheses

_PERCENT, _BITS = "% of errors", "bits per character"
_DYNAMIC = "a network that goes on learning as it reads (+dynamic), and the network alone"
_MIXED = "a network mixed with an n-gram model (+ngram), and the network alone"
_BEHIND = "a network mixed with an n-gram model (+ngram) that is behind that model when alone"
_MINIMAL = "a minimal GRU and an LSTM of one size"


def _few_word_errors(subject: str, cases: Callable[..., Iterator[Case]], needs: str) -> Part:
    """What H5 says of one way to predict better."""
    words = f"{subject} makes less than 10 % fewer errors at “word model”"
    return Part(words, partial(cases, category=WORD), _PERCENT, needs, below=10)


HYPOTHESES = (
    Hypothesis(
        "H1",
        "A network that goes on learning as it reads no longer makes many of the errors at words "
        "that came just before and at rare words, but still nearly all of those after a space.",
        (
            Part(
                "it makes at least 20 % fewer errors at “memory” and “rare words”",
                lambda sums: scorer_removes(sums, WITH_DYNAMIC, MEMORY, RARE),
                _PERCENT,
                _DYNAMIC,
                least=20,
            ),
            Part(
                "it makes less than 3 % fewer at “word model”",
                lambda sums: scorer_removes(sums, WITH_DYNAMIC, WORD),
                _PERCENT,
                _DYNAMIC,
                below=3,
            ),
        ),
    ),
    Hypothesis(
        "H2",
        "A Transformer is better than an LSTM at words that came just before, but only from size "
        f"{2 * SMALL} on; at size {SMALL} it is worse.",
        (
            Part(
                f"up to size {SMALL} it needs more bits at “memory”",
                partial(beside_lstm, cell=GPT, category=MEMORY, sizes=lambda size: size <= SMALL),
                _BITS,
                f"a Transformer and an LSTM of size {SMALL}",
                least=0,
            ),
            Part(
                f"from size {2 * SMALL} on it needs fewer bits at “memory”",
                partial(
                    beside_lstm, cell=GPT, category=MEMORY, sizes=lambda size: size >= 2 * SMALL
                ),
                _BITS,
                f"a Transformer and an LSTM of size {2 * SMALL} or more",
                below=0,
            ),
        ),
    ),
    Hypothesis(
        "H3",
        "A minimal GRU, whose gates do not see its state, is as good as an LSTM at what an n-gram "
        "predicts, and worse at closing quotations and braces.",
        (
            Part(
                "it needs no more bits at “n-gram”",
                partial(beside_lstm, cell=MINGRU, category=NGRAM),
                _BITS,
                _MINIMAL,
                below=0,
            ),
            Part(
                "it needs more bits at closing quotation marks and braces",
                partial(beside_lstm, cell=MINGRU, category=CLOSINGS),
                _BITS,
                _MINIMAL,
                least=0,
            ),
        ),
    ),
    Hypothesis(
        "H4",
        "Mixed with an n-gram model, a network loses nearly all that it is behind the n-gram model "
        "where an n-gram predicts.",
        (
            Part(
                "more than 90 % of the bits that it has more at “n-gram” go",
                excess_removed,
                "% of bits",
                _BEHIND,
                least=90,
            ),
        ),
    ),
    Hypothesis(
        "H5",
        "Errors after a space or a line end, where a word must be chosen, hardly become fewer by "
        "any of these: that needs more text, not another architecture.",
        (
            _few_word_errors(
                "learning while reading", partial(scorer_removes, scorer=WITH_DYNAMIC), _DYNAMIC
            ),
            _few_word_errors(
                "a mixture with an n-gram model", partial(scorer_removes, scorer=WITH_NGRAM), _MIXED
            ),
            _few_word_errors(
                "a Transformer",
                partial(removed_beside_lstm, cell=GPT),
                "a Transformer and an LSTM of one size",
            ),
            _few_word_errors("a minimal GRU", partial(removed_beside_lstm, cell=MINGRU), _MINIMAL),
        ),
    ),
)
