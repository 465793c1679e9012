"""Resampling whole streams of text, and intervals from it.

Neighbouring characters are not independent, so streams are resampled and not characters (a cluster
bootstrap). One set of resamples for all that is compared keeps differences paired.
"""

from __future__ import annotations

import numpy as np

COVERED = (2.5, 97.5)
"""Percentiles at the ends of an interval."""


def resample_streams(streams: int, count: int, generator: np.random.Generator) -> np.ndarray:
    """How often each stream is drawn in each resample, float64 (count, streams).

    One stream leaves nothing to draw from: the result then has no rows.

    Args:
        streams: how many there are; as many are drawn, with replacement.
        count: resamples.
        generator: draws them.

    Example:
        >>> resample_streams(4, 2, np.random.default_rng(0)).sum(axis=1).tolist()
        [4.0, 4.0]
    """
    if streams < 2:
        return np.zeros((0, streams))
    shares = np.full(streams, 1 / streams)
    return generator.multinomial(streams, shares, size=count).astype(np.float64)


def interval(values: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the 95 % interval of resampled values.

    Args:
        values: with the resamples along one axis. A resample without what is measured is NaN and
            left out.
        axis: that of the resamples.

    Returns:
        Low and high, without that axis; NaN where no resample measured anything.
    """
    shape = np.delete(np.array(values.shape), axis)
    if values.shape[axis] == 0:
        return np.full(shape, np.nan), np.full(shape, np.nan)
    empty = np.isnan(values).all(axis, keepdims=True)
    low, high = np.nanpercentile(np.where(empty, 0.0, values), COVERED, axis=axis)
    empty = empty.squeeze(axis)
    return np.where(empty, np.nan, low), np.where(empty, np.nan, high)
