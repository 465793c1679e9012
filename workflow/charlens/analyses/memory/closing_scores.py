"""The log-probability of a closing character at every place of a split, for any model."""

from __future__ import annotations

import numpy as np
import torch

from charlens.models.ngram.model import NgramModel
from charlens.models.parameters import Architecture
from charlens.models.running import windows
from charlens.runtime.progress import progress

_CONTEXTS = 50_000  # whose distributions are in memory at a time


def network_scores(
    shape: Architecture,
    weights: dict[str, torch.Tensor],
    codes: np.ndarray,
    symbol: int,
    steps: int,
    *,
    device: torch.device | str = "cpu",
    name: str = "closings",
) -> np.ndarray:
    """Log-probability of one symbol at every target, float32 (B, length).

    Args:
        shape: the architecture.
        weights: true-shape weights, each (1, ...).
        codes: vocabulary codes, uint8 (B, length + 1); each stream starts without history.
        symbol: the code of the symbol.
        steps: window length; must divide length.
        device: where to run.
        name: shown beside the progress bar.
    """
    scores = np.empty((codes.shape[0], codes.shape[1] - 1), np.float32)
    with progress(scores.size, name, "char") as bar:
        for place, logs, targets in windows(shape, weights, codes, steps, device=device):
            scores[:, place] = logs[..., symbol].cpu().numpy().T
            bar.update(targets.numel())
    return scores


def n_gram_scores(
    model: NgramModel,
    order: int,
    codes: np.ndarray,
    stream: np.ndarray,
    column: np.ndarray,
    symbol: int,
    k: int,
) -> np.ndarray:
    """Log-probability of one symbol at some targets by an n-gram model, float64 (places,).

    Args:
        model: the fit.
        order: of the model.
        codes: vocabulary codes, uint8 (B, length + 1).
        stream: of each target, int64 (places,).
        column: index of each target among those of its stream, int64 (places,).
        symbol: the code of the symbol.
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
        scores[some] = np.log(model.distribution(texts[some], order, symbols=k)[:, symbol])
    return scores[[row[key] for key in keys]]
