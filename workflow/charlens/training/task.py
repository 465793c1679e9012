"""What to train, and what a training leaves on disk while it runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from charlens.models.parameters import Architecture
from charlens.training.settings import Training


@dataclass(frozen=True)
class Task:
    """One network to train.

    Attributes:
        name: of the run, e.g. ``war_and_peace/lstm-1x64``; part of every seed.
        shape: its architecture.
        training: the config's training section.
        seed: the config's seed.
    """

    name: str
    shape: Architecture
    training: Training
    seed: int


@dataclass(frozen=True)
class Keep:
    """Files that a training writes before it ends.

    Attributes:
        folder: where they lie.
        code: version of the library; a resume state of another version is not continued.
        early: iterations after which the weights are kept.
        seconds: time between resume states.
    """

    folder: Path
    code: str = ""
    early: tuple[int, ...] = ()
    seconds: float = 30.0
