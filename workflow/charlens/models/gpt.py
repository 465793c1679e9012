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
from torch.nn.functional import gelu, scaled_dot_product_attention

from charlens.models.autograd import AutogradModel, Weights
from charlens.models.parameters import Parameter

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
        x = weights["embedding"].index_select(0, inputs.flatten())
        return self._blocks(m, weights, x, len(inputs), masks)

    def _blocks(self, m: int, w: Weights, x: Tensor, steps: int, masks: list[Tensor]) -> Tensor:
        """What the decoder reads, (T·B, n), from embeddings of T steps, (T·B, n)."""
        visible = self._visible(steps)
        for layer in range(self.shape.layers):
            branch = self._attend(m, layer, w, _normed(x, w[f"gain.attention.{layer}"]), visible)
            x = x + (branch * masks[2 * layer] if masks else branch)
            branch = gelu(_normed(x, w[f"gain.mlp.{layer}"]) @ w[f"up.{layer}"])
            branch = branch @ w[f"down.{layer}"]
            x = x + (branch * masks[2 * layer + 1] if masks else branch)
            self._h[layer][m, : len(x)] = x.detach()
        return _normed(x, w["gain.decoder"])

    def _visible(self, steps: int) -> Tensor:
        """Which of the W + T characters each step sees, bool (T, W + T)."""
        query = torch.arange(steps, device=self.device).unsqueeze(1)
        key = torch.arange(WINDOW + steps, device=self.device)
        return (key >= query) & (key <= query + WINDOW) & (key >= WINDOW - self._read)

    def _attend(self, m: int, layer: int, w: Weights, x: Tensor, visible: Tensor) -> Tensor:
        """What a block's attention adds, (T·B, n); notes keys and values for later windows."""
        steps = len(x) // self.batch
        parts = (x @ w[f"attention.{layer}"]).view(steps, self.batch, 3, self.shape.heads, HEAD)
        query, key, value = parts.permute(2, 1, 3, 0, 4).unbind(0)  # (B, H, T, d) each
        key, value = (
            torch.cat([past[m], new], 2)
            for past, new in zip(self._past[layer], (key, value), strict=True)
        )
        for seen, all_of_them in zip(self._seen[layer], (key, value), strict=True):
            seen[m, :, :, : WINDOW + steps] = all_of_them.detach()
        window = slice(WINDOW, WINDOW + steps)
        query = _rotated(query, self._cos[window], self._sin[window])
        key = _rotated(key, self._cos[: window.stop], self._sin[: window.stop])
        mixed = scaled_dot_product_attention(query, key, value, visible)
        return mixed.permute(2, 0, 1, 3).reshape(len(x), -1) @ w[f"mixed.{layer}"]


def _normed(x: Tensor, gain: Tensor) -> Tensor:
    """RMSNorm of the rows of x, (rows, n); the gain is 1 + ``gain``."""
    return x * (x.square().mean(-1, keepdim=True) + 1e-6).rsqrt() * (1 + gain.flatten())


def _rotations(length: int, like: Tensor) -> tuple[Tensor, Tensor]:
    """Cosines and sines of rotary positions, (length, d / 2) each."""
    frequencies = 10_000.0 ** (-torch.arange(0, HEAD, 2, dtype=torch.float64) / HEAD)
    angles = torch.arange(length, dtype=torch.float64).unsqueeze(1) * frequencies
    return angles.cos().to(like), angles.sin().to(like)


def _rotated(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn each pair of units of x, (B, H, T, d), by its position's angle."""
    first, second = x.chunk(2, -1)
    return torch.cat([first * cos - second * sin, first * sin + second * cos], -1)
