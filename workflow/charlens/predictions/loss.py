"""The loss of each test character, and bootstrap errors of a mean over them.

The paper estimates the error of a test loss by a bootstrap over characters (section 4.1 and caption
of Figure 1). Here whole streams are resampled, because losses of neighbours depend on each other.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from charlens.errors import CharlensError

_CELLS = 1 << 20  # numbers of draws held at a time, over all runs

FEWEST_RUNS = 30
"""Runs below which streams are cut into blocks: the spread of fewer is itself a guess."""


def losses(probability: np.ndarray) -> np.ndarray:
    """Loss of each character in nats, float64, same shape; infinite where the probability is 0."""
    with np.errstate(divide="ignore"):
        return -np.log(probability.astype(np.float64))


def losses_of(columns: Mapping[str, np.ndarray]) -> np.ndarray:
    """The same of columns of a probabilities file: by ``log_probability``, where there is one."""
    if "log_probability" in columns:
        return -columns["log_probability"]
    return losses(columns["probability"])


def bootstrap_sd(
    values: np.ndarray, stream: np.ndarray, n: int, generator: np.random.Generator
) -> float:
    """Standard deviation of the mean of ``values`` (same unit), from ``n`` resamples of runs.

    A run is a whole stream (:func:`runs`). Losses inside one depend on each other, so resampling
    single characters, as the paper did, gives an error two to four times too small.

    Args:
        values: shape (characters,), in the order of the text.
        stream: which stream each lies in, shape (characters,), any whole numbers.
        n: number of resamples, each of as many runs as there are.
        generator: its state decides the resamples; see :mod:`charlens.runtime.randomness`.

    Returns:
        NaN where a value is infinite, or where there is a single run: such a mean has no spread.

    Raises:
        CharlensError: fewer than two resamples or no values.

    Example:
        >>> import numpy as np
        >>> loss, stream = np.repeat([1.0, 2.0], 500), np.zeros(1000, int)
        >>> round(bootstrap_sd(loss, stream, 100, np.random.default_rng(1)), 2)
        0.09
    """
    if n < 2:
        raise CharlensError(
            f"bootstrap: expected at least 2 resamples, found {n}; raise the number"
        )
    if np.size(values) == 0:
        raise CharlensError("bootstrap: expected at least one character, found none")
    if not np.isfinite(values).all():
        return float("nan")
    edges = runs(stream)
    count = len(edges) - 1
    if count < 2:
        return float("nan")
    values = np.asarray(values, np.float64)
    sums = np.add.reduceat(values - values.mean(), edges[:-1])
    lengths = np.diff(edges).astype(np.float64)
    means = np.empty(n)
    step = max(1, _CELLS // count)
    for start in range(0, n, step):
        size = min(step, n - start)
        drawn = generator.multinomial(count, np.full(count, 1 / count), size=size)
        times = drawn.astype(np.float64)  # how often each run is in each resample
        means[start : start + size] = (times @ sums) / (times @ lengths)
    return float(np.std(means, ddof=1))


def run_of(stream: np.ndarray) -> np.ndarray:
    """Which of the :func:`runs` each character lies in, from 0, int64 (characters,)."""
    lengths = np.diff(runs(stream))
    return np.repeat(np.arange(len(lengths)), lengths)


def runs(stream: np.ndarray) -> np.ndarray:
    """Edges of the runs of neighbouring characters that a bootstrap resamples.

    Each stream is one run. Where there are fewer than :data:`FEWEST_RUNS`, each stream is cut into
    equal blocks, as many as it takes; a file that tells no streams apart is one stream.

    Args:
        stream: which stream each character lies in, shape (characters,), any whole numbers.

    Returns:
        Ascending int64 array of shape (runs + 1,), from 0 to the number of characters.
    """
    inner = np.flatnonzero(np.diff(np.asarray(stream, np.int64))) + 1
    edges = np.concatenate(([0], inner, [len(stream)]))
    blocks = -(-FEWEST_RUNS // (len(edges) - 1))
    if blocks > 1:
        edges = np.unique(np.linspace(edges[:-1], edges[1:], blocks + 1).astype(np.int64))
    return edges
