"""Errors by kind of networks that were trained several times, as a page for people."""

from __future__ import annotations

import math

import pandas as pd

from charlens.analyses.oracles.averaged import ERRORS, ORACLE
from charlens.display.markdown import table as markdown_table
from charlens.display.units import worded
from charlens.models import names as model_id
from charlens.paper import texts


def markdown(frame: pd.DataFrame, intervals: pd.DataFrame) -> str:
    """Shares of errors by family of each training, with both intervals, for people.

    Args:
        frame: the first table of :func:`charlens.analyses.oracles.seeds.tables`.
        intervals: the second.
    """
    corpus = texts.corpus_title(str(intervals["corpus"].iloc[0]))
    lines = [
        f"# Errors of networks trained from several seeds: {corpus}",
        "",
        "Percent of the errors of each training by what would remove them, as in Figure 6; of the "
        "test characters for all errors. *Seeds*: 95 % interval of the mean over trainings, from "
        "the spread of one training, pooled over the networks of a cell. *Text*: 95 % interval of "
        "the mean over streams of the test text.",
    ]
    for model, part in intervals[intervals["level"] != ORACLE].groupby("model", sort=False):
        shares = _by_seed(frame[frame["model"] == model])
        head = ["", *(f"seed {seed}" for seed in shares), "mean", "seeds", "text", "paper"]
        rows = [
            [row.name, *(f"{shares.loc[row.name, seed]:.1f}" for seed in shares),
             f"**{row.mean:.1f}**", _ends(row.seed_low, row.seed_high),
             _ends(row.text_low, row.text_high), _ends(row.paper)]
            for row in part.itertuples(index=False)
        ]  # fmt: skip
        lines += ["", f"## {model_id.title(str(model))}", "", *markdown_table(head, rows, "lr")]
    return worded("\n".join(lines) + "\n", intervals)


def _by_seed(part: pd.DataFrame) -> pd.DataFrame:
    """Percent of a network's errors by family and, last, of the characters: one column per seed."""
    shares = part.pivot_table("percent", "family", "seed", "sum", sort=False)
    errors, characters = part.groupby("seed")["errors"].sum(), part["characters"].iloc[0]
    shares.loc[ERRORS] = 100 * errors / characters
    return shares


def _ends(*values: float) -> str:
    return "–" if any(map(math.isnan, values)) else " to ".join(f"{v:.1f}" for v in values)
