"""Table 2: its rows, the pairing of the two splits, Markdown, figure and scripts."""

import hashlib
import math
import os
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from charlens.analyses.context_length import figure as figure_table2
from charlens.analyses.context_length import table as table2
from charlens.analyses.context_length.markdown import markdown
from charlens.analyses.cross_entropy import table as cross_entropy
from charlens.display import style
from charlens.errors import CharlensError
from charlens.files import csv_tables
from charlens.models import names as model_id
from charlens.paper import numbers as paper
from charlens.paper import texts
from charlens.predictions.file import ProbabilityMetadata, write_probabilities
from charlens.predictions.loss import bootstrap_sd
from charlens.predictions.score_ngram import SCORES
from charlens.runtime.randomness import generator
from charlens.text.corpus import Corpus, save_split
from probability_files import random_columns
from scripts_alone import run_script

ROOT = Path(__file__).parents[2]
ROWS = 300


def corpus(name, split="streams", text=None, size=1000, train=0.8):
    """A corpus as prepared, without its splits; equal ``text`` stands for equal bytes."""
    checksum = hashlib.sha256((text or name).encode()).hexdigest()
    sizes = {"train": 2400, "val": 300, "test": ROWS}
    vocabulary = tuple(range(256))
    return Corpus(name, "test", size, 256, checksum, split, 10, 10, train, 0.1, sizes, vocabulary)


WP = corpus("war_and_peace", size=3_258_246)
WP_POSITION = corpus("war_and_peace_position", "position", "war_and_peace", 3_258_246)
LK = corpus("linux_kernel", size=6_208_197)
CORPORA = [WP, LK, WP_POSITION]


def model_file(folder, of, model, nats, spread=0.0):
    """A probabilities file of a mean loss near ``nats``; exactly that without ``spread``."""
    seed = int(hashlib.sha256(model.encode()).hexdigest()[:8], 16)
    loss = nats + spread * np.random.default_rng(seed).uniform(-1, 1, ROWS)
    probability = np.exp(-loss).astype(np.float32)
    columns = random_columns(ROWS) | {
        "probability": probability,
        "top_probability": np.maximum(probability, np.float32(0.5)),
    }
    path = folder / of.name / f"{model}.parquet"
    write_probabilities(path, columns, ProbabilityMetadata(of.sha256, model, of.name))
    return path


def score_file(folder, of, values, **changes):
    """A table of scores with given cross-entropies by context length."""
    rows = [
        {
            "corpus": of.name,
            "corpus_sha256": of.sha256,
            "model": f"n-gram-{n}",
            "n": n,
            "characters": ROWS,
            "cross_entropy": value,
            "bootstrap_sd": 0.002,
        }
        | changes
        for n, value in values.items()
    ]
    path = folder / of.name / "n-gram.csv"
    csv_tables.write(pd.DataFrame(rows, columns=list(SCORES)), path)
    return path


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    scores = [
        score_file(folder, WP_POSITION, {1: 2.41, 2: 1.95, 20: 1.25}),
        score_file(folder, WP, {20: 1.1951, 1: 2.3987, 2: 1.9278}),
        score_file(folder, LK, {1: 2.69, 2: 1.97, 9: 0.94}),
    ]
    models = [
        model_file(folder, WP, "lstm-3x512", 1.08, spread=0.5),
        model_file(folder, WP, "gru-3x512", 1.10),
        model_file(folder, WP, "n-nn-2", 1.94, spread=0.5),
        model_file(folder, WP, "n-nn-10", 1.5),
        model_file(folder, WP, "n-gram-2", 9.0),  # scores targets: not this table's
        model_file(folder, WP, "my-own-model", 0.1),
        model_file(folder, WP_POSITION, "lstm-3x512", 1.20),
        model_file(folder, WP_POSITION, "gru-3x512", 1.13),
        model_file(folder, WP_POSITION, "n-nn-2", 1.99),
        model_file(folder, LK, "rnn-1x64", 1.8),
    ]
    return scores, models


