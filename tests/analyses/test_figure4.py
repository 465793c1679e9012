"""Figure 4: what it shows, and that it is the same file each time."""

import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from charlens.analyses import contest_colours as contest
from charlens.analyses.contest import EXTERNAL, LSTM, N_GRAM, N_NN
from charlens.analyses.shared_errors import advantage, bars, overlap, venn
from charlens.analyses.shared_errors import figure as figure4
from charlens.display import style
from charlens.files import csv_tables
from contests import a_contest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.patches import Circle
from scripts_alone import run_script

ROOT = Path(__file__).parents[2]
TEXT = "".join(c * (20 + 7 * i) for i, c in enumerate('ab\r\n\t "=}({;XYZ0123456789'))
BYTES = np.frombuffer(TEXT.encode(), np.uint8)


def tables(*contests):
    return overlap.table(contests), advantage.table(contests, 20)


@pytest.fixture(scope="module")
def kernel():
    return tables(a_contest(BYTES, "linux_kernel", external=("mine",), seed=2))


def texts(axes):
    return [text.get_text() for text in axes.texts]


def within(figure):
    """Whether nothing that is written leaves the page."""
    renderer = figure.canvas.get_renderer()
    figure.draw(renderer)
    artists = [*figure.texts]
    for axes in figure.axes:
        artists += axes.texts
        artists += [axes.yaxis.label, *axes.get_xticklabels()] if axes.axison else []
        artists += [axes.get_legend()] if axes.get_legend() else []
    boxes = [artist.get_window_extent(renderer) for artist in artists]
    return all(
        box.x0 >= 0 and box.y0 >= 0 and box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1
        for box in boxes
        if box.width > 1
    )


def test_rows_and_percentages(kernel):
    figure = figure4.draw(*kernel, 10)
    assert figure.get_size_inches()[0] == pytest.approx(6.9)
    assert len(figure.axes) == 4  # a Venn diagram and bars for each of two trios
    assert within(figure)
    regions = kernel[0]
    for axes, (_, trio) in zip(
        figure.axes[::2], regions.groupby("models", sort=False), strict=True
    ):
        shown = texts(axes)
        for percent in trio["percent"]:
            assert f"{percent:.1f}" in shown
        for total in overlap.totals(trio):
            assert sum(text.endswith(f"  {total:.1f} %") for text in shown) >= 1
    printed = {"1.4", "8.3", "2.6", "4.8", "1.0", "6.0", "23.0"}
    italic = [t.get_text() for t in figure.axes[0].texts if t.get_style() == "italic"]
    assert set(italic) == printed
    assert not [t for t in figure.axes[2].texts if t.get_style() == "italic"]
    notes = " ".join(text.get_text() for text in figure.texts)
    assert "does not name the corpus of its overlap" in notes
    assert "another cut" in notes


def test_bars(kernel):
    regions, table = kernel
    figure = figure4.draw(regions, table, 5)
    for axes, model in zip(figure.axes[1::2], ("lstm-3x512", "mine"), strict=True):
        part = table[table["model"] == model]
        rows = advantage.shown(part, 5)
        names = [label.get_text() for label in axes.get_xticklabels()]
        assert names == list(rows["character"])
        left, right = axes.containers[0], axes.containers[2]
        assert [bar.get_height() for bar in left] == pytest.approx(rows["probability"])
        assert [bar.get_height() for bar in right] == pytest.approx(rows["baseline_probability"])
        reach = axes.containers[1].lines[2][0].get_segments()
        expected = rows["probability"].iloc[0] + rows["probability_se"].iloc[0] * np.array([-1, 1])
        assert reach[0][:, 1] == pytest.approx(expected)
        assert {bars.short(count) for count in rows["count"]} <= set(texts(axes))
        legend = [text.get_text() for text in axes.get_legend().get_texts()]
        assert legend[1] == "20-gram"
        assert ("paper" in legend) == rows["paper_probability"].notna().any()


def test_rings_are_the_papers():
    only = np.frombuffer(b"\r" * 30 + b"a" * 30, np.uint8)
    figure = figure4.draw(*tables(a_contest(only, seed=1)), 3)
    axes = figure.axes[1]
    names = [label.get_text() for label in axes.get_xticklabels()]
    at = axes.get_xticks()[names.index(r"\r")]
    rings = {
        (round(float(x), 3), float(y))
        for line in axes.lines
        if line.get_marker() == "o"
        for x, y in line.get_xydata()
        if np.isfinite(y)
    }
    assert rings == {(round(at - 0.2, 3), 0.69), (round(at + 0.2, 3), 0.29)}


