"""Other cells as controls: which ones, the rank among them, and what a rank is worth.

A cell whose loss breaks everything is no quote cell, and neither is one that any cell would equal.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

ENOUGH_TO_TAKE_ALL = 2
"""All other cells of a layer are controls where they are at most this many times those wanted."""


def takes_all(width: int, count: int) -> bool:
    """Whether all other cells of a layer of so many units are controls, ``count`` being wanted."""
    return width - 1 <= ENOUGH_TO_TAKE_ALL * count


def matched(unit: int, spread: np.ndarray, loss: np.ndarray | None, count: int) -> list[int]:
    """The cells of a layer to compare one with.

    Args:
        unit: the cell.
        spread: standard deviation of each cell of the layer, (n,).
        loss: what ablating each cell costs over all characters, nats (n,); None takes all cells.
        count: how many to take; those nearest in the logarithm of the spread and in the loss, each
            in units of its own deviation over the layer.

    Returns:
        Units in increasing order, ``unit`` not among them.
    """
    others = np.delete(np.arange(len(spread)), unit)
    if loss is None:
        return others.tolist()
    places = np.stack([np.log(np.maximum(spread, 1e-6)), loss])
    places /= np.maximum(places.std(1, keepdims=True), 1e-12)
    distance = np.square(places - places[:, [unit]]).sum(0)[others]
    return sorted(others[np.argsort(distance, kind="stable")[:count]].tolist())


def rank(value: float, controls: Sequence[float] | np.ndarray) -> int:
    """The rank of a value among controls, the largest first, from 1; ties count against it.

    What is no number comes last.
    """
    return 1 + int(np.sum(~(np.asarray(controls, float) < value)))
