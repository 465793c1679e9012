"""Scoring the test split with a trained model, from files to files."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike

import numpy as np

from charlens.checkpoint import load_checkpoint
from charlens.corpus import Corpus, load_split
from charlens.device import choose_device
from charlens.errors import CharlensError
from charlens.families import shape_of
from charlens.predict import predictions
from charlens.probabilities import ProbabilityMetadata, write_probabilities

FilePath = str | PathLike[str]


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
    weights, metadata = load_checkpoint(inputs["model"])
    if metadata["corpus_sha256"] != corpus.sha256:
        raise CharlensError(
            f"{inputs['model']}: trained on another corpus (sha256 "
            f"{metadata['corpus_sha256'][:12]}…, {inputs['corpus']} has {corpus.sha256[:12]}…); "
            "delete the model and run again to train it anew"
        )
    columns = predictions(
        shape_of(metadata),
        weights,
        load_split(inputs["test"]),
        np.array(corpus.vocabulary, np.uint8),
        steps,
        device=choose_device(device),
        name=f"{corpus.name}/{metadata['model']}",
    )
    kept = ("dropout", "val_loss", "epoch", "training")
    provenance = ProbabilityMetadata(
        corpus_sha256=corpus.sha256,
        model=metadata["model"],
        corpus=corpus.name,
        seed=metadata["seed"],
        config={key: metadata[key] for key in kept},
        code_version=metadata["code_version"],
        parameters=metadata["parameters"],
    )
    write_probabilities(output, columns, provenance)
