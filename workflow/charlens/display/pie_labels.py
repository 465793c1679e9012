"""Labels around a pie: beside the slices they name, and none over another or over the pie."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_REACH = 1.09  # radius that labels keep off, in radii of the pie
_GAP = 0.03  # between labels, one above the other


def around(angles: Sequence[float], heights: Sequence[float]) -> list[tuple[float, float, int]]:
    """Where labels go: right of the pie those of its right half, the others left of it.

    On each side labels keep the order of their slices and move up and down, no further than they
    must, until none overlaps. Lengths are in radii of the pie, whose middle is (0, 0).

    Args:
        angles: of the middles of the slices, radians from the right, counter-clockwise.
        heights: of the labels.

    Returns:
        For each, x of the end at the pie, y of its middle, and its side: 1 is right, −1 left.
    """
    xs, ys = np.cos(angles), np.sin(angles)
    sides = np.where(xs >= 0, 1, -1)
    places: list[tuple[float, float, int]] = [(0.0, 0.0, 1)] * len(xs)
    for side in (1, -1):
        # From below; at the very top and bottom the order along the circle decides.
        members = np.flatnonzero(sides == side).tolist()
        order = sorted(members, key=lambda i: (ys[i], -side * angles[i]))
        tall = np.array([heights[i] for i in order])
        for i, y in zip(order, _apart(_REACH * ys[order], tall + _GAP), strict=True):
            nearest = max(0.0, abs(y) - heights[i] / 2)
            x = np.sqrt(max(0.0, _REACH**2 - nearest**2))
            places[i] = (float(side * x), float(y), side)
    return places


def _apart(middles: np.ndarray, tall: np.ndarray) -> np.ndarray:
    """Middles of boxes in a column, in their order, that move least (squares) to be disjoint.

    With the room below each taken off, that is isotonic regression: neighbours that come too close
    are pooled, and a pool lies at the mean of what its members want.
    """
    below = np.cumsum(tall) - tall / 2
    pools: list[tuple[float, int]] = []  # mean, members
    for offset in middles - below:
        pools.append((float(offset), 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (first, m), (second, n) = pools[-2:]
            pools[-2:] = [((first * m + second * n) / (m + n), m + n)]
    return np.repeat([mean for mean, _ in pools], [n for _, n in pools]) + below
