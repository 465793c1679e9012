"""One passage of the test text as a cell of every training reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from charlens.inside.cells.ranking import halves
from charlens.inside.universality.covariances import WARM_UP, columns_of
from charlens.models.trained import TrainedModel
from charlens.text.splits import Codes

LENGTH = 150
"""Characters shown."""

BEFORE = 25
"""Characters shown before the concept begins to hold."""

HOLDS = (40, 110)
"""Characters for which it holds, at least and at most, in the passage that is looked for."""


@dataclass(frozen=True)
class Follower:
    """The cell of a network that follows a concept best.

    Attributes:
        network: the network.
        seed: of its training.
        layer: of the cell, from 1.
        unit: its number in the layer, from 0.
        column: its place among all cells of a comparison.
        strength: |r| with the concept, on the half that did not choose it.
        sign: 1 where it is larger where the concept holds, else −1.
    """

    network: TrainedModel
    seed: int
    layer: int
    unit: int
    column: int
    strength: float
    sign: float


def find_passage(inside: np.ndarray) -> tuple[int, int]:
    """Stream and first character of a passage in which a concept begins and ends.

    The first one in the half of the split that chose no cells, after the first characters of its
    stream; where none fits, the stream's characters after these.

    Args:
        inside: whether the concept holds, bool (B, length).
    """
    length = inside.shape[1]
    warm = min(WARM_UP, max(0, length - LENGTH))
    judged = ~halves(*inside.shape)
    for stream in np.flatnonzero(judged.any(1)):
        edges = np.flatnonzero(np.diff(inside[stream].astype(np.int8))) + 1
        for begin, end in pairwise(edges):
            start = int(begin) - BEFORE
            fits = HOLDS[0] <= end - begin <= HOLDS[1] and warm <= start <= length - LENGTH
            if inside[stream, begin] and fits and judged[stream, start]:
                return int(stream), start
    return int(np.flatnonzero(judged.any(1))[0]), warm


def passage_rows(
    followers: Sequence[Follower],
    codes: Codes,
    text: np.ndarray,
    inside: np.ndarray,
    steps: int,
    device: str,
) -> pd.DataFrame:
    """The values of the followers' cells along a passage, one row per training and byte.

    Args:
        followers: one of each training.
        codes: vocabulary codes of the split, uint8 (B, length + 1).
        text: byte values of its inputs, uint8 (B, length).
        inside: the concept after each input byte, bool (B, length).
        steps: window length; divides the stream length.
        device: auto, cpu or cuda.
    """
    stream, start = find_passage(inside)
    stop = min(start + LENGTH, inside.shape[1])
    whole = -(-stop // steps) * steps  # windows up to the end of the passage
    read = codes[stream : stream + 1, : whole + 1]
    frames = []
    for follower in followers:
        width = follower.network.shape.width
        index = (follower.layer - 1) * width + follower.unit
        windows = columns_of([follower.network], read, steps, device)
        values = np.concatenate([cells[0, :, index] for _, cells in windows])[start:stop]
        frames.append(
            pd.DataFrame(
                {
                    "model": follower.network.model,
                    "seed": follower.seed,
                    "layer": follower.layer,
                    "unit": follower.unit,
                    "strength": follower.strength,
                    "place": np.arange(stop - start),
                    "byte": text[stream, start:stop].astype(np.int64),
                    "inside": inside[stream, start:stop],
                    "value": (values * follower.sign).astype(np.float64),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)
