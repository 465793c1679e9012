"""Compare a network early in its training with trained models of short memory.

Paper, section 4.3 and Figure 5 (right): over the first epochs an LSTM predicts first like the
1-NN, then like the 2-, 3- and 4-NN. Here n-gram models stand beside the n-NNs, which the paper did
not show.

All models run over the test split side by side, a few steps of all streams at a time, and only sums
are kept: memory does not grow with the split or with the number of checkpoints' predictions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from charlens.display.markdown import table as markdown_table
from charlens.display.wording import listed, rst_corpus, rst_model
from charlens.errors import CharlensError
from charlens.files import csv_tables
from charlens.files.atomic import FilePath
from charlens.models import names as model_id
from charlens.models.catalogue import N_GRAM
from charlens.models.names import context_id
from charlens.models.ngram.file import load_ngram
from charlens.models.ngram.model import NgramModel
from charlens.models.running import windows
from charlens.models.trained import TrainedModel, load_trained
from charlens.paper import numbers as paper
from charlens.paper import texts
from charlens.runtime.device import choose_device
from charlens.runtime.progress import progress
from charlens.text.corpus import Codes, Corpus, load_split

COLUMNS = {
    "corpus": "string",
    "model": "string",  # the one in training
    "epoch": "float64",
    "other": "string",  # the trained model it is compared with
    "characters": "int64",
    "kl": "float64",  # mean of KL(p‖q) + KL(q‖p), nats
    "loss": "float64",  # of the model in training, nats per character
    "other_loss": "float64",
    "loss_difference": "float64",  # other_loss − loss: positive where the model in training leads
}

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
    found = model.distribution(pieces, n + 1, symbols=k)
    rows = torch.from_numpy(np.log(found).astype(np.float32)).to(device)
    shape = codes[:, 1:].shape
    return _Lookup(rows, torch.from_numpy(row.reshape(shape)).to(device))


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
    ours = [windows(m.shape, m.weights, codes, steps, device=where) for m in checkpoints]
    theirs = [windows(m.shape, m.weights, codes, steps, device=where) for m in trained.values()]
    kl = np.zeros((len(ours), len(theirs) + len(tables)))
    losses, other_losses = np.zeros(len(ours)), np.zeros(kl.shape[1])
    count = codes[:, 1:].size
    with progress(count, name, "char") as bar:
        for parts in zip(*ours, *theirs, strict=True):
            place, _, targets = parts[0]
            others = [log_q for _, log_q, _ in parts[len(ours) :]]
            others += [table.window(place) for table in tables]
            other_losses += [_loss(log_q, targets) for log_q in others]
            for i, (_, log_p, _) in enumerate(parts[: len(ours)]):
                losses[i] += _loss(log_p, targets)
                kl[i] += [float(symmetric_kl(log_p, log_q).sum()) for log_q in others]
            bar.update(targets.numel())
    return kl / count, losses / count, other_losses / count


def _loss(log_p: Tensor, targets: Tensor) -> float:
    return -float(log_p.gather(-1, targets.unsqueeze(-1)).sum(dtype=torch.float64))


def table(
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
        One row per checkpoint and baseline with the columns of :data:`COLUMNS`.

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


def read(path: FilePath) -> pd.DataFrame:
    """Read a table made by :func:`table`, written by :func:`charlens.files.csv_tables.write`.

    Raises:
        CharlensError: no such file, or not such a table.
    """
    return csv_tables.read(path, COLUMNS, "a table of training dynamics", "dynamics")


SUMMARY = {
    "corpus": "string",
    "model": "string",
    "other": "string",
    "kl_minimum": "float64",  # nats; NaN where it still falls at the last checkpoint
    "kl_minimum_epoch": "float64",
    "crossing_epoch": "float64",  # where the model in training overtakes; NaN if it does not
    "paper_kl_minimum": "float64",  # ± 0.1; NaN where the paper has none
    "paper_kl_minimum_epoch": "float64",
    "paper_crossing_epoch": "float64",
}
"""Columns of :func:`summary`. The paper's corpus and size of network are not stated."""


