"""The best of the models in a table of cross-entropies; a diverged one is never the best."""

from __future__ import annotations

import pandas as pd

from charlens.models.divergence import LARGEST, SLACK


def diverged(frame: pd.DataFrame) -> pd.Series:
    """Which models are worse than a uniform guess, or have no loss at all.

    Args:
        frame: with the columns ``cross_entropy`` and ``uniform``, both in nats per character;
            ``uniform`` is empty where it is not known, as in tables of earlier versions.
    """
    limit = frame["uniform"].astype("float64").fillna(LARGEST) + SLACK
    return ~(frame["cross_entropy"] <= limit)


def best(frame: pd.DataFrame) -> pd.Series | None:
    """The row of the lowest cross-entropy; None where no model is better than a uniform guess.

    Args:
        frame: as of :func:`diverged`.
    """
    sound = frame[~diverged(frame)]
    return sound.loc[sound["cross_entropy"].idxmin()] if len(sound) else None


def mark_best(frame: pd.DataFrame) -> pd.DataFrame:
    """Mark the best grid point of each corpus and size in the column ``best_in_row``.

    Args:
        frame: as of :func:`diverged`, with the columns ``corpus`` and ``size``, empty where a model
            is no grid point. It is changed.
    """
    sound = frame["cross_entropy"].mask(diverged(frame))
    lowest = sound.groupby([frame["corpus"], frame["size"]]).transform("min")
    frame["best_in_row"] = (sound == lowest) & frame["size"].notna()
    return frame.astype({"best_in_row": "bool"})
