"""The verbs of ``import charlens as cl``."""

import dataclasses
import math
import os
import signal
import subprocess
import sys
import warnings
from pathlib import Path

import charlens as cl
import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from charlens.analyses.agreement import table as agreement
from charlens.api.predicted import Scores
from charlens.api.texts import encoded, reading
from charlens.display import html
from charlens.errors import CharlensError
from charlens.files.checkpoint import load_checkpoint
from charlens.inside.cells.figure import _COLORS
from charlens.predictions.file import read_probabilities
from charlens.runtime.signals import Interrupted
from charlens.study.config import Config
from charlens.text.blocks import block_counts
from charlens.text.characters import characters
from charlens.text.encoding_guess import of_corpus
from hypothesis import given
from hypothesis import strategies as st
from languages import LANGUAGES
from languages import encoded as as_encoded
from small_run import BATCH, BOOTSTRAP, SEED, UNROLL, prose
from workflow_runs import ROOT

VERBS = {
    "activations", "cells", "compare", "corpus", "load", "ngram", "open_run", "predict", "train",
}  # fmt: skip


# -- loading -------------------------------------------------------------------------------


def test_import_loads_no_numeric_library():
    code = (
        "import sys, charlens as cl; names = dir(cl)\n"
        "print(*{'torch', 'pandas', 'numpy', 'matplotlib'} & sys.modules.keys())\n"
        "print(*names); cl.corpus"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT / "workflow")}
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    heavy, names = run.stdout.split("\n")[:2]
    assert heavy == ""
    assert set(names.split()) >= VERBS


def test_a_wrong_verb_names_those_there_are():
    with pytest.raises(AttributeError, match="no 'tain'; it has corpus, train, load"):
        cl.tain  # noqa: B018


# -- corpus --------------------------------------------------------------------------------


def test_a_text_from_a_path_a_string_and_bytes(novel):
    data = novel.read_bytes()
    texts = [
        cl.corpus(source, batch=BATCH, unroll=UNROLL)
        for source in (novel, str(novel), data, data.decode())
    ]
    assert [text.corpus.name for text in texts] == ["novel", "novel", "text", "text"]
    assert len({text.corpus.sha256 for text in texts}) == 1
    assert texts[0].whole.text[:-1].tobytes() == data[: texts[0].whole.text.size - 1]
    assert texts[0].kind == "prose"
    assert "4 streams, blocks of 20" in repr(texts[0])
    assert "<table>" in texts[0]._repr_html_()


def test_short_texts_get_fewer_streams_and_say_so():
    with pytest.warns(UserWarning, match="15 streams in blocks of 50 instead of the workflow's 20"):
        text = cl.corpus(prose(15_000)[:75_000])
    assert (text.corpus.batch, text.corpus.unroll) == (15, 50)
    with pytest.warns(UserWarning, match="1 stream in blocks of 10 instead"):
        text = cl.corpus(b"abcdefghij" * 10)
    assert text.corpus.sizes == {"train": 80, "val": 10, "test": 10}


def test_a_text_long_enough_has_the_layout_of_a_config_without_one(recwarn):
    text = cl.corpus(b"to be or not to be, " * 5_000)
    study = Config.load(CORPORA_ALONE)
    assert (text.corpus.batch, text.corpus.unroll) == (study.training.batch, study.training.unroll)
    assert not recwarn.list


@given(st.integers(0, 3000), st.floats(0.05, 0.9), st.floats(0.05, 0.9))
@pytest.mark.filterwarnings("ignore:text")
def test_any_length_is_split_or_refused(size, train, val):
    if train + val >= 1 or min(block_counts(size, 1, 1, train, val)) < 1:
        with pytest.raises(CharlensError, match=r"train, val: expected|bytes are too few"):
            cl.corpus(b"x" * size, train=train, val=val)
        return
    text = cl.corpus(b"x" * size, train=train, val=val)
    assert min(text.corpus.sizes.values()) > 0
    assert sum(text.corpus.sizes.values()) <= size


