"""Networks that learned nothing: the same shape with other weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import pandas as pd
import torch
from torch import Tensor

from charlens.inside.cells.ranking import Labels
from charlens.inside.cells.score import Tallies, cell_values
from charlens.inside.untrained import untrained
from charlens.models.families import build_model
from charlens.models.language_model import LanguageModel
from charlens.models.running import observing
from charlens.models.trained import TrainedModel
from charlens.runtime.device import choose_device
from charlens.runtime.progress import progress
from charlens.runtime.randomness import derive_seed
from charlens.text.splits import Codes

Weights = dict[str, Tensor]


def shuffled(trained: TrainedModel, seed: int, count: int) -> Iterator[Weights]:
    """The trained weights in another order within each matrix: its scale, without its structure.

    An untrained network is nearly linear, for its weights are small; these are not.
    """
    for index in range(count):
        generator = _generator(seed, "shuffled", trained.model, index)
        yield {name: _shuffled(weight, generator) for name, weight in trained.weights.items()}


def _shuffled(weight: Tensor, generator: torch.Generator) -> Tensor:
    order = torch.randperm(weight.numel(), generator=generator)
    return weight.flatten()[order].view(weight.shape)


def _generator(seed: int, *purpose: str | int) -> torch.Generator:
    return torch.Generator().manual_seed(derive_seed(seed, *purpose))


KINDS: dict[str, Callable[[TrainedModel, int, int], Iterator[Weights]]] = {
    "untrained": untrained,
    "shuffled": shuffled,
}
"""Kinds of networks that learned nothing."""


AT_ONCE = 2**25
"""Values of cells that networks side by side may hold in a window, which bounds memory."""


def best_strengths(
    trained: TrainedModel,
    networks: Iterator[Weights],
    count: int,
    codes: Codes,
    labels: Labels,
    steps: int,
    device: str,
    name: str,
) -> pd.DataFrame:
    """How well the best cell of each network tracks each concept.

    Chosen on the first half of the streams and judged on the second, as the trained network's.

    Args:
        trained: whose shape the networks have.
        networks: their weights.
        count: how many there are.
        codes: vocabulary codes of the test split, uint8 (B, length + 1).
        labels: the concepts at its input bytes.
        steps: window length; divides length.
        device: auto, cpu or cuda.
        name: what the progress bar says.

    Returns:
        Columns ``concept`` and ``strength``, a row for each network and concept.
    """
    batch, length = codes.shape[0], codes.shape[1] - 1
    window = steps * batch * trained.shape.width * getattr(trained.shape, "layers", 1)
    together = max(1, min(count, AT_ONCE // (8 * window)))
    options = {"batch": batch, "steps": steps, "training": False}
    model: LanguageModel[Any] | None = None
    rankings = []
    with progress(count * batch * length, name, "bytes") as bar:
        for some in batched(networks, together):
            if model is None or model.models != len(some):  # its buffers are large
                model = None  # not two at a time
                model = build_model(
                    trained.shape, len(some), device=choose_device(device), **options
                )
            model.load({name: torch.cat([w[name] for w in some]) for name in some[0]})
            tallies = [Tallies(labels, batch, length) for _ in some]
            for place, inputs, _ in observing(model, codes):
                for m, tally in enumerate(tallies):
                    values = cell_values(model, m)
                    tally.add(place, [v.transpose(0, 1).cpu().numpy() for v in values])
                bar.update(inputs.numel() * len(some))
            rankings += [tally.ranking("", trained.model) for tally in tallies]
    best = [ranking[ranking["rank"] == 1] for ranking in rankings]
    if not best:
        return pd.DataFrame({"concept": [], "strength": []})
    return pd.concat(best)[["concept", "strength_held_out"]].rename(
        columns={"strength_held_out": "strength"}
    )


def batched(networks: Iterator[Weights], size: int) -> Iterator[list[Weights]]:
    """Networks in groups of a size; the last may be smaller."""
    while some := list(islice(networks, size)):
        yield some
