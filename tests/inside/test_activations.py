"""Dumped activations equal the paper's equations, however rows and groups are cut."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from charlens.errors import CharlensError
from charlens.files.checkpoint import load_checkpoint, save_checkpoint
from charlens.inside import dump as dumping
from charlens.inside import store
from charlens.inside.dump import dump_activations
from charlens.inside.store import activations, file_path, read_metadata
from charlens.models.families import family_of, shape_of
from charlens.models.n_nn import Context
from charlens.models.parameters import Layout, Shape, uniform_weights
from charlens.models.recurrent.cells import CELLS
from charlens.predictions.file import read_probabilities
from charlens.predictions.score import score_model
from charlens.text.corpus import Corpus, prepare, save_split
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_recurrence import run
from scripts_alone import run_script

ROOT = Path(__file__).parents[2]
LETTERS = {"lstm": "hcoifg", "gru": "hrzn", "rnn": "h"}


def made(folder, cell="lstm", layers=1, width=3, *, batch=4, length=24, steps=8, weights=None,
         data=None, model="lstm-1x3"):  # fmt: skip
    """A corpus whose test split has ``batch`` streams of ``length``, and an untrained model."""
    blocks = 2 + length // steps
    if data is None:
        random = np.random.default_rng(1)
        data = random.choice(np.frombuffer(b"abc \n", np.uint8), batch * blocks * steps).tobytes()
    share = 1 / blocks + 1e-9  # one block each to train and val
    corpus, splits = prepare(data, "text", "test", "streams", batch, steps, share, share)
    assert splits["test"].shape == (batch, length + 1)
    paths = {name: folder / f"{name}.npy" for name in splits} | {"corpus": folder / "corpus.json"}
    corpus.save(paths["corpus"])
    for name, rows in splits.items():
        save_split(paths[name], rows)
    shape = Context(2, width, corpus.k) if cell == "n-nn" else Shape(cell, layers, width, corpus.k)
    if weights is None:
        weights = uniform_weights(Layout(shape), torch.Generator().manual_seed(7), 1.0)
    paths["model"] = folder / "model.safetensors"
    facts = {"model": model, "corpus_sha256": corpus.sha256, "family": family_of(shape)}
    facts |= {name: getattr(shape, name) for name in shape.__dataclass_fields__}
    facts |= {"parameters": 1, "dropout": 0.0, "val_loss": 1.5, "epoch": 2, "seed": 1}
    save_checkpoint(paths["model"], weights, facts | {"training": {}, "code_version": "1.0"})
    return paths


def dump(paths, folder, steps=8, quantities=None, positions=None):
    dump_activations(paths, folder, quantities, positions, steps, "cpu")
    return folder


def reference(paths) -> list[dict[str, np.ndarray]]:
    """Everything inside the model in float64: per layer and letter (positions, units)."""
    weights, metadata = load_checkpoint(paths["model"])
    cell, k = metadata["cell"], Corpus.load(paths["corpus"]).k
    w = {name: value[0].double() for name, value in weights.items()}
    inputs = torch.from_numpy(np.load(paths["test"])[:, :-1].T.astype(np.int64))
    x = torch.nn.functional.one_hot(inputs, k).double()
    layers_ = []
    for layer in range(metadata["layers"]):
        w_h = w[f"recurrent.{layer}"].reshape(metadata["width"], -1)
        w_x = w[f"input.{layer}"].reshape(-1, w_h.shape[1])
        zero = torch.zeros(inputs.shape[1], len(w_h), dtype=torch.float64)
        x, steps = run(cell, x, w_x, w_h, w[f"bias.{layer}"].flatten(), zero, zero)
        joined = {name: torch.stack([s[name] for s in steps], 1) for name in steps[0]}
        layers_.append({name: v.flatten(0, 1).numpy() for name, v in joined.items()})
    return layers_


def assert_rounded(stored, exact):
    """Whether numbers are float64 ones in half precision, give or take float32 arithmetic."""
    assert stored.dtype == np.float32
    assert np.array_equal(stored, stored.astype(np.float16))
    assert stored.shape == exact.shape
    allowed = np.spacing(np.abs(exact).astype(np.float16)).astype(np.float64) / 2 + 3e-6
    assert (np.abs(stored.astype(np.float64) - exact) <= allowed).all()


@contextmanager
def row_groups_of(size):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "ROW_GROUP", size)
        patch.setattr(dumping, "ROW_GROUP", size)
        yield


def group_sizes(path):
    footer = pq.ParquetFile(path).metadata
    return [footer.row_group(i).num_rows for i in range(footer.num_row_groups)]


# Against the equations


@pytest.mark.parametrize("group", [1000, 96, 64, 24, 17, 5])
@pytest.mark.parametrize(("cell", "layers"), [("lstm", 2), ("gru", 3), ("rnn", 2), ("lstm", 1)])
def test_equal_to_the_equations(tmp_path, cell, layers, group):
    """Row groups much longer than the streams of 24, as long, and much shorter."""
    paths = made(tmp_path, cell, layers, batch=5)
    with row_groups_of(group):
        folder = dump(paths, tmp_path / "dump")
    exact = reference(paths)
    for layer, quantities in enumerate(exact, 1):
        names = {path.stem for path in (folder / f"layer-{layer}").iterdir()}
        assert names == set(quantities) == set(LETTERS[cell])
        for name, values in quantities.items():
            stored = activations(folder, layer, name)
            assert_rounded(stored, values)
            assert_rounded(stored[[0, 23, 24, 119]], values[[0, 23, 24, 119]])
            sizes = group_sizes(file_path(folder, layer, name))
            assert sizes[:-1] == [group] * (120 // group) or sizes == [group] * (120 // group)
            assert sum(sizes) == 120


def test_every_stream_starts_from_zero(tmp_path):
    """The update gate makes h: at a start nothing of the stream before is left in it."""
    paths = made(tmp_path, "gru", model="gru-1x3")
    folder = dump(paths, tmp_path / "dump")
    h, z, n = (activations(folder, 1, name).astype(np.float64) for name in "hzn")
    np.testing.assert_allclose(h[::24], (z * n)[::24], atol=1e-3)
    assert not np.allclose(h[23::24], (z * n)[23::24], atol=1e-3)


POSITIONS = [(0, 1), (119, 120), (23, 25), (24, 48), (5, 115), (47, 73)]


@pytest.mark.parametrize("group", [1000, 50, 10])
def test_a_part_is_that_part_of_the_whole(tmp_path, group):
    paths = made(tmp_path, layers=2, batch=5)
    whole = dump(paths, tmp_path / "whole")
    for start, stop in POSITIONS:
        with row_groups_of(group):
            folder = dump(paths, tmp_path / f"{start}", quantities="cf", positions=(start, stop))
        for layer, name in ((1, "c"), (2, "f")):
            part = activations(folder, layer, name)
            # Up to one step of float16: products of fewer streams may round otherwise.
            expected = activations(whole, layer, name)[start:stop]
            np.testing.assert_allclose(part, expected, rtol=2**-10, atol=2**-24)
            assert read_metadata(folder, layer, name).start == start
            last = activations(folder, layer, name, [1], slice(stop - 1, None))
            assert np.array_equal(last, part[-1:, 1:2])


@settings(max_examples=30)
@given(
    st.integers(1, 6), st.integers(1, 5), st.integers(1, 7), st.integers(1, 50), st.data()
)  # fmt: skip
def test_any_layout(tmp_path_factory, batch, windows, steps, group, data):
    folder = tmp_path_factory.mktemp("layout")
    length = windows * steps
    paths = made(folder, "rnn", batch=batch, length=length, steps=steps, model="rnn-1x3")
    count = batch * length
    start = data.draw(st.integers(0, count - 1))
    stop = data.draw(st.integers(start + 1, count))
    with row_groups_of(group):
        dump(paths, folder / "dump", steps, positions=(start, stop))
    stored = activations(folder / "dump", 1, "h")
    assert_rounded(stored, reference(paths)[0]["h"][start:stop])
    full, rest = divmod(stop - start, group)
    expected = [group] * full + [rest] * (rest > 0)
    assert group_sizes(file_path(folder / "dump", 1, "h")) == expected


def test_real_row_groups(tmp_path):
    paths = made(tmp_path, batch=10, length=7000, steps=1000)
    folder = dump(paths, tmp_path / "dump", 1000, ["c"])
    path = file_path(folder, 1, "c")
    assert group_sizes(path) == [65_536, 4_464]
    assert pq.ParquetFile(path).schema_arrow.names == ["u0", "u1", "u2"]
    assert_rounded(activations(folder, 1, "c"), reference(paths)[0]["c"])


# Beside the probabilities


@pytest.mark.parametrize("cell", [*CELLS, "n-nn"])
def test_row_p_predicts_position_p(tmp_path, cell):
    paths = made(tmp_path, cell, layers=2, width=5, batch=3, model=f"{cell}-2x5")
    with row_groups_of(20):
        folder = dump(paths, tmp_path / "dump")
    score_model(paths, tmp_path / "p.parquet", 8, "cpu")
    probabilities = read_probabilities(tmp_path / "p.parquet")
    weights, metadata = load_checkpoint(paths["model"])
    h = activations(folder, getattr(shape_of(metadata), "layers", 1), "h").astype(np.float64)
    scores = h @ weights["decoder"][0].double().numpy()
    scores += weights["bias.decoder"][0].double().numpy()
    p = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    vocabulary = np.array(Corpus.load(paths["corpus"]).vocabulary, np.uint8)
    code = np.searchsorted(vocabulary, probabilities["byte"])
    assert len(h) == len(code) == 72
    mine = p[np.arange(72), code]
    np.testing.assert_allclose(mine, probabilities["probability"], rtol=3e-3)
    np.testing.assert_allclose(p.max(1), probabilities["top_probability"], rtol=3e-3)


def test_the_metadata(tmp_path):
    paths = made(tmp_path)
    stored = read_metadata(dump(paths, tmp_path / "dump", positions=(3, 9)), 1, "f")
    assert (stored.corpus, stored.model, stored.layer, stored.quantity) == (
        "text",
        "lstm-1x3",
        1,
        "f",
    )
    assert stored.start == 3
    assert stored.corpus_sha256 == Corpus.load(paths["corpus"]).sha256
    assert stored.config == {"dropout": 0.0, "val_loss": 1.5, "epoch": 2, "training": {}}
    assert stored.code_version == "1.0"


# Files


def contents(folder):
    return {p.relative_to(folder): p.read_bytes() for p in sorted(folder.rglob("*.parquet"))}


def test_the_same_again_is_the_same_bytes(tmp_path, monkeypatch):
    paths = made(tmp_path, layers=2, batch=5)
    first = contents(dump(paths, tmp_path / "first"))
    assert contents(dump(paths, tmp_path / "second")) == first
    assert len(first) == 12
    monkeypatch.setattr(dumping, "_BUFFERS", 1)  # one layer and quantity at a time
    assert contents(dump(paths, tmp_path / "third")) == first


def test_chosen_quantities(tmp_path):
    paths = made(tmp_path, layers=2)
    folder = dump(paths, tmp_path / "dump", quantities=["f", "c"])
    names = [f"layer-{layer}/{name}.parquet" for layer in (1, 2) for name in "cf"]
    assert [str(name) for name in contents(folder)] == names


def test_what_cannot_be_dumped(tmp_path):
    paths = made(tmp_path)
    with pytest.raises(CharlensError, match=r"no quantity 'z', expected some of h, c, o, i, f, g"):
        dump(paths, tmp_path / "dump", quantities=["h", "z"])
    with pytest.raises(CharlensError, match=r"up to 97 are asked of text/lstm-1x3, .* has 96;"):
        dump(paths, tmp_path / "dump", positions=(90, 97))
    other = made(tmp_path / "other", data=b"abcd " * 32)
    with pytest.raises(CharlensError, match="trained on another corpus"):
        dump(paths | {"model": other["model"]}, tmp_path / "dump")
    assert not (tmp_path / "dump").exists()


@pytest.mark.parametrize("group", [2000, 65_536])
def test_a_full_disk(tmp_path, megabyte, group):
    """Full while the network runs, and while the last row groups are written."""
    paths = made(tmp_path, width=20, batch=2, length=10_000, steps=1000)
    message = r"\.parquet: the disk is full .* free some space"
    with row_groups_of(group), pytest.raises(CharlensError, match=message) as e:
        dump(paths, megabyte / "dump", 1000, ["h", "c"])
    assert "\n" not in str(e.value)
    assert not [path for path in megabyte.rglob("*") if path.is_file()]


def test_the_disk_fills_up_between_row_groups(tmp_path, monkeypatch):
    paths, written = made(tmp_path), []
    write = store.ActivationWriter.write

    def failing(self, block):
        written.append(len(block))
        if len(written) == 5:
            raise OSError(28, "No space left on device")
        write(self, block)

    monkeypatch.setattr(store.ActivationWriter, "write", failing)
    with row_groups_of(40), pytest.raises(CharlensError, match="the disk is full"):
        dump(paths, tmp_path / "dump", quantities=["h", "c"])
    assert not [path for path in (tmp_path / "dump").rglob("*") if path.is_file()]


# Memory

PEAK = """
import re, sys
from charlens.inside import dump as activations
from charlens.inside import store
from charlens.inside.dump import dump_activations
store.ROW_GROUP = activations.ROW_GROUP = 4096
folder, *stops = sys.argv[1:]
names = {"corpus": "corpus.json", "test": "test.npy", "model": "model.safetensors"}
paths = {name: f"{folder}/{file}" for name, file in names.items()}
for stop in stops:
    dump_activations(paths, f"{folder}/dump-{stop}", None, (0, int(stop)), 100, "cpu")
    print(re.search("VmHWM:\\s*([0-9]+)", open("/proc/self/status").read())[1])