@pytest.mark.parametrize(
    ("source", "options", "message"),
    [
        ("nowhere.txt", {}, "nowhere.txt: no such file in"),
        ("folder/nowhere", {}, "no such file in"),
        ("/folder/nowhere.txt", {}, "^/folder/nowhere.txt: no such file; correct the path, or"),
        (Path("/nowhere"), {}, "^/nowhere: no such file; correct the path$"),
        ("~/nowhere.txt", {}, "nowhere.txt: no such file; correct"),
        ("nowhere", {}, r"7 bytes are too few .* \('nowhere' names no file\)"),
        (b"", {}, "0 bytes are too few"),
        (b"x" * 99, {"batch": 10}, "too few to split .* of 10 streams"),
        (b"x" * 999, {"split": "half"}, "split: expected streams or position, found 'half'"),
        (b"x" * 999, {"train": 0.9}, "leave a test split, found 0.9, 0.1"),
        (b"x" * 999, {"batch": -1}, "too few"),
        (7, {}, "expected a path, a string or bytes, found int"),
    ],
)
def test_a_wrong_text(source, options, message):
    with pytest.raises(CharlensError, match=message) as raised:
        cl.corpus(source, **options)
    assert "\n" not in str(raised.value)


def test_a_folder_is_no_text(tmp_path):
    with pytest.raises(CharlensError, match="expected a file, found a folder"):
        cl.corpus(tmp_path)


# -- the same numbers as the workflow ------------------------------------------------------

CORPORA_ALONE = {"corpora": {"novel": {"source": {"file": "novel.txt"}}}}
"""A config that leaves the training out."""


@pytest.mark.parametrize("settings", [{}, {"epochs": 3}, {"epochs": 3, "anneal_after": 1}])
def test_a_notebook_trains_with_the_settings_of_a_config(settings):
    """Of one that leaves the training out, or names as much of it."""
    text = cl.corpus(b"to be or not to be, " * 5_000)
    model = cl.train("rnn-1x4", text, **settings)
    study = Config.load(CORPORA_ALONE | {"training": settings})
    assert model.metadata["training"] == study.training.model_dump(mode="json")
    assert model.metadata["seed"] == study.seed


def test_a_notebook_can_train_as_the_paper():
    text = cl.corpus(b"to be or not to be, " * 10_000, batch=100, unroll=100)
    model = cl.train("rnn-1x4", text, epochs=50, learning_rate=0.002, dropout=[0, 0.25, 0.5])
    paper = Config.load(yaml.safe_load((ROOT / "config.paper.yaml").read_text()))
    assert model.metadata["training"] == paper.training.model_dump(mode="json")


def test_a_notebook_trains_the_workflows_network(model, run_folder):
    weights, metadata = load_checkpoint(run_folder / "novel/models/lstm-2x8.safetensors")
    assert metadata == model.metadata | {"format": 1}
    for name, tensor in weights.items():
        assert torch.equal(tensor, model.weights[name]), name
    curve = pd.read_parquet(run_folder / "novel/curves/lstm-2x8.parquet")
    pd.testing.assert_frame_equal(model.curves[curve.columns], curve)


@pytest.mark.parametrize("name", ["lstm-2x8", "n-gram-5"])
def test_a_notebook_predicts_what_the_workflow_predicts(text, model, run_folder, name, tmp_path):
    own = cl.predict(model, text) if name == "lstm-2x8" else cl.ngram(text, 5)
    workflows = cl.open_run(run_folder).predictions("novel", name)
    assert own.metadata == workflows.metadata
    assert list(own.columns) == list(workflows.columns)
    for column in own.columns:
        assert np.array_equal(own.columns[column], workflows.columns[column]), column
    own.save(tmp_path / "p.parquet")
    expected = (run_folder / f"novel/probabilities/{name}.parquet").read_bytes()
    assert (tmp_path / "p.parquet").read_bytes() == expected


def test_a_notebook_compares_as_the_workflow(text, model, run_folder, tmp_path):
    """From memory, from files and from both; the order of the models does not matter."""
    paths = [run_folder / f"novel/probabilities/n-gram-{n}.parquet" for n in (2, 5)]
    in_memory = [cl.predict(model, text), cl.ngram(text, 2), cl.ngram(text, 5)]
    mixed = [paths[1], cl.predict(model, text), str(paths[0])]
    for sources in (in_memory, mixed, reversed(in_memory)):
        cl.compare(sources, bootstrap=BOOTSTRAP, seed=SEED).save(tmp_path / "table.csv")
        expected = (run_folder / "tables/cross_entropy.csv").read_bytes()
        assert (tmp_path / "table.csv").read_bytes() == expected


