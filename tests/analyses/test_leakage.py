"""Copied text: found as a slow search finds it, and what losses on it say."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from charlens.analyses.leakage import distance, figure, near
from charlens.analyses.leakage import table as leakage
from charlens.analyses.leakage.copied import COLUMNS, DEPTH, copied, covered, longest_matches
from charlens.analyses.leakage.gaps import train_loss
from charlens.analyses.leakage.markdown import markdown
from charlens.errors import CharlensError
from charlens.files import csv_tables, parquet_tables
from charlens.text.corpus import Corpus, prepare, save_split
from contests import a_corpus
from hypothesis import given, settings
from hypothesis import strategies as st
from probability_files import write_model
from scripts_alone import run_script
from small_run import prose

ROWS = 400


def slow_matches(train: np.ndarray, test: np.ndarray, apart: bool = False) -> list[list[int]]:
    """The same with Python's own search, one character after the other."""
    rows = [row.tobytes() for row in train[:, :-1]]
    texts = rows if apart else [b"".join(rows)]
    matches = []
    for row in test[:, 1:]:
        query, lengths = row.tobytes(), []
        for start in range(len(query)):
            length = 0
            while (
                length < DEPTH
                and start + length < len(query)
                and any(query[start : start + length + 1] in text for text in texts)
            ):
                length += 1
            lengths.append(length)
        matches.append(lengths)
    return matches


@given(st.integers(0, 2**32 - 1), st.integers(2, 256), st.booleans())
@settings(max_examples=60, deadline=None)
def test_matches_are_those_of_a_slow_search(seed: int, symbols: int, apart: bool) -> None:
    draw = np.random.default_rng(seed)
    train = draw.integers(0, symbols, (3, 41), dtype=np.uint8)
    test = draw.integers(0, symbols, (2, 21), dtype=np.uint8)
    test[0, 5:15] = train[1, 7:17]
    test[1, 3:15] = [*train[0, -7:-1], *train[1, :6]]  # over a seam
    made = longest_matches(train, test, apart=apart)
    assert made.tolist() == slow_matches(train, test, apart)


@pytest.mark.parametrize("symbols", [251, 252, 253, 254, 255, 256])
def test_codes_that_just_fit_or_no_longer_fit_into_a_byte(symbols: int) -> None:
    train = np.arange(symbols, dtype=np.uint8)[None].repeat(2, 0)
    test = np.array([[0, *range(symbols - 9, symbols)], [0, *range(9)]], np.uint8)
    for apart in (False, True):
        made = longest_matches(train, test, apart=apart)
        assert made.tolist() == slow_matches(train, test, apart)


@pytest.mark.parametrize(
    ("split", "second", "place", "longest"),
    [("streams", 200, 381, 10), ("position", 160, 721, 19)],
)
def test_a_passage_over_a_seam_is_copied_where_the_text_has_it(
    tmp_path: Path, split: str, second: int, place: int, longest: int
) -> None:
    """Test text that is the end of the first training stream and the beginning of the second.

    By position the second stream follows the first. By streams it begins at byte 200, and what is
    between them is validation and test text.
    """
    data = np.random.default_rng(5).integers(0, 250, 4 * 200, dtype=np.uint8)
    data[place : place + 19] = [*data[151:160], *data[second : second + 10]]
    corpus, splits = prepare(data.tobytes(), "text", "a test", split, 4, 20, 0.8, 0.1)
    paths = {"corpus": tmp_path / "corpus.json"}
    corpus.save(paths["corpus"])
    for part in ("train", "test"):
        paths[part] = tmp_path / f"{part}.npy"
        save_split(paths[part], splits[part])
    copied(paths, tmp_path / "copied.parquet")
    assert pd.read_parquet(tmp_path / "copied.parquet")["length"].max() == longest


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


# --- nearly copied ---


def shingles(window: np.ndarray) -> set[bytes]:
    data = window.tobytes()
    return {data[i : i + near.SHINGLE] for i in range(len(data) - near.SHINGLE + 1)}


def slow_near(train: np.ndarray, test: np.ndarray) -> np.ndarray:
    """The same by comparing all pairs of passages as Python sets."""
    starts = range(0, train.shape[1] - 1 - near.WINDOW + 1, 37)
    known = [shingles(row[s : s + near.WINDOW]) for row in train[:, :-1] for s in starts]
    marked = np.zeros((len(test), test.shape[1] - 1), bool)
    for row, mark in zip(test[:, 1:], marked, strict=True):
        for start in range(0, len(row) - near.WINDOW + 1, 37):
            own = shingles(row[start : start + near.WINDOW])
            if max(len(own & other) / len(own | other) for other in known) > near.ALIKE:
                mark[start : start + near.WINDOW] = True
    return marked


