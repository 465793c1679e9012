"""Figure 2: text coloured by the value of a cell."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from charlens.display import style
from charlens.files import csv_tables, parquet_tables
from charlens.inside.cells import figure as figure2
from charlens.inside.cells.concepts import CONCEPTS
from charlens.inside.cells.evidence_rows import COLUMNS as EVIDENCE
from charlens.inside.cells.excerpts import COLUMNS, COLUMNS_OF_TEXT, ROWS, TYPICAL
from charlens.inside.cells.excerpts import read as read_examples
from matplotlib.text import Text
from scripts_alone import run_script

ROOT = Path(__file__).parents[2]
TEXT = "void f(int a) {\n\tif (a > 1)\r\n\t\treturn “$x_1$”; /* \x00 é */\n}\n".encode()
TEXT += b"\xff" * 90


def panel(concept, *, name=None, corpus="linux_kernel", model="lstm-2x16", layer=2, unit=17,
          score=0.97, text=TEXT, seed=0):  # fmt: skip
    """The rows of a panel, with random values."""
    values = np.random.default_rng(seed).uniform(-1, 1, len(text))
    facts = {"corpus": corpus, "model": model, "panel": name or concept, "concept": concept}
    facts |= {"title": CONCEPTS[concept].title, "measure": CONCEPTS[concept].measure}
    facts |= {"layer": layer, "unit": unit, "found": 0.11, "held_out": score}
    columns = {"position": np.arange(len(text)) + 5000, "byte": list(text), "value": values}
    return pd.DataFrame(facts | columns)[list(COLUMNS)].astype(COLUMNS)


def table(*panels):
    return pd.concat(panels, ignore_index=True)


STUDY = table(
    panel("line_position", score=-0.83, unit=3, layer=1),
    panel("inside_quotes", score=0.04, unit=5),
    panel("if_condition", score=0.97, unit=17),
    panel("if_condition", name=TYPICAL, score=0.61, unit=9),
    panel("line_position", corpus="war_and_peace", model="gru-3x512", layer=3, unit=421, score=0.5),
)


def shown(figure):
    return [t.get_text() for t in figure.findobj(Text) if t.get_text().strip()]


def test_a_cell_that_is_best_for_several_says_so():
    same = {"unit": 17, "layer": 2}
    study = table(
        panel("line_position", **same),
        panel("if_condition", **same),
        panel("inside_quotes", **same),
        panel("line_end", unit=3),
        panel("line_end", name=TYPICAL, **same),
    )
    details = [text for text in shown(figure2.draw(study)) if text.startswith("layer")]
    assert [text.endswith("; best for 2 others too") for text in details] == [True] * 3 + [
        False
    ] * 2
    two = table(panel("line_position", **same), panel("if_condition", **same))
    details = [text for text in shown(figure2.draw(two)) if text.startswith("layer")]
    assert all(text.endswith("; best for 1 other too") for text in details)


def evidence(concept, **facts):
    """A row of evidence about the cell of :data:`STUDY` for a concept."""
    known = {name: float("nan") for name, kind in EVIDENCE.items() if kind == "float64"}
    known |= {"corpus": "linux_kernel", "model": "lstm-2x16", "concept": concept}
    known |= {"measure": CONCEPTS[concept].measure, "controls": 5, "interpretable": True}
    return pd.DataFrame([known | facts])[list(EVIDENCE)].astype(EVIDENCE)


def test_scores_have_their_intervals_and_the_strongest_baseline():
    known = table(
        evidence("line_position", best_layer=1, best_unit=3, low=0.8, high=0.86,
                 untrained_95=0.145, bytes_3=0.02),
        # As strong as an AUC of 0.95; a latch of 0.4 is one of 0.7.
        evidence("if_condition", best_layer=2, best_unit=17, low=0.9, high=0.96,
                 latch_95=0.4, shuffled_95=0.1),
    )  # fmt: skip
    details = [t for t in shown(figure2.draw(STUDY, None, known)) if t.startswith("layer")]
    assert "layer 1, cell 3; r = −0.83 [−0.86, −0.80]; untrained networks 0.14" in details
    assert "layer 2, cell 17; AUC = 0.97 [0.95, 0.98]; arbitrary latches 0.70" in details
    # What is known of another cell, or of none, is not said of this one.
    other = table(evidence("if_condition", best_layer=2, best_unit=16, low=0.9, high=0.96))
    details = [t for t in shown(figure2.draw(STUDY, None, other)) if t.startswith("layer")]
    assert "layer 2, cell 17; AUC = 0.97 (held-out text)" in details


def test_what_is_known_of_a_cell_does_not_run_into_the_next_column():
    same = {"unit": 1217, "layer": 3, "score": 0.04}
    names = ("inside_quotes", "if_condition", "inside_comment_or_string", "line_end")
    study = table(*[panel(name, **same) for name in names])
    facts = {"best_layer": 3, "best_unit": 1217, "low": 0.88, "high": 0.94, "untrained_95": 0.78}
    figure = figure2.draw(study, evidence=table(*[evidence(name, **facts) for name in names]))
    figure.set_dpi(300)  # as it is saved
    figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()
    panels = [axes for axes in figure.axes if axes.texts]
    assert len(panels) == 4
    for axes in panels:
        (detail,) = [t for t in axes.texts if t.get_text().startswith("layer")]
        assert detail.get_text().endswith("untrained networks 0.89; best for 3 others too")
        assert detail.get_window_extent(renderer).x1 <= axes.bbox.x0 + 1.01 * axes.bbox.width
        assert detail.get_size() > 5


def test_titles_say_which_cell_it_is():
    whole = "\n".join(shown(figure2.draw(STUDY)))
    for row in STUDY.drop_duplicates(["corpus", "panel"]).itertuples():
        assert row.title in whole
        assert f"layer {row.layer}, cell {row.unit}" in whole
    assert {"Linux Kernel", "War and Peace"} <= {
        name for name in ("Linux Kernel", "War and Peace") if name in whole
    }
    assert "LSTM-2 (16)" in whole
    assert "GRU-3 (512)" in whole
    assert "typical cell" in whole
    for score in ("r = −0.83", "AUC = 0.97", "AUC = 0.61", "r = 0.50"):
        assert score in whole
    assert "0.11" not in whole  # the score of the half where the cell was chosen


def test_the_score_of_a_turned_cell():
    assert figure2.score_text("correlation", -0.832) == "r = −0.83"
    assert figure2.score_text("auc", 0.97) == "AUC = 0.97"
    assert figure2.score_text("auc", 0.04).startswith("AUC = 0.96, low")


def test_every_byte_has_a_coloured_box():
    part = panel("nesting_depth", text=b"ab\tc\nd e", score=0.4)
    part["value"] = [-1.0, 1.0, 0.0, 0.5, -0.5, 0.2, -0.2, 0.9]
    figure = figure2.draw(part)
    (axes,) = [
        axes for axes in figure.axes if any(len(c.get_paths()) == 8 for c in axes.collections)
    ]
    (boxes,) = axes.collections
    colors = boxes.get_facecolors()
    assert len(colors) == 8
    low, high, middle = colors[:3]
    assert low[0] > low[2]  # red below
    assert high[2] > high[0]  # blue above
    np.testing.assert_allclose(middle[:3], 1, atol=0.01)
    extents = [path.get_extents() for path in boxes.get_paths()]
    widths = [e.width / extents[0].width for e in extents]
    np.testing.assert_allclose(widths, [1, 1, 2, 1, 1, 1, 1, 1], rtol=1e-6)
    assert extents[5].y0 > extents[4].y0  # "d" is on the next line
    assert extents[5].x0 == pytest.approx(extents[0].x0)
    glyphs = [text.get_text() for text in axes.texts]
    for glyph in "ab⇥c↓de":
        assert glyph in glyphs


def within(figure):
    """Whether no text leaves the page, once it is laid out."""
    figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()
    boxes = [t.get_window_extent(renderer) for t in figure.findobj(Text) if t.get_text().strip()]
    return all(b.x0 >= -1 and b.y0 >= -1 and b.x1 <= figure.bbox.x1 + 1
               and b.y1 <= figure.bbox.y1 + 1 for b in boxes)  # fmt: skip


@pytest.mark.parametrize(
    "frame",
    [
        STUDY,
        STUDY[:0],
        panel("line_end"),
        panel("line_end", text=b"x"),
        panel("line_end", text=b"$\\frac{}_^%&#$" * 3),
        panel("expression_depth", text=b"w" * (COLUMNS_OF_TEXT * ROWS), model="n-nn-3"),
        table(*[panel(name, corpus="python_docs") for name in CONCEPTS]),
    ],
    ids=["study", "nothing", "one", "one byte", "TeX", "a full page", "all concepts"],
)
def test_no_text_leaves_the_page(frame):
    figure = figure2.draw(frame)
    assert within(figure)
    assert figure.get_size_inches()[0] <= 7.2


def test_a_score_that_is_missing_or_a_text_without_a_panel():
    assert any("too short" in text for text in shown(figure2.draw(STUDY[:0])))


DRAW = """
import sys
from charlens.inside.cells.excerpts import read as read_examples
from charlens.inside.cells import figure as figure2
from charlens.display import style
source, target = sys.argv[1:]
style.save(figure2.draw(read_examples(source)), target + ".pdf", target + ".png")
"""


def test_two_runs_give_equal_bytes(tmp_path):
    part = panel("inside_quotes")
    parquet_tables.write(part, tmp_path / "e.parquet")
    environment = os.environ | {"PYTHONPATH": str(ROOT / "workflow"), "PYTHONHASHSEED": "3"}
    command = [sys.executable, "-c", DRAW, str(tmp_path / "e.parquet"), str(tmp_path / "1")]
    subprocess.run(command, check=True, env=environment)
    frame = read_examples(tmp_path / "e.parquet")
    style.save(figure2.draw(frame), tmp_path / "2.pdf", tmp_path / "2.png")
    for kind in ("pdf", "png"):
        assert (tmp_path / f"1.{kind}").read_bytes() == (tmp_path / f"2.{kind}").read_bytes()
    content = (tmp_path / "1.pdf").read_bytes()
    assert content.startswith(b"%PDF")
    assert b"CreationDate" not in content


def test_the_script(tmp_path, monkeypatch):
    files = []
    for corpus in STUDY["corpus"].unique():
        files.append(tmp_path / f"{corpus}.parquet")
        parquet_tables.write(STUDY[STUDY["corpus"] == corpus], files[-1])
    kinds = {kind: f"figure2.{kind}" for kind in ("pdf", "png", "csv")}
    written = run_script(
        tmp_path, monkeypatch, "draw", {"examples": files}, kinds, "charlens.inside.cells.figure"
    )
    numbers = csv_tables.read(written["csv"], COLUMNS, "a table", "figure2")
    pd.testing.assert_frame_equal(numbers, STUDY, rtol=1e-8)


def test_what_no_cell_follows_has_no_block():
    """Below the floors, either way, a line says so; a typical cell may score anything."""
    study = table(
        panel("line_position", score=-0.17),
        panel("line_end", score=0.62),
        panel("inside_quotes", score=0.31),
        panel("if_condition", score=0.69),
        panel("nesting_depth", score=-0.3),
        panel("line_position", name=TYPICAL, score=0.05),
    )
    figure = figure2.draw(study)
    words = shown(figure)
    assert sum("none found" in text for text in words) == 4
    assert "none found (best r = −0.17)" in words
    assert "none found (best AUC = 0.62)" in words
    assert words.count("none found (best AUC = 0.69)") == 2  # 0.31 is 0.69 the other way
    blocks = [axes for axes in figure.axes if axes.collections and axes.texts]
    assert len(blocks) == 2
    assert not any("for 1 other" in text for text in words)
    assert within(figure)


def test_colours_are_of_the_cells_own_range():
    part = panel("line_position", text=b"abcd", score=0.9)
    part["value"] = [0.1, 0.2, 0.15, 0.1]
    figure = figure2.draw(part)
    (axes,) = [axes for axes in figure.axes if axes.collections and axes.texts]
    low, high, middle, again = axes.collections[0].get_facecolors()
    assert low[0] > low[2] + 0.5
    assert high[2] > high[0] + 0.5
    np.testing.assert_allclose(middle[:3], 1, atol=0.02)
    np.testing.assert_array_equal(low, again)
    assert "0.10 to 0.20" in shown(figure)
    part["value"] = 0.3  # a cell that does not move is white
    (axes,) = [axes for axes in figure2.draw(part).axes if axes.collections and axes.texts]
    np.testing.assert_allclose(axes.collections[0].get_facecolors()[:, :3], 1, atol=0.02)


def test_the_range_of_a_saturated_cell_tells_its_ends_apart():
    """Two decimals where they do, more where both would be 1.00, a word where nothing moves."""
    part = panel("line_position", text=b"abcd", score=0.9)
    for values, span in {
        (0.9968, 0.9991): "0.997 to 0.999",
        (-0.999994, -0.999891): "−1.0000 to −0.9999",
        (-0.0004, 0.3): "0.00 to 0.30",
        (0.99999994, 1.0): "always 1",
        (-1.0, -1.0): "always −1",
        (0.31, 0.31): "always 0.31",
        (-1e-9, 0.0): "always 0",
    }.items():
        part["value"] = [*values, values[0], values[0]]
        figure = figure2.draw(part)
        assert span in shown(figure)
        (axes,) = [axes for axes in figure.axes if axes.collections and axes.texts]
        colors = axes.collections[0].get_facecolors()[:, :3]
        # Steps of rounding are not shown as if the cell moved from one end to the other.
        assert (abs(colors - 1).max() < 0.02) == span.startswith("always")
