"""What is done to a cell: clamps, and the values to which the modes of intervention set it.

The scale of a cell is that of Figure 2: tanh(c) where it has a cell state, else h. Modes:

- ``low`` and ``high``: its mean where the concept is absent (or its count is low), and where it is
  present (or high). Clamped so, a cell claims that a text is outside or inside.
- ``mean``: its mean over all characters, the usual ablation; ``zero``: 0, for comparison.
- ``resample``: what it did at the same step of another stream (an interchange intervention). Its
  distribution and its pace stay, what it knows of this text is gone.
- ``value``: any number; ``patch``: any number at one step, after which the network runs freely.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from charlens.errors import CharlensError

if TYPE_CHECKING:
    from torch import Tensor

    from charlens.models.trained import TrainedModel

LOW, HIGH, MEAN, ZERO, RESAMPLE = "low", "high", "mean", "zero", "resample"
MODES = (LOW, HIGH, MEAN, ZERO, RESAMPLE)
"""Modes of the study; ``value`` and ``patch`` are for single interventions."""

OF_A_CONCEPT = (LOW, HIGH)
"""Modes whose values depend on the concept."""

EVERY = 300
"""Characters from one flip of a cell to the next: a change is followed so far, at most."""

MOST = 0.9999
"""The farthest value of tanh(c) that a clamp sets: ±1 belongs to no finite c."""


@dataclass(frozen=True, eq=False)
class Clamp:
    """A unit set to values at some steps of every stream.

    Attributes:
        layer: from 1.
        unit: from 0.
        values: of its state, c where the cell has one and else h: one number, or (B, length).
        start: the first step at which it is set.
        stop: the step after the last; None sets it to the end.
    """

    layer: int
    unit: int
    values: float | np.ndarray
    start: int = 0
    stop: int | None = None


Job = Sequence[Clamp]
"""Clamps that act together in one run of the network."""


def state_letter(quantities: dict[str, Tensor]) -> str:
    """The letter of the state that a clamp sets: ``c`` where a layer has it, else ``h``."""
    return "c" if "c" in quantities else "h"


def to_state(value: float, letter: str) -> float:
    """The state behind a value on the scale of a cell."""
    return float(np.arctanh(np.clip(value, -MOST, MOST))) if letter == "c" else float(value)


def check_cell(trained: TrainedModel, layer: int, unit: int) -> None:
    """Check that a model has a cell.

    Raises:
        CharlensError: no recurrent model, or no such layer or unit.
    """
    layers = getattr(trained.shape, "layers", None)
    if layers is None:
        raise CharlensError(
            f"interventions: {trained.model} has no state to intervene on; choose a recurrent "
            "network"
        )
    if not 1 <= layer <= layers:
        raise CharlensError(f"{trained.model}: has no layer {layer}, expected 1 to {layers}")
    if not 0 <= unit < trained.shape.width:
        raise CharlensError(
            f"{trained.model}: has no unit {unit}, expected 0 to {trained.shape.width - 1}"
        )


def other_streams(streams: int, draws: np.random.Generator) -> np.ndarray:
    """For each stream another one, drawn at random, each taken once; int64 (streams,).

    Raises:
        CharlensError: a single stream has no other.
    """
    if streams < 2:
        raise CharlensError("interventions: resample needs at least 2 streams; choose another mode")
    circle = draws.permutation(streams)
    other = np.empty(streams, np.int64)
    other[circle] = np.roll(circle, 1)
    return other
