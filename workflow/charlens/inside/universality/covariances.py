"""Covariances of all cells of several networks, from one pass over a split.

Everything that compares cells or networks here follows from them, so no states are kept. Memory
does not grow with the text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from charlens.inside.cells.ranking import halves
from charlens.inside.cells.score import cell_values
from charlens.models.running import observing
from charlens.models.trained import TrainedModel
from charlens.runtime.progress import progress
from charlens.text.splits import Codes

WARM_UP = 200
"""Characters of each stream that are left out: states still depend on where the stream began."""


@dataclass(frozen=True)
class Covariances:
    """Covariances of all columns, float64.

    Attributes:
        chosen: (columns, columns), over the half on which matches are chosen.
        judged: the same over the other half.
        both: over all positions.
    """

    chosen: np.ndarray
    judged: np.ndarray
    both: np.ndarray


class Sums:
    """Sums over positions, from which a covariance is computed.

    Args:
        columns: how many.
        shift: about their means, shape (columns,); taking it off first keeps digits.
    """

    def __init__(self, columns: int, shift: np.ndarray) -> None:
        self._shift = shift.astype(np.float32)
        self.n, self.x, self.xx = 0, np.zeros(columns), np.zeros((columns, columns))

    def add(self, values: np.ndarray) -> None:
        """Add positions, float32 (positions, columns)."""
        moved = values - self._shift
        self.n += len(moved)
        self.x += moved.sum(0, dtype=np.float64)
        self.xx += moved.T @ moved

    def covariance(self, *others: Sums) -> np.ndarray:
        """Covariance over the positions added here and to others, (columns, columns)."""
        parts = (self, *others)
        n = max(1, sum(part.n for part in parts))
        mean = np.sum([part.x for part in parts], axis=0) / n
        result = self.xx.copy()  # one matrix beside the sums: it is large
        for part in others:
            result += part.xx
        return _centred(result, n, mean)

    def turned_into_covariance(self) -> np.ndarray:
        """The same of the positions added here, in the memory of the sums, which are lost."""
        n = max(1, self.n)
        return _centred(self.xx, n, self.x / n)


def _centred(products: np.ndarray, n: int, mean: np.ndarray) -> np.ndarray:
    """Turn sums of products over n positions into a covariance, in place and row by row."""
    products /= n
    for row, value in zip(products, mean, strict=True):
        row -= value * mean
    return products


def columns_of(
    networks: Sequence[TrainedModel], codes: Codes, steps: int, device: str
) -> Iterator[tuple[slice, np.ndarray]]:
    """Run networks side by side over streams.

    Args:
        networks: the networks.
        codes: vocabulary codes, uint8 (B, length + 1).
        steps: window length; divides the stream length.
        device: auto, cpu or cuda.

    Yields:
        A window's place in the streams, and the values of all cells of all networks, layer after
        layer, float32 (B, T, cells), from −1 to 1.
    """
    models = [network.ready(codes.shape[0], steps, device) for network in networks]
    for windows in zip(*(observing(model, codes) for model in models), strict=True):
        layers = [layer for model in models for layer in cell_values(model)]
        values = np.concatenate([layer.transpose(0, 1).cpu().numpy() for layer in layers], axis=2)
        yield windows[0][0], values


def covariances(
    networks: Sequence[TrainedModel],
    labels: np.ndarray,
    codes: Codes,
    steps: int,
    device: str,
    warm_up: int = WARM_UP,
) -> Covariances:
    """Covariances of all cells of networks, and of labels of the text.

    Args:
        networks: the networks, whose cells are the first columns in their order.
        labels: a number for each input byte, (labels, B, length); the last columns.
        codes: vocabulary codes of a split, uint8 (B, length + 1).
        steps: window length; divides the stream length.
        device: auto, cpu or cuda.
        warm_up: characters of each stream left out; fewer where streams are short.
    """
    batch, length = codes.shape[0], codes.shape[1] - 1
    used = np.broadcast_to(np.arange(length) >= min(warm_up, length // 2), (batch, length))
    first = halves(batch, length)
    sums: list[Sums] = []
    with progress(batch * length, "cells side by side", "bytes") as bar:
        for place, cells in columns_of(networks, codes, steps, device):
            followed = np.moveaxis(labels[:, :, place], 0, 2).astype(np.float32)
            values = np.concatenate([cells, followed], axis=2)
            if not sums:
                mean = values.mean((0, 1))
                sums = [Sums(values.shape[2], mean) for _ in range(2)]
            for total, half in zip(sums, (first, ~first), strict=True):
                total.add(values[(used & half)[:, place]])
            bar.update(cells.shape[0] * cells.shape[1])
    chosen, judged = sums
    both = chosen.covariance(judged)
    return Covariances(chosen.turned_into_covariance(), judged.turned_into_covariance(), both)
