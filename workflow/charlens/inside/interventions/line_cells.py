"""Cells that follow the position in the line, made to stand still: when does the line end?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from charlens.inside.interventions import newlines
from charlens.inside.interventions.cell_means import CellMeans
from charlens.inside.interventions.clamps import Clamp, to_state
from charlens.inside.interventions.classes import AT_A_SPACE
from charlens.inside.interventions.frames import framed, joined
from charlens.inside.interventions.line_ends import COLUMNS, NOWHERE
from charlens.inside.interventions.study import Study, columns_of
from charlens.inside.interventions.subjects import Subject
from charlens.inside.interventions.verdicts import Slope

CONCEPTS = ("line_position", "line_end")
"""Concepts whose cells are made to stand still at columns."""

_PREFIX = "column "


def column_sets(study: Study) -> dict[str, np.ndarray]:
    """The characters of the first half around each column at which a cell may stand still."""
    column = columns_of(study.text.text)[study.text.inputs[study.first_half]]
    return {_name(at): np.abs(column - at) <= newlines.AROUND for at in newlines.CLAMPED}


def _name(column: int) -> str:
    return f"{_PREFIX}{column}"


def standing_still(
    study: Study, subjects: Sequence[Subject], means: CellMeans, weights: np.ndarray
) -> tuple[pd.DataFrame, dict[Subject, Slope]]:
    """Make the cells that follow lines stand still at columns.

    Args:
        study: the network and its text.
        subjects: cells; those of other concepts are left out.
        means: with those over :func:`column_sets`.
        weights: of bootstrap resamples of the streams, (R, B).

    Returns:
        Hazards with the columns of :data:`COLUMNS`, and for each cell the slope of the median
        predicted column.
    """
    clamped = [
        int(name.removeprefix(_PREFIX))
        for name, members in column_sets(study).items()
        if members.sum() >= newlines.LEAST
    ]
    column = columns_of(study.text.text)[study.inputs]
    parts: list[pd.DataFrame] = []
    slopes: dict[Subject, Slope] = {}
    for subject in subjects:
        if subject.concept not in CONCEPTS or not clamped:
            continue
        symbols = study.classes[subject.concept].classes[AT_A_SPACE].symbols
        values = [means.mean[_name(at)][subject.layer - 1, subject.unit] for at in clamped]
        hazards = newlines.hazards(
            study.trained,
            study.held_codes,
            np.flatnonzero(np.isin(study.corpus.vocabulary, symbols)).tolist(),
            column,
            [[Clamp(*subject.cell, to_state(value, means.letter))] for value in values],
            study.steps,
            study.device,
        )
        slopes[subject] = newlines.slope(clamped, hazards, weights)
        parts.append(_rows(study, subject, clamped, values, hazards))
    return joined(parts, COLUMNS), slopes


def _rows(
    study: Study,
    subject: Subject,
    clamped: Sequence[int],
    values: Sequence[float],
    hazards: newlines.Hazards,
) -> pd.DataFrame:
    rates = hazards.rate()
    halves = newlines.medians(rates)
    names: dict[str, Any] = {
        "corpus": study.corpus.name,
        "model": study.trained.model,
        "concept": subject.concept,
        "layer": subject.layer,
        "unit": subject.unit,
    }
    rows: list[dict[str, Any]] = []
    settings = [(NOWHERE, np.nan), *zip(clamped, values, strict=True)]
    for (at, value), rate, half in zip(settings, rates, halves, strict=True):
        counts = hazards.count.sum(0)
        rows += [
            {"clamped": at, "value": value, "column": place, "n": int(counts[place])}
            | {"hazard": rate[place], "median": half}
            for place in np.flatnonzero(~np.isnan(rate)).tolist()
        ]
    return framed(rows, COLUMNS, names)
