"""A small Transformer: causal attention over a sliding window of characters.

Blocks with RMSNorm before attention and MLP (Zhang and Sennrich 2019), rotary positions (Su et al.
2021), GELU, no biases but the decoder's, whose matrix is its own. Every character attends to itself
and to the W before it. Keys and values of the last W characters go from window to window without a
gradient, as in Transformer-XL (Dai et al. 2019), in training and in evaluation, so that windows of
any length give the same predictions. At a stream's start there are none.

Heads have 16 units each. Their number is the width divided by 16, rounded, and the width itself is
free.

Shapes: M models, T steps, B streams, n units, H heads of d units, K symbols, W characters kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from charlens.models.autograd import AutogradModel, Weights
from charlens.models.parameters import Parameter
from charlens.models.transformer_parts import heads, mlp, normed

WINDOW = 128
"""W: characters that attention sees besides the last one."""

HEAD = 16
"""Units of a head."""


@dataclass(frozen=True)
class GPTShape:
    """The architecture: number of blocks, width of the residual stream, symbols in the alphabet."""

    layers: int
    width: int
    k: int

    gates = 0

    @property
    def heads(self) -> int:
        """Attention heads of a block."""
        return max(1, (self.width + HEAD // 2) // HEAD)

    def parameters(self, width: int, k: int) -> Iterator[Parameter]:
        """Every parameter in order; nothing is padded.

        Names: ``embedding`` (k, n); of block l ``gain.attention.l`` (n), ``attention.l``
        (n, 3·H·d), ``mixed.l`` (H·d, n), ``gain.mlp.l`` (n), ``up.l`` (n, 4·n), ``down.l``
        (4·n, n); ``gain.decoder`` (n), ``decoder`` (n, k), ``bias.decoder`` (k). Gains are kept as
        their distance from 1.
        """
        n, inner = self.width, self.heads * HEAD
        shapes: dict[str, tuple[int, ...]] = {"embedding": (self.k, n)}
        for layer in range(self.layers):
            shapes |= {
                f"gain.attention.{layer}": (n,),
                f"attention.{layer}": (n, 3 * inner),
                f"mixed.{layer}": (inner, n),
                f"gain.mlp.{layer}": (n,),
                f"up.{layer}": (n, 4 * n),
                f"down.{layer}": (4 * n, n),
            }
        shapes |= {"gain.decoder": (n,), "decoder": (n, self.k), "bias.decoder": (self.k,)}
        for name, shape in shapes.items():
            yield name, shape, shape


class Transformer(AutogradModel[GPTShape]):
    """M Transformers of one shape over windows of T steps of B streams."""

    def __init__(self, shape: GPTShape, models: int = 1, **options: Any) -> None:
        super().__init__(shape, models, **options)
        past = (models, self.batch, shape.heads, WINDOW, HEAD)
        self._past = [(self._buffer(*past), self._buffer(*past)) for _ in range(shape.layers)]
        seen = (models, self.batch, shape.heads, WINDOW + self.steps, HEAD)
        self._seen = [(self._buffer(*seen), self._buffer(*seen)) for _ in range(shape.layers)]
        self._read = torch.zeros(1, dtype=torch.int64, device=self.device)
        self._h = [self._buffer(*self._window) for _ in range(shape.layers)]
        self._cos, self._sin = _rotations(WINDOW + self.steps, self.flat)

    @property
    def states(self) -> list[Tensor]:
        """Keys and values of each block, (M, B, H, W, d), and how many of them were read, (1,)."""
        return [*(part for pair in self._past for part in pair), self._read]

    def reset(self) -> None:
        """Forget every character: the start of every stream."""
        for state in self.states:
            state.zero_()

    def carry(self) -> None:
        """Let the next window start where this one ended."""
        for state, new in zip(self.states, self.states_after(self.steps - 1), strict=True):
            state.copy_(new)

    def states_after(self, step: int) -> list[Tensor]:
        """What ``carry`` would make the states, had the window ended after a step; views."""
        last = slice(step + 1, step + 1 + WINDOW)
        parts = [part[:, :, :, last] for pair in self._seen for part in pair]
        return [*parts, (self._read + step + 1).clamp(max=WINDOW)]

    def quantities(self) -> list[dict[str, Tensor]]:
        """The residual stream after each block, ``h``."""
        return [{"h": h.unflatten(1, (self.steps, self.batch))} for h in self._h]

    def from_states(self) -> Tensor:
        """Log-probabilities of the next symbol from the states alone, no input read, (M, B, K).

        The last character is missing: its embedding is 0.
        """
        nothing = self.flat.new_zeros(self.batch, self.shape.width)
        passed = [self._blocks(m, self._weights(m), nothing, 1, []) for m in range(self.models)]
        return torch.log_softmax(self._scores(torch.stack(passed)), -1)

    def _dropped(self) -> int:
        return 2 * self.shape.layers

    def _outputs(self, m: int, weights: Weights, inputs: Tensor, masks: list[Tensor]) -> Tensor:
        # Stream by stream, attention finds what it needs side by side.
        x = weights["embedding"].index_select(0, inputs.t().flatten())
        x = self._blocks(m, weights, x, len(inputs), masks)
        return _by_time(x, len(inputs)).reshape(x.shape)

    def _blocks(self, m: int, w: Weights, x: Tensor, steps: int, masks: list[Tensor]) -> Tensor:
        """What the decoder reads, (B·T, n), from embeddings of T steps, (B·T, n)."""
        visible = self._visible(steps)
        for layer in range(self.shape.layers):
            branch = self._attend(m, layer, w, normed(x, w[f"gain.attention.{layer}"]), visible)
            x = x + (branch * masks[2 * layer] if masks else branch)
            branch = normed(x, w[f"gain.mlp.{layer}"])
            branch = mlp(branch, w[f"up.{layer}"], w[f"down.{layer}"])
            x = x + (branch * masks[2 * layer + 1] if masks else branch)
            self._h[layer][m, : len(x)].view(steps, -1, x.shape[1])[:] = _by_time(x.detach(), steps)
        return normed(x, w["gain.decoder"])

    def _visible(self, steps: int) -> Tensor:
        """Which of the W + T characters each step sees, bool (T, W + T)."""
        query = torch.arange(steps, device=self.device).unsqueeze(1)
        key = torch.arange(WINDOW + steps, device=self.device)
        return (key >= query) & (key <= query + WINDOW) & (key >= WINDOW - self._read)

    def _attend(self, m: int, layer: int, w: Weights, x: Tensor, visible: Tensor) -> Tensor:
        """What a block's attention adds, (B·T, n); notes keys and values for later windows."""
        steps = len(x) // self.batch
        past = [every[m] for every in self._past[layer]]
        angles = (table[: WINDOW + steps] for table in (self._cos, self._sin))
        query, key, value, parts = heads(x, w[f"attention.{layer}"], past, *angles)
        for seen, old, new in zip(self._seen[layer], past, parts[1:], strict=True):
            seen[m, :, :, :WINDOW] = old
            seen[m, :, :, WINDOW : WINDOW + steps] = new
        mixed = scaled_dot_product_attention(query, key, value, visible)
        return mixed.transpose(1, 2).reshape(len(x), -1) @ w[f"mixed.{layer}"]


def _by_time(x: Tensor, steps: int) -> Tensor:
    """Rows by stream, (B·T, n), as a view by time, (T, B, n)."""
    return x.unflatten(0, (-1, steps)).transpose(0, 1)


def _rotations(length: int, like: Tensor) -> tuple[Tensor, Tensor]:
    """Cosines and sines of rotary positions, (length, d / 2) each."""
    frequencies = 10_000.0 ** (-torch.arange(0, HEAD, 2, dtype=torch.float64) / HEAD)
    angles = torch.arange(length, dtype=torch.float64).unsqueeze(1) * frequencies
    return angles.cos().to(like), angles.sin().to(like)