def test_a_notebook_finds_the_workflows_cells(text, model, run_folder):
    own = cl.cells(model, text, kind="prose")
    workflows = cl.open_run(run_folder).tables_of("novel").cells["lstm-2x8"]
    pd.testing.assert_frame_equal(own.ranking, workflows.astype(own.ranking.dtypes.to_dict()))
    shown = cl.open_run(run_folder).tables_of("novel").cell_examples["lstm-2x8"]
    panel = shown[shown["panel"] == "inside_quotes"]
    cell = own.best("inside_quotes")
    assert (cell.layer, cell.unit) == (panel.layer.iloc[0], panel.unit.iloc[0])
    assert cell.score_held_out == panel.held_out.iloc[0]
    assert cell.trace.text == panel.byte.to_numpy(np.uint8).tobytes()
    assert np.allclose(cell.trace.values, panel.value, atol=1e-6)


def test_activations_in_memory_and_in_the_store(text, model, run_folder):
    stored = cl.open_run(run_folder).activations("novel", "lstm-2x8", "c", layer=2, units=[1, 0])
    mine = cl.activations(model, text, "c", layer=2, units=[1, 0])
    assert (stored.start, stored.shape) == (30, (100, 2))
    assert mine.shape == (text.corpus.sizes["test"], 2)
    assert mine.text[30:130] == stored.text
    assert np.abs(mine.values[30:130] - stored.values).max() < 1e-3  # float16
    assert np.array_equal(mine.unit(1).values, mine.values[:, 0])


def test_a_file_of_a_run_and_a_saved_model_are_one(text, model, run_folder, tmp_path):
    model.save(tmp_path / "m.safetensors")
    path = run_folder / "novel/models/lstm-2x8.safetensors"
    loaded = [cl.load(tmp_path / "m.safetensors"), cl.load(path), cl.load(path, text)]
    loaded.append(cl.open_run(run_folder).model("novel", "lstm-2x8"))
    expected = model.score("the cat").probability
    for other in loaded:
        assert (other.model, other.vocabulary) == (model.model, model.vocabulary)
        assert np.array_equal(other.score("the cat").probability, expected, equal_nan=True)


def test_a_moved_model_needs_its_text(text, run_folder, tmp_path):
    moved = tmp_path / "moved.safetensors"
    moved.write_bytes((run_folder / "novel/models/lstm-2x8.safetensors").read_bytes())
    assert cl.load(moved, text).vocabulary == text.corpus.vocabulary
    with pytest.raises(CharlensError, match=r"does not hold its alphabet.*\(novel\); give that"):
        cl.load(moved)
    with pytest.raises(CharlensError, match="does not hold its alphabet"):
        cl.load(moved, cl.corpus(b"to be " * 500, batch=2))
    with pytest.raises(CharlensError, match=r"nothing\.safetensors: no such file"):
        cl.load(tmp_path / "nothing.safetensors")


def test_other_files_are_no_network(run_folder, novel):
    with pytest.raises(CharlensError, match="expected a trained network, found an n-gram model"):
        cl.load(run_folder / "novel/models/n-gram.safetensors")
    with pytest.raises(CharlensError, match="damaged checkpoint"):
        cl.load(novel)


def test_an_interrupted_training_is_a_keyboard_interrupt(text, monkeypatch):
    def stopped(trainer):
        raise Interrupted(signal.SIGINT)

    monkeypatch.setattr("charlens.api.models.Trainer.run", stopped)
    with pytest.raises(KeyboardInterrupt):
        cl.train("lstm-1x8", text, epochs=1)


# -- scores of strings ---------------------------------------------------------------------


def test_scores_of_a_string_are_those_of_its_place_in_a_stream(text, model):
    """A test stream starts from zero too, so its beginning is a string like any other."""
    stream = text.whole.text[text.whole.inputs[1]][:150].tobytes()
    length = text.splits["test"].shape[1] - 1
    expected = cl.predict(model, text).probability[length : length + 149]
    scores = cl.predict(model, stream)
    assert np.isnan(scores.probability[0])
    assert np.allclose(scores.probability[1:], expected, rtol=1e-5)
    assert math.isclose(scores.loss, float(-np.log(expected).mean()), rel_tol=1e-5)
    later = model.score(stream[100:], context=stream[:100])
    assert np.allclose(later.probability, expected[99:], rtol=1e-5)
    assert len(later.to_frame()) == 50
    assert set(later.top_byte.tolist()) <= set(model.vocabulary)


