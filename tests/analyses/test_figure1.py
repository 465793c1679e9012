"""Figure 1: what it shows, and that it is the same file each time."""

import itertools
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from charlens.analyses import ranking
from charlens.analyses.agreement import figure as figure1_right
from charlens.analyses.agreement import table as agreement
from charlens.analyses.agreement import tsne
from charlens.analyses.cross_entropy import figure as figure1_left
from charlens.analyses.cross_entropy import table as cross_entropy
from charlens.display import labels, style
from charlens.files import csv_tables
from charlens.models import names as model_id
from charlens.training.grid_point import write_curve
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import colormaps  # noqa: F401 - loads matplotlib before the clock of hypothesis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image
from probability_files import write_model
from scripts_alone import run_script

ROOT = Path(__file__).parents[2]
CELLS = ("lstm", "rnn", "gru")
GRID = [f"{cell}-{n}x{size}" for size in (64, 128, 256, 512) for cell in CELLS for n in (1, 2, 3)]


def entropies(*corpora: str, models: list[str] = GRID, seed: int = 0) -> pd.DataFrame:
    """A table of cross-entropies as the library makes it, without its files."""
    random = np.random.default_rng(seed)
    rows = [
        cross_entropy._row(corpus, model, random.uniform(1, 2))
        | {"characters": 330_000, "bootstrap_sd": 0.002}
        for corpus in corpora
        for model in models
    ]
    frame = pd.DataFrame(rows, columns=list(cross_entropy.COLUMNS))
    frame = frame.astype(cross_entropy._loose(cross_entropy.COLUMNS))
    return ranking.mark_best(frame)


