"""Networks trained from several seeds: means, both intervals, differences, what is refused."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from charlens.analyses.cross_entropy import figure as figure1
from charlens.analyses.cross_entropy import seed_differences as differences
from charlens.analyses.cross_entropy import seed_runs as runs
from charlens.analyses.cross_entropy import seeds
from charlens.analyses.cross_entropy import table as cross_entropy
from charlens.analyses.cross_entropy.averaged import averaged
from charlens.analyses.cross_entropy.markdown import markdown
from charlens.analyses.seed_interval import half_width
from charlens.errors import CharlensError
from charlens.files import csv_tables
from charlens.replication import tolerances
from charlens.runtime.resampling import resample_streams
from charlens.text.corpus import save_split
from contests import a_corpus
from probability_files import write_model
from scripts_alone import run_script

ROWS, STREAMS = 4000, 40
WP = a_corpus("war_and_peace", ROWS)


def losses_of(mean: float, noise: int) -> np.ndarray:
    """Losses of one training, which vary from stream to stream as the text does."""
    text = np.repeat(np.random.default_rng(9).normal(0, 0.1, STREAMS), ROWS // STREAMS)
    return mean + text + np.random.default_rng(noise).normal(0, 0.05, ROWS)


def trained(folder: Path, model: str, means: dict[int, float]) -> dict[int, Path]:
    """A file for each training, seed -> path."""
    stream = (np.arange(ROWS) * STREAMS // ROWS).astype(np.int16)
    paths = {}
    for seed, mean in means.items():
        probability = np.exp(-losses_of(mean, 100 * seed + len(model))).astype(np.float32)
        paths[seed] = write_model(
            folder / str(seed), model, rows=ROWS, trained_with=seed, stream=stream,
            probability=probability, top_probability=np.maximum(probability, np.float32(0.5)),
        )  # fmt: skip
    return paths


NETWORKS = {
    "lstm-1x64": {1: 1.30, 2: 1.36, 3: 1.33},
    "lstm-2x64": {1: 1.35, 2: 1.32, 3: 1.38},
    "gru-1x64": {1: 1.20, 2: 1.201, 3: 1.199},
}


@pytest.fixture
def made(tmp_path: Path) -> tuple[pd.DataFrame, pd.DataFrame, dict[int, list[Path]]]:
    """Networks, their differences, and the files behind them."""
    runs_of: dict[int, list[Path]] = {}
    for model, means in NETWORKS.items():
        for seed, path in trained(tmp_path, model, means).items():
            runs_of.setdefault(seed, []).append(path)
    frame, _, pairs = seeds.tables(runs_of, 200, 1, [WP])
    return frame, pairs, runs_of


def each_loss(path: Path) -> np.ndarray:
    return -np.log(pd.read_parquet(path)["probability"].to_numpy(np.float64))


def test_means_and_both_spreads_are_those_of_a_slow_computation(made) -> None:
    frame, _, runs_of = made
    assert frame["model"].tolist() == ["lstm-1x64", "lstm-2x64", "gru-1x64"]
    of = {model: [each_loss(runs_of[s][i]) for s in (1, 2, 3)] for i, model in enumerate(NETWORKS)}
    squares = freedom = 0.0
    for model in ("lstm-1x64", "lstm-2x64"):
        means = [loss.mean() for loss in of[model]]
        squares += sum((m - sum(means) / 3) ** 2 for m in means)
        freedom += 2
    lstm = frame.set_index("model").loc["lstm-1x64"]
    assert lstm["mean"] == pytest.approx(np.mean(of["lstm-1x64"]), abs=1e-12)
    assert lstm["seed_sd"] == pytest.approx(math.sqrt(squares / freedom), rel=1e-9)
    assert lstm["freedom"] == freedom == 4
    # 2.776445 is the 97.5 % point of Student's t with 4 degrees of freedom, in any printed table.
    half = 2.776445 * math.sqrt(squares / freedom / 3)
    assert lstm["seed_half_width"] == pytest.approx(half, rel=1e-6)
    by_stream = np.mean(of["lstm-1x64"], axis=0).reshape(STREAMS, -1).mean(1)
    expected = by_stream.std(ddof=1) / math.sqrt(STREAMS)
    assert lstm["text_sd"] == pytest.approx(expected, rel=0.2), "streams are what is resampled"
    losses = seeds.tables(runs_of, 200, 1, [WP]).losses
    assert losses[["model", "seed"]].to_numpy().tolist() == [
        [model, seed] for model in NETWORKS for seed in (1, 2, 3)
    ]
    means = losses.groupby("model", sort=False)["cross_entropy"].mean()
    assert means.tolist() == pytest.approx(frame["mean"].tolist(), abs=1e-12)
    second = losses[(losses["model"] == "lstm-1x64") & (losses["seed"] == 2)]
    assert second["cross_entropy"].item() == pytest.approx(of["lstm-1x64"][1].mean(), abs=1e-12)
    assert not losses["diverged"].any()


def test_differences_pair_the_text_and_not_the_seeds(made) -> None:
    frame, pairs, _ = made
    table = frame.set_index("model")
    assert list(zip(pairs["model"], pairs["other"], strict=True)) == [
        ("lstm-1x64", "lstm-2x64"),
        ("lstm-1x64", "gru-1x64"),
        ("lstm-2x64", "gru-1x64"),
    ]
    row = pairs.iloc[1]
    assert row["difference"] == pytest.approx(
        table.loc["lstm-1x64", "mean"] - table.loc["gru-1x64", "mean"]
    )
    apart = table.loc["lstm-1x64", "seed_sd"] ** 2 + table.loc["gru-1x64", "seed_sd"] ** 2
    assert row["seed_se"] == pytest.approx(math.sqrt(apart / 3), rel=1e-9)
    # The streams differ from each other by 0.1 for both networks alike; that cancels.
    assert row["text_se"] < table.loc["lstm-1x64", "text_sd"] / 5
    assert row["low"] < row["difference"] < row["high"]
    assert pairs["differs"].tolist() == [False, True, True]


def test_a_pair_of_one_cell_has_the_degrees_of_freedom_of_its_one_estimate(made) -> None:
    _, pairs, _ = made
    row = pairs.iloc[0]
    variance, freedom = differences.together(
        [(row["seed_se"] ** 2, 4), (row["text_se"] ** 2, STREAMS - 1)]
    )
    assert 4 <= freedom < 4.5
    assert row["high"] - row["difference"] == pytest.approx(half_width(variance, freedom))


def test_where_nothing_differs_few_pairs_do() -> None:
    """Under the null, Holm's correction keeps wrong claims to one family in twenty."""
    wrong, draw = 0, np.random.default_rng(4)
    times = resample_streams(STREAMS, 200, draw)
    lengths = np.full(STREAMS, 100)
    for _ in range(200):
        networks = []
        text = draw.normal(130, 10, STREAMS)
        for layers in (1, 2, 3):
            sums = {s: text + draw.normal(0, 2) + draw.normal(0, 5, STREAMS) for s in (1, 2, 3)}
            networks.append(runs.Network("c", f"gru-{layers}x64", 5.0, lengths, sums))
        rows = differences.rows(networks, runs.spreads(networks), times)
        wrong += any(row["differs"] for row in rows)
    assert wrong / 200 < 0.1


