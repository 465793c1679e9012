"""Modified Kneser-Ney estimates of every order from one sorted list of suffixes.

The n-grams of length k are the runs of rows whose common prefix with the row before is at least k:
a run's length is the n-gram's count. Its continuation count, the number of different symbols that
stand before it, is a sum over the same rows: a row is the first of its run among the rows with
one symbol more on the left exactly when, seen from that longer suffix, the common prefix with the
row before is at most k. That prefix (``left``) is gathered once; then every order is one scan.

Chen & Goodman, *An empirical study of smoothing techniques for language modeling*, 1999;
Heafield et al., *Scalable modified Kneser-Ney language model estimation*, 2013 (KenLM's lmplz,
whose conventions this module follows to the letter).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

CONTINUATION, RAW = 0, 1
"""Kinds of count: all orders but a model's highest use the first, the highest the second."""

FALLBACK = (0.0, 0.5, 1.0, 1.5)
"""Discounts of an order whose counts of counts give none (KenLM's ``--discount_fallback``)."""

SENTENCE_END, SENTENCE_START, FIRST_BYTE = 0, 1, 2
"""Codes of ``</s>``, ``<s>``, and of the first symbol of the vocabulary."""

Bytes = npt.NDArray[np.uint8]
Indices = npt.NDArray[np.integer]


def counts_of_counts(
    codes: npt.NDArray[np.unsignedinteger],
    prefix: Bytes,
    left: Bytes,
    max_order: int,
    counted: Callable[[], object] = lambda: None,
) -> npt.NDArray[np.int64]:
    """Count the n-grams of each length that occur once, twice, three and four times.

    Args:
        codes: the text between sentence start and end, shape (n,).
        prefix: common prefix of each suffix with the one before, shape (n,).
        left: the same for the suffixes one symbol longer, shape (n,).
        max_order: the longest n-grams.
        counted: called after each length.

    Returns:
        int64, shape (2, max_order, 5): kind, length − 1, count (0 is not used). Continuation
        counts of the longest are not needed and left at 0.
    """
    histograms = np.zeros((2, max_order, 5), dtype=np.int64)
    for kind, counts in enumerate(unigram_counts(codes, prefix, left)):
        histograms[kind, 0] = _histogram(np.delete(counts, SENTENCE_START))
    counted()
    rows = len(prefix)
    for order in range(2, max_order + 1):
        # A context that occurs once makes one n-gram that occurs once: count it, drop its row.
        first = prefix < order - 1
        alone = first & np.append(first[1:], True)
        prefix, left = prefix[~alone], left[~alone]
        ends_too_early = min(order - 1, rows)  # suffixes shorter than the n-grams
        once = rows - len(prefix) - ends_too_early
        children = np.flatnonzero(prefix < order)
        raw = np.diff(children, append=len(prefix))
        histograms[RAW, order - 1] = _histogram(raw)
        histograms[RAW, order - 1, 1] += once
        if order < max_order:
            histograms[CONTINUATION, order - 1] = _histogram(_sums(left <= order, children))
            histograms[CONTINUATION, order - 1, 1] += once
        counted()
    histograms[:, :, 0] = 0
    return histograms


