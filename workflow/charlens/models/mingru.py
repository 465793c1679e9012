"""The minimal GRU (Feng et al. 2024, arXiv 2410.01201): gates that do not read the last state.

    z = σ(W_z x + b_z),  n = g(W_n x + b_n),  h_t = (1 − z) ⊙ h_{t−1} + z ⊙ n

with g(x) = x + ½ for x ≥ 0 and σ(x) below, so that everything is positive. As no gate reads h, a
window's states are one scan, on a GPU over logarithms (section 3.1 and appendix B of that paper).
On a CPU a loop over the steps computes the same several times as fast.

States have no bound, and a unit whose update gate stays near 0 is thousands of characters away from
its usual state when it starts from 0. So a stream starts from the mean of the states in which the
training streams ended; like the means of batch normalisation these are counted, not learned.

Shapes: M models, T steps, B streams, n units, K symbols.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from charlens.models.autograd import AutogradModel, Weights
from charlens.models.catalogue import CELLS, MINGRU
from charlens.models.parameters import Parameter
from charlens.models.recurrent.edits import Edit, Edits

_LEAST = 1e-30  # stands for a state of 0, which has no logarithm


@dataclass(frozen=True)
class MinGRUShape:
    """The architecture: number of layers, units per layer, symbols in the alphabet."""

    layers: int
    width: int
    k: int

    @property
    def gates(self) -> int:
        """Gate blocks per unit."""
        return len(CELLS[MINGRU].blocks)

    def parameters(self, width: int, k: int) -> Iterator[Parameter]:
        """Every parameter in order, stored for ``width`` units and ``k`` symbols.

        Names: ``input.0`` (k, 2·n), ``input.l`` (n, 2·n), ``bias.l`` (2·n), ``start.l`` (n),
        ``decoder`` (n, k), ``bias.decoder`` (k).
        """
        for layer in range(self.layers):
            below, stored = (self.k, k) if layer == 0 else (self.width, width)
            yield f"input.{layer}", (below, 2, self.width), (stored, 2, width)
            yield f"bias.{layer}", (2, self.width), (2, width)
            yield f"start.{layer}", (self.width,), (width,)
        yield "decoder", (self.width, self.k), (width, k)
        yield "bias.decoder", (self.k,), (k,)


class MinGRU(AutogradModel[MinGRUShape]):
    """M minimal GRUs of one shape over windows of T steps of B streams."""

    def __init__(self, shape: MinGRUShape, models: int = 1, **options: Any) -> None:
        super().__init__(shape, models, **options)
        window = (models, self.steps, self.batch, shape.width)
        self._seen = [{q: self._buffer(*window) for q in "hzn"} for _ in range(shape.layers)]
        self._edits: Edits = {}
        self._states = [self._buffer(models, self.batch, shape.width) for _ in range(shape.layers)]

    @property
    def states(self) -> list[Tensor]:
        """What the next window starts from: h of each layer, (M, B, n)."""
        return self._states

    def reset(self) -> None:
        """Let every stream start from the mean state that training counted; 0 before."""
        for layer, state in enumerate(self._states):
            state.copy_(self.weights[f"start.{layer}"].unsqueeze(1))

    def settle(self) -> None:
        """Let streams start from the mean of the states they are in now."""
        for layer, state in enumerate(self._states):
            self.weights[f"start.{layer}"].copy_(state.mean(1))

    def carry(self) -> None:
        """Let the next window start where this one ended."""
        for state, layer in zip(self._states, self._seen, strict=True):
            state.copy_(layer["h"][:, -1])

    def states_after(self, step: int) -> list[Tensor]:
        """What ``carry`` would make the states, had the window ended after a step; views."""
        return [layer["h"][:, step] for layer in self._seen]

    def quantities(self) -> list[dict[str, Tensor]]:
        """States h, update gates z and candidates n, layer by layer."""
        return self._seen

    @property
    def gate_titles(self) -> Mapping[str, str]:
        """Names in words of the gates between 0 and 1, by their letters."""
        return CELLS[MINGRU].gates

    def forward_edited(self, inputs: Tensor, edits: Edits) -> Tensor:
        """:meth:`forward` with states set after each step."""
        self._edits = edits
        try:
            return self.forward(inputs)
        finally:
            self._edits = {}

    def from_states(self) -> Tensor:
        """Log-probabilities of the next symbol from the states alone, no input read, (M, B, K)."""
        return torch.log_softmax(self._scores(self._states[-1]), -1)

    def _dropped(self) -> int:
        return self.shape.layers

    def _outputs(self, m: int, weights: Weights, inputs: Tensor, masks: list[Tensor]) -> Tensor:
        x: Tensor | None = None
        for layer in range(self.shape.layers):
            w, bias = weights[f"input.{layer}"], weights[f"bias.{layer}"]
            if x is None:  # a one-hot input selects a row
                before = (w + bias).index_select(0, inputs.flatten())
            else:
                before = torch.addmm(bias, x, w)
            before = before.view(*inputs.shape, -1)
            gate, candidate = before.chunk(2, -1)
            h = self._layer(m, layer, gate, candidate)
            x = h.flatten(0, 1)
            if masks:
                x = x * masks[layer]
        assert x is not None
        return x

    def _layer(self, m: int, layer: int, gate: Tensor, candidate: Tensor) -> Tensor:
        """States (T, B, n) from what stands before the functions; notes the quantities."""
        seen, start = self._seen[layer], self._states[layer][m]
        z, n = gate.sigmoid(), positive(candidate)
        if layer in self._edits:
            h = edited(z, n, start, self._edits[layer])
        elif gate.device.type == "cpu":
            h = loop(z, n, start)
        else:
            h = scan(gate, candidate, start)
        for letter, values in (("h", h), ("z", z), ("n", n)):
            seen[letter][m] = values.detach()
        return h


def positive(x: Tensor) -> Tensor:
    """The function g: x + ½ from 0 on, σ(x) below."""
    return torch.where(x >= 0, x + 0.5, x.sigmoid())


def scan(gate: Tensor, candidate: Tensor, start: Tensor) -> Tensor:
    """States (T, B, n) of a window as one scan over logarithms.

    Args:
        gate: W_z x + b_z, (T, B, n).
        candidate: W_n x + b_n, (T, B, n).
        start: h before the window, (B, n), not negative.
    """
    log_n = torch.where(candidate >= 0, (candidate.relu() + 0.5).log(), logsigmoid(candidate))
    log_kept = logsigmoid(-gate).cumsum(0)  # log of the product of 1 − z
    first = start.clamp_min(_LEAST).log().unsqueeze(0)
    terms = torch.cat([first, logsigmoid(gate) + log_n - log_kept])
    return (log_kept + terms.logcumsumexp(0)[1:]).exp()


class _Loop(torch.autograd.Function):
    """h_t = (1 − z_t) h_{t−1} + z_t n_t, step by step; no gradient reaches the first h."""

    @staticmethod
    def forward(ctx: Any, z: Tensor, n: Tensor, start: Tensor) -> Tensor:
        h = torch.empty_like(n)
        last = start
        for t in range(len(n)):
            last = torch.lerp(last, n[t], z[t], out=h[t])
        ctx.save_for_backward(z, n, start, h)
        return h

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, None]:
        z, n, start, h = ctx.saved_tensors
        total, keeps = grads[0].clone(), 1 - z
        for t in range(len(n) - 1, 0, -1):
            total[t - 1].addcmul_(total[t], keeps[t])
        before = torch.cat([start.unsqueeze(0), h[:-1]])
        return total * (n - before), total * z, None


def loop(z: Tensor, n: Tensor, start: Tensor) -> Tensor:
    """States (T, B, n) of a window, one step after another.

    Args:
        z: update gates, (T, B, n).
        n: candidates, (T, B, n).
        start: h before the window, (B, n).
    """
    states: Tensor = _Loop.apply(z, n, start)
    return states


def edited(z: Tensor, n: Tensor, start: Tensor, edit: Edit) -> Tensor:
    """:func:`loop` with states set after each step; without a gradient.

    Args:
        z: as of :func:`loop`.
        n: as of :func:`loop`.
        start: as of :func:`loop`.
        edit: which states are set, and to what.
    """
    h = torch.empty_like(n)
    last = start
    for t in range(len(n)):
        last = torch.lerp(last, n[t], z[t], out=h[t])
        step = edit.step(t)
        step.write(last, step.values)
    return h