"""


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="needs Linux's /proc")
def test_memory_does_not_grow_with_positions(tmp_path):
    """The peak of one process after 19 MB of numbers, and after 77 MB more.

    Its row groups are small, so that four times as many positions are many times the buffers. Not
    ru_maxrss: that of a new process begins with its parent's.
    """
    made(tmp_path, width=64, batch=50, length=2000, steps=100)
    assert 6 * 64 * 2 * 100_000 > 76e6  # letters, units, bytes, positions
    command = [sys.executable, "-c", PEAK, str(tmp_path), "25000", "100000"]
    settings = {"PYTHONPATH": str(ROOT / "workflow"), "OMP_NUM_THREADS": "1"}
    result = subprocess.run(
        command, check=True, env=os.environ | settings, capture_output=True, text=True
    )
    less, more = map(int, result.stdout.split())
    assert more < 1.1 * less


# The script


def test_the_script(tmp_path, monkeypatch):
    paths = made(tmp_path)
    config = {"quantities": ["c"], "positions": [20, 60], "unroll": 8, "device": "cpu"}
    config["dtype"] = "float16"
    inputs = {name: paths[name] for name in ("corpus", "test", "model")}
    outputs = run_script(tmp_path, monkeypatch, "dump_activations", inputs, {"d": "d"}, **config)
    dump_activations(paths, tmp_path / "own", ["c"], (20, 60), 8, "cpu", "float16")
    assert contents(outputs["d"]) == contents(tmp_path / "own")
    assert pq.read_schema(file_path(outputs["d"], 1, "c")).types == [pa.float16()] * 3
    log = (tmp_path / "dump_activations.log").read_text()
    assert "dumping 1 quantities of 3 units at 40 positions" in log