def test_a_diverged_training_spoils_no_other_network(tmp_path: Path) -> None:
    runs_of: dict[int, list[Path]] = {}
    networks = NETWORKS | {"lstm-3x64": {1: 1.4, 2: 9.0, 3: 1.4}}
    for model, means in networks.items():
        for seed, path in trained(tmp_path, model, means).items():
            runs_of.setdefault(seed, []).append(path)
    made = seeds.tables(runs_of, 20, 1, [WP])
    frame, losses, pairs = made
    lost = losses[losses["diverged"]]
    assert lost[["model", "seed"]].to_numpy().tolist() == [["lstm-3x64", 2]]
    spread = frame.set_index("model")["seed_sd"]
    assert spread["lstm-1x64"] < 0.1 < 1 < spread["lstm-3x64"]
    assert "lstm-3x64" not in {*pairs["model"], *pairs["other"]}
    assert f"| {lost['cross_entropy'].item():.3f}† |" in seeds.markdown(made, 20)


@pytest.mark.parametrize("lost", ["lstm-1x64", "lstm-2x64"])
@pytest.mark.parametrize("sound", [{}, {"lstm-3x64": {1: 1.4, 2: 1.41, 3: 1.4}}])
def test_the_spread_of_a_cell_is_that_of_its_sound_networks(
    tmp_path: Path, lost: str, sound: dict[str, dict[int, float]]
) -> None:
    """Whichever network of the cell comes first in the table."""
    runs_of: dict[int, list[Path]] = {}
    for model, means in (NETWORKS | {lost: {1: 1.3, 2: 9.0, 3: 1.3}} | sound).items():
        for seed, path in trained(tmp_path, model, means).items():
            runs_of.setdefault(seed, []).append(path)
    made = seeds.tables(runs_of, 20, 1, [WP])
    spread = made.networks.set_index("model")["seed_sd"]
    (other,) = {"lstm-1x64", "lstm-2x64"} - {lost}
    assert spread[other] < 0.1 < 1 < spread[lost]
    assert f"{spread[other]:.3f} for the LSTM" in " ".join(seeds.sentences(made.networks))
    assert f"one training: LSTM {spread[other]:.3f}, GRU" in seeds.markdown(made, 20)


def test_one_seed_and_one_stream_have_no_interval(tmp_path: Path) -> None:
    path = trained(tmp_path, "lstm-1x64", {1: 1.3})[1]
    made = seeds.tables({1: [path]}, 20, 1, [WP])
    assert made.networks[["seed_sd", "seed_half_width"]].isna().all(axis=None)
    assert len(made.differences) == 0
    assert "± nan" not in seeds.markdown(made, 20)
    single = runs.Network("c", "gru-1x64", 5.0, np.array([100]), {1: np.array([130.0])})
    assert math.isnan(
        runs.deviation(single.resampled(resample_streams(1, 5, np.random.default_rng())))
    )


