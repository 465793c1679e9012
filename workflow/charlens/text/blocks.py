"""How a text of a known size is divided, which planning asks too: no NumPy here."""

from __future__ import annotations

import math
from fractions import Fraction


def block_counts(
    size: int, batch: int, unroll: int, train: float, val: float
) -> tuple[int, int, int]:
    """Blocks of ``unroll`` characters that every stream gives to train, val and test.

    A corpus of ``size`` bytes has ``size // (batch * unroll)`` blocks per stream; train takes
    the floor of its fraction, validation the floor of its own, test the rest.
    """
    blocks = size // (batch * unroll)
    # The fraction as it is written: 0.29 * 100 is 28.999… in floating point.
    first, second = (math.floor(Fraction(repr(float(part))) * blocks) for part in (train, val))
    return first, second, blocks - first - second


def too_short(size: int, batch: int, unroll: int, train: float, val: float) -> str:
    """What is wrong with a text that does not give every split a block, and what to do.

    Arguments as of :func:`block_counts`.
    """
    parts = block_counts(size, batch, unroll, train, val)
    # Test gets a block then too: rounded down, two shares below 1 together never take all.
    least = batch * unroll * math.ceil(1 / Fraction(repr(float(min(train, val)))))
    return (
        f"is too short: {size:,} bytes in blocks of batch x unroll = {batch} x {unroll} give "
        f"{parts[0]}/{parts[1]}/{parts[2]} blocks to train/validation/test and each needs at least "
        f"1; use a text of at least {least:,} bytes or a smaller training.batch or unroll"
    )
