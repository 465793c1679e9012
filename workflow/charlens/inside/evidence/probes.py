"""Linear probes: what all cells together know of a concept, and what the last bytes say of it.

Ridge regression in closed form: one matrix of sums over the first half of the streams serves all
concepts and controls.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from charlens.inside.evidence.traces import Traces

PENALTY = 1e-3
"""Of ridge regression on standardised features, by position."""

MOST_CELLS = 20
"""How many cells the forward selection tries."""


@dataclass(frozen=True)
class Moments:
    """Sums over the positions on which probes are fitted.

    Attributes:
        mean: of every feature, (features,).
        spread: its standard deviation; 1 for a constant one, which then counts for nothing.
        gram: correlations between features, (features, features).
    """

    mean: np.ndarray
    spread: np.ndarray
    gram: np.ndarray

    def penalised(self, chosen: np.ndarray | slice = slice(None)) -> np.ndarray:
        """The matrix of the normal equations for some features."""
        gram = self.gram[chosen][:, chosen]
        return gram + PENALTY * np.eye(len(gram))


class CellProbe:
    """Ridge regression on the cells of all layers.

    Args:
        fitted_on: values of the cells on the first half of the streams.
    """

    def __init__(self, fitted_on: Traces) -> None:
        self._fitted_on = fitted_on
        cells, streams, length = fitted_on.values.shape
        total: Any = np.zeros(cells)
        squares: Any = np.zeros((cells, cells))
        for stream in range(streams):
            x = fitted_on.of_stream(stream)
            total += x.sum(1)
            squares += x @ x.T
        n = streams * length
        mean = total / n
        covariance = squares / n - np.outer(mean, mean)
        variance = np.diag(covariance)
        # Differences of sums cannot tell a smaller spread from rounding.
        spread = np.sqrt(np.where(variance > 1e-10 * np.diag(squares) / n, variance, np.inf))
        gram = covariance / np.outer(spread, spread)
        self.moments = Moments(mean, spread, gram)

    def targets(self, labels: np.ndarray) -> np.ndarray:
        """Covariance of every feature with each label, (features, labels).

        Args:
            labels: (labels, streams, length), of the streams that the probe is fitted on.
        """
        y = labels - labels.mean((1, 2), dtype=np.float64, keepdims=True)
        sums: Any = np.zeros((len(self.moments.mean), len(labels)))
        for stream in range(labels.shape[1]):
            sums += self._fitted_on.of_stream(stream) @ y[:, stream].T
        return sums / labels[0].size / self.moments.spread[:, None]

    def weights(self, targets: np.ndarray) -> np.ndarray:
        """Coefficients of the standardised cells, (features, labels)."""
        return np.linalg.solve(self.moments.penalised(), targets)

    def forward_selection(self, target: np.ndarray) -> list[np.ndarray]:
        """Coefficients of the best cell, of the best two, … (orthogonal matching pursuit).

        Args:
            target: covariance of every cell with one label, (features,).
        """
        usable = np.isfinite(self.moments.spread)
        chosen: list[int] = []
        steps: list[np.ndarray] = []
        for _ in range(min(MOST_CELLS, int(usable.sum()))):
            left = target - (self.moments.gram[:, chosen] @ steps[-1][chosen] if chosen else 0)
            left = np.where(usable, np.abs(left), -1.0)
            left[chosen] = -1.0
            chosen.append(int(np.argmax(left)))
            features = np.array(chosen)
            weights = np.zeros(len(target))
            weights[features] = np.linalg.solve(self.moments.penalised(features), target[features])
            steps.append(weights)
        return steps

    def predict(self, judged_on: Traces, weights: np.ndarray) -> np.ndarray:
        """What the probe says, up to a constant.

        Args:
            judged_on: values of the cells on other streams.
            weights: (features, labels).

        Returns:
            float64 (labels, streams, length).
        """
        scaled = weights / self.moments.spread[:, None]
        used = np.flatnonzero((scaled != 0).any(1))
        _, streams, length = judged_on.values.shape
        predictions = np.empty((weights.shape[1], streams, length))
        for stream in range(streams):
            predictions[:, stream] = scaled[used].T @ judged_on.of_stream(stream, used)
        return predictions


class ByteProbe:
    """Ridge regression on the last bytes, one by one: what takes no network to know.

    Args:
        text: input bytes, uint8 (streams, length).
        last: how many bytes it sees, the newest included.
        fitted: the streams that it is fitted on.
        judged: those that it is judged on.
    """

    def __init__(self, text: np.ndarray, last: int, fitted: slice, judged: slice) -> None:
        self._features = _one_hot(text[fitted], last)
        self._judged, self._shape = _one_hot(text[judged], last), text[judged].shape

    def predict(self, labels: np.ndarray) -> np.ndarray:
        """Fit each label and predict it on the other streams.

        Args:
            labels: (labels, streams, length), of the streams that the probe is fitted on.

        Returns:
            float64 (labels, streams, length).
        """
        y = labels.reshape(len(labels), -1).astype(np.float64)
        y -= y.mean(1, keepdims=True)
        x = self._features
        gram = (x.T @ x).toarray() / x.shape[0]
        mean = np.asarray(x.mean(0)).ravel()
        gram -= np.outer(mean, mean)
        weights = np.linalg.solve(
            gram + PENALTY * np.eye(len(gram)), np.asarray(x.T @ y.T) / x.shape[0]
        )
        return np.asarray(self._judged @ weights).T.reshape(-1, *self._shape)


def _one_hot(text: np.ndarray, last: int) -> sparse.csr_array:
    """Indicators of the last bytes, float64 (positions, 256 last); none before a stream begins."""
    positions = np.arange(text.size).reshape(text.shape)
    rows, columns = [], []
    for back in range(min(last, text.shape[1])):
        rows.append(positions[:, back:].ravel())
        columns.append(256 * back + text[:, : text.shape[1] - back].ravel().astype(np.int64))
    places = (np.concatenate(rows), np.concatenate(columns))
    ones = np.ones(len(places[0]))
    return sparse.csr_array((ones, places), shape=(text.size, 256 * last))
