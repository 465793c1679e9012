"""How a text of a known size is divided, which planning asks too: no NumPy here."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate, pairwise

FILES = "files"
"""The name of this split in the config and in ``corpus.json``."""


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


def cuts(sizes: Sequence[int], train: float, val: float) -> tuple[int, int]:
    """Where validation text and test text begin: the ends of files nearest to the fractions.

    Every part gets a file at least. Of two ends that are equally near the first is taken.

    Args:
        sizes: bytes of each file, in the order of the text; at least three are not 0.
        train: fraction of the bytes used for training.
        val: fraction of the bytes used for validation.

    Returns:
        Bytes before the validation text, and before the test text.
    """
    ends = list(accumulate(size for size in sizes if size))
    # The fractions as they are written, as above.
    first, second = (Fraction(repr(float(share))) * ends[-1] for share in (train, val))
    at = min(range(len(ends) - 2), key=lambda i: abs(ends[i] - first))
    return ends[at], min(ends[at + 1 : -1], key=lambda end: abs(end - first - second))


def file_block_counts(
    sizes: Sequence[int], batch: int, unroll: int, train: float, val: float
) -> tuple[int, int, int]:
    """Blocks that every stream gives to train, val and test where whole files go to each.

    Args:
        sizes: bytes of each file, in the order of the text; at least three are not 0.
        batch: number of streams B.
        unroll: characters per block T.
        train: fraction of the bytes used for training.
        val: fraction of the bytes used for validation.
    """
    # A byte of the part follows its last block.
    first, second, third = (
        (part - 1) // (batch * unroll) for part in _file_parts(sizes, train, val)
    )
    return first, second, third


def files_too_short(
    sizes: Sequence[int], batch: int, unroll: int, train: float, val: float
) -> str | None:
    """What is wrong with files that do not give every split a block, and what to do, or None.

    Arguments as of :func:`file_block_counts`, but files may be few or empty.
    """
    filled = sum(size > 0 for size in sizes)
    if filled < len(("train", "val", "test")):
        return (
            f"split: files needs at least 3 files that are not empty, found {filled}; use "
            "split: position"
        )
    if min(file_block_counts(sizes, batch, unroll, train, val)) >= 1:
        return None
    parts = "/".join(f"{size:,}" for size in _file_parts(sizes, train, val))
    return (
        f"whole files give {parts} bytes to train/validation/test and each needs more than batch x "
        f"unroll = {batch} x {unroll}; use more files, other fractions, or a smaller "
        "training.batch or unroll"
    )


def _file_parts(sizes: Sequence[int], train: float, val: float) -> list[int]:
    """Bytes of train, val and test."""
    return [stop - start for start, stop in pairwise((0, *cuts(sizes, train, val), sum(sizes)))]
