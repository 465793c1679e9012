"""The candidates of a grid point: dropout rates that train side by side until one is chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass
class Candidate:
    """One dropout rate, and how well it has done on the validation split.

    Attributes:
        dropout: probability of dropping a non-recurrent connection.
        best_loss: lowest validation cross-entropy so far, nats per character.
        best_epoch: its epoch, from 1; 0 before the first.
    """

    dropout: float
    best_loss: float = float("inf")
    best_epoch: int = 0

    def improves(self, loss: float, epoch: int) -> bool:
        """Note a validation loss; return whether it is the lowest so far."""
        if not loss < self.best_loss:  # nor is one that is not a number
            return False
        self.best_loss, self.best_epoch = loss, epoch
        return True

    def goes_on(self, epoch: int, patience: int | None) -> bool:
        """Whether training goes on after an epoch.

        Args:
            epoch: epochs done.
            patience: epochs without improvement before stopping; None never stops.
        """
        return patience is None or epoch - self.best_epoch < patience

    def to_json(self) -> dict[str, float | None]:
        """The attributes; a loss before the first epoch is None, as JSON has no infinity."""
        loss = None if self.best_loss == float("inf") else self.best_loss
        return {"dropout": self.dropout, "best_loss": loss, "best_epoch": self.best_epoch}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Candidate:
        """The candidate that ``to_json`` described."""
        loss = values["best_loss"]
        best_loss = float("inf") if loss is None else loss
        return cls(values["dropout"], best_loss, values["best_epoch"])


def index_of_best(candidates: Sequence[Candidate]) -> int:
    """Index of the candidate with the lowest validation loss; the first among equals."""
    return min(range(len(candidates)), key=lambda index: candidates[index].best_loss)
