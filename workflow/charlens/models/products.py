"""Matrix products of the models on a CPU, in float32 or with operands rounded to bfloat16.

Outside of :func:`rounded` they are torch's own, in the type of their operands. Inside, large ones
are computed from bfloat16 copies of both operands, with float32 sums of which each is rounded to
bfloat16 once, at its end. Processors with AVX-512 BF16 and without AMX (AMD Zen 4 and later, Intel
Cooper Lake) multiply so two to three times as fast; for float32 operands oneDNN does not use these
instructions there, whatever ``torch.backends.mkldnn.matmul.fp32_precision`` says.

A model's bits must not depend on its neighbours: every product is that of one model.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import torch
from torch import Tensor

# Multiplications below which the copies cost what they gain: 100 rows by weights of 128 x 256.
_LEAST_WEIGHTS = 2**15
_LEAST = 100 * _LEAST_WEIGHTS

_rounds: ContextVar[bool] = ContextVar("rounds operands of products", default=False)


@contextmanager
def rounded() -> Iterator[None]:
    """Round the operands of large products inside the block, in this thread."""
    token = _rounds.set(True)
    try:
        yield
    finally:
        _rounds.reset(token)


def prepared(weights: Tensor) -> Tensor:
    """Weights in the form that products multiply, made once for many products; not to be changed.

    Args:
        weights: (n, m), float32.
    """
    return _half(weights) if _rounds.get() and weights.numel() >= _LEAST_WEIGHTS else weights


def multiply(a: Tensor, b: Tensor) -> Tensor:
    """a @ b, (r, c); b may be prepared."""
    return torch.mm(_half(a), _half(b)).float() if _in_halves(a, b) else torch.mm(a, b)


def multiply_into(out: Tensor, a: Tensor, b: Tensor) -> None:
    """out = a @ b, (r, c), in place; b may be prepared."""
    if _in_halves(a, b):
        out.copy_(torch.mm(_half(a), _half(b)))
    else:
        torch.mm(a, b, out=out)


def add_product(out: Tensor, a: Tensor, b: Tensor) -> None:
    """out += a @ b, (r, c), in place; b may be prepared."""
    if _in_halves(a, b):
        out.add_(torch.mm(_half(a), _half(b)))
    else:
        out.addmm_(a, b)


def _in_halves(a: Tensor, b: Tensor) -> bool:
    if b.dtype == torch.bfloat16:
        return True
    return _rounds.get() and a.numel() * b.shape[1] >= _LEAST


def _half(operand: Tensor) -> Tensor:
    return operand.to(torch.bfloat16)
