"""The loss of each test character, and bootstrap errors of a mean over them.

The bootstrap is that of the paper (section 4.1 and caption of Figure 1).
"""

from __future__ import annotations

import numpy as np

from charlens.errors import CharlensError

_CHUNK = 8192  # characters drawn at a time: small enough for the processor's nearest cache


def losses(probability: np.ndarray) -> np.ndarray:
    """Loss of each character in nats, float64, same shape; infinite where the probability is 0."""
    with np.errstate(divide="ignore"):
        return -np.log(probability.astype(np.float64))


def bootstrap_means(values: np.ndarray, n: int, generator: np.random.Generator) -> np.ndarray:
    """Means of ``n`` resamples of ``values``, each drawn with replacement and as long as it.

    Characters are resampled one by one, as in the paper. Losses of neighbouring characters are
    correlated, so the true uncertainty of a test set's mean is somewhat larger.

    Args:
        values: shape (characters,), any real dtype.
        n: number of resamples.
        generator: its state decides the resamples; see :mod:`charlens.runtime.randomness`.

    Returns:
        float64 array of shape (n,). Memory does not grow with ``n``.
    """
    values = np.ascontiguousarray(values, dtype=np.float64)
    size = values.size
    means = np.empty(n)
    for i in range(n):
        total = 0.0
        for start in range(0, size, _CHUNK):
            drawn = generator.integers(size, size=min(_CHUNK, size - start))
            total += values.take(drawn).sum()
        means[i] = total / size
    return means


def bootstrap_sd(values: np.ndarray, n: int, generator: np.random.Generator) -> float:
    """Standard deviation of the mean of ``values`` (same unit), from ``n`` resamples.

    NaN where a value is infinite: such a mean has no spread.

    Raises:
        CharlensError: fewer than two resamples or no values.
    """
    if n < 2:
        raise CharlensError(
            f"bootstrap: expected at least 2 resamples, found {n}; raise the number"
        )
    if np.size(values) == 0:
        raise CharlensError("bootstrap: expected at least one character, found none")
    if not np.isfinite(values).all():
        return float("nan")
    return float(np.std(bootstrap_means(values, n, generator), ddof=1))
