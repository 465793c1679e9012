"""Training one grid point, from files to files."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from charlens import __version__
from charlens.checkpoint import save_checkpoint
from charlens.config import Training
from charlens.corpus import Corpus, load_split
from charlens.errors import CharlensError
from charlens.families import family_of, shape_for
from charlens.files import atomic_path
from charlens.parameters import Architecture, Layout
from charlens.train import Trained, Trainer

log = logging.getLogger("charlens")

FilePath = str | PathLike[str]


def make_trainer(
    corpus: Corpus,
    splits: Mapping[str, np.ndarray],
    model: str,
    training: Training,
    seed: int,
    resume: Path | None = None,
    code: str = "",
) -> Trainer:
    """The trainer of one grid point; ``code`` names the version of the library it runs."""
    shape = shape_for(model, corpus.k)
    log.info("%s: width %d, %d parameters", model, shape.width, Layout(shape).total)
    return Trainer(
        f"{corpus.name}/{model}",
        shape,
        training,
        seed,
        splits["train"],
        splits["val"],
        resume,
        code=code,
    )


def train_grid_point(
    inputs: Mapping[str, FilePath],
    outputs: Mapping[str, Any],
    model: str,
    training: Training,
    seed: int,
    resume: FilePath,
    code: str = "",
) -> None:
    """Train one model and write its weights, learning curve and early checkpoints.

    Args:
        inputs: paths ``corpus`` (corpus.json), ``train`` and ``val`` (.npy).
        outputs: paths ``model``, ``curve`` and the list ``checkpoints``, one per configured
            iteration in order.
        model: model id.
        training: the config's training section.
        seed: the config's seed.
        resume: folder of the resume state, removed once everything is written.
        code: fingerprint of the library; a resume state of another one is not continued.

    Raises:
        CharlensError: a damaged input, a loss that is not a number, a full disk.
    """
    corpus = Corpus.load(inputs["corpus"])
    splits = {part: load_split(inputs[part]) for part in ("train", "val")}
    trainer = make_trainer(corpus, splits, model, training, seed, Path(resume), code)
    trained = trainer.run()
    metadata = _metadata(corpus, model, trainer.model.shape, trained, training, seed)
    save_checkpoint(outputs["model"], trained.weights, metadata)
    _write_early(outputs.get("checkpoints", ()), trained, training, metadata)
    write_curve(outputs["curve"], trained.curve)
    shutil.rmtree(resume, ignore_errors=True)
    log.info(
        "%s: best validation cross-entropy %.4f nats/char in epoch %d, dropout %g",
        model,
        trained.val_loss,
        trained.epoch,
        trained.dropout,
    )


def _metadata(
    corpus: Corpus, model: str, shape: Architecture, trained: Trained, training: Training, seed: int
) -> dict[str, Any]:
    return {
        "model": model,
        "corpus": corpus.name,
        "corpus_sha256": corpus.sha256,
        "family": family_of(shape),
        **asdict(shape),
        "parameters": Layout(shape).total,
        "dropout": trained.dropout,
        "val_loss": trained.val_loss,
        "epoch": trained.epoch,
        "seed": seed,
        "training": training.model_dump(mode="json"),
        "code_version": __version__,
    }


def _write_early(
    paths: list[FilePath], trained: Trained, training: Training, metadata: dict[str, Any]
) -> None:
    for path, iteration in zip(paths, training.checkpoint_iterations, strict=True):
        if iteration not in trained.early:
            raise CharlensError(
                f"training.checkpoint_iterations: {iteration} is beyond the last iteration of "
                f"{metadata['model']} on {metadata['corpus']}; remove it or train for more epochs"
            )
        save_checkpoint(path, trained.early[iteration], metadata | {"iteration": iteration})


def write_curve(path: FilePath, curve: list[dict[str, float]]) -> None:
    """Write learning curves to Parquet, one row per epoch and dropout candidate.

    Columns: epoch, dropout, train_loss and val_loss (nats per character), learning_rate.
    """
    table = pa.Table.from_pylist(curve)
    with atomic_path(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")
