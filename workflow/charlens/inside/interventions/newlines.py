"""When a network expects the line to end while its cell that counts columns stands still.

The hazard at a column is the mean probability of a line end there, given that the line has come so
far. The column at which half of all lines would have ended, were they drawn from the network's
hazards, is its median predicted column. The farther along a line a network believes itself to be,
the sooner it must end the line: the median must fall as the clamped column grows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from charlens.inside.interventions.clamps import Job
from charlens.inside.interventions.effects import Report
from charlens.inside.interventions.runs import run
from charlens.models.trained import TrainedModel
from charlens.runtime.resampling import interval
from charlens.text.splits import Codes

CLAMPED = (10, 20, 30, 40, 50, 60, 70)
"""Columns at which the cell is made to stand still."""

AROUND = 1
"""Its value there is its mean over so many columns to either side."""

LEAST = 50
"""A column is clamped, and a hazard given, only where so many characters are at it."""

LONGEST = 250
"""Lines are followed so far."""


@dataclass(frozen=True)
class Hazards:
    """Probability of line ends by column, summed over the characters of each stream.

    Attributes:
        count: characters at each column, (B, columns).
        sums: of the probability of a line end, (J + 1, B, columns); first the network left alone.
    """

    count: np.ndarray
    sums: np.ndarray

    def rate(self, weights: np.ndarray | None = None) -> np.ndarray:
        """Mean probability by column, (J + 1, columns), or (J + 1, R, columns) under weights.

        NaN at columns that fewer than :data:`LEAST` characters have.
        """
        if weights is None:
            return self.rate(np.ones((1, len(self.count))))[:, 0]
        count = weights @ self.count
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(self.count.sum(0) >= LEAST, (weights @ self.sums) / count, np.nan)


def hazards(
    trained: TrainedModel,
    codes: Codes,
    ends: Sequence[int],
    columns: np.ndarray,
    jobs: Sequence[Job],
    steps: int,
    device: str,
    report: Report = lambda count: None,
) -> Hazards:
    """Measure how probable a line end is at each column, with and without interventions.

    Args:
        trained: the model.
        codes: vocabulary codes, uint8 (B, length + 1).
        ends: codes that end a line.
        columns: characters of the line before each predicted one, (B, length).
        jobs: what is done in each run.
        steps: window length; divides length.
        device: auto, cpu or cuda.
        report: called after each window.
    """
    batch = codes.shape[0]
    # What is farther along its line goes into a last column, which is left out in the end.
    width = LONGEST + 2
    column = np.minimum(columns, LONGEST + 1).astype(np.int64)
    size = batch * width
    places = column + width * np.arange(batch)[:, None]
    sums = np.zeros((len(jobs) + 1, size))
    for window in run(trained, codes, jobs, steps, device):
        # On the CPU: a GPU adds up in another order each time.
        chance = window.logs[..., list(ends)].exp().sum(-1).permute(1, 0, 2).flatten(1).cpu()
        at = torch.from_numpy(np.ascontiguousarray(places[:, window.place].T)).flatten()
        by_column = torch.zeros(len(chance), size).index_add_(1, at, chance).numpy()
        sums[1 + window.jobs.start : 1 + window.jobs.stop] += by_column[1:]
        if window.jobs.start == 0:
            sums[0] += by_column[0]
        report((len(chance) - 1) * window.targets.numel())
    count = np.bincount(places.ravel(), minlength=size).reshape(batch, width).astype(np.float64)
    return Hazards(count[:, :-1], sums.reshape(-1, batch, width)[..., :-1])


def medians(rate: np.ndarray) -> np.ndarray:
    """The column at which half of the lines have ended, interpolated, from hazards (…, columns).

    The last column that has a hazard, where fewer than half have ended there. A column without a
    hazard between two that have one ends no line.
    """
    known = ~np.isnan(rate)
    survival = np.cumprod(1 - np.where(known, rate, 0.0), -1)
    size = rate.shape[-1]
    last = size - 1 - np.argmax(known[..., ::-1], -1)
    ended = survival <= 0.5
    at = np.where(ended.any(-1), np.argmax(ended, -1), last)
    after = np.take_along_axis(survival, at[..., None], -1)[..., 0]
    before = np.take_along_axis(survival, np.maximum(at - 1, 0)[..., None], -1)[..., 0]
    before = np.where(at == 0, 1.0, before)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(ended.any(-1), (before - 0.5) / (before - after), 0.0)
    return at + share


def slope(
    clamped: Sequence[int], hazards_: Hazards, weights: np.ndarray
) -> tuple[float, float, float]:
    """Change of the median predicted column per clamped column, with its 95 % interval.

    Args:
        clamped: the columns of the jobs behind the hazards.
        hazards_: of :func:`hazards`.
        weights: of bootstrap resamples of the streams, (R, B).

    Returns:
        The slope of a straight line and the ends of its interval; NaN for fewer than two columns.
    """
    if len(clamped) < 2:
        return (np.nan,) * 3
    x = np.asarray(clamped, float) - np.mean(clamped)
    line = x / (x @ x)
    value = float(line @ medians(hazards_.rate()[1:]))
    drawn = medians(hazards_.rate(weights)[1:])  # (J, R)
    low, high = interval((line @ drawn)[:, None], axis=-2)
    return value, float(low[0]), float(high[0])
