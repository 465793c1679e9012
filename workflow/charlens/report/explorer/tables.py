"""What a run's tables say of a network's cells, as the page shows it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from charlens.inside.cells import ranking as rankings
from charlens.inside.cells.concepts import CONCEPTS, follows
from charlens.inside.cells.evidence_rows import BASELINES
from charlens.inside.evidence import table as evidence
from charlens.inside.interventions import excerpt_rows
from charlens.inside.interventions import table as verdicts
from charlens.text.characters import graphemes

BESIDE = (*BASELINES, "probe")
"""Columns of the evidence that are shown beside a cell's strength."""

BEST = 5
"""Cells that are listed for a concept."""

Cell = tuple[int, int]
"""Layer, from 1, and unit."""


def kept_units(ranking: pd.DataFrame, most: int) -> dict[int, list[int]]:
    """Units of each layer, at most so many in all: those that follow a concept best.

    Args:
        ranking: of :func:`charlens.inside.cells.ranking.read`.
        most: how many.
    """
    order = ranking.sort_values(
        ["strength_found", "layer", "unit"], ascending=[False, True, True], na_position="last"
    )
    cells = order.drop_duplicates(["layer", "unit"]).head(most)
    return {int(layer): sorted(map(int, part["unit"])) for layer, part in cells.groupby("layer")}


def concepts(
    ranking: pd.DataFrame, cells: pd.DataFrame | None, judged: pd.DataFrame | None
) -> list[dict[str, Any]]:
    """Concepts with their best cells and what is known of every cell.

    Args:
        ranking: of :func:`charlens.inside.cells.ranking.read`.
        cells: the evidence about every cell, None where there is none.
        judged: the evidence about the best cells, None where there is none.

    Returns:
        One entry per concept: the ``best`` cells, by the first half of the test text, of which the
        other half says that they follow it; ``scores`` of all cells on that half, ``[layer, unit,
        score, low, high, q]``, where low and high are the ends of the interval of the strength;
        ``baselines`` of the best cell.
    """
    table = ranking.assign(low=math.nan, high=math.nan, q=math.nan) if cells is None else cells
    entries = []
    for name, part in table.sort_values("rank").groupby("concept", sort=False):
        concept, measure = CONCEPTS[str(name)], part["measure"].iloc[0]
        columns = ["layer", "unit", "held_out", "low", "high", "q"]
        scores = [[_plain(value) for value in row] for row in part[columns].itertuples(index=False)]
        entries.append(
            {
                "name": name,
                "title": concept.title,
                "measure": measure,
                "best": [
                    row[:3] for row in scores[:BEST] if row[2] and follows(str(measure), row[2])
                ],
                "scores": scores,
                "baselines": _baselines(judged, str(name)),
            }
        )
    order = list(CONCEPTS)
    return sorted(entries, key=lambda entry: order.index(entry["name"]))


def _baselines(judged: pd.DataFrame | None, concept: str) -> dict[str, Any] | None:
    if judged is None or concept not in set(judged["concept"]):
        return None
    row = judged[judged["concept"] == concept].iloc[0]
    columns = ("best_layer", "best_unit", "strength", "low", "high", *BESIDE, "interpretable")
    return {name: _plain(row[name]) for name in columns}


def causes(path: Path, model: str) -> list[dict[str, Any]]:
    """What setting a network's cells did, one entry per cell and concept.

    Raises:
        CharlensError: no such file, or not such a table.
    """
    table = verdicts.read(path)
    table = table[table["model"] == model]
    return [
        {
            **{k: _plain(part.iloc[0][k]) for k in ("concept", "title", "layer", "unit")},
            **{k: _plain(part.iloc[0][k]) for k in ("verdict", "cell_rank", "controls")},
            "targets": [
                {k: _plain(row[k]) for k in _TARGET} for row in part.to_dict(orient="records")
            ],
        }
        for _, part in table.groupby(["concept", "layer", "unit"], sort=False)
    ]


_TARGET = (
    *("class", "mode", "n", "p", "p_clamped", "delta_loss", "low", "high"),
    *("p_elsewhere", "p_raised"),
)


def clamps(path: Path, model: str) -> list[dict[str, Any]]:
    """Excerpts read with and without a cell set to its low and high value.

    Raises:
        CharlensError: no such file, or not such a table.
    """
    table = excerpt_rows.read(path)
    table = table[table["model"] == model]
    return [
        {
            "title": str(part["title"].iloc[0]),
            "layer": int(layer),
            "unit": int(unit),
            "symbols": _symbols(part),
            "characters": list(_characters(part)),
        }
        for (_, layer, unit), part in table.groupby(["concept", "layer", "unit"], sort=False)
    ]


def _symbols(part: pd.DataFrame) -> str:
    """The symbols whose probability is shown, those of one byte as characters."""
    values = [int(value) for value in str(part["symbols"].iloc[0]).split()]
    return " ".join(chr(v) if 32 < v < 127 else f"{v:02X}" for v in values)


def _characters(part: pd.DataFrame) -> Iterator[list[Any]]:
    """Each character with the probabilities at its first byte, where the symbol may begin."""
    data = bytes(part["byte"].tolist())
    columns = ("p", "p_low", "p_high", "target")
    for character in graphemes(data, str(part["encoding"].iloc[0])):
        row = part.iloc[character.start]
        yield [character.text, *(_plain(row[name]) for name in columns)]


def read_tables(
    folder: Path, model: str, with_evidence: bool, with_causes: bool
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """All that is said of a network.

    Args:
        folder: ``results/{run}/{corpus}``.
        model: its id.
        with_evidence: whether the run compares its cells with chance.
        with_causes: whether the run sets its cells to values.

    Returns:
        The ranking of cells, and what the page shows.

    Raises:
        CharlensError: a table is missing or damaged.
    """
    tables = folder / "tables"
    name = f"{model}.parquet"
    ranking = rankings.read(tables / "cells" / name)
    cells = evidence.read_cells(tables / "cell_evidence" / name) if with_evidence else None
    judged = evidence.read_concepts(tables / "concepts" / name) if with_evidence else None
    set_to = tables / "interventions"
    return ranking, {
        "concepts": concepts(ranking, cells, judged),
        "causes": causes(set_to / "verdicts.csv", model) if with_causes else [],
        "clamps": clamps(set_to / "excerpts.csv", model) if with_causes else [],
    }


def only(concepts: Sequence[Mapping[str, Any]], units: Mapping[int, Sequence[int]]) -> list:
    """The same concepts with the scores of some units only."""
    pairs = {(layer, unit) for layer, some in units.items() for unit in some}
    return [
        {
            **entry,
            "best": [row for row in entry["best"] if (row[0], row[1]) in pairs],
            "scores": [row for row in entry["scores"] if (row[0], row[1]) in pairs],
        }
        for entry in concepts
    ]


def _plain(value: Any) -> Any:
    """A value of a table as JSON has it: four digits, None where there is none."""
    if pd.isna(value):
        return None
    if hasattr(value, "item"):
        value = value.item()
    return float(f"{value:.4g}") if isinstance(value, float) else value
