"""All evidence about the cells of one network, from its traces and the labels of a text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from charlens.errors import CharlensError
from charlens.inside.evidence import networks, table, timescales
from charlens.inside.evidence.cell_statistics import judged_cells
from charlens.inside.evidence.control_strengths import Key, Streams, best_of_controls
from charlens.inside.evidence.controls import Controls, Latches, functions_of_the_byte
from charlens.inside.evidence.intervals import quantiles
from charlens.inside.evidence.probe_strengths import (
    PROBED_CONTROLS,
    strength_of_bytes,
    strength_of_cells,
)
from charlens.inside.evidence.probes import CellProbe
from charlens.inside.evidence.question import Question
from charlens.inside.evidence.traces import Traces, traces


@dataclass(frozen=True)
class Evidence:
    """What is known of the cells of one network.

    Attributes:
        cells: one row per concept and cell (:data:`charlens.inside.evidence.table.CELLS`).
        concepts: one row per concept (:data:`charlens.inside.evidence.table.COLUMNS`).
        timescales: one row per cell (:data:`charlens.inside.evidence.timescales.COLUMNS`).
    """

    cells: pd.DataFrame
    concepts: pd.DataFrame
    timescales: pd.DataFrame


def assess(question: Question) -> Evidence:
    """Compute all evidence.

    Texts of fewer than 20 test streams have no statistics: their columns are empty.

    Raises:
        CharlensError: a single test stream, which leaves none to judge on.
    """
    if len(question.text) < 2:
        raise CharlensError(
            f"cells: expected at least 2 test streams, one to choose cells on and one to judge "
            f"them on, found 1 in {question.corpus}; use a larger training.batch"
        )
    name = f"{question.corpus}/{question.trained.model} evidence"
    with TemporaryDirectory(prefix="charlens-") as folder:
        values, keeping = traces(
            question.trained, question.codes, question.steps, question.device, name, Path(folder)
        )
        decoder = question.trained.weights["decoder"][0].norm(dim=1).numpy()
        times = timescales.table(question.corpus, question.trained.model, values, keeping, decoder)
        cells = judged_cells(question, values).merge(times[["layer", "unit", "iat"]])
        return Evidence(cells[list(table.CELLS)], _concepts(question, values, cells), times)


def _concepts(question: Question, values: Traces, cells: pd.DataFrame) -> pd.DataFrame:
    """The best cell of each concept beside its baselines, and what a probe on all cells gets."""
    best = cells[cells["rank"] == 1].set_index("concept")
    baselines = {
        kind: _by_concept(_untrained(question, kind), (0.5, 0.95)) for kind in networks.KINDS
    }
    probe = CellProbe(values.of_streams(question.chosen))
    controls = _controls(question)
    halves = (Streams.of(h, values, question.text) for h in (question.chosen, question.judged))
    strengths = best_of_controls(controls, *halves)
    rows = []
    for concept, label in question.labels.items():
        cell, like = best.loc[concept], controls[concept, "latch"]
        row = {"concept": concept, "measure": cell["measure"]}
        row |= {"best_layer": cell["layer"], "best_unit": cell["unit"]}
        row |= {"strength": cell["strength_held_out"]}
        row |= {name: cell[name] for name in ("low", "high", "p_max", "q")}
        for kind, of_concept in baselines.items():
            row[f"{kind}_median"], row[f"{kind}_95"] = of_concept.get(concept, (np.nan, np.nan))
        row |= {f"bytes_{last}": strength_of_bytes(question, label, last) for last in (1, 3)}
        for kind in ("latch", "type"):
            of_kind = quantiles(strengths[concept, kind], (0.5, 0.95))
            row[f"{kind}_median"], row[f"{kind}_95"] = of_kind
        row["controls"] = len(like)
        row["selectivity"] = row["strength"] - row["latch_median"]
        row |= strength_of_cells(question, values, probe, label, like.first(PROBED_CONTROLS))
        row["localisation"] = _share(row["strength"], row["probe"])
        rows.append(row)
    frame = pd.DataFrame(rows).assign(corpus=question.corpus, model=question.trained.model)
    frame["interpretable"] = table.interpretable(frame)
    return frame[list(table.COLUMNS)].astype(table.COLUMNS)


def _controls(question: Question) -> dict[Key, Controls]:
    """Arbitrary properties of the text that resemble each concept, of both kinds."""
    latches, count = Latches(question.text), question.effort.controls
    controls: dict[Key, Controls] = {}
    for concept, label in question.labels.items():
        random = question.random("latches", concept)
        controls[concept, "latch"] = latches.like(label, count, random)
        random = question.random("bytes", concept)
        controls[concept, "type"] = functions_of_the_byte(question.text, label, count, random)
    return controls


def _untrained(question: Question, kind: str) -> pd.DataFrame:
    trained, count = question.trained, question.effort.untrained
    return networks.best_strengths(
        trained,
        networks.KINDS[kind](trained, question.seed, count),
        count,
        question.codes,
        question.labels,
        question.steps,
        question.device,
        f"{question.corpus}/{trained.model} {kind}",
    )


def _by_concept(
    strengths: pd.DataFrame, shares: tuple[float, ...]
) -> Mapping[str, tuple[float, ...]]:
    return {
        str(concept): quantiles(part["strength"].to_numpy(), shares)
        for concept, part in strengths.groupby("concept")
    }


def _share(best: float, probe: float) -> float:
    """How much of what all cells know the best one knows, at most 1; NaN where either is."""
    return float(np.minimum(1.0, best / probe)) if probe > 0 else np.nan
