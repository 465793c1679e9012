"""The three splits of a text into train, val and test.

The default is that of the paper's experiments, which its text does not state ("80/10/10",
"90/5/5"): it follows the data loader of the authors' public char-rnn code, the only layout under
which the published n-gram row is reproduced.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from charlens.errors import CharlensError
from charlens.text.blocks import (
    FILES,
    block_counts,
    cuts,
    file_block_counts,
    files_too_short,
    too_short,
)

SPLITS = ("train", "val", "test")

Codes = npt.NDArray[np.uint8]


def split_streams(
    codes: Codes, batch: int, unroll: int, train: float, val: float
) -> dict[str, Codes]:
    """The paper's split: every stream gives its first part to train, the next to val, then test.

    The corpus, cut to a multiple of ``batch * unroll``, is laid out as ``batch`` contiguous
    streams (the layout of the authors' char-rnn loader).

    Args:
        codes: uint8, shape (bytes,).
        batch: number of streams B.
        unroll: characters per block T.
        train: fraction of the blocks used for training.
        val: fraction of the blocks used for validation.

    Returns:
        For each split uint8, shape (batch, length + 1): inputs are ``[:, :-1]``, targets
        ``[:, 1:]``. The last target of a row is the byte that follows it in the corpus; after
        the last byte of the corpus that is the first one, as in char-rnn.
    """
    parts = block_counts(len(codes), batch, unroll, train, val)
    rows = _lay_out(codes, 0, sum(parts), batch, unroll)
    splits, start = {}, 0
    for name, blocks in zip(SPLITS, parts, strict=True):
        stop = start + blocks * unroll
        splits[name] = np.ascontiguousarray(rows[:, start : stop + 1])
        start = stop
    return splits


def split_position(
    codes: Codes, batch: int, unroll: int, train: float, val: float
) -> dict[str, Codes]:
    """The strict split: the same block counts, but all of train precedes val precedes test.

    Arguments and result as for :func:`split_streams`; each part is laid out as ``batch``
    contiguous streams of its own.
    """
    splits, start = {}, 0
    parts = block_counts(len(codes), batch, unroll, train, val)
    for name, blocks in zip(SPLITS, parts, strict=True):
        splits[name] = _lay_out(codes, start, blocks, batch, unroll)
        start += blocks * batch * unroll
    return splits


def split_files(
    codes: Codes, sizes: Sequence[int], batch: int, unroll: int, train: float, val: float
) -> dict[str, Codes]:
    """The split of a text that is joined from files: whole files to train, to val and to test.

    Under the other splits one source file can lie on both sides of a cut, so that the test text
    repeats names and passages of its own beginning. Here the text stays as it is and the two cuts
    move to the nearest ends of files.

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
        As of :func:`split_streams`.

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
    return {
        name: _streams(part, batch, count * unroll)
        for name, part, count in zip(SPLITS, parts, blocks, strict=True)
    }


def _streams(part: Codes, batch: int, length: int) -> Codes:
    """The first ``batch`` streams of ``length`` codes, each with the code that follows it."""
    starts = length * np.arange(batch)
    return part[starts[:, None] + np.arange(length + 1)]


SCHEMES: dict[str, Callable[[Codes, int, int, float, float], dict[str, Codes]]] = {
    "streams": split_streams,
    "position": split_position,
}
"""Splits of any text, by fractions of its blocks; :data:`FILES` must know its files besides."""


def split_codes(
    codes: Codes,
    split: str,
    layout: tuple[int, int, float, float],
    file_sizes: Sequence[int],
    where: str,
) -> dict[str, Codes]:
    """Split a text in one of the three ways.

    Args:
        codes: uint8, shape (bytes,).
        split: ``streams``, ``position`` or ``files``.
        layout: batch, unroll, train and val, as of :func:`split_streams`.
        file_sizes: bytes of each file that the text is joined from, in order; for ``files`` alone.
        where: the text, at the beginning of errors.

    Returns:
        As of :func:`split_streams`.

    Raises:
        CharlensError: the text is too short for one block in each part.
    """
    if split == FILES:
        try:
            return split_files(codes, file_sizes, *layout)
        except CharlensError as error:
            raise CharlensError(f"{where}: {error}") from error
    if min(block_counts(len(codes), *layout)) < 1:
        raise CharlensError(f"{where} {too_short(len(codes), *layout)}")
    return SCHEMES[split](codes, *layout)


def _lay_out(codes: Codes, start: int, blocks: int, batch: int, unroll: int) -> Codes:
    """``batch`` rows of ``blocks * unroll`` codes from ``start`` on, each with its follower."""
    length = blocks * unroll
    stop = start + batch * length
    rows = np.empty((batch, length + 1), dtype=np.uint8)
    rows[:, :-1] = codes[start:stop].reshape(batch, length)
    followers = start + length * np.arange(1, batch + 1)
    rows[:, -1] = codes[followers % len(codes)]
    return rows
