"""Credit shared among oracles that remove overlapping sets of errors.

Peeled off one after another, an error falls to the first oracle that removes it, so an oracle's
share depends on the order (paper, section 4.4: "the order in which the oracles are applied
influences the results"). Here are the shares in any order, the least and the most an oracle can
get, and the Shapley value, which is the mean over all orders.

All of it needs only how many errors each *set* of oracles removes (those in the set do, the others
do not): 2**k counts for k oracles, one pass over the errors.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.int64]


def pattern_counts(removed: npt.NDArray[np.bool_]) -> Counts:
    """How many errors each set of oracles removes.

    Args:
        removed: bool, shape (k, errors), k ≤ 16: whether an oracle removes an error.

    Returns:
        int64, shape (2**k,); bit i of an index says that oracle i is in the set.
    """
    pattern = np.zeros(removed.shape[1], dtype=np.uint16)
    for i, mask in enumerate(removed):
        pattern |= mask.astype(np.uint16) << np.uint16(i)
    return np.bincount(pattern, minlength=1 << len(removed))


def shares(counts: Counts, order: Sequence[int]) -> Counts:
    """Errors that fall to each oracle when they are applied in a given order.

    Args:
        counts: as from :func:`pattern_counts`, shape (2**k,).
        order: all oracles 0 … k − 1, first applied first.

    Returns:
        int64, shape (k,), by oracle and not by place in the order.
    """
    member, _ = _members(counts)
    left, share = counts.copy(), np.zeros(len(member), dtype=np.int64)
    for oracle in order:
        share[oracle] = left[member[oracle]].sum()
        left[member[oracle]] = 0
    return share


def shapley(counts: Counts) -> npt.NDArray[np.float64]:
    """Each oracle's Shapley value: its share in errors, averaged over all orders.

    In the game whose value is the number of errors removed by the union of a coalition's oracles,
    an error removed by s oracles gives each of them 1 / s: each comes first of the s in as many
    orders. Sums are of whole numbers, in units of one over the least common multiple of 1 … k.

    Args:
        counts: as from :func:`pattern_counts`, shape (2**k,).

    Returns:
        float64, shape (k,); their sum is the number of errors that any oracle removes.
    """
    member, size = _members(counts)
    unit = math.lcm(*range(1, len(member) + 1))
    credit = counts * (unit // np.maximum(size, 1))
    return (member * credit).sum(axis=1) / unit


def extremes(counts: Counts) -> tuple[Counts, Counts]:
    """The least and the most errors that can fall to each oracle, over all orders.

    An oracle gets the most when applied first and the least when applied last: then only what no
    other removes.

    Args:
        counts: as from :func:`pattern_counts`, shape (2**k,).

    Returns:
        Two int64 arrays of shape (k,).
    """
    member, size = _members(counts)
    return (member & (size == 1)) @ counts, member @ counts


def _members(counts: Counts) -> tuple[npt.NDArray[np.bool_], Counts]:
    """Which sets each oracle is in, bool (k, 2**k), and the number of oracles in each, (2**k,)."""
    k = len(counts).bit_length() - 1
    member = (np.arange(len(counts)) >> np.arange(k)[:, None] & 1).astype(bool)
    return member, member.sum(axis=0)
