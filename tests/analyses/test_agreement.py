"""Agreement between models and the map drawn from it."""

import time

import numpy as np
import pandas as pd
import pytest
from charlens.analyses.agreement import table as agreement
from charlens.analyses.agreement import tsne
from charlens.errors import CharlensError
from charlens.files import csv_tables
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from probability_files import random_columns, write_model

CODES = arrays(
    np.uint8, st.tuples(st.integers(1, 5), st.integers(1, 30)), elements=st.integers(0, 3)
)


@given(CODES)
def test_agreement_against_a_slow_one(top):
    slow = [[sum(a == b for a, b in zip(x, y, strict=True)) / len(x) for y in top] for x in top]
    np.testing.assert_allclose(agreement.agreement(list(top)), slow)


@given(CODES)
def test_one_minus_agreement_is_a_distance(top):
    distance = 1 - agreement.agreement(list(top))
    assert (distance >= 0).all()
    assert (distance == distance.T).all()
    assert (distance[:, :, None] <= distance[:, None] + distance.T[None] + 1e-12).all()


def test_the_papers_grid_takes_seconds():
    top = list(np.random.default_rng(0).integers(0, 87, (72, 330_000), dtype=np.uint8))
    start = time.monotonic()
    matrix = agreement.agreement(top)
    assert time.monotonic() - start < 20  # about 1 second
    assert matrix[3, 71] == np.mean(top[3] == top[71])


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    models = ("n-gram-20", "gru-1x64", "lstm-1x128", "lstm-1x64")
    return [write_model(folder, model) for model in models]


def test_table(files):
    table = agreement.table(files)
    models = ["lstm-1x64", "gru-1x64", "lstm-1x128", "n-gram-20"]
    assert list(table.index) == list(table.columns) == models
    lstm, gru = (pd.read_parquet(path)["top_byte"] for path in (files[3], files[1]))
    assert table.loc["lstm-1x64", "gru-1x64"] == pytest.approx((lstm == gru).mean())


def test_files_that_do_not_go_together(tmp_path, files):
    with pytest.raises(CharlensError, match="scores another, expected war_and_peace"):
        agreement.table([*files, write_model(tmp_path, "lstm-1x64", "another")])
    with pytest.raises(CharlensError, match=r"lstm-1x64 on .+ is already in"):
        agreement.table([*files, files[3]])
    other = write_model(tmp_path, "lstm-2x64", byte=random_columns(300)["byte"] ^ 1)
    with pytest.raises(CharlensError, match="row 0: byte is"):
        agreement.table([*files, other])
    with pytest.raises(CharlensError, match="found none"):
        agreement.table([])


def test_csv_round_trip(tmp_path, files):
    table = agreement.table(files)
    agreement.write(table, tmp_path / "a.csv")
    again = agreement.read(tmp_path / "a.csv")
    assert list(again.index) == list(table.index)
    np.testing.assert_allclose(again.to_numpy(), table.to_numpy(), rtol=1e-8)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x\n1\n",
        "model,a,b\na,1,0.5\n",
        "model,a,b\na,1,0.5\nc,0.5,1\n",
        "model,a,b\na,1,0.5\nb,0.4,1\n",
        "model,a,b\na,1,1.5\nb,1.5,1\n",
        "model,a,b\na,1,\nb,,1\n",
        "model,a,b\na,1,x\nb,x,1\n",
        "model,a\na,0.5\n",
        "model,a,b\na,1,0.5,7\n",
        ",".join(f"c{i}" for i in range(50_000)) + "\n",
        f"model,a,b\na,1,{'9' * 400}\nb,{'9' * 400},1\n",
    ],
)
def test_broken_csv(tmp_path, text):
    path = tmp_path / "a.csv"
    with pytest.raises(CharlensError, match="no such file"):
        agreement.read(path)
    path.write_text(text)
    with pytest.raises(CharlensError, match=r"a\.csv: ") as caught:
        agreement.read(path)
    assert "\n" not in str(caught.value)
    path.unlink()
    path.mkdir()
    with pytest.raises(CharlensError, match=r"a\.csv: cannot be read \(Is a directory\)"):
        agreement.read(path)


