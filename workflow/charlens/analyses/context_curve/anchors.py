"""The characters at which context curves are measured, drawn evenly from the streams of a split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from charlens.analyses.context_curve.classes import ALL, CLASSES, as_ascii
from charlens.text.encodings import UTF_8

LEAST = 100
"""Context curves need streams with so many characters before an anchor."""


@dataclass(frozen=True)
class Anchors:
    """Characters to predict.

    Attributes:
        stream: int64 (anchors,).
        place: index of each in its stream, int64 (anchors,): ``codes[stream, place]`` is to be
            predicted from ``codes[stream, :place]``.
        members: class -> which anchors its curve is a mean over, int64 indices.
    """

    stream: np.ndarray
    place: np.ndarray
    members: Mapping[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.place)

    def contexts(self, codes: np.ndarray, length: int) -> np.ndarray:
        """The characters before each anchor, uint8 (anchors, length)."""
        columns = self.place[:, None] + np.arange(-length, 0)
        return codes[self.stream[:, None], columns]


def usable(lengths: Sequence[int], codes: np.ndarray) -> list[int]:
    """The lengths of context that streams have; none where they are shorter than :data:`LEAST`.

    Args:
        lengths: in characters, increasing.
        codes: the split, uint8 (B, length + 1).
    """
    longest = codes.shape[1] - 1  # one character is left to predict
    return [c for c in lengths if c <= longest] if longest >= LEAST else []


def draw(
    codes: np.ndarray,
    vocabulary: np.ndarray,
    longest: int,
    count: int,
    by_class: bool,
    generator: np.random.Generator,
    encoding: str = UTF_8,
) -> Anchors:
    """Draw anchors.

    About equally many lie in each stream. Classes that are rare among them get more of their own,
    up to a tenth of ``count``; those do not enter the curve over all characters.

    Args:
        codes: the split, uint8 (B, length + 1).
        vocabulary: byte value of every code, uint8 (k,).
        longest: characters that must come before an anchor.
        count: anchors of the curve over all characters, as far as there are so many.
        by_class: whether there are curves by class.
        generator: of the draws.
        encoding: of the text, which classes are of.
    """
    streams, length = codes.shape
    places = np.arange(longest, length)
    total = streams * len(places)
    order = np.argsort(generator.random((streams, len(places))), axis=1)
    share = np.full(streams, min(count, total) // streams)
    share[: min(count, total) % streams] += 1
    share = generator.permutation(share)
    chosen = np.concatenate([b * len(places) + order[b, : share[b]] for b in range(streams)])
    members = {ALL: np.arange(len(chosen))}
    if by_class:
        looked_at = as_ascii(vocabulary[codes], encoding)
        letters, before = (values[:, longest:].ravel() for values in looked_at)
        base = len(chosen)
        for name, belongs in CLASSES.items():
            inside = belongs(letters, before)
            own = np.flatnonzero(inside[chosen[:base]])
            rest = np.setdiff1d(np.flatnonzero(inside), chosen[:base][own], assume_unique=True)
            more = min(max(0, count // 10 - len(own)), len(rest))
            extra = np.sort(generator.choice(rest, more, replace=False))
            members[name] = np.append(own, len(chosen) + np.arange(more))
            chosen = np.append(chosen, extra)
    stream, column = np.divmod(chosen, len(places))
    return Anchors(stream, places[column], members)
