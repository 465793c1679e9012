"""Intervals of means over characters that lie in streams of text, the streams resampled."""

from __future__ import annotations

import numpy as np

from charlens.runtime import resampling


def sums(values: np.ndarray, stream: np.ndarray, streams: int) -> np.ndarray:
    """Sums of rows by stream, float64 (streams, columns).

    Args:
        values: (rows, columns).
        stream: of each row, int64 (rows,).
        streams: how many there are.
    """
    result = np.zeros((streams, values.shape[1]))
    np.add.at(result, stream, values)
    return result


def resampled_means(values: np.ndarray, stream: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """Means over all rows in each resample, float64 (n, columns); NaN where none was drawn.

    Args:
        values: (rows, columns).
        stream: of each row, int64 (rows,).
        drawn: of :func:`charlens.runtime.resampling.resample_streams`, (n, streams).
    """
    streams = drawn.shape[1]
    count = np.bincount(stream, minlength=streams)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (drawn @ sums(values, stream, streams)) / (drawn @ count)[:, None]


def interval(resampled: np.ndarray, stream: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the 95 % interval of each column; NaN where the rows are of a single stream.

    Args:
        resampled: a quantity in each resample, (n, columns).
        stream: of each row behind it, int64 (rows,).
    """
    if len(np.unique(stream)) < 2:
        nothing = np.full(resampled.shape[1], np.nan)
        return nothing, nothing
    return resampling.interval(resampled, axis=0)
