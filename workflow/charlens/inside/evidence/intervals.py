"""Intervals of scores, by resampling streams: characters of one stream are not independent."""

from __future__ import annotations

import numba
import numpy as np

BINS = 1000
"""Bins of the histograms of values from −1 to 1; values in one bin count as tied."""


def correlations(values: np.ndarray, labels: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Pearson's r of every resample.

    Args:
        values: of cells, (cells, streams, length).
        labels: of concepts, numbers (concepts, streams, length).
        draws: how often each stream is drawn, (R, streams).

    Returns:
        float64 (cells, concepts, R); NaN where either is constant.
    """
    x, y = values.astype(np.float64), labels.astype(np.float64)
    # About their means, or sums of squares would lose the digits that differ.
    x -= x.mean((1, 2), keepdims=True)
    y -= y.mean((1, 2), keepdims=True)
    n = draws.sum(1) * x.shape[2]
    sum_x, sum_xx = x.sum(2) @ draws.T, (x * x).sum(2) @ draws.T  # (cells, R)
    sum_y, sum_yy = y.sum(2) @ draws.T, (y * y).sum(2) @ draws.T
    by_stream = np.einsum("xil,yil->xyi", x, y, optimize=True)
    covariance = by_stream @ draws.T - sum_x[:, None] * sum_y / n
    spread = (sum_xx - sum_x**2 / n)[:, None] * (sum_yy - sum_y**2 / n)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(spread > 0, np.clip(covariance / np.sqrt(spread), -1, 1), np.nan)


def areas(values: np.ndarray, labels: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Area under the ROC curve of every resample.

    Args:
        values: of cells, from −1 to 1, (cells, streams, length).
        labels: of concepts, bool (concepts, streams, length).
        draws: how often each stream is drawn, (R, streams).

    Returns:
        float64 (cells, concepts, R); NaN where a concept is constant.
    """
    bins = np.clip(((values + 1) * (BINS / 2)).astype(np.int64), 0, BINS - 1)
    yes = labels.sum(2) @ draws.T  # (concepts, R)
    pairs = yes * ((~labels).sum(2) @ draws.T)
    scores = np.full((len(values), len(labels), len(draws)), np.nan)
    for cell, of_cell in enumerate(bins):
        for concept, label in enumerate(labels):
            positive, negative = _histograms(of_cell, label)
            below = negative.cumsum(1) - negative / 2  # wins of a "yes" in each bin
            wins = positive @ below.T  # (streams, streams)
            won = np.einsum("ri,ri->r", draws @ wins, draws)
            np.divide(won, pairs[concept], out=scores[cell, concept], where=pairs[concept] > 0)
    return scores


@numba.njit(cache=True)
def _histograms(bins: np.ndarray, label: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Counts of "yes" and of "no" by stream and bin, float64 (streams, BINS) each."""
    positive, negative = np.zeros((len(bins), BINS)), np.zeros((len(bins), BINS))
    for stream in range(len(bins)):
        for t in range(bins.shape[1]):
            if label[stream, t]:
                positive[stream, bins[stream, t]] += 1
            else:
                negative[stream, bins[stream, t]] += 1
    return positive, negative


def quantiles(values: np.ndarray, shares: tuple[float, ...]) -> tuple[float, ...]:
    """Quantiles of the numbers among some values; NaN where there are none."""
    known = values[~np.isnan(values)]
    return tuple(float(np.quantile(known, q)) if len(known) else np.nan for q in shares)
