"""Placing labels beside points so that none covers another label or a point."""

from __future__ import annotations

import numpy as np

_GAP = 1.5  # points between a marker and its label
_STEPS = np.array([0.0, 2.0, 5.0, 9.0, 14.0, 20.0, 27.0, 35.0, 45.0, 60.0])
_ANGLES = np.arange(16) * (2 * np.pi / 16)
_STARTS, _SWEEPS = 8, 40


def place(
    points: np.ndarray, sizes: np.ndarray, radii: np.ndarray, page: tuple[float, float]
) -> np.ndarray:
    """Middles of the labels of points on a page, in the unit of the page.

    Every label tries positions around its point, near ones first; one label after another moves
    to its cheapest position until none wants to move. The best of a few orders is kept. Equal
    input gives equal output.

    Args:
        points: shape (n, 2), inside the page.
        sizes: width and height of each label, shape (n, 2).
        radii: radius of each point's marker, shape (n,).
        page: width and height; no label leaves it unless it is larger than the page.

    Returns:
        Float array of shape (n, 2).
    """
    n = len(points)
    if n == 0:
        return np.empty((0, 2))
    places = _candidates(points, sizes, radii)  # (n, candidates, 2)
    fixed = _fixed_costs(places, points, sizes, radii, page)  # (n, candidates)
    random = np.random.default_rng(0)
    best, lowest = np.argmin(fixed, axis=1), np.inf
    for _ in range(_STARTS):
        chosen, cost = _descend(places, fixed, points, sizes, random.permutation(n))
        if cost < lowest:
            best, lowest = chosen, cost
    return places[np.arange(n), best]


def _candidates(points: np.ndarray, sizes: np.ndarray, radii: np.ndarray) -> np.ndarray:
    direction = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1)  # (angles, 2)
    # √2 brings a label's corner, not its middle, to the point at the diagonals.
    corner = np.clip(np.sqrt(2) * direction, -1, 1)
    reach = (radii[:, None] + _GAP + _STEPS)[:, :, None, None] * direction
    places = points[:, None, None] + reach + corner * sizes[:, None, None] / 2
    return places.reshape(len(points), -1, 2)


def _fixed_costs(places, points, sizes, radii, page) -> np.ndarray:
    """Costs of each candidate that do not depend on where other labels are."""
    far = np.repeat(_STEPS, len(_ANGLES))
    upright = 0.8 * np.abs(np.tile(np.sin(_ANGLES), len(_STEPS)))  # beside reads best
    half = sizes[:, None] / 2
    outside = np.maximum(0, half - places) + np.maximum(0, places + half - np.asarray(page))
    cost = far + upright + 1e4 * outside.sum(axis=2)
    markers = np.stack([radii, radii], axis=1) * 2
    for i in range(len(points)):
        hidden = _overlap(places[i], sizes[i], points, markers)
        hidden[:, i] = 0
        cost[i] += 30 * (hidden > 0).sum(axis=1) + 3 * hidden.sum(axis=1)
        tips = _tips(points[i], places[i], sizes[i])
        crossed = _crosses(points[i], tips[:, None], points, markers)
        crossed[:, i] = False
        cost[i] += 10 * crossed.sum(axis=1)
    return cost


def _overlap(places, size, others, other_sizes) -> np.ndarray:
    """Shared area of boxes of one size at ``places`` and other boxes: (places, others)."""
    reach = (size + other_sizes) / 2
    shared = np.minimum(reach - np.abs(places[:, None] - others), np.minimum(size, other_sizes))
    return np.prod(np.maximum(0, shared), axis=2)


def _crosses(start, end, middles, sizes) -> np.ndarray:
    """Whether segments enter boxes; arguments of shape (…, 2) that broadcast, result (…)."""
    along = end - start
    along = np.where(np.abs(along) < 1e-9, 1e-9, along)
    # Where along the segment (0 … 1) it passes each pair of parallel sides.
    first, second = (middles - sizes / 2 - start) / along, (middles + sizes / 2 - start) / along
    enter = np.minimum(first, second).max(axis=-1)
    leave = np.maximum(first, second).min(axis=-1)
    return (enter < leave) & (leave > 0) & (enter < 1)


def _tips(points, middles, sizes) -> np.ndarray:
    """Where lines from points to their labels end: the nearest point of each label."""
    return np.clip(points, middles - sizes / 2, middles + sizes / 2)


def _descend(places, fixed, points, sizes, order) -> tuple[np.ndarray, float]:
    chosen = np.argmin(fixed, axis=1)
    total = np.inf
    for _ in range(_SWEEPS):
        before, total = chosen.copy(), 0.0
        for i in order:
            cost = fixed[i] + _moving_costs(i, places, chosen, points, sizes)
            chosen[i] = np.argmin(cost)
            total += cost[chosen[i]]
        if np.array_equal(before, chosen):
            break
    return chosen, total


def _moving_costs(i, places, chosen, points, sizes) -> np.ndarray:
    """Costs of each candidate of label ``i`` given where all other labels are."""
    others = np.arange(len(places)) != i
    now = places[np.arange(len(places)), chosen][others]
    shared = _overlap(places[i], sizes[i], now, sizes[others])
    tips = _tips(points[i], places[i], sizes[i])
    over = _crosses(points[i], tips[:, None], now, sizes[others])
    lines = _tips(points[others], now, sizes[others])
    under = _crosses(points[others], lines, places[i][:, None], sizes[i])
    return 200 * (shared > 0).sum(axis=1) + 6 * shared.sum(axis=1) + 60 * (over + under).sum(axis=1)
