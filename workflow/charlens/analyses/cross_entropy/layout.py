"""The table of test cross-entropies as the paper lays it out, for the figure and in Markdown."""

from __future__ import annotations

from typing import Any

import pandas as pd

from charlens.display.units import per
from charlens.display.wording import number
from charlens.models import names as model_id
from charlens.models.divergence import MARK, is_diverged
from charlens.paper import texts
from charlens.text.units import BYTE


class CorpusPart:
    """One corpus's part of the table as the paper lays it out: sizes down, cells × layers across.

    Attributes:
        corpus: its name.
        characters: number of test characters.
        code_points: number of characters where many are several bytes, else None; then
            ``characters`` counts bytes.
        other_cut: whether it is compared with the paper but not the paper's file.
        grid: (size, entries) of each row. An entry is the frame's row (a named tuple) of the grid
            point in that column, or None where the table has no such model.
        others: entries of the models that are no grid points.
    """

    def __init__(self, frame: pd.DataFrame, corpus: str, columns: list[tuple[str, int]]) -> None:
        part = frame[frame["corpus"] == corpus]
        self.corpus = corpus
        self.characters = int(part["characters"].iloc[0])
        self.code_points = int(part["code_points"].iloc[0]) if per(part) == BYTE else None
        self.other_cut = texts.is_other_version(part["papers_file"])
        self.others = list(part[part["size"].isna()].itertuples())
        at = {
            (row.size, row.cell, row.layers): row for row in part[part["size"].notna()].itertuples()
        }
        self.grid = [
            (int(size), [at.get((size, cell, layers)) for cell, layers in columns])
            for size in sorted({size for size, _, _ in at})
        ]


def layouts(frame: pd.DataFrame) -> list[CorpusPart]:
    """The parts of a table, corpus by corpus in its order, with :func:`grid_columns` across."""
    columns = grid_columns(frame)
    return [CorpusPart(frame, corpus, columns) for corpus in frame["corpus"].unique()]


def grid_columns(frame: pd.DataFrame) -> list[tuple[str, int]]:
    """All (cell, layers) of the table in the paper's order, over all its corpora."""
    grid = frame[frame["size"].notna()]
    pairs = {(str(row.cell), int(row.layers)) for row in grid.itertuples()}
    return sorted(pairs, key=lambda pair: (model_id.cell_rank(pair[0]), pair[1]))


def shown(row: Any) -> str:
    """The cross-entropy of a row, marked where the model has diverged."""
    mark = MARK if is_diverged(row.cross_entropy, row.uniform) else ""
    return number(row.cross_entropy) + mark