@pytest.fixture(scope="module")
def table(files):
    return table2.table(*files, CORPORA, bootstrap=10, seed=1)


def row_of(table, corpus, model):
    rows = table[(table["corpus"] == corpus) & (table["model"] == model)]
    assert len(rows) == 1
    return rows.iloc[0]


# Rows


@pytest.mark.parametrize(
    ("model", "expected"),
    [("n-gram-20", ("n-gram", 20)), ("n-nn-3", ("n-nn", 3)), ("n-gram-0", ("n-gram", 0)),
     ("n-gram-02", None), ("n-nn", None), ("lstm-1x64", None), ("n-nn-3\n", None)],
)  # fmt: skip
def test_context_models(model, expected):
    assert model_id.context_model(model) == expected


def test_the_papers_numbers():
    assert paper.context_cross_entropy("war_and_peace", "n-gram", 20) == 1.195
    assert paper.context_cross_entropy("linux_kernel", "n-nn", 5) == 1.256
    assert paper.context_cross_entropy("war_and_peace", "n-nn", 7) is None
    assert texts.is_own_file("war_and_peace", 3_258_246)
    assert not texts.is_own_file("linux_kernel", 6_208_197)
    assert not texts.is_own_file("python_docs", 5)


def test_order_of_rows(table):
    assert list(zip(table["corpus"], table["model"], strict=True)) == [
        ("war_and_peace", "n-gram-1"), ("war_and_peace", "n-gram-2"),
        ("war_and_peace", "n-gram-20"), ("war_and_peace", "n-nn-2"), ("war_and_peace", "n-nn-10"),
        ("war_and_peace", "lstm-3x512"),
        ("war_and_peace_position", "n-gram-1"), ("war_and_peace_position", "n-gram-2"),
        ("war_and_peace_position", "n-gram-20"), ("war_and_peace_position", "n-nn-2"),
        ("war_and_peace_position", "gru-3x512"),
        ("linux_kernel", "n-gram-1"), ("linux_kernel", "n-gram-2"), ("linux_kernel", "n-gram-9"),
        ("linux_kernel", "rnn-1x64"),
    ]  # fmt: skip
    assert list(table.dtypes.astype(str)) == list(table2.COLUMNS.values())


def test_numbers(files, table):
    scored = row_of(table, "war_and_peace", "n-gram-2")
    assert (scored["cross_entropy"], scored["bootstrap_sd"]) == (1.9278, 0.002)
    assert scored["bits_per_character"] == pytest.approx(1.9278 / math.log(2))
    exact = row_of(table, "war_and_peace", "n-nn-10")
    assert exact["cross_entropy"] == pytest.approx(1.5, rel=1e-6)
    assert exact["bootstrap_sd"] == pytest.approx(0, abs=1e-9)
    assert exact["characters"] == ROWS
    for model, index in (("n-nn-2", 2), ("lstm-3x512", 0)):
        columns = pd.read_parquet(files[1][index])
        loss = -np.log(columns["probability"].to_numpy(float))
        stream = columns["stream"].to_numpy()
        draws = generator(1, "bootstrap", "war_and_peace", model)
        row = row_of(table, "war_and_peace", model)
        assert row["cross_entropy"] == pytest.approx(math.fsum(loss) / ROWS)
        assert row["bootstrap_sd"] == pytest.approx(bootstrap_sd(loss, stream, 10, draws))


def test_the_table_of_all_models_agrees(files, table):
    """A model has one number, whichever table shows it."""
    everything = cross_entropy.table(files[1], bootstrap=10, seed=1)
    keys = ["corpus", "model"]
    both = table.merge(everything, on=keys, suffixes=("", "_other"))
    both = both[both["family"] != "n-gram"]
    assert len(both) == 6
    for column in ("cross_entropy", "bootstrap_sd"):
        assert (both[column] == both[f"{column}_other"]).all()


