"""Number formats of the large matrix products, and where this machine computes them natively.

``training.precision: mixed`` multiplies half-precision operands and accumulates in float32. What
that means depends on the device: float16 and fused Triton kernels on a CUDA GPU; bfloat16 products
on a processor with instructions for them (AMX, AVX-512 BF16, ARM BF16); float32 products on every
other processor. On a CPU the pointwise work runs in fused kernels either way, so that a processor
without bfloat16 trains 1.1 to 1.7 times as fast as with ``precision: float32``, to the same losses
up to rounding. Weights, states, losses and the optimiser are float32 everywhere, and predictions
never use half precision on a CPU.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import torch

from charlens.models.products import rounded

log = logging.getLogger("charlens")


@dataclass(frozen=True)
class Precision:
    """How a model trains.

    Attributes:
        operands: number format of the operands of large products.
        stored: type of a separate copy of the weights that products read; None where products
            read the weights themselves.
        engine: kernels of the recurrence: ``torch``, ``numba`` (CPU) or ``triton`` (GPU).
        feature: what computes, such as ``AMX``; empty for plain torch.
        rounds: operands are rounded by :mod:`charlens.models.products`, not by torch.
        multiple: widths are stored padded with zero weights to a multiple of this, which the
            products and kernels are faster for.
    """

    operands: Literal["float32", "bfloat16", "float16"] = "float32"
    stored: torch.dtype | None = None
    engine: Literal["torch", "numba", "triton"] = "torch"
    feature: str = ""
    rounds: bool = False
    multiple: int = 1

    def __str__(self) -> str:
        return f"{self.operands} ({self.feature})" if self.feature else self.operands

    @contextmanager
    def products(self) -> Iterator[None]:
        """Compute float32 products inside the block with operands rounded to bfloat16.

        Does nothing for other formats. Restores the process's setting at the end of the block,
        also after an exception, so that no other code computes with rounded operands.
        """
        if self.operands != "bfloat16":
            yield
            return
        if self.rounds:
            with rounded():
                yield
            return
        # The attribute is made when torch is imported; mypy does not see it.
        setting = torch.backends.mkldnn.matmul  # type: ignore[attr-defined]
        before = setting.fp32_precision
        setting.fp32_precision = "bf16"
        try:
            yield
        finally:
            setting.fp32_precision = before


FLOAT32 = Precision()
FUSED_FLOAT32 = Precision("float32", engine="numba", feature="fused kernels", multiple=8)
FLOAT16 = Precision("float16", torch.float16, "triton", multiple=32)
_AVX_512 = "AVX-512 BF16"


def bfloat16(feature: str = "") -> Precision:
    """Bfloat16 products on a CPU, by the instructions called ``feature``."""
    rounds = feature == _AVX_512
    return Precision("bfloat16", engine="numba", feature=feature, rounds=rounds, multiple=16)


def choose_precision(name: str, device: torch.device) -> Precision:
    """The precision that ``training.precision`` means on a device; logs what ``mixed`` became.

    Args:
        name: ``float32`` or ``mixed``.
        device: where the model trains.
    """
    if name == "float32":
        return FLOAT32
    if device.type == "cuda":
        return FLOAT16
    feature = bfloat16_feature()
    if feature is None:
        log.info(
            "training.precision: mixed, but this processor has no bfloat16 products "
            "(AMX, AVX-512 BF16 or ARM BF16): training in float32, with fused kernels"
        )
        return FUSED_FLOAT32
    log.info("training.precision: mixed: bfloat16 products by %s, float32 sums", feature)
    return bfloat16(feature)


def bfloat16_feature() -> str | None:
    """The processor's instructions for bfloat16 products; None where there are none.

    A processor may have them and the libraries not use them (an old kernel, a limit set by
    ``ONEDNN_MAX_CPU_ISA``), so a small product is computed and compared with its float32 twin.
    AVX-512 BF16 is never used for float32 operands; there we round them.
    """
    names = {"amx_bf16": "AMX", "amx_tile": "AMX", "sve_bf16": "SVE BF16", "bf16": "ARM BF16"}
    capabilities = _capabilities()
    feature = next((title for key, title in names.items() if capabilities.get(key)), None)
    if feature and _bfloat16_has_effect():
        return feature
    limit = os.environ.get("ONEDNN_MAX_CPU_ISA", "").upper()
    allowed = limit in ("", "DEFAULT", "ALL") or "BF16" in limit or "AMX" in limit
    return _AVX_512 if capabilities.get("avx512_bf16") and allowed else None


def _capabilities() -> Mapping[str, Any]:
    """What torch knows of the processor."""
    if hasattr(torch.cpu, "get_capabilities"):
        return torch.cpu.get_capabilities()
    return {  # torch < 2.12
        "amx_tile": torch.cpu._is_amx_tile_supported(),
        "avx512_bf16": torch.cpu._is_avx512_bf16_supported(),
    }


def _bfloat16_has_effect() -> bool:
    """Whether a float32 product changes when bfloat16 operands are allowed."""
    if not (torch.backends.mkldnn.is_available() and hasattr(torch.backends.mkldnn, "matmul")):
        return False
    generator = torch.Generator().manual_seed(0)
    a, b = (torch.rand(64, 64, generator=generator) for _ in range(2))
    exact = a @ b
    with bfloat16().products():
        rounded = a @ b
    return not torch.equal(exact, rounded)
