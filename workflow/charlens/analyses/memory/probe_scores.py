"""The log-probability of what a probe measures, after each of its texts, for any model."""

from __future__ import annotations

import numpy as np
import torch

from charlens.models.histories import Reader, blocks
from charlens.models.ngram.model import NgramModel
from charlens.models.parameters import Architecture


def network_scores(
    shape: Architecture,
    weights: dict[str, torch.Tensor],
    texts: np.ndarray,
    closing: np.ndarray,
    *,
    device: torch.device | str = "cpu",
) -> np.ndarray:
    """Mean log-probability of the characters of ``closing``, each given those before it.

    Args:
        shape: the architecture.
        weights: true-shape weights, each (1, ...).
        texts: vocabulary codes, uint8 (texts, characters); each is read from a start without
            history.
        closing: what follows, codes, uint8 (texts, letters).
        device: where to run.

    Returns:
        Nats, float64 (texts,).
    """
    parts = blocks(len(texts))
    rows = len(parts[0])
    reader = Reader(shape, weights, rows, device=device)
    scores = np.zeros(len(texts))
    for block in parts:
        reader.start()
        logs = reader.predict(texts[block])
        total = np.zeros(rows)
        for letter in range(closing.shape[1]):
            target = closing[block, letter].astype(np.int64)
            total += logs.cpu().numpy()[np.arange(rows), target]
            if letter + 1 < closing.shape[1]:
                logs = reader.predict(closing[block, letter : letter + 1])
        scores[block] = total
    return scores / closing.shape[1]


def n_gram_scores(
    model: NgramModel, order: int, texts: np.ndarray, closing: np.ndarray, k: int
) -> np.ndarray:
    """The same by an n-gram model.

    Args:
        model: the fit.
        order: of the model.
        texts: vocabulary codes, uint8 (texts, characters).
        closing: what follows, codes, uint8 (texts, letters).
        k: symbols of the corpus.
    """
    whole = np.hstack([texts, closing])
    scores = np.zeros(len(texts))
    for letter in range(closing.shape[1]):
        stop = texts.shape[1] + letter
        contexts = list(np.ascontiguousarray(whole[:, max(0, stop - order + 1) : stop]))
        chances = model.distribution(contexts, order, symbols=k)
        scores += np.log(chances[np.arange(len(texts)), closing[:, letter]])
    return scores / closing.shape[1]
