"""From measured effects to tables: every effect with its interval, and what it says of the cell.

Each of the two targets of a concept is to be hurt by one of the clamps. A cell is shown to be
*causal* for its concept if, on text where neither it nor its clamps were chosen,

(a) at both targets the probability of the symbol moves as predicted, down where it comes and, under
    the opposite clamp, up where it does not, with 95 % intervals that leave out 0;
(b) no control cell, clamped to its own low and high, costs as much loss, the mean of both targets;
(c) that loss is at least :data:`SPECIFIC` times as much as on other characters.

The chance of the first rank among n cells is 1/n; the column ``p_rank`` has it after Holm's
correction for the number of concepts. In a layer of few cells it may stay above 0.05 for the first.
A cell that misses one of these goes along with the concept; that it does anything is not shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from charlens.inside.interventions import controls
from charlens.inside.interventions.clamps import MEAN
from charlens.inside.interventions.classes import Target
from charlens.inside.interventions.frames import framed
from charlens.inside.interventions.results import LEAST_LOSS, Results
from charlens.inside.interventions.subjects import Subject
from charlens.runtime.resampling import interval
from charlens.runtime.several_tests import holm

SPECIFIC = 5.0
"""A cell's effect is specific if it is so many times that on other characters."""

CAUSAL, CORRELATED = "causal", "correlated, not shown causal"
"""The verdicts."""

Slope = tuple[float, float, float]
"""Of the median predicted length of lines, with the ends of its interval."""

Memory = tuple[float, float, float]
"""Characters until half of a change of the cell is gone, with the ends of its interval."""

COLUMNS = {
    "corpus": "string",
    "model": "string",
    "concept": "string",
    "title": "string",
    "layer": "int64",  # from 1
    "unit": "int64",
    "strength": "float64",  # how well it follows the concept, 0 … 1
    "class": "string",  # the target
    "mode": "string",  # the clamp that must hurt it
    "n": "int64",
    "p": "float64",  # probability of the byte that comes there, the network left alone
    "p_clamped": "float64",
    "delta_loss": "float64",  # nats
    "low": "float64",
    "high": "float64",
    "other_loss": "float64",  # nats, on the characters that must hardly change
    "specificity": "float64",
    "control_rank": "int64",
    "control_loss": "float64",  # median of the controls, nats
    "fall": "bool",  # the probability falls where the symbol comes
    "rise": "bool",  # and rises where it does not
    "p_elsewhere": "float64",  # probability of the symbol where it does not come
    "p_raised": "float64",  # the same under the other clamp
    "cell_loss": "float64",  # mean over both targets, each under its clamp, nats
    "cell_specificity": "float64",  # that over the same mean of the other characters
    "cell_rank": "int64",  # of cell_loss among those of the controls, from 1
    "controls": "int64",
    "p_rank": "float64",  # chance of such a rank, corrected for the number of concepts
    "second_layer": "Int64",  # the next best cell of the concept
    "second_unit": "Int64",
    "redundancy": "float64",  # share of the loss of ablating both that ablating one does not cost
    "wrong_concept": "string",  # a concept that the cell should have nothing to do with
    "wrong_loss": "float64",  # what the same clamp costs at its targets, nats; the larger
    "slope": "float64",  # change of the median predicted line length per clamped column
    "slope_low": "float64",
    "slope_high": "float64",
    "memory": "float64",  # characters until half of a change made at one step is gone; 300 at most
    "memory_low": "float64",
    "memory_high": "float64",
    "verdict": "string",
}


def table(
    results: Results,
    slopes: Mapping[Subject, Slope],
    memories: Mapping[Subject, Memory],
    names: Mapping[str, str],
) -> pd.DataFrame:
    """Judge every cell: two rows each, one per target, with the columns of :data:`COLUMNS`.

    Args:
        results: the effects.
        slopes: of cells that follow lines.
        memories: of all cells.
        names: ``corpus`` and ``model``.
    """
    judged = [[_target(results, s, t) for t in _targets(results, s)] for s in results.subjects]
    # Cells may be more than one for a concept; the correction is over all that are judged.
    cells = [
        _about(results, s) | _three("slope", slopes.get(s)) | _three("memory", memories.get(s))
        for s in results.subjects
    ]
    corrected = holm([cell["cell_rank"] / (cell["controls"] + 1) for cell in cells])
    rows: list[dict[str, Any]] = []
    for pair, cell, p_rank in zip(judged, cells, corrected, strict=True):
        directed = all(row["fall"] and row["rise"] for row in pair)
        verdict = CAUSAL if directed and _stands_out(cell) else CORRELATED
        rows += [row | cell | {"p_rank": p_rank, "verdict": verdict} for row in pair]
    return framed(rows, COLUMNS, names)


