"""Training one grid point, from files to files."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from charlens import __version__
from charlens.errors import CharlensError
from charlens.files.atomic import FilePath, atomic_path
from charlens.files.checkpoint import save_checkpoint
from charlens.models.divergence import warning
from charlens.models.families import family_of, shapes_for
from charlens.models.parameters import Architecture, parameter_count
from charlens.runtime.progress import announce, result
from charlens.text.corpus import Corpus, load_split
from charlens.training.settings import Training
from charlens.training.task import Keep, Task
from charlens.training.trained import Trained
from charlens.training.trainer import Trainer

log = logging.getLogger("charlens")


def train_grid_point(
    inputs: Mapping[str, FilePath],
    outputs: Mapping[str, Any],
    model: str,
    training: Training,
    seed: int,
    resume: FilePath,
    code: str = "",
    widths: Sequence[int] = (),
    early: Sequence[float] = (),
) -> None:
    """Train one model and write its weights, learning curve and early checkpoints.

    Args:
        inputs: paths ``corpus`` (corpus.json), ``train`` and ``val`` (.npy).
        outputs: paths ``model``, ``curve`` and the list ``checkpoints``, one for each of
            ``early`` in order.
        model: model id.
        training: the config's training section.
        seed: the config's seed.
        resume: folder of the resume state, removed once everything is written.
        code: fingerprint of the library; a resume state of another one is not continued.
        widths: numbers of hidden units among which validation chooses, for n-NNs.
        early: epochs, such as 0.125, after which the weights are kept; each is rounded to whole
            iterations, one at least.

    Raises:
        CharlensError: a damaged input, a loss that is not a number, a full disk.
    """
    corpus = Corpus.load(inputs["corpus"])
    train, val = (load_split(inputs[part]) for part in ("train", "val"))
    windows = (train.shape[1] - 1) // training.unroll
    iterations = [max(1, round(epoch * windows)) for epoch in early]
    runs: list[tuple[Architecture, Trained]] = []
    for shape in shapes_for(model, corpus.k, widths):
        log.info("%s: width %d, %d parameters", model, shape.width, parameter_count(shape))
        task = Task(f"{corpus.name}/{model}", shape, training, seed)
        keep = Keep(Path(resume, str(shape.width)), code, tuple(iterations))
        runs.append((shape, Trainer(task, train, val, keep).run()))
    shape, trained = min(runs, key=lambda run: run[1].val_loss)
    metadata = metadata_of(corpus, model, shape, trained, training, seed)
    save_checkpoint(outputs["model"], trained.weights, metadata)
    for path, epoch, iteration in zip(
        outputs.get("checkpoints", ()), early, iterations, strict=True
    ):
        if iteration not in trained.early:
            raise CharlensError(
                f"figure5.dynamics: {model} on {corpus.name} stopped (training.patience) before "
                f"epoch {epoch:g}; watch fewer epochs or wait longer"
            )
        save_checkpoint(path, trained.early[iteration], metadata | {"iteration": iteration})
    write_curve(outputs["curve"], [{"width": s.width} | r for s, t in runs for r in t.curve])
    shutil.rmtree(resume, ignore_errors=True)
    best = (shape.width, trained.dropout, trained.epoch)
    log.info("%s: best in validation: width %d, dropout %g, epoch %d", model, *best)
    useless = warning(f"{corpus.name}/{model}", trained.val_loss, corpus.k)
    if useless:
        announce(f"note: {useless}")
    worse = ", worse than a uniform guess" * bool(useless)
    result(f"{trained.val_loss:.3f} nats per byte (validation){worse}")


def metadata_of(
    corpus: Corpus, model: str, shape: Architecture, trained: Trained, training: Training, seed: int
) -> dict[str, Any]:
    """What a model file says of a trained model, JSON-able.

    Args:
        corpus: that it was trained on.
        model: its id.
        shape: its architecture, of the width that validation chose.
        trained: the best candidate.
        training: the config's training section.
        seed: the config's seed.
    """
    # With mixed only: what that means depends on the processor.
    mixed = {"arithmetic": trained.arithmetic} if training.precision == "mixed" else {}
    return {
        "model": model,
        "corpus": corpus.name,
        "corpus_sha256": corpus.sha256,
        "family": family_of(shape),
        **asdict(shape),
        "parameters": parameter_count(shape),
        "dropout": trained.dropout,
        "val_loss": trained.val_loss,
        "epoch": trained.epoch,
        "seed": seed,
        "training": training.model_dump(mode="json"),
        "code_version": __version__,
        **mixed,
    }


def write_curve(path: FilePath, curve: list[dict[str, float]]) -> None:
    """Write learning curves to Parquet, one row per candidate and epoch.

    Columns: width (hidden units per layer), epoch, dropout, train_loss and val_loss (nats per
    character), learning_rate.
    """
    # A resumed run has read its earlier records from JSON, in another order.
    names = ["width", "epoch", "dropout", "train_loss", "val_loss", "learning_rate"]
    table = pa.Table.from_pylist(curve).select(names)
    with atomic_path(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")
