"""What cells do on the half of the streams where clamps are chosen: means and spreads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

from charlens.inside.interventions.clamps import MEAN, state_letter
from charlens.models.running import observing
from charlens.models.trained import TrainedModel
from charlens.text.splits import Codes


@dataclass(frozen=True)
class CellMeans:
    """Means of the cells of a model, on the scale of Figure 2.

    Attributes:
        letter: of the state behind each value, ``c`` or ``h``.
        mean: by the name of a set of characters, (layers, n); ``mean`` is that of all. NaN where
            the set is empty.
        spread: standard deviation over all characters, (layers, n).
    """

    letter: str
    mean: dict[str, np.ndarray]
    spread: np.ndarray


def cell_means(
    trained: TrainedModel, codes: Codes, sets: Mapping[str, np.ndarray], steps: int, device: str
) -> CellMeans:
    """Take the mean of every cell over sets of characters.

    Args:
        trained: the model.
        codes: vocabulary codes, uint8 (B, length + 1).
        sets: by name, which input characters, bool (B, length) each.
        steps: window length; divides length.
        device: auto, cpu or cuda.
    """
    model = trained.ready(codes.shape[0], steps, device)
    members = {MEAN: np.ones((codes.shape[0], codes.shape[1] - 1), bool)} | dict(sets)
    stacked = np.stack(list(members.values()))  # (S, B, length)
    letter = state_letter(model.quantities()[0])
    sums = squares = np.zeros(())
    for place, _, _ in observing(model, codes):
        inside = torch.from_numpy(
            np.ascontiguousarray(stacked[:, :, place].transpose(0, 2, 1))
        ).flatten(1)  # (S, T·B)
        states = [layer[letter][0].flatten(0, 1) for layer in model.quantities()]
        values = torch.stack([s.tanh() if letter == "c" else s for s in states])  # (l, T·B, n)
        sums = sums + torch.matmul(inside.to(values), values).double().cpu().numpy()
        squares = squares + (values.double() ** 2).sum(1).cpu().numpy()
    counts = stacked.sum((1, 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        means = sums / counts[:, None]  # (layers, S, n)
    spread = np.sqrt(np.maximum(squares / counts[0] - means[:, 0] ** 2, 0))
    return CellMeans(letter, {name: means[:, i] for i, name in enumerate(members)}, spread)
