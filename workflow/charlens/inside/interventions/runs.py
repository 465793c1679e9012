"""Running a network under many interventions at once.

Each intervention is a copy of the streams in more rows of the batch, the first block of rows is
left alone, and every effect is the difference of two rows computed by the same products. Layers
below the lowest that is set are the same in all copies and are run once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from charlens.inside.interventions.clamps import Clamp, Job, check_cell
from charlens.models.recurrent.edits import Edit, Edits
from charlens.models.running import running, running_copies
from charlens.models.trained import TrainedModel
from charlens.runtime.device import choose_device
from charlens.text.splits import Codes

ROWS = {"cpu": 1600, "cuda": 40_000}
"""Rows of the batch that are run at once: enough for fast products, few enough for the caches."""

LONGEST_WINDOW = 10
"""Steps whose predictions are held at once: all symbols for all rows."""


class Window(NamedTuple):
    """Predictions in one window of some of the jobs.

    Attributes:
        jobs: which jobs, by their place in the list; J of them.
        place: of the window in the streams.
        logs: log-probabilities in nats, (T, J + 1, B, k); block 0 is the network left alone, block
            j + 1 the j-th of these jobs. Reused by the next window.
        targets: codes of the predicted bytes, int64 (T, B).
    """

    jobs: slice
    place: slice
    logs: Tensor
    targets: Tensor


def window_length(steps: int) -> int:
    """The longest window of at most :data:`LONGEST_WINDOW` steps that divides another window."""
    return next(t for t in range(min(LONGEST_WINDOW, steps), 0, -1) if steps % t == 0)


def run(
    trained: TrainedModel, codes: Codes, jobs: Sequence[Job], steps: int, device: str
) -> Iterator[Window]:
    """Run a network with and without interventions.

    Args:
        trained: the model.
        codes: vocabulary codes, uint8 (B, length + 1).
        jobs: what is done in each run.
        steps: window length; divides length.
        device: auto, cpu or cuda.

    Yields:
        The windows of the first jobs from start to end, then those of the next. Without jobs, those
        of the network left alone.

    Raises:
        CharlensError: a unit that the model does not have, or a model without states.
    """
    for job in jobs:
        for clamp in job:
            check_cell(trained, clamp.layer, clamp.unit)
    where = choose_device(device)
    batch, steps = codes.shape[0], window_length(steps)
    at_once = max(1, ROWS[where.type] // batch - 1)
    for first in range(0, max(len(jobs), 1), at_once):
        some = jobs[first : first + at_once]
        blocks = len(some) + 1
        model = trained.ready(blocks * batch, steps, device)
        if some:
            lowest, edits = min(map(lowest_layer, some)) - 1, _Edits(some, batch, where)
            below = trained.ready(batch, steps, device)
            windows = running_copies(model, below, lowest, codes, edits)
        else:
            windows = running(model, codes)
        for place, _, targets in windows:
            logs = model.log_probabilities[0, :, : trained.shape.k]
            logs = logs.view(steps, blocks, batch, trained.shape.k)
            yield Window(slice(first, first + len(some)), place, logs, targets)


def lowest_layer(job: Job) -> int:
    """The lowest layer, from 1, that a job sets cells of; runs of the same one share what is below.

    Raises:
        ValueError: a job without clamps.
    """
    return min(clamp.layer for clamp in job)


class _Edits:
    """The edits of a window from its place, for jobs in blocks 1, 2, … of the rows."""

    def __init__(self, jobs: Sequence[Job], batch: int, device: torch.device) -> None:
        self._device, self._batch = device, batch
        self._clamps: dict[int, list[Clamp]] = {}
        blocks: dict[int, list[int]] = {}
        for block, job in enumerate(jobs, 1):
            for clamp in job:
                self._clamps.setdefault(clamp.layer - 1, []).append(clamp)
                blocks.setdefault(clamp.layer - 1, []).append(block)
        self._rows = {
            layer: torch.from_numpy(
                np.add.outer(np.array(numbers) * batch, np.arange(batch)).ravel()
            ).to(device)
            for layer, numbers in blocks.items()
        }
        self._units = {
            layer: torch.tensor([c.unit for c in clamps]).repeat_interleave(batch).to(device)
            for layer, clamps in self._clamps.items()
        }

    def __call__(self, place: slice) -> Edits:
        return {layer: self._edit(layer, clamps, place) for layer, clamps in self._clamps.items()}

    def _edit(self, layer: int, clamps: Sequence[Clamp], place: slice) -> Edit:
        length = place.stop - place.start
        values = np.empty((length, len(clamps), self._batch), np.float32)
        live = np.ones((length, len(clamps), self._batch), bool)
        steps = np.arange(place.start, place.stop)
        for i, clamp in enumerate(clamps):
            if isinstance(clamp.values, np.ndarray):
                values[:, i] = clamp.values[:, place].T
            else:
                values[:, i] = clamp.values
            stop = np.inf if clamp.stop is None else clamp.stop
            live[:, i] = ((steps >= clamp.start) & (steps < stop))[:, None]
        return Edit(
            self._rows[layer],
            self._units[layer],
            torch.from_numpy(values).flatten(1).to(self._device),
            None if live.all() else torch.from_numpy(live).flatten(1).to(self._device),
        )