def test_digits_of_any_script_are_numbers(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("model,a,b\na,1,\u0661\nb,\u0661,1\n", encoding="utf-8")
    assert agreement.read(path).to_numpy().dtype == np.float64


# The map


def three_groups(size: int) -> np.ndarray:
    group = np.repeat(np.arange(3), size)
    matrix = np.where(group[:, None] == group, 0.8, 0.5)
    noise = np.random.default_rng(0).normal(0, 0.01, matrix.shape)
    matrix = matrix + noise + noise.T
    np.fill_diagonal(matrix, 1)
    return matrix


@pytest.mark.parametrize("models", range(4, 200, 7))
def test_perplexity_suits_the_number_of_models(models):
    assert 1 < tsne.default_perplexity(models) <= models / 2


def distances(points: np.ndarray) -> np.ndarray:
    return np.linalg.norm(points[:, None] - points, axis=2)


def test_few_models_are_placed_exactly():
    assert tsne.embed(np.ones((1, 1)), None, 1).tolist() == [[0, 0]]
    pair = np.array([[1, 0.7], [0.7, 1]])
    np.testing.assert_allclose(distances(tsne.embed(pair, 30, 1)), 1 - pair, atol=1e-12)
    three = np.array([[1, 0.7, 0.6], [0.7, 1, 0.5], [0.6, 0.5, 1]])
    np.testing.assert_allclose(distances(tsne.embed(three, None, 1)), 1 - three, atol=1e-12)


def test_models_that_agree_lie_close():
    matrix = three_groups(5)
    before = matrix.copy()
    between = distances(tsne.embed(matrix, None, 1)) + np.diag(np.full(15, np.inf))
    assert (between.argmin(axis=1) // 5 == np.arange(15) // 5).all()
    within = np.kron(np.eye(3), np.ones((5, 5))).astype(bool) & np.isfinite(between)
    apart = ~np.kron(np.eye(3), np.ones((5, 5))).astype(bool)
    assert between[within].max() < between[apart].min()
    assert (matrix == before).all()


def test_the_map_depends_on_the_seed_alone(monkeypatch):
    monkeypatch.setattr(tsne, "_RESTARTS", 2)
    matrix = three_groups(3)
    one, two, other = (tsne.embed(matrix, None, seed) for seed in (1, 1, 2))
    assert (one == two).all()
    assert not np.allclose(one, other)
    np.testing.assert_allclose(one.mean(axis=0), 0, atol=1e-9)


@pytest.mark.parametrize("models", [4, 5])
def test_models_that_agree_always(monkeypatch, models):
    monkeypatch.setattr(tsne, "_RESTARTS", 2)
    assert np.isfinite(tsne.embed(np.ones((models, models)), None, 1)).all()


@pytest.mark.parametrize("perplexity", [0, -1, 9, 30])
def test_a_perplexity_that_does_not_suit(perplexity):
    with pytest.raises(CharlensError, match=r"figure1\.perplexity: .* less than the 9 models"):
        tsne.embed(three_groups(3), perplexity, 1)


def test_map_as_a_table(tmp_path):
    models = ["lstm-1x64", "gru-2x128", "n-gram-20"]
    frame = pd.DataFrame(np.eye(3) * 0.5 + 0.5, index=models, columns=models)
    table = tsne.table(frame, None, 1)
    csv_tables.write(table, tmp_path / "t.csv")
    text = (tmp_path / "t.csv").read_text().splitlines()
    assert text[0] == "x,y,cell,layers,size,model"
    assert text[2].endswith(",gru,2,128,gru-2x128")
    assert text[3].endswith(",,,,n-gram-20")
