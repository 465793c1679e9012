"""Errors and bits by kind of character: the same kinds for all models, and sums that agree."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from charlens.analyses.oracles import decade, decade_figure, decade_streams, tally, verdicts
from charlens.analyses.oracles.decade_streams import CATEGORIES, CLOSINGS, REST
from charlens.analyses.oracles.evidence import Evidence
from charlens.errors import CharlensError
from charlens.files import csv_tables
from charlens.models.divergence import uniform_loss
from charlens.predictions.file import read_probabilities
from charlens.predictions.score_ngram import fit_n_gram, score_n_gram
from charlens.text import encoding_guess
from charlens.text.corpus import Corpus, load_split
from charlens.text.whole_text import CorpusText
from scripts_alone import run_script
from small_run import make_run, prose

CONTEXTS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 20]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> dict:
    folder = tmp_path_factory.mktemp("decade")
    make_run(folder, prose())
    home = folder / "novel"
    paths = {name: home / f"{name}.npy" for name in ("train", "val", "test")}
    paths["corpus"] = home / "corpus.json"
    counted = home / "models" / "all.safetensors"
    fit_n_gram(paths, counted, CONTEXTS)
    files = [home / "probabilities" / f"n-gram-{n}.parquet" for n in CONTEXTS]
    score_n_gram(paths | {"model": counted}, files, home / "scores.csv", CONTEXTS, 10, 1)
    return paths | {"models": [home / "probabilities" / "lstm-2x8.parquet", *files]}


@pytest.fixture(scope="module")
def streams(inputs: dict) -> pd.DataFrame:
    return decade_streams.tables(inputs, {}, 0.5, "fitted")[0]


@pytest.fixture(scope="module")
def frame(streams: pd.DataFrame) -> pd.DataFrame:
    return decade.table(streams, 50, 1)


def test_sums_by_stream_are_those_of_a_slow_computation(inputs: dict, streams) -> None:
    """Quotations are the only pairs of this text, and its quotes open and close by turns."""
    path = inputs["models"][0]
    columns = read_probabilities(path)
    loss = -np.log2(columns["probability"].astype(np.float64))
    part = streams[streams["model"] == path.stem]
    kinds = part[part["category"] != CLOSINGS]
    assert kinds["run"].nunique() == 32  # eight in each of four streams
    for stream, mine in enumerate(np.split(np.arange(len(loss)), 4)):
        own = kinds[kinds["run"] // 8 == stream]
        assert own["bits"].sum() == pytest.approx(loss[mine].sum(), rel=1e-9)
        assert own["errors"].sum() == (columns["probability"][mine] < 0.5).sum()
    vocabulary = np.array(Corpus.load(inputs["corpus"]).vocabulary, np.uint8)
    rows = {name: vocabulary[load_split(inputs[name])] for name in ("train", "val", "test")}
    closes = []
    for i in range(len(rows["test"])):
        before = b"".join(rows[n][j, :-1].tobytes() for j in range(i) for n in rows)
        before += rows["train"][i, :-1].tobytes() + rows["val"][i, :-1].tobytes()
        inside, seen = before.count(b'"') % 2 == 1, False
        for at, code in enumerate(rows["test"][i].tolist()):
            if at:  # the first is no target
                closes.append(code == ord('"') and inside and seen)
            if code == ord('"'):
                inside, seen = not inside, True
    closings = part[part["category"] == CLOSINGS]
    assert closings["characters"].sum() == sum(closes) > 20
    assert closings["bits"].sum() == pytest.approx(loss[np.array(closes)].sum(), rel=1e-9)


def test_all_bytes_of_a_mark_close():
    text = np.frombuffer("«a» {“b”} «".encode(), np.uint8)
    whole = CorpusText(text, np.arange(len(text) - 1)[None])
    closes = decade_streams.closing(whole, "prose")
    assert text[1:][closes].tobytes().decode() == "»”}"
    late = CorpusText(text, np.arange(1, len(text) - 1)[None])  # « was begun before the stream
    assert text[2:][decade_streams.closing(late, "prose")].tobytes().decode() == "”}"
    latin = np.frombuffer("«a»".encode("latin-1"), np.uint8)
    whole = CorpusText(latin, np.arange(2)[None])
    assert decade_streams.closing(whole, "prose", "latin-1").tolist() == [False, True]


def test_bits_and_errors_add_up_to_the_models_own(inputs: dict, frame: pd.DataFrame) -> None:
    for path in inputs["models"]:
        columns = read_probabilities(path)
        part = frame[frame["model"] == path.stem]
        bits = -np.log2(columns["probability"].astype(np.float64)).mean()
        assert part["bits"].sum() == pytest.approx(bits, abs=1e-6)
        assert part["errors"].sum() == (columns["probability"] < 0.5).sum()
        assert part["characters"].sum() == len(columns["byte"])
        assert ((part["low"] <= part["bits"]) & (part["bits"] <= part["high"])).all()


def test_each_character_has_the_first_oracle_that_applies(inputs: dict, frame) -> None:
    corpus = Corpus.load(inputs["corpus"])
    vocabulary = np.array(corpus.vocabulary, np.uint8)
    train, test = (vocabulary[load_split(inputs[name])] for name in ("train", "test"))
    probability = {p.stem: read_probabilities(p)["probability"] for p in inputs["models"]}
    evidence = Evidence.load(corpus, inputs)
    computed = decade_streams.categories(evidence, probability, "fitted")
    known = tally.evidence(train, test)
    names = [f"n-gram-{n}" for n in range(1, 10)]
    for i in range(0, len(computed), 37):
        if any(probability[name][i] > 0.5 for name in names):
            expected = "n-gram"
        elif known[:4, i].any():
            expected = "memory"
        elif known[4:10, i].any():
            expected = "rare words"
        elif known[10:12, i].any():
            expected = "word model"
        else:
            expected = "punctuation" if known[12, i] else REST
        assert CATEGORIES[computed[i]] == expected
    counts = frame.drop_duplicates("category").set_index("category")["characters"]
    assert counts.to_dict() == {
        name: int((computed == i).sum()) for i, name in enumerate(CATEGORIES)
    }


def test_changes_are_paired_and_the_baseline_is_the_smallest_lstm(frame: pd.DataFrame) -> None:
    assert set(frame["baseline"].dropna()) == {"lstm-2x8"}
    wide = frame.pivot_table("bits", "model", "category")
    part = frame[frame["model"] == "n-gram-5"].set_index("category")
    expected = wide.loc["n-gram-5"] - wide.loc["lstm-2x8"]
    np.testing.assert_allclose(part["change"], expected[part.index], atol=1e-9)
    assert frame[frame["model"] == "lstm-2x8"]["change"].isna().all()
    inside = (part["change_low"] <= part["change"]) & (part["change"] <= part["change_high"])
    assert inside.all()


def test_it_is_read_again_shown_and_drawn(frame: pd.DataFrame, tmp_path: Path) -> None:
    csv_tables.write(frame, tmp_path / "decade.csv")
    again = decade.read(tmp_path / "decade.csv")
    pd.testing.assert_frame_equal(again, frame)
    assert decade.shown(again) == ["lstm-2x8", "n-gram-20"]
    drawn = decade_figure.draw(decade_figure.numbers(tmp_path / "decade.csv")["csv"])
    sums = frame.groupby("model", sort=False)["bits"].sum()
    written = [text.get_text().strip() for axes in drawn.axes for text in axes.texts]
    assert f"{sums['n-gram-20']:.2f}" in written
    assert f"{sums['lstm-2x8']:.3f}" in decade.markdown(again)
    assert "gains most" in " ".join(decade.sentences(again))


def test_models_that_are_no_grid_points_and_the_best_of_each_cell_are_shown() -> None:
    models = {"lstm-1x64": 2.0, "lstm-2x64": 1.9, "lstm-3x512": 1.5, "gru-1x64": 1.8,
              "gru-2x64": 1.85, "n-gram-5": 1.7, "n-gram-20": 1.75, "n-nn-3": 2.2,
              "lstm-2x64+ngram": 1.6, "mine": 1.4}  # fmt: skip
    rows = [
        {"model": model, "category": c, "bits": bits / len(CATEGORIES), "baseline": base}
        for model, bits in models.items()
        for c in CATEGORIES
        for base in ["lstm-2x64" if model != "lstm-2x64" else None]
    ]
    shown = decade.shown(pd.DataFrame(rows))
    expected = ["lstm-2x64", "lstm-3x512", "gru-1x64", "n-gram-20", "lstm-2x64+ngram", "mine"]
    assert shown == expected
    sums = {model: np.array([[bits]]) for model, bits in models.items()}
    assert decade.baseline_of(sums) == "lstm-2x64"
    assert decade.baseline_of({"n-gram-5": np.ones((1, 1))}) is None


def test_a_diverged_network_is_no_baseline(streams: pd.DataFrame) -> None:
    """Nor one that predicts no numbers; the next budget has the baseline then."""
    own = streams[streams["model"] == "lstm-2x8"]
    lost = own.assign(model="lstm-1x4", bits=own["bits"] + 20 * own["characters"])
    empty = own.assign(model="lstm-1x2", bits=np.nan)
    better = own.assign(model="lstm-2x16", bits=own["bits"] / 2)
    uniform = uniform_loss(30)
    made = decade.table(pd.concat([empty, lost, streams, better]), 50, 1, uniform)
    assert set(made["baseline"].dropna()) == {"lstm-2x8"}
    assert decade_streams.sound(pd.concat([empty, lost, own]), uniform) == ["lstm-2x8"]
    alone = decade.table(pd.concat([lost, streams[streams["model"] != "lstm-2x8"]]), 50, 1, uniform)
    assert alone["baseline"].isna().all()
    assert alone["change"].isna().all()
    only = decade.shown(pd.concat([decade.table(p, 50, 1) for p in (empty, lost, own)]))
    assert only == ["lstm-2x8"]  # the best of its cell


def test_trainings_from_other_seeds_are_summed_alike(inputs: dict, streams) -> None:
    lstm = inputs["models"][0]
    first, further = decade_streams.tables(inputs, {1: [lstm]}, 0.5, "fitted")
    pd.testing.assert_frame_equal(first, streams)
    own = streams[streams["model"] == "lstm-2x8"].reset_index(drop=True)
    pd.testing.assert_frame_equal(further.drop(columns="seed"), own)
    assert (further["seed"] == 1).all()
    with pytest.raises(CharlensError, match=r"lstm-2x8\.parquet: made with seed 1, expected 2"):
        decade_streams.tables(inputs, {2: [lstm]}, 0.5, "fitted")


def test_the_scripts_do_the_same(inputs, streams, frame, tmp_path: Path, monkeypatch) -> None:
    outputs = {"csv": "decade.csv", "md": "decade.md", "streams": "decade_streams.parquet"}
    outputs |= {"further": "decade_seeds.parquet"}
    inputs = inputs | {"trainings": []}
    config = {"threshold": 0.5, "definitions": "fitted", "bootstrap": 50, "seed": 1, "kind": None}
    config |= {"seeds": []}
    guesses, shifted = [], "hz"  # one that ASCII may be in, and that is not asked about again
    monkeypatch.setattr(encoding_guess, "guess", lambda text: guesses.append(text) or shifted)
    made = run_script(tmp_path, monkeypatch, "decade", inputs, outputs, encoding=None, **config)
    pd.testing.assert_frame_equal(decade.read(made["csv"]), frame)
    assert made["md"].read_text(encoding="utf-8") == decade.markdown(frame)
    pd.testing.assert_frame_equal(decade_streams.read(made["streams"]), streams)
    assert len(guesses) == 1  # by which all of it is read
    assert decade_streams.read_further(made["further"]).empty
    given = {"streams": made["streams"], "corpus": inputs["corpus"], "further": made["further"]}
    outputs = {"csv": "judged.csv", "md": "judged.md"}
    made = run_script(tmp_path, monkeypatch, "hypotheses", given, outputs, bootstrap=50, seed=1)
    judged = verdicts.table(streams, 50, 1)
    pd.testing.assert_frame_equal(verdicts.read(made["csv"]), judged)
    assert made["md"].read_text(encoding="utf-8") == verdicts.markdown(judged)
