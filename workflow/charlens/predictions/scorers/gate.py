"""A gate between two models: how much each is believed, by how sure each of them is.

The mixture of two models' distributions has a weight for each pair of bins of their entropies. The
weights are those of the least cross-entropy on a text that neither model was trained on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

BINS = 5
"""Bins of the entropies of each model, as many of the fitted text in each."""

_HALVINGS = 40  # of the interval in which a weight lies


@dataclass(frozen=True, eq=False)
class Gate:
    """The share of the first model by the entropies of both.

    Attributes:
        edges: entropies in nats between the bins of the first and of the second model,
            (2, BINS − 1).
        weights: of the first model, 0 … 1, (BINS, BINS).
    """

    edges: np.ndarray
    weights: np.ndarray

    def __call__(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """The weight of the first model, of the shape of the entropies of both."""
        i, j = (
            np.searchsorted(edges, values, side="right")
            for edges, values in zip(self.edges, (first, second), strict=True)
        )
        return self.weights[i, j]


def fit_gate(p: np.ndarray, q: np.ndarray, first: np.ndarray, second: np.ndarray) -> Gate:
    """Fit a gate to a text.

    Args:
        p: the first model's probabilities of the characters that came, (n,).
        q: the second model's; never 0 where p is.
        first: entropies of the first model, nats, (n,).
        second: of the second.

    Example:
        >>> import numpy as np
        >>> right, wrong = np.full(100, 0.9), np.full(100, 0.1)
        >>> float(fit_gate(right, wrong, right, wrong).weights.min())
        1.0
    """
    inner = np.linspace(0, 1, BINS + 1)[1:-1]
    edges = np.stack([np.quantile(values, inner) for values in (first, second)])
    cells = [
        np.searchsorted(e, v, side="right") for e, v in zip(edges, (first, second), strict=True)
    ]
    flat = cells[0] * BINS + cells[1]
    everywhere = _weights(p, q, np.zeros(len(p), np.intp), 1)
    weights = _weights(p, q, flat, BINS * BINS)
    # A pair of bins that the text does not have takes the weight of the whole.
    weights[np.bincount(flat, minlength=BINS * BINS) == 0] = everywhere[0]
    return Gate(edges, weights.reshape(BINS, BINS))


def _weights(p: np.ndarray, q: np.ndarray, cell: np.ndarray, cells: int) -> np.ndarray:
    """The weights w of the largest Σ log(w p + (1 − w) q) of the characters of each cell.

    The sum is concave in w: where its slope falls through 0 is found by halving the interval.
    """
    p, q = p.astype(np.float64), q.astype(np.float64)

    def slope(w: np.ndarray) -> np.ndarray:
        at = w[cell]
        # A character that the model believed alone calls impossible pulls w away without limit.
        with np.errstate(divide="ignore"):
            return np.bincount(cell, (p - q) / (at * p + (1 - at) * q), cells)

    low, high = np.zeros(cells), np.ones(cells)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        rising = slope(middle) > 0
        low, high = np.where(rising, middle, low), np.where(rising, high, middle)
    # Models that are better everywhere are believed alone.
    low[slope(np.ones(cells)) >= 0] = 1.0
    low[slope(np.zeros(cells)) <= 0] = 0.0
    return low
