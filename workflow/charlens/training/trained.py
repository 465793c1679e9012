"""What training leaves behind, before it is written to files."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Trained:
    """Result of training: one candidate's weights and every candidate's learning curve.

    Attributes:
        weights: of the chosen candidate at its best epoch, true shapes, each (1, ...).
        dropout: the rate chosen on validation.
        val_loss: its cross-entropy on the validation split, nats per character.
        epoch: its best epoch, from 1.
        curve: one record per epoch and candidate.
        early: weights of the chosen candidate after each iteration that was asked for.
        arithmetic: number formats of its products, such as ``bfloat16 (AMX)``; several where a run
            was continued on another processor.
    """

    weights: dict[str, Tensor]
    dropout: float
    val_loss: float
    epoch: int
    curve: list[dict[str, float]]
    early: dict[int, dict[str, Tensor]]
    arithmetic: list[str]