def test_the_paper_beside(table):
    row = row_of(table, "war_and_peace", "n-gram-20")
    assert row["paper"] == 1.195
    assert row["difference"] == pytest.approx(0.0001)
    assert row["papers_file"]
    assert row_of(table, "war_and_peace", "lstm-3x512")["paper"] == 1.082
    assert row_of(table, "war_and_peace", "n-nn-10")[["paper", "papers_file"]].isna().all()
    kernel = row_of(table, "linux_kernel", "n-gram-9")
    assert kernel["paper"] == 0.933
    assert not kernel["papers_file"]
    assert table.loc[table["split"] == "position", "paper"].isna().all()


def test_no_paper_for_its_corpora_split_otherwise(tmp_path):
    strict = replace(WP, split="position")
    alone = table2.table([score_file(tmp_path, strict, {1: 2.4})], [], [strict], 10, 1)
    assert alone[["paper", "gap_to_streams"]].isna().all(axis=None)
    assert "aper" not in markdown(alone, 10)


# Sources and gaps


def test_gaps(table):
    gaps = table.set_index(["corpus", "model"])["gap_to_streams"]
    assert gaps["war_and_peace_position", "n-gram-1"] == pytest.approx(2.41 - 2.3987)
    other = row_of(table, "war_and_peace", "n-nn-2")["cross_entropy"]
    assert gaps["war_and_peace_position", "n-nn-2"] == pytest.approx(1.99 - other)
    # Of one model on both splits: by streams another is the best.
    assert gaps["war_and_peace_position", "gru-3x512"] == pytest.approx(1.13 - 1.10)
    assert gaps.notna().sum() == 5
    assert gaps[["war_and_peace", "linux_kernel"]].isna().all()


def test_a_recurrent_model_of_one_split_alone_has_no_gap(tmp_path):
    """Its loss less that of a larger one would be called the cost of a split."""
    models = [
        model_file(tmp_path, WP, "lstm-3x512", 1.08),
        model_file(tmp_path, WP_POSITION, "gru-2x64", 1.41),
    ]
    frame = table2.table([], models, [WP, WP_POSITION], 10, 1)
    assert frame["gap_to_streams"].isna().all()
    assert "gap" not in markdown(frame, 10)


@pytest.mark.parametrize("losses", [(9.0, 1.41), (1.08, 9.0)])
def test_a_training_that_diverged_has_no_gap(tmp_path, losses):
    """By streams or by position, it does not tell what a split costs."""
    models = [
        model_file(tmp_path, corpus, "gru-2x64", loss)
        for corpus, loss in zip((WP, WP_POSITION), losses, strict=True)
    ]
    frame = table2.table([], models, [WP, WP_POSITION], 10, 1)
    assert len(frame) == 2
    assert frame["gap_to_streams"].isna().all()


def test_the_gap_of_a_split_by_files(tmp_path):
    by_files = corpus("kernel_files", "files", "linux_kernel", 6_206_996, 0.9)
    streams = replace(by_files, name="kernel", split="streams")
    strict = replace(by_files, name="kernel_position", split="position")
    files = [
        score_file(tmp_path, of, {1: loss, 2: loss - 0.1})
        for of, loss in ((streams, 1.2), (strict, 1.3), (by_files, 1.45))
    ]
    frame = table2.table(files, [], [by_files, strict, streams], 10, 1)
    assert set(frame["source"]) == {"kernel"}
    gaps = frame.groupby("split")["gap_to_streams"].agg(list)
    assert gaps["position"] == pytest.approx([0.1, 0.1])
    assert gaps["files"] == pytest.approx([0.25, 0.25])
    assert np.isnan(gaps["streams"]).all()
    text = markdown(frame, 10)
    assert "its gap is files − streams" in text
    assert "| | files | 1.450 ± 0.002 | **1.350** ± 0.002 |" in text
    drawn = figure_table2.draw(frame)
    key = [name.get_text() for row in drawn.legends for name in row.get_texts()]
    assert key[-3:] == ["by streams", "by position", "by files"]


