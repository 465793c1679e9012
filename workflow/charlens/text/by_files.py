"""The split of a text that is joined from files: whole files to train, to val and to test.

Under the other splits one source file can lie on both sides of a cut, so that the test text repeats
names and passages of its own beginning. Here the text stays as it is and the two cuts move to the
nearest ends of files.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate, pairwise

import numpy as np
import numpy.typing as npt

from charlens.errors import CharlensError

FILES = "files"
"""The name of this split in the config and in ``corpus.json``."""

Codes = npt.NDArray[np.uint8]


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
    # The fractions as they are written, as in charlens.text.blocks.
    first, second = (Fraction(repr(float(share))) * ends[-1] for share in (train, val))
    at = min(range(len(ends) - 2), key=lambda i: abs(ends[i] - first))
    return ends[at], min(ends[at + 1 : -1], key=lambda end: abs(end - first - second))


def split_files(
    codes: Codes, sizes: Sequence[int], batch: int, unroll: int, train: float, val: float
) -> tuple[Codes, Codes, Codes]:
    """Give whole files to train, then to val, then to test.

    Each part is laid out as ``batch`` contiguous streams, of as many blocks as it fills. What is
    left at its end, at most ``batch * unroll`` bytes, is not used. So no target of a part, the
    last of a stream included, comes from a file of another part.

    Args:
        codes: uint8, shape (bytes,).
        sizes: bytes of each file that the text is joined from, in order.
        batch: number of streams B.
        unroll: characters per block T.
        train: fraction of the bytes used for training.
        val: fraction of the bytes used for validation.

    Returns:
        Train, val and test, each uint8, shape (batch, length + 1): inputs are ``[:, :-1]``,
        targets ``[:, 1:]``.

    Raises:
        CharlensError: fewer than three files hold text, or a part is too short for a block.
    """
    if sum(sizes) != len(codes):
        raise CharlensError(
            f"its files hold {sum(sizes):,} bytes and its text {len(codes):,}; they changed while "
            "they were read, run again"
        )
    filled = sum(size > 0 for size in sizes)
    if filled < len(("train", "val", "test")):
        raise CharlensError(
            f"split: files needs at least 3 files that are not empty, found {filled}; use "
            "split: position"
        )
    edges = (0, *cuts(sizes, train, val), len(codes))
    parts = [codes[start:stop] for start, stop in pairwise(edges)]
    # A byte of the part follows its last block.
    blocks = [(len(part) - 1) // (batch * unroll) for part in parts]
    if min(blocks) < 1:
        raise CharlensError(_too_short([len(part) for part in parts], batch, unroll))
    train_rows, val_rows, test_rows = (
        _streams(part, batch, count * unroll) for part, count in zip(parts, blocks, strict=True)
    )
    return train_rows, val_rows, test_rows


def _streams(part: Codes, batch: int, length: int) -> Codes:
    """The first ``batch`` streams of ``length`` codes, each with the code that follows it."""
    starts = length * np.arange(batch)
    return part[starts[:, None] + np.arange(length + 1)]


def _too_short(sizes: Sequence[int], batch: int, unroll: int) -> str:
    parts = "/".join(f"{size:,}" for size in sizes)
    return (
        f"whole files give {parts} bytes to train/validation/test and each needs more than batch x "
        f"unroll = {batch} x {unroll}; use more files, other fractions, or a smaller "
        "training.batch or unroll"
    )
