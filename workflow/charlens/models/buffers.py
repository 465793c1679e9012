"""Memory for several models side by side."""

from __future__ import annotations

import math

import torch
from torch import Tensor

_ALIGNMENT = 64  # bytes


def side_by_side(
    models: int,
    *shape: int,
    dtype: torch.dtype = torch.float32,
    device: torch.device | str = "cpu",
) -> Tensor:
    """Zeros of shape (models, *shape), every model's part starting on a 64-byte boundary.

    Matrix libraries choose their path by alignment, and paths round differently: without equal
    alignment a model trained beside others would differ in the last bit from one trained alone.
    """
    size = math.prod(shape)
    step = _ALIGNMENT // torch.empty(0, dtype=dtype).element_size()
    stride = -(-size // step) * step
    memory = torch.zeros(models, stride, dtype=dtype, device=device)
    return memory[:, :size].view(models, *shape)
