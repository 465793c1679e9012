"""The obvious alternative that benchmarks compare with: torch.nn, autograd and torch.optim.

The same network and optimiser as charlens trains: one-hot input over K symbols (made beforehand),
L recurrent layers, linear decoder, cross-entropy summed over time and averaged over streams,
clamped gradient, RMSProp. torch has no GRU with the paper's reset gate; its own is the
nearest thing.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from charlens.models.parameters import Shape

PEERS = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "rnn": torch.nn.RNN}


def torch_step(
    shape: Shape, codes: np.ndarray, device: str = "cpu", half: bool = False
) -> Callable[[], None]:
    """A function that trains one window of T steps of B streams.

    Args:
        shape: the architecture.
        codes: vocabulary codes, uint8 (B, T + 1).
        device: where to train.
        half: float16 products by autocast, with a gradient scaler as torch recommends.
    """
    recurrent = PEERS[shape.cell](shape.k, shape.width, shape.layers).to(device)
    decoder = torch.nn.Linear(shape.width, shape.k).to(device)
    parameters = [*recurrent.parameters(), *decoder.parameters()]
    optimiser = torch.optim.RMSprop(parameters, lr=2e-3, alpha=0.95)
    scaler = torch.amp.GradScaler(device, enabled=half)
    window = torch.from_numpy(codes.T.astype(np.int64)).to(device)
    inputs = torch.nn.functional.one_hot(window[:-1], shape.k).float()
    targets = window[1:].flatten()
    batch = codes.shape[0]
    state = None

    def step() -> None:
        nonlocal state
        optimiser.zero_grad()
        with torch.autocast(device, torch.float16, enabled=half):
            output, state = recurrent(inputs, state)
            scores = decoder(output).flatten(0, 1)
            loss = torch.nn.functional.cross_entropy(scores, targets, reduction="sum") / batch
        state = tuple(s.detach() for s in state) if shape.cell == "lstm" else state.detach()
        scaler.scale(loss).backward()
        scaler.unscale_(optimiser)
        torch.nn.utils.clip_grad_value_(parameters, 5.0)
        scaler.step(optimiser)
        scaler.update()

    return step
