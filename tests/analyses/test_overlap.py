"""Which errors models share."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from charlens.analyses.contest import Contest
from charlens.analyses.shared_errors import overlap
from charlens.errors import CharlensError
from charlens.files import csv_tables
from charlens.paper import numbers as paper
from charlens.text.corpus import save_split
from contests import a_contest, a_corpus
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scripts_alone import run_script
from test_contestants import files

REGIONS = ["lstm_only", "n-nn_only", "n-gram_only", "lstm&n-nn", "lstm&n-gram", "n-nn&n-gram",
           "lstm&n-nn&n-gram"]  # fmt: skip
BYTES = np.zeros(500, np.uint8)


def test_by_hand():
    """Eight characters, one of each region and one that all get right; 0.5 is no error."""
    columns = {
        "lstm-3x512": [0.1, 0.9, 0.5, 0.2, 0.4, 0.5, 0.49, 0.5],
        "n-nn-7": [0.5, 0.1, 0.8, 0.3, 0.9, 0.4, 0.49, 1.0],
        "n-gram-20": [0.6, 0.7, 0.0, 0.5, 0.1, 0.2, 0.49, 0.5],
    }
    probability = {model: np.array(values, np.float32) for model, values in columns.items()}
    corpus = a_corpus("mine", 8)
    byte = np.zeros(8, np.uint8)
    contest = Contest(corpus, byte, probability, "lstm-3x512", "n-nn-7", "n-gram-20", ())
    table = overlap.table([contest])
    assert list(table["region"]) == REGIONS
    assert (table["characters"] == 1).all()
    assert (table["percent"] == 12.5).all()
    assert set(table["trio"]) == {"lstm+n-nn+n-gram"}
    assert set(table["models"]) == {"lstm-3x512 n-nn-7 n-gram-20"}
    assert table["paper"].isna().all()
    assert overlap.totals(table) == [50, 50, 50]


@given(st.integers(1, 4).flatmap(lambda n: arrays(bool, st.tuples(st.just(n), st.integers(1, 40)))))
def test_regions_against_a_slow_count(errors):
    roles = [f"m{i}" for i in range(len(errors))]
    makers = [frozenset(r for r, made in zip(roles, column, strict=True) if made)
              for column in errors.T]  # fmt: skip
    expected = {
        "&".join(some) if len(some) > 1 else f"{some[0]}_only": makers.count(frozenset(some))
        for size in range(1, len(roles) + 1)
        for some in combinations(roles, size)
    }
    counted = overlap.regions(dict(zip(roles, errors, strict=True)))
    assert list(counted.items()) == list(expected.items())
    assert sum(counted.values()) == errors.any(axis=0).sum()


@pytest.mark.parametrize("roles", [["lstm"], ["a_only"], ["lstm", "n-nn"], ["a", "b", "c"]])
def test_names_of_regions(roles):
    assert overlap.members_of(overlap.region_name(roles)) == roles


def test_trios():
    contests = [a_contest(BYTES, external=("mine", "n-nn")), a_contest(BYTES, "b", n_nn=False)]
    table = overlap.table(contests)
    trios = table.drop_duplicates(["corpus", "models"])
    assert list(zip(trios["corpus"], trios["trio"], trios["models"], strict=True)) == [
        ("war_and_peace", "lstm+n-nn+n-gram", "lstm-3x512 n-nn-7 n-gram-20"),
        ("war_and_peace", "lstm+external+n-gram", "lstm-3x512 mine n-gram-20"),
        ("war_and_peace", "lstm+external+n-gram", "lstm-3x512 n-nn n-gram-20"),
        ("b", "lstm+n-gram", "lstm-3x512 n-gram-20"),
    ]
    pair = table[table["corpus"] == "b"]
    assert list(pair["region"]) == ["lstm_only", "n-gram_only", "lstm&n-gram"]
    # The same errors whoever else is looked at.
    for model, total in zip(("lstm-3x512", "n-gram-20"), overlap.totals(pair), strict=True):
        wrong = contests[1].probability[model] < 0.5
        assert total == pytest.approx(100 * wrong.mean())


def test_the_paper_beside_the_kernel_only():
    printed = paper.error_overlap("linux_kernel")
    assert list(printed) == REGIONS
    assert (printed["lstm_only"], printed["lstm&n-nn&n-gram"]) == (1.4, 23.0)
    assert paper.error_overlap("war_and_peace") == {}
    contest = a_contest(BYTES, "linux_kernel", external=("mine",))
    table = overlap.table([contest, a_contest(BYTES)])
    shown = table[table["paper"].notna()]
    assert set(zip(shown["corpus"], shown["trio"], strict=True)) == {
        ("linux_kernel", "lstm+n-nn+n-gram")
    }
    assert list(shown["paper"]) == list(printed.values())
    assert not shown["papers_file"].any()
    exact = overlap.table([a_contest(BYTES, "linux_kernel", size=6_206_996)])
    assert exact["papers_file"].all()
    for other in ({"n_nn": False}, {"split": "position"}):
        assert overlap.table([a_contest(BYTES, "linux_kernel", **other)])["paper"].isna().all()


def test_csv_round_trip(tmp_path):
    table = overlap.table([a_contest(BYTES, "linux_kernel", external=("x",)), a_contest(BYTES)])
    csv_tables.write(table, tmp_path / "t.csv")
    pd.testing.assert_frame_equal(overlap.read(tmp_path / "t.csv"), table, rtol=1e-8)
    csv_tables.write(table.drop(index=3), tmp_path / "t.csv")
    with pytest.raises(
        CharlensError, match=r"t\.csv: linux_kernel, lstm-3x512 .* expected"
    ) as caught:
        overlap.read(tmp_path / "t.csv")
    assert "\n" not in str(caught.value)
    with pytest.raises(CharlensError, match="run the rule error_overlap first"):
        overlap.read(tmp_path / "none.csv")


def test_markdown():
    contest = a_contest(BYTES, "linux_kernel", external=("mine",))
    table = overlap.table([contest])
    lines = overlap.markdown(table).splitlines()
    start = lines.index("## Linux Kernel: LSTM-3 (512), 7-NN, 20-gram")
    assert "does not name the corpus" in lines[start + 2]
    assert "another cut" in lines[start + 2]
    row = table.iloc[3]
    entry = f"| LSTM-3 (512) and 7-NN | {row['characters']} | {row['percent']:.1f} | *4.8* |"
    assert lines[start + 9] == entry
    errors = contest.probability["lstm-3x512"] < 0.5
    total = f"| all of LSTM-3 (512) | {errors.sum():,} | {100 * errors.mean():.1f} | *30.2* |"
    assert total in lines
    end = lines.index("## Linux Kernel: LSTM-3 (512), mine, 20-gram")
    assert "aper" not in "".join(lines[end:])


def test_the_script(tmp_path, monkeypatch):
    corpus = a_corpus("a", 300)
    corpus.save(tmp_path / "corpus.json")
    models = files(tmp_path, "a", {"lstm-1x8": 0.1, "lstm-2x8": 2.0, "n-gram-3": 3.0})
    save_split(tmp_path / "test.npy", np.zeros((10, 31), np.uint8))
    inputs = {
        "models": models,
        "corpora": [tmp_path / "corpus.json"],
        "tests": [tmp_path / "test.npy"],
    }
    outputs = {"csv": "o.csv", "md": "o.md"}
    config = {"network": "deepest", "encodings": {}}
    made = run_script(tmp_path, monkeypatch, "error_overlap", inputs, outputs, **config)
    table = overlap.read(made["csv"])
    assert list(table["characters"]) == [0, 0, 300]
    assert set(table["models"]) == {"lstm-2x8 n-gram-3"}
    assert set(table["chosen"]) == {"deepest"}
