"""Figure 3: how often gates are saturated."""

import numpy as np
import pandas as pd
import pytest
from charlens.display import style
from charlens.files import csv_tables
from charlens.inside.gates import figure as figure3
from charlens.inside.gates import table as saturation
from matplotlib.collections import PathCollection
from matplotlib.text import Text
from scripts_alone import run_script

GATES = {
    "lstm": {"f": "forget", "i": "input", "o": "output"},
    "gru": {"z": "update", "r": "reset"},
}


def gates(model, layers=2, units=5, corpus="war_and_peace", seed=0):
    """A table of saturated gates with random fractions."""
    random = np.random.default_rng(seed)
    rows = [
        (corpus, model, gate, title, layer, unit, 900, *random.dirichlet([1, 1, 2])[:2])
        for gate, title in GATES[model.split("-")[0]].items()
        for layer in range(1, layers + 1)
        for unit in range(units)
    ]
    return pd.DataFrame(rows, columns=list(saturation.COLUMNS)).astype(saturation.COLUMNS)


def study():
    return pd.concat([gates("lstm-3x512", 3), gates("gru-2x128", 2, 7)], ignore_index=True)


def shown(figure):
    return [t.get_text() for t in figure.findobj(Text) if t.get_text().strip()]


def dots(axes):
    return [c for c in axes.collections if isinstance(c, PathCollection)]


def test_a_panel_for_each_gate():
    figure = figure3.draw(study())
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == [
        "forget gate $f$", "input gate $i$", "output gate $o$", "update gate $z$", "reset gate $r$"
    ]  # fmt: skip
    texts = shown(figure)
    assert {"LSTM-3 (512), War and Peace", "GRU-2 (128), War and Peace"} <= set(texts)
    assert {"layer 1", "layer 2", "layer 3"} <= set(texts)
    assert any("0.9" in text for text in texts)
    assert any("0.1" in text for text in texts)


def test_a_point_for_each_unit():
    frame = study()
    for axes in figure3.draw(frame).axes:
        gate = axes.get_title()[-2]
        part = frame[frame["gate"] == gate]
        layers = dots(axes)
        assert len(layers) == part["layer"].nunique()
        for layer, points in enumerate(layers, 1):
            expected = part.loc[part["layer"] == layer, ["right", "left"]]
            np.testing.assert_allclose(points.get_offsets(), expected)
        assert len({tuple(points.get_facecolor()[0]) for points in layers}) == len(layers)
        assert len({points.get_paths()[0].vertices.tobytes() for points in layers}) == len(layers)
        assert axes.get_xlim()[0] < 0 < 1 < axes.get_xlim()[1]
        assert axes.get_ylim() == axes.get_xlim()
        box = axes.get_window_extent()
        assert box.width == pytest.approx(box.height)


def within(figure):
    """Whether no text leaves the page, once it is laid out."""
    figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()
    boxes = [t.get_window_extent(renderer) for t in figure.findobj(Text)
             if t.get_text().strip() and t.get_visible()]  # fmt: skip
    return all(b.x0 >= -1 and b.y0 >= -1 and b.x1 <= figure.bbox.x1 + 1
               and b.y1 <= figure.bbox.y1 + 1 for b in boxes)  # fmt: skip


@pytest.mark.parametrize(
    "frame",
    [
        study(),
        gates("gru-1x8", 1, 1),
        gates("lstm-1x512", 1, 512),
        gates("lstm-4x64", 4),
        gates("lstm-9x64", 9, 3),
    ],
    ids=["study", "one unit", "many units", "four layers", "nine layers"],
)  # fmt: skip
def test_no_text_leaves_the_page(frame):
    figure = figure3.draw(frame)
    assert within(figure)
    assert figure.get_size_inches()[0] == pytest.approx(style.COLUMN)
    assert len(figure.axes) == frame["gate"].nunique()
    renderer = figure.canvas.get_renderer()
    (legend,) = figure.legends
    for title in figure.texts:
        assert not title.get_window_extent(renderer).overlaps(legend.get_window_extent(renderer))


def test_models_without_gates():
    empty = pd.DataFrame(columns=list(saturation.COLUMNS)).astype(saturation.COLUMNS)
    assert any("None of the models has gates" in text for text in shown(figure3.draw(empty)))


def test_the_same_table_gives_the_same_bytes(tmp_path):
    csv_tables.write(study(), tmp_path / "s.csv")
    for name in ("1", "2"):
        figure = figure3.draw(saturation.read(tmp_path / "s.csv"))
        style.save(figure, tmp_path / f"{name}.pdf", tmp_path / f"{name}.png")
    for kind in ("pdf", "png"):
        assert (tmp_path / f"1.{kind}").read_bytes() == (tmp_path / f"2.{kind}").read_bytes()


def test_the_script(tmp_path, monkeypatch):
    files = []
    for model in ("lstm-3x512", "gru-2x128"):
        files.append(tmp_path / f"{model}.csv")
        csv_tables.write(study()[study()["model"] == model], files[-1])
    kinds = {kind: f"figure3.{kind}" for kind in ("pdf", "png", "csv")}
    written = run_script(
        tmp_path, monkeypatch, "draw", {"saturation": files}, kinds, "charlens.inside.gates.figure"
    )
    numbers = saturation.read(written["csv"])
    pd.testing.assert_frame_equal(numbers, study(), rtol=1e-8)
