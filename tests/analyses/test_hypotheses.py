"""Hypotheses about later models: numbers computed by hand, and the verdicts that follow."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from charlens.analyses.oracles import verdicts
from charlens.analyses.oracles.decade_streams import CATEGORIES, CLOSINGS, COLUMNS, FURTHER
from charlens.analyses.oracles.hypotheses import HYPOTHESES
from charlens.analyses.oracles.sums import Sums, lstm_beside
from charlens.analyses.oracles.verdicts import CONFIRMED, NOT_TESTED, REFUTED, UNDECIDED
from charlens.files import csv_tables
from charlens.models.names import grid_point

RUNS, EACH = 40, 100  # runs of text, and characters of each category in a run
KINDS = (*CATEGORIES, CLOSINGS)

# Errors in a run of 100 characters and bits per character, by category; 50 and 1.0 elsewhere.
Model = dict[str, tuple[float, float]]


def streams_of(models: dict[str, Model], noise: float = 0.01) -> pd.DataFrame:
    """Sums of made-up models: as given in the mean, with noise from run to run."""
    parts = []
    for i, (model, given) in enumerate(models.items()):
        draw = np.random.default_rng(i)
        for category in KINDS:
            errors, bits = given.get(category, (50.0, 1.0))
            around = draw.normal(0, noise, RUNS)
            around -= around.mean()
            parts.append(
                pd.DataFrame(
                    {"corpus": "novel", "model": model, "run": np.arange(RUNS),
                     "category": category, "characters": EACH,
                     "errors": np.round(1000 * errors * (1 + around)).astype(int),
                     "bits": EACH * (bits + around)}
                )
            )  # fmt: skip
    frame = pd.concat(parts, ignore_index=True)
    keys = {"m": frame["model"].map(list(models).index), "k": frame["category"].map(KINDS.index)}
    frame = frame.assign(**keys).sort_values(["m", "run", "k"], ignore_index=True)
    return frame[list(COLUMNS)].astype(COLUMNS)


AS_EXPECTED: dict[str, Model] = {
    "lstm-2x64": {"n-gram": (50, 1.0)},
    "lstm-2x128": {},
    "mingru-2x64": {"n-gram": (50, 0.9), CLOSINGS: (50, 1.3)},
    "gpt-2x64": {"memory": (50, 1.2)},
    "gpt-2x128": {"memory": (50, 0.8), "word model": (48, 1.0)},
    "n-gram-1": {"n-gram": (50, 3.0)},
    "n-gram-20": {"n-gram": (50, 0.5)},
    "lstm-2x64+ngram": {"n-gram": (50, 0.54)},
    "lstm-2x64+dynamic": {"memory": (35, 1.0), "rare words": (41, 1.0), "word model": (49, 1.0)},
}


def judged(models: dict[str, Model], noise: float = 0.01) -> pd.DataFrame:
    return verdicts.table(streams_of(models, noise), 200, 1)


def changed(model: str, category: str, errors: float, bits: float) -> dict[str, Model]:
    own = AS_EXPECTED[model] | {category: (errors, bits)}
    return AS_EXPECTED | {model: own}


def test_all_five_are_confirmed_where_numbers_are_as_expected() -> None:
    frame = judged(AS_EXPECTED)
    assert verdicts.overall(frame) == dict.fromkeys(("H1", "H2", "H3", "H4", "H5"), CONFIRMED)
    assert frame[["value", "low", "high"]].notna().all(axis=None)
    assert ((frame["low"] <= frame["value"]) & (frame["value"] <= frame["high"])).all()


def test_numbers_are_those_computed_by_hand() -> None:
    frame = judged(AS_EXPECTED)
    values = {
        (row.hypothesis, row.model, row.part.split()[-1]): (row.value, row.other)
        for row in frame.itertuples()
    }
    expected = {
        # 35 + 41 errors of 50 + 50; 49 of 50.
        ("H1", "lstm-2x64+dynamic", "words”"): (24.0, "lstm-2x64"),
        ("H1", "lstm-2x64+dynamic", "model”"): (2.0, "lstm-2x64"),
        ("H2", "gpt-2x64", "“memory”"): (0.2, "lstm-2x64"),
        ("H2", "gpt-2x128", "“memory”"): (-0.2, "lstm-2x128"),
        ("H3", "mingru-2x64", "“n-gram”"): (-0.1, "lstm-2x64"),
        ("H3", "mingru-2x64", "braces"): (0.3, "lstm-2x64"),
        # 1.0 - 0.54 of 1.0 - 0.5, beside the n-gram model of the longest context
        ("H4", "lstm-2x64+ngram", "go"): (92.0, "lstm-2x64"),
        ("H5", "gpt-2x128", "model”"): (4.0, "lstm-2x128"),
        ("H5", "lstm-2x64+dynamic", "model”"): (2.0, "lstm-2x64"),
    }
    for key, (value, other) in expected.items():
        assert values[key][0] == pytest.approx(value, abs=0.01), key
        assert values[key][1] == other
    asked = set(frame.loc[frame["hypothesis"] == "H5", "model"])
    assert asked == {"mingru-2x64", "gpt-2x64", "gpt-2x128", "lstm-2x64+ngram", "lstm-2x64+dynamic"}


@pytest.mark.parametrize(
    ("name", "model", "category", "errors", "bits"),
    [
        ("H1", "lstm-2x64+dynamic", "memory", 45, 1.0),  # 14 % fewer
        ("H1", "lstm-2x64+dynamic", "word model", 48, 1.0),  # 4 % fewer
        ("H2", "gpt-2x64", "memory", 50, 0.9),
        ("H2", "gpt-2x128", "memory", 50, 1.1),
        ("H3", "mingru-2x64", "n-gram", 50, 1.1),
        ("H3", "mingru-2x64", CLOSINGS, 50, 0.9),
        ("H4", "lstm-2x64+ngram", "n-gram", 50, 0.56),  # 88 %
        ("H5", "gpt-2x128", "word model", 44, 1.0),  # 12 % fewer
    ],
)
def test_each_is_refuted_by_one_number_on_the_other_side(
    name: str, model: str, category: str, errors: float, bits: float
) -> None:
    decided = verdicts.overall(judged(changed(model, category, errors, bits)))
    assert decided.pop(name) == REFUTED
    assert set(decided.values()) == {CONFIRMED}


def test_an_interval_on_both_sides_decides_nothing() -> None:
    frame = judged(changed("gpt-2x64", "memory", 50, 1.001), noise=0.1)
    row = frame[(frame["hypothesis"] == "H2") & (frame["model"] == "gpt-2x64")].iloc[0]
    assert row["low"] < 0 < row["high"]
    assert row["verdict"] == UNDECIDED
    assert verdicts.overall(frame)["H2"] == UNDECIDED


def test_without_the_models_nothing_is_tested() -> None:
    few = {model: AS_EXPECTED[model] for model in ("lstm-2x64", "n-gram-20", "lstm-2x64+ngram")}
    frame = judged(few)
    assert verdicts.overall(frame) == {
        "H1": NOT_TESTED, "H2": NOT_TESTED, "H3": NOT_TESTED, "H4": CONFIRMED, "H5": NOT_TESTED,
    }  # fmt: skip
    assert frame.loc[frame["hypothesis"] == "H2", "model"].isna().all()
    half = {model: given for model, given in AS_EXPECTED.items() if model != "gpt-2x128"}
    assert verdicts.overall(judged(half))["H2"] == NOT_TESTED, "one of its two sizes is missing"
    wrong = {m: g for m, g in changed("gpt-2x64", "memory", 50, 0.9).items() if m != "gpt-2x128"}
    assert verdicts.overall(judged(wrong))["H2"] == REFUTED, "one wrong half is enough"


def test_a_network_that_is_not_behind_the_n_gram_model_has_nothing_to_lose() -> None:
    frame = judged(changed("lstm-2x64", "n-gram", 50, 0.45))
    (row,) = frame[frame["hypothesis"] == "H4"].to_dict("records")
    assert pd.isna(row["model"])
    assert math.isnan(row["value"])
    assert row["verdict"] == NOT_TESTED
    ahead = {"lstm-3x512": {"n-gram": (50, 0.45)}, "lstm-3x512+ngram": {"n-gram": (50, 0.4)}}
    both = judged(AS_EXPECTED | ahead)
    assert set(both.loc[both["hypothesis"] == "H4", "model"]) == {"lstm-2x64+ngram"}
    assert verdicts.overall(both)["H4"] == CONFIRMED


def test_one_run_of_text_has_no_interval_and_decides_nothing() -> None:
    streams = streams_of(AS_EXPECTED)
    frame = verdicts.table(streams[streams["run"] == 0], 200, 1)
    assert frame["low"].isna().all()
    assert set(frame["verdict"]) == {UNDECIDED}


def test_later_networks_are_beside_the_lstm_of_their_recipe_layers_and_size() -> None:
    models = ["lstm-1x64", "lstm-2x64", "lstm_adamw-2x64", "lstm-1x128", "lstm-3x128", "gpt-2x64"]
    given: dict[str, Model] = {model: {} for model in models}
    given["lstm-3x128"] = {"rest": (50, 0.9)}
    sums = Sums(streams_of(given), 10, 1)
    assert lstm_beside(sums, grid_point("gpt-2x64"), "lstm_adamw", "lstm") == "lstm_adamw-2x64"
    assert lstm_beside(sums, grid_point("gpt-2x64"), "lstm") == "lstm-2x64"
    assert lstm_beside(sums, grid_point("gpt-2x128"), "lstm_adamw", "lstm") == "lstm-3x128"
    assert lstm_beside(sums, grid_point("gpt-2x256"), "lstm_adamw", "lstm") is None


def test_verdicts_are_read_again_and_told_in_words(tmp_path: Path) -> None:
    half = {model: given for model, given in AS_EXPECTED.items() if model != "gpt-2x128"}
    frame = judged(half)
    csv_tables.write(frame, tmp_path / "hypotheses.csv")
    again = verdicts.read(tmp_path / "hypotheses.csv")
    pd.testing.assert_frame_equal(again, frame, rtol=1e-8)
    text = verdicts.markdown(again)
    for hypothesis in HYPOTHESES:
        assert hypothesis.words in text
    assert "## H1: confirmed" in text
    assert "## H2: not tested" in text
    assert "needs a Transformer and an LSTM of size 128 or more" in text
    assert "LSTM-2 (64), learning beside LSTM-2 (64) | +24.0 [" in text
    (sentence,) = verdicts.sentences(again)
    assert "confirmed: H1, H3, H4 and H5; not tested: H2." in sentence


def test_a_diverged_training_is_in_no_hypothesis() -> None:
    """Neither as what is asked about, nor as the LSTM beside it."""
    bad = {category: (99.0, 30.0) for category in KINDS}
    lost = judged(AS_EXPECTED | {"gpt-2x128": bad})
    assert "gpt-2x128" not in set(lost["model"].dropna())
    beside = judged(AS_EXPECTED | {"lstm-adamw-2x64": bad})
    pd.testing.assert_frame_equal(beside, judged(AS_EXPECTED))


def again(trainings: dict[int, dict[str, Model]]) -> pd.DataFrame:
    """Trainings from other seeds: seed -> models."""
    parts = [streams_of(models).assign(seed=seed) for seed, models in trainings.items()]
    return pd.concat(parts, ignore_index=True)[list(FURTHER)]


def transformer(bits: float) -> dict[str, Model]:
    return {"lstm-2x64": {}, "gpt-2x64": {"memory": (50, bits)}}


def test_of_several_trainings_the_mean_counts_and_both_intervals_must_be_there() -> None:
    """0.2, 0.3 and 0.1 bits: a mean of 0.2 ± 4.30 · 0.1 / √3, which zero is inside of."""
    further = again({2: transformer(1.3), 3: transformer(1.1)})
    frame = verdicts.table(streams_of(AS_EXPECTED), 200, 1, further=further)
    row = frame[(frame["hypothesis"] == "H2") & (frame["model"] == "gpt-2x64")].iloc[0]
    assert (row["seeds"], row["value"]) == (3, pytest.approx(0.2, abs=1e-3))
    half = 4.302653 * 0.1 / math.sqrt(3)
    ends = [row["value"] - half, row["value"] + half]
    assert row[["seed_low", "seed_high"]].tolist() == pytest.approx(ends, abs=1e-3)
    assert 0 < row["low"] <= row["high"]
    assert row["verdict"] == UNDECIDED
    alike = again({2: transformer(1.21), 3: transformer(1.19)})
    near = verdicts.table(streams_of(AS_EXPECTED), 200, 1, further=alike)
    assert verdicts.overall(near)["H2"] == CONFIRMED
    below = again({2: transformer(0.6), 3: transformer(0.61)})
    assert verdicts.overall(
        verdicts.table(streams_of(AS_EXPECTED | transformer(0.605)), 200, 1, further=below)
    )["H2"] == REFUTED  # fmt: skip


def test_models_that_were_trained_once_have_no_interval_over_seeds() -> None:
    further = again({2: transformer(1.21)})
    frame = verdicts.table(streams_of(AS_EXPECTED), 200, 1, further=further)
    several = frame["seeds"] > 1
    assert set(frame.loc[several, "model"]) == {"gpt-2x64"}
    assert frame.loc[~several, ["seed_low", "seed_high"]].isna().all(axis=None)
    alone = judged(AS_EXPECTED)
    columns = [name for name in alone.columns if name != "verdict"]
    pd.testing.assert_frame_equal(frame.loc[~several, columns], alone.loc[~several, columns])
    assert "2 seeds [" in verdicts.markdown(frame)
    assert "from several seeds" in verdicts.markdown(frame)
    assert "Each network is one training" in verdicts.markdown(alone)


def test_another_training_that_diverged_does_not_count() -> None:
    """As of the first ones: it says nothing of its family."""
    lost = {kind: (50.0, 20.0) for kind in CATEGORIES}
    further = again({2: {"lstm-2x64": {}, "gpt-2x64": lost}})
    frame = verdicts.table(streams_of(AS_EXPECTED), 200, 1, further=further)
    pd.testing.assert_frame_equal(frame, judged(AS_EXPECTED))


def test_tables_of_earlier_versions_can_be_read(tmp_path: Path) -> None:
    frame = judged(AS_EXPECTED)
    csv_tables.write(frame.drop(columns=list(verdicts.LATER)), tmp_path / "old.csv")
    assert verdicts.markdown(verdicts.read(tmp_path / "old.csv")) == verdicts.markdown(frame)
