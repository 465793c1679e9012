"""The paper's equations, one time step after another, with autograd: slow and obvious."""

from __future__ import annotations

import torch
from torch import Tensor


def run(cell: str, x: Tensor, w_x: Tensor, w_h: Tensor, bias: Tensor, h: Tensor, c: Tensor):
    """One layer over x (T, B, inputs) from states (B, n).

    Gate blocks follow each other as in ``charlens.models.recurrent.cells``: LSTM o i f g,
    GRU r z n.

    Returns:
        Hidden states (T, B, n) and a list of dictionaries of everything computed, per step.
    """
    n = h.shape[1]
    steps = []
    for x_t in x:
        part = x_t @ w_x + bias
        if cell == "rnn":
            h = torch.tanh(part + h @ w_h)
            steps.append({"h": h})
        elif cell == "lstm":
            o, i, f, g = (part + h @ w_h).split(n, 1)
            o, i, f, g = o.sigmoid(), i.sigmoid(), f.sigmoid(), g.tanh()
            c = f * c + i * g
            h = o * torch.tanh(c)
            steps.append({"h": h, "c": c, "o": o, "i": i, "f": f, "g": g})
        else:
            r, z = (part[:, : 2 * n] + h @ w_h[:, : 2 * n]).sigmoid().split(n, 1)
            candidate = torch.tanh(part[:, 2 * n :] + (r * h) @ w_h[:, 2 * n :])
            h = (1 - z) * h + z * candidate
            steps.append({"h": h, "r": r, "z": z, "n": candidate})
    return torch.stack([s["h"] for s in steps]), steps


def losses(cell: str, weights: dict[str, Tensor], inputs: Tensor, targets: Tensor, masks=None):
    """Summed −log p(target) of one model over a window that starts from zero states.

    Args:
        cell: lstm, rnn or gru.
        weights: as ``Layout.unpack`` names them, one model, no leading axis.
        inputs: codes, (T, B).
        targets: codes, (T, B).
        masks: per layer dropout masks (T, B, n), or None.
    """
    layers = sum(name.startswith("recurrent") for name in weights)
    x = torch.nn.functional.one_hot(inputs, weights["input.0"].shape[0]).to(weights["decoder"])
    for layer in range(layers):
        w_h = weights[f"recurrent.{layer}"]
        zero = w_h.new_zeros(inputs.shape[1], w_h.shape[0])
        x, _ = run(cell, x, weights[f"input.{layer}"], w_h, weights[f"bias.{layer}"], zero, zero)
        if masks is not None:
            x = x * masks[layer]
    scores = x @ weights["decoder"] + weights["bias.decoder"]
    return torch.nn.functional.cross_entropy(
        scores.flatten(0, 1), targets.flatten(), reduction="sum"
    )
