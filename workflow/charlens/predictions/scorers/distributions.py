"""Probabilities files from whole distributions, written row by row in any order."""

from __future__ import annotations

from typing import Any

import numpy as np

from charlens.text.splits import Codes

_FLOATS = ("probability", "entropy", "top_probability")


class Rows:
    """The columns of a probabilities file, filled from distributions over the symbols.

    Args:
        codes: vocabulary codes of the split, uint8 (B, length + 1).
        vocabulary: byte value of every code, uint8 (K,).

    Attributes:
        columns: by name, each of B·length rows in the order of the split's targets.
    """

    def __init__(self, codes: Codes, vocabulary: np.ndarray) -> None:
        batch, self._length = codes.shape[0], codes.shape[1] - 1
        self._targets, self._vocabulary = codes[:, 1:].ravel(), vocabulary
        count = batch * self._length
        self.columns: dict[str, Any] = {
            "position": np.arange(count, dtype=np.int32),
            "stream": np.repeat(np.arange(batch, dtype=np.int16), self._length),
            "byte": vocabulary[self._targets],
            **{name: np.empty(count, np.float32) for name in _FLOATS},
            "top_byte": np.empty(count, np.uint8),
        }

    def of_window(self, place: slice) -> np.ndarray:
        """Rows of a window of all streams, (B·T,), stream by stream."""
        batch = len(self._targets) // self._length
        return (np.arange(batch)[:, None] * self._length + np.arange(self._length)[place]).ravel()

    def fill(self, rows: np.ndarray, p: np.ndarray) -> None:
        """Write rows from their distributions, (rows, K)."""
        at = np.arange(len(rows))
        top = p.argmax(-1)
        self.columns["probability"][rows] = p[at, self._targets[rows]]
        self.columns["entropy"][rows] = entropies(p)
        self.columns["top_probability"][rows] = p[at, top]
        self.columns["top_byte"][rows] = self._vocabulary[top]


def entropies(p: np.ndarray) -> np.ndarray:
    """Entropies of distributions (rows, K), nats, (rows,)."""
    return -(p * np.log(np.where(p > 0, p, 1))).sum(-1)
