"""Which cell of another network is most like a cell, and what chance would give.

All is computed from covariances; nothing here knows what a network is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from charlens.inside.universality.covariances import Covariances


@dataclass(frozen=True)
class Matches:
    """The best match of each cell of one network in another.

    Attributes:
        best: index of the cell of the other network, int64 (cells,); chosen on one half.
        r: Pearson's correlation with it on the other half, (cells,).
        rotated: mean, over rotations of the other network, of |r| with the best rotated cell,
            chosen and judged in the same way, (cells,).
        paired: the same as ``best`` where no cell may be taken twice; −1 for a cell left over.
        paired_r: correlation with that one on the other half; NaN for a cell left over.
    """

    best: np.ndarray
    r: np.ndarray
    rotated: np.ndarray
    paired: np.ndarray
    paired_r: np.ndarray

    @property
    def excess(self) -> np.ndarray:
        """How much better a cell is matched than in rotated networks, (cells,)."""
        return np.abs(self.r) - self.rotated


def correlation(covariance: np.ndarray, a: slice, b: slice) -> np.ndarray:
    """Pearson's r between columns; 0 where one is constant.

    Args:
        covariance: of all columns.
        a: columns of the first network.
        b: those of the second.

    Returns:
        (columns of a, columns of b).
    """
    variance = np.diag(covariance)
    return _scaled(covariance[a, b], variance[a], variance[b])


def _scaled(covariance: np.ndarray, of_a: np.ndarray, of_b: np.ndarray) -> np.ndarray:
    floor = 1e-12  # of cells that lie between −1 and 1: they do not move
    spread = np.sqrt(np.outer(np.maximum(of_a, 0), np.maximum(of_b, 0)))
    moves = np.logical_and.outer(of_a > floor, of_b > floor)
    return np.where(moves, np.clip(covariance / np.where(moves, spread, 1), -1, 1), 0.0)


def rotation(size: int, generator: np.random.Generator) -> np.ndarray:
    """A random orthogonal matrix, each equally likely, (size, size)."""
    q, r = np.linalg.qr(generator.normal(size=(size, size)))
    return q * np.sign(np.diag(r))


def matches(
    shared: Covariances, a: slice, b: slice, rotations: int, generator: np.random.Generator
) -> Matches:
    """Match the cells of one network with those of another.

    Args:
        shared: covariances of both halves.
        a: columns of the network whose cells are matched.
        b: columns of the other.
        rotations: how many random rotations of the other network.
        generator: draws them.
    """
    from scipy.optimize import linear_sum_assignment

    chosen, judged = correlation(shared.chosen, a, b), correlation(shared.judged, a, b)
    cells = np.arange(chosen.shape[0])
    best = np.abs(chosen).argmax(1)
    paired, paired_r = np.full(len(cells), -1), np.full(len(cells), np.nan)
    rows, columns = linear_sum_assignment(-np.abs(chosen))
    paired[rows], paired_r[rows] = columns, judged[rows, columns]
    rotated = [_rotated(shared, a, b, generator) for _ in range(rotations)]
    return Matches(best, judged[cells, best], np.mean(rotated, axis=0), paired, paired_r)


def _rotated(shared: Covariances, a: slice, b: slice, generator: np.random.Generator) -> np.ndarray:
    """|r| of the best match of each cell in one rotated network."""
    variance = np.diag(shared.chosen)[b]
    moves = variance > 1e-12
    scale = np.where(moves, 1 / np.sqrt(np.where(moves, variance, 1)), 0)
    mixed = rotation(len(variance), generator) * scale[:, None]  # of cells scaled to variance 1
    sides = []
    for covariance in (shared.chosen, shared.judged):
        of_b = np.einsum("uv,uw,wv->v", mixed, covariance[b, b], mixed, optimize=True)
        r = _scaled(covariance[a, b] @ mixed, np.diag(covariance)[a], of_b)
        sides.append(np.abs(r))
    best = sides[0].argmax(1)
    return sides[1][np.arange(len(best)), best]
