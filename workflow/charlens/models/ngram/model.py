"""n-gram language models of every order from one fit: modified Kneser-Ney, as KenLM's lmplz has it.

An order-N model predicts a byte from the N − 1 bytes before it. One sorted list of the suffixes of
the training text (:mod:`charlens.models.ngram.suffix_array`) gives the counts of all orders at
once, and a text is scored at all orders in one walk (:mod:`charlens.models.ngram.kneser_ney`); no
table of n-grams is kept.

The numbers are KenLM's (lmplz without pruning, ``--discount_fallback``, one token per byte):

* the training text is one sentence, ``<s>`` text ``</s>``; so is a text to be scored, whose end is
  not scored;
* the highest order uses raw counts, lower orders continuation counts, and n-grams that begin with
  ``<s>`` keep their raw counts;
* discounts D1, D2, D3+ come from the counts of counts of each order; where n1, n2 or n3 is 0 or a
  D lies outside [0, its count], that order takes 0.5, 1, 1.5, and the log says so;
* unigrams are interpolated with 1 / (V + 2): the V bytes seen, ``</s>`` and ``<unk>``; a byte never
  seen has the probability of ``<unk>``, and no context reaches back across it;
* the last n-gram of each lower order enters the counts of counts with its raw count: a quirk of
  KenLM, followed unless ``kenlm_quirk=False``
  (:func:`charlens.models.ngram.kneser_ney.follow_last_ngrams`).

KenLM keeps single precision, so the two agree to about 1e-6 in log10 at order 21.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from charlens.errors import CharlensError
from charlens.models.ngram.kneser_ney import (
    CONTINUATION,
    RAW,
    SENTENCE_START,
    Level,
    counts_of_counts,
    discounts,
    follow_last_ngrams,
    levels,
    unigram_counts,
)
from charlens.models.ngram.mixtures import Predictions, mixtures, over_symbols, predictions
from charlens.models.ngram.suffix_array import common_prefixes, locate, suffix_array
from charlens.models.ngram.symbols import (
    Codes,
    Text,
    Vocabulary,
    Windows,
    places_after,
    places_along,
    symbols_of,
)
from charlens.runtime.progress import progress

MAX_ORDER = 255
"""Common prefixes are kept in one byte."""

MAX_BYTES = 2**31 - 3
"""Rows are numbered in 32 bits; two of them are for the sentence's start and end."""

Floats = npt.NDArray[np.float64]

_log = logging.getLogger("charlens")