def unigram_counts(
    codes: npt.NDArray[np.unsignedinteger], prefix: Bytes, left: Bytes
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Continuation and raw count of each single symbol; ``<s>`` counts 0 as it is never predicted.

    Returns:
        Two int64 arrays, shape (codes,).
    """
    raw = np.bincount(codes)
    children = np.flatnonzero(prefix < 1)
    continuation = _sums(left <= 1, children).astype(np.int64)
    raw[SENTENCE_START] = continuation[SENTENCE_START] = 0
    return continuation, raw


def _histogram(counts: Indices) -> list[int]:
    return [0, *(int(np.count_nonzero(counts == count)) for count in range(1, 5))]


def _sums(flags: npt.NDArray[np.bool_], first: Indices) -> npt.NDArray[np.int32]:
    """Number of flags set in each run; ``first`` is the start of every run, the first at 0."""
    if len(first) == 0:
        return np.zeros(0, dtype=np.int32)
    return np.add.reduceat(flags.view(np.uint8), first, dtype=np.int32)


def follow_last_ngrams(
    counts: npt.NDArray[np.int64], codes: npt.NDArray[np.unsignedinteger]
) -> None:
    """Repeat KenLM's quirk in the counts of counts, in place.

    KenLM reads the n-grams sorted from their last word back, words numbered by first appearance.
    The very last n-gram of each lower order enters the counts of counts with its raw count in
    place of its adjusted count (the adjusted count itself is right wherever it is used).

    Args:
        counts: as from :func:`counts_of_counts`.
        codes: the text between sentence start and end, shape (n,).
    """
    text = codes[:-1]
    if len(text) == 1:
        return  # without words there are no lower orders but that of </s>, counted 1 both ways
    symbols, first_at = np.unique(text, return_index=True)
    number = np.zeros(int(symbols[-1]) + 1, dtype=np.int64)
    number[symbols] = first_at  # <s> comes first, so its number is the smallest
    last = symbols[np.argmax(first_at)]
    ends = np.flatnonzero(text == last)
    for order in range(1, counts.shape[1]):
        before = text[ends - order]
        adjusted, raw = len(np.unique(before)), len(ends)
        _move(counts[CONTINUATION, order - 1], adjusted, raw)
        ends = ends[before == before[np.argmax(number[before])]]
        if ends[0] == order:
            return  # the n-gram now starts with <s>: raw and adjusted counts are one


def _move(histogram: npt.NDArray[np.int64], old: int, new: int) -> None:
    if old < 5:
        histogram[old] -= 1
    if new < 5:
        histogram[new] += 1


def discounts(counts: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.float64], bool]:
    """Discounts of one order from its counts of counts (Chen & Goodman, equation 26).

    KenLM computes in single precision and tests the rounded discounts against their range, so the
    same operations are done in the same precision.

    Args:
        counts: int, shape (5,): number of n-grams with count 0 (ignored), 1, 2, 3, 4.

    Returns:
        float64, shape (4,): taken off a count of 0, 1, 2, and 3 or more; and whether these are
        the :data:`FALLBACK` because a count is missing or a discount falls outside [0, count].
    """
    n = np.asarray(counts).astype(np.float32)
    if (n[1:4] == 0).any():
        return np.array(FALLBACK), True
    y = n[1] / np.float32(float(counts[1]) + 2.0 * float(counts[2]))
    amounts = np.zeros(4, dtype=np.float32)
    for j in (1, 2, 3):
        amounts[j] = np.float32(j) - np.float32(j + 1) * y * n[j + 1] / n[j]
    if (amounts < 0).any() or (amounts > np.arange(4)).any():
        return np.array(FALLBACK), True
    return amounts.astype(np.float64), False


@dataclass(frozen=True)
class Level:
    """The contexts of one length that a query meets, and what follows them in the text.

    Contexts and n-grams (a context and one symbol more) are numbered in sorted order; the n-grams
    of context c are ``first[c]`` … ``first[c + 1]``.
    """

    length: int  # of the contexts
    start: npt.NDArray[np.int32]  # (s,): suffixes of the query that begin with a known context
    context: Indices  # (s,): its number
    ngram: Indices  # (s,): the number of the n-gram they begin with, or −1 if it is unknown
    first: Indices  # (contexts + 1,)
    counts: tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]  # (n-grams,) by kind
    rows: npt.NDArray[np.int32]  # (n-grams,): a row of the suffix array that begins with each

    def estimate(
        self, kind: int, discount: npt.NDArray[np.float64]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Discounted relative frequency of each n-gram, and the mass each context has left.

        Args:
            kind: :data:`CONTINUATION` or :data:`RAW`.
            discount: of the n-grams' order, as from :func:`discounts`.

        Returns:
            Two float64 arrays, shapes (n-grams,) and (contexts,): P(symbol | context) is the
            first plus the second times P(symbol | the context less its first symbol).
        """
        counts, first = self.counts[kind], self.first[:-1]
        if len(first) == 0:
            return np.zeros(0), np.zeros(0)
        total = np.add.reduceat(counts, first, dtype=np.int64)
        off = discount[np.minimum(counts, 3)]
        sizes = np.diff(self.first)
        return (counts - off) / np.repeat(total, sizes), np.add.reduceat(off, first) / total


def levels(
    prefix: Bytes,
    left: Bytes,
    start: npt.NDArray[np.int32],
    row: Indices,
    length: Bytes,
    stop: int,
) -> Iterator[Level]:
    """Walk down the n-grams, one length after another, keeping only what the query meets.

    Example: the text ``banana`` between ``^`` (<s>) and ``$`` (</s>), and the query ``an``. Its
    suffix ``an`` agrees with row 3 in two symbols, its suffix ``n`` with row 6 in one::

        row     0   1        2   3     4       5        6    7
        suffix  $   ^banana$ a$  ana$  anana$  banana$  na$  nana$
        prefix  0   0        0   1     3       0        0    2

    Contexts of one symbol are runs of rows with the same first symbol: they begin where ``prefix``
    is below 1, at rows 0, 1, 2, 5 and 6. The query meets two of them, ``a`` (rows 2 to 4) and ``n``
    (rows 6 and 7); the other rows are dropped. Among the rows that remain, n-grams of two symbols
    begin where ``prefix`` is at most 1: ``a$`` (once), ``an`` (twice) and ``na`` (twice). The query
    begins with the n-gram ``an`` in the context ``a``; its last suffix ends with the context ``n``,
    so its n-gram is −1. The n-grams are the contexts of the next length.

    Args:
        prefix: common prefix of each suffix of the text with the one before, shape (n,).
        left: the same for the suffixes one symbol longer, shape (n,).
        start: suffixes of the query, shape (m,), in the order of ``row``.
        row: a row of the text that agrees longest with each of them, ascending, shape (m,).
        length: how many symbols agree, shape (m,).
        stop: contexts of 1, 2, … ``stop − 1`` symbols are yielded.

    Yields:
        One :class:`Level` for every length.
    """
    rows = np.arange(len(prefix), dtype=np.int32)
    begin: Indices = np.flatnonzero(prefix < 1)  # of the runs, which are the contexts
    run = np.searchsorted(begin, row, side="right") - 1
    for size in range(1, stop):
        known = length >= size
        start, length, row, run = start[known], length[known], row[known], run[known]
        met, row = _keep_met(begin, len(prefix), run, row)
        prefix, left, rows = prefix[met], left[met], rows[met]
        begin, first = _split_runs(prefix, size)
        run = np.searchsorted(begin, row, side="right") - 1
        yield Level(
            length=size,
            start=start,
            context=np.searchsorted(first, run, side="right") - 1,
            ngram=np.where(length > size, run, -1),
            first=np.append(first, len(begin)),
            counts=(_sums(left <= size + 1, begin), np.diff(begin, append=len(prefix))),
            rows=rows[begin],
        )


def _keep_met(
    begin: Indices, count: int, run: Indices, row: Indices
) -> tuple[npt.NDArray[np.bool_], Indices]:
    """Choose the runs of rows that some suffix of the query lies in.

    Args:
        begin: first row of each run, shape (runs,).
        count: number of rows.
        run: the run that each suffix of the query lies in, shape (m,).
        row: its row, shape (m,).

    Returns:
        Whether each row is kept, (count,), and the rows of the suffixes among those kept, (m,).
    """
    sizes = np.diff(begin, append=count)
    met = np.zeros(len(begin), dtype=bool)
    met[run] = True
    kept_sizes = np.where(met, sizes, 0)
    begin_among_kept = np.cumsum(kept_sizes) - kept_sizes
    return np.repeat(met, sizes), row - begin[run] + begin_among_kept[run]


def _split_runs(prefix: Bytes, size: int) -> tuple[Indices, Indices]:
    """Split runs that share ``size`` symbols into runs that share one more.

    Returns:
        The first row of each new run, and the first new run of each old one.
    """
    begin = np.flatnonzero(prefix <= size)
    return begin, np.flatnonzero(prefix[begin] < size)
