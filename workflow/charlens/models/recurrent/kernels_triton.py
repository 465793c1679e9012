"""GPU kernels (Triton) that take a layer through a window, for each of the paper's cells.

Streams are independent, so one program takes a block of streams of one model through
all T steps, alone: no grid-wide synchronisation, two launches per layer and window instead of
several per time step. The recurrent weights are read again every step from the L2 cache; states
pass from step to step through global memory, ordered by a barrier within the program.

Operands are float16 and products accumulate in float32; cell state and pointwise arithmetic are
float32. Gradients are clamped to the finite range of float16 before they are stored.

Arguments of all kernels: tensors of :mod:`charlens.models.recurrent.recurrence`, whose first axis
is the model; ``w_stride``, elements from the weights of one model to those of the next; T steps, B
streams, n units; BB streams, BN columns and BK rows of weights at a time.
"""

from __future__ import annotations

import triton
import triton.language as tl

_LIMIT = tl.constexpr(60000.0)


@triton.jit
def _tanh(x):
    return 2.0 * tl.sigmoid(2.0 * x) - 1.0


@triton.jit
def _half(x):
    """Clamp to the range of float16 and round; keep NaN, which then shows in the loss."""
    least = tl.maximum(x, -_LIMIT, propagate_nan=tl.PropagateNan.ALL)
    return tl.minimum(least, _LIMIT, propagate_nan=tl.PropagateNan.ALL).to(tl.float16)


@triton.jit
def _product(acc, x, w, x_columns, w_columns, rows, live, cols, depth, BK: tl.constexpr):
    """acc[rows, cols] += x[rows, :depth] @ w[:depth, cols]."""
    inner = tl.arange(0, BK)
    for k in range(0, depth, BK):
        left = tl.load(x + rows[:, None] * x_columns + (k + inner)[None, :], live[:, None], 0.0)
        right = tl.load(w + (k + inner)[:, None] * w_columns + cols[None, :])
        acc = tl.dot(left, right, acc)
    return acc


@triton.jit
def _product_transposed(acc, x, w, x_columns, w_columns, rows, live, cols, depth, BK: tl.constexpr):
    """acc[rows, cols] += x[rows, :depth] @ w[cols, :depth].T."""
    inner = tl.arange(0, BK)
    for k in range(0, depth, BK):
        left = tl.load(x + rows[:, None] * x_columns + (k + inner)[None, :], live[:, None], 0.0)
        right = tl.load(w + cols[:, None] * w_columns + (k + inner)[None, :])
        acc = tl.dot(left, tl.trans(right), acc)
    return acc


@triton.jit
def rnn_forward(
    gates, h, w, w_stride, T, B, n, BB: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr
):
    """h[t + 1] = tanh(gates[t] + h[t] @ w). gates (M, T, B, n), h (M, T + 1, B, n), w (n, n)."""
    rows = tl.program_id(0) * BB + tl.arange(0, BB)
    live = rows < B
    m = tl.program_id(1).to(tl.int64)
    gates += m * T * B * n
    h += m * (T + 1) * B * n
    w += m * w_stride
    for t in range(T):
        for j in range(0, n, BN):
            cols = j + tl.arange(0, BN)
            at = rows[:, None] * n + cols[None, :]
            a = tl.load(gates + t * B * n + at, live[:, None], 0.0).to(tl.float32)
            a = _product(a, h + t * B * n, w, n, n, rows, live, cols, n, BK)
            tl.store(h + (t + 1) * B * n + at, _tanh(a).to(tl.float16), live[:, None])
        tl.debug_barrier()


@triton.jit
def rnn_backward(
    grad, dh, h, w, w_stride, T, B, n, BB: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr
):
    """Gradients of what tanh is applied to, into grad (M, T, B, n), from dh of the same shape."""
    rows = tl.program_id(0) * BB + tl.arange(0, BB)
    live = rows < B
    m = tl.program_id(1).to(tl.int64)
    grad += m * T * B * n
    dh += m * T * B * n
    h += m * (T + 1) * B * n
    w += m * w_stride
    for step in range(T):
        t = T - 1 - step
        depth = tl.where(step == 0, 0, n)
        for j in range(0, n, BN):
            cols = j + tl.arange(0, BN)
            at = rows[:, None] * n + cols[None, :]
            d = tl.load(dh + t * B * n + at, live[:, None], 0.0).to(tl.float32)
            d = _product_transposed(d, grad + (t + 1) * B * n, w, n, n, rows, live, cols, depth, BK)
            out = tl.load(h + (t + 1) * B * n + at, live[:, None], 0.0).to(tl.float32)
            tl.store(grad + t * B * n + at, _half(d * (1.0 - out * out)), live[:, None])
        tl.debug_barrier()


