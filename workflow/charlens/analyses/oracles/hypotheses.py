"""What was expected of later models before they were trained, and what came of it (Figure 11).

Each hypothesis of :data:`HYPOTHESES` is a sentence and the parts that it can be checked by. A part
computes one number per model, with an interval over streams of test text, and says where this
number must be. A part is confirmed where the whole interval is there, refuted where none of it is.
The intervals say nothing of another training.

To add a hypothesis, add an entry; one about other quantities needs a function such as
:func:`fewer_errors` besides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd

from charlens.analyses.oracles.decade_streams import CATEGORIES, CLOSINGS
from charlens.models import names as model_id
from charlens.models.catalogue import (
    GPT,
    LSTM,
    LSTM_ADAMW,
    MINGRU,
    N_GRAM,
    WITH_DYNAMIC,
    WITH_NGRAM,
)
from charlens.runtime.randomness import generator
from charlens.runtime.resampling import resample_streams

NGRAM, MEMORY, RARE, WORD = CATEGORIES[:4]

WRITTEN = "25 November 2026"
"""When the hypotheses were written down."""

SMALL = 64
"""The size at which a Transformer is expected to be behind; from twice as much on it leads."""


class Sums:
    """Errors and bits of a corpus's models, summed over streams, as they are and resampled.

    Args:
        streams: of :func:`charlens.analyses.oracles.decade_streams.table`.
        bootstrap: resamples of streams.
        seed: the config's.
    """

    def __init__(self, streams: pd.DataFrame, bootstrap: int, seed: int) -> None:
        self.corpus = str(streams["corpus"].iloc[0])
        self._parts = {str(m): part for m, part in streams.groupby("model", sort=False)}
        count = int(streams["run"].max()) + 1
        draws = generator(seed, "decade", self.corpus)
        self._times = np.vstack([np.ones(count), resample_streams(count, bootstrap, draws)])

    @property
    def models(self) -> list[str]:
        """Their ids, in the order of tables."""
        return list(self._parts)

    def total(self, model: str, column: str, *categories: str) -> np.ndarray:
        """A column summed over categories and streams, (1 + resamples,): first as it is.

        Args:
            model: its id.
            column: ``characters``, ``errors`` or ``bits``.
            categories: those of the table; all kinds of characters by default.
        """
        part = self._parts[model]
        rows = part[part["category"].isin(categories or CATEGORIES)]
        by_run = rows.groupby("run", sort=True)[column].sum().to_numpy(np.float64)
        return self._times @ by_run


class Case(NamedTuple):
    """One model that a part of a hypothesis is about.

    Attributes:
        model: its id.
        other: of the model beside it.
        values: the number that decides, (1 + resamples,): first as it is.
    """

    model: str
    other: str
    values: np.ndarray


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


# The models of a part, and its number


def _networks(sums: Sums, *cells: str) -> Iterator[model_id.ModelId]:
    points = (model_id.parse(model) for model in sums.models)
    return (point for point in points if point is not None and point.cell in cells)


def _with_scorer(sums: Sums, scorer: str) -> Iterator[tuple[str, str]]:
    """Each network with a scorer, and the network alone."""
    for model in sums.models:
        network, own = model_id.scored(model) or ("", "")
        if network in sums.models and own == scorer:
            yield model, network


def lstm_beside(sums: Sums, point: model_id.ModelId, *cells: str) -> str | None:
    """The LSTM that a network of a later family is compared with, of its size.

    Of the first of ``cells`` that has one; with as many layers, else the one of the fewest bits.
    """
    for cell in cells:
        same = [p for p in _networks(sums, cell) if p.size == point.size]
        alike = [p for p in same if p.layers == point.layers]
        models = [str(p) for p in alike or same]
        if models:
            return min(models, key=lambda model: sums.total(model, "bits")[0])
    return None


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Percent; NaN where there is nothing to be a part of."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(whole > 0, 100 * part / whole, np.nan)


def fewer_errors(sums: Sums, model: str, other: str, *categories: str) -> Case:
    """Percent of the other model's errors that a model does not make any more."""
    before, after = (sums.total(m, "errors", *categories) for m in (other, model))
    return Case(model, other, _share(before - after, before))


def more_bits(sums: Sums, model: str, other: str, *categories: str) -> Case:
    """Bits per character of these categories that a model has more than another."""
    bits = sums.total(model, "bits", *categories) - sums.total(other, "bits", *categories)
    characters = sums.total(model, "characters", *categories)
    with np.errstate(divide="ignore", invalid="ignore"):
        return Case(model, other, np.where(characters > 0, bits / characters, np.nan))


def scorer_removes(sums: Sums, scorer: str, category: str, *more: str) -> Iterator[Case]:
    """Percent of a network's errors that it does not make any more with a scorer."""
    for model, network in _with_scorer(sums, scorer):
        yield fewer_errors(sums, model, network, category, *more)


def beside_lstm(
    sums: Sums, cell: str, category: str, sizes: Callable[[int], bool] = lambda size: True
) -> Iterator[Case]:
    """Bits per character that networks of a cell have more than the LSTM of their size.

    That is the LSTM trained by AdamW as they are, where the study has it.
    """
    for point in _networks(sums, cell):
        other = lstm_beside(sums, point, LSTM_ADAMW, LSTM)
        if other is not None and sizes(point.size):
            yield more_bits(sums, str(point), other, category)


def excess_removed(sums: Sums) -> Iterator[Case]:
    """Percent of what a network has more bits than the n-gram model that the mixture saves.

    At characters that an n-gram predicts, of networks that are behind there. The n-gram model is
    the one of the longest context.
    """
    n_grams = [m for m in sums.models if (model_id.context_model(m) or ("",))[0] == N_GRAM]
    for model, network in _with_scorer(sums, WITH_NGRAM):
        if n_grams:
            alone, mixed, n_gram = (
                sums.total(m, "bits", NGRAM) for m in (network, model, n_grams[-1])
            )
            if alone[0] > n_gram[0]:
                yield Case(model, network, _share(alone - mixed, alone - n_gram))


def removed_beside_lstm(sums: Sums, cell: str, category: str) -> Iterator[Case]:
    """Percent of the errors of the paper's LSTM of their size that networks do not make."""
    for point in _networks(sums, cell):
        other = lstm_beside(sums, point, LSTM)
        if other is not None:
            yield fewer_errors(sums, str(point), other, category)


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
