"""Copied text: found as a slow search finds it, and what losses on it say."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from charlens.analyses.leakage import figure
from charlens.analyses.leakage import table as leakage
from charlens.analyses.leakage.copied import COLUMNS, DEPTH, covered, longest_matches
from charlens.analyses.leakage.markdown import markdown
from charlens.files import csv_tables, parquet_tables
from charlens.text.corpus import Corpus, prepare, save_split
from contests import a_corpus
from hypothesis import given, settings
from hypothesis import strategies as st
from probability_files import write_model
from scripts_alone import run_script
from small_run import prose

ROWS = 400


def slow_matches(train: np.ndarray, test: np.ndarray) -> list[list[int]]:
    """The same with Python's own search, one character after the other."""
    text = train[:, :-1].tobytes()
    matches = []
    for row in test[:, 1:]:
        query, lengths = row.tobytes(), []
        for start in range(len(query)):
            length = 0
            while (
                length < DEPTH
                and start + length < len(query)
                and query[start : start + length + 1] in text
            ):
                length += 1
            lengths.append(length)
        matches.append(lengths)
    return matches


@given(st.integers(0, 2**32 - 1), st.integers(2, 256))
@settings(max_examples=40, deadline=None)
def test_matches_are_those_of_a_slow_search(seed: int, symbols: int) -> None:
    draw = np.random.default_rng(seed)
    train = draw.integers(0, symbols, (3, 41), dtype=np.uint8)
    test = draw.integers(0, symbols, (2, 21), dtype=np.uint8)
    test[0, 5:15] = train[1, 7:17]
    assert longest_matches(train, test).tolist() == slow_matches(train, test)


def test_a_planted_passage_of_120_bytes_is_all_that_is_copied() -> None:
    draw = np.random.default_rng(1)
    train = draw.integers(0, 250, (4, 1001), dtype=np.uint8)
    test = draw.integers(0, 250, (2, 501), dtype=np.uint8)
    test[1, 101:221] = train[2, 300:420]
    length = longest_matches(train, test)
    for least in (20, 50, 100):
        where = np.argwhere(covered(length, least))
        assert len(where) == 120
        assert where.min(0).tolist() == [1, 100]  # of the targets, one behind the codes
    assert not covered(length, 121).any()


def test_no_match_runs_on_into_the_next_stream_or_beyond_the_depth() -> None:
    train = np.tile(np.arange(200, dtype=np.uint8), 10)[None]
    test = np.tile(np.arange(200, dtype=np.uint8), 4)[:601].reshape(1, -1)
    length = longest_matches(train, np.concatenate([test, test]))
    assert length.max() == DEPTH
    assert length[0, -1] == 1
    assert length[0, -10] == 10


def test_covered_is_the_union_of_all_passages() -> None:
    draw = np.random.default_rng(2)
    length = draw.integers(0, 9, (3, 60)).astype(np.uint8)
    length = np.minimum(length, np.arange(60, 0, -1))
    for least in (1, 3, 8):
        expected = np.zeros(length.shape, bool)
        for b, i in np.argwhere(length >= least):
            expected[b, i : i + length[b, i]] = True
        np.testing.assert_array_equal(covered(length, least), expected)


# --- losses ---


