"""What a network holds and predicts at each position of a passage, run there and then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from charlens.inside.cells.score import cell_values
from charlens.models.running import running
from charlens.models.trained import TrainedModel
from charlens.report.explorer.passage import Passage
from charlens.runtime.progress import progress

LIKELY = 5
"""How many of the most likely next bytes are kept."""

Units = Mapping[int, Sequence[int]]
"""Layer, from 1 -> which of its units."""


@dataclass(frozen=True)
class Reading:
    """What a network did. N is the number of positions.

    Attributes:
        values: layer -> tanh(c), or h of cells without c, float32 (N, units).
        gates: layer and letter -> values of a gate or of what it lets in, float32 (N, units).
        likely: codes of the most likely next bytes, best first, uint8 (N, LIKELY).
        probability: of each of them, float32 (N, LIKELY).
        loss: of the byte that came, nats, float32 (N,).
        entropy: of the prediction, nats, float32 (N,).
    """

    values: Mapping[int, np.ndarray]
    gates: Mapping[tuple[int, str], np.ndarray]
    likely: np.ndarray
    probability: np.ndarray
    loss: np.ndarray
    entropy: np.ndarray


def read(
    trained: TrainedModel, passage: Passage, units: Units, letters: str, steps: int, device: str
) -> Reading:
    """Run a network over the streams of a passage and keep what happens at its positions.

    Args:
        trained: the network.
        passage: the positions.
        units: which units are kept.
        letters: of the gates that are kept.
        steps: window length; divides the streams' length.
        device: auto, cpu or cuda.
    """
    streams = passage.codes.shape[0]
    model = trained.ready(streams, steps, device)
    k, likeliest = trained.shape.k, min(LIKELY, trained.shape.k)
    room = (streams, passage.length)
    values = {layer: np.empty((*room, len(some)), np.float32) for layer, some in units.items()}
    gates = {
        (layer, letter): np.empty((*room, len(some)), np.float32)
        for layer, some in units.items()
        for letter in letters
    }
    likely, probability = (
        np.zeros((*room, likeliest), np.uint8),
        np.zeros((*room, likeliest), np.float32),
    )
    loss, entropy = np.empty(room, np.float32), np.empty(room, np.float32)
    with progress(loss.size, f"{trained.model} explorer", "bytes") as bar:
        for place, _, targets in running(model, passage.codes):
            cells, quantities = cell_values(model), model.quantities()
            for layer, some in units.items():
                values[layer][:, place] = _rows(cells[layer - 1][..., list(some)])
                for letter in letters:
                    inside = quantities[layer - 1][letter][0]
                    gates[layer, letter][:, place] = _rows(inside[..., list(some)])
            logs = model.log_probabilities[0].view(steps, streams, -1)[..., :k]
            best, index = logs.topk(likeliest)
            likely[:, place] = _rows(index)
            probability[:, place] = _rows(best.exp())
            loss[:, place] = -_rows(logs.gather(-1, targets.unsqueeze(-1)).squeeze(-1))
            entropy[:, place] = _rows(torch.special.entr(logs.exp()).sum(-1))
            bar.update(targets.numel())
    return Reading(
        {layer: passage.of(some) for layer, some in values.items()},
        {key: passage.of(some) for key, some in gates.items()},
        passage.of(likely),
        passage.of(probability),
        passage.of(loss),
        passage.of(entropy),
    )


def _rows(window: torch.Tensor) -> np.ndarray:
    """A window (T, B, …) as (B, T, …)."""
    return window.transpose(0, 1).cpu().numpy()
