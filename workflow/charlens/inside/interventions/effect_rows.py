"""The table of effects: one row per cell, way of intervening and class of characters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from charlens.files import csv_tables
from charlens.files.atomic import FilePath
from charlens.inside.interventions import controls
from charlens.inside.interventions.classes import full_name
from charlens.inside.interventions.frames import framed
from charlens.inside.interventions.jobs import Cell, JobList
from charlens.inside.interventions.results import Results
from charlens.inside.interventions.subjects import Subject
from charlens.runtime.resampling import interval

CONTROL = "control"
"""Stands for the verdict in the rows of cells that others are compared with."""

COLUMNS = {
    "corpus": "string",
    "model": "string",
    "layer": "int64",  # from 1
    "unit": "int64",
    "concept": "string",
    "mode": "string",
    "value": "float64",  # that the cell was set to, −1 … 1; empty where it changes
    "class": "string",  # of characters; of another concept with its name before it
    "n": "int64",  # characters of the class
    "base_p": "float64",  # mean probability that the class is about, the network left alone
    "delta_loss": "float64",  # nats per character of the class
    "low": "float64",  # 95 % interval over streams; empty for controls
    "high": "float64",
    "delta_p": "float64",  # change of that probability
    "low_p": "float64",
    "high_p": "float64",
    "control_rank": "Int64",  # of delta_loss among those of the controls, from 1
    "controls": "Int64",  # cells that it was compared with
    "specificity": "float64",  # delta_loss over that of other characters; targets only
    "verdict": "string",  # of the cell and concept; or control
}


def table(
    results: Results, verdicts: Mapping[Subject, str], names: Mapping[str, str]
) -> pd.DataFrame:
    """One row per cell, way of intervening and class, with the columns of :data:`COLUMNS`.

    Args:
        results: the effects.
        verdicts: of each cell.
        names: ``corpus`` and ``model``.
    """
    rows: list[dict[str, Any]] = []
    for subject in results.subjects:
        for mode in results.modes:
            rows += _own_rows(results, subject, mode, verdicts[subject])
            rows += _control_rows(results, subject, mode)
    return framed(rows, COLUMNS, names)


def _own_rows(
    results: Results, subject: Subject, mode: str, verdict: str
) -> Iterator[dict[str, Any]]:
    sums, job = results.sums, results.place(subject, mode)
    ratios = {
        target.name: results.ratio(subject, target, mode)
        for target in results.classes[subject.concept].targets
    }
    shown = [(name, subject.concept, name) for name in results.classes[subject.concept].classes]
    wrong = results.wrong_concept(subject)
    if wrong:
        targets = results.classes[wrong].targets
        shown += [(full_name(wrong, t.name), wrong, t.name) for t in targets]
    loss, p = sums.mean(sums.loss[job]), sums.mean(sums.p[job])
    ends = interval(sums.mean(sums.loss[job], results.weights), axis=-2)
    ends_p = interval(sums.mean(sums.p[job], results.weights), axis=-2)
    base, count = sums.mean(sums.base), sums.count.sum(0)
    for title, concept, name in shown:
        at = results.column(concept, name)
        others = results.control_losses(subject, mode, at)
        ranked = len(others) > 0 and not np.isnan(loss[at])
        yield {
            **_cell(subject, subject.cell, mode, results.jobs),
            "class": title,
            "n": int(count[at]),
            "base_p": base[at],
            "delta_loss": loss[at],
            "low": ends[0][at],
            "high": ends[1][at],
            "delta_p": p[at],
            "low_p": ends_p[0][at],
            "high_p": ends_p[1][at],
            "control_rank": controls.rank(loss[at], others) if ranked else pd.NA,
            "controls": len(others),
            "specificity": ratios.get(title, np.nan),
            "verdict": verdict,
        }


def _control_rows(results: Results, subject: Subject, mode: str) -> Iterator[dict[str, Any]]:
    sums = results.sums
    base, count = sums.mean(sums.base), sums.count.sum(0)
    for cell in results.compared[subject.cell]:
        job = results.place(subject, mode, cell)
        loss, p = sums.mean(sums.loss[job]), sums.mean(sums.p[job])
        for name in results.classes[subject.concept].classes:
            at = results.column(subject.concept, name)
            yield {
                **_cell(subject, cell, mode, results.jobs),
                "class": name,
                "n": int(count[at]),
                "base_p": base[at],
                "delta_loss": loss[at],
                "delta_p": p[at],
                "verdict": CONTROL,
            }


def _cell(subject: Subject, cell: Cell, mode: str, jobs: JobList) -> dict[str, Any]:
    value = jobs.value(cell, mode, subject.concept)
    place = {"layer": cell[0], "unit": cell[1], "concept": subject.concept}
    return {**place, "mode": mode, "value": value}


def read(path: FilePath) -> pd.DataFrame:
    """Read a table of effects. Raises CharlensError: no such file, or not such a table."""
    return csv_tables.read(path, COLUMNS, "a table of interventions", "intervene")
