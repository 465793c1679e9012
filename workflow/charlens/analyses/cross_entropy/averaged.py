"""The table of cross-entropies with the means of networks that were trained several times."""

from __future__ import annotations

import math

import pandas as pd

from charlens.analyses.ranking import mark_best

SEEDS = "seed_half_width"
"""Column of half the 95 % interval over seeds, nats per character; empty for a single seed."""

SEED_NOTE = (
    "Numbers with ± seeds are means over trainings from several seeds, with half of the 95 % "
    "interval over these."
)
"""What that is, in words."""


def averaged(frame: pd.DataFrame, seeds: pd.DataFrame) -> pd.DataFrame:
    """Replace what one training has by the mean over its network's trainings.

    Args:
        frame: as of :func:`charlens.analyses.cross_entropy.table.table`.
        seeds: as of :func:`charlens.analyses.cross_entropy.seeds.tables`.

    Returns:
        The same rows with the columns ``seeds`` and :data:`SEEDS` after those of ``frame``. The
        error over text is that of the mean; the best of a row is the one with the best mean.
    """
    keys = ["corpus", "model"]
    several = seeds[seeds["seeds"] > 1]
    merged = frame.merge(
        several[[*keys, "seeds", "mean", "text_sd", SEEDS]], on=keys, how="left", validate="m:1"
    )
    ratio = merged["mean"] / merged["cross_entropy"]
    for column in ("cross_entropy", "bits_per_character", "nats_per_code_point"):
        merged[column] = merged[column].where(ratio.isna(), merged[column] * ratio)
    merged["bootstrap_sd"] = merged["text_sd"].fillna(merged["bootstrap_sd"])
    merged["difference"] = merged["cross_entropy"] - merged["paper"]
    merged["seeds"] = merged["seeds"].fillna(1).astype("int64")
    columns = [*frame.columns, "seeds", SEEDS]
    return mark_best(merged)[columns]


def seed_spread(row: object) -> str:
    """Half of the interval over seeds of a row, ``± 0.012``; empty where there is none."""
    half = getattr(row, SEEDS, math.nan)
    return "" if math.isnan(half) else f"± {half:.3f}"
