"""The recurrent cells with all pointwise work of a time step in one pass (numba, CPU).

The classes of ``recurrence`` apply a torch operation per arithmetic step and pass over memory
each time. Here one compiled loop per step reads each value once, while it is still in the
processor's cache after the product; the backward loop computes its local derivatives on the way
instead of in a pass of its own. Products stay torch's. Results agree with the plain classes to
float32 rounding (the tanh below is accurate to 4e-7), not bit for bit.

Numba compiles each kernel at its first use (two seconds) and keeps the machine code beside this
file or in the user's cache folder.

Shapes: T steps, B streams, n units; kernels work on one model's buffers, (T, B, G·n) and
(T + 1, B, n), at step ``t``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numba import float32, njit
from torch import Tensor

from charlens.models.products import add_product, multiply_into, prepared
from charlens.models.recurrent.cells import GRU, LSTM, RNN
from charlens.models.recurrent.recurrence import Recurrence, steps_of

# Allows fused multiply-adds and another order of sums. Not "no NaN": a loss that is not a number
# must reach the trainer.
_kernel: Any = njit(fastmath={"contract", "reassoc", "nsz"}, error_model="numpy", cache=True)
_inline: Any = njit(
    float32(float32),
    fastmath={"contract", "reassoc", "nsz"},
    error_model="numpy",
    inline="always",
)

_LIMIT = np.float32(7.90531110763549805)  # beyond it tanh rounds to ±1 in float32
_HALF, _ONE = np.float32(0.5), np.float32(1.0)


@_inline
def _tanh(x):
    """tanh by the minimax quotient of degrees 13 and 6 that Eigen and XLA use; NaN stays NaN."""
    x = _LIMIT if x > _LIMIT else x
    x = -_LIMIT if x < -_LIMIT else x
    s = x * x
    p = float32(-2.76076847742355e-16)
    p = p * s + float32(2.00018790482477e-13)
    p = p * s + float32(-8.60467152213735e-11)
    p = p * s + float32(5.12229709037114e-08)
    p = p * s + float32(1.48572235717979e-05)
    p = p * s + float32(6.37261928875436e-04)
    p = p * s + float32(4.89352455891786e-03)
    q = float32(1.19825839466702e-06)
    q = q * s + float32(1.18534705686654e-04)
    q = q * s + float32(2.26843463243900e-03)
    q = q * s + float32(4.89352518554385e-03)
    return x * p / q


@_inline
def _sigmoid(x):
    return _HALF * _tanh(_HALF * x) + _HALF


# -- LSTM --------------------------------------------------------------------------------------


@_kernel
def _lstm_forward(gates, c, tanh_c, h, t):
    """Turn the pre-activations of step t into o, i, f, g, and fill c, tanh(c) and h after it."""
    n = h.shape[2]
    for b in range(h.shape[1]):
        o, i = gates[t, b, :n], gates[t, b, n : 2 * n]  # (n,) each
        f, g = gates[t, b, 2 * n : 3 * n], gates[t, b, 3 * n :]
        before, after, squashed, out = c[t, b], c[t + 1, b], tanh_c[t, b], h[t + 1, b]
        for u in range(n):
            open_, write, keep, new = _sigmoid(o[u]), _sigmoid(i[u]), _sigmoid(f[u]), _tanh(g[u])
            o[u], i[u], f[u], g[u] = open_, write, keep, new
            state = keep * before[u] + write * new
            after[u] = state
            shown = _tanh(state)
            squashed[u] = shown
            out[u] = open_ * shown


@_kernel
def _lstm_backward(gates, c, tanh_c, dh, dc, grad, t):
    """Fill the gradient of the pre-activations of step t; take dc one step back in time."""
    n = dc.shape[1]
    for b in range(dc.shape[0]):
        o, i = gates[t, b, :n], gates[t, b, n : 2 * n]  # (n,) each
        f, g = gates[t, b, 2 * n : 3 * n], gates[t, b, 3 * n :]
        d_o, d_i = grad[t, b, :n], grad[t, b, n : 2 * n]
        d_f, d_g = grad[t, b, 2 * n : 3 * n], grad[t, b, 3 * n :]
        before, squashed, above, carried = c[t, b], tanh_c[t, b], dh[t, b], dc[b]
        for u in range(n):
            shown, down = squashed[u], above[u]
            d_c = carried[u] + down * o[u] * (_ONE - shown * shown)
            d_o[u] = down * shown * o[u] * (_ONE - o[u])
            d_i[u] = d_c * g[u] * i[u] * (_ONE - i[u])
            d_f[u] = d_c * before[u] * f[u] * (_ONE - f[u])
            d_g[u] = d_c * i[u] * (_ONE - g[u] * g[u])
            carried[u] = d_c * f[u]


# -- RNN ---------------------------------------------------------------------------------------


@_kernel
def _rnn_forward(a, h, t):
    """h after step t is tanh of its pre-activation."""
    for b in range(h.shape[1]):
        before, after = a[t, b], h[t + 1, b]  # (n,)
        for u in range(h.shape[2]):
            after[u] = _tanh(before[u])


@_kernel
def _rnn_backward(h, dh, grad, t):
    """Gradient of the pre-activation of step t."""
    for b in range(h.shape[1]):
        after, above, out = h[t + 1, b], dh[t, b], grad[t, b]  # (n,)
        for u in range(h.shape[2]):
            out[u] = above[u] * (_ONE - after[u] * after[u])


# -- GRU ---------------------------------------------------------------------------------------


@_kernel
def _gru_reset(gates, h, q, t):
    """Turn the pre-activations of r and z into gates, and fill q = r ⊙ h."""
    n = h.shape[2]
    for b in range(h.shape[1]):
        r, z, before, out = gates[t, b, :n], gates[t, b, n : 2 * n], h[t, b], q[t, b]  # (n,)
        for u in range(n):
            reset = _sigmoid(r[u])
            r[u], z[u] = reset, _sigmoid(z[u])
            out[u] = reset * before[u]


@_kernel
def _gru_update(gates, h, t):
    """Turn the candidate's pre-activation into g, and move h towards it by z."""
    n = h.shape[2]
    for b in range(h.shape[1]):
        z, g = gates[t, b, n : 2 * n], gates[t, b, 2 * n :]  # (n,)
        before, after = h[t, b], h[t + 1, b]
        for u in range(n):
            new = _tanh(g[u])
            g[u] = new
            after[u] = before[u] + z[u] * (new - before[u])