@dataclass(frozen=True, eq=False)
class NgramModel:
    """The n-gram models of orders 1 … ``max_order`` of one text.

    Made by :meth:`fit`, or :func:`charlens.models.ngram.file.load_ngram`.
    """

    text: npt.NDArray[np.uint8]  # (n,), the training text
    order: npt.NDArray[np.int32]  # (n + 2,), suffixes of <s> text </s>, sorted
    prefix: npt.NDArray[np.uint8]  # (n + 2,), symbols shared with the suffix before, capped
    left: npt.NDArray[np.uint8]  # (n + 2,), the same, seen from the suffix one symbol longer
    discounts: Floats  # (2, max_order, 4), by kind of count, order − 1, count
    metadata: Mapping[str, Any] = field(default_factory=dict)  # JSON-able provenance

    @classmethod
    def fit(
        cls,
        text: Text,
        max_order: int = 21,
        *,
        kenlm_quirk: bool = True,
        metadata: Mapping[str, Any] | None = None,
    ) -> NgramModel:
        """Index a text and estimate the discounts of every order.

        Args:
            text: bytes, or uint8 of shape (n,): byte values or vocabulary codes.
            max_order: the highest order, 1 … 255; memory and file do not grow with it.
            kenlm_quirk: follow KenLM in how the last n-grams enter the counts of counts.
            metadata: JSON-able provenance, kept in the model file.

        Raises:
            CharlensError: ``max_order`` out of range, or a text of another form or too long.
        """
        if not 1 <= max_order <= MAX_ORDER:
            raise CharlensError(f"n-gram max_order: expected 1 to {MAX_ORDER}, found {max_order}")
        text = symbols_of(text, "training text").copy()
        if len(text) > MAX_BYTES:
            raise CharlensError(
                f"training text: expected at most {MAX_BYTES:,} bytes, found {len(text):,}; use a "
                "shorter text"
            )
        codes = Vocabulary(np.unique(text)).sentence(text)
        with progress(max_order, f"n-grams of {len(text):,} characters", "order") as bar:
            _log.info("sorting the suffixes of %s characters", f"{len(text):,}")
            order = suffix_array(codes, max_order)
            _log.info("comparing suffixes, %d characters of each", max_order)
            prefix = common_prefixes(codes, order, max_order)
            left = _seen_from_the_left(order, prefix)
            counts = counts_of_counts(codes, prefix, left, max_order, bar.update)
        if kenlm_quirk:
            follow_last_ngrams(counts, codes)
        return cls(text, order, prefix, left, _discounts(counts), metadata or {})

    @property
    def max_order(self) -> int:
        """The highest order that can be asked."""
        return self.discounts.shape[1]

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The symbols of the training text."""
        return Vocabulary(np.unique(self.text))

    @cached_property
    def codes(self) -> Codes:
        """The training text as it is indexed: codes between ``<s>`` and ``</s>``, (n + 2,)."""
        return self.vocabulary.sentence(self.text)

    @cached_property
    def unigrams(self) -> tuple[Floats, Floats]:
        """P(code) by kind of count, shape (V + 2,): ``</s>``, ``<unk>`` (not ``<s>``), symbols."""
        tables = []
        for kind, counts in enumerate(unigram_counts(self.codes, self.prefix, self.left)):
            off = self.discounts[kind, 0][np.minimum(counts, 3)]
            tables.append((counts - off + off.sum() / len(counts)) / counts.sum())
        return tables[CONTINUATION], tables[RAW]

    def probabilities(self, text: Text, orders: Sequence[int] | None = None) -> Floats:
        """KenLM's probability of each symbol, at many orders in one pass.

        Args:
            text: the sequence to score, shape (n,); it begins a sentence. A split is its streams
                joined: the paper's Table 2 scores inputs (``rows[:, :-1].ravel()``), a
                probabilities file holds targets (``rows[:, 1:].ravel()``).
            orders: 1 … ``max_order`` by default.

        Returns:
            float64, shape (len(orders), n): P(symbol | the order − 1 symbols before it).

        Raises:
            CharlensError: an order out of range, or a text of another form.
        """
        orders = self._checked(orders)
        windows = places_along(self.vocabulary, symbols_of(text, "text to score"))
        scored = self.vocabulary.column(windows.codes[1:])
        chain, top = (table[scored] for table in self.unigrams)
        by_order = {1: top}
        for level in self.levels(windows, max(orders)):
            order = level.length + 1
            row = windows.place_of[level.start + level.length]
            inside = row >= 0
            row, context, ngram = row[inside], level.context[inside], level.ngram[inside]
            if order in orders:
                by_order[order] = chain.copy()
                by_order[order][row] = self._interpolated(level, RAW, context, ngram, chain[row])
            if order < max(orders):
                chain[row] = self._interpolated(level, CONTINUATION, context, ngram, chain[row])
        return np.stack([by_order[order] for order in orders])

    def _interpolated(
        self,
        level: Level,
        kind: int,
        context: npt.NDArray[np.integer],
        ngram: npt.NDArray[np.integer],
        lower: Floats,
    ) -> Floats:
        """P(symbol | context) from that of the context less its first symbol, shape (rows,)."""
        share, rest = level.estimate(kind, self.discounts[kind, level.length])
        values = rest[context] * lower
        known = ngram >= 0
        values[known] += share[ngram[known]]
        return values

    def distribution(
        self, contexts: Sequence[Text], order: int, symbols: int = 256, *, kenlm: bool = False
    ) -> Floats:
        """Distribution of the next symbol after each of several beginnings of a sentence.

        Args:
            contexts: texts of any lengths; the last ``order − 1`` symbols matter.
            order: of the model.
            symbols: K, the symbols are 0 … K − 1; one never seen has the probability of ``<unk>``.
            kenlm: give KenLM's own distribution, over the V symbols of ``vocabulary``, ``</s>``
                and ``<unk>``, in this order.

        Returns:
            float64, shape (len(contexts), K): P(symbol | context) without ``</s>`` and ``<unk>``,
            normalised over the K symbols. With ``kenlm`` (len(contexts), V + 2).
        """
        self._check_symbols(symbols)
        pieces = [symbols_of(context, "context") for context in contexts]
        windows = places_after(self.vocabulary, pieces)
        width = len(self.vocabulary.symbols) + 2 if kenlm else symbols
        result = np.empty((len(pieces), width))
        for rows, _, mixture in mixtures(self, windows, self._checked([order])):
            result[rows] = (
                np.roll(mixture, -2, axis=1)
                if kenlm
                else over_symbols(mixture, self.vocabulary, symbols)
            )
        return result

    def distributions(
        self, text: Text, orders: Sequence[int], symbols: int = 256
    ) -> Iterator[tuple[slice, int, Floats]]:
        """Predictive distributions along a sequence, some thousand rows at a time.

        Args:
            text: the sequence, shape (n,), as for :meth:`probabilities`.
            orders: of the models.
            symbols: K, as for :meth:`distribution`.

        Yields:
            Rows of the sequence, an order, and float64 of shape (rows, K): row i is P(symbol |
            ``text[:i]``), of sum 1. For every block of rows one triple per order.
        """
        self._check_symbols(symbols)
        windows = places_along(self.vocabulary, symbols_of(text, "text to score"))
        for rows, order, mixture in mixtures(self, windows, self._checked(orders)):
            yield rows, order, over_symbols(mixture, self.vocabulary, symbols)

    def predictions(
        self, text: Text, orders: Sequence[int], symbols: int = 256
    ) -> dict[int, Predictions]:
        """Columns of the probabilities files, without keeping any distribution.

        Args:
            text: the sequence, shape (n,), as for :meth:`probabilities`.
            orders: of the models.
            symbols: K, as for :meth:`distribution`.

        Returns:
            For each order the probability of each symbol (KenLM's value, as from
            :meth:`probabilities`), and entropy and most likely symbol of the distribution over K.
        """
        self._check_symbols(symbols)
        text = symbols_of(text, "text to score")
        windows = places_along(self.vocabulary, text)
        return predictions(self, windows, self._checked(orders), text, symbols)

    def levels(self, windows: Windows, stop: int) -> Iterator[Level]:
        """The contexts of 1 … ``stop − 1`` symbols that the windows meet."""
        desc = f"contexts in {len(windows.codes):,} characters"
        with progress(stop - 1, desc, "order") as bar:
            located = locate(self.codes, self.order, windows.codes, stop, SENTENCE_START)
            for level in levels(self.prefix, self.left, *located, stop):
                yield level
                bar.update()

    def _check_symbols(self, symbols: int) -> None:
        least = int(self.vocabulary.symbols.max(initial=0)) + 1
        if not least <= symbols <= 256:
            raise CharlensError(
                f"n-gram symbols: expected {least} to 256 (the training text has them), found "
                f"{symbols}; give the size of the corpus's vocabulary"
            )

    def _checked(self, orders: Sequence[int] | None) -> list[int]:
        if orders is None:
            return list(range(1, self.max_order + 1))
        for order in orders:
            if not 1 <= order <= self.max_order:
                raise CharlensError(
                    f"n-gram order: expected 1 to {self.max_order} (the model's max_order), found "
                    f"{order}; fit the model with a higher max_order"
                )
        if not len(orders):
            raise CharlensError("n-gram orders: expected at least one, found none")
        return [int(order) for order in orders]


def _seen_from_the_left(
    order: npt.NDArray[np.int32], prefix: npt.NDArray[np.uint8]
) -> npt.NDArray[np.uint8]:
    """``prefix`` at the row of the suffix that starts one symbol earlier; 0 for the whole text."""
    row_of = np.empty_like(order)
    row_of[order] = np.arange(len(order), dtype=np.int32)
    # Index −1 wraps to the last suffix (</s>), whose common prefix is 0.
    return prefix[row_of[order - 1]]


def _discounts(counts: npt.NDArray[np.int64]) -> Floats:
    """Discounts of every kind and order, shape (2, max_order, 4); fallbacks are logged."""
    result = np.zeros((2, counts.shape[1], 4))
    for kind, name in ((RAW, "highest"), (CONTINUATION, "lower")):
        fallen = []
        for index in range(counts.shape[1] - (kind == CONTINUATION)):
            result[kind, index], fallback = discounts(counts[kind, index])
            if fallback:
                fallen.append(str(index + 1))
        if fallen:
            _log.info(
                "n-gram discounts cannot be estimated, 0.5 1 1.5 taken instead, for order %s as "
                "the %s order of a model",
                ", ".join(fallen),
                name,
            )
    return result
