"""Parts of a Transformer with gradients written out: autograd would read more memory than needed.

RMSNorm (Zhang and Sennrich 2019), rotary positions (Su et al. 2021), and the layers between which
GELU (Hendrycks and Gimpel 2016) works. At the sizes trained here their products are so small that
memory decides what a window costs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.functional import gelu

EPSILON = 1e-6
"""Added to the mean square of a row, so that a row of zeros stays one."""

ROWS = 1000
"""Rows of a block of :func:`mlp` on a CPU: at a width of 39 what lies between takes 0.6 MB."""


def normed(x: Tensor, gain: Tensor) -> Tensor:
    """RMSNorm of rows.

    Args:
        x: (rows, n).
        gain: what the gain of each column is beyond 1, of n values.

    Returns:
        x / √(mean of x² in the row + ε) · (1 + gain), (rows, n).

    Example:
        >>> normed(torch.tensor([[3.0, 4.0]]), torch.tensor([0.0, 1.0]))
        tensor([[0.8485, 2.2627]])
    """
    return _Norm.apply(x, gain)


def heads(
    x: Tensor, weight: Tensor, past: Sequence[Tensor], cos: Tensor, sin: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Queries, keys and values of a window, those of what came before it in front.

    Pairs of units, i and i + d/2 of a head, are turned by the angle of their position.

    Args:
        x: (B·T, n), stream by stream.
        weight: (n, 3·H·d): of queries, keys and values.
        past: keys and values before the window, (B, H, W, d) each; they get no gradient.
        cos: cosines of the angles at W + T positions, (W + T, d/2).
        sin: their sines.

    Returns:
        Queries (B, H, T, d) and keys (B, H, W + T, d), turned; values (B, H, W + T, d); and all
        three of the window as they were before, (3, B, H, T, d), without a gradient.
    """
    return _Heads.apply(x, weight, *past, cos, sin)


def mlp(x: Tensor, up: Tensor, down: Tensor) -> Tensor:
    """Two layers with GELU between them, row by row.

    What lies between them is several times as wide as a row. It is computed a block of rows at a
    time, stays in a processor's cache, and is computed again for the gradient.

    Args:
        x: (rows, n).
        up: weights of the first layer, (n, wide).
        down: weights of the second, (wide, n).

    Returns:
        GELU(x · up) · down, (rows, n).

    Example:
        >>> mlp(torch.ones(1, 2), torch.ones(2, 3), torch.ones(3, 1))
        tensor([[5.8635]])
    """
    return _Mlp.apply(x, up, down)


class _Mlp(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, up: Tensor, down: Tensor) -> Tensor:
        ctx.save_for_backward(x, up, down)
        out = x.new_empty(len(x), down.shape[1])
        for rows in _blocks(x):
            torch.mm(gelu(x[rows] @ up), down, out=out[rows])
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dy: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x, up, down = ctx.saved_tensors
        dx, d_up, d_down = torch.empty_like(x), torch.zeros_like(up), torch.zeros_like(down)
        for rows in _blocks(x):
            between = x[rows] @ up
            d_down.addmm_(gelu(between).t(), dy[rows])
            # What autograd calls: torch has no public name for the slope of GELU.
            slope = torch.ops.aten.gelu_backward(dy[rows] @ down.t(), between)
            d_up.addmm_(x[rows].t(), slope)
            torch.mm(slope, up.t(), out=dx[rows])
        return dx, d_up, d_down


def _blocks(x: Tensor) -> Iterator[slice]:
    """Rows whose inner values stay in a processor's cache; all of them on a GPU."""
    size = ROWS if x.device.type == "cpu" else max(1, len(x))
    for start in range(0, len(x), size):
        yield slice(start, start + size)


class _Norm(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, gain: Tensor) -> Tensor:
        scale = (x.square().mean(-1, keepdim=True) + EPSILON).rsqrt()
        gains = 1 + gain.flatten()
        ctx.save_for_backward(x, scale, gains)
        ctx.shape = gain.shape
        return (x * scale).mul_(gains)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dy: Tensor) -> tuple[Tensor, Tensor]:
        x, scale, gains = ctx.saved_tensors
        products = dy * x
        d_gain = scale.transpose(0, 1) @ products
        # The row's length changes with each of its values.
        along = (products @ gains).unsqueeze(1) * scale.pow(3) / x.shape[1]
        dx = (dy * gains).mul_(scale).addcmul_(x, along, value=-1)
        return dx, d_gain.view(ctx.shape)


class _Heads(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, key: Tensor, value: Tensor, cos: Tensor, sin: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        batch, many, before, units = key.shape
        steps = len(x) // batch
        parts = (x @ weight).view(batch, steps, 3, many, units).permute(2, 0, 3, 1, 4)
        query, new_key, new_value = parts
        keys, values = (x.new_empty(batch, many, before + steps, units) for _ in range(2))
        queries = _turned(query, cos[before:], sin[before:])
        keys[:, :, :before] = _turned(key, cos[:before], sin[:before])
        keys[:, :, before:] = _turned(new_key, cos[before:], sin[before:])
        values[:, :, :before] = value
        values[:, :, before:] = new_value
        ctx.save_for_backward(x, weight, cos[before:], sin[before:])
        ctx.shape = (batch, steps, 3, many, units)
        ctx.mark_non_differentiable(parts)
        ctx.set_materialize_grads(False)
        return queries, keys, values, parts

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor | None) -> tuple[Tensor | None, ...]:
        x, weight, cos, sin = ctx.saved_tensors
        d_parts = x.new_empty(ctx.shape)
        *turned, d_value = d_parts.permute(2, 0, 3, 1, 4)
        of_window = (None if d is None else d[:, :, -len(cos) :] for d in gradients[:3])
        for part, gradient in zip((*turned, d_value), of_window, strict=True):
            if gradient is None:
                part.zero_()
            elif part is d_value:
                part.copy_(gradient)
            else:
                part.copy_(_turned(gradient, cos, -sin))
        flat = d_parts.view(len(x), -1)
        return flat @ weight.t(), x.t() @ flat, None, None, None, None


def _turned(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """The pairs of x, (B, H, steps, d), turned by angles (steps, d/2); contiguous.

    Halves of heads are too short to be read from where they lie apart: a copy first is faster.
    """
    x = x.contiguous()
    out = torch.empty_like(x)
    (first, second), (left, right) = x.chunk(2, -1), out.chunk(2, -1)
    torch.mul(first, cos, out=left).addcmul_(second, sin, value=-1)
    torch.mul(first, sin, out=right).addcmul_(second, cos)
    return out
