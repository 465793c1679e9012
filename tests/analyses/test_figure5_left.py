"""Figure 5 (left): what it shows, and that it is the same file each time."""

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from charlens.analyses.closings import figure as figure5_left
from charlens.analyses.closings import table as closings
from charlens.display import style
from charlens.files import csv_tables
from scripts_alone import run_script
from test_closings import made_table
from test_figure4 import texts, within

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def table():
    """Of all groups of distances, one of which is empty."""
    return made_table(external=("mine",))


def test_bars_intervals_counts_and_rings(table):
    figure = figure5_left.draw(table)
    table = table[table["closings"] > 0]
    (axes,) = figure.axes
    assert figure.get_size_inches()[0] == pytest.approx(3.3)
    assert within(figure)
    for i, (_, rows) in enumerate(table.groupby("model", sort=False)):
        bars, reach = axes.containers[2 * i], axes.containers[2 * i + 1]
        np.testing.assert_allclose([bar.get_height() for bar in bars], rows["probability"])
        segments = np.array([ends[:, 1] for ends in reach.lines[2][0].get_segments()])
        known = rows[rows["lower"].notna()]
        np.testing.assert_allclose(segments, known[["lower", "upper"]])
    names = [label.get_text() for label in axes.get_xticklabels()]
    assert (names[0], names[-1]) == ("0–20", "250–300")
    counts = table.loc[table["role"] == "lstm", "closings"]
    assert [text for text in texts(axes) if text.isdigit()] == [str(n) for n in counts]
    rings = [
        y for line in axes.lines if line.get_marker() == "o" for y in line.get_ydata()
        if np.isfinite(y)
    ]  # fmt: skip
    assert rings == [*table.loc[table["role"] == "lstm", "paper"],
                     *table.loc[table["role"] == "n-gram", "paper"]]  # fmt: skip
    legend = [text.get_text() for text in axes.get_legend().get_texts()]
    assert legend == ["LSTM-3 (512)", "20-gram", "mine", "paper"]
    assert axes.get_title("left") == "Linux Kernel, { }"
    assert "another cut" in axes.get_title("right")
    assert axes.get_ylabel() == "Mean probability of }"


def test_pairs_of_several_bytes(table):
    """Where no installed font has a bracket it is a box, and without a warning."""
    parts = [table.assign(pair=pair) for pair in ("«»", "（）", '""')]
    figure = figure5_left.draw(pd.concat(parts, ignore_index=True))
    figure.canvas.draw()
    labels = [axes.get_ylabel() for axes in figure.axes]
    assert labels[0] == "Mean probability of »"
    assert labels[1] in ("Mean probability of ）", "Mean probability of □")
    assert labels[2] == "Mean probability of closing mark"
    assert within(figure)


def test_a_panel_per_corpus_and_pair(table):
    other = made_table("python_docs")
    quotes = other.assign(pair='""')
    figure = figure5_left.draw(pd.concat([table, other, quotes], ignore_index=True))
    titles = [axes.get_title("left") for axes in figure.axes]
    assert titles == ["Linux Kernel, { }", "Python docs, { }", "Python docs, quotations"]
    for axes in figure.axes[1:]:
        assert "paper" not in [text.get_text() for text in axes.get_legend().get_texts()]
        assert axes.get_title("right") == ""
    assert within(figure)


@pytest.mark.parametrize("bins", [1, 3, 10, 16])
def test_other_bins(table, bins):
    rows = [
        row | {"low": 10_000 * i, "high": 10_000 * (i + 1)}
        for i in range(bins)
        for row in table.iloc[:3].to_dict("records")
    ]
    figure = figure5_left.draw(pd.DataFrame(rows).astype(table.dtypes))
    assert within(figure)
    labels = figure.axes[0].get_xticklabels()
    assert len(labels) == bins
    boxes = [label.get_window_extent() for label in labels]
    if labels[0].get_rotation() == 0:
        assert all(a.x1 < b.x0 for a, b in pairwise(boxes))


def test_nothing_closed(table):
    empty = table.assign(closings=0, **dict.fromkeys(["probability", "lower", "upper"], np.nan))
    figure = figure5_left.draw(empty.assign(paper=np.nan))
    assert within(figure)
    assert not figure.axes
    assert "Nothing that was opened is closed" in figure.texts[0].get_text()


def test_empty_groups_and_panels_are_left_out(table):
    some = table.copy()
    some.loc[some["low"] >= 100, "closings"] = 0
    empty = table.assign(closings=0, corpus="python_docs")
    figure = figure5_left.draw(pd.concat([some, empty], ignore_index=True))
    (axes,) = figure.axes
    names = [label.get_text() for label in axes.get_xticklabels()]
    assert names == ["0–20", "20–40", "40–60", "80–100"]  # none closes after 60 to 80
    assert within(figure)


def test_many_models(table):
    rows = table.iloc[2::3]
    names = ["an-external-model-of-some-length", "another-external-model-of-some-length"]
    many = pd.concat([table, *(rows.assign(model=name) for name in names)], ignore_index=True)
    figure = figure5_left.draw(many)
    assert within(figure)
    colors = {bars[0].get_facecolor() for bars in figure.axes[0].containers[::2]}
    assert len(colors) == 5


DRAW = """
import sys
from charlens.analyses.closings import table as closings
from charlens.analyses.closings import figure as figure5_left
from charlens.display import style
source, target = sys.argv[1:]
style.save(figure5_left.draw(closings.read(source)), target + "/f.pdf", target + "/f.png")
"""


def test_two_processes_give_equal_bytes(tmp_path, table):
    csv_tables.write(table, tmp_path / "t.csv")
    environment = os.environ | {"PYTHONHASHSEED": "1", "PYTHONPATH": str(ROOT / "workflow")}
    command = [sys.executable, "-c", DRAW, str(tmp_path / "t.csv"), str(tmp_path / "1")]
    subprocess.run(command, check=True, env=environment)
    again = figure5_left.draw(closings.read(tmp_path / "t.csv"))
    style.save(again, tmp_path / "2" / "f.pdf", tmp_path / "2" / "f.png")
    for name in ("f.pdf", "f.png"):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes(), name


def test_the_script(tmp_path, monkeypatch, table):
    csv_tables.write(table, tmp_path / "t.csv")
    outputs = {name: f"f.{name}" for name in ("pdf", "png", "csv")}
    made = run_script(
        tmp_path,
        monkeypatch,
        "draw",
        {"closings": tmp_path / "t.csv"},
        outputs,
        "charlens.analyses.closings.figure",
    )
    assert made["csv"].read_bytes() == (tmp_path / "t.csv").read_bytes()
