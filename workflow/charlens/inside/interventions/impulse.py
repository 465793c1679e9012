"""How long a change of a cell lasts: it is flipped at one step, then the network runs freely.

This is the memory that the recurrence itself gives the cell, what no correlation with the text can
show. Every so many characters the network with the flip starts again from the states of the one
left alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from charlens.inside.interventions.clamps import EVERY, MOST, check_cell
from charlens.inside.interventions.jobs import Cell
from charlens.models.recurrent.edits import Edit, Edits
from charlens.models.running import running
from charlens.models.trained import TrainedModel
from charlens.runtime.device import choose_device
from charlens.runtime.resampling import interval
from charlens.text.splits import Codes


@dataclass(frozen=True)
class Impulse:
    """Changes of a cell after flips, on the scale of Figure 2, summed over the flips of a stream.

    Attributes:
        change: absolute change by characters since the flip, (B, delays).
    """

    change: np.ndarray

    def half_life(self, weights: np.ndarray) -> tuple[float, float, float]:
        """Characters until half of a change is gone, with its 95 % interval over streams.

        Args:
            weights: of bootstrap resamples of the streams, (R, B).

        Returns:
            The number of delays where more than half is left at all of them; NaN where flips change
            nothing.
        """
        if not self.change[:, 0].sum() > 0:
            return (np.nan,) * 3
        low, high = interval(_until_half(weights @ self.change)[:, None], axis=-2)
        return float(_until_half(self.change.sum(0))), float(low[0]), float(high[0])


def _until_half(change: np.ndarray) -> np.ndarray:
    """The first delay, last axis, with less than half of the change at delay 0, or their number."""
    gone = change < change[..., :1] / 2
    return np.where(gone.any(-1), np.argmax(gone, -1), change.shape[-1]).astype(np.float64)


def impulse(
    trained: TrainedModel,
    codes: Codes,
    cell: Cell,
    claims: tuple[float, float],
    steps: int,
    device: str,
) -> Impulse:
    """Flip a cell from time to time, from nearer one value to the other.

    Args:
        trained: the model.
        codes: vocabulary codes, uint8 (B, length + 1).
        cell: layer and unit.
        claims: the two values, on the scale of Figure 2.
        steps: window length; divides length.
        device: auto, cpu or cuda.

    Raises:
        CharlensError: a cell that the model does not have, or a model without states.
    """
    check_cell(trained, *cell)
    where, batch, layer = choose_device(device), len(codes), cell[0] - 1
    every = max(1, min(EVERY, codes.shape[1] - 1) // steps) * steps
    codes = codes[:, : (codes.shape[1] - 1) // every * every + 1]
    model = trained.ready(2 * batch, 1, device)
    letter = "c" if "c" in model.quantities()[layer] else "h"
    rows = torch.arange(batch, 2 * batch, device=where)
    units = torch.full_like(rows, cell[1])

    def shown() -> torch.Tensor:
        """The cell in both networks, (2, B)."""
        values = model.quantities()[layer][letter][0, 0, :, cell[1]].view(2, batch)
        return values.tanh() if letter == "c" else values

    low, high = np.clip(claims, -MOST, MOST).tolist()
    before = torch.zeros(batch, device=where)

    def edits(place: slice) -> Edits:
        if place.start % every:
            return {}
        for state in model.states:
            state[:, batch:] = state[:, :batch]
        nearer_low = (before - low).abs() < (before - high).abs()
        flipped = torch.where(nearer_low, high, low)
        return {layer: Edit(rows, units, flipped.atanh() if letter == "c" else flipped)}

    change = np.zeros((batch, every))
    for place, _, _ in running(model, np.tile(codes, (2, 1)), edits):
        alone, changed = shown()
        before = alone.clone()
        change[:, place.start % every] += (changed - alone).abs().cpu().numpy()
    return Impulse(change)