@triton.jit
def lstm_forward(
    gates, h, c, w, w_stride, T, B, n, BB: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr
):
    """States h and c, (M, T + 1, B, n), and the gates o, i, f, g in place, (M, T, B, 4 n)."""
    rows = tl.program_id(0) * BB + tl.arange(0, BB)
    live = rows < B
    keep = live[:, None]
    inner = tl.arange(0, BK)
    m = tl.program_id(1).to(tl.int64)
    gates += m * T * B * 4 * n
    h += m * (T + 1) * B * n
    c += m * (T + 1) * B * n
    w += m * w_stride
    for t in range(T):
        for j in range(0, n, BN):
            cols = j + tl.arange(0, BN)
            a = gates + (t * B + rows[:, None]) * 4 * n + cols[None, :]
            o = tl.load(a, keep, 0.0).to(tl.float32)
            i = tl.load(a + n, keep, 0.0).to(tl.float32)
            f = tl.load(a + 2 * n, keep, 0.0).to(tl.float32)
            g = tl.load(a + 3 * n, keep, 0.0).to(tl.float32)
            before = h + (t * B + rows[:, None]) * n
            for k in range(0, n, BK):
                x = tl.load(before + (k + inner)[None, :], keep, 0.0)
                wk = w + (k + inner)[:, None] * 4 * n + cols[None, :]
                o = tl.dot(x, tl.load(wk), o)
                i = tl.dot(x, tl.load(wk + n), i)
                f = tl.dot(x, tl.load(wk + 2 * n), f)
                g = tl.dot(x, tl.load(wk + 3 * n), g)
            o, i, f, g = tl.sigmoid(o), tl.sigmoid(i), tl.sigmoid(f), _tanh(g)
            at = rows[:, None] * n + cols[None, :]
            cell = f * tl.load(c + t * B * n + at, keep, 0.0) + i * g
            tl.store(c + (t + 1) * B * n + at, cell, keep)
            tl.store(h + (t + 1) * B * n + at, (o * _tanh(cell)).to(tl.float16), keep)
            tl.store(a, o.to(tl.float16), keep)
            tl.store(a + n, i.to(tl.float16), keep)
            tl.store(a + 2 * n, f.to(tl.float16), keep)
            tl.store(a + 3 * n, g.to(tl.float16), keep)
        tl.debug_barrier()


@triton.jit
def lstm_backward(
    grad, dh, gates, c, dc, w, w_stride, T, B, n,
    BB: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr,
):  # fmt: skip
    """Gradients before the gates, into grad (M, T, B, 4 n); dc (M, B, n) is carried."""
    rows = tl.program_id(0) * BB + tl.arange(0, BB)
    live = rows < B
    keep = live[:, None]
    m = tl.program_id(1).to(tl.int64)
    gates += m * T * B * 4 * n
    grad += m * T * B * 4 * n
    dh += m * T * B * n
    c += m * (T + 1) * B * n
    dc += m * B * n
    w += m * w_stride
    for step in range(T):
        t = T - 1 - step
        depth = tl.where(step == 0, 0, 4 * n)
        for j in range(0, n, BN):
            cols = j + tl.arange(0, BN)
            at = rows[:, None] * n + cols[None, :]
            d = tl.load(dh + t * B * n + at, keep, 0.0).to(tl.float32)
            d = _product_transposed(
                d, grad + (t + 1) * B * 4 * n, w, 4 * n, 4 * n, rows, live, cols, depth, BK
            )
            a = (t * B + rows[:, None]) * 4 * n + cols[None, :]
            o = tl.load(gates + a, keep, 0.0).to(tl.float32)
            i = tl.load(gates + a + n, keep, 0.0).to(tl.float32)
            f = tl.load(gates + a + 2 * n, keep, 0.0).to(tl.float32)
            g = tl.load(gates + a + 3 * n, keep, 0.0).to(tl.float32)
            before = tl.load(c + t * B * n + at, keep, 0.0)
            squashed = _tanh(tl.load(c + (t + 1) * B * n + at, keep, 0.0))
            later = tl.load(dc + at, keep & (step > 0), 0.0)
            d_cell = later + d * o * (1.0 - squashed * squashed)
            tl.store(dc + at, d_cell * f, keep)
            tl.store(grad + a, _half(d * squashed * o * (1.0 - o)), keep)
            tl.store(grad + a + n, _half(d_cell * g * i * (1.0 - i)), keep)
            tl.store(grad + a + 2 * n, _half(d_cell * before * f * (1.0 - f)), keep)
            tl.store(grad + a + 3 * n, _half(d_cell * i * (1.0 - g * g)), keep)
        tl.debug_barrier()


