"""What a network predicts after texts of its own choosing: many at once, from any state.

:func:`charlens.models.running.running` reads a split from its start. Here each row of a batch is a
text of its own, read from no history at all, from the state after another text, or from any other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from charlens.models.families import build_model
from charlens.models.language_model import LanguageModel
from charlens.models.parameters import Architecture

BLOCK = 512
"""Rows read at a time, at most: the buffers of one step stay in a processor's cache."""

States = Sequence[Tensor]
"""Copies of a model's states, each with as many rows as its batch."""


class Reader:
    """One network and a batch of texts that it reads side by side.

    Args:
        shape: the architecture.
        weights: true-shape weights, each (1, ...).
        rows: texts in the batch.
        device: where to run.
        dtype: float32 or float64.
    """

    def __init__(
        self,
        shape: Architecture,
        weights: dict[str, Tensor],
        rows: int,
        *,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
    ) -> None:
        options: dict[str, Any] = {"device": device, "dtype": dtype, "training": False}
        self.model: LanguageModel[Any] = build_model(shape, batch=rows, steps=1, **options)
        self.model.load(weights)
        self.k = shape.k

    def start(self, states: States | None = None) -> None:
        """Forget everything, or go on from given states."""
        self.model.reset()
        if states is not None:
            for state, values in zip(self.model.states, states, strict=True):
                state.copy_(values)

    def states(self) -> list[Tensor]:
        """Copies of the states after all that was read."""
        return [state.clone() for state in self.model.states]

    def read(self, codes: np.ndarray) -> None:
        """Read texts without predicting.

        Args:
            codes: vocabulary codes, uint8 (rows, c); c may be 0.
        """
        for step in self._steps(codes):
            self.model.advance(step)
            self.model.carry()

    def predict(self, codes: np.ndarray) -> Tensor:
        """Read texts and predict what follows.

        Args:
            codes: vocabulary codes, uint8 (rows, c); without any the states alone predict.

        Returns:
            Log-probabilities in nats, (rows, K); the next prediction may overwrite them.
        """
        if codes.shape[1] == 0:
            return self.model.from_states()[0, :, : self.k]
        self.read(codes[:, :-1])
        (last,) = self._steps(codes[:, -1:])
        logs = self.model.forward(last)[0, :, : self.k]
        self.model.carry()
        return logs

    def _steps(self, codes: np.ndarray) -> Tensor:
        """Inputs of each step, int64 (c, 1, rows)."""
        steps = torch.from_numpy(np.ascontiguousarray(codes.T).astype(np.int64))
        return steps.unsqueeze(1).to(self.model.device)


def blocks(count: int) -> list[np.ndarray]:
    """The numbers from 0 to ``count`` in equal blocks of at most :data:`BLOCK`.

    A :class:`Reader` has room for one block and always reads a full one. So the last block may
    repeat the last number, as few times as can be.

    Args:
        count: 1 or more.

    Returns:
        int64 arrays, all of one length (rows,).

    Example:
        >>> [block.tolist() for block in blocks(3)]
        [[0, 1, 2]]
        >>> [len(block) for block in blocks(1165)], blocks(1165)[-1][-3:].tolist()
        ([389, 389, 389], [1164, 1164, 1164])
    """
    rows = math.ceil(count / math.ceil(count / BLOCK))
    return [
        np.minimum(np.arange(first, first + rows), count - 1) for first in range(0, count, rows)
    ]


def mean_states(states: States) -> list[Tensor]:
    """Every row replaced by the mean of all; only of states that are no codes of characters.

    Args:
        states: of a recurrent network, each (M, rows, n).
    """
    return [state.mean(1, keepdim=True).expand_as(state).clone() for state in states]


def has_continuous_states(states: States) -> bool:
    """Whether states can be averaged: not those of an n-NN, which are characters."""
    return all(state.is_floating_point() for state in states)