@_kernel
def _gru_backward_update(gates, h, dh, grad, t):
    """Gradients of the pre-activations of z and of the candidate at step t."""
    n = h.shape[2]
    for b in range(h.shape[1]):
        z, g, before = gates[t, b, n : 2 * n], gates[t, b, 2 * n :], h[t, b]  # (n,)
        d_z, d_g, above = grad[t, b, n : 2 * n], grad[t, b, 2 * n :], dh[t, b]
        for u in range(n):
            d_z[u] = above[u] * (g[u] - before[u]) * z[u] * (_ONE - z[u])
            d_g[u] = above[u] * z[u] * (_ONE - g[u] * g[u])


@_kernel
def _gru_backward_reset(gates, h, dq, dh, grad, t):
    """Gradient of the pre-activation of r at step t; pass dh on to step t − 1."""
    n = h.shape[2]
    for b in range(h.shape[1]):
        r, z, before = gates[t, b, :n], gates[t, b, n : 2 * n], h[t, b]  # (n,)
        d_r, d_q, above = grad[t, b, :n], dq[b], dh[t, b]
        for u in range(n):
            d_r[u] = d_q[u] * before[u] * r[u] * (_ONE - r[u])
        if t > 0:
            below = dh[t - 1, b]
            for u in range(n):
                below[u] += d_q[u] * r[u] + above[u] * (_ONE - z[u])


# -- the classes -------------------------------------------------------------------------------


class _Fused(Recurrence):
    """Local derivatives are part of the backward loop: there is no pass for them alone."""

    def _factors(self, lane: int | slice) -> None:
        pass


