"""Intervals over trainings from several seeds.

Two or three trainings tell little of their spread, so it is pooled over networks that are alike.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np


def pooled_variance(values: Sequence[np.ndarray]) -> tuple[np.ndarray, int]:
    """The variance of one training and its degrees of freedom, pooled over networks.

    Args:
        values: of each network, (trainings, ...): what was measured, one row per training.

    Returns:
        Variances, (...), NaN where no network was trained twice; and the degrees of freedom.

    Example:
        >>> variance, freedom = pooled_variance([np.array([1.0, 3.0]), np.array([5.0, 5.0])])
        >>> float(variance), freedom
        (1.0, 2)
    """
    freedom = sum(len(own) - 1 for own in values)
    squares = np.sum([((own - own.mean(0)) ** 2).sum(0) for own in values], axis=0)
    return (squares / freedom if freedom else np.full_like(squares, np.nan)), freedom


def half_width(variance: float, freedom: float) -> float:
    """Half of a 95 % t-interval for a mean, in the unit of its standard error.

    Args:
        variance: of the mean, squared standard error.
        freedom: degrees of freedom behind it.

    Example:
        >>> round(half_width(0.01**2 / 3, 6), 4)
        0.0141
    """
    from scipy.stats import t

    return float(t.ppf(0.975, freedom)) * math.sqrt(variance) if freedom else math.nan
