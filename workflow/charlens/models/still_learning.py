"""Networks whose training ended while each epoch still made them better.

So it is with few epochs or a short text; their numbers are not what such a network can do. Loads
neither NumPy nor pandas, as the summary of a run asks it too.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

NOTICEABLE = 0.01
"""Nats per byte by which the last epoch lowers the validation loss where it is too early."""


def is_still_learning(gain: float) -> bool:
    """Whether a training ended too early.

    Args:
        gain: what the last epoch took off the validation loss, nats per byte; NaN where unknown.

    Example:
        >>> is_still_learning(0.05), is_still_learning(-0.02), is_still_learning(float("nan"))
        (True, False, False)
    """
    return gain >= NOTICEABLE


def how_many(gains: Iterable[float]) -> str:
    """Say how many of the networks of a study still learned; empty where none did.

    Args:
        gains: as of :func:`is_still_learning`, one per network.

    Example:
        >>> how_many([0.2, 0.05, 0.001])
        '2 of 3 networks still learned when training ended'
        >>> how_many([0.2])
        'The network still learned when training ended'
    """
    known = [gain for gain in gains if not math.isnan(gain)]
    count = sum(map(is_still_learning, known))
    if not count:
        return ""
    few = "The network" if len(known) == 1 else f"All {count} networks"
    who = few if count == len(known) else f"{count} of {len(known)} networks"
    return f"{who} still learned when training ended"