class FusedRNN(_Fused, RNN):
    """The RNN of ``recurrence``, its pointwise work fused."""

    def _forward(self, lane: int | slice, w: Tensor) -> None:
        h, gates = self.h[lane], self.gates[lane]  # (T + 1, B, n), (T, B, n)
        arrays, w = (gates.numpy(), h.numpy()), prepared(w)
        for t, (before, a) in enumerate(zip(steps_of(h), steps_of(gates), strict=False)):
            add_product(a, before, w)  # (B, n) += (B, n) @ (n, n)
            _rnn_forward(*arrays, t)

    def _backward(self, lane: int | slice, w: Tensor, dh: Tensor) -> None:
        arrays = self.h[lane].numpy(), dh.numpy(), self.grad[lane].numpy()
        grad, below, back = steps_of(self.grad[lane]), steps_of(dh), prepared(w).transpose(-1, -2)
        for t in reversed(range(self.steps)):
            _rnn_backward(*arrays, t)
            if t:
                add_product(below[t - 1], grad[t], back)  # (B, n) += (B, n) @ (n, n)


class FusedLSTM(_Fused, LSTM):
    """The LSTM of ``recurrence``, its pointwise work fused."""

    def _forward(self, lane: int | slice, w: Tensor) -> None:
        h, gates = self.h[lane], self.gates[lane]  # (T + 1, B, n), (T, B, 4n)
        arrays = gates.numpy(), self.c[lane].numpy(), self.aux[lane].numpy(), h.numpy()
        w = prepared(w)
        for t, (before, a) in enumerate(zip(steps_of(h), steps_of(gates), strict=False)):
            add_product(a, before, w)  # (B, 4n) += (B, n) @ (n, 4n)
            _lstm_forward(*arrays, t)

    def _backward(self, lane: int | slice, w: Tensor, dh: Tensor) -> None:
        dc = np.zeros((self.batch, self.width), np.float32)
        buffers = self.gates[lane].numpy(), self.c[lane].numpy(), self.aux[lane].numpy()
        arrays = *buffers, dh.numpy(), dc, self.grad[lane].numpy()
        grad, below, back = steps_of(self.grad[lane]), steps_of(dh), prepared(w).transpose(-1, -2)
        for t in reversed(range(self.steps)):
            _lstm_backward(*arrays, t)
            if t:
                add_product(below[t - 1], grad[t], back)  # (B, n) += (B, 4n) @ (4n, n)


class FusedGRU(_Fused, GRU):
    """The GRU of ``recurrence``, its pointwise work fused."""

    def _forward(self, lane: int | slice, w: Tensor) -> None:
        n = self.width
        w_rz, w_g = (prepared(part.contiguous()) for part in (w[..., : 2 * n], w[..., 2 * n :]))
        h, q = steps_of(self.h[lane]), steps_of(self.aux[lane])  # (B, n) each
        rz, g = self._split(self.gates, lane, 0, 2), self._split(self.gates, lane, 2, 3)
        gates, states = self.gates[lane].numpy(), self.h[lane].numpy()
        reset = self.aux[lane].numpy()
        for t in range(self.steps):
            add_product(rz[t], h[t], w_rz)  # (B, 2n) += (B, n) @ (n, 2n)
            _gru_reset(gates, states, reset, t)
            add_product(g[t], q[t], w_g)  # (B, n) += (B, n) @ (n, n)
            _gru_update(gates, states, t)

    def _backward(self, lane: int | slice, w: Tensor, dh: Tensor) -> None:
        n = self.width
        parts = (w[..., : 2 * n], w[..., 2 * n :])
        back_rz, back_g = (prepared(part.transpose(-1, -2).contiguous()) for part in parts)
        d_rz, d_g = self._split(self.grad, lane, 0, 2), self._split(self.grad, lane, 2, 3)
        below = steps_of(dh)
        dq = torch.empty_like(below[0])
        gates, states = self.gates[lane].numpy(), self.h[lane].numpy()
        above, grad = dh.numpy(), self.grad[lane].numpy()
        for t in reversed(range(self.steps)):
            _gru_backward_update(gates, states, above, grad, t)
            multiply_into(dq, d_g[t], back_g)  # (B, n) = (B, n) @ (n, n)
            _gru_backward_reset(gates, states, dq.numpy(), above, grad, t)
            if t:
                add_product(below[t - 1], d_rz[t], back_rz)  # (B, n) += (B, 2n) @ (2n, n)


NUMBA_CELLS: dict[str, type[Recurrence]] = {"lstm": FusedLSTM, "rnn": FusedRNN, "gru": FusedGRU}
