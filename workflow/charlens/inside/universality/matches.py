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


def matches(shared: Covariances, a: slice, b: slice, rotated: np.ndarray) -> Matches:
    """Match the cells of one network with those of another.

    Args:
        shared: covariances of both halves.
        a: columns of the network whose cells are matched.
        b: columns of the other.
        rotated: what rotations of the other give, of :func:`rotated_matches`, (columns of a,).
    """
    from scipy.optimize import linear_sum_assignment

    chosen, judged = correlation(shared.chosen, a, b), correlation(shared.judged, a, b)
    cells = np.arange(chosen.shape[0])
    best = np.abs(chosen).argmax(1)
    paired, paired_r = np.full(len(cells), -1), np.full(len(cells), np.nan)
    rows, columns = linear_sum_assignment(-np.abs(chosen))
    paired[rows], paired_r[rows] = columns, judged[rows, columns]
    return Matches(best, judged[cells, best], rotated, paired, paired_r)


def rotated_matches(
    shared: Covariances, cells: slice, b: slice, rotations: int, generator: np.random.Generator
) -> np.ndarray:
    """Mean |r| of the best match of each cell in a network that is rotated at random.

    Cells of many networks share the rotations, which cost most. Those of the network itself may
    be among them.

    Args:
        shared: covariances of both halves.
        cells: columns that are matched.
        b: columns of the network that is rotated.
        rotations: how often.
        generator: draws them.

    Returns:
        |r| on the half that did not choose the match, (columns of cells,).
    """
    variance = np.diag(shared.chosen)[b]
    moves = variance > 1e-12
    scale = np.where(moves, 1 / np.sqrt(np.where(moves, variance, 1)), 0)
    total = np.zeros(len(shared.chosen[cells]))
    for _ in range(rotations):
        mixed = rotation(len(variance), generator) * scale[:, None]  # of cells of variance 1
        chosen, judged = (
            np.abs(_correlation_with(mixed, covariance, cells, b))
            for covariance in (shared.chosen, shared.judged)
        )
        total += np.take_along_axis(judged, chosen.argmax(1)[:, None], axis=1)[:, 0]
    return total / rotations


def _correlation_with(
    mixed: np.ndarray, covariance: np.ndarray, cells: slice, b: slice
) -> np.ndarray:
    """Correlation of cells with mixtures of the columns b, (cells, mixtures)."""
    variances = np.einsum("uv,uv->v", mixed, covariance[b, b] @ mixed)
    return _scaled(covariance[cells, b] @ mixed, np.diag(covariance)[cells], variances)
