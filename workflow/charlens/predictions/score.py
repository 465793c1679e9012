"""Scoring the test split with a trained model, from files to files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from charlens.errors import CharlensError
from charlens.files.atomic import FilePath
from charlens.files.checkpoint import load_checkpoint
from charlens.models.families import shape_of
from charlens.models.parameters import Architecture
from charlens.models.running import predictions
from charlens.predictions.file import ProbabilityMetadata, write_probabilities
from charlens.runtime.device import choose_device
from charlens.text.corpus import Corpus, load_split


@dataclass(frozen=True)
class TrainedModel:
    """A trained model read from its file.

    Attributes:
        model: its id.
        shape: its architecture.
        weights: true shapes, each (1, ...).
        metadata: all that the file says of itself.
    """

    model: str
    shape: Architecture
    weights: dict[str, Tensor]
    metadata: dict[str, Any]

    @property
    def provenance(self) -> dict[str, Any]:
        """How it was trained, for the files made from it."""
        return {key: self.metadata[key] for key in ("dropout", "val_loss", "epoch", "training")}


def load_trained(path: FilePath, corpus: Corpus) -> TrainedModel:
    """Read a model and check that it was trained on a corpus.

    Raises:
        CharlensError: a damaged file, or a model of another corpus.
    """
    weights, metadata = load_checkpoint(path)
    if metadata["corpus_sha256"] != corpus.sha256:
        raise CharlensError(
            f"{path}: trained on another corpus (sha256 {metadata['corpus_sha256'][:12]}…, "
            f"{corpus.name} has {corpus.sha256[:12]}…); delete the model and run again to train "
            "it anew"
        )
    return TrainedModel(metadata["model"], shape_of(metadata), weights, metadata)


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
    provenance = ProbabilityMetadata(
        corpus_sha256=corpus.sha256,
        model=trained.model,
        corpus=corpus.name,
        seed=trained.metadata["seed"],
        config=trained.provenance,
        code_version=trained.metadata["code_version"],
        parameters=trained.metadata["parameters"],
    )
    write_probabilities(output, columns, provenance)
