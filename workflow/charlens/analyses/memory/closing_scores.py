"""The log-probability that a closing character comes, at places of a split, for any model.

A text may have several closing marks, each of one byte or more. That one of them comes has the sum
of their probabilities, and each has the product over its bytes: those after the first are asked of
the model after it has read the ones before, which is not what the text goes on with.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import numpy as np
import torch

from charlens.models.families import build_model
from charlens.models.histories import Reader
from charlens.models.language_model import LanguageModel
from charlens.models.ngram.model import NgramModel
from charlens.models.parameters import Architecture
from charlens.models.running import running
from charlens.runtime.progress import progress

Mark = tuple[int, ...]
"""Vocabulary codes of the bytes of a mark."""

_CONTEXTS = 50_000  # whose distributions are in memory at a time


def network_scores(
    shape: Architecture,
    weights: dict[str, torch.Tensor],
    codes: np.ndarray,
    marks: Sequence[Mark],
    asked: np.ndarray,
    steps: int,
    *,
    device: torch.device | str = "cpu",
    name: str = "closings",
) -> np.ndarray:
    """Log-probability that one of some marks comes, float32 (B, length).

    Args:
        shape: the architecture.
        weights: true-shape weights, each (1, ...).
        codes: vocabulary codes, uint8 (B, length + 1); each stream starts without history.
        marks: in increasing order, none of them the beginning of another.
        asked: at which targets, bool (B, length); elsewhere the result means nothing.
        steps: window length; must divide length.
        device: where to run.
        name: shown beside the progress bar.
    """
    batch, length = codes.shape[0], codes.shape[1] - 1
    model = build_model(shape, batch=batch, steps=steps, device=device, training=False)
    model.load(weights)
    goes_on = any(len(mark) > 1 for mark in marks)
    reader = Reader(shape, weights, batch, device=device) if goes_on else None
    scores = np.zeros((batch, length), np.float32)
    with progress(scores.size, name, "bytes") as bar:
        for place, _, targets in running(model, codes):
            logs = model.log_probabilities[0].view(steps, batch, -1)[..., : shape.k]
            if reader is None:
                symbols = [symbol for (symbol,) in marks]
                scores[:, place] = logs[..., symbols].logsumexp(-1).cpu().numpy().T
            else:
                step, stream = np.nonzero(asked[:, place].T)
                for some in _together(model, step, batch):
                    chances = _after(model, reader, logs, step[some], stream[some], marks)
                    scores[stream[some], place.start + step[some]] = chances
            bar.update(targets.numel())
    return scores


def _together(model: LanguageModel[Any], step: np.ndarray, most: int) -> Iterator[slice]:
    """Places of a window that a reader goes on from at once: with what its rows share in common.

    Args:
        model: has read the window.
        step: of each place, in order.
        most: places at once.
    """
    shared = [
        [int(state) for state in model.states_after(s) if state.dim() == 1]
        for s in range(model.steps)
    ]
    start = 0
    for stop in range(1, len(step) + 1):
        full = stop - start == most or stop == len(step)
        if full or shared[step[stop]] != shared[step[start]]:
            yield slice(start, stop)
            start = stop


def _after(
    model: LanguageModel[Any],
    reader: Reader,
    logs: torch.Tensor,
    step: np.ndarray,
    stream: np.ndarray,
    marks: Sequence[Mark],
) -> np.ndarray:
    """Log-probability that one of some marks comes after places of a window, float32 (places,).

    Args:
        model: has read the window.
        reader: of the same weights; has a row for each place, or more.
        logs: predictions of the window, (T, B, K).
        step: of each place, int64 (places,).
        stream: of each place, int64 (places,).
        marks: as of :func:`network_scores`.
    """
    # A reader reads full batches: the last place fills the rows that are left.
    rows = np.minimum(np.arange(reader.model.batch), len(step) - 1)
    step, stream = step[rows], stream[rows]
    states = {s: model.states_after(s) for s in set(step.tolist())}
    places = list(zip(step.tolist(), stream.tolist(), strict=True))
    reader.start(
        [
            state if state.dim() == 1 else torch.stack([states[s][i][:, b] for s, b in places], 1)
            for i, state in enumerate(states[places[0][0]])
        ]
    )
    chances = _ahead(reader, logs[step, stream], marks).cpu().numpy()
    return chances[: rows.max() + 1]


def _ahead(reader: Reader, logs: torch.Tensor, marks: Sequence[Mark]) -> torch.Tensor:
    """Log-probability that one of some marks comes next, (B,); the reader stays where it is.

    Args:
        reader: has read what comes before.
        logs: its prediction of the next symbol, (B, K).
        marks: as of :func:`network_scores`, or the rest of those that have begun.
    """
    logs, states, chances = logs.clone(), None, []
    for symbol, beginning in groupby(marks, key=lambda mark: mark[0]):
        rest = [mark[1:] for mark in beginning if len(mark) > 1]
        chance = logs[:, symbol]
        if rest:
            states = reader.states() if states is None else states
            following = reader.predict(np.full((len(logs), 1), symbol, np.uint8))
            chance = chance + _ahead(reader, following, rest)
            reader.start(states)
        chances.append(chance)
    return torch.stack(chances).logsumexp(0)


def n_gram_scores(
    model: NgramModel,
    order: int,
    codes: np.ndarray,
    stream: np.ndarray,
    column: np.ndarray,
    marks: Sequence[Mark],
    k: int,
) -> np.ndarray:
    """Log-probability that one of some marks comes at some targets, float64 (places,).

    Args:
        model: the fit.
        order: of the model.
        codes: vocabulary codes, uint8 (B, length + 1).
        stream: of each target, int64 (places,).
        column: index of each target among those of its stream, int64 (places,).
        marks: none of them the beginning of another.
        k: symbols of the corpus.
    """
    contexts = [
        codes[b, max(0, c + 2 - order) : c + 1]
        for b, c in zip(stream.tolist(), column.tolist(), strict=True)
    ]
    keys = [context.tobytes() for context in contexts]
    row = {key: i for i, key in enumerate(dict.fromkeys(keys))}
    texts = list(row)
    scores = np.empty(len(texts))
    for first in range(0, len(texts), _CONTEXTS):
        some = slice(first, first + _CONTEXTS)
        scores[some] = _n_gram_after(model, order, texts[some], marks, k)
    return scores[[row[key] for key in keys]]


def _n_gram_after(
    model: NgramModel, order: int, texts: Sequence[bytes], marks: Sequence[Mark], k: int
) -> np.ndarray:
    """Log-probability that one of some marks follows each text, float64 (texts,)."""
    chances = {mark: np.zeros(len(texts)) for mark in marks}
    for read in dict.fromkeys(mark[:at] for mark in marks for at in range(len(mark))):
        contexts = [text + bytes(read) for text in texts]
        following = model.distribution(contexts, order, symbols=k)
        for mark, chance in chances.items():
            if mark[: len(read)] == read:
                chance += np.log(following[:, mark[len(read)]])
    return np.logaddexp.reduce(list(chances.values()))