def test_a_path_object_is_read_and_a_string_is_not(novel, model):
    assert len(cl.predict(model, novel)) == novel.stat().st_size
    assert len(model.score("cat")) == 3


def test_line_ends_of_another_kind_are_said():
    windows, unix = (10, 13, 97), (10, 97)
    text = {end: np.frombuffer(f"a{end}a".encode(), np.uint8) for end in ("\n", "\r\n")}
    with pytest.warns(UserWarning, match=r"t: its lines end in \\n, .* replace \\n by \\r\\n"):
        assert encoded(text["\n"], windows, "t").tolist() == [2, 0, 2]
    with pytest.raises(CharlensError, match=r"'\\r'; write its lines with \\n alone"):
        encoded(text["\r\n"], unix, "t")
    with warnings.catch_warnings(action="error"):
        encoded(text["\n"], unix, "t")
        encoded(text["\r\n"], windows, "t")
        encoded(text["\n"][:1], windows, "t")  # no end of a line


def test_a_string_that_names_a_file_is_scored_with_a_warning(model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.mat").write_text("the cat")
    monkeypatch.setattr("charlens.api.scored.encoded", lambda values, *_: 0 * values)
    with pytest.warns(UserWarning, match=r"read as a string; .* give pathlib.Path\('a.mat'\)"):
        assert len(model.score("a.mat")) == 5


@pytest.mark.parametrize("length", [1, 2, 99, 100, 101, 102, 201])
def test_strings_of_any_length(model, length):
    data = prose()[:length]
    scores = model.score(data)
    assert len(scores) == scores.probability.size == scores.entropy.size == length
    assert np.isnan(scores.probability).tolist() == [True] + [False] * (length - 1)
    longer = model.score(data + b" the end").probability[:length]
    assert np.allclose(scores.probability, longer, rtol=1e-4, equal_nan=True)
    acts = cl.activations(model, data, "h", layer=2)
    assert acts.shape[0] == length
    assert acts.text == data


def test_a_character_alone(model):
    scores = model.score("t")
    assert math.isnan(scores.loss)
    assert "nothing to predict" in repr(scores)
    assert "not predicted" in scores._repr_html_()
    assert model.score("t", context=" ").loss > 0


def test_characters_that_the_model_does_not_know(model, text):
    with pytest.raises(CharlensError, match="never saw in training: '한', 'Z'"):
        model.score("한Z")
    with pytest.raises(CharlensError, match="never saw"):
        cl.predict(model, cl.corpus(b"WXYZ" * 100, batch=2, unroll=10))
    with pytest.raises(CharlensError, match="found an empty text"):
        model.score("")


def test_another_text_of_the_same_characters(model):
    """Its alphabet is smaller, so its codes are others."""
    other = cl.corpus(b"the cat sat on a mat\n" * 100, batch=2, unroll=50, name="mats")
    assert other.corpus.k < len(model.vocabulary)
    p = cl.predict(model, other)
    assert p.metadata.corpus_sha256 == other.corpus.sha256
    stream = other.whole.text[other.whole.inputs[0]].tobytes()
    expected = model.score(stream).probability[1:]
    assert np.allclose(p.probability[: len(expected)], expected, rtol=1e-5)


# -- Korean, and one character only --------------------------------------------------------

POEM = (
    "나는 보기가 역겨워 가실 때에는 “말없이” 고이 보내 드리우리다.\n"
    "영변에 약산 진달래꽃 아름 따다 가실 길에 뿌리우리다.\n"
)


def test_korean_from_text_to_cells():
    text = cl.corpus(POEM * 40, batch=4, unroll=25, name="진달래")
    model = cl.train("gru-1x16", text, epochs=2, device="cpu")
    scores = model.score("가실 때에는")
    frame = scores.to_frame()
    assert frame.character.tolist() == list("가실 때에는")
    assert frame.position.tolist() == [0, 3, 6, 7, 10, 13]
    by_bytes = scores.probability.astype(float)
    assert math.isclose(frame.probability[1], by_bytes[3] * by_bytes[4] * by_bytes[5], rel_tol=1e-6)
    assert math.isclose(frame.nats[1:].sum(), scores.nats[3:].sum(), rel_tol=1e-9)
    assert ">때</span>" in scores._repr_html_()
    ranked = cl.cells(model, text)
    cell = ranked.best("inside_quotes")
    assert "<span" in cell._repr_html_()
    assert cl.activations(model, POEM, "r").shape[0] == len(POEM.encode())
    table = cl.compare([cl.predict(model, text), cl.ngram(text, 3)]).table
    assert table.corpus.tolist() == ["진달래"] * 2
    assert " nats per byte after epoch 2" in repr(model)
    plain = cl.corpus(b"the cat sat on the mat. " * 100, batch=4, unroll=20)
    assert " nats per character after epoch 1" in repr(cl.train("lstm-1x4", plain, epochs=1))


def test_scores_show_text_of_any_encoding():
    """As Latin-1 a character is a byte; as UTF-8 losses are per byte, not per character."""
    made = {
        encoding: Scores(
            "m", data, *(np.full(len(data), 0.5, np.float32),) * 2, np.zeros(len(data))
        )
        for encoding in ("cp1252", "utf-8")
        for data in [("déjà vu près de l'été, où ça gèle\n" * 20).encode(encoding)]
    }
    frames = {encoding: scores.to_frame() for encoding, scores in made.items()}
    for frame in frames.values():
        assert "".join(frame["character"][:7]) == "déjà vu"
    assert "déjà vu près de" in repr(made["cp1252"])
    assert "0.693 nats per character (1.000 bits)" in repr(made["cp1252"])
    assert "0.693 nats per byte (1.000 bits)" in repr(made["utf-8"])


@pytest.mark.parametrize("name", ["lstm-1x4", "n-nn-2"])
def test_one_character_only(name):
    text = cl.corpus("a" * 400, batch=2, unroll=10)
    assert text.corpus.k == 1
    model = cl.train(name, text, epochs=1, widths=[4], device="cpu")
    p = cl.predict(model, text)
    assert p.loss == pytest.approx(0, abs=1e-6)
    assert cl.ngram(text, 2).loss < 0.1
    assert "aaa" in repr(model.score("aaa"))
    with pytest.raises(CharlensError, match="is the same all over the first half"):
        cl.cells(model, text).best("inside_quotes")
    assert "–" in repr(cl.cells(model, text))
    assert len(cl.compare([p, cl.ngram(text, 2)]).table) == 2


# -- errors name what there is -------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (
            lambda t, m: cl.train("lsmt-1x8", t),
            "no cell 'lsmt', expected one of lstm, rnn, gru, lstm_adamw, mingru, gpt",
        ),
        (lambda t, m: cl.train("big", t), "'big' names no model .* expected e.g. lstm-3x512"),
        (lambda t, m: cl.train("n-gram-3", t), r"counted, not trained; use ngram\(text, 3\)"),
        (lambda t, m: cl.train("lstm-1x8", b"text"), "expected a text made by charlens.corpus"),
        (lambda t, m: cl.train("lstm-1x8", t, epocs=3), "did you mean epochs"),
        (lambda t, m: cl.train("lstm-1x8", t, epochs=0), "epochs: found 0"),
        (lambda t, m: cl.train("lstm-1x8", t, batch=3), "batch belongs to the text"),
        (lambda t, m: cl.activations(m, t, "q"), "no quantity 'q', expected one of h, c, o, i, f"),
        (lambda t, m: cl.activations(m, t, "c", layer=3), "no layer 3, expected 1 to 2"),
        (lambda t, m: cl.activations(m, t, "c", units=[99]), "no unit 99, expected 0 to"),
        (lambda t, m: cl.activations(m, t, units=[3]).unit(2), "unit 2 was not kept, only 3 to 3"),
        (lambda t, m: cl.cells(m, t).best("quotes"), "expected one of line_position, inside_"),
        (lambda t, m: cl.cells(m, t, kind="verse"), "kind: expected prose or c, found 'verse'"),
        (lambda t, m: cl.cells(m, "t"), "expected at least 2 bytes, found 1"),
        (lambda t, m: cl.ngram(t, 999), "expected 0 to 254 characters of context, found 999"),
        (lambda t, m: cl.ngram("text", 2), "expected a text made by charlens.corpus, found str"),
        (lambda t, m: cl.compare([]), "expected predictions of at least one model"),
        (lambda t, m: cl.compare([m.score("the")]), "found scores of a string"),
        (lambda t, m: cl.compare([cl.ngram(t, 2)] * 2), "n-gram-2 on novel is already in"),
    ],
)
def test_a_wrong_call(text, model, act, message):
    with pytest.raises(CharlensError, match=message) as raised:
        act(text, model)
    assert "\n" not in str(raised.value)


