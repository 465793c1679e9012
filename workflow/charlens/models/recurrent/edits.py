"""Interventions on the state of single units while a recurrent network runs.

An :class:`Edit` says which units of which streams get which values in a window. It is applied
after the update of each step and before anything reads the new state: the same step's decoder, the
layers above and the gates of the next step all see the value that was set. In the words of causal
inference it is the operator *do* (Pearl 2009).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Edit:
    """Values of E states in a window of T steps, the same for all models side by side.

    The state of a unit is c where the cell has one (then h follows by h = o ⊙ tanh(c)), else h.

    Attributes:
        rows: the stream of each, int64 (E,).
        units: the unit of each, int64 (E,). No pair of stream and unit twice.
        values: what each is set to, (E,) for all steps or (T, E).
        live: whether it is set at each step, bool (T, E); None sets it at every step.
    """

    rows: Tensor
    units: Tensor
    values: Tensor
    live: Tensor | None = None

    def step(self, t: int) -> Edit:
        """The edit of one step: ``values`` and ``live`` have the shape (E,)."""
        values = self.values if self.values.dim() == 1 else self.values[t]
        return Edit(self.rows, self.units, values, None if self.live is None else self.live[t])

    def read(self, state: Tensor) -> Tensor:
        """The edited entries of a tensor (…, B, n), as (…, E)."""
        return state[..., self.rows, self.units]

    def write(self, state: Tensor, values: Tensor) -> None:
        """Set the edited entries of a tensor (…, B, n) to values (…, E), where they are live."""
        if self.live is not None:
            values = torch.where(self.live, values, self.read(state))
        state[..., self.rows, self.units] = values.to(state.dtype)


Edits = Mapping[int, Edit]
"""Layer, from 0 -> the edit of its states."""
