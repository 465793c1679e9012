"""The loss of each anchor from its last c characters alone, for networks and n-gram models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from charlens.analyses.context_curve.anchors import Anchors
from charlens.errors import CharlensError
from charlens.models.histories import (
    Reader,
    States,
    blocks,
    has_continuous_states,
    mean_states,
)
from charlens.models.ngram.model import NgramModel
from charlens.models.parameters import Architecture
from charlens.runtime.progress import progress

WARM = 300
"""Characters of another text that a network has read before its state is put in place."""

SWAP, ZERO, MEAN = "swap", "zero", "mean"


def network_losses(
    shape: Architecture,
    weights: dict[str, torch.Tensor],
    codes: np.ndarray,
    anchors: Anchors,
    lengths: Sequence[int],
    starts: Sequence[str],
    generator: np.random.Generator,
    *,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
    name: str = "context",
) -> dict[str, np.ndarray]:
    """Losses of a network that reads the last c characters from a state without the rest.

    Args:
        shape: the architecture.
        weights: true-shape weights, each (1, ...).
        codes: the split, uint8 (B, length + 1).
        anchors: characters to predict.
        lengths: of context, increasing.
        starts: ``swap``, the state after another place of the split (of another stream where
            there are several); ``zero``, no history; ``mean``, the mean of swapped states. An n-NN
            has no mean state and gets no such losses.
        generator: draws the other places.
        device: where to run.
        dtype: float32 or float64.
        name: shown beside the progress bar.

    Returns:
        Start -> losses in nats, float64 (anchors, lengths).
    """
    contexts = anchors.contexts(codes, max(lengths))
    targets = codes[anchors.stream, anchors.place].astype(np.int64)
    donors = _other_texts(codes, anchors.stream, generator)
    parts = blocks(len(anchors))
    rows = len(parts[0])
    reader = Reader(shape, weights, rows, device=device, dtype=dtype)
    if MEAN in starts:
        starts = _with_mean(reader, starts)
    losses = {start: np.empty((len(anchors), len(lengths))) for start in starts}
    mean = _mean_of(reader, donors[:rows]) if MEAN in starts else None
    work = len(parts) * rows * sum(lengths) * len(starts)
    with progress(work, name, "bytes") as bar:
        for block in parts:
            predicted = _predictions(reader, contexts[block], donors[block], lengths, starts, mean)
            for start, column, logs in predicted:
                target = torch.from_numpy(targets[block]).to(logs.device)
                nats = -logs.gather(1, target[:, None])[:, 0]
                losses[start][block, column] = nats.cpu().numpy()
                bar.update(rows * lengths[column])
    return losses


def _predictions(
    reader: Reader,
    contexts: np.ndarray,
    donors: np.ndarray,
    lengths: Sequence[int],
    starts: Sequence[str],
    mean: States | None,
) -> Iterator[tuple[str, int, torch.Tensor]]:
    """Start, index of the length, and log-probabilities (anchors, K) after so much context.

    Args:
        reader: of as many texts as there are anchors.
        contexts: the longest context of each anchor, uint8 (anchors, longest).
        donors: what is read instead of the rest, uint8 (anchors, characters).
        lengths: of context, increasing.
        starts: states to start from.
        mean: the mean state, if it is one of them.
    """
    reader.start()
    donated = reader.predict(donors).clone()
    states: dict[str, States | None] = {SWAP: reader.states(), ZERO: None, MEAN: mean}
    for start in starts:
        for column, c in enumerate(lengths):
            if c == 0 and start == SWAP:
                yield start, column, donated
            else:
                reader.start(states[start])
                yield start, column, reader.predict(contexts[:, contexts.shape[1] - c :])


def _other_texts(
    codes: np.ndarray, stream: np.ndarray, generator: np.random.Generator
) -> np.ndarray:
    """A stretch of another stream for each anchor, uint8 (anchors, characters)."""
    streams, length = codes.shape
    warm = min(WARM, length - 1)
    other = stream
    if streams > 1:
        other = (stream + generator.integers(1, streams, len(stream))) % streams
    place = generator.integers(0, length - warm, len(stream))
    return codes[other[:, None], place[:, None] + np.arange(warm)]


def _with_mean(reader: Reader, starts: Sequence[str]) -> list[str]:
    if has_continuous_states(reader.states()):
        return list(starts)
    return [start for start in starts if start != MEAN]


def _mean_of(reader: Reader, texts: np.ndarray) -> States:
    reader.start()
    reader.read(texts)
    return mean_states(reader.states())


def n_gram_losses(
    model: NgramModel,
    longest: int,
    codes: np.ndarray,
    anchors: Anchors,
    lengths: Sequence[int],
) -> np.ndarray:
    """Losses of n-gram models of one fit, by length of context: exact, nothing is replaced.

    With c characters the model of order c + 1 predicts; beyond the longest context of the fit its
    longest model does.

    Args:
        model: of all orders.
        longest: characters of context of the longest model.
        codes: the split, uint8 (B, length + 1).
        anchors: characters to predict.
        lengths: of context, increasing.

    Returns:
        Losses in nats, float64 (anchors, lengths).

    Raises:
        CharlensError: the model was not fitted for so long a context.
    """
    if longest + 1 > model.max_order:
        raise CharlensError(
            f"n-gram model: fitted for contexts of up to {model.max_order - 1} characters, "
            f"expected {longest}; delete the model and run again to fit it anew"
        )
    orders = sorted({min(c, longest) + 1 for c in lengths})
    columns = codes.shape[1]
    by_order = dict(zip(orders, model.probabilities(codes.ravel(), orders), strict=True))
    place = anchors.stream * columns + anchors.place
    return np.stack([-np.log(by_order[min(c, longest) + 1][place]) for c in lengths], axis=1)