def test_predictions_in_memory_that_cannot_be_compared(text, model):
    other = cl.corpus(prose(seed=1), batch=BATCH, unroll=UNROLL, name="novel")
    with pytest.raises(CharlensError, match=r"made on a corpus with sha256"):
        cl.compare([cl.ngram(text, 2), cl.ngram(other, 3)])


def test_other_tables_take_predictions_in_memory(text, model, run_folder):
    paths = [run_folder / f"novel/probabilities/{m}.parquet" for m in ("lstm-2x8", "n-gram-2")]
    expected = agreement.table(paths)
    in_memory = agreement.table([cl.predict(model, text), cl.ngram(text, 2)])
    pd.testing.assert_frame_equal(in_memory, expected)


# -- a run ---------------------------------------------------------------------------------


def test_a_run(run_folder, text):
    run = cl.open_run(str(run_folder))
    assert run.corpora == ["novel"]
    assert run.models("novel") == ["lstm-2x8"]
    assert "novel: lstm-2x8" in repr(run)
    assert "lstm-2x8" in run._repr_html_()
    assert run.tables.cross_entropy.model.tolist() == ["lstm-2x8", "n-gram-2", "n-gram-5"]
    assert "cross_entropy" in dir(run.tables)
    assert run.tables_of("novel").n_gram.n.tolist() == [2, 5]
    assert run.corpus("novel").corpus.sha256 == text.corpus.sha256
    columns = read_probabilities(run_folder / "novel/probabilities/n-gram-2.parquet")
    frame = run.predictions("novel", "n-gram-2").to_frame()
    assert np.array_equal(frame.probability, columns["probability"])


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda r: r.tables.cross_entropi, "did you mean cross_entropy.; it has cross_entropy"),
        (lambda r: r.corpus("novell"), "no corpus 'novell'; did you mean novel.; it has novel"),
        (lambda r: r.model("novel", "lstm-9x9"), "no model 'lstm-9x9'.*; it has lstm-2x8"),
        (lambda r: r.predictions("novel", "x"), "'x'; it has lstm-2x8, n-gram-2, n-gram-5"),
        (lambda r: r.activations("novel", "n-gram-2"), "no activations of .*; it has lstm-2x8"),
        (lambda r: r.activations("novel", "lstm-2x8", "f"), "the dump holds layer-1/c.parquet"),
        (lambda r: cl.open_run(r.folder / "novel"), "of one corpus; open the run"),
        (lambda r: cl.open_run(r.folder.parent / "smal"), "runs in .*: small"),
    ],
)
def test_a_wrong_name_in_a_run(run_folder, act, message):
    with pytest.raises(CharlensError, match=message) as raised:
        act(cl.open_run(run_folder))
    assert "\n" not in str(raised.value)


