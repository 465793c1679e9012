"""The area under the ROC curve where examples lie in streams: exact, and in every resample."""

from __future__ import annotations

import numpy as np


def wins(
    positive: np.ndarray,
    positive_stream: np.ndarray,
    negative: np.ndarray,
    negative_stream: np.ndarray,
    streams: int,
) -> np.ndarray:
    """Pairs of a positive and a negative in which the positive scores higher, ties counted half.

    Args:
        positive: scores, (p,).
        positive_stream: int64 (p,).
        negative: scores, (n,).
        negative_stream: int64 (n,).
        streams: how many there are.

    Returns:
        float64 (streams, streams): by the stream of the positive and that of the negative. The
        AUC is its sum over p·n, and that of a resample its weighted sum.
    """
    result = np.zeros((streams, streams))
    for stream in np.unique(negative_stream):
        scores = np.sort(negative[negative_stream == stream])
        below = np.searchsorted(scores, positive, "left")
        not_above = np.searchsorted(scores, positive, "right")
        won = (below + not_above) / 2
        result[:, stream] = np.bincount(positive_stream, won, minlength=streams)
    return result


def areas(
    pairs: np.ndarray, positives: np.ndarray, negatives: np.ndarray, drawn: np.ndarray
) -> np.ndarray:
    """AUC in each resample of streams, float64 (resamples,); NaN where a class is empty.

    Args:
        pairs: of :func:`wins`.
        positives: by stream, (streams,).
        negatives: by stream, (streams,).
        drawn: how often each stream is drawn, (resamples, streams).
    """
    won = np.einsum("ri,ij,rj->r", drawn, pairs, drawn, optimize=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        return won / ((drawn @ positives) * (drawn @ negatives))
