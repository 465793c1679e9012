"""The recurrence fused into one GPU kernel per layer, window and direction (Triton).

The kernels are in :mod:`charlens.models.recurrent.kernels_triton`; the classes launch them. Same
interface and same quantities as the classes of ``recurrence``, which these are tested against.
Widths are multiples of 32 (the model pads with zero weights, which stay exactly zero).
"""

from __future__ import annotations

from typing import Any

import torch
import triton
from torch import Tensor

from charlens.errors import CharlensError
from charlens.models.recurrent.cells import GRU, LSTM, RNN
from charlens.models.recurrent.edits import Edit
from charlens.models.recurrent.kernels_triton import (
    gru_backward,
    gru_forward,
    lstm_backward,
    lstm_forward,
    rnn_backward,
    rnn_forward,
)
from charlens.models.recurrent.recurrence import Empty, Recurrence

WIDTH_MULTIPLE = 32


class _Fused(Recurrence):
    """Shared by the fused cells: launch geometry and float32 scratch."""

    def __init__(self, models: int, steps: int, batch: int, width: int, **options: Any) -> None:
        if width % WIDTH_MULTIPLE:
            raise ValueError(f"fused recurrence needs a width in 32s, not {width}")
        super().__init__(models, steps, batch, width, dtype=torch.float16, **options)
        self.running = torch.zeros(models, batch, width, device=self.h.device)
        if self.c is not None:
            self.c = self.c.float()

    def forward(self, w: Tensor, edit: Edit | None = None) -> None:
        if edit is not None:
            raise CharlensError(
                "interventions: the fused kernels compute a whole window at once and cannot be "
                "intervened on; run the network with precision float32"
            )
        self._fused_forward(w)

    def _fused_forward(self, w: Tensor) -> None:
        raise NotImplementedError

    def _launch(self, kernel: Any, *tensors: Tensor, w: Tensor) -> None:
        block = geometry(self.width)
        grid = (triton.cdiv(self.batch, block["BB"]), self.models)
        kernel[grid](*tensors, w, w.stride(0), self.steps, self.batch, self.width, **block)


def geometry(width: int) -> dict[str, int]:
    """Launch parameters for a width.

    Wide layers are bound by reading their weights from L2 every step, so more streams share one
    read (BB); narrow ones by the latency of a step, so more programs run side by side. Three
    stages fit the 99 KB of shared memory of consumer cards, where four do not; eight warps hold
    the four accumulators of a wide LSTM in registers, where four spill
    (``benchmarks/fused_kernels.py``).
    """
    tile = 64 if width % 64 == 0 else 32
    streams, warps = (16, 4) if width <= 256 else (64, 8)
    return {"BB": streams, "BN": tile, "BK": tile, "num_warps": warps, "num_stages": 3}


class FusedRNN(_Fused, RNN):
    """RNN, fused."""

    def _fused_forward(self, w: Tensor) -> None:
        self._launch(rnn_forward, self.gates, self.h, w=w)

    def backward(self, w: Tensor, dh: Tensor) -> None:
        self._launch(rnn_backward, self.grad, dh, self.h, w=w)


class FusedLSTM(_Fused, LSTM):
    """LSTM, fused."""

    def _auxiliary(self, empty: Empty) -> None:
        return None

    def _fused_forward(self, w: Tensor) -> None:
        self._launch(lstm_forward, self.gates, self.h, self.c, w=w)

    def backward(self, w: Tensor, dh: Tensor) -> None:
        self._launch(lstm_backward, self.grad, dh, self.gates, self.c, self.running, w=w)


class FusedGRU(_Fused, GRU):
    """GRU with the reset gate before the product, fused."""

    def _fused_forward(self, w: Tensor) -> None:
        self._launch(gru_forward, self.gates, self.h, self.aux, w=w)

    def backward(self, w: Tensor, dh: Tensor) -> None:
        self._launch(gru_backward, self.grad, dh, self.gates, self.h, self.running, w=w)


FUSED_CELLS: dict[str, type[Recurrence]] = {"lstm": FusedLSTM, "rnn": FusedRNN, "gru": FusedGRU}
