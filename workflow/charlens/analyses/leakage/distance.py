"""Losses by distance from the training text that follows a test stream in its own text.

Split by streams, training text begins where a test block ends: that of the next stream. What
precedes the block is validation text. If nearness helps, models that remember do better at the end
of a block than before it, more than the 1-gram model, which remembers nothing, and more than by a
stricter split, where no training text follows.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import pairwise

import numpy as np
import pandas as pd

from charlens.analyses.leakage.gaps import WITHOUT_MEMORY
from charlens.files import csv_tables
from charlens.files.atomic import FilePath
from charlens.models import names as model_id
from charlens.runtime.randomness import generator
from charlens.runtime.resampling import interval, resample_streams

EDGES = (0, 500, 1000, 2000)
"""Characters before the end of a test stream; its beginning is the last edge."""

# One row per corpus, model and bin; losses in nats per character, intervals of 95 % over streams.
COLUMNS = {
    "corpus": "string",
    "split": "string",
    "model": "string",
    "nearest": "int64",  # characters before the end of the test stream, at least
    "furthest": "int64",  # not included
    "characters": "int64",
    "copied": "float64",  # share in copies
    "loss": "float64",
    "beyond": "float64",  # loss less that in the bin of comparison, both less the 1-gram model's
    "low": "float64",
    "high": "float64",
}


def bins(length: int) -> list[int]:
    """Edges of the bins of streams of a length.

    >>> bins(3300), bins(800)
    ([0, 500, 1000, 2000, 3300], [0, 500, 800])
    """
    return [*(edge for edge in EDGES if edge < length), length]


def by_bin(values: np.ndarray, streams: int) -> np.ndarray:
    """Sums of values, (N,), by stream and bin, that at the end first: (streams, bins)."""
    rows = values.reshape(streams, -1)[:, ::-1]
    return np.add.reduceat(rows.astype(np.float64), bins(rows.shape[1])[:-1], axis=1)


def rows(
    corpus: str,
    split: str,
    copied: np.ndarray,
    losses: Mapping[str, np.ndarray],
    length: int,
    bootstrap: int,
    seed: int,
) -> Iterator[dict[str, object]]:
    """Rows of a corpus.

    Args:
        corpus: its name.
        split: how it was split.
        copied: characters in copies, (streams, bins).
        losses: model -> its losses, (streams, bins).
        length: characters of a test stream.
        bootstrap: resamples of streams.
        seed: the config's.
    """
    edges = bins(length)
    sizes = np.diff(edges)
    streams = len(copied)
    draws = generator(seed, "leakage distance", corpus)
    times = np.vstack([np.ones(streams), resample_streams(streams, bootstrap, draws)])
    means = {model: times @ sums / streams / sizes for model, sums in losses.items()}
    level = means.get(WITHOUT_MEMORY)
    # The furthest bin holds what a network loses by beginning without knowing what precedes.
    compared = max(len(sizes) - 2, 1) if len(sizes) > 1 else 0
    for model in sorted(losses, key=model_id.sort_key):
        beyond = np.full_like(means[model], np.nan)
        if level is not None and model != WITHOUT_MEMORY:
            more = means[model] - level
            beyond = more - more[:, compared, None]
        low, high = interval(beyond[1:], 0)
        for i, (nearest, furthest) in enumerate(pairwise(edges)):
            ends = (math.nan,) * 3 if i == compared else (beyond[0, i], low[i], high[i])
            yield {
                "corpus": corpus, "split": split, "model": model,
                "nearest": nearest, "furthest": furthest,
                "characters": streams * int(sizes[i]),
                "copied": float(copied[:, i].sum() / streams / sizes[i]),
                "loss": float(means[model][0, i]),
                **dict(zip(("beyond", "low", "high"), map(float, ends), strict=True)),
            }  # fmt: skip


def read(path: FilePath) -> pd.DataFrame:
    """Read the table of losses by distance, written by ``csv_tables.write``.

    Raises:
        CharlensError: no such file, or not such a table.
    """
    return csv_tables.read(path, COLUMNS, "a table of losses by distance", "leakage")
