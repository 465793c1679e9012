"""Which characters one model predicts better than another."""

import math
import os
import statistics
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from charlens.analyses.contest import Contest
from charlens.analyses.shared_errors import advantage
from charlens.analyses.stream_bootstrap import resampled_means
from charlens.errors import CharlensError
from charlens.files import csv_tables
from charlens.paper import numbers as paper
from charlens.predictions.loss import run_of
from charlens.runtime.resampling import resample_streams
from charlens.text.code_points import name_of
from charlens.text.encodings import ESCAPED
from contests import a_contest, a_corpus
from hypothesis import given
from hypothesis import strategies as st
from probability_files import random_columns
from scripts_alone import run_script
from test_contestants import files

ROOT = Path(__file__).parents[2]
CORPORA = Path(os.environ.get("CHARLENS_CORPORA", ROOT / ".." / "shared" / "corpora"))
KERNEL = CORPORA / "linux_kernel_v4.1-rc6.txt"


def byte_values(text: str) -> np.ndarray:
    return np.frombuffer(text.encode("latin-1"), np.uint8)


def slow_rows(contest: Contest, model: str) -> dict[int, tuple]:
    """By byte: count, means by model and baseline, difference, and its standard error."""
    places: dict[int, list[int]] = {}
    for i, byte in enumerate(contest.byte.tolist()):
        places.setdefault(byte, []).append(i)
    rows = {}
    for byte, positions in places.items():
        ours, baseline = (
            [float(contest.probability[m][i]) for i in positions] for m in (model, contest.n_gram)
        )
        paired = [a - b for a, b in zip(ours, baseline, strict=True)]
        n = len(positions)
        mean = statistics.mean(paired)
        runs = run_of(contest.stream)
        by_run: dict[int, float] = {}
        for i, value in zip(positions, paired, strict=True):
            by_run[runs[i]] = by_run.get(runs[i], 0.0) + value - mean
        count, squares = runs[-1] + 1, sum(x * x for x in by_run.values())
        known = len(by_run) > 1
        error = math.sqrt(squares * count / (count - 1)) / n if known else math.nan
        rows[byte] = (n, statistics.mean(ours), statistics.mean(baseline), statistics.mean(paired),
                       error)  # fmt: skip
    return rows


COLUMNS = ["count", "probability", "baseline_probability", "difference", "difference_se"]


def check(contest: Contest, min_count: int) -> None:
    table = advantage.table([contest], min_count, {contest.corpus.name: "latin-1"})
    for role, model in (("lstm", contest.lstm), *(("external", m) for m in contest.external)):
        part = table[(table["role"] == role) & (table["model"] == model)]
        slow = slow_rows(contest, model)
        assert sorted(part["byte"]) == sorted(slow)
        for row in part.to_dict("records"):
            np.testing.assert_allclose([row[c] for c in COLUMNS], slow[row["byte"]], atol=1e-7)
        assert (np.diff(part["difference"]) <= 0).all()
        ranked = part[part["count"] >= min_count]
        assert list(ranked["rank"]) == list(range(1, len(ranked) + 1))
        assert part.loc[part["count"] < min_count, "rank"].isna().all()


@given(st.text("ab \n{\xe9", min_size=1, max_size=60), st.integers(0, 9), st.integers(1, 6))
def test_against_a_slow_one(text, seed, min_count):
    check(a_contest(byte_values(text), seed=seed, external=("mine",)), min_count)


def test_on_a_slice_of_the_kernel():
    if not KERNEL.is_file():
        pytest.skip(f"{KERNEL} is absent; set CHARLENS_CORPORA to the folder that has it")
    text = np.fromfile(KERNEL, np.uint8)[1_000_000:1_030_000]
    check(a_contest(text, "linux_kernel"), 20)