def test_sources(table):
    assert dict(zip(table["corpus"], table["source"], strict=True)) == {
        "war_and_peace": "war_and_peace",
        "war_and_peace_position": "war_and_peace",
        "linux_kernel": "linux_kernel",
    }


def test_sources_of_odd_sets():
    def sources(*corpora):
        return list(table2._sources(corpora).items())

    one, strict = corpus("one", text="t"), corpus("strict", "position", "t")
    twin, fractions = corpus("twin", text="t"), corpus("f", "position", "t", train=0.5)
    assert sources(strict, one) == [("one", "one"), ("strict", "one")]
    assert sources(one, twin, strict) == [("one", "one"), ("strict", "one"), ("twin", "twin")]
    assert sources(one, fractions) == [("one", "one"), ("f", "f")]
    assert sources(strict) == [("strict", "strict")]


# What users can get wrong


def test_nothing_to_show(tmp_path):
    foreign = model_file(tmp_path, WP, "my-own-model", 1.0)
    with pytest.raises(CharlensError, match="Table 2: expected at least one"):
        table2.table([], [foreign], CORPORA, 10, 1)


def test_files_that_do_not_go_together(tmp_path, files):
    scores, models = files
    for arguments, message in (
        (([scores[1], scores[1]], []), "model n-gram-20 on war_and_peace is already in"),
        (([], [models[1], models[0], models[1]]), "model gru-3x512 on war_and_peace is already"),
        (([score_file(tmp_path, corpus("unknown"), {1: 2.0})], []), "corpus unknown, expected one"),
        (([], [model_file(tmp_path, corpus("mine"), "n-nn-1", 2.0)]), "corpus mine, expected one"),
        (([score_file(tmp_path, WP, {1: 2.0}, characters=5)], []), r"of war_and_peace \(5 test"),
        (([score_file(tmp_path, replace(LK, sha256="ab" * 32), {1: 2.0})], []),
         "another version of linux_kernel"),
        (([], [model_file(tmp_path, replace(WP, sha256="ab" * 32), "n-nn-1", 2.0)]),
         "belongs to a corpus with sha256"),
        (([tmp_path / "no.csv"], []), "no such file; run the rule n_gram_probabilities first"),
    ):  # fmt: skip
        with pytest.raises(CharlensError, match=message) as caught:
            table2.table(*arguments, CORPORA, 10, 1)
        assert "\n" not in str(caught.value)


def test_csv_round_trip(tmp_path, table):
    path = tmp_path / "t.csv"
    csv_tables.write(table, path)
    again = table2.read(path)
    pd.testing.assert_frame_equal(again, table, rtol=1e-8)
    first = path.read_bytes()
    csv_tables.write(again, path)
    assert path.read_bytes() == first


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", ",".join(table2.COLUMNS) + "\n"])
def test_broken_csv(tmp_path, text):
    path = tmp_path / "t.csv"
    with pytest.raises(CharlensError, match="run the rule table2 first"):
        table2.read(path)
    path.write_text(text)
    with pytest.raises(CharlensError, match=r"t\.csv: ") as caught:
        table2.read(path)
    assert "\n" not in str(caught.value)


def test_csv_of_an_unknown_family(tmp_path, table):
    path = tmp_path / "t.csv"
    csv_tables.write(table.replace({"family": {"n-nn": "n-zz"}}), path)
    with pytest.raises(CharlensError, match="found n-zz; delete"):
        table2.read(path)


# Markdown


