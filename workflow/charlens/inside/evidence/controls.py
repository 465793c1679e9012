"""Arbitrary properties of a text, as like a concept as possible: what any network's best cell gets.

The sequence's analogue of control tasks (Hewitt and Liang 2019): *latches*, on from one byte until
another, and the number of bytes since a byte; and functions of the last byte alone, which take no
memory. A concept that means something is tracked better than these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from charlens.inside.cells.concepts import AUC, CORRELATION, measure_of

RAREST, MOST_FREQUENT = 0.0015, 0.06
"""Shares of the text between which the bytes lie that switch a latch."""

LIKE = 2.0
"""A control is on as often as its concept, within this factor."""

TRIES = 50
"""Random sets of bytes drawn for each that is wanted, before fewer are taken."""


ALL = slice(None)

Maker = Callable[[slice], np.ndarray]
"""Makes the labels of a control on some streams, (streams, length)."""


class Latches:
    """States "from byte x until byte y" and counts "bytes since x" of a text.

    The text is held as the places of its bytes, of which there is one for each. So memory does not
    grow with the number of different bytes.

    Args:
        text: input bytes, uint8 (streams, length); every stream starts with all latches off.
    """

    def __init__(self, text: np.ndarray) -> None:
        self.shape = text.shape
        counts = np.bincount(text.ravel(), minlength=256) / max(1, text.size)
        self.bytes = np.flatnonzero((counts >= RAREST) & (counts <= MOST_FREQUENT))
        self._places = [np.flatnonzero(text.ravel() == byte) for byte in self.bytes]
        self._shares: dict[tuple[int, int], float] = {}

    def state(self, x: int, y: int, streams: slice = ALL) -> np.ndarray:
        """On from byte x until byte y, given as indices into ``bytes``; bool (streams, length)."""
        is_on, lengths = self._runs(x, y, streams)
        return np.repeat(is_on, lengths).reshape(-1, self.shape[1])

    def share(self, x: int, y: int) -> float:
        """The share of the text in which :meth:`state` is on."""
        if (x, y) not in self._shares:  # which every concept asks for
            is_on, lengths = self._runs(x, y, ALL)
            self._shares[x, y] = float(lengths[is_on].sum() / lengths.sum())
        return self._shares[x, y]

    def _runs(self, x: int, y: int, streams: slice) -> tuple[np.ndarray, np.ndarray]:
        """On and off by turns: which, bool (runs,), and for how many bytes, int64 (runs,)."""
        starts, stop = self._starts(streams)
        on, off = (self._within(byte, starts, stop) for byte in (x, y))
        at = np.concatenate([starts, on, off])
        # Where a stream starts with a byte the latter counts, as the last of equal places.
        order = np.argsort(at, kind="stable")
        switches = np.repeat([False, True, False], [len(starts), len(on), len(off)])
        return switches[order], np.diff(at[order], append=stop)

    def since(self, x: int, streams: slice = ALL) -> np.ndarray:
        """Bytes since byte x, or since the stream began, float32 (streams, length)."""
        starts, stop = self._starts(streams)
        places = self._within(x, starts, stop)
        at = np.concatenate([starts, places])
        order = np.argsort(at, kind="stable")
        # What began a stream is as far away as if it were just before its first byte.
        zero = np.concatenate([starts - 1, places])[order]
        last = np.repeat(zero, np.diff(at[order], append=stop))
        return (
            (np.arange(stop - len(last), stop) - last).astype(np.float32).reshape(-1, self.shape[1])
        )

    def _starts(self, streams: slice) -> tuple[np.ndarray, int]:
        """Where streams that follow one another start, int64 (streams,), and where they end."""
        first, stop, _ = streams.indices(self.shape[0])
        return self.shape[1] * np.arange(first, stop), self.shape[1] * stop

    def _within(self, x: int, starts: np.ndarray, stop: int) -> np.ndarray:
        """The places of a byte in some streams, in order."""
        places = self._places[x]
        first = starts[0] if len(starts) else stop
        return places[slice(*np.searchsorted(places, (first, stop)))]

    def like(self, label: np.ndarray, count: int, generator: np.random.Generator) -> Controls:
        """Latches that resemble a concept.

        Args:
            label: of the concept, (streams, length): bool, or a count.
            count: how many at most; a text with few different bytes has fewer.
            generator: draws them.
        """
        if label.dtype != bool:
            chosen = generator.permutation(len(self.bytes))[:count]
            return Controls([partial(self.since, int(x)) for x in chosen], CORRELATION)
        share = label.mean()
        pairs = [(x, y) for x in range(len(self.bytes)) for y in range(len(self.bytes)) if x != y]
        alike: list[Maker] = []
        for index in generator.permutation(len(pairs)):
            x, y = pairs[index]
            if share / LIKE <= self.share(x, y) <= share * LIKE:
                alike.append(partial(self.state, x, y))
                if len(alike) == count:
                    break
        return Controls(alike, AUC)


class Controls:
    """Labels that are made when they are looked at, since together they would fill the memory.

    Args:
        makers: of each.
        measure: how they are compared with a cell, ``correlation`` or ``auc``.
    """

    def __init__(self, makers: list[Maker], measure: str) -> None:
        self._makers, self.measure = makers, measure

    def __len__(self) -> int:
        return len(self._makers)

    def batches(self, size: int, streams: slice) -> Iterator[np.ndarray]:
        """Some labels at a time, (size, streams, length), of some of the streams."""
        for start in range(0, len(self), size):
            yield np.stack([make(streams) for make in self._makers[start : start + size]])

    def first(self, count: int) -> Controls:
        """The first few."""
        return Controls(self._makers[:count], self.measure)


class ByteFunctions(Controls):
    """Labels that the last byte decides: sums over the positions of each byte are enough for them.

    Args:
        text: input bytes, uint8 (streams, length).
        tables: the label of each byte, a bool or a number, (functions, 256).
    """

    def __init__(self, text: np.ndarray, tables: np.ndarray) -> None:
        super().__init__([partial(_look_up, text, table) for table in tables], measure_of(tables))
        self.tables = tables


def _look_up(text: np.ndarray, table: np.ndarray, streams: slice) -> np.ndarray:
    return table[text[streams]]


def functions_of_the_byte(
    text: np.ndarray, label: np.ndarray, count: int, generator: np.random.Generator
) -> ByteFunctions:
    """Properties that the last byte decides at random, as often true as the concept is.

    Args:
        text: input bytes, uint8 (streams, length).
        label: of the concept, (streams, length): bool, or a count.
        count: how many at most.
        generator: draws them.
    """
    if label.dtype != bool:
        tables = [generator.standard_normal(256).astype(np.float32) for _ in range(count)]
        return ByteFunctions(text, np.array(tables, np.float32).reshape(-1, 256))
    shares = np.bincount(text.ravel(), minlength=256) / max(1, text.size)
    present, share = np.flatnonzero(shares), label.mean()
    sets: list[np.ndarray] = []
    for _ in range(count * TRIES):
        order = generator.permutation(present)
        total = np.cumsum(shares[order])
        some = int(np.searchsorted(total, share)) + 1  # as many as reach the share
        if len(sets) < count and share / LIKE <= total[some - 1 : some].sum() <= share * LIKE:
            sets.append(np.isin(np.arange(256), order[:some]))
    return ByteFunctions(text, np.array(sets, bool).reshape(-1, 256))
