"""Suffixes of a text in order, compared on their first few symbols: the index under the n-grams.

A text is an array of small codes that ends with the code 0, which occurs nowhere else in it. Only
the first ``depth`` symbols of a suffix ever matter, so the order may leave longer ties as they
come, common prefixes are capped at ``depth``, and a suffix is compared as a few 64-bit keys.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

try:
    from pydivsufsort import divsufsort
except (ImportError, OSError):  # optional: a packed sort does the same, more slowly
    divsufsort = None

Keys = npt.NDArray[np.uint64]


def symbols_per_key(dtype: npt.DTypeLike) -> int:
    """How many symbols of this type one 64-bit key holds."""
    return 8 // np.dtype(dtype).itemsize


def pack(text: npt.NDArray[np.unsignedinteger], depth: int, pad: int = 0) -> Keys:
    """The next eight (uint8) or four (uint16) symbols at each place, as one comparable number.

    Args:
        text: uint8 or uint16, shape (n,).
        depth: keys are given for as many places beyond the end as ``depth`` symbols reach.
        pad: the code that follows the end.

    Returns:
        uint64, shape (n + depth,); the first symbol is the most significant.
    """
    width = symbols_per_key(text.dtype)
    size = len(text) + depth
    padded = np.full(size + width, pad, dtype=text.dtype)
    padded[: len(text)] = text
    keys, bits, step = padded, 8 * text.dtype.itemsize, 1
    while bits < 64:  # two keys side by side make one of twice the width
        wide = keys[:-step].astype(f"u{bits // 4}")
        wide <<= wide.dtype.type(bits)
        wide |= keys[step:]
        keys, bits, step = wide, 2 * bits, 2 * step
    return keys[:size]


def suffix_array(text: npt.NDArray[np.unsignedinteger], depth: int) -> npt.NDArray[np.int32]:
    """Start of each suffix, in the order of (at least) their first ``depth`` symbols.

    Args:
        text: uint8 or uint16, shape (n,), n < 2**31.
        depth: how many symbols must be in order.

    Returns:
        int32, shape (n,).
    """
    if divsufsort is not None and text.dtype == np.uint8:
        return divsufsort(text)
    return packed_suffix_array(text, depth)


def packed_suffix_array(text: npt.NDArray[np.unsignedinteger], depth: int) -> npt.NDArray[np.int32]:
    """:func:`suffix_array` with numpy alone: sorts of packed keys, doubling what they cover.

    The ranks by the first w symbols, side by side with those of the suffix w places later, sort
    the suffixes by 2w symbols (Manber & Myers 1993). Ties keep the order of the text.
    """
    size, width = len(text), symbols_per_key(text.dtype)
    keys = pack(text, depth)[:size]
    while True:
        order = np.argsort(keys, kind="stable")
        if width >= depth:
            return order.astype(np.int32)
        ordered = keys[order]
        new = np.ones(size, dtype=bool)
        np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
        if new.all():
            return order.astype(np.int32)
        rank = np.empty(size, dtype=np.uint64)
        rank[order] = np.cumsum(new)  # from 1 on: 0 stands for a suffix that has ended
        keys = rank << np.uint64(32)
        keys[: max(size - width, 0)] |= rank[width:]
        width *= 2


def common_prefixes(
    text: npt.NDArray[np.unsignedinteger], order: npt.NDArray[np.int32], depth: int
) -> npt.NDArray[np.uint8]:
    """Symbols that each suffix shares with the one before it in order, at most ``depth``.

    Args:
        text: uint8 or uint16, shape (n,).
        order: the suffix array of ``text``, shape (n,).
        depth: the cap, at most 255.

    Returns:
        uint8, shape (n,); the first is 0.
    """
    keys, width = pack(text, depth), symbols_per_key(text.dtype)
    shared = np.zeros(len(text), dtype=np.uint8)
    at = keys[order]
    different = at[1:] ^ at[:-1]
    del at
    shared[1:] = _equal_symbols(different, width)
    for offset in range(width, depth, width):
        rows = np.flatnonzero(shared == offset)
        different = keys[order[rows] + offset] ^ keys[order[rows - 1] + offset]
        shared[rows] += _capped(_equal_symbols(different, width), depth - offset)
    return np.minimum(shared, depth, out=shared)


def _equal_symbols(different: Keys, width: int) -> npt.NDArray[np.uint8]:
    """Leading symbols on which two keys agree, from their exclusive or."""
    count = np.zeros(len(different), dtype=np.uint8)
    for symbols in range(1, width):
        count += different < np.uint64(1 << (64 - 64 // width * symbols))
    count += different == 0
    return count


def _capped(count: npt.NDArray[np.uint8], limit: int) -> npt.NDArray[np.uint8]:
    """Counts of at most ``limit``: the last key may reach beyond the depth; a byte ends at 255."""
    return np.minimum(count, min(limit, 255), out=count)


def locate(
    text: npt.NDArray[np.unsignedinteger],
    order: npt.NDArray[np.int32],
    query: npt.NDArray[np.unsignedinteger],
    depth: int,
    pad: int,
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.uint8]]:
    """Find where ``text`` agrees longest with every suffix of ``query``.

    Args:
        text: uint8 or uint16, shape (n,), n > 0.
        order: the suffix array of ``text``, shape (n,).
        query: of the same type, shape (m,).
        depth: how many symbols count, at most 255.
        pad: a code that follows the end of ``query`` and matches nothing in ``text``.

    Returns:
        start: int32, shape (m,): the suffixes of ``query``, sorted by row.
        row: int32, shape (m,): for each of them, the row of ``order`` (one of them) whose suffix
            shares the longest prefix with it.
        length: uint8, shape (m,): of that prefix, at most ``depth``.
    """
    text_keys, query_keys = pack(text, depth), pack(query, depth, pad)
    width = symbols_per_key(text.dtype)
    # Sorted queries walk neighbouring paths through memory.
    start = np.argsort(query_keys[: len(query)]).astype(np.int32)
    row = _insertion_rows(text_keys, order, query_keys, start, depth, width)
    other = np.maximum(row - 1, 0)
    np.minimum(row, len(order) - 1, out=row)
    length = _match_lengths(text_keys, order[row], query_keys, start, depth, width)
    length_of_other = _match_lengths(text_keys, order[other], query_keys, start, depth, width)
    better = length_of_other > length
    row[better], length[better] = other[better], length_of_other[better]
    by_row = np.argsort(row, kind="stable")
    return start[by_row], row[by_row], length[by_row]


def _insertion_rows(
    text_keys: Keys,
    order: npt.NDArray[np.int32],
    query_keys: Keys,
    start: npt.NDArray[np.int32],
    depth: int,
    width: int,
) -> npt.NDArray[np.int32]:
    """Binary search, all queries in step: how many suffixes of the text are smaller than each."""
    first = query_keys[start]
    low = np.zeros(len(start), dtype=np.int32)
    high = np.full(len(start), len(order), dtype=np.int32)
    for _ in range(len(order).bit_length()):
        middle = (low + high) >> 1
        at = order[np.minimum(middle, len(order) - 1)]
        keys = text_keys[at]
        smaller = keys < first
        tied = np.flatnonzero(keys == first)
        for offset in range(width, depth, width):
            keys, query = text_keys[at[tied] + offset], query_keys[start[tied] + offset]
            smaller[tied] = keys < query
            tied = tied[keys == query]
        smaller &= low < high
        low = np.where(smaller, middle + 1, low)
        high = np.where(smaller, high, middle)
    return low


def _match_lengths(
    text_keys: Keys,
    at: npt.NDArray[np.int32],
    query_keys: Keys,
    start: npt.NDArray[np.int32],
    depth: int,
    width: int,
) -> npt.NDArray[np.uint8]:
    """Symbols shared by the text from ``at`` on and the query from ``start`` on, up to depth."""
    length = _equal_symbols(text_keys[at] ^ query_keys[start], width)
    for offset in range(width, depth, width):
        tied = np.flatnonzero(length == offset)
        different = text_keys[at[tied] + offset] ^ query_keys[start[tied] + offset]
        length[tied] += _capped(_equal_symbols(different, width), depth - offset)
    return np.minimum(length, depth, out=length)