def test_markdown(table):
    lines = markdown(table, 10).splitlines()
    start = lines.index("## War and Peace")
    nn, best = (row_of(table, "war_and_peace", m) for m in ("n-nn-2", "lstm-3x512"))
    gap = row_of(table, "war_and_peace_position", "n-nn-2")["gap_to_streams"]
    assert lines[start + 2 : start + 12] == [
        "Test characters: 300 by streams, 300 by position.",
        "",
        "| Model | Split | 1 | 2 | 10 | 20 |",
        "|---|---|---:|---:|---:|---:|",
        "| n-gram | streams | 2.399 ± 0.002 | 1.928 ± 0.002 | – | **1.195** ± 0.002 |",
        "| | *paper* | *2.399* | *1.928* | – | *1.195* |",
        "| | position | 2.410 ± 0.002 | 1.950 ± 0.002 | – | **1.250** ± 0.002 |",
        "| | gap | +0.011 | +0.022 | – | +0.055 |",
        f"| n-NN | streams | – | {nn['cross_entropy']:.3f} ± {nn['bootstrap_sd']:.3f} "
        "| **1.500** ± 0.000 | – |",
        "| | *paper* | – | *1.931* | – | – |",
    ]
    assert lines[start + 13] == f"| | gap | – | {gap:+.3f} | – | – |"
    recurrent = lines.index("| Best recurrent model | Split | Cross-entropy |")
    value = f"{best['cross_entropy']:.3f} ± {best['bootstrap_sd']:.3f}"
    assert lines[recurrent + 2 : recurrent + 5] == [
        f"| LSTM-3 (512) | streams | {value} |",
        "| | *paper* | *1.082* |",
        "| GRU-3 (512) | position | 1.130 ± 0.000 |",
    ]
    kernel = lines.index("## Linux Kernel")
    assert "The paper used another cut of this text: comparable, not equal." in lines[kernel:]
    assert not any("another cut" in line for line in lines[:kernel])


def test_markdown_of_little(tmp_path):
    own = corpus("my_novel")
    text = markdown(
        table2.table([], [model_file(tmp_path, own, "gru-1x64", 2.0)], [own], 10, 1), 10
    )
    assert "| GRU-1 (64) | streams | 2.000 ± 0.000 |" in text
    for word in ("aper", "gap", "position", "Model |"):
        assert word not in text


def test_markdown_of_infinite_losses(table):
    table = table.copy()
    table.loc[0, ["cross_entropy", "bootstrap_sd"]] = [np.inf, np.nan]
    assert "| n-gram | streams | ∞† | 1.928" in markdown(table, 10)


def test_a_diverged_model_is_marked_and_never_the_best(tmp_path):
    own = corpus("my_novel")
    files = [
        model_file(tmp_path, own, model, nats)
        for model, nats in {"lstm-1x64": 5.6, "gru-1x64": 5.5, "n-nn-1": 5.7}.items()
    ]
    frame = table2.table([], files, [own], 10, 1)
    assert set(frame["model"]) == {"gru-1x64", "n-nn-1"}
    text = markdown(frame, 10)
    assert "| n-NN | streams | 5.700† ± 0.000 |" in text
    assert "†: worse than a uniform guess" in text
    sentences = list(table2.sentences(frame))
    assert sentences == [
        r"Lowest of each family on My novel, split by streams: GRU\-1 \(64\) 5.500."
    ]
    bad = table2.table([], files[::2], [own], 10, 1)
    assert list(table2.sentences(bad)) == [r"On My novel no model is better than a uniform guess."]
    axes = figure_table2.draw(bad).axes[0]
    assert not [line for line in axes.lines if len(line.get_xdata())]


# Figure


def drawn_texts(figure):
    return [text for axes in figure.axes for text in axes.texts]


def markers(axes, color):
    """Points (x, y) of the lines of one colour that have markers."""
    lines = [line for line in axes.lines if line.get_color() == color]
    return {
        (float(x), float(y))
        for line in lines
        if line.get_marker() in ("o", "s")
        for x, y in line.get_xydata()
    }


def within(figure):
    """Whether nothing that is written leaves the page."""
    renderer = figure.canvas.get_renderer()
    figure.draw(renderer)
    artists = [*drawn_texts(figure), *figure.legends]
    for axes in figure.axes:
        artists += [axes.xaxis.label, axes.yaxis.label, axes.title, axes._right_title]
        low, high = axes.get_ylim()  # matplotlib keeps labels beyond them too, not drawn
        artists += [
            text for text in axes.get_yticklabels() if low <= text.get_position()[1] <= high
        ]
        artists += axes.get_xticklabels()
    boxes = [artist.get_window_extent(renderer) for artist in artists]
    return all(
        box.x0 >= 0 and box.y0 >= 0 and box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1
        for box in boxes
        if box.width > 1
    )


