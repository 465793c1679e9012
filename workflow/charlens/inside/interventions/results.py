"""What was done to the cells of a network and what came of it, by cell, mode and class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from charlens.inside.interventions.classes import Classes, Target, full_name
from charlens.inside.interventions.jobs import Cell, JobList
from charlens.inside.interventions.subjects import Subject

if TYPE_CHECKING:
    from charlens.inside.interventions.effects import Sums

LEAST_LOSS = 0.002
"""Nats: an effect on other characters below this counts as this."""


@dataclass(frozen=True)
class Results:
    """What was done, and what came of it.

    Attributes:
        classes: of every concept.
        subjects: the cells.
        compared: the controls of each cell.
        modes: ways of intervening.
        jobs: the interventions.
        sums: their effects.
        weights: of bootstrap resamples of the streams, (R, B).
    """

    classes: Mapping[str, Classes]
    subjects: Sequence[Subject]
    compared: Mapping[Cell, Sequence[Cell]]
    modes: Sequence[str]
    jobs: JobList
    sums: Sums
    weights: np.ndarray

    def place(self, subject: Subject, mode: str, cell: Cell | None = None) -> int:
        """Where the effects of an intervention are."""
        return self.jobs.add([cell or subject.cell], mode, subject.concept)

    def column(self, concept: str, name: str) -> int:
        """Where the effects on a class are."""
        return self.sums.names.index(full_name(concept, name))

    def loss(self, job: int, column: int) -> float:
        """Mean change of the loss, nats."""
        return float(self.sums.mean(self.sums.loss[job])[column])

    def losses(self, jobs: Sequence[int], column: int) -> np.ndarray:
        """The same of several interventions."""
        return self.sums.mean(self.sums.loss[list(jobs)])[:, column]

    def ratio(self, subject: Subject, target: Target, mode: str) -> float:
        """Change of the loss at a target over that on its other characters."""
        job = self.place(subject, mode)
        loss = self.loss(job, self.column(subject.concept, target.name))
        other = self.loss(job, self.column(subject.concept, target.other))
        return loss / max(other, LEAST_LOSS)

    def harm(self, subject: Subject, cell: Cell) -> tuple[float, float]:
        """What a cell's clamps cost at the targets of a concept that each must hurt, nats.

        Returns:
            The mean of both targets, and the same on the characters that must hardly change.
        """
        targets = self.classes[subject.concept].targets
        jobs = [self.place(subject, target.hurt_by, cell) for target in targets]
        losses = [
            (
                self.loss(job, self.column(subject.concept, target.name)),
                self.loss(job, self.column(subject.concept, target.other)),
            )
            for job, target in zip(jobs, targets, strict=True)
        ]
        loss, other = np.mean(losses, axis=0).tolist()
        return loss, other

    def control_losses(self, subject: Subject, mode: str, column: int) -> np.ndarray:
        """What the controls' own clamps cost."""
        jobs = [self.place(subject, mode, cell) for cell in self.compared[subject.cell]]
        return self.losses(jobs, column)

    def wrong_concept(self, subject: Subject) -> str | None:
        """A concept studied here whose targets are other characters than this one's."""
        mine = self._at_targets(subject.concept)
        for concept in dict.fromkeys(s.concept for s in self.subjects):
            other = self._at_targets(concept)
            if other.any() and not (mine & other).any():
                return concept
        return None

    def _at_targets(self, concept: str) -> np.ndarray:
        studied = self.classes[concept]
        return np.logical_or.reduce([studied.classes[t.name].at for t in studied.targets])