def test_a_run_without_its_splits(tmp_path):
    """The reference run in the repository holds tables and models, but neither text nor splits."""
    run = cl.open_run(ROOT / "results" / "reference")
    assert len(run.tables.cross_entropy) > 0
    corpus = run.corpora[0]
    assert run.model(corpus, run.models(corpus)[0]).score("the").loss > 0
    with pytest.raises(CharlensError, match=r"train\.npy: cannot be read"):
        run.corpus(corpus)


# -- how results show themselves -----------------------------------------------------------


@pytest.mark.parametrize("value", np.linspace(-1, 1, 41))
def test_the_colours_are_those_of_figure_2(value):
    """But for the 256 steps of matplotlib's scale."""
    expected = np.array(_COLORS((value + 1) / 2)[:3]) * 255
    assert np.abs(expected - html.color(value)).max() < 3


def test_colours_beyond_the_scale():
    assert html.color(7) == html.color(1) == html.POSITIVE
    assert html.color(-7) == html.NEGATIVE
    assert html.color(math.nan) == (255, 255, 255)


@pytest.mark.parametrize(("held_out", "other_half"), [(0.2653, "0.7347"), (0.55, "0.4500")])
def test_an_auc_below_a_half_is_shown_as_in_figure_2(text, model, held_out, other_half):
    """Turned by the half where the cell was chosen: the other may say that its sign was chance."""
    searched = cl.cells(model, text)
    frame = searched.ranking.copy()
    best = (frame["concept"] == "inside_quotes") & (frame["rank"] == 1)
    frame.loc[best, ["found", "held_out"]] = 0.2692, held_out
    low = dataclasses.replace(searched, ranking=frame)
    cell = low.best("inside_quotes")
    expected = f"AUC = 0.7308 where it was found, {other_half} on the other half; low for yes"
    assert repr(cell).endswith(expected)
    assert expected in cell._repr_html_()
    assert (cell.score_found, cell.score_held_out) == (0.2692, held_out)
    row = next(line for line in repr(low).splitlines() if "inside_quotes" in line)
    assert row.split()[-3:] == ["0.731", f"{float(other_half):.3f}", "low"]
    assert f"<td>0.7308</td><td>{other_half}</td><td>low</td>" in low._repr_html_()
    assert low.summary().set_index("concept").found["inside_quotes"] == 0.2692


