"""P-values of several tests at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def holm(p: Sequence[float]) -> np.ndarray:
    """P-values corrected for their number by Holm's step-down procedure (Holm 1979).

    Args:
        p: of each test; NaN where one could not be made, which then counts for nothing.

    Returns:
        float64 in the order of the tests; NaN stays NaN.

    Example:
        >>> holm([0.01, 0.04, 0.03]).tolist()
        [0.03, 0.06, 0.06]
    """
    values = np.asarray(p, float)
    corrected = np.full(len(values), np.nan)
    order = np.argsort(values, kind="stable")[: np.count_nonzero(~np.isnan(values))]
    factors = np.arange(len(order), 0, -1)
    corrected[order] = np.maximum.accumulate(values[order] * factors).clip(max=1.0)
    return corrected
