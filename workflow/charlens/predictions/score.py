"""Predictions of a trained network at every character of the test split."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from charlens.files.atomic import FilePath
from charlens.models.parameters import Architecture
from charlens.models.running import windows
from charlens.models.trained import TrainedModel, load_trained
from charlens.predictions.file import ProbabilityMetadata, write_probabilities
from charlens.runtime.device import choose_device
from charlens.runtime.progress import progress
from charlens.text.corpus import Corpus, load_split

_FLOATS = ("probability", "entropy", "top_probability")


def predictions(
    shape: Architecture,
    weights: dict[str, Tensor],
    codes: np.ndarray,
    vocabulary: np.ndarray,
    steps: int,
    *,
    device: torch.device | str = "cpu",
    name: str = "model",
) -> dict[str, np.ndarray]:
    """The columns of the probabilities file, rows in the order of the split's targets.

    Args:
        shape: the architecture.
        weights: true-shape weights, each (1, ...).
        codes: vocabulary codes, uint8 (B, length + 1).
        vocabulary: byte value of every code, uint8 (k,).
        steps: window length; must divide length.
        device: where to run.
        name: shown beside the progress bar.

    Returns:
        ``position, stream, byte, probability, entropy (nats), top_byte, top_probability``, each
        of length B·length.
    """
    batch, length = codes.shape[0], codes.shape[1] - 1
    scalar = {c: np.empty((batch, length), np.float32) for c in _FLOATS}
    top = np.empty((batch, length), np.uint8)
    with progress(batch * length, name, "bytes") as bar:
        for place, logp, targets in windows(shape, weights, codes, steps, device=device):
            p = logp.exp()
            best, index = p.max(-1)
            columns = (
                p.gather(-1, targets.unsqueeze(-1)).squeeze(-1),
                torch.special.entr(p).sum(-1),
                best,
            )
            for column, values in zip(_FLOATS, columns, strict=True):
                scalar[column][:, place] = values.cpu().numpy().T
            top[:, place] = vocabulary[index.cpu().numpy().T]
            bar.update(targets.numel())
    return {
        "position": np.arange(batch * length, dtype=np.int32),
        "stream": np.repeat(np.arange(batch, dtype=np.int16), length),
        "byte": vocabulary[codes[:, 1:]].reshape(-1),
        **{column: values.reshape(-1) for column, values in scalar.items()},
        "top_byte": top.reshape(-1),
    }


def score_model(inputs: Mapping[str, FilePath], output: FilePath, steps: int, device: str) -> None:
    """Run a trained model over its test split and write its probabilities file.

    Args:
        inputs: paths ``corpus`` (corpus.json), ``test`` (.npy) and ``model`` (.safetensors).
        output: the probabilities file to write.
        steps: window length; divides the stream length.
        device: auto, cpu or cuda.

    Raises:
        CharlensError: a damaged input, or a model of another corpus.
    """
    corpus = Corpus.load(inputs["corpus"])
    trained = load_trained(inputs["model"], corpus)
    columns = predictions(
        trained.shape,
        trained.weights,
        load_split(inputs["test"]),
        np.array(corpus.vocabulary, np.uint8),
        steps,
        device=choose_device(device),
        name=f"{corpus.name}/{trained.model}",
    )
    write_probabilities(output, columns, provenance(trained, corpus))


def provenance(trained: TrainedModel, corpus: Corpus) -> ProbabilityMetadata:
    """What a probabilities file says of a trained model and of the corpus that it scored."""
    return ProbabilityMetadata(
        corpus_sha256=corpus.sha256,
        model=trained.model,
        corpus=corpus.name,
        seed=trained.metadata["seed"],
        config=trained.provenance,
        code_version=trained.metadata["code_version"],
        parameters=trained.metadata["parameters"],
    )
