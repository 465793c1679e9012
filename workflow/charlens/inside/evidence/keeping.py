"""How long forget gates let cells keep a value."""

from __future__ import annotations

import numpy as np


class Keeping:
    """How much cells keep of their value, from their forget gates, window by window.

    A forget gate f, or of a GRU 1 − z, multiplies the old value at every step.
    """

    BINS = 4000
    """Of −ln f, from 1e-6 to 100, in equal steps of its logarithm: half-lives to 0.25 %."""

    _LOW, _HIGH = np.log(1e-6), np.log(100.0)

    def __init__(self, cells: int) -> None:
        self.steps = 0
        self.logarithm = np.zeros(cells)
        self.histogram = np.zeros((cells, self.BINS), np.int64)

    def add(self, shares: np.ndarray) -> None:
        """Add shares that are kept, from 0 to 1, (cells, positions)."""
        decay = -np.log(np.clip(shares.astype(np.float64), np.exp(-100.0), 1 - 1e-6))
        self.steps += shares.shape[1]
        self.logarithm += decay.sum(1)
        scaled = (np.log(decay) - self._LOW) * (self.BINS / (self._HIGH - self._LOW))
        bins = np.clip(scaled, 0, self.BINS - 1).astype(np.int64)
        for counts, cell in zip(self.histogram, bins, strict=True):
            counts += np.bincount(cell, minlength=self.BINS)

    def half_lives(self) -> tuple[np.ndarray, np.ndarray]:
        """Characters until half is left: by the mean of ln f, and by its median between writes.

        The median is over the 90 % of the steps that keep most.
        """
        edges = (np.arange(self.BINS) + 0.5) * ((self._HIGH - self._LOW) / self.BINS)
        cumulative = self.histogram.cumsum(1)
        median = (cumulative >= 0.45 * self.steps).argmax(1)
        return np.log(2) * self.steps / self.logarithm, np.log(2) / np.exp(self._LOW + edges)[
            median
        ]
