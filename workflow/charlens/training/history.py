"""How far a training has come: what a resume state holds besides tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from charlens.training.candidates import Candidate


@dataclass
class History:
    """The course of a training so far.

    Attributes:
        candidates: every dropout rate with its best validation loss.
        live: indices of the candidates that still train, in order.
        arithmetic: number formats of the products, the first used first.
        epoch: epochs done.
        window: training windows done in the next epoch.
        curve: one record per epoch and live candidate.
    """

    candidates: list[Candidate]
    live: list[int]
    arithmetic: list[str]
    epoch: int = 0
    window: int = 0
    curve: list[dict[str, float]] = field(default_factory=list)

    @classmethod
    def start(cls, rates: Sequence[float], arithmetic: str) -> History:
        """The history of a training that has not begun, one candidate per dropout rate."""
        return cls([Candidate(rate) for rate in rates], list(range(len(rates))), [arithmetic])

    def going_on(self, patience: int | None) -> list[int]:
        """Indices of the live candidates that train another epoch.

        Args:
            patience: epochs without improvement before stopping; None never stops.
        """
        return [i for i in self.live if self.candidates[i].goes_on(self.epoch, patience)]

    def losses(self) -> list[float]:
        """Validation losses of the last epoch, nats per character."""
        return [record["val_loss"] for record in self.curve if record["epoch"] == self.epoch]

    def to_json(self) -> dict[str, Any]:
        """The attributes, JSON-able."""
        candidates = [candidate.to_json() for candidate in self.candidates]
        return asdict(self) | {"candidates": candidates}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> History:
        """The history that ``to_json`` described."""
        candidates = [Candidate.from_json(value) for value in values["candidates"]]
        names = ("live", "arithmetic", "epoch", "window", "curve")
        return cls(candidates, **{name: values[name] for name in names})
