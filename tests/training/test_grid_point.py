"""From files to files: training a model id, choosing among widths, scoring the test split."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from charlens.errors import CharlensError
from charlens.files.checkpoint import load_checkpoint
from charlens.predictions.file import read_metadata, read_probabilities
from charlens.predictions.score import score_model
from charlens.text.corpus import prepare, save_split
from charlens.text.splits import SPLITS
from charlens.training.grid_point import train_grid_point, write_curve
from charlens.training.settings import Training

TEXT = b"".join(b"%d is before %d;\n" % (n, n + 1) for n in range(260))
TRAINING = {"epochs": 2, "batch": 4, "unroll": 10, "device": "cpu", "learning_rate": 0.01}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    corpus, splits = prepare(TEXT, "toy", "a test", "streams", 4, 10, 0.8, 0.1)
    corpus.save(tmp_path / "corpus.json")
    for split in SPLITS:
        save_split(tmp_path / f"{split}.npy", splits[split])
    return tmp_path


def train(folder: Path, model: str, widths=(), name="model", early=(), **settings) -> dict:
    outputs = {
        "model": folder / f"{name}.safetensors",
        "curve": folder / f"{name}.curve.parquet",
        "checkpoints": [folder / f"{name}.{epoch}.safetensors" for epoch in early],
    }
    inputs = {"corpus": folder / "corpus.json"}
    inputs |= {part: folder / f"{part}.npy" for part in ("train", "val")}
    training = Training(**TRAINING | settings)
    train_grid_point(inputs, outputs, model, training, 3, folder / "resume", "code", widths, early)
    return outputs


def score(folder: Path, model: Path) -> Path:
    output = folder / "probabilities.parquet"
    inputs = {"corpus": folder / "corpus.json", "test": folder / "test.npy", "model": model}
    score_model(inputs, output, 10, "cpu")
    return output


@pytest.mark.parametrize(("model", "widths"), [("gru-2x6", ()), ("n-nn-3", (4, 9))])
def test_a_model_ends_in_its_files(folder, model, widths, caplog):
    caplog.set_level(logging.INFO, "charlens")
    outputs = train(folder, model, widths)
    assert not (folder / "resume").exists()
    _, metadata = load_checkpoint(outputs["model"])
    curve = pd.read_parquet(outputs["curve"])
    assert metadata["val_loss"] == curve["val_loss"].min()
    assert f"{metadata['val_loss']:.3f} nats per byte (validation)" in caplog.text
    best = curve.loc[curve["val_loss"].idxmin()]
    assert (metadata["width"], metadata["epoch"]) == (best["width"], best["epoch"])
    path = score(folder, outputs["model"])
    columns, provenance = read_probabilities(path), read_metadata(path)
    test = np.load(folder / "test.npy")
    assert len(columns["position"]) == test[:, 1:].size
    assert columns["byte"].tolist() == [sorted(set(TEXT))[code] for code in test[:, 1:].ravel()]
    assert provenance.model == model
    assert provenance.parameters == metadata["parameters"]
    assert -np.log(columns["probability"]).mean() < np.log(len(set(TEXT)))


def test_two_runs_give_equal_bytes(folder):
    settings = {"dropout": (0.0, 0.3), "early": (0.01, 0.5, 2.0)}
    first = train(folder, "lstm-1x6", name="first", **settings)
    second = train(folder, "lstm-1x6", name="second", **settings)
    pairs = [(first["model"], second["model"]), (first["curve"], second["curve"])]
    pairs += zip(first["checkpoints"], second["checkpoints"], strict=True)
    for one, two in pairs:
        assert one.read_bytes() == two.read_bytes()


def test_a_curve_read_back_from_a_checkpoint_gives_equal_bytes(tmp_path):
    """Checkpoints sort the keys of their JSON; a killed job's curve must not show it."""
    names = ("width", "epoch", "dropout", "train_loss", "val_loss", "learning_rate")
    record = {name: i + 0.5 for i, name in enumerate(names)}
    paths = [tmp_path / name for name in ("straight", "resumed")]
    write_curve(paths[0], [record, record])
    write_curve(paths[1], [dict(sorted(record.items())), record])
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert list(pd.read_parquet(paths[1]).columns) == list(names)


@pytest.mark.parametrize(("model", "widths"), [("rnn-1x6", ()), ("n-nn-2", (5,))])
def test_a_training_that_diverged_says_so(folder, model, widths, capsys):
    train(folder, model, widths)
    assert "diverged" not in capsys.readouterr().err
    outputs = train(folder, model, widths, learning_rate=10.0)
    k = len(set(TEXT))
    loss = load_checkpoint(outputs["model"])[1]["val_loss"]
    assert loss > np.log(k)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"note: toy/{model}: its training diverged: the best validation loss")
    assert f"a uniform guess among {k} symbols" in line
    assert "lower training.learning_rate or training.clip" in line


def test_clear_errors(folder):
    with pytest.raises(CharlensError, match="names no model"):
        train(folder, "transformer-1x8")
    with pytest.raises(CharlensError, match=r"figure5\.dynamics.*before epoch 900"):
        train(folder, "rnn-1x6", epochs=999, patience=1, learning_rate=0.5, early=(900,))
    outputs = train(folder, "rnn-1x6")
    other, _ = prepare(TEXT[:-1], "toy", "a test", "streams", 4, 10, 0.8, 0.1)
    other.save(folder / "corpus.json")
    with pytest.raises(CharlensError, match="trained on another corpus"):
        score(folder, outputs["model"])
