"""Optimisers by the names that families of models give (``families.Family.optimiser``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from torch import Tensor

from charlens.training.rmsprop import RMSProp
from charlens.training.settings import Training


class Optimiser(Protocol):
    """Updates the weights of M models in place.

    Attributes:
        rate: the learning rate, a tensor of shape () that the trainer sets once per epoch.
    """

    rate: Tensor

    @property
    def state(self) -> dict[str, Tensor]:
        """What a resumed training needs beside the weights, by name, each (M, total)."""
        ...

    def update(self, grad: Tensor) -> None:
        """Take one step; ``grad`` is d loss / d weights, (M, total), and is overwritten."""
        ...


OPTIMISERS: dict[str, Callable[[Tensor, Training], Optimiser]] = {"rmsprop": RMSProp}
"""Each makes an optimiser of a weight vector per model, (M, total), for the config's settings."""
