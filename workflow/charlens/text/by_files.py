"""The split of a text that is joined from files: whole files to train, to val and to test.

Under the other splits one source file can lie on both sides of a cut, so that the test text repeats
names and passages of its own beginning. Here the text stays as it is and the two cuts move to the
nearest ends of files.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from charlens.errors import CharlensError
from charlens.text.blocks import cuts, file_block_counts, files_too_short

Codes = npt.NDArray[np.uint8]


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
    problem = files_too_short(sizes, batch, unroll, train, val)
    if problem:
        raise CharlensError(problem)
    edges = (0, *cuts(sizes, train, val), len(codes))
    parts = [codes[start:stop] for start, stop in pairwise(edges)]
    blocks = file_block_counts(sizes, batch, unroll, train, val)
    train_rows, val_rows, test_rows = (
        _streams(part, batch, count * unroll) for part, count in zip(parts, blocks, strict=True)
    )
    return train_rows, val_rows, test_rows


def _streams(part: Codes, batch: int, length: int) -> Codes:
    """The first ``batch`` streams of ``length`` codes, each with the code that follows it."""
    starts = length * np.arange(batch)
    return part[starts[:, None] + np.arange(length + 1)]
