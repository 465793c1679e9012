"""Networks that learned nothing: the shape of a trained one with initial weights."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from charlens.models.families import FAMILIES, family_of
from charlens.models.parameters import Layout
from charlens.models.trained import TrainedModel
from charlens.runtime.randomness import derive_seed
from charlens.training.settings import Training


def untrained(trained: TrainedModel, seed: int, count: int) -> Iterator[dict[str, Tensor]]:
    """Weights as training begins with them, each time drawn anew.

    Args:
        trained: whose shape they have.
        seed: the config's seed.
        count: how many networks.

    Yields:
        True shapes, each (1, ...).
    """
    layout, initial = Layout(trained.shape), FAMILIES[family_of(trained.shape)].initial
    init_range = trained.metadata["training"].get("init_range", Training().init_range)
    for index in range(count):
        draw = torch.Generator().manual_seed(derive_seed(seed, "untrained", trained.model, index))
        yield initial(layout, draw, init_range)