def study(folder: Path) -> tuple[list[tuple[str, Path]], list[Path], list[Corpus]]:
    """A text split both ways; models that do better by known amounts on the copied half."""
    corpora = [a_corpus("novel", ROWS), a_corpus("novel_position", ROWS, "position")]
    strict = corpora[1]
    corpora[1] = type(strict)(**{**vars(strict), "sha256": corpora[0].sha256})
    stream = np.repeat(np.arange(40, dtype=np.int16), ROWS // 40)
    copies, paths = [], []
    for corpus, worse in zip(corpora, (0.0, 0.3), strict=True):
        length = np.zeros(ROWS, np.uint8)
        length[np.arange(ROWS) % 10 == 0] = 5  # the first five of ten characters
        path = folder / f"{corpus.name}.parquet"
        frame = pd.DataFrame({"stream": stream, "length": length}).astype(COLUMNS)
        parquet_tables.write(frame, path)
        copies.append((corpus.name, path))
        copy = np.arange(ROWS) % 10 < 5
        for model, on, off in (
            ("lstm-1x64", 1.2, 1.5),
            ("n-gram-1", 2.4, 2.5),
            ("n-gram-20", 0.5, 1.5),
        ):
            harder = 0.1 if model == "n-gram-1" and worse else worse
            loss = np.where(copy, on, off) + harder
            paths.append(_file(folder, corpus, model, loss, stream))
    return copies, paths, corpora


def _file(folder: Path, corpus: Corpus, model: str, loss: np.ndarray, stream: np.ndarray) -> Path:
    from charlens.predictions.file import ProbabilityMetadata, write_probabilities

    path = write_model(folder / "made", model, corpus.name, rows=ROWS)
    columns = {name: values.to_numpy() for name, values in pd.read_parquet(path).items()}
    columns |= {"stream": stream, "probability": np.exp(-loss).astype(np.float32)}
    columns["top_probability"] = np.maximum(columns["probability"], np.float32(0.5))
    metadata = ProbabilityMetadata(corpus.sha256, model, corpus.name, seed=1)
    write_probabilities(path, columns, metadata)
    return path


def test_losses_on_and_off_copies_and_the_gap_between_splits(tmp_path: Path) -> None:
    frame, models = leakage.tables(*study(tmp_path), 5, 50, 1)
    assert frame["split"].tolist() == ["streams", "position"]
    assert frame["mean_match"].tolist() == [0.5, 0.5]
    assert frame["copied_20"].tolist() == [0, 0]
    row = models.set_index(["corpus", "model"]).loc[("novel", "lstm-1x64")]
    assert (row["on"], row["off"], row["gain"]) == pytest.approx((1.2, 1.5, 0.3), abs=1e-6)
    assert row["baseline"] == "n-gram-20"
    assert row["beyond"] == pytest.approx(1.0 - 0.3, abs=1e-6)
    assert row["low"] == pytest.approx(0.3, abs=1e-5)  # all streams are alike
    assert math.isnan(row["split_gap"])
    row = models.set_index(["corpus", "model"]).loc[("novel_position", "lstm-1x64")]
    assert row["split_gap"] == pytest.approx(0.3, abs=1e-6)
    assert row["beyond_text"] == pytest.approx(0.3 - 0.1, abs=1e-6)
    baseline = models[models["model"] == "n-gram-20"]
    assert baseline["beyond"].isna().all()


def test_text_that_copies_nothing_has_no_gain(tmp_path: Path) -> None:
    copies, paths, corpora = study(tmp_path)
    _, models = leakage.tables(copies, paths, corpora, 200, 50, 1)
    assert models[["on", "gain", "low", "beyond"]].isna().all(axis=None)
    assert models["off"].notna().all()
    figure.draw(models[models["split_gap"].isna()])
    assert "gap" in markdown(*leakage.tables(copies, paths, corpora, 200, 50, 1))


def test_text_that_is_all_copied_is_drawn_and_has_dashes(tmp_path: Path) -> None:
    """A text so regular that training text has every passage: nothing to compare, no failure."""
    copies, paths, corpora = study(tmp_path)
    for _, path in copies:
        frame = pd.read_parquet(path)
        frame["length"] = np.minimum(np.arange(ROWS)[::-1] % 10 + 1, 5).astype(np.uint8)
        parquet_tables.write(frame.astype(COLUMNS), path)
    frame, models = leakage.tables(copies, paths, corpora, 5, 50, 1)
    assert models[["off", "gain", "low", "beyond"]].isna().all(axis=None)
    drawn = figure.draw(models)
    assert [axes.get_title(loc="left") for axes in drawn.axes] == ["The stricter split"]
    drawn = figure.draw(models[models["split_gap"].isna()])
    assert [text.get_text() for text in drawn.texts] == ["All test text is found in training text."]
    assert "| 20-gram | 1.000 | – | – | – |" in markdown(frame, models)
    assert "nan" not in markdown(frame, models)


def test_tables_are_read_again_drawn_and_told_in_words(tmp_path: Path) -> None:
    frame, models = leakage.tables(*study(tmp_path), 5, 50, 1)
    csv_tables.write(frame, tmp_path / "leakage.csv")
    csv_tables.write(models, tmp_path / "leakage_models.csv")
    pd.testing.assert_frame_equal(leakage.read(tmp_path / "leakage.csv"), frame)
    read = leakage.read_models(tmp_path / "leakage_models.csv")
    pd.testing.assert_frame_equal(read, models)
    drawn = figure.draw(**{"models": figure.numbers(tmp_path / "leakage_models.csv")["csv"]})
    assert [axes.get_title(loc="left") for axes in drawn.axes] == [
        "Novel", "Novel position", "The stricter split",
    ]  # fmt: skip
    labels = [tick.get_text() for tick in drawn.axes[-1].get_yticklabels()]
    assert labels[0].startswith("Novel position, ")
    only = models[models["model"].str.startswith("n-gram")]
    assert [a.get_title(loc="left") for a in figure.draw(only).axes] == [
        "Novel", "The stricter split",
    ]  # fmt: skip
    text = " ".join(leakage.sentences(frame, models))
    assert "20\\-gram 1.000 and 1\\-gram 0.100" in text
    assert "| 20-gram | 0.500 | 1.500 | +1.000" in markdown(frame, models)


def test_the_scripts_do_the_same_from_files(tmp_path: Path, monkeypatch) -> None:
    corpus, splits = prepare(prose(4000), "novel", "test", "streams", 4, 20, 0.8, 0.1)
    corpus.save(tmp_path / "corpus.json")
    inputs = {"corpus": tmp_path / "corpus.json"}
    for part in ("train", "test"):
        inputs[part] = tmp_path / f"{part}.npy"
        save_split(inputs[part], splits[part])
    made = run_script(tmp_path, monkeypatch, "copied", inputs, {"copies": "copied.parquet"})
    frame = parquet_tables.read(made["copies"], COLUMNS, "a table", "copied")
    expected = longest_matches(splits["train"], splits["test"])
    np.testing.assert_array_equal(frame["length"].to_numpy().reshape(expected.shape), expected)
    copies, paths, corpora = study(tmp_path)
    for known in corpora:
        known.save(tmp_path / f"{known.name}.json")
    inputs = {
        "copies": [path for _, path in copies],
        "corpora": [tmp_path / f"{known.name}.json" for known in corpora],
        "probabilities": paths,
    }
    outputs = {"csv": "a.csv", "models": "b.csv", "md": "c.md"}
    made = run_script(
        tmp_path, monkeypatch, "leakage", inputs, outputs, least=5, bootstrap=50, seed=1
    )
    pd.testing.assert_frame_equal(
        leakage.read_models(made["models"]), leakage.tables(copies, paths, corpora, 5, 50, 1)[1]
    )


def test_the_best_of_each_cell_and_size_and_the_ends_of_the_contexts_are_drawn() -> None:
    off = {"lstm-1x64": 1.5, "lstm-2x64": 1.4, "gru-1x64": 1.45, "lstm-3x512": 1.1}
    off |= {"n-gram-1": 2.4, "n-gram-7": 1.3, "n-gram-20": 1.2, "n-nn-3": 1.6}
    off |= {"lstm-2x64+ngram": 1.2, "mine": 1.0}
    part = pd.DataFrame({"model": list(off), "off": list(off.values())})
    drawn = figure.shown(part)["model"].tolist()
    assert drawn == [model for model in off if model not in ("lstm-1x64", "n-gram-7")]
    assert figure.shown(part[part["model"] == "mine"])["model"].tolist() == ["mine"]