def summary(frame: pd.DataFrame) -> pd.DataFrame:
    """When a model in training is most like each other model, and when it overtakes it.

    A KL that is least at the last checkpoint has not turned: where it would have is not known.
    """
    rows = []
    for (corpus, model, other), part in frame.groupby(["corpus", "model", "other"], sort=False):
        nearest = part.loc[part["kl"].idxmin()]
        least = (nearest["kl"], nearest["epoch"])
        if nearest["epoch"] == part["epoch"].max():
            least = (float("nan"), float("nan"))
        ours = (*least, _crossing(part))
        theirs = [paper.dynamics(str(other), key) for key in _PAPER_KEYS]
        rows.append((corpus, model, other, *ours, *theirs))
    return pd.DataFrame(rows, columns=list(SUMMARY)).astype(SUMMARY)


_PAPER_KEYS = ("kl_minimum", "kl_minimum_epoch", "loss_crossing_epoch")


def _crossing(part: pd.DataFrame) -> float:
    """The epoch at which the loss difference turns positive, between checkpoints by a line."""
    epoch, lead = part["epoch"].to_numpy(), part["loss_difference"].to_numpy()
    behind = np.flatnonzero(lead <= 0)
    if len(behind) == 0:
        return float(epoch[0])
    last = behind[-1]
    if last == len(lead) - 1:
        return float("nan")
    share = -lead[last] / (lead[last + 1] - lead[last])
    return float(epoch[last] + share * (epoch[last + 1] - epoch[last]))


def markdown(frame: pd.DataFrame) -> str:
    """The summary as Markdown, the paper's numbers (for n-NNs) in brackets."""
    first = frame.iloc[0]
    text, model = texts.corpus_title(first["corpus"]), model_id.title(first["model"])
    rows = []
    for row in summary(frame).itertuples():
        pairs = (
            (row.kl_minimum, row.paper_kl_minimum),
            (row.kl_minimum_epoch, row.paper_kl_minimum_epoch),
            (row.crossing_epoch, row.paper_crossing_epoch),
        )
        cells = [_number(ours) + (f" ({x:.2f})" if x == x else "") for ours, x in pairs]
        rows.append([model_id.title(row.other), *cells])
    head = ["compared with", "least KL", "at epoch", "overtaken at epoch"]
    lines = [
        "# Training dynamics",
        "",
        f"## {text}: {model} in training, against trained models",
        "",
        "Symmetric KL in nats (mean of both directions' sum over the test split); in brackets the "
        "paper's, measured off its Figure 5 (± 0.1), whose corpus and network size are not stated.",
        "",
        *markdown_table(head, rows, "l"),
    ]
    return "\n".join(lines) + "\n"


def _number(value: float) -> str:
    return f"{value:.2f}" if value == value else "not yet"


def sentences(frame: pd.DataFrame) -> Iterator[str]:
    """When the model in training came nearest each other model, and which it overtook."""
    for (corpus, model), part in summary(frame).groupby(["corpus", "model"], sort=False):
        turned = part["kl_minimum_epoch"].notna()
        nearest = [
            f"{rst_model(r.other)} after {r.kl_minimum_epoch:.2f} epochs ({r.kl_minimum:.2f} nats)"
            for r in part[turned].itertuples()
        ]
        who, where = rst_model(model), rst_corpus(corpus)
        if nearest:
            yield f"{who} on {where} was nearest {listed(nearest)}."
        coming = [rst_model(other) for other in part.loc[~turned, "other"]]
        if coming:
            yield f"At the last checkpoint {who} on {where} was still nearing {listed(coming)}."
        yield from _overtaken(part)


def _overtaken(part: pd.DataFrame) -> Iterator[str]:
    overtaken = part[part["crossing_epoch"].notna()]
    names = [f"{rst_model(r.other)} at {r.crossing_epoch:.2f}" for r in overtaken.itertuples()]
    yield f"It overtook {listed(names) if names else 'none of them'}."