def test_nothing_from_the_paper_without_it():
    figure = figure4.draw(*tables(a_contest(BYTES, "mine", n_nn=False)), 10)
    assert "aper" not in " ".join(text.get_text() for text in figure.texts)
    assert sum(isinstance(patch, Circle) for patch in figure.axes[0].patches) == 4  # two, outlined
    assert within(figure)


def test_colors():
    colors = contest.colors(
        [(LSTM, "a"), (N_NN, "b"), (N_GRAM, "c"), (EXTERNAL, "d"), (EXTERNAL, "e")]
    )
    assert colors["a"] == style.cell_colors({"lstm"})["lstm"]
    assert len(set(colors.values())) == 5


@pytest.mark.parametrize(
    ("count", "expected"),
    [(0, "0"), (903, "903"), (999, "999"), (1000, "1.0k"), (4_246, "4.2k"), (9_940, "9.9k"),
     (9_960, "10k"), (51_946, "52k"), (999_400, "999k"), (999_600, "1.0M"), (1_200_000, "1.2M")],
)  # fmt: skip
def test_short_counts(count, expected):
    assert bars.short(count) == expected


# Circles


def areas(centers, radii, inside, points=600):
    """Area of each region, by counting points."""
    low, high = (centers - radii[:, None]).min(axis=0), (centers + radii[:, None]).max(axis=0)
    x, y = np.meshgrid(*np.linspace(low, high, points).T)
    inside_of = [np.hypot(x - c[0], y - c[1]) < r for c, r in zip(centers, radii, strict=True)]
    cell = np.prod((high - low) / (points - 1))
    return np.array([
        np.logical_and.reduce([h == w for h, w in zip(inside_of, who, strict=True)]).sum() * cell
        for who in inside
    ])  # fmt: skip


THREE = np.array(
    [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1], [1, 1, 1]], bool
)
TWO = np.array([[1, 0], [0, 1], [1, 1]], bool)


@pytest.mark.parametrize("inside", [THREE, TWO])
def test_circles_are_to_scale(inside):
    sizes = np.array([1.4, 8.3, 2.6, 4.8, 1.0, 6.0, 23.0])[-len(inside) :]
    centers, radii, to_scale = venn.circles(inside, sizes)
    assert to_scale
    counted = areas(centers, radii, inside)
    unit = sizes.sum()
    for i in range(inside.shape[1]):
        expected = sizes[inside[:, i]].sum() / unit
        assert np.pi * radii[i] ** 2 == pytest.approx(expected, rel=1e-3)
        for j in range(i):
            both = inside[:, i] & inside[:, j]
            assert counted[both].sum() == pytest.approx(sizes[both].sum() / unit, rel=0.02)


@settings(max_examples=60)
@given(st.sampled_from([THREE, TWO]), st.data())
def test_every_region_that_is_not_empty_is_there(inside, data):
    """Whatever the sizes: else its percentage would be in another region."""
    size = st.sampled_from([0.0, 0.01, 1.0, 20.0]) | st.floats(0, 100)
    sizes = np.array(data.draw(st.lists(size, min_size=len(inside), max_size=len(inside))))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        centers, radii, to_scale = venn.circles(inside, sizes)
    assert np.isfinite(centers).all()
    assert (radii >= 0).all()
    for who in inside[sizes > 0]:
        (x, y), room = venn._spot(who, centers, radii)
        assert room > 0
        distance = np.hypot(x - centers[:, 0], y - centers[:, 1])
        assert ((distance < radii) == who).all()
    assert to_scale or sizes.sum() == 0 or np.allclose(radii, radii[0])


@given(st.lists(st.floats(-42, 42), max_size=7), st.sampled_from([9.0, 12.0]))
def test_labels_beside_do_not_touch(targets, gap):
    targets = sorted(targets)
    heights = venn._spread(targets, gap)
    assert (np.diff(heights) >= gap - 1e-9).all()
    assert max(heights, default=0) <= 42 + 1e-9
    if (np.diff(targets) >= gap).all() and max(targets, default=0) <= 42 - gap / 2:
        assert heights == targets


@pytest.mark.parametrize("threshold", [-1.0, 2.0])
def test_all_right_or_all_wrong(threshold):
    """No error at all, and nothing but errors."""
    contest = a_contest(BYTES, "mine")
    for model in contest.probability:
        contest.probability[model][:] = 0.4 if threshold > 1 else 0.6
    figure = figure4.draw(*tables(contest), 10)
    assert within(figure)
    assert ("100.0" in texts(figure.axes[0])) == (threshold > 1)
    assert "not to scale" not in texts(figure.axes[0]) or threshold < 1
    assert any("no advantage" in text for text in texts(figure.axes[1]))


def test_too_few_characters_and_long_names():
    contest = a_contest(
        BYTES[:10], "mine", external=("a-model-with-a-very-long-name-indeed-so-long",)
    )
    figure = figure4.draw(*tables(contest), 10)
    assert any("no advantage" in text for text in texts(figure.axes[1]))
    assert within(figure)


