"""The list of all interventions of a study, each once, however many concepts ask for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from charlens.inside.interventions.clamps import (
    OF_A_CONCEPT,
    RESAMPLE,
    ZERO,
    Clamp,
    Job,
    to_state,
)

if TYPE_CHECKING:
    from charlens.inside.interventions.cell_means import CellMeans

Cell = tuple[int, int]
"""Layer, from 1, and unit."""


def set_of(concept: str, mode: str) -> str:
    """The name of the set of characters whose mean a mode sets for a concept."""
    return f"{concept} {mode}"


class JobList:
    """Interventions on one network.

    Args:
        means: of its cells.
        trajectories: the states of cells along the streams that are read, left alone, each
            (B, length).
        other: for each stream the one whose states ``resample`` gives it, int64 (B,).
    """

    def __init__(
        self, means: CellMeans, trajectories: Mapping[Cell, np.ndarray], other: np.ndarray
    ) -> None:
        self.jobs: list[Job] = []
        self._means, self._trajectories, self._other = means, trajectories, other
        self._places: dict[tuple, int] = {}

    def value(self, cell: Cell, mode: str, concept: str) -> float:
        """What a mode sets a cell to, on the scale of Figure 2; NaN where that changes."""
        if mode in (ZERO, RESAMPLE):
            return 0.0 if mode == ZERO else np.nan
        name = set_of(concept, mode) if mode in OF_A_CONCEPT else mode
        return float(self._means.mean[name][cell[0] - 1, cell[1]])

    def add(self, cells: Sequence[Cell], mode: str, concept: str) -> int:
        """Add an intervention on cells together; the place of its results."""
        key = (tuple(cells), mode, concept if mode in OF_A_CONCEPT else "")
        if key not in self._places:
            self._places[key] = len(self.jobs)
            self.jobs.append([self._clamp(cell, mode, concept) for cell in cells])
        return self._places[key]

    def _clamp(self, cell: Cell, mode: str, concept: str) -> Clamp:
        if mode == RESAMPLE:
            return Clamp(*cell, self._trajectories[cell][self._other])
        return Clamp(*cell, to_state(self.value(cell, mode, concept), self._means.letter))
