"""Saturated gates: the fractions are those of a dump counted again."""

import numpy as np
import pandas as pd
import pytest
import torch
from charlens.errors import CharlensError
from charlens.inside.gates import table as saturation
from charlens.inside.gates.measure import measure
from charlens.inside.store import activations
from charlens.models.recurrent.cells import CELLS
from charlens.models.trained import load_trained
from charlens.text.corpus import Corpus, load_split
from scripts_alone import run_script
from test_activations import dump, made

TITLES = {"lstm": ["forget", "input", "output"], "gru": ["update", "reset"]}


def saturated(paths, steps=8):
    corpus = Corpus.load(paths["corpus"])
    trained = load_trained(paths["model"], corpus)
    return measure(trained, corpus.name, load_split(paths["test"]), steps, "cpu")


@pytest.mark.parametrize(("cell", "letters"), [("lstm", "fio"), ("gru", "zr")])
def test_equal_to_a_recount_of_the_dump(tmp_path, cell, letters):
    paths = made(tmp_path, cell, layers=2, width=12, batch=5, length=48, model=f"{cell}-2x12")
    # As wild as a trained model: gates anywhere from 0 to 1, some within float16 of 0.1 and 0.9.
    weights = {n: 3 * v for n, v in load_trained(paths["model"], _corpus(paths)).weights.items()}
    paths = made(tmp_path, cell, layers=2, width=12, batch=5, length=48, model=f"{cell}-2x12",
                 weights=weights)  # fmt: skip
    table = saturated(paths)
    folder = dump(paths, tmp_path / "dump")
    assert list(table.columns) == list(saturation.COLUMNS)
    assert len(table) == len(letters) * 2 * 12
    assert list(dict.fromkeys(table["gate"])) == list(letters)
    assert list(dict.fromkeys(table["title"])) == TITLES[cell]
    assert set(table["characters"]) == {240}
    for row in table.itertuples():
        gate = activations(folder, row.layer, row.gate, [row.unit])[:, 0].astype(np.float32)
        assert row.left == np.count_nonzero(gate < 0.1) / 240
        assert row.right == np.count_nonzero(gate > 0.9) / 240
    assert table["left"].gt(0).any()
    assert table["right"].gt(0).any()
    assert (table["left"] + table["right"]).max() < 1


def _corpus(paths):
    return Corpus.load(paths["corpus"])


def test_the_window_does_not_matter(tmp_path):
    paths = made(tmp_path, layers=2)
    pd.testing.assert_frame_equal(saturated(paths, 8), saturated(paths, 24))


def test_gates_set_by_hand(tmp_path):
    """Biases alone: a gate at σ(±3) is saturated always, one at σ(±2) (0.88) never."""
    n, logits = 4, {"f": [3.0, -3.0, 2.0, -2.0], "i": [0.0, 3.0, 0.0, 0.0], "o": [-3.0, 0, 0, 0]}
    zeros = {name: 0 * v for name, v in _weights(tmp_path).items()}
    zeros["bias.0"] = torch.tensor([[*logits["o"], *logits["i"], *logits["f"], *[0.0] * n]])
    table = saturated(made(tmp_path, width=n, weights=zeros)).set_index(["gate", "unit"])
    assert list(table.loc["f", "left"]) == [0, 1, 0, 0]
    assert list(table.loc["f", "right"]) == [1, 0, 0, 0]
    assert list(table.loc["i", "right"]) == [0, 1, 0, 0]
    assert list(table.loc["o", "left"]) == [1, 0, 0, 0]
    assert table["left"].sum() == 2


def _weights(folder):
    paths = made(folder, width=4)
    return load_trained(paths["model"], _corpus(paths)).weights


def test_files(tmp_path, monkeypatch):
    tables, files = [], {}
    for cell in CELLS:  # an RNN has no gates
        paths = made(tmp_path / cell, cell, model=f"{cell}-1x3")
        inputs = {name: paths[name] for name in ("corpus", "test", "model")}
        given, output = {"unroll": 8, "device": "cpu"}, {"csv": f"{cell}.csv"}
        written = run_script(tmp_path, monkeypatch, "saturation", inputs, output, **given)
        files[cell] = written["csv"]
        tables.append(saturated(paths))
    shares = pd.concat([saturation.read(path) for path in files.values()], ignore_index=True)
    assert list(shares.columns) == list(saturation.COLUMNS)
    assert list(dict.fromkeys(shares["model"])) == ["lstm-1x3", "gru-1x3"]
    expected = pd.concat([table for table in tables if len(table)], ignore_index=True)
    np.testing.assert_allclose(shares[["left", "right"]], expected[["left", "right"]], rtol=1e-8)
    assert len(saturation.read(files["rnn"])) == 0


def test_broken_files(tmp_path):
    path = tmp_path / "s.csv"
    with pytest.raises(CharlensError, match=r"s\.csv: no such file; run the rule saturation"):
        saturation.read(path)
    header = ",".join(saturation.COLUMNS)
    for text in ("", "gate\nf\n", f"{header}\n1,2\n", f"{header}\na,m,f,forget,one,0,9,0,0\n"):
        path.write_text(text)
        with pytest.raises(CharlensError, match=r"s\.csv: ") as caught:
            saturation.read(path)
        assert "\n" not in str(caught.value)
