"""Numbers that a hypothesis can be about: differences of models, from their sums by stream.

Each function goes over the models that it can be computed for and yields a :class:`Case` of each,
the number as it is and as it is in resamples of the streams.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from charlens.analyses.oracles.decade_streams import CATEGORIES, sound
from charlens.models import names as model_id
from charlens.models.catalogue import LSTM, LSTM_ADAMW, N_GRAM, WITH_NGRAM
from charlens.models.divergence import EXPLANATION, LARGEST
from charlens.runtime.randomness import generator
from charlens.runtime.resampling import resample_streams

NGRAM, MEMORY, RARE, WORD = CATEGORIES[:4]

_log = logging.getLogger("charlens")


class Sums:
    """Errors and bits of a corpus's models, summed over streams, as they are and resampled.

    A training that diverged says nothing of its family, so no hypothesis is about it.

    Args:
        streams: of :func:`charlens.analyses.oracles.decade_streams.tables`.
        bootstrap: resamples of streams.
        seed: the config's.
        uniform: of :func:`charlens.models.divergence.uniform_loss`; models with a higher loss are
            left out.
    """

    def __init__(
        self, streams: pd.DataFrame, bootstrap: int, seed: int, uniform: float = LARGEST
    ) -> None:
        self.corpus = str(streams["corpus"].iloc[0])
        own = {str(m): part for m, part in streams.groupby("model", sort=False)}
        self._parts = {model: own[model] for model in sound(streams, uniform)}
        for model in own.keys() - self._parts.keys():
            _log.info("%s: left out of the hypotheses: %s", model, EXPLANATION)
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