def test_other_scores_are_shown_as_they_are(text, model):
    searched = cl.cells(model, text)
    frame = searched.ranking.copy()
    frame.loc[frame["concept"] == "line_position", ["found", "held_out"]] = -0.3, -0.2
    frame.loc[frame["concept"] == "inside_quotes", ["found", "held_out"]] = 0.9, 0.4
    frame.loc[frame["concept"] == "line_end", ["found", "held_out"]] = math.nan
    high = dataclasses.replace(searched, ranking=frame)
    rows = [line.split()[-3:] for line in repr(high).splitlines()[1:]]
    assert rows == [["-0.300", "-0.200", "–"], ["0.900", "0.400", "high"], ["–", "–", "–"]]
    assert repr(high.best("line_position")).endswith(
        "r = -0.3000 where it was found, -0.2000 on the other half"
    )


def test_text_in_html_is_escaped_and_cut():
    data = "<&한\n".encode() * 600
    page = html.coloured_text(html.beginning(data), [0.5] * 1000, len(data))
    assert "<span" in page
    assert "&lt;</span>" in page
    assert "&amp;</span>" in page
    assert "↓\n</span>" in page
    assert page.count("<span") == 1000
    assert "… 2,100 bytes more" in page  # 350 of 600 times 6 bytes
    assert "more" not in html.coloured_text(html.beginning(b"ab"), [0, 1], 2)
    assert html.table(["a<b"], [[float("nan")], [None], [3], [0.12345], ["<i>"]]).count("–") == 2


def test_results_show_themselves(text, model):
    results = [
        text, model, cl.predict(model, text), model.score("cat"), cl.compare([cl.ngram(text, 2)]),
        cl.cells(model, text), cl.cells(model, text).best("line_end"),
        cl.activations(model, text, "c"), cl.activations(model, "the cat").unit(1),
    ]  # fmt: skip
    for result in results:
        page = result._repr_html_()
        assert "<table>" in page or "<pre" in page, result
        assert len(repr(result)) < 1000
        assert " object at 0x" not in repr(result)
    trace = cl.activations(model, text, "c").unit(0)
    assert np.array_equal(trace.shades, np.tanh(trace.values))
    red, green, blue = html.color(trace.shades[0])
    assert f"background:#{red:02x}{green:02x}{blue:02x}" in trace._repr_html_()


@given(st.binary(max_size=40))
def test_characters_cover_every_byte_once(data):
    parts = characters(data)
    assert b"".join(data[part.start : part.stop] for part in parts) == data
    assert all(part.start < part.stop for part in parts)
    whole = [p for p in parts if p.text != "\ufffd"]
    assert all(data[p.start : p.stop].decode() == p.text for p in whole)


@pytest.mark.parametrize(
    ("name", "batch", "unroll"),
    [("chinese_gb", 3, 21), ("russian_wide", 10, 11), ("emoji", 5, 31), ("korean", 7, 33)],
)
def test_streams_that_end_within_a_character_do_not_hide_the_encoding(name, batch, unroll):
    """Joined, the next stream would begin with half a character, and so be of another encoding."""
    text = cl.corpus(as_encoded(name, 60), batch=batch, unroll=unroll)
    read = reading(text, text.corpus.vocabulary)
    assert read.bytes.shape[0] == batch
    assert read.encoding == LANGUAGES[name][1]
    assert of_corpus(None, text.corpus, text.splits["test"]) == LANGUAGES[name][1]