def with_changes(passage: np.ndarray, every: int) -> np.ndarray:
    changed = passage.copy()
    changed[every // 2 :: every] ^= 1
    return changed


@pytest.mark.parametrize("symbols", [4, 250])
def test_near_duplicates_are_those_of_a_slow_search(symbols: int) -> None:
    draw = np.random.default_rng(symbols)
    train = draw.integers(0, symbols, (6, 2001), dtype=np.uint8)
    test = draw.integers(0, symbols, (5, 1001), dtype=np.uint8)
    for row, every in enumerate((1000, 70, 60, 40, 20)):  # bytes from one changed byte to the next
        test[row, 101:701] = with_changes(train[row, 210:810], every)
    train[5, 300:700] = 7  # a passage of one byte is a set of one shingle
    test[4, 501:901] = 7
    computed = near.near_duplicates(train, test)
    np.testing.assert_array_equal(computed, slow_near(train, test))
    assert computed[0, 150:650].all(), "copied word for word"
    assert computed[1].any(), "changed here and there"
    assert symbols == 4 or not computed[3].any(), "changed too often"
    assert computed[4, 550:850].all()


def test_a_planted_passage_with_changes_is_near_but_not_copied() -> None:
    draw = np.random.default_rng(3)
    train = draw.integers(0, 250, (4, 4001), dtype=np.uint8)
    test = draw.integers(0, 250, (2, 1001), dtype=np.uint8)
    test[1, 201:801] = with_changes(train[2, 222:822], 90)
    assert not covered(longest_matches(train, test), 100).any()
    marked = near.near_duplicates(train, test)
    assert not marked[0].any()
    assert marked[1, 230:770].all()
    assert not marked[1, :150].any()
    assert not marked[1, 870:].any()


def test_streams_shorter_than_a_passage_have_no_near_duplicates() -> None:
    short = np.zeros((3, 200), np.uint8)
    assert not near.near_duplicates(short, short).any()
    assert not near.near_duplicates(np.zeros((3, 900), np.uint8), short).any()


# --- losses ---


def a_curve(path: Path, losses: dict[float, list[float]]) -> Path:
    """A learning curve: loss on training text by dropout and epoch, on validation text 0.1 more."""
    rows = [
        {"width": 64, "epoch": i + 1, "dropout": dropout, "train_loss": loss,
         "val_loss": loss + 0.1, "learning_rate": 0.1}
        for dropout, some in losses.items()
        for i, loss in enumerate(some)
    ]  # fmt: skip
    pd.DataFrame(rows).to_parquet(path)
    return path


def test_the_loss_on_training_text_is_that_of_the_best_epoch_where_it_is_still(tmp_path) -> None:
    path = tmp_path / "curve.parquet"
    assert train_loss(a_curve(path, {0.0: [2.0, 1.305, 1.3, 1.4]})) == 1.3
    assert math.isnan(train_loss(a_curve(path, {0.0: [2.0, 1.35, 1.306], 0.5: [2.1, 1.4, 1.4]})))
    assert math.isnan(train_loss(a_curve(path, {0.0: [1.3]})))
    assert math.isnan(train_loss(a_curve(path, {0.0: [1.4, 1.4], 0.5: [1.3, 1.3]})))
    path.write_bytes(b"no curve")
    with pytest.raises(CharlensError, match=r"curve\.parquet: not a learning curve"):
        train_loss(path)


def test_a_model_that_does_better_near_its_training_text_is_seen() -> None:
    """Planted: 0.2 nats less in the last 500 characters, beyond what the text makes easier."""
    draw, length, streams = np.random.default_rng(5), 3000, 30
    before_end = np.arange(length)[::-1]
    near_end = before_end < 500
    text = 2.0 + 0.1 * near_end + draw.normal(0, 0.5, (streams, length))
    losses = {
        "n-gram-1": text,
        "lstm-1x64": 0.5 + text + 0.3 * (before_end >= 2900),  # a cold start
        "n-gram-20": text - 0.2 * near_end + draw.normal(0, 0.1, (streams, length)),
    }
    binned = {model: distance.by_bin(loss.ravel(), streams) for model, loss in losses.items()}
    copied = distance.by_bin(np.tile(before_end < 250, streams), streams)
    rows = distance.rows("novel", "streams", copied, binned, length, 200, 1)
    frame = pd.DataFrame(rows).set_index(["model", "nearest"])
    assert frame.loc["n-gram-20"].index.tolist() == [0, 500, 1000, 2000]
    last = frame.loc[("n-gram-20", 0)]
    assert last["beyond"] == pytest.approx(-0.2, abs=0.01)
    assert -0.21 < last["low"] < last["beyond"] < last["high"] < -0.19
    assert frame.loc[("n-gram-20", 500), "beyond"] == pytest.approx(0, abs=0.01)
    assert frame.loc[("lstm-1x64", 0), "beyond"] == pytest.approx(0, abs=1e-9)
    assert frame.loc[("lstm-1x64", 2000), "beyond"] == pytest.approx(0.03, abs=1e-9)
    assert frame.loc[("n-gram-20", 0), "copied"] == 0.5
    assert frame.loc["n-gram-1", "beyond"].isna().all()
    assert math.isnan(frame.loc[("n-gram-20", 1000), "beyond"])
    own = losses["n-gram-20"][:, 1000:2000].mean()
    assert frame.loc[("n-gram-20", 1000), "loss"] == pytest.approx(own)


def test_in_streams_training_text_follows_each_test_block() -> None:
    """What the distances are from: the code after a test block begins the next stream."""
    _, splits = prepare(prose(4000), "novel", "test", "streams", 4, 20, 0.8, 0.1)
    for stream in range(3):
        assert splits["test"][stream, -1] == splits["train"][stream + 1, 0]
        assert splits["train"][stream, -1] == splits["val"][stream, 0]
        assert splits["val"][stream, -1] == splits["test"][stream, 0]


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
        marks = np.arange(ROWS) < ROWS // 4
        frame = pd.DataFrame({"stream": stream, "length": length, "near": marks}).astype(COLUMNS)
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
    frame, models, _ = leakage.tables(*study(tmp_path), 5, 50, 1)
    assert frame["near"].tolist() == [0.25, 0.25]
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
    ends = row[["split_gap_low", "split_gap_high"]].tolist()
    assert ends == pytest.approx([0.3, 0.3], abs=1e-5)
    baseline = models[models["model"] == "n-gram-20"]
    assert baseline["beyond"].isna().all()


def test_a_gap_is_between_splits_of_equal_fractions(tmp_path: Path) -> None:
    """Half as much training text of the same text is no part of what a stricter split costs."""
    copies, paths, corpora = study(tmp_path)
    half = replace(corpora[0], name="novel_half", train=0.4)
    stream = np.repeat(np.arange(40, dtype=np.int16), ROWS // 40)
    for model in ("lstm-1x64", "n-gram-1", "n-gram-20"):
        paths.append(_file(tmp_path, half, model, np.full(ROWS, 3.0), stream))
    for place in (0, 3):
        some = [*copies[:place], (half.name, copies[0][1]), *copies[place:]]
        models = leakage.tables(some, paths, [*corpora, half], 5, 50, 1).models
        row = models.set_index(["corpus", "model"]).loc[("novel_position", "lstm-1x64")]
        assert row["split_gap"] == pytest.approx(0.3, abs=1e-6)


@pytest.mark.parametrize("diverged", [0, 1])
def test_a_training_that_diverged_has_no_gap(tmp_path: Path, diverged: int) -> None:
    """By streams or by position, it does not tell what a split costs."""
    copies, paths, corpora = study(tmp_path)
    stream = np.repeat(np.arange(40, dtype=np.int16), ROWS // 40)
    for i, corpus in enumerate(corpora):
        loss = np.full(ROWS, 9.0 if i == diverged else 1.5)
        paths.append(_file(tmp_path, corpus, "gru-2x64", loss, stream))
    models = leakage.tables(copies, paths, corpora, 5, 50, 1).models
    gaps = models.set_index(["corpus", "model"])[["split_gap", "beyond_text"]]
    assert gaps.loc[("novel_position", "gru-2x64")].isna().all()
    assert gaps.loc[("novel_position", "lstm-1x64")].notna().all()


def test_text_that_copies_nothing_has_no_gain(tmp_path: Path) -> None:
    copies, paths, corpora = study(tmp_path)
    made = leakage.tables(copies, paths, corpora, 200, 50, 1)
    models = made.models
    assert models[["on", "gain", "low", "beyond"]].isna().all(axis=None)
    assert models["off"].notna().all()
    figure.draw(models[models["split_gap"].isna()])
    assert "gap" in markdown(made)


def test_text_that_is_all_copied_is_drawn_and_has_dashes(tmp_path: Path) -> None:
    """A text so regular that training text has every passage: nothing to compare, no failure."""
    copies, paths, corpora = study(tmp_path)
    for _, path in copies:
        frame = pd.read_parquet(path)
        frame["length"] = np.minimum(np.arange(ROWS)[::-1] % 10 + 1, 5).astype(np.uint8)
        parquet_tables.write(frame.astype(COLUMNS), path)
    made = frame, models, _ = leakage.tables(copies, paths, corpora, 5, 50, 1)
    assert models[["off", "gain", "low", "beyond"]].isna().all(axis=None)
    drawn = figure.draw(models)
    assert [axes.get_title(loc="left") for axes in drawn.axes] == ["The stricter split"]
    drawn = figure.draw(models[models["split_gap"].isna()])
    assert [text.get_text() for text in drawn.texts] == ["All test text is found in training text."]
    assert "| 20-gram | 1.000 | – | – | – |" in markdown(made)
    assert "nan" not in markdown(made)


def test_tables_are_read_again_drawn_and_told_in_words(tmp_path: Path) -> None:
    made = leakage.tables(*study(tmp_path), 5, 50, 1)
    frame, models, distances = made
    csv_tables.write(distances, tmp_path / "leakage_distance.csv")
    csv_tables.write(frame, tmp_path / "leakage.csv")
    csv_tables.write(models, tmp_path / "leakage_models.csv")
    pd.testing.assert_frame_equal(leakage.read(tmp_path / "leakage.csv"), frame)
    read = distance.read(tmp_path / "leakage_distance.csv")
    pd.testing.assert_frame_equal(read, distances)
    read = leakage.read_models(tmp_path / "leakage_models.csv")
    pd.testing.assert_frame_equal(read, models)
    drawn = figure.draw(**{"models": figure.numbers(tmp_path / "leakage_models.csv")["csv"]})
    assert [axes.get_title(loc="left") for axes in drawn.axes] == [
        "Novel", "Novel position", "The stricter split",
    ]  # fmt: skip
    labels = [tick.get_text() for tick in drawn.axes[-1].get_yticklabels()]
    assert labels[0].startswith("Novel position, ")
    (key,) = drawn.legends
    assert [text.get_text() for text in key.get_texts()] == [
        "on copied text", "off it", "stricter split less streams", "the same less the 1-gram’s",
    ]  # fmt: skip
    drawn.canvas.draw()
    assert key.get_window_extent().x1 <= drawn.bbox.x1
    assert key.get_window_extent().y0 >= drawn.axes[0].get_window_extent().y1
    only = models[models["model"].str.startswith("n-gram")]
    assert [a.get_title(loc="left") for a in figure.draw(only).axes] == [
        "Novel", "The stricter split",
    ]  # fmt: skip
    text = " ".join(leakage.sentences(frame, models))
    assert "20\\-gram 1.000 and 1\\-gram 0.100" in text
    assert "| 20-gram | 0.500 | 1.500 | +1.000" in markdown(made)


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
    marks = near.near_duplicates(splits["train"], splits["test"])
    np.testing.assert_array_equal(frame["near"].to_numpy().reshape(marks.shape), marks)
    copies, paths, corpora = study(tmp_path)
    for known in corpora:
        known.save(tmp_path / f"{known.name}.json")
    inputs = {
        "copies": [path for _, path in copies],
        "corpora": [tmp_path / f"{known.name}.json" for known in corpora],
        "tests": [tmp_path / f"{known.name}.npy" for known in corpora],
        "probabilities": paths,
    }
    for path in inputs["tests"]:
        save_split(path, np.zeros((1, 5), np.uint8))
    curve = a_curve(tmp_path / "curve.parquet", {0.0: [2.0, 1.305, 1.3]})
    inputs["curves"] = [curve]
    outputs = {"csv": "a.csv", "models": "b.csv", "distances": "c.csv", "md": "d.md"}
    trained = ("novel", "lstm-1x64")
    made = run_script(
        tmp_path, monkeypatch, "leakage", inputs, outputs, least=5, bootstrap=50, seed=1,
        trained=[list(trained)], encodings={},
    )  # fmt: skip
    expected = leakage.tables(copies, paths, corpora, 5, 50, 1, {trained: curve})
    pd.testing.assert_frame_equal(leakage.read_models(made["models"]), expected.models)
    pd.testing.assert_frame_equal(distance.read(made["distances"]), expected.distances)
    row = expected.models.set_index(["corpus", "model"]).loc[trained]
    assert row["train"] == 1.3
    assert row["generalisation"] == pytest.approx(1.35 - 1.3, abs=1e-6)
    assert "| 1.300 | +0.050 |" in made["md"].read_text(encoding="utf-8")


def test_the_best_of_each_cell_and_size_and_the_ends_of_the_contexts_are_drawn() -> None:
    off = {"lstm-1x64": 1.5, "lstm-2x64": 1.4, "gru-1x64": 1.45, "lstm-3x512": 1.1}
    off |= {"n-gram-1": 2.4, "n-gram-7": 1.3, "n-gram-20": 1.2, "n-nn-3": 1.6}
    off |= {"lstm-2x64+ngram": 1.2, "mine": 1.0}
    part = pd.DataFrame({"model": list(off), "off": list(off.values())})
    drawn = figure.shown(part)["model"].tolist()
    assert drawn == [model for model in off if model not in ("lstm-1x64", "n-gram-7")]
    assert figure.shown(part[part["model"] == "mine"])["model"].tolist() == ["mine"]
