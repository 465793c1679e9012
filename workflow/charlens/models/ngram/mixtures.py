"""Whole predictive distributions of n-gram models, for many places, a block of places at a time.

The distribution at a place mixes one of each context length: the sparse counts of what followed
the context, plus the mass it has left times the distribution one symbol shorter. Contexts and
their followers are collected for all places once; then blocks of places are mixed in cache.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from charlens.models.ngram.kneser_ney import CONTINUATION, RAW, Level
from charlens.models.ngram.symbols import Vocabulary, Windows
from charlens.runtime.progress import progress

if TYPE_CHECKING:
    from charlens.models.ngram.model import NgramModel

BLOCK = 2048
"""Places mixed at a time: some megabytes, which fit a processor's cache."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Predictions:
    """Predictions of one model at n positions."""

    probability: npt.NDArray[np.float32]  # (n,), of the symbol that came, as KenLM gives it
    entropy: npt.NDArray[np.float32]  # (n,), nats, of the distribution over K symbols
    top: npt.NDArray[np.uint8]  # (n,), the most likely symbol
    top_probability: npt.NDArray[np.float32]  # (n,), of it, in the distribution over K symbols


@dataclass(frozen=True, eq=False)
class _Layer:
    """The contexts of one length, by place, and the symbols that followed them in training."""

    context: npt.NDArray[np.int32]  # (places,), −1 where the context is unknown
    first: npt.NDArray[np.int32]  # (contexts + 1,): the followers of context c are first[c] …
    follower: npt.NDArray[np.uint16]  # (followers,), codes
    estimates: dict[int, tuple[Floats, Floats]]  # by kind of count: shares and rest (Level)

    def mix(self, lower: Floats, rows: slice, kind: int) -> None:
        """Turn the distributions one symbol shorter into those of this length, in place.

        Args:
            lower: shape (block, codes), C-contiguous.
            rows: the places of the block.
            kind: of the counts.
        """
        share, rest = self.estimates[kind]
        context = self.context[rows]
        at = np.flatnonzero(context >= 0)
        if len(at) == 0:
            return
        context = context[at]
        factor = np.ones(len(lower))
        factor[at] = rest[context]
        lower *= factor[:, None]
        begin = self.first[context]
        sizes = self.first[context + 1] - begin
        stop = np.cumsum(sizes)
        followers = np.arange(stop[-1]) + np.repeat(begin - (stop - sizes), sizes)
        cell = np.repeat(at * lower.shape[1], sizes) + self.follower[followers]
        lower.reshape(-1)[cell] += share[followers]


def mixtures(
    model: NgramModel, windows: Windows, orders: Sequence[int]
) -> Iterator[tuple[slice, int, Floats]]:
    """KenLM's distributions at each place.

    Args:
        model: the n-gram model.
        windows: the places.
        orders: which orders, 1 … ``model.max_order``.

    Yields:
        A block of places, an order, and float64 of shape (block, V + 2): probabilities by code,
        ``<unk>`` in the place of ``<s>``. One array serves all: valid until the next.
    """
    layers = [_layer(model, windows, level, orders) for level in model.levels(windows, max(orders))]
    continuation, raw = model.unigrams
    places = len(windows.ends)
    for start in range(0, places, BLOCK):
        rows = slice(start, min(start + BLOCK, places))
        shape = (rows.stop - rows.start, len(raw))
        if 1 in orders:
            yield rows, 1, np.broadcast_to(raw, shape).copy()
        chain = np.broadcast_to(continuation, shape).copy()
        top = np.empty(shape)
        for order, layer in enumerate(layers, start=2):
            if order in orders:
                np.copyto(top, chain)
                layer.mix(top, rows, RAW)
                yield rows, order, top
            if order < max(orders):
                layer.mix(chain, rows, CONTINUATION)


def _layer(model: NgramModel, windows: Windows, level: Level, orders: Sequence[int]) -> _Layer:
    order = level.length + 1
    row = windows.place_of[level.start + level.length]
    context = np.full(len(windows.ends), -1, dtype=np.int32)
    context[row[row >= 0]] = level.context[row >= 0]
    kinds = []
    if order in orders:
        kinds.append(RAW)
    if order < max(orders):
        kinds.append(CONTINUATION)
    return _Layer(
        context,
        level.first.astype(np.int32),
        model.codes[model.order[level.rows] + level.length].astype(np.uint16),
        {kind: level.estimate(kind, model.discounts[kind, order - 1]) for kind in kinds},
    )


def over_symbols(mixture: Floats, vocabulary: Vocabulary, symbols: int) -> Floats:
    """Distributions over the symbols 0 … K − 1 alone, each row of sum 1, shape (rows, K).

    A symbol that never occurred in the training text has the probability of ``<unk>`` before
    the rows are normalised.
    """
    result = mixture[:, vocabulary.column(vocabulary.code_of[:symbols])]
    result /= result.sum(axis=1, keepdims=True)
    return result


def predictions(
    model: NgramModel,
    windows: Windows,
    orders: Sequence[int],
    text: npt.NDArray[np.uint8],
    symbols: int,
) -> dict[int, Predictions]:
    """:class:`Predictions` at each place for the symbols that came.

    Args:
        model: the n-gram model.
        windows: what comes before each place.
        orders: of the models to score with.
        text: the symbol that came at each place, uint8 (places,).
        symbols: K, how many the alphabet has.

    Returns:
        order -> predictions, arrays of shape (places,).
    """
    places = len(windows.ends)
    by_order = {
        order: Predictions(
            np.empty(places, np.float32),
            np.empty(places, np.float32),
            np.empty(places, np.uint8),
            np.empty(places, np.float32),
        )
        for order in orders
    }
    column_of = model.vocabulary.column(model.vocabulary.code_of)
    with progress(places * len(orders), f"{len(orders)} n-gram models", "bytes") as bar:
        for rows, order, mixture in mixtures(model, windows, orders):
            _predict(by_order[order], rows, mixture, column_of[text[rows]], column_of[:symbols])
            bar.update(len(mixture))
    return by_order


def _predict(
    into: Predictions,
    rows: slice,
    mixture: Floats,
    came: npt.NDArray[np.integer],
    columns: npt.NDArray[np.integer],
) -> None:
    """Fill in the predictions of a block of places.

    Args:
        into: of all places.
        rows: the places of the block.
        mixture: their distributions, shape (block, codes).
        came: column of the symbol that came at each place, shape (block,).
        columns: those of the K symbols, shape (K,).
    """
    block = np.arange(len(mixture))
    into.probability[rows] = mixture[block, came]
    weights = mixture[:, columns]
    total = weights.sum(axis=1)
    top = weights.argmax(axis=1)
    into.top[rows] = top
    into.top_probability[rows] = weights[block, top] / total
    # H = log S − Σ w log w / S for weights w of sum S; where a weight is 0, w log w is 0.
    logs = np.log(np.maximum(weights, np.finfo(float).tiny))
    logs *= weights
    into.entropy[rows] = np.maximum(np.log(total) - logs.sum(axis=1) / total, 0)
