"""Compare a network early in its training with trained models of short memory.

Paper, section 4.3 and Figure 5 (right): over the first epochs an LSTM predicts first like the
1-NN, then like the 2-, 3- and 4-NN. Here n-gram models join the n-NNs, which the paper did
not show.

All models run over the test split side by side, a few steps of all streams at a time, and only sums
are kept: memory does not grow with the split or with the number of checkpoints' predictions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from charlens.analyses.training_dynamics.table import COLUMNS
from charlens.errors import CharlensError
from charlens.models.catalogue import N_GRAM
from charlens.models.names import context_id
from charlens.models.ngram.file import load_ngram
from charlens.models.ngram.model import NgramModel
from charlens.models.running import windows
from charlens.models.trained import TrainedModel, load_trained
from charlens.runtime.device import choose_device
from charlens.runtime.progress import progress
from charlens.text.corpus import Corpus, load_split
from charlens.text.splits import Codes

_STEPS = 10  # at most so many steps at a time: buffers of all checkpoints are in memory at once


def symmetric_kl(log_p: Tensor, log_q: Tensor) -> Tensor:
    """KL(p‖q) + KL(q‖p) = Σ (p − q)(log p − log q), in nats (Kullback & Leibler 1951).

    Args:
        log_p: log-probabilities (..., K).
        log_q: the same of the other model.

    Returns:
        float64 (...).
    """
    return ((log_p.exp() - log_q.exp()) * (log_p - log_q)).sum(-1, dtype=torch.float64)


@dataclass(frozen=True)
class _Lookup:
    """An n-gram model's predictions: one row of log-probabilities per distinct context."""

    table: Tensor  # float32 (contexts, K)
    row: Tensor  # int64 (B, length): the context at each position

    def window(self, place: slice) -> Tensor:
        """Log-probabilities (T, B, K)."""
        return self.table[self.row[:, place].T]


def _lookup(model: NgramModel, codes: Codes, n: int, k: int, device: torch.device) -> _Lookup:
    """Predictions of an n-gram model at every target of a split, its streams joined.

    The context of a target is the n targets before it, as in the probabilities files.
    """
    targets = codes[:, 1:].ravel()
    padded = np.concatenate([np.full(n, 256), targets]).astype(np.uint16)  # 256: before the text
    contexts = np.lib.stride_tricks.sliding_window_view(padded[:-1], n)
    keys = np.ascontiguousarray(contexts).view([("", np.uint16)] * n).ravel()
    _, first, row = np.unique(keys, return_index=True, return_inverse=True)
    pieces = [targets[max(0, at - n) : at] for at in first]
    rows = model.distribution(pieces, n + 1, symbols=k)
    table = torch.from_numpy(np.log(rows).astype(np.float32)).to(device)
    shape = codes[:, 1:].shape
    return _Lookup(table, torch.from_numpy(row.reshape(shape)).to(device))


def compare(
    checkpoints: Sequence[TrainedModel],
    trained: Mapping[str, TrainedModel],
    n_grams: Mapping[str, tuple[NgramModel, int]],
    codes: Codes,
    unroll: int,
    device: str,
    name: str = "dynamics",
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compare every checkpoint with every other model over a split.

    Args:
        checkpoints: of the model in training.
        trained: name -> trained model, such as an n-NN.
        n_grams: name -> n-gram model and its context length.
        codes: vocabulary codes of the split, uint8 (B, length + 1).
        unroll: a divisor of length.
        device: auto, cpu or cuda.
        name: shown beside the progress bar.

    Returns:
        Mean symmetric KL, nats, (checkpoints, others); mean loss of the checkpoints, nats per
        character, (checkpoints,); and of the others, (others,). Others are the trained models,
        then the n-gram models.
    """
    where = choose_device(device)
    k = checkpoints[0].shape.k
    steps = max(d for d in range(1, _STEPS + 1) if unroll % d == 0)
    tables = [_lookup(model, codes, n, k, where) for model, n in n_grams.values()]
    watched = [windows(m.shape, m.weights, codes, steps, device=where) for m in checkpoints]
    references = [windows(m.shape, m.weights, codes, steps, device=where) for m in trained.values()]
    kl = np.zeros((len(watched), len(references) + len(tables)))
    losses, other_losses = np.zeros(len(watched)), np.zeros(kl.shape[1])
    count = codes[:, 1:].size
    with progress(count, name, "bytes") as bar:
        for parts in zip(*watched, *references, strict=True):
            place, _, targets = parts[0]
            others = [log_q for _, log_q, _ in parts[len(watched) :]]
            others += [table.window(place) for table in tables]
            other_losses += [_loss(log_q, targets) for log_q in others]
            for i, (_, log_p, _) in enumerate(parts[: len(watched)]):
                losses[i] += _loss(log_p, targets)
                kl[i] += [float(symmetric_kl(log_p, log_q).sum()) for log_q in others]
            bar.update(targets.numel())
    return kl / count, losses / count, other_losses / count


def _loss(log_p: Tensor, targets: Tensor) -> float:
    return -float(log_p.gather(-1, targets.unsqueeze(-1)).sum(dtype=torch.float64))


def measure(
    inputs: Mapping[str, Any],
    epochs: Sequence[float],
    contexts: Sequence[int],
    unroll: int,
    device: str,
) -> pd.DataFrame:
    """Compare early checkpoints of a model with its corpus's baselines.

    Args:
        inputs: paths ``corpus`` (corpus.json) and ``test`` (.npy), and lists of paths:
            ``checkpoints`` (one per epoch), ``n_nn`` (trained n-NNs) and ``n_gram`` (the n-gram
            model, if there is one).
        epochs: when the checkpoints were taken.
        contexts: context lengths of the n-gram models to compare with.
        unroll: a divisor of the length of the test streams.
        device: auto, cpu or cuda.

    Returns:
        One row per checkpoint and baseline with the columns of
        :data:`charlens.analyses.training_dynamics.table.COLUMNS`.

    Raises:
        CharlensError: a damaged input, or a model of another corpus.
    """
    corpus = Corpus.load(inputs["corpus"])
    codes = load_split(inputs["test"])
    checkpoints = [load_trained(path, corpus) for path in inputs["checkpoints"]]
    baselines = [load_trained(path, corpus) for path in inputs.get("n_nn", ())]
    trained = {model.model: model for model in baselines}
    fitted = [load_ngram(path) for path in inputs.get("n_gram", ())]
    n_grams = {context_id(N_GRAM, n): (model, n) for model in fitted for n in contexts}
    if not checkpoints or not (trained or n_grams):
        raise CharlensError(
            "figure5.dynamics: expected at least one checkpoint and one baseline, found "
            f"{len(checkpoints)} and {len(trained) + len(n_grams)}; correct the config"
        )
    name = f"{corpus.name}/{checkpoints[0].model} in training"
    kl, loss, other_loss = compare(checkpoints, trained, n_grams, codes, unroll, device, name)
    others = [*trained, *n_grams]
    grid = pd.MultiIndex.from_product([epochs, others], names=["epoch", "other"])
    frame = grid.to_frame(index=False).assign(
        corpus=corpus.name,
        model=checkpoints[0].model,
        characters=codes[:, 1:].size,
        kl=kl.ravel(),
        loss=np.repeat(loss, len(others)),
        other_loss=np.tile(other_loss, len(epochs)),
    )
    frame["loss_difference"] = frame["other_loss"] - frame["loss"]
    return frame[list(COLUMNS)].astype(COLUMNS)
