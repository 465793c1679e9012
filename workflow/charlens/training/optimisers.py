"""Optimisers by the names that families of models give (``families.Family.optimiser``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from torch import Tensor

from charlens.models.parameters import Layout
from charlens.training.adamw import AdamW
from charlens.training.rmsprop import RMSProp
from charlens.training.settings import Training


class Optimiser(Protocol):
    """Updates the weights of M models in place."""

    @property
    def state(self) -> dict[str, Tensor]:
        """What a resumed training needs beside the weights, by name, (M, total) or (M, 1)."""
        ...

    def start_epoch(self, epoch: int) -> None:
        """Set what depends on the epoch, counted from 0, alone."""
        ...

    def rate_in(self, epoch: int) -> float:
        """The learning rate at the end of an epoch, counted from 0."""
        ...

    def update(self, grad: Tensor) -> None:
        """Take one step; ``grad`` is d loss / d weights, (M, total), and is overwritten."""
        ...


OPTIMISERS: dict[str, Callable[[Tensor, Training, Layout, int], Optimiser]] = {
    "rmsprop": RMSProp,
    "adamw": AdamW,
}
"""Each makes an optimiser of a weight vector per model, (M, total).

Further arguments: the config's settings, where each weight lies, updates of an epoch.
"""