def test_figure(table):
    figure = figure_table2.draw(table)
    assert len(figure.axes) == 2  # one panel per source
    assert figure.get_size_inches()[0] == pytest.approx(3.3)
    assert within(figure)
    prose, kernel = figure.axes
    # 1, 2, 9, 10, 20 with breaks between 2 and 9, and 10 and 20
    assert [label.get_text() for label in prose.get_xticklabels()] == ["1", "2", "9", "10", "20"]
    assert list(prose.get_xticks()) == [0, 1, 2.5, 3.5, 5]
    assert list(kernel.get_xticks()) == list(prose.get_xticks())
    assert markers(prose, style.INK) == {
        (0, 2.3987), (1, 1.9278), (5, 1.1951), (0, 2.41), (1, 1.95), (5, 1.25),
    }  # fmt: skip
    keys = [axes.get_legend() for axes in figure.axes]
    shown = {text.get_text() for key in keys for text in key.get_texts()}
    names = ("LSTM-3 (512)", "GRU-3 (512)", "RNN-1 (64)")
    assert shown == {f"best: {name}" for name in names}
    for axes, key in zip(figure.axes, keys, strict=True):
        box = key.get_window_extent()
        for line in axes.lines:
            places = line.get_transform().transform(line.get_xydata())
            assert not box.count_contains(places)
    rings = {
        (line.get_marker(), float(line.get_xdata()[0]), float(line.get_ydata()[0]))
        for line in prose.lines
        if line.get_markeredgecolor() == style.SOFT and line.get_marker() in "osD"
    }
    assert rings == {
        ("o", 0, 2.399), ("o", 1, 1.928), ("o", 5, 1.195), ("s", 1, 1.931), ("D", 0.975, 1.082),
    }  # fmt: skip
    legend = [text.get_text() for row in figure.legends for text in row.get_texts()]
    assert legend == ["n-gram", "n-NN", "by streams", "by position", "paper"]
    assert prose._right_title.get_text() == ""
    assert "another cut" in kernel._right_title.get_text()


def test_error_bars(table):
    axes = figure_table2.draw(table).axes[0]
    drawn = axes.containers[0]
    segments = drawn.lines[2][0].get_segments()
    assert segments[0][:, 1] == pytest.approx([2.3967, 2.4007])


SETS = {
    "n-gram": lambda t: t["family"] == "n-gram",
    "n-NN": lambda t: t["family"] == "n-nn",
    "recurrent": lambda t: t["n"].isna(),
    "no n-NN": lambda t: t["family"] != "n-nn",
    "streams": lambda t: t["split"] == "streams",
    "position": lambda t: t["split"] == "position",
    "one": lambda t: (t["model"] == "n-gram-20") & (t["split"] == "streams"),
    "one recurrent": lambda t: t["model"] == "rnn-1x64",
}


def test_lines_are_broken_with_the_axis(tmp_path):
    """A family that has nothing next to the break is broken there all the same."""
    scores = score_file(tmp_path, WP, dict.fromkeys([1, 2, 9, 10], 1.0))
    models = [model_file(tmp_path, WP, f"n-nn-{n}", 2.0 + n / 10) for n in (2, 10)]
    axes = figure_table2.draw(table2.table([scores], models, [WP], 10, 1)).axes[0]
    color = figure_table2._COLORS["n-nn"]
    drawn = [line for line in axes.lines if line.get_color() == color and len(line.get_xdata()) > 1]
    assert [line.get_linestyle() for line in drawn] == [":"]