def of_subjects(frame: pd.DataFrame, results: Results) -> dict[Subject, str]:
    """The verdict of each cell in a table of :func:`table`."""
    return dict(zip(results.subjects, frame["verdict"].iloc[::2], strict=True))


def _targets(results: Results, subject: Subject) -> tuple[Target, Target]:
    return results.classes[subject.concept].targets


def _stands_out(cell: Mapping[str, Any]) -> bool:
    """Whether a cell's loss is above its controls' and specific; a comparison with NaN fails."""
    first = cell["controls"] > 0 and cell["cell_rank"] == 1
    return bool(first and cell["cell_specificity"] >= SPECIFIC)


def _target(results: Results, subject: Subject, target: Target) -> dict[str, Any]:
    """What the clamps do at one target, and whether that was predicted."""
    sums = results.sums
    at = results.column(subject.concept, target.name)
    elsewhere = results.column(subject.concept, target.elsewhere)
    other = results.column(subject.concept, target.other)
    hurt, raised = (results.place(subject, m) for m in (target.hurt_by, target.raised_by))
    loss, p, p_raised = (
        sums.mean(some) for some in (sums.loss[hurt], sums.p[hurt], sums.p[raised])
    )
    low, high = interval(sums.mean(sums.loss[hurt], results.weights), axis=-2)
    _, fall = interval(sums.mean(sums.p[hurt], results.weights), axis=-2)
    rise, _ = interval(sums.mean(sums.p[raised], results.weights), axis=-2)
    base = sums.mean(sums.base)
    others = results.control_losses(subject, target.hurt_by, at)
    return {
        "class": target.name,
        "mode": target.hurt_by,
        "n": int(sums.count[:, at].sum()),
        "p": base[at],
        "p_clamped": base[at] + p[at],
        "delta_loss": loss[at],
        "low": low[at],
        "high": high[at],
        "other_loss": loss[other],
        "specificity": results.ratio(subject, target, target.hurt_by),
        "control_rank": controls.rank(loss[at], others),
        "control_loss": float(np.median(others)) if len(others) else np.nan,
        "fall": bool(fall[at] < 0),
        "rise": bool(rise[elsewhere] > 0),
        "p_elsewhere": base[elsewhere],
        "p_raised": base[elsewhere] + p_raised[elsewhere],
        "wrong_loss": _wrong_loss(results, subject, target.hurt_by),
    }


def _wrong_loss(results: Results, subject: Subject, mode: str) -> float:
    wrong = results.wrong_concept(subject)
    if wrong is None:
        return np.nan
    job = results.place(subject, mode)
    columns = [results.column(wrong, target.name) for target in results.classes[wrong].targets]
    return float(np.fmax.reduce([results.loss(job, column) for column in columns]))


def _three(name: str, values: tuple[float, float, float] | None) -> dict[str, float]:
    """A number and the ends of its interval, by column."""
    columns = (name, f"{name}_low", f"{name}_high")
    return dict(zip(columns, values or (np.nan,) * 3, strict=True))


def _about(results: Results, subject: Subject) -> dict[str, Any]:
    """What both rows of a cell say of it."""
    second = subject.second or (pd.NA, pd.NA)
    compared = results.compared[subject.cell]
    loss, other = results.harm(subject, subject.cell)
    return {
        "cell_loss": loss,
        "cell_specificity": loss / max(other, LEAST_LOSS),
        "cell_rank": controls.rank(loss, [results.harm(subject, cell)[0] for cell in compared]),
        "controls": len(compared),
        "concept": subject.concept,
        "title": subject.title,
        "layer": subject.layer,
        "unit": subject.unit,
        "strength": subject.strength,
        "second_layer": second[0],
        "second_unit": second[1],
        "redundancy": _redundancy(results, subject),
        "wrong_concept": results.wrong_concept(subject),
    }


def _redundancy(results: Results, subject: Subject) -> float:
    """1 − Δloss(best ablated) / Δloss(best two ablated) at both targets; NaN where they do little.

    0 where the second cell adds nothing, near 1 where it can stand in for the first.
    """
    if subject.second is None:
        return np.nan
    sums = results.sums
    columns = [results.column(subject.concept, t.name) for t in _targets(results, subject)]
    alone, both = (
        sums.loss[results.jobs.add(cells, MEAN, subject.concept)][:, columns].sum()
        for cells in ([subject.cell], [subject.cell, subject.second])
    )
    count = sums.count[:, columns].sum()
    return float(1 - alone / both) if both > LEAST_LOSS * count else np.nan
