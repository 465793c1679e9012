"""Effects of interventions on classes of characters, summed stream by stream.

Streams are what is drawn again for the intervals, so their sums are all that is kept: memory does
not grow with the text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from charlens.inside.interventions.clamps import Job
from charlens.inside.interventions.classes import CharacterClass
from charlens.inside.interventions.runs import Window, lowest_layer, run
from charlens.models.trained import TrainedModel
from charlens.text.splits import Codes

Report = Callable[[int], None]
"""Called with the number of characters read, for a progress bar."""


@dataclass(frozen=True)
class Sums:
    """What jobs did to classes of characters, summed over the characters of each stream.

    Attributes:
        names: the classes, C of them.
        count: characters, (B, C).
        loss: change of −ln P of the byte that comes, nats, (J, B, C).
        p: change of the probability that the class is about, (J, B, C).
        base: that probability in the network left alone, (B, C).
    """

    names: tuple[str, ...]
    count: np.ndarray
    loss: np.ndarray
    p: np.ndarray
    base: np.ndarray

    def mean(self, sums: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
        """Means over characters of sums (…, B, C): (…, C), or (…, R, C) under weights.

        Args:
            sums: one of the attributes.
            weights: how often each resample takes each stream, (R, B); None takes each once.
        """
        if weights is None:
            weights = np.ones((1, len(self.count)))
            return self.mean(sums, weights)[..., 0, :]
        with np.errstate(invalid="ignore", divide="ignore"):
            return (weights @ sums) / (weights @ self.count)


def measure(
    trained: TrainedModel,
    codes: Codes,
    vocabulary: Sequence[int],
    classes: Mapping[str, CharacterClass],
    jobs: Sequence[Job],
    steps: int,
    device: str,
    report: Report = lambda count: None,
) -> Sums:
    """Measure what interventions do to classes of characters.

    Args:
        trained: the model.
        codes: vocabulary codes, uint8 (B, length + 1).
        vocabulary: the byte value of each code.
        classes: by name, each over the predicted bytes (B, length).
        jobs: what is done in each run.
        steps: window length; divides length.
        device: auto, cpu or cuda.
        report: called after each window.

    Raises:
        CharlensError: a unit that the model does not have, or a model without states.
    """
    batch, length = codes.shape[0], codes.shape[1] - 1
    at = np.array([c.at for c in classes.values()]).reshape(-1, batch, length)
    shape = (len(jobs), batch, len(at))
    loss, p = np.zeros(shape), np.zeros(shape)
    base = np.zeros(shape[1:])
    streams = range(batch)
    about = {c.symbols for c in classes.values()}
    symbols = {bytes_: np.flatnonzero(np.isin(vocabulary, bytes_)).tolist() for bytes_ in about}
    columns = {
        bytes_: [i for i, c in enumerate(classes.values()) if c.symbols == bytes_]
        for bytes_ in about
    }
    # Interventions on the same layer run together and share what lies below it.
    order = sorted(range(len(jobs)), key=lambda j: lowest_layer(jobs[j]))
    for window in run(trained, codes, [jobs[j] for j in order], steps, device):
        members = np.ascontiguousarray(at[:, :, window.place].transpose(0, 2, 1))  # (C, T, B)
        mask = torch.from_numpy(members).to(window.logs)
        taken = taken_of(window)
        places = order[window.jobs]
        loss[places] += _summed(taken[:, :1] - taken[:, 1:], mask)
        for bytes_, codes_of in symbols.items():
            chance = window.logs[..., codes_of].exp().sum(-1) if bytes_ else taken.exp()
            mine = columns[bytes_]
            p[np.ix_(places, streams, mine)] += _summed(chance[:, 1:] - chance[:, :1], mask[mine])
            if window.jobs.start == 0:
                base[:, mine] += _summed(chance[:, :1], mask[mine])[0]
        report((taken.shape[1] - 1) * window.targets.numel())
    return Sums(tuple(classes), at.sum(2).T.astype(np.float64), loss, p, base)


def taken_of(window: Window) -> Tensor:
    """Log-probability of the byte that comes, (T, J + 1, B)."""
    index = window.targets[:, None, :, None].expand(*window.logs.shape[:-1], 1)
    return window.logs.gather(-1, index)[..., 0]


def _summed(values: Tensor, mask: Tensor) -> np.ndarray:
    """Sums of values (T, J, B) over the steps in masks (C, T, B), float64 (J, B, C)."""
    sums = torch.bmm(values.permute(2, 1, 0), mask.permute(2, 1, 0))  # (B, J, C)
    return sums.permute(1, 0, 2).cpu().numpy().astype(np.float64)