def test_a_file_of_another_seed_is_refused(made) -> None:
    *_, runs_of = made
    with pytest.raises(CharlensError, match=r"1/war_and_peace/lstm-1x64.parquet: made with seed 1"):
        seeds.tables({1: runs_of[2][:0], 2: runs_of[1]}, 20, 1, [WP])


def test_figure_1_and_its_table_show_the_mean_with_both_intervals(made, tmp_path: Path) -> None:
    frame, _, runs_of = made
    table = cross_entropy.table(runs_of[1], 20, 1, [WP])
    shown = averaged(table, frame)
    assert shown["cross_entropy"].tolist() == pytest.approx(frame["mean"].tolist())
    assert shown["bits_per_character"].tolist() == pytest.approx(
        (frame["mean"] / math.log(2)).tolist()
    )
    assert shown["bootstrap_sd"].tolist() == pytest.approx(frame["text_sd"].tolist())
    assert shown.loc[shown["best_in_row"], "model"].tolist() == ["gru-1x64"]
    row = frame.iloc[0]
    text = markdown(shown, 20)
    assert (
        f"{row['mean']:.3f} ± {row['text_sd']:.3f}<br>± {row['seed_half_width']:.3f} seeds" in text
    )
    csv_tables.write(table, tmp_path / "cross_entropy.csv")
    csv_tables.write(frame, tmp_path / "seeds.csv")
    numbers = figure1.numbers(tmp_path / "cross_entropy.csv", tmp_path / "seeds.csv")["csv"]
    drawn = figure1.draw(numbers)
    written = [text.get_text() for axes in drawn.axes for text in axes.texts]
    assert f"±{row['seed_half_width']:.3f}".replace("±0", "±") in written
    plain = figure1.draw(figure1.numbers(tmp_path / "cross_entropy.csv", [])["csv"])
    assert "seeds" not in [text.get_text() for axes in plain.axes for text in axes.texts]


def test_a_network_without_further_seeds_keeps_its_own_number(made) -> None:
    frame, _, runs_of = made
    table = cross_entropy.table(runs_of[1], 20, 1, [WP])
    shown = averaged(table, frame[frame["model"] != "gru-1x64"])
    row = shown.set_index("model").loc["gru-1x64"]
    assert row["cross_entropy"] == table.set_index("model").loc["gru-1x64", "cross_entropy"]
    assert row["seeds"] == 1
    assert math.isnan(row["seed_half_width"])


def test_sentences_name_what_the_seed_moves(made) -> None:
    frame, pairs, _ = made
    text = " ".join(seeds.sentences(frame, pairs))
    assert f"{frame['seed_sd'].iloc[0]:.3f} for the LSTM" in text
    assert "2 of 3 cases" in text
    assert "On War and Peace, 3 trainings of each of 3 networks: one training has" in text


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ([3, 2, 3], "3 trainings of 2 networks and 2 of one"),
        ([3] * 9 + [2], "3 trainings of 9 networks and 2 of one"),
        ([2, 5, 3, 2, 1, 1, 1], "5 trainings of one network, 3 of one, 2 of 2 and one of 3"),
        ([4], "4 trainings of one network"),
    ],
)
def test_sentences_count_the_trainings_of_each_network(made, counts: list, words: str) -> None:
    frame = made[0].iloc[[0] * len(counts)].assign(seeds=counts)
    assert f", {words}: one training has" in next(seeds.sentences(frame))


def test_the_tolerance_of_a_mean_grows_with_the_spread_and_falls_with_the_seeds() -> None:
    assert tolerances.of_mean(0.02, 0.0, 3) == 0.02
    several = [tolerances.of_mean(0.02, 0.02, n) for n in (2, 3, 10)]
    assert all(later < earlier for earlier, later in pairwise(several))
    assert several[-1] > math.hypot(0.02, 0.04)  # the paper's is a single training for ever


def test_the_script_writes_what_the_library_makes(made, tmp_path: Path, monkeypatch) -> None:
    *_, runs_of = made
    expected = seeds.tables(runs_of, 200, 1, [WP])
    WP.save(tmp_path / "corpus.json")
    inputs = {
        "probabilities": [path for some in runs_of.values() for path in some],
        "corpora": [tmp_path / "corpus.json"],
        "tests": [tmp_path / "test.npy"],
    }
    save_split(inputs["tests"][0], np.zeros((1, 5), np.uint8))
    outputs = {"csv": "seeds.csv", "losses": "losses.csv", "differences": "differences.csv",
               "md": "seeds.md"}  # fmt: skip
    repeated = [seed for seed in runs_of for _ in runs_of[seed]]
    paths = run_script(
        tmp_path, monkeypatch, "seeds", inputs, outputs, bootstrap=200, seed=1, seeds=repeated,
        encodings={},
    )  # fmt: skip
    pd.testing.assert_frame_equal(seeds.read(paths["csv"]), expected.networks)
    pd.testing.assert_frame_equal(seeds.read_losses(paths["losses"]), expected.losses)
    pd.testing.assert_frame_equal(
        seeds.read_differences(paths["differences"]), expected.differences
    )
    assert paths["md"].read_text(encoding="utf-8") == seeds.markdown(expected, 200)
