"""Rankings of cells: what is kept of a search, and which cells it means.

Reading one needs no network: what draws or tabulates cells imports this and not the search.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from charlens.files import parquet_tables
from charlens.files.atomic import FilePath
from charlens.inside.cells.concepts import CORRELATION

HALVES = ("found", "held_out")
"""The half of the test split on which cells are chosen, and the one on which they are judged."""

COLUMNS = {
    "corpus": "string",
    "model": "string",
    "concept": "string",
    "measure": "string",  # correlation or auc
    "layer": "int64",  # from 1
    "unit": "int64",
    "found": "float64",  # score on the first half; NaN where cell or concept is constant
    "held_out": "float64",  # score on the second half
    "strength_found": "float64",  # 0 … 1, comparable between measures
    "strength_held_out": "float64",
    "rank": "int64",  # among the model's cells by strength_found, from 1
}

Labels = Mapping[str, np.ndarray]
"""Concept -> its label at every input byte of the test split, (B, length), bool or float."""


def halves(batch: int, length: int) -> np.ndarray:
    """Where the half of a split is on which cells are chosen, bool (batch, length).

    The first half of the streams; of a single stream, its first half.
    """
    chosen = np.zeros((batch, length), bool)
    if batch > 1:
        chosen[: batch // 2] = True
    else:
        chosen[:, : -(-length // 2)] = True
    return chosen


def strength(scores: pd.Series, measures: pd.Series) -> pd.Series:
    """|r| of correlations and |2 AUC − 1| of AUCs: 0 unrelated, 1 perfect, whatever the sign."""
    return scores.abs().where(measures == CORRELATION, (2 * scores - 1).abs())


def best(frame: pd.DataFrame, concept: str) -> pd.Series:
    """The cell that tracks a concept best on the first half."""
    return frame[frame["concept"] == concept].iloc[0]


def typical(frame: pd.DataFrame) -> pd.Series:
    """A typical cell: of the strengths with which cells track their best concept, the median one.

    Returns:
        The row of that cell and its best concept.
    """
    judged = frame.dropna(subset=["strength_found", "strength_held_out"])
    ordered = judged.sort_values("strength_found", ascending=False, kind="stable")
    per_cell = ordered.drop_duplicates(["layer", "unit"])
    return per_cell.iloc[len(per_cell) // 2]


def read(path: FilePath) -> pd.DataFrame:
    """Read a ranking of cells. Raises CharlensError: no such file, or not such a table."""
    return parquet_tables.read(path, COLUMNS, "a ranking of cells", "search_cells")
