"""Kinds of errors of networks trained several times: each training, both intervals, the figure."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from charlens.analyses.oracles import (
    averaged,
    bars,
    excerpts,
    oracles,
    pies,
    seeds,
    seeds_markdown,
    tally,
)
from charlens.analyses.oracles import table as error_analysis
from charlens.errors import CharlensError
from charlens.files import csv_tables, parquet_tables
from charlens.predictions.file import ProbabilityMetadata, read_probabilities, write_probabilities
from charlens.text.corpus import Corpus, load_split, prepare, save_split
from scripts_alone import run_script
from small_run import prose

STREAMS = 40
SETTINGS = {"threshold": 0.5, "definitions": "fitted", "bootstrap": 200, "seed": 1}
LEVELS = {
    "lstm-1x64": {1: 0.10, 2: 0.20, 3: 0.18},
    "lstm-2x64": {1: 0.30, 2: 0.31, 3: 0.29},
    "gru-1x64": {1: 0.20, 2: 0.25},
}
"""How good the made-up trainings are, by network and seed."""


def predict(folder: Path, corpus: Corpus, model: str, seed: int, level: float) -> Path:
    """A probabilities file of made-up predictions; a higher level makes fewer errors."""
    rows = load_split(folder / "test.npy")
    size = rows[:, 1:].size
    draw = np.random.default_rng([seed, *model.encode()])
    columns = {
        "position": np.arange(size, dtype=np.int32),
        "stream": np.repeat(np.arange(len(rows), dtype=np.int16), rows.shape[1] - 1),
        "byte": np.array(corpus.vocabulary, np.uint8)[rows[:, 1:].ravel()],
        "probability": (draw.random(size) ** (1 - level)).astype(np.float32),
        "entropy": np.zeros(size, np.float32),
        "top_byte": np.zeros(size, np.uint8),
        "top_probability": np.ones(size, np.float32),
    }
    path = folder / str(seed) / f"{model}.parquet"
    path.parent.mkdir(exist_ok=True)
    metadata = ProbabilityMetadata(corpus.sha256, model, corpus.name, seed=seed)
    write_probabilities(path, columns, metadata)
    return path


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict, dict[int, list[Path]]]:
    folder = tmp_path_factory.mktemp("seeds")
    corpus, splits = prepare(prose(6000), "novel", "test", "streams", STREAMS, 20, 0.7, 0.1)
    inputs = {"corpus": folder / "corpus.json"}
    corpus.save(inputs["corpus"])
    for part in ("train", "test"):
        inputs[part] = folder / f"{part}.npy"
        save_split(inputs[part], splits[part])
    inputs["n_grams"] = [predict(folder, corpus, f"n-gram-{n}", 1, -0.3) for n in (1, 2, 9)]
    runs_of: dict[int, list[Path]] = {}
    for model, levels in LEVELS.items():
        for seed, level in levels.items():
            runs_of.setdefault(seed, []).append(predict(folder, corpus, model, seed, level))
    return inputs, runs_of


@pytest.fixture(scope="module")
def made(study) -> tuple[pd.DataFrame, pd.DataFrame]:
    return seeds.tables(*study, *SETTINGS.values())


def alone(inputs: dict, path: Path) -> np.ndarray:
    """The category of each character, by one file."""
    corpus = Corpus.load(inputs["corpus"])
    vocabulary = np.array(corpus.vocabulary, np.uint8)
    train, test = (vocabulary[load_split(inputs[name])] for name in ("train", "test"))
    p = read_probabilities(path)["probability"]
    ngram = np.zeros((len(oracles.NGRAMS), len(p)), np.float32)
    for file in inputs["n_grams"]:
        ngram[oracles.NGRAMS.index(int(file.stem[7:]))] = read_probabilities(file)["probability"]
    return tally.categories(tally.removed(tally.evidence(train, test), ngram, p), p)


def test_each_training_has_the_errors_of_its_own_file(study, made) -> None:
    inputs, runs_of = study
    frame, _ = made
    assert frame.drop_duplicates(["model", "seed"])[["model", "seed"]].to_numpy().tolist() == [
        [model, seed] for model, levels in LEVELS.items() for seed in levels
    ]
    for path in (runs_of[2][0], runs_of[3][1]):
        own = frame[(frame["model"] == path.stem) & (frame["seed"] == int(path.parent.name))]
        pd.testing.assert_frame_equal(
            own[["oracle", "family", "errors", "percent"]].reset_index(drop=True),
            tally.table(alone(inputs, path)).astype({"oracle": "string", "family": "string"}),
        )


def test_means_and_both_intervals_are_those_of_a_slow_computation(study, made) -> None:
    inputs, runs_of = study
    frame, intervals = made
    family = frame.groupby(["model", "seed", "family"], sort=False)["percent"].sum().unstack()
    family[averaged.ERRORS] = (
        100 * frame.groupby(["model", "seed"], sort=False)["errors"].sum()
        / frame["characters"].iloc[0]
    )  # fmt: skip
    table = intervals[intervals["level"] != averaged.ORACLE].set_index(["model", "name"])
    for name in (*oracles.ORACLES, averaged.ERRORS):
        row = table.loc[("lstm-1x64", name)]
        shares = family[name].loc["lstm-1x64"].to_numpy()
        others = family[name].loc["lstm-2x64"].to_numpy()
        assert row["mean"] == pytest.approx(shares.mean())
        assert (row["least"], row["most"]) == pytest.approx((shares.min(), shares.max()))
        pooled = math.sqrt((shares.var(ddof=1) + others.var(ddof=1)) / 2)
        assert row["seed_sd"] == pytest.approx(pooled)
        # 2.776445 is the 97.5 % point of Student's t with 4 degrees of freedom, in any table.
        half = 2.776445 * pooled / math.sqrt(3)
        assert row["seed_low"] == pytest.approx(row["mean"] - half, rel=1e-5)
        assert row["seed_high"] == pytest.approx(row["mean"] + half, rel=1e-5)
        assert row["text_low"] <= row["mean"] <= row["text_high"]
    assert set(table.loc["gru-1x64", "freedom"]) == {1}, "cells are not pooled"
    # Errors of all characters: streams are independent draws of one mean.
    wrong = [alone(inputs, runs_of[s][0]).reshape(STREAMS, -1) >= 0 for s in (1, 2, 3)]
    by_stream = 100 * np.mean(wrong, axis=0).mean(1)
    row = table.loc[("lstm-1x64", averaged.ERRORS)]
    width = 2 * 1.96 * by_stream.std(ddof=1) / math.sqrt(STREAMS)
    assert row["text_high"] - row["text_low"] == pytest.approx(width, rel=0.25)


def test_a_network_that_diverged_is_left_to_itself(study, tmp_path: Path, made) -> None:
    inputs, runs_of = study
    corpus = Corpus.load(inputs["corpus"])
    for part in ("train", "test"):
        (tmp_path / f"{part}.npy").write_bytes(inputs[part].read_bytes())
    lost = {1: 0.3, 2: -20.0}
    more = {s: [*runs_of[s], predict(tmp_path, corpus, "lstm-3x64", s, lost[s])] for s in lost}
    _, intervals = seeds.tables(inputs, runs_of | more, *SETTINGS.values())
    before = made[1].set_index(["model", "level", "name"])["seed_sd"]
    after = intervals.set_index(["model", "level", "name"])["seed_sd"]
    pd.testing.assert_series_equal(after.loc[before.index], before)
    assert set(intervals.loc[intervals["model"] == "lstm-3x64", "freedom"]) == {1}


def test_a_file_of_another_seed_is_refused(study) -> None:
    inputs, runs_of = study
    with pytest.raises(CharlensError, match=r"2/lstm-1x64.parquet: made with seed 2, expected 1"):
        seeds.tables(inputs, {1: runs_of[2]}, *SETTINGS.values())


def test_figure_6_shows_means_with_the_interval_over_seeds(made, tmp_path: Path) -> None:
    frame, intervals = made
    one = frame[(frame["model"] == "lstm-1x64") & (frame["seed"] == 1)]
    table = pd.concat(
        [one.assign(role="best", paper=np.nan), one.assign(role="external", model="mine")]
    )[list(error_analysis.COLUMNS)]
    csv_tables.write(table, tmp_path / "categories.csv")
    nothing = pd.DataFrame(columns=list(error_analysis.ELIMINATED))
    csv_tables.write(nothing, tmp_path / "eliminated.csv")
    csv_tables.write(intervals, tmp_path / "intervals.csv")
    paths = [tmp_path / f"{name}.csv" for name in ("categories", "eliminated", "intervals")]
    shown = bars.numbers(*paths)["csv"]
    mean, single = (shown[shown["model"] == model] for model in ("lstm-1x64", "mine"))
    expected = intervals[(intervals["model"] == "lstm-1x64") & (intervals["level"] == "oracle")]
    np.testing.assert_allclose(mean["percent"], expected["mean"], rtol=1e-8)
    np.testing.assert_allclose(mean["seed_low"], expected["seed_low"], rtol=1e-7)
    np.testing.assert_allclose(single["percent"], one["percent"], rtol=1e-8)
    assert single["seed_low"].isna().all()
    drawn = bars.draw(**{"table": shown, "eliminated": nothing})
    (legend,) = drawn.legends
    assert [t.get_text() for t in legend.get_texts()] == ["LSTM-1 (64), 3 seeds", "mine"]
    (lines, _) = (c.get_segments() for c in drawn.axes[0].collections)
    ends = [segment[:, 0] for segment in lines]
    np.testing.assert_allclose(ends, expected[["seed_low", "seed_high"]], rtol=1e-7)
    plain = bars.numbers(*paths[:2], [])["csv"]
    np.testing.assert_allclose(plain["percent"].iloc[: len(one)], one["percent"], rtol=1e-8)
    assert "seeds" not in plain


def test_pies_and_sentences_are_of_the_means_too(made, tmp_path: Path) -> None:
    """The first training alone makes more errors than the mean has, and of other kinds."""
    frame, intervals = made
    one = frame[(frame["model"] == "lstm-1x64") & (frame["seed"] == 1)]
    table = one.assign(role="best", paper=np.nan)[list(error_analysis.COLUMNS)]
    csv_tables.write(table, tmp_path / "categories.csv")
    csv_tables.write(intervals, tmp_path / "intervals.csv")
    nothing = pd.DataFrame(columns=["group", "byte", "marked", "boxed", "corpus", "model"])
    parquet_tables.write(
        nothing.reindex(columns=list(excerpts.COLUMNS)).astype(excerpts.COLUMNS),
        tmp_path / "examples.parquet",
    )
    paths = [tmp_path / name for name in ("categories.csv", "examples.parquet")]
    shown = pies.numbers(*paths, intervals=tmp_path / "intervals.csv")["csv"]
    own = intervals[intervals["model"] == "lstm-1x64"].set_index(["level", "name"])["mean"]
    np.testing.assert_allclose(shown["percent"], own["oracle"], rtol=1e-7)
    share = own["all", "errors"]
    made_by_all = frame[frame["model"] == "lstm-1x64"].groupby("seed")["errors"].sum()
    count = round(made_by_all.mean())
    assert count != made_by_all[1]
    drawn = pies.draw(shown, nothing)
    titles = [text.get_text() for text in drawn.axes[0].texts]
    assert any(f"{count:,} errors, {share:.0f} % of test characters" in text for text in titles)
    (sentence,) = error_analysis.sentences(table, eliminated := nothing.iloc[:0], intervals)
    assert f"makes {count:,} errors, the mean of 3 trainings ({share:.0f}% of the" in sentence
    kinds = ", ".join(f"{name} {own['family', name]:.0f} %" for name in ("n-gram", "memory"))
    assert f": {kinds}".replace("-", r"\-") in sentence
    (sentence,) = error_analysis.sentences(table, eliminated)
    assert f"makes {made_by_all[1]:,} errors (" in sentence


def test_tables_are_written_and_told_in_words(study, made, tmp_path: Path, monkeypatch) -> None:
    inputs, runs_of = study
    frame, intervals = made
    given = inputs | {"trainings": [path for some in runs_of.values() for path in some]}
    outputs = {"csv": "errors.csv", "intervals": "intervals.csv", "md": "errors.md"}
    repeated = [seed for seed in runs_of for _ in runs_of[seed]]
    paths = run_script(
        tmp_path, monkeypatch, "seed_errors", given, outputs, seeds=repeated, encoding=None,
        **SETTINGS,
    )  # fmt: skip
    pd.testing.assert_frame_equal(seeds.read(paths["csv"]), frame, rtol=1e-8)
    pd.testing.assert_frame_equal(seeds.read_intervals(paths["intervals"]), intervals, rtol=1e-8)
    text = paths["md"].read_text(encoding="utf-8")
    assert text == seeds_markdown.markdown(frame, intervals)
    row = intervals[(intervals["name"] == "errors") & (intervals["model"] == "lstm-1x64")].iloc[0]
    by_seed = frame[frame["model"] == "lstm-1x64"].groupby("seed")["errors"].sum()
    shares = [f"{100 * n / frame['characters'].iloc[0]:.1f}" for n in by_seed]
    assert f"| errors | {' | '.join(shares)} | **{row['mean']:.1f}** |" in text
    (first, second) = seeds.sentences(intervals)
    assert first.startswith("3 trainings of LSTM")
    assert "points over seeds" in second
    assert not list(seeds.sentences(intervals.iloc[:0]))