def test_by_hand():
    byte = byte_values("aab")
    probability = {"lstm-1x8": np.array([0.5, 1.0, 0.25], np.float32),
                   "n-gram-2": np.array([0.25, 0.25, 0.5], np.float32)}  # fmt: skip
    contest = Contest(a_corpus("c", 3), byte, probability, "lstm-1x8", None, "n-gram-2", ())
    table = advantage.table([contest], 2)
    assert list(table["character"]) == ["a", "b"]
    assert list(table["difference"]) == [0.5, -0.25]
    # 0.5 and 1, each in one of three runs: √(2 · 0.25² · 3/2) / 2; the baseline does not vary.
    error = math.sqrt(2 * 0.25**2 * 3 / 2) / 2
    assert table["probability_se"].iloc[0] == pytest.approx(error)
    assert table["baseline_se"].iloc[0] == 0
    assert table["difference_se"].iloc[0] == pytest.approx(error)
    assert table["probability_se"].isna().tolist() == [False, True]
    assert table["rank"].tolist() == [1, pd.NA]


def test_errors_are_those_of_resampled_streams():
    """Characters of one stream are alike, so streams count, not characters."""
    random = np.random.default_rng(3)
    stream, which = np.repeat(np.arange(80), 100), random.integers(0, 2, 8000)
    values = np.repeat(random.random(80), 100) + 0.01 * random.random(8000)
    computed = advantage.means_by_character(which, values, run_of(stream))
    drawn = resample_streams(80, 4000, random)
    for i in (0, 1):
        mine = which == i
        means = resampled_means(values[mine, None], stream[mine], drawn)
        assert computed.standard_error[i] == pytest.approx(means.std(), rel=0.05)
        naive = values[mine].std() / math.sqrt(mine.sum())
        assert computed.standard_error[i] > 5 * naive


def test_characters_of_several_bytes():
    """Their probability is the product over their bytes; a cut one is bytes, stream by stream."""
    text = "né한n".encode() + "é한n".encode()[1:]
    byte, stream = np.frombuffer(text, np.uint8), np.repeat([0, 1], [7, 5])
    random = np.random.default_rng(1).random((2, 12), np.float32)
    probability = dict(zip(("lstm-1x8", "n-gram-2"), random, strict=True))
    ours, baseline = random.astype(float)
    contest = Contest(
        a_corpus("c", 12), byte, probability, "lstm-1x8", None, "n-gram-2", (), stream=stream
    )
    frame = advantage.table([contest], 1, {"c": "utf-8"}).set_index("character")
    assert frame["count"].to_dict() == {"n": 3, "é": 1, "한": 2, r"\xa9": 1}
    assert frame.loc["é", "probability"] == pytest.approx(ours[1] * ours[2])
    assert frame.loc["é", "baseline_probability"] == pytest.approx(baseline[1] * baseline[2])
    han = [p[3] * p[4] * p[5] + p[8] * p[9] * p[10] for p in (ours, baseline)]
    assert frame.loc["한", "difference"] == pytest.approx((han[0] - han[1]) / 2)
    assert frame.loc["한", "byte"] == 0xED


def test_names_of_characters():
    names = [name_of(byte) for byte in range(256)]
    assert len(set(names)) == 256
    assert [names[ord(c)] for c in ' \t\r\n"\\a~'] == [
        "<s>",
        r"\t",
        r"\r",
        r"\n",
        '"',
        "\\",
        "a",
        "~",
    ]
    assert (names[0], names[127], names[0xEF]) == (r"\x00", r"\x7f", "ï")
    points = [ESCAPED + 0xEF, 0xA0, 0x3000, ord("한")]
    assert list(map(name_of, points)) == [r"\xef", r"\u00a0", r"\u3000", "한"]
    marks = [0x301, 0xE31, 0x93F, 0x20E3, 0xFE0F, 0x34F]  # the last two are never seen
    assert list(map(name_of, marks)) == ["◌\u0301", "◌ั", "◌ि", "◌\u20e3", r"\ufe0f", r"\u034f"]
    for corpus in ("linux_kernel", "war_and_peace"):
        printed = paper.character_probabilities(corpus)
        assert len(printed) == 20
        assert set(printed) <= set(names)