def test_a_line_is_broken_where_a_family_lacks_lengths_that_another_has(tmp_path):
    """n-NNs of 1, 2 and 5 characters beside n-grams of 1 to 5: nothing is known of 3 and 4."""
    scores = score_file(tmp_path, WP, dict.fromkeys([1, 2, 3, 4, 5], 1.0))
    models = [model_file(tmp_path, WP, f"n-nn-{n}", 2.0 + n / 10) for n in (1, 2, 5)]
    axes = figure_table2.draw(table2.table([scores], models, [WP], 10, 1)).axes[0]
    color = figure_table2._COLORS["n-nn"]
    drawn = [line for line in axes.lines if line.get_color() == color and len(line.get_xdata()) > 1]
    ends = {line.get_linestyle(): [*line.get_xdata()] for line in drawn}
    ends.pop("None")  # the caps of error bars
    assert ends == {"-": [0.0, 1.0], ":": [1.0, 4.0]}


@pytest.mark.parametrize("name", SETS)
def test_figure_of_parts(table, name):
    part = table[SETS[name](table)]
    figure = figure_table2.draw(part)
    assert within(figure)
    assert len(figure.axes) == part["source"].nunique()
    legend = {text.get_text() for row in figure.legends for text in row.get_texts()}
    assert ("by position" in legend) == (part["split"] == "position").any()
    assert ("n-NN" in legend) == (part["family"] == "n-nn").any()
    assert ("paper" in legend) == part["paper"].notna().any()
    broken = "broken" in figure.axes[-1].get_xlabel()
    assert broken == (part["n"].nunique() > 1)


def test_figure_of_infinite_losses(table):
    table = table[table["source"] == "linux_kernel"].copy()
    table.loc[table.index[0], ["cross_entropy", "bootstrap_sd"]] = [np.inf, np.nan]
    axes = figure_table2.draw(table).axes[0]
    assert np.isfinite(axes.get_ylim()).all()
    assert {x for x, _ in markers(axes, style.INK)} == {1, 2.5}
    table[["cross_entropy", "bootstrap_sd"]] = [np.inf, np.nan]
    assert within(figure_table2.draw(table))


DRAW = """
import sys
from charlens.analyses.context_length import table as table2
from charlens.display import style
from charlens.analyses.context_length import figure
source, target = sys.argv[1:]
style.save(figure.draw(table2.read(source)), target + "/f.pdf", target + "/f.png")
"""


def test_two_runs_give_equal_bytes(tmp_path, table):
    csv_tables.write(table, tmp_path / "t.csv")
    for name in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": name, "PYTHONPATH": str(ROOT / "workflow")}
        command = [sys.executable, "-c", DRAW, str(tmp_path / "t.csv"), str(tmp_path / name)]
        subprocess.run(command, check=True, env=environment)
    for name in ("f.pdf", "f.png"):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes(), name


# Scripts


@pytest.mark.parametrize("absent", [None, "n_gram", "probabilities"])
def test_the_scripts(tmp_path, files, table, monkeypatch, absent):
    corpora = [tmp_path / of.name / "corpus.json" for of in CORPORA]
    for of, path in zip(CORPORA, corpora, strict=True):
        of.save(path)
    tests = [path.with_name("test.npy") for path in corpora]
    for path in tests:
        save_split(path, np.zeros((1, 5), np.uint8))

    run = partial(run_script, tmp_path, monkeypatch)

    inputs = {"n_gram": files[0], "probabilities": files[1], "corpora": corpora, "tests": tests}
    inputs = {key: value for key, value in inputs.items() if key != absent}
    config = {"bootstrap": 10, "seed": 1, "encodings": {}}
    made = run("table2", inputs, {"csv": "t.csv", "md": "t.md"}, **config)
    shown = run("draw", {"table2": made["csv"]}, {k: f"f.{k}" for k in ("pdf", "png", "csv")},
                "charlens.analyses.context_length.figure")  # fmt: skip
    assert shown["csv"].read_bytes() == made["csv"].read_bytes()
    written = table2.read(made["csv"])
    families = set(written["family"])
    if absent is None:
        pd.testing.assert_frame_equal(written, table, rtol=1e-8)
    elif absent == "n_gram":
        assert families == {"n-nn", "recurrent best"}
    else:
        assert families == {"n-gram"}
