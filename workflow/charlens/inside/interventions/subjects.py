"""Which cells are intervened on: the best of each concept, or cells by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from charlens.inside.interventions.jobs import Cell


class Subject(NamedTuple):
    """A cell and the concept that it is thought to carry.

    Attributes:
        concept: its name.
        title: the concept in words.
        layer: from 1.
        unit: from 0.
        strength: how well the cell follows it on the half where it was not chosen, 0 … 1.
        second: the next best cell of the concept; None in a network of one cell.
    """

    concept: str
    title: str
    layer: int
    unit: int
    strength: float
    second: Cell | None

    @property
    def cell(self) -> Cell:
        """Layer and unit."""
        return self.layer, self.unit


def subjects_of(
    ranking: pd.DataFrame, titles: Mapping[str, str], cells: Sequence[Cell] | None = None
) -> list[Subject]:
    """Cells to intervene on.

    Args:
        ranking: of all cells of a network, by concept, best first, with the columns ``concept``,
            ``layer``, ``unit``, ``strength_found`` and ``strength_held_out``.
        titles: the concepts wanted, and each in words.
        cells: layers and units; None takes the best cell of each concept. A cell is taken for
            the concept that it follows best.

    Returns:
        One for each concept that changes in both halves of the text, or one for each cell.
    """
    judged = ranking.dropna(subset=["strength_found", "strength_held_out"])
    judged = judged[judged["concept"].isin(list(titles))]
    if cells is None:
        rows = [judged[judged["concept"] == concept].head(1) for concept in titles]
    else:
        ordered = judged.sort_values("strength_found", ascending=False, kind="stable")
        rows = [
            ordered[(ordered["layer"] == layer) & (ordered["unit"] == unit)].head(1)
            for layer, unit in cells
        ]
    chosen = [row for part in rows for row in part.itertuples()]
    return [
        Subject(
            row.concept,
            titles[row.concept],
            int(row.layer),
            int(row.unit),
            float(row.strength_held_out),
            _second(judged[judged["concept"] == row.concept], (int(row.layer), int(row.unit))),
        )
        for row in chosen
    ]


def _second(ranking: pd.DataFrame, cell: Cell) -> Cell | None:
    for row in ranking.head(2).itertuples():
        if (row.layer, row.unit) != cell:
            return int(row.layer), int(row.unit)
    return None