def test_the_paper_beside():
    assert paper.character_probabilities("war_and_peace")[r"\r"] == (0.69, 0.29)
    assert paper.character_probabilities("linux_kernel")["V"] == (0.57, 0.72)
    assert paper.character_probabilities("python_docs") == {}
    text = byte_values('\r\n "ab')
    table = advantage.table([a_contest(text, external=("mine",))], 1).set_index(
        ["role", "character"]
    )
    row = table.loc[("lstm", r"\r")]
    assert (row["paper_probability"], row["paper_baseline"]) == (0.69, 0.29)
    assert row["papers_file"]
    assert table.loc["lstm"]["paper_probability"].notna().sum() == 3  # \r, <s> and "
    assert table.loc["external"][["paper_probability", "papers_file"]].isna().all(axis=None)
    assert not advantage.table([a_contest(text, size=5)], 1)["papers_file"].dropna().any()
    strict = advantage.table([a_contest(text, split="position")], 1)
    assert strict["paper_probability"].isna().all()


def test_the_largest():
    text = byte_values("".join(c * (20 + i) for i, c in enumerate("abcdefghij")) + "xyz")
    table = advantage.table([a_contest(text, seed=3)], 20)
    ahead, behind = advantage.largest(table, 3)
    ranked = sorted(
        (r for r in table.to_dict("records") if r["count"] >= 20), key=lambda r: -r["difference"]
    )
    names = [r["character"] for r in ranked]
    assert list(ahead["character"]) == [n for n, r in zip(names, ranked, strict=True)
                                        if r["difference"] > 0][:3]  # fmt: skip
    assert list(behind["character"]) == [n for n, r in zip(names, ranked, strict=True)
                                         if r["difference"] < 0][-3:]  # fmt: skip
    assert list(advantage.shown(table, 3)["character"]) == [*ahead["character"],
                                                            *behind["character"]]  # fmt: skip
    everything = advantage.largest(table, 100)
    assert sum(map(len, everything)) == 10  # none twice, none of the rare


def test_csv_round_trip(tmp_path):
    text = byte_values("\r\n\t \"',#\\|`\xef" * 30 + "n")
    table = advantage.table([a_contest(text, external=("mine",)), a_contest(text, "b")], 20)
    csv_tables.write(table, tmp_path / "t.csv")
    pd.testing.assert_frame_equal(advantage.read(tmp_path / "t.csv"), table, rtol=1e-8)
    with pytest.raises(CharlensError, match="run the rule advantage first"):
        advantage.read(tmp_path / "none.csv")


def test_markdown():
    table = advantage.table([a_contest(byte_values('\r`| "' * 25), size=1)], 20)
    lines = advantage.markdown(table, 10).splitlines()
    assert "## War and Peace: LSTM-3 (512) against 20-gram" in lines
    assert "The paper used another cut of this text: comparable, not equal." in lines
    row = table[table["character"] == r"\r"].iloc[0]
    difference = f"{row['difference']:+.3f} ± {row['difference_se']:.3f}".replace("-", "−")
    assert (
        f"| `\\r` | 25 | {row['probability']:.3f} | {row['baseline_probability']:.3f} | "
        f"{difference} | *0.69, 0.29* |"
    ) in lines
    cells = [line.replace(r"\|", "").count("|") for line in lines if line.startswith("| `")]
    assert cells == [7] * 5


def test_the_script(tmp_path, monkeypatch):
    a_corpus("a", 300).save(tmp_path / "corpus.json")
    models = files(tmp_path, "a", {"lstm-1x8": 1.0, "n-gram-3": 2.0})
    inputs = {"models": models, "corpora": [tmp_path / "corpus.json"]}
    outputs = {"csv": "a.csv", "md": "a.md"}
    made = run_script(
        tmp_path,
        monkeypatch,
        "advantage",
        inputs,
        outputs,
        min_count=2,
        characters=5,
        standard_errors=2.0,
        network="best",
    )
    table = advantage.read(made["csv"])
    np.testing.assert_allclose(table["difference"], np.exp(-1) - np.exp(-2), rtol=1e-6)
    values, counts = np.unique(random_columns(300)["byte"], return_counts=True)
    assert dict(zip(table["byte"], table["count"], strict=True)) == dict(
        zip(values, counts, strict=True)
    )