def map_of(models: list[str], seed: int = 0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    points = [model_id.parse(model) for model in models]
    return pd.DataFrame(
        {
            "x": random.normal(size=len(models)),
            "y": random.normal(size=len(models)),
            "cell": pd.array([p.cell if p else None for p in points], dtype="string"),
            "layers": pd.array([p.layers if p else None for p in points], dtype="Int64"),
            "size": pd.array([p.size if p else None for p in points], dtype="Int64"),
            "model": models,
        }
    )


def texts(figure) -> list:
    return [text for axes in figure.axes for text in axes.texts]


def within(figure) -> bool:
    """Whether no text leaves the page."""
    renderer = figure.canvas.get_renderer()
    boxes = [text.get_window_extent(renderer) for text in texts(figure) if text.get_text()]
    return all(
        box.x0 >= 0 and box.y0 >= 0 and box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1
        for box in boxes
    )


# Left


def test_left_shows_the_table():
    table = entropies("war_and_peace", "linux_kernel")
    figure = figure1_left.draw(table)
    shown = [text.get_text() for text in texts(figure)]
    for row in table.itertuples():
        assert f"{row.cross_entropy:.3f}" in shown
    assert shown.count("1.449") >= 1  # the paper's LSTM-1 (64), war_and_peace
    assert {"War and Peace", "Linux Kernel", "LSTM", "RNN", "GRU", "512"} <= set(shown)
    bold = {text.get_text() for text in texts(figure) if text.get_weight() == "bold"} - {"LSTM"}
    best = {f"{value:.3f}" for value in table.loc[table["best_in_row"], "cross_entropy"]}
    assert bold == best | {"RNN", "GRU"}
    assert len(best) == 8
    assert within(figure)
    assert figure.get_size_inches()[0] < 6.5  # the width of a page's text


def test_left_of_a_small_grid():
    models = ["lstm-1x64", "lstm-2x64", "gru-1x64", "lstm-1x128", "n-gram-20", "my-own-model"]
    figure = figure1_left.draw(entropies("python_docs", models=models))
    shown = [text.get_text() for text in texts(figure)]
    assert {"Python docs", "20-gram", "my-own-model"} <= set(shown)
    assert shown.count("–") == 2  # LSTM-2 and GRU-1 of size 128
    assert not any("paper" in text for text in shown)
    assert within(figure)


@pytest.mark.parametrize("models", [["lstm-1x64"], ["n-gram-20"], ["transformer-2x64", "mine"]])
def test_left_of_hardly_anything(models):
    figure = figure1_left.draw(entropies("c", models=models))
    assert within(figure)


def test_left_of_infinite_losses():
    table = entropies("c", models=["lstm-1x64"])
    table.loc[0, ["cross_entropy", "bootstrap_sd"]] = [np.inf, np.nan]
    shown = [text.get_text() for text in texts(figure1_left.draw(table))]
    assert "∞" in shown
    assert not any("nan" in text for text in shown)


# Right


def test_right_shows_every_model():
    table = map_of(GRID)
    figure = figure1_right.draw(table)
    shown = {text.get_text(): text for text in texts(figure)}
    assert set(shown) == {model_id.parse(model).label for model in GRID}
    assert figure.get_size_inches()[0] == pytest.approx(3.3)
    assert within(figure)
    renderer = figure.canvas.get_renderer()
    boxes = [text.get_window_extent(renderer).shrunk(0.9, 0.9) for text in shown.values()]
    assert not any(boxes[i].overlaps(boxes[j]) for i in range(36) for j in range(i))


def test_right_encodes_cell_size_and_layers():
    figure = figure1_right.draw(map_of(["lstm-1x64", "lstm-3x64", "gru-1x64", "lstm-1x512"]))
    marks = [line for line in figure.axes[0].lines if line.get_marker() not in ("None", "")]
    base, layers, cell, size = marks
    assert base.get_marker() != layers.get_marker()
    assert base.get_markerfacecolor() == layers.get_markerfacecolor()
    assert base.get_markerfacecolor() != cell.get_markerfacecolor()
    assert base.get_markersize() < size.get_markersize()
    assert base.get_marker() == cell.get_marker() == size.get_marker()


@pytest.mark.parametrize(
    "models",
    [["lstm-1x64"], ["n-gram-20"], ["lstm-1x64", "mine"],
     ["lstm-9x64", "transformer-2x64", "rnn-2x128", "gru-3x256", "a" * 30]],
)  # fmt: skip
def test_right_of_odd_sets(models):
    figure = figure1_right.draw(map_of(models))
    assert len(texts(figure)) == len(models)
    assert within(figure)
    renderer = figure.canvas.get_renderer()
    for legend in figure.legends:
        box = legend.get_window_extent(renderer)
        assert box.x0 >= 0
        assert box.x1 <= figure.bbox.x1
        assert box.y0 >= 0


def test_right_of_models_on_one_spot():
    table = map_of(["lstm-1x64", "gru-1x64", "rnn-1x64", "rnn-2x64"])
    table[["x", "y"]] = 0.0
    assert within(figure1_right.draw(table))


@settings(max_examples=30)
@given(st.integers(1, 15), st.integers(0, 10_000))
def test_labels_stay_on_the_page_and_apart(n, seed):
    random = np.random.default_rng(seed)
    points = random.uniform(20, 180, (n, 2))
    sizes = np.column_stack([random.uniform(20, 35, n), np.full(n, 6.0)])
    middles = labels.place(points, sizes, np.full(n, 2.0), (200, 200))
    assert (middles >= sizes / 2 - 1e-6).all()
    assert (middles <= 200 - sizes / 2 + 1e-6).all()
    gap = np.abs(middles[:, None] - middles) - (sizes[:, None] + sizes) / 2
    assert (gap.max(axis=2) >= -1e-6)[~np.eye(n, dtype=bool)].all()


def test_no_labels():
    assert labels.place(np.empty((0, 2)), np.empty((0, 2)), np.empty(0), (9, 9)).shape == (0, 2)


def test_colours_can_be_told_apart():
    colors = style.cell_colors({"lstm", "rnn", "gru", "transformer", "mingru"})
    assert list(colors) == ["lstm", "rnn", "gru", "mingru", "transformer"]
    assert len(set(colors.values())) == 5


# Files


def test_files(tmp_path):
    pdf, png = tmp_path / "a" / "f.pdf", tmp_path / "a" / "f.png"
    figure = figure1_left.draw(entropies("c"))
    style.save(figure, pdf, png)
    content = pdf.read_bytes()
    assert content.startswith(b"%PDF")
    assert b"/FontFile2" in content  # TrueType (type 42), not type 3
    assert b"/Type3" not in content
    assert b"CreationDate" not in content
    with Image.open(png) as image:
        assert image.size == pytest.approx(figure.get_size_inches() * 300, abs=1)
        assert len(image.convert("L").getcolors()) > 50
    assert sorted(path.name for path in pdf.parent.iterdir()) == ["f.pdf", "f.png"]


def test_the_users_matplotlib_settings_do_not_matter(tmp_path):
    import matplotlib

    with matplotlib.rc_context({"font.size": 30, "savefig.dpi": 30, "pdf.fonttype": 3}):
        for name in ("a", "b"):
            figure = figure1_right.draw(map_of(GRID[:5]))
            style.save(figure, tmp_path / f"{name}.pdf", tmp_path / f"{name}.png")
            matplotlib.rcdefaults()
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


DRAW = """
import sys
import pandas as pd
from charlens.analyses.cross_entropy import table as cross_entropy
from charlens.analyses.cross_entropy import figure as figure1_left
from charlens.analyses import ranking
from charlens.analyses.agreement import figure as figure1_right
from charlens.display import style
source, target = sys.argv[1:]
left = figure1_left.draw(cross_entropy.read(source + "/left.csv"))
style.save(left, target + "/left.pdf", target + "/left.png")
right = pd.read_csv(source + "/right.csv", dtype={"layers": "Int64", "size": "Int64"})
style.save(figure1_right.draw(right), target + "/right.pdf", target + "/right.png")
"""


def test_two_runs_give_equal_bytes(tmp_path):
    csv_tables.write(entropies("war_and_peace"), tmp_path / "left.csv")
    csv_tables.write(map_of(GRID[:12]), tmp_path / "right.csv")
    for name in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": name, "PYTHONPATH": str(ROOT / "workflow")}
        command = [sys.executable, "-c", DRAW, str(tmp_path), str(tmp_path / name)]
        subprocess.run(command, check=True, env=environment)
    for name in ("left.pdf", "left.png", "right.pdf", "right.png"):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes(), name


def test_the_scripts(tmp_path, monkeypatch):
    models = ["lstm-1x64", "gru-1x64", "rnn-1x64", "lstm-2x64"]
    files = [write_model(tmp_path, model) for model in models]

    run = partial(run_script, tmp_path, monkeypatch)

    known = {"width": 8, "dropout": 0.0, "train_loss": 1.0, "learning_rate": 0.002}
    curve = tmp_path / "lstm-2x64.parquet"
    write_curve(curve, [known | {"epoch": 1, "val_loss": 2.5}, known | {"epoch": 2, "val_loss": 2}])
    inputs = {"probabilities": files, "curves": [curve]}
    entropy = run("cross_entropy", inputs, {"csv": "c.csv", "md": "c.md"}, bootstrap=5, seed=1,
                  encodings={}, trained=[["war_and_peace", "lstm-2x64"]])  # fmt: skip
    gains = cross_entropy.read(entropy["csv"]).set_index("model")["last_gain"]
    assert gains.dropna().to_dict() == {"lstm-2x64": 0.5}
    pairs = run("agreement", {"probabilities": files}, {"csv": "a.csv"})
    kinds = ("pdf", "png", "csv")
    left = run("draw", {"cross_entropy": entropy["csv"]}, {k: f"l.{k}" for k in kinds},
               "charlens.analyses.cross_entropy.figure")  # fmt: skip
    right = run("draw", {"agreement": pairs["csv"]}, {k: f"r.{k}" for k in kinds},
                "charlens.analyses.agreement.figure",
                perplexity=None, seed=1)  # fmt: skip
    assert left["csv"].read_bytes() == entropy["csv"].read_bytes()
    frame = agreement.read(pairs["csv"])
    expected = tsne.table(frame, None, 1)
    written = pd.read_csv(right["csv"])
    np.testing.assert_allclose(written[["x", "y"]], expected[["x", "y"]], rtol=1e-8)
    assert list(written["model"]) == list(frame.index)


def test_names_of_families_do_not_run_into_each_other():
    """The reference run has families of one column, whose names are wider than a number."""
    table = cross_entropy.read(ROOT / "results" / "reference" / "tables" / "cross_entropy.csv")
    drawn = figure1_left.draw(table)
    renderer = FigureCanvasAgg(drawn).get_renderer()
    boxes = {
        text.get_text(): text.get_window_extent(renderer)
        for text in drawn.axes[0].texts
        if text.get_text() in {"GRU", "AdamW LSTM", "minGRU", "Transformer"}
    }
    assert len(boxes) == 4
    for left, right in itertools.pairwise(boxes.values()):
        assert left.x1 + 3 < right.x0
    assert boxes["Transformer"].x1 < drawn.bbox.x1
