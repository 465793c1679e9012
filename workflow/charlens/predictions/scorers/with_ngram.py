"""A network and an n-gram model, mixed by a gate (``lstm-2x64+ngram``).

What the n-gram model knows and the network does not is in the mixture by construction; what is left
of the network's errors is not for want of n-grams (compare the paper, section 4.4).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from charlens.files.atomic import FilePath
from charlens.models.catalogue import WITH_NGRAM
from charlens.models.names import scored_id
from charlens.models.ngram.model import NgramModel
from charlens.models.running import windows
from charlens.models.trained import TrainedModel, load_trained
from charlens.predictions.file import write_probabilities
from charlens.predictions.score import predictions, provenance
from charlens.predictions.score_ngram import fitted_on
from charlens.predictions.scorers.gate import Gate, fit_gate
from charlens.runtime.device import choose_device
from charlens.runtime.progress import progress, result
from charlens.text.corpus import Codes, Corpus, load_split

_log = logging.getLogger("charlens")


def score_with_ngram(
    inputs: Mapping[str, FilePath], output: FilePath, order: int, steps: int, device: str
) -> None:
    """Fit the gate on the validation split and write the mixture's predictions of the test split.

    Args:
        inputs: paths ``corpus`` (corpus.json), ``val`` and ``test`` (.npy), ``model`` and
            ``n_gram`` (.safetensors).
        output: the probabilities file to write.
        order: of the n-gram model: characters of context and one.
        steps: window length; divides the streams' lengths.
        device: auto, cpu or cuda.

    Raises:
        CharlensError: a damaged input, or a model of another corpus.
    """
    corpus = Corpus.load(inputs["corpus"])
    trained = load_trained(inputs["model"], corpus)
    n_gram = fitted_on(corpus, inputs["n_gram"])
    where = choose_device(device)
    gate = fitted_gate(trained, n_gram, order, load_split(inputs["val"]), corpus, steps, where)
    columns = mixed(trained, n_gram, order, gate, load_split(inputs["test"]), corpus, steps, where)
    made = provenance(trained, corpus)
    name = scored_id(trained.model, WITH_NGRAM)
    config = {"network": made.config, "order": order}
    config |= {"edges": gate.edges.tolist(), "weights": gate.weights.tolist()}
    write_probabilities(output, columns, replace(made, model=name, config=config))
    loss = -np.log(columns["probability"].astype(np.float64)).mean()
    result(f"{loss:.3f} nats (test, {name})")


def fitted_gate(
    trained: TrainedModel,
    n_gram: NgramModel,
    order: int,
    codes: Codes,
    corpus: Corpus,
    steps: int,
    device: torch.device,
) -> Gate:
    """The gate of the least loss on a split; arguments as of :func:`mixed`."""
    vocabulary = np.array(corpus.vocabulary, np.uint8)
    name = f"{corpus.name}/{trained.model} validation"
    alone = predictions(
        trained.shape, trained.weights, codes, vocabulary, steps, device=device, name=name
    )
    other = n_gram.predictions(codes[:, 1:].ravel(), [order], symbols=corpus.k)[order]
    gate = fit_gate(alone["probability"], other.probability, alone["entropy"], other.entropy)
    low, high = gate.weights.min(), gate.weights.max()
    _log.info("%s: the network's share is %.2f to %.2f", name, low, high)
    return gate


def mixed(
    trained: TrainedModel,
    n_gram: NgramModel,
    order: int,
    gate: Gate,
    codes: Codes,
    corpus: Corpus,
    steps: int,
    device: torch.device,
) -> dict[str, np.ndarray]:
    """The columns of the mixture's probabilities file, rows in the order of the split's targets.

    Args:
        trained: the network.
        n_gram: the n-gram models.
        order: which of them.
        gate: between the two.
        codes: vocabulary codes of the split, uint8 (B, length + 1).
        corpus: theirs.
        steps: window length; divides length.
        device: where the network runs.
    """
    batch, length = codes.shape[0], codes.shape[1] - 1
    targets = codes[:, 1:].ravel()
    vocabulary = np.array(corpus.vocabulary, np.uint8)
    columns: dict[str, Any] = {
        "position": np.arange(batch * length, dtype=np.int32),
        "stream": np.repeat(np.arange(batch, dtype=np.int16), length),
        "byte": vocabulary[targets],
        **{name: np.empty(batch * length, np.float32) for name in _FLOATS},
        "top_byte": np.empty(batch * length, np.uint8),
    }
    name = f"{corpus.name}/{trained.model}+{WITH_NGRAM}"
    with progress(batch * length, name, "char") as bar:
        parts = windows(trained.shape, trained.weights, codes, steps, device=device)
        for place, logs, _ in parts:
            p = logs.exp().transpose(0, 1).flatten(0, 1).cpu().numpy().astype(np.float64)
            at = (np.arange(batch)[:, None] * length + np.arange(length)[place]).ravel()
            # As in the n-gram models' own files, contexts reach back over the joined streams.
            contexts = [targets[max(0, i - order + 1) : i] for i in at.tolist()]
            q = n_gram.distribution(contexts, order, corpus.k)
            _fill(columns, at, _mixture(gate, p, q), targets[at], vocabulary)
            bar.update(len(at))
    return columns


_FLOATS = ("probability", "entropy", "top_probability")


def _mixture(gate: Gate, p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """The mixture of two models' distributions, each float64 (rows, K)."""
    share = gate(_entropy(p), _entropy(q))[:, None]
    return share * p + (1 - share) * q


def _entropy(p: np.ndarray) -> np.ndarray:
    """Entropies of distributions (rows, K), nats."""
    return -(p * np.log(np.where(p > 0, p, 1))).sum(-1)


def _fill(
    columns: dict[str, np.ndarray],
    at: np.ndarray,
    p: np.ndarray,
    targets: np.ndarray,
    vocabulary: np.ndarray,
) -> None:
    """Write the rows ``at`` of all columns from their distributions (rows, K)."""
    columns["probability"][at] = p[np.arange(len(at)), targets]
    columns["entropy"][at] = _entropy(p)
    top = p.argmax(-1)
    columns["top_probability"][at] = p[np.arange(len(at)), top]
    columns["top_byte"][at] = vocabulary[top]
