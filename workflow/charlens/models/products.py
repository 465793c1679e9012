"""Matrix products of the models on a CPU, in float32 or with operands rounded to bfloat16.

Outside of :func:`rounded` they are torch's own, in the type of their operands. Inside, large ones
are computed from bfloat16 copies of both operands, with float32 sums of which each is rounded to
bfloat16 once, at its end. Processors with AVX-512 BF16 and without AMX (AMD Zen 4 and later, Intel
Cooper Lake) multiply so two to three times as fast; for float32 operands oneDNN does not use these
instructions there, whatever ``torch.backends.mkldnn.matmul.fp32_precision`` says.

In float32 a tall left operand is multiplied some rows at a time. The sums are the same, bit for
bit, but what a block writes stays in the cache: 1.4 to 1.9 times as fast on an AMD EPYC where rows
of the result do not begin at multiples of 64 bytes (measured at 77 x 231 to 241 x 964 weights).

A model's bits must not depend on its neighbours: every product is that of one model.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import torch
from torch import Tensor

# Multiplications below which the copies cost what they gain: 100 rows by weights of 128 x 256.
_LEAST_WEIGHTS = 2**15
_LEAST = 100 * _LEAST_WEIGHTS

# Rows of a tall product computed together, and the weights below which that gains nothing.
_ROWS = 256
_LEAST_IN_BLOCKS = 2**14

_rounds: ContextVar[bool] = ContextVar("rounds operands of products", default=False)


@contextmanager
def rounded() -> Iterator[None]:
    """Round the operands of large products inside the block, in this thread."""
    token = _rounds.set(True)
    try:
        yield
    finally:
        _rounds.reset(token)


@contextmanager
def unrounded() -> Iterator[None]:
    """Compute products inside the block in the type of their operands, whatever is set around."""
    token = _rounds.set(False)
    setting: Any = getattr(torch.backends.mkldnn, "matmul", None)
    before = setting.fp32_precision if setting is not None else "none"
    try:
        if before == "bf16":
            setting.fp32_precision = "ieee"
        yield
    finally:
        _rounds.reset(token)
        if before == "bf16":
            setting.fp32_precision = before


def prepared(weights: Tensor) -> Tensor:
    """Weights in the form that products multiply, made once for many products; not to be changed.

    Args:
        weights: (n, m), float32.
    """
    return _half(weights) if _rounds.get() and weights.numel() >= _LEAST_WEIGHTS else weights


def multiply(a: Tensor, b: Tensor) -> Tensor:
    """a @ b, (r, c); b may be prepared."""
    if _in_halves(a, b):
        return torch.mm(_half(a), _half(b)).float()
    out = a.new_empty(a.shape[0], b.shape[1])
    multiply_into(out, a, b)
    return out


def multiply_into(out: Tensor, a: Tensor, b: Tensor) -> None:
    """out = a @ b, (r, c), in place; b may be prepared."""
    if _in_halves(a, b):
        out.copy_(torch.mm(_half(a), _half(b)))
        return
    for rows in _blocks(a, b):
        torch.mm(a[rows], b, out=out[rows])


def add_product(out: Tensor, a: Tensor, b: Tensor) -> None:
    """out += a @ b, (r, c), in place; b may be prepared."""
    if _in_halves(a, b):
        out.add_(torch.mm(_half(a), _half(b)))
        return
    for rows in _blocks(a, b):
        out[rows].addmm_(a[rows], b)


def _in_halves(a: Tensor, b: Tensor) -> bool:
    if b.dtype == torch.bfloat16:
        return True
    return _rounds.get() and a.numel() * b.shape[1] >= _LEAST


def _blocks(a: Tensor, b: Tensor) -> list[slice]:
    """Rows of a to multiply together; all at once where blocks gain nothing."""
    count, inner = a.shape
    aligned = b.shape[1] * b.element_size() % 64 == 0
    if count < max(4 * _ROWS, inner) or aligned or b.numel() < _LEAST_IN_BLOCKS:
        return [slice(None)]
    return [slice(start, start + _ROWS) for start in range(0, count, _ROWS)]


def _half(operand: Tensor) -> Tensor:
    return operand.to(torch.bfloat16)