def test_many_corpora_fill_one_page():
    """What finds no room is named; a model from elsewhere always finds some, rows permitting."""
    names = [f"text_{letter}" for letter in "abcdefghijklmno"]
    contests = [a_contest(BYTES, name, seed=i) for i, name in enumerate(names[:-1])]
    contests.append(a_contest(BYTES, names[-1], external=("mine",), seed=99))
    regions, table = tables(*contests)
    figure = figure4.draw(regions, table, 10)
    assert figure.get_size_inches()[1] < 11
    assert within(figure)
    titles = [text.get_text() for text in figure.texts if text.get_style() == "italic"]
    assert titles == ["Text a", "Text b", "Text c", "Text d", "Text o"]
    assert "mine  " in "\n".join(texts(figure.axes[-2]))
    notes = " ".join(text.get_text() for text in figure.texts)
    left_out = "; ".join(f"Text {letter}" for letter in "efghijklmno")
    assert f"Not drawn but in the tables: {left_out} (figure4 in the config" in notes
    whole = figure4.draw(regions, table, 10, rows=16)
    assert len(whole.axes) == 2 * 16
    assert "Not drawn" not in " ".join(text.get_text() for text in whole.texts)


# Files

DRAW = """
import sys
from charlens.analyses.shared_errors import advantage
from charlens.analyses.shared_errors import overlap
from charlens.analyses import contest_colours as contest
from charlens.analyses.shared_errors import figure as figure4
from charlens.display import style
regions, characters, target = sys.argv[1:]
figure = figure4.draw(overlap.read(regions), advantage.read(characters), 10)
style.save(figure, target + "/f.pdf", target + "/f.png")
"""


def test_two_processes_give_equal_bytes(tmp_path, kernel):
    for table, name in zip(kernel, "oa", strict=True):
        csv_tables.write(table, tmp_path / f"{name}.csv")
    environment = os.environ | {"PYTHONHASHSEED": "1", "PYTHONPATH": str(ROOT / "workflow")}
    arguments = [str(tmp_path / part) for part in ("o.csv", "a.csv", "1")]
    subprocess.run([sys.executable, "-c", DRAW, *arguments], check=True, env=environment)
    again = figure4.draw(overlap.read(tmp_path / "o.csv"), advantage.read(tmp_path / "a.csv"), 10)
    style.save(again, tmp_path / "2" / "f.pdf", tmp_path / "2" / "f.png")
    for name in ("f.pdf", "f.png"):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes(), name


MODULE = "charlens.analyses.shared_errors.figure"


def test_the_script(tmp_path, monkeypatch, kernel):
    inputs = {name: tmp_path / f"{name}.csv" for name in ("overlap", "advantage")}
    for table, path in zip(kernel, inputs.values(), strict=True):
        csv_tables.write(table, path)
    outputs = {"pdf": "f.pdf", "png": "f.png", "csv": "f.csv", "overlap": "o.csv"}
    made = run_script(tmp_path, monkeypatch, "draw", inputs, outputs, MODULE, characters=4)
    assert made["overlap"].read_bytes() == inputs["overlap"].read_bytes()
    written = advantage.read(made["csv"])
    assert list(written["character"]) == list(advantage.shown(kernel[1], 4)["character"])
    whole = overlap.read(inputs["overlap"]), advantage.read(inputs["advantage"])
    style.save(figure4.draw(*whole, 4), tmp_path / "four.pdf", tmp_path / "four.png")
    assert made["pdf"].read_bytes() == (tmp_path / "four.pdf").read_bytes()


def test_the_script_draws_some_rows_and_writes_the_numbers_of_all(tmp_path, monkeypatch):
    pair = tables(*[a_contest(BYTES, f"text_{i}", seed=i) for i in range(3)])
    inputs = {name: tmp_path / f"{name}.csv" for name in ("overlap", "advantage")}
    for table, path in zip(pair, inputs.values(), strict=True):
        csv_tables.write(table, path)
    outputs = {"pdf": "f.pdf", "png": "f.png", "csv": "f.csv", "overlap": "o.csv"}
    look = {"rows": 1}
    made = run_script(
        tmp_path, monkeypatch, "draw", inputs, outputs, MODULE, look=look, characters=10
    )
    numbers = overlap.read(made["overlap"]), advantage.read(made["csv"])
    assert [frame["corpus"].nunique() for frame in numbers] == [3, 3]
    figure = figure4.draw(*numbers, **look)
    assert len(figure.axes) == 2
    style.save(figure, tmp_path / "one.pdf", tmp_path / "one.png")
    assert made["pdf"].read_bytes() == (tmp_path / "one.pdf").read_bytes()
