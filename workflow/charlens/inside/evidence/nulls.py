"""What chance would give: the labels of one stream beside the cells of another.

Values of a cell follow one another smoothly, and so do labels. Two unrelated smooth series
correlate by chance, so a null that shuffles characters calls nearly every cell significant. Whole
streams are exchangeable instead: permuting them keeps everything within a stream on both sides
(Harris 2020, *Nonsense correlations in neuroscience*).

For a cell with weights a (standardised values for Pearson's r, mid-ranks for the area under the ROC
curve) and labels b, S[i, j] = Σ_t a[i, t] b[j, t] is all that is needed: the statistic is the trace
of S, and under a permutation π it is Σ_i S[i, π(i)].
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from scipy import stats

from charlens.inside.cells.concepts import AUC, CORRELATION

FEWEST_STREAMS = 20
"""In both halves together. Fewer give too few permutations, and intervals that mean little."""


def weights_of(values: np.ndarray, measure: str) -> np.ndarray:
    """What a label is summed over: standardised values, or mid-ranks.

    Args:
        values: of cells, (cells, streams, length).
        measure: ``correlation`` or ``auc``.

    Returns:
        float64 of the same shape; NaN for a constant cell.
    """
    flat = values.reshape(len(values), -1).astype(np.float64)
    constant = flat.min(1) == flat.max(1)
    if measure == AUC:
        weights = stats.rankdata(flat, axis=1)
    else:
        deviations = flat - flat.mean(1, keepdims=True)
        spread = np.sqrt(np.mean(deviations**2, 1, keepdims=True))
        weights = deviations / np.where(spread > 0, spread, 1.0)
    weights[constant] = np.nan
    return weights.reshape(values.shape)


@dataclass(frozen=True)
class Measured:
    """Labels of some concepts of one measure, ready to be summed.

    Attributes:
        measure: ``correlation`` or ``auc``.
        labels: float64 (concepts, streams, length): standardised, or 0 and 1.
    """

    measure: str
    labels: np.ndarray

    @classmethod
    def of(cls, labels: np.ndarray) -> Measured:
        """Prepare labels of one kind, bool or numbers, (concepts, streams, length)."""
        if labels.dtype == bool:
            return cls(AUC, labels.astype(np.float64))
        return cls(CORRELATION, weights_of(labels, CORRELATION))

    def products(self, weights: np.ndarray) -> np.ndarray:
        """S of every cell and concept, float64 (cells, concepts, streams, streams).

        Args:
            weights: of the cells, (cells, streams, length).
        """
        cells, streams, length = weights.shape
        flat = weights.reshape(-1, length) @ self.labels.reshape(-1, length).T
        return flat.reshape(cells, streams, -1, streams).transpose(0, 2, 1, 3)

    def scores(self, sums: np.ndarray) -> np.ndarray:
        """Pearson's r or the AUC from statistics, as :func:`scores`.

        Args:
            sums: (cells, concepts, ...), each a sum of products.
        """
        positive = self.labels.sum((1, 2)).reshape(-1, *[1] * (sums.ndim - 2))
        return scores(self.measure, sums, self.labels[0].size, positive)

    def strengths(self, scores: np.ndarray) -> np.ndarray:
        """|r|, or |2 AUC − 1|: 0 unrelated, 1 perfect."""
        return strengths(self.measure, scores)


def scores(measure: str, sums: np.ndarray, positions: int, positive: np.ndarray) -> np.ndarray:
    """Pearson's r or the AUC from statistics.

    Args:
        measure: ``correlation`` or ``auc``.
        sums: of the products of weights and labels.
        positions: that were summed over.
        positive: how many of them have each label, of a shape that goes with ``sums``; for AUCs.

    Returns:
        The shape of ``sums``; NaN where a cell or a label is constant.
    """
    if measure == CORRELATION:
        return sums / positions
    pairs = positive * (positions - positive)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(pairs > 0, (sums - positive * (positive + 1) / 2) / pairs, np.nan)


def strengths(measure: str, scores: np.ndarray) -> np.ndarray:
    """|r|, or |2 AUC − 1|: 0 unrelated, 1 perfect."""
    return np.abs(scores) if measure == CORRELATION else np.abs(2 * scores - 1)


def z_scores(products: np.ndarray) -> np.ndarray:
    """How many standard deviations each statistic is from its mean over all permutations.

    Exact mean and variance in closed form (Hoeffding 1951), without sampling.

    Args:
        products: S, (..., streams, streams).

    Returns:
        (...); NaN where all permutations give the same.
    """
    n = products.shape[-1]
    rows, columns = products.mean(-1, keepdims=True), products.mean(-2, keepdims=True)
    deviations = products - rows - columns + products.mean((-2, -1), keepdims=True)
    variance = (deviations**2).sum((-2, -1)) / (n - 1)
    expected = products.sum((-2, -1)) / n
    statistic = np.trace(products, axis1=-2, axis2=-1)
    # Differences of sums cannot tell a smaller spread from rounding.
    certain = variance > 1e-18 * (products**2).sum((-2, -1))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(certain, (statistic - expected) / np.sqrt(variance), np.nan)


def permutations(streams: int, count: int, generator: np.random.Generator) -> np.ndarray:
    """Random permutations of the streams, int64 (count, streams), one set for all cells."""
    return np.array([generator.permutation(streams) for _ in range(count)], np.int64)


@numba.njit(cache=True)
def permuted_sums(products: np.ndarray, permutations: np.ndarray) -> np.ndarray:
    """Statistics under permutations.

    Args:
        products: S, float64 (pairs, streams, streams).
        permutations: int64 (P, streams).

    Returns:
        float64 (pairs, P).
    """
    pairs, streams, _ = products.shape
    sums = np.empty((pairs, len(permutations)))
    for pair in range(pairs):
        for p in range(len(permutations)):
            total = 0.0
            for i in range(streams):
                total += products[pair, i, permutations[p, i]]
            sums[pair, p] = total
    return sums


def p_values(observed: np.ndarray, permuted: np.ndarray) -> np.ndarray:
    """Share of permutations at least as strong as what was observed, which counts as one of them.

    Args:
        observed: strengths, (...).
        permuted: strengths under P permutations, (..., P).

    Returns:
        (...), from 1 / (P + 1) to 1; NaN where nothing was observed.
    """
    # Sums in another order differ in their last digits.
    as_strong = (permuted >= observed[..., None] * (1 - 1e-12)).sum(-1)
    share = (1 + as_strong) / (1 + permuted.shape[-1])
    return np.where(np.isnan(observed), np.nan, share)


def two_sided_tail(z: np.ndarray) -> np.ndarray:
    """Probability of a normal deviate at least as far from 0."""
    return 2 * stats.norm.sf(np.abs(z))


def false_discovery_rates(p: np.ndarray) -> np.ndarray:
    """Benjamini and Hochberg's q of each p; NaN stays NaN and counts for nothing.

    Their procedure holds for tests that depend on each other positively, as these do: cells of one
    network, concepts of one text.
    """
    q = np.full(p.shape, np.nan)
    known = ~np.isnan(p)
    if known.any():
        q[known] = stats.false_discovery_control(p[known])
    return q
