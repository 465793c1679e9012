"""A disk that is full, for real: one clear line for whatever is written, and the old file stays."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from charlens.display import style
from charlens.errors import CharlensError
from charlens.files import csv_tables, parquet_tables
from charlens.files.checkpoint import load_checkpoint, save_checkpoint
from charlens.models.ngram.file import save_ngram
from charlens.models.ngram.model import NgramModel
from charlens.predictions.file import ProbabilityMetadata, write_probabilities
from charlens.training.grid_point import write_curve
from probability_files import random_columns, sha256

RANDOM = np.random.default_rng(0)
MANY = 100_000


def checkpoint(path):
    save_checkpoint(path, {"w": torch.rand(MANY)}, {"model": "large"})


def probabilities(path):
    write_probabilities(path, random_columns(MANY), ProbabilityMetadata(sha256("c"), "m", "c"))


def n_gram(path):
    save_ngram(path, NgramModel.fit(RANDOM.integers(0, 50, MANY).astype(np.uint8), 3))


def curve(path):
    names = ("width", "epoch", "dropout", "train_loss", "val_loss", "learning_rate")
    rows = RANDOM.random((MANY, len(names))).tolist()
    write_curve(path, [dict(zip(names, row, strict=True)) for row in rows])


def table(path):
    csv_tables.write(pd.DataFrame({"x": RANDOM.random(MANY)}), path)


def ranking(path):
    parquet_tables.write(pd.DataFrame({"x": RANDOM.random(MANY)}), path)


def figure(path):
    drawn = style.new_figure(5, 5)
    drawn.figimage(RANDOM.random((1500, 1500)))
    style.save(drawn, path.with_suffix(".pdf"), path)


WRITERS = [checkpoint, probabilities, n_gram, curve, table, ranking, figure]
SUFFIX = {checkpoint: "safetensors", n_gram: "safetensors", table: "csv", figure: "png"}


@pytest.mark.parametrize("write", WRITERS, ids=lambda write: write.__name__)
def test_one_clear_line_and_nothing_lost(megabyte, write):
    path = megabyte / f"file.{SUFFIX.get(write, 'parquet')}"
    path.write_text("what was there before")
    (megabyte / "other").write_bytes(bytes(700_000))
    with pytest.raises(CharlensError, match=r"disk is full.*free some space") as error:
        write(path)
    assert str(error.value).startswith(str(path.with_suffix("")))
    assert "\n" not in str(error.value)
    assert path.read_text() == "what was there before"
    assert sorted(p.name for p in megabyte.iterdir()) == sorted([path.name, "other"])


def test_the_last_good_checkpoint_survives_a_full_disk(megabyte):
    path = megabyte / "state.safetensors"
    save_checkpoint(path, {"w": torch.arange(5.0)}, {"epoch": 3})
    with pytest.raises(CharlensError, match="disk is full"):
        save_checkpoint(path, {"w": torch.rand(MANY * 5)}, {})
    tensors, metadata = load_checkpoint(path)
    assert tensors["w"].tolist() == [0, 1, 2, 3, 4]
    assert metadata["epoch"] == 3
