"""The table of errors with the means of networks that were trained several times."""

from __future__ import annotations

import pandas as pd

ORACLE, FAMILY, ALL = "oracle", "family", "all"
"""What a row is about: a slice of Figure 6, a family of them, or all errors."""

ERRORS = "errors"
"""Name of the row of all errors; its percent are of the test characters."""


def averaged(categories: pd.DataFrame, intervals: pd.DataFrame) -> pd.DataFrame:
    """Replace the shares of one training by the means over a network's trainings.

    Args:
        categories: of :func:`charlens.analyses.oracles.table.read`.
        intervals: of :func:`charlens.analyses.oracles.seeds.read_intervals`.

    Returns:
        The same rows with the columns ``seeds``, ``seed_sd``, ``seed_low`` and ``seed_high``
        besides; the last three are empty for networks of one seed. ``errors`` stay those of the
        first training.
    """
    means = intervals[intervals["level"] == ORACLE].rename(columns={"name": "oracle"})
    columns = ["mean", "seeds", "seed_sd", "seed_low", "seed_high"]
    keys = ["corpus", "model", "oracle"]
    merged = categories.merge(means[[*keys, *columns]], on=keys, how="left", validate="m:1")
    merged["percent"] = merged["mean"].fillna(merged["percent"])
    merged["seeds"] = merged["seeds"].fillna(1).astype("int64")
    return merged.drop(columns="mean")


def wrong(part: pd.DataFrame, intervals: pd.DataFrame) -> float:
    """The share of the test characters that a network gets wrong, percent; a mean over seeds.

    Args:
        part: its rows of the table of errors.
        intervals: as of :func:`averaged`.
    """
    first = part.iloc[0]
    means = intervals[(intervals["level"] == ALL) & (intervals["corpus"] == first["corpus"])]
    means = means.loc[means["model"] == first["model"], "mean"]
    return float(means.iloc[0] if len(means) else 100 * part["errors"].sum() / first["characters"])
