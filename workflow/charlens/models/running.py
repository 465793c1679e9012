"""Running a network over a split, window by window."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from charlens.models.families import build_model
from charlens.models.language_model import LanguageModel
from charlens.models.parameters import Architecture
from charlens.models.recurrent.edits import Edits


def observing(
    model: LanguageModel[Any], codes: np.ndarray
) -> Iterator[tuple[slice, Tensor, Tensor]]:
    """:func:`running` for what is inside a model: nothing is predicted where that saves time.

    Args:
        model: with its weights loaded; after each step its ``quantities`` are that window's.
        codes: vocabulary codes, uint8 (B, length + 1); the model's window divides length.

    Yields:
        The window's place in the streams, its inputs and its targets, int64 (T, B).
    """
    yield from _run(model, codes, lambda place, inputs: model.observe(inputs))


def running(
    model: LanguageModel[Any],
    codes: np.ndarray,
    edits: Callable[[slice], Edits] | None = None,
) -> Iterator[tuple[slice, Tensor, Tensor]]:
    """Run a model over streams, window by window, states carried, each stream from its start.

    Args:
        model: with its weights loaded; after each step it holds that window's states.
        codes: vocabulary codes, uint8 (B, length + 1); the model's window divides length.
        edits: gives the states to set in a window from its place in the streams, by layer from 0;
            None sets none.

    Yields:
        The window's place in the streams, its inputs and its targets, int64 (T, B).

    Raises:
        CharlensError: edits of a model that cannot be edited.
    """

    def read(place: slice, inputs: Tensor) -> None:
        if edits is None:
            model.forward(inputs)
        else:
            model.forward_edited(inputs, edits(place))

    yield from _run(model, codes, read)


def _run(
    model: LanguageModel[Any], codes: np.ndarray, read: Callable[[slice, Tensor], None]
) -> Iterator[tuple[slice, Tensor, Tensor]]:
    model.reset()
    for start in range(0, codes.shape[1] - 1, model.steps):
        window = torch.from_numpy(codes[:, start : start + model.steps + 1].T.astype(np.int64))
        window = window.to(model.device)
        place = slice(start, start + model.steps)
        read(place, window[:-1])
        yield place, window[:-1], window[1:]
        model.carry()


def running_copies(
    model: LanguageModel[Any],
    below: LanguageModel[Any],
    layer: int,
    codes: np.ndarray,
    edits: Callable[[slice], Edits],
) -> Iterator[tuple[slice, Tensor, Tensor]]:
    """:func:`running` with edits, over copies of the streams that are the same up to a layer.

    Args:
        model: of copies · B rows, with its weights loaded.
        below: of B rows, with the same weights and as long a window; what is below the layer is
            computed here, once for all copies.
        layer: the lowest that is edited, from 0.
        codes: vocabulary codes, uint8 (B, length + 1).
        edits: as for :func:`running`, of all rows of ``model``.

    Yields:
        The window's place in the streams, its inputs and its targets, int64 (T, B).

    Raises:
        CharlensError: edits of a model that cannot be edited.
    """
    below.reset()

    def read(place: slice, inputs: Tensor) -> None:
        below.observe(inputs)
        model.forward_above(layer, below, inputs, edits(place))
        below.carry()

    yield from _run(model, codes, read)


def windows(
    shape: Architecture,
    weights: dict[str, Tensor],
    codes: np.ndarray,
    steps: int,
    *,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
) -> Iterator[tuple[slice, Tensor, Tensor]]:
    """What a model predicts over a split, window by window.

    Args:
        shape: the architecture.
        weights: true-shape weights, each (1, ...).
        codes: vocabulary codes, uint8 (B, length + 1).
        steps: window length; must divide length.
        device: where to run.
        dtype: float32 or float64.

    Yields:
        The window's place in a stream, its log-probabilities (T, B, k) in nats (reused by the
        next window) and its targets, int64 (T, B).
    """
    batch = codes.shape[0]
    model = build_model(shape, batch=batch, steps=steps, device=device, dtype=dtype, training=False)
    model.load(weights)
    for place, _, targets in running(model, codes):
        logs = model.log_probabilities[0].view(steps, batch, -1)[..., : shape.k]
        yield place, logs, targets