@triton.jit
def gru_forward(
    gates, h, q, w, w_stride, T, B, n, BB: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr
):
    """State h, (M, T + 1, B, n), q = r h, (M, T, B, n), and r, z, g in place, (M, T, B, 3 n)."""
    rows = tl.program_id(0) * BB + tl.arange(0, BB)
    live = rows < B
    keep = live[:, None]
    inner = tl.arange(0, BK)
    m = tl.program_id(1).to(tl.int64)
    gates += m * T * B * 3 * n
    h += m * (T + 1) * B * n
    q += m * T * B * n
    w += m * w_stride
    for t in range(T):
        before = h + t * B * n
        for j in range(0, n, BN):
            cols = j + tl.arange(0, BN)
            a = gates + (t * B + rows[:, None]) * 3 * n + cols[None, :]
            r = tl.load(a, keep, 0.0).to(tl.float32)
            z = tl.load(a + n, keep, 0.0).to(tl.float32)
            for k in range(0, n, BK):
                x = tl.load(before + rows[:, None] * n + (k + inner)[None, :], keep, 0.0)
                wk = w + (k + inner)[:, None] * 3 * n + cols[None, :]
                r = tl.dot(x, tl.load(wk), r)
                z = tl.dot(x, tl.load(wk + n), z)
            r, z = tl.sigmoid(r), tl.sigmoid(z)
            at = rows[:, None] * n + cols[None, :]
            state = tl.load(before + at, keep, 0.0).to(tl.float32)
            tl.store(q + t * B * n + at, (r * state).to(tl.float16), keep)
            tl.store(a, r.to(tl.float16), keep)
            tl.store(a + n, z.to(tl.float16), keep)
        tl.debug_barrier()
        for j in range(0, n, BN):
            cols = j + tl.arange(0, BN)
            a = gates + (t * B + rows[:, None]) * 3 * n + cols[None, :]
            g = tl.load(a + 2 * n, keep, 0.0).to(tl.float32)
            g = _product(g, q + t * B * n, w + 2 * n, n, 3 * n, rows, live, cols, n, BK)
            g = _tanh(g)
            z = tl.load(a + n, keep, 0.0).to(tl.float32)
            at = rows[:, None] * n + cols[None, :]
            state = tl.load(before + at, keep, 0.0).to(tl.float32)
            new = state + z * (g - state)
            tl.store(before + B * n + at, new.to(tl.float16), keep)
            tl.store(a + 2 * n, g.to(tl.float16), keep)
        tl.debug_barrier()


@triton.jit
def gru_backward(
    grad, dh, gates, h, carry, w, w_stride, T, B, n,
    BB: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr,
):  # fmt: skip
    """Gradients before the gates, into grad (M, T, B, 3 n); carry is (M, B, n)."""
    rows = tl.program_id(0) * BB + tl.arange(0, BB)
    live = rows < B
    keep = live[:, None]
    m = tl.program_id(1).to(tl.int64)
    gates += m * T * B * 3 * n
    grad += m * T * B * 3 * n
    dh += m * T * B * n
    h += m * (T + 1) * B * n
    carry += m * B * n
    w += m * w_stride
    for step in range(T):
        t = T - 1 - step
        depth = tl.where(step == 0, 0, 2 * n)
        for j in range(0, n, BN):
            cols = j + tl.arange(0, BN)
            at = rows[:, None] * n + cols[None, :]
            d = tl.load(dh + t * B * n + at, keep, 0.0).to(tl.float32)
            d += tl.load(carry + at, keep & (step > 0), 0.0)
            d = _product_transposed(
                d, grad + (t + 1) * B * 3 * n, w, 3 * n, 3 * n, rows, live, cols, depth, BK
            )
            a = (t * B + rows[:, None]) * 3 * n + cols[None, :]
            z = tl.load(gates + a + n, keep, 0.0).to(tl.float32)
            g = tl.load(gates + a + 2 * n, keep, 0.0).to(tl.float32)
            state = tl.load(h + t * B * n + at, keep, 0.0).to(tl.float32)
            tl.store(carry + at, d * (1.0 - z), keep)
            tl.store(grad + a + n, _half(d * (g - state) * z * (1.0 - z)), keep)
            tl.store(grad + a + 2 * n, _half(d * z * (1.0 - g * g)), keep)
        tl.debug_barrier()
        for j in range(0, n, BN):
            cols = j + tl.arange(0, BN)
            at = rows[:, None] * n + cols[None, :]
            dq = tl.zeros((BB, BN), tl.float32)
            dq = _product_transposed(
                dq, grad + t * B * 3 * n + 2 * n, w + 2 * n, 3 * n, 3 * n,
                rows, live, cols, n, BK,
            )  # fmt: skip
            a = (t * B + rows[:, None]) * 3 * n + cols[None, :]
            r = tl.load(gates + a, keep, 0.0).to(tl.float32)
            state = tl.load(h + t * B * n + at, keep, 0.0).to(tl.float32)
            later = tl.load(carry + at, keep, 0.0)
            tl.store(carry + at, later + dq * r, keep)
            tl.store(grad + a, _half(dq * state * r * (1.0 - r)), keep)
        tl.debug_barrier()
