"""What the cells of one network do, from its files to tables.

Cells, and the values they are set to, are chosen on the first half of the test streams; effects are
measured on the second. ``effects`` has one row for each cell, way of intervening and class of
characters; ``verdicts`` says which cells are shown to do what they follow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from charlens.inside import in_memory
from charlens.inside.interventions import (
    controls,
    effect_rows,
    excerpt_rows,
    excerpts,
    line_cells,
    line_ends,
    verdicts,
)
from charlens.inside.interventions.cell_means import CellMeans, cell_means
from charlens.inside.interventions.clamps import (
    HIGH,
    LOW,
    MEAN,
    RESAMPLE,
    Clamp,
    check_cell,
    other_streams,
    to_state,
)
from charlens.inside.interventions.classes import CharacterClass, claims
from charlens.inside.interventions.effects import measure
from charlens.inside.interventions.frames import framed, joined
from charlens.inside.interventions.impulse import impulse
from charlens.inside.interventions.jobs import Cell, JobList, set_of
from charlens.inside.interventions.results import Results
from charlens.inside.interventions.study import Study
from charlens.inside.interventions.subjects import Subject
from charlens.runtime.progress import progress
from charlens.runtime.resampling import resample_streams

SCREENED = 2_000
"""Characters of the first half on which all cells are ablated where controls are matched."""


class Tables(NamedTuple):
    """The tables of one network."""

    effects: pd.DataFrame
    verdicts: pd.DataFrame
    newlines: pd.DataFrame
    excerpts: pd.DataFrame


def nothing() -> Tables:
    """Tables without rows."""
    kinds = (effect_rows.COLUMNS, verdicts.COLUMNS, line_ends.COLUMNS, excerpt_rows.COLUMNS)
    return Tables(*(framed([], columns, {}) for columns in kinds))


def intervene(study: Study, subjects: Sequence[Subject]) -> Tables:
    """Intervene on cells and say what they do.

    Args:
        study: the network and its text.
        subjects: cells, each with the concept that it is thought to carry.

    Raises:
        CharlensError: a cell that the network does not have, or a network without states.
    """
    for subject in subjects:
        check_cell(study.trained, *subject.cell)
    if not subjects:
        return nothing()
    concepts = list(dict.fromkeys(subject.concept for subject in subjects))
    means = cell_means(
        study.trained,
        study.codes[study.first_half],
        _sets(study, concepts),
        study.steps,
        study.device,
    )
    compared = _controls(study, subjects, means)
    modes = list(dict.fromkeys([LOW, HIGH, *study.settings.modes]))
    jobs = _jobs(study, subjects, compared, modes, means)
    name = f"{study.corpus.name}/{study.trained.model} interventions"
    with progress(len(jobs.jobs) * study.inputs.size, name, "bytes") as bar:
        sums = measure(
            study.trained,
            study.held_codes,
            study.corpus.vocabulary,
            study.classes_read(concepts),
            jobs.jobs,
            study.steps,
            study.device,
            bar.update,
        )
    weights = resample_streams(len(sums.count), study.settings.bootstrap, study.draws("bootstrap"))
    results = Results(study.classes, subjects, compared, modes, jobs, sums, weights)
    lines, slopes = line_cells.standing_still(study, subjects, means, weights)
    names = {"corpus": study.corpus.name, "model": study.trained.model}
    judged = verdicts.table(results, slopes, _memories(study, subjects, jobs, weights), names)
    rows = effect_rows.table(results, verdicts.of_subjects(judged, results), names)
    return Tables(rows, judged, lines, _excerpts(study, subjects, jobs, names))


def _sets(study: Study, concepts: Sequence[str]) -> dict[str, np.ndarray]:
    """The characters of the first half whose means cells are set to."""
    inputs = study.text.inputs[study.first_half]
    sets = {
        set_of(concept, mode): where
        for concept in concepts
        for mode, where in claims(study.labels[concept][inputs]).items()
    }
    on_lines = any(concept in line_cells.CONCEPTS for concept in concepts)
    return sets | (line_cells.column_sets(study) if on_lines else {})


def _jobs(
    study: Study,
    subjects: Sequence[Subject],
    compared: Mapping[Cell, Sequence[Cell]],
    modes: Sequence[str],
    means: CellMeans,
) -> JobList:
    """Every cell in every mode, its controls too, and the best cells of a concept together."""
    cells = [cell for s in subjects for cell in (s.cell, *compared[s.cell])]
    states = _resampled(study, means.letter, cells) if RESAMPLE in modes else {}
    other = other_streams(len(study.held_codes), study.draws("resample"))
    jobs = JobList(means, states, other)
    for subject in subjects:
        for cell in (subject.cell, *compared[subject.cell]):
            for mode in modes:
                jobs.add([cell], mode, subject.concept)
        jobs.add([subject.cell], MEAN, subject.concept)
        if subject.second:
            jobs.add([subject.cell, subject.second], MEAN, subject.concept)
    return jobs


def _controls(
    study: Study, subjects: Sequence[Subject], means: CellMeans
) -> dict[Cell, list[Cell]]:
    """The cells of its layer that each cell is compared with."""
    width, count = study.trained.shape.width, study.settings.controls
    losses: dict[int, np.ndarray | None] = {}
    for layer in sorted({subject.layer for subject in subjects}):
        everything = controls.takes_all(width, count)
        losses[layer] = None if everything else _screened(study, layer, means)
    return {
        subject.cell: [
            (subject.layer, unit)
            for unit in controls.matched(
                subject.unit, means.spread[subject.layer - 1], losses[subject.layer], count
            )
        ]
        for subject in subjects
    }


def _screened(study: Study, layer: int, means: CellMeans) -> np.ndarray:
    """What ablating each cell of a layer costs over all characters, nats (n,)."""
    codes = study.codes[study.first_half]
    windows = max(1, SCREENED // len(codes) // study.steps)
    codes = np.ascontiguousarray(codes[:, : min(codes.shape[1], windows * study.steps + 1)])
    jobs = [
        [Clamp(layer, unit, to_state(value, means.letter))]
        for unit, value in enumerate(means.mean[MEAN][layer - 1])
    ]
    all_of_them = {"all": CharacterClass(np.ones(codes[:, 1:].shape, bool))}
    sums = measure(
        study.trained,
        codes,
        study.corpus.vocabulary,
        all_of_them,
        jobs,
        study.steps,
        study.device,
    )
    return sums.mean(sums.loss)[:, 0]


def _resampled(study: Study, letter: str, cells: Sequence[Cell]) -> dict[Cell, np.ndarray]:
    """States of cells along the streams that are read, the network left alone."""
    states: dict[Cell, np.ndarray] = {}
    for layer in sorted({layer for layer, _ in cells}):
        units = sorted({unit for at, unit in cells if at == layer})
        values = in_memory.activations(
            study.trained, study.held_codes, study.steps, letter, layer, units, study.device
        )
        states |= {(layer, unit): values[:, :, i] for i, unit in enumerate(units)}
    return states


def _memories(
    study: Study, subjects: Sequence[Subject], jobs: JobList, weights: np.ndarray
) -> dict[Subject, verdicts.Memory]:
    """How long each cell keeps a change that is made at a single step."""
    memories = {}
    for subject in subjects:
        low, high = (jobs.value(subject.cell, mode, subject.concept) for mode in (LOW, HIGH))
        changed = impulse(
            study.trained, study.held_codes, subject.cell, (low, high), study.steps, study.device
        )
        memories[subject] = changed.half_life(weights)
    return memories


def _excerpts(
    study: Study, subjects: Sequence[Subject], jobs: JobList, names: Mapping[str, str]
) -> pd.DataFrame:
    shown = [
        excerpts.example(
            study.trained,
            study.held_codes,
            study.corpus.vocabulary,
            study.classes_read([subject.concept]),
            study.classes[subject.concept],
            subject,
            jobs,
            study.steps,
            study.device,
            study.encoding,
        )
        for subject in subjects
    ]
    return joined([part.assign(**names) for part in shown], excerpt_rows.COLUMNS)
