"""Which test characters lie in passages that the training text has nearly word for word.

A passage of :data:`WINDOW` bytes is a near duplicate of another where the sets of their shingles,
runs of :data:`SHINGLE` bytes, have a Jaccard index above :data:`ALIKE` (Lee et al. 2022, who take
words). Pairs to compare are found by MinHash in bands (Broder 1997): a pair just above the bound is
missed once in 2,000 times, and every pair found is compared in full, so none is wrong.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from charlens.runtime.randomness import generator
from charlens.text.splits import Codes

WINDOW = 300
"""Bytes of a passage."""

SHINGLE = 5
"""Bytes of a shingle."""

ALIKE = 0.8
"""Near duplicates have a Jaccard index above this."""

_STEP = 37  # bytes from one passage to the next: eight of them are the shingles of one
_BLOCKS = (WINDOW - SHINGLE + 1) // _STEP
_BANDS, _ROWS = 20, 5  # MinHashes: a pair is compared where all rows of a band are equal
_RIVALS = 8  # training passages that a test passage is compared with, per band
_CHUNK = 4096  # pairs compared at once

Ids = npt.NDArray[np.uint64]


def near_duplicates(train: Codes, test: Codes) -> npt.NDArray[np.bool_]:
    """Test characters in near duplicates of passages of the training text.

    Passages begin every 37 bytes of a stream and do not run on into the next. So one that the
    training text has word for word is at most 18 bytes out of step there: an index of 0.88.

    Args:
        train: vocabulary codes, uint8 (B, length + 1).
        test: the same of the test split.

    Returns:
        Whether each target is in such a passage, bool (B, length).
    """
    text, query = _shingles(train[:, :-1]), _shingles(test[:, 1:])
    marked = np.zeros((len(test), test.shape[1] - 1), np.bool_)
    if text is None or query is None:
        return marked
    near = _near(text, query)
    for row, window in np.argwhere(near):
        marked[row, window * _STEP : window * _STEP + WINDOW] = True
    return marked


def _shingles(codes: npt.NDArray[np.uint8]) -> Ids | None:
    """Each shingle as a number, (B, blocks, 37); None where streams are shorter than a passage."""
    blocks = (codes.shape[1] - SHINGLE + 1) // _STEP
    if blocks < _BLOCKS:
        return None
    size = blocks * _STEP
    ids = np.zeros((len(codes), size), np.uint64)
    for i in range(SHINGLE):
        ids |= codes[:, i : i + size].astype(np.uint64) << np.uint64(8 * i)
    return ids.reshape(len(codes), blocks, _STEP)


def _near(text: Ids, query: Ids) -> npt.NDArray[np.bool_]:
    """Which passages of the query are near duplicates of one of the text, (B, passages)."""
    draws = generator(0, "near duplicates")
    near = np.zeros((len(query), query.shape[1] - _BLOCKS + 1), np.bool_)
    for _ in range(_BANDS):
        factors = draws.integers(0, 2**63, _ROWS, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
        known = _band(text, factors).ravel()
        order = np.argsort(known, kind="stable")
        asked = np.flatnonzero(~near.ravel())
        keys = _band(query, factors).ravel()[asked]
        first = np.searchsorted(known, keys, "left", sorter=order)
        last = np.searchsorted(known, keys, "right", sorter=order)
        for rival in range(_RIVALS):
            some = (first + rival < last) & ~near.ravel()[asked]
            passages = asked[some]
            index = _jaccard(text, query, passages, order[first[some] + rival])
            near.ravel()[passages] = index > ALIKE
    return near


def _band(ids: Ids, factors: Ids) -> Ids:
    """One key for all MinHashes of a band, (B, passages)."""
    key = np.zeros((len(ids), ids.shape[1] - _BLOCKS + 1), np.uint64)
    for factor in factors:
        least = np.stack([(row * factor >> np.uint64(32)).min(axis=1) for row in ids])
        window = np.lib.stride_tricks.sliding_window_view(least, _BLOCKS, axis=1).min(axis=2)
        key = (key ^ window) * np.uint64(0x9E3779B97F4A7C15)
    return key


def _jaccard(
    text: Ids, query: Ids, asked: np.ndarray, rivals: np.ndarray
) -> npt.NDArray[np.float64]:
    """Jaccard index of each pair of passages, (pairs,)."""
    index = np.zeros(len(asked))
    for start in range(0, len(asked), _CHUNK):
        part = slice(start, start + _CHUNK)
        one = _distinct(_passages(query, asked[part]), 1)
        other = _distinct(_passages(text, rivals[part]), 2)
        both = np.sort(np.concatenate([one, other], axis=1), axis=1)
        shared = (both[:, 1:] == both[:, :-1]).sum(1)
        sizes = [(own < _REPEATED).sum(1) for own in (one, other)]
        index[part] = shared / (sizes[0] + sizes[1] - shared)
    return index


def _passages(ids: Ids, which: np.ndarray) -> Ids:
    """The shingles of passages, (passages, 296)."""
    rows, blocks = np.divmod(which, ids.shape[1] - _BLOCKS + 1)
    columns = blocks[:, None] + np.arange(_BLOCKS)
    return ids[rows[:, None], columns].reshape(len(which), -1)


_REPEATED = np.uint64(1 << 8 * SHINGLE)  # above all shingles


def _distinct(passages: Ids, side: int) -> Ids:
    """Passages with each repeated shingle replaced by a number that comes nowhere else."""
    ordered = np.sort(passages, axis=1)
    repeated = np.zeros(ordered.shape, np.bool_)
    repeated[:, 1:] = ordered[:, 1:] == ordered[:, :-1]
    unique = _REPEATED * np.uint64(side) + np.arange(ordered.shape[1], dtype=np.uint64)
    return np.where(repeated, unique, ordered)
