"""Figure 6 from files to tables and pictures: who is broken down, sums, examples, the paper."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from charlens.analyses.oracles import bars as figure6_bars
from charlens.analyses.oracles import oracles
from charlens.analyses.oracles import pies as figure6
from charlens.analyses.oracles import table as error_analysis
from charlens.analyses.oracles.excerpts import examples, slices_of
from charlens.analyses.oracles.markdown import markdown
from charlens.errors import CharlensError
from charlens.files import csv_tables
from charlens.predictions.file import ProbabilityMetadata, read_probabilities, write_probabilities
from charlens.text.corpus import Corpus, load_split, prepare, save_split
from scripts_alone import run_script

WORDS = ["captain", "walked", "slowly", "to", "the", "harbour", "and", '"never', 'again"', "sea,"]
THRESHOLD = 0.5


def prose(lines: int = 900) -> bytes:
    random = np.random.default_rng(5)
    return b"".join(
        " ".join(random.choice(WORDS, random.integers(4, 11))).encode() + b".\r\n"
        for _ in range(lines)
    )


def predict(
    folder: Path, corpus: Corpus, model: str, level: float, into: Path | None = None
) -> Path:
    """A probabilities file of made-up predictions; a higher level makes fewer errors."""
    rows = load_split(folder / "test.npy")
    size = rows[:, 1:].size
    random = np.random.default_rng(list(model.encode()))
    p = (random.random(size) ** (1 - level)).astype(np.float32)
    columns = {
        "position": np.arange(size, dtype=np.int32),
        "stream": np.repeat(np.arange(len(rows), dtype=np.int16), rows.shape[1] - 1),
        "byte": np.array(corpus.vocabulary, np.uint8)[rows[:, 1:].ravel()],
        "probability": p,
        "entropy": np.zeros(size, np.float32),
        "top_byte": np.zeros(size, np.uint8),
        "top_probability": np.ones(size, np.float32),
    }
    path = (into or folder) / f"{model}.parquet"
    write_probabilities(path, columns, ProbabilityMetadata(corpus.sha256, model, corpus.name))
    return path


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("errors")
    corpus, splits = prepare(prose(), "war_and_peace", "a test", "streams", 4, 50, 0.6, 0.1)
    corpus.save(folder / "corpus.json")
    for part in ("train", "test"):
        save_split(folder / f"{part}.npy", splits[part])
    ours = {"lstm-1x64": 0.0, "lstm-2x64": 0.05, "lstm-1x512": 0.3, "lstm-3x512": 0.2}
    models = [predict(folder, corpus, model, level) for model, level in ours.items()]
    models += [predict(folder, corpus, f"n-gram-{n}", -0.3) for n in (1, 2, 9)]
    external = [predict(folder, corpus, "mine", 0.1)]
    inputs = {"corpus": folder / "corpus.json", "models": models, "external": external}
    inputs |= {part: folder / f"{part}.npy" for part in ("train", "test")}
    names = ("categories", "eliminated", "orders", "sensitivity")
    outputs = {name: folder / f"{name}.csv" for name in names}
    outputs |= {"examples": folder / "examples.parquet", "md": folder / "errors.md"}
    with pytest.MonkeyPatch.context() as patch:
        made = run_script(folder, patch, "errors", inputs, {k: p.name for k, p in outputs.items()},
                          threshold=THRESHOLD, definitions="fitted", encoding=None)  # fmt: skip
    outputs = made
    return folder, inputs, outputs


def test_the_best_the_smallest_and_the_others_are_broken_down(study):
    folder, _, outputs = study
    table = error_analysis.read(outputs["categories"])
    roles = table.drop_duplicates("model").set_index("role")["model"].to_dict()
    assert roles == {"best": "lstm-1x512", "smallest": "lstm-2x64", "external": "mine"}
    for model, part in table.groupby("model"):
        p = read_probabilities(folder / f"{model}.parquet")["probability"]
        assert part["errors"].sum() == np.count_nonzero(p < THRESHOLD)
        assert part["percent"].sum() == pytest.approx(100)
        assert (part["characters"] == len(p)).all()
        assert list(part["oracle"]) == list(oracles.slices())
    lacking = table[table["oracle"].isin([f"{n}-gram" for n in range(3, 9)])]
    assert (lacking["errors"] == 0).all()  # the study has no such n-grams
    assert (table[table["oracle"] == "9-gram"]["errors"] > 0).all()


def test_the_papers_slices_stand_beside_models_of_its_budgets_only(study):
    table = error_analysis.read(study[2]["categories"])
    by_role = {role: part["paper"] for role, part in table.groupby("role")}
    assert by_role["best"].iloc[0] == 1.14  # LSTM-3 (512)
    assert by_role["smallest"].iloc[0] == 0.93  # LSTM-2 (64)
    assert by_role["external"].isna().all()
    assert np.isnan(error_analysis.papers("war_and_peace", "lstm-1x128")).all()
    assert np.isnan(error_analysis.papers("war_and_peace", "gru-1x64")).all()
    assert np.isnan(error_analysis.papers("python_docs", "lstm-1x64")).all()


def test_eliminated_errors_are_the_difference_of_the_counts(study):
    table = error_analysis.read(study[2]["categories"])
    gone = error_analysis.read_eliminated(study[2]["eliminated"])
    counts = {role: part["errors"].to_numpy() for role, part in table.groupby("role")}
    assert (gone["eliminated"] == counts["smallest"] - counts["best"]).all()
    assert gone["percent"].sum() == pytest.approx(100)
    assert set(gone["small"]) == {"lstm-2x64"}
    assert set(gone["large"]) == {"lstm-1x512"}


def test_orders_and_definitions_are_reported_for_every_model(study):
    orders = pd.read_csv(study[2]["orders"])
    assert set(orders["threshold"]) == {0.3, 0.4, 0.5, 0.6, 0.7}
    for _, part in orders.groupby(["model", "threshold"]):
        for column in ("paper_order", "shapley", "shapley_before_boost"):
            assert part[f"percent_{column}"].sum() == pytest.approx(100)
        assert (part["percent_min"] <= part["percent_shapley"] + 1e-9).all()
        assert (part["percent_shapley"] <= part["percent_max"] + 1e-9).all()
        boost = part[part["family"] == "boost"].iloc[0]
        assert boost["percent_shapley_before_boost"] == pytest.approx(boost["percent_min"])
    definitions = pd.read_csv(study[2]["sensitivity"])
    assert set(definitions["definitions"]) == set(oracles.DEFINITIONS)
    table = error_analysis.read(study[2]["categories"])
    fitted = definitions[definitions["definitions"] == "fitted"]
    assert np.allclose(fitted["percent"], table["percent"])
    text = study[2]["md"].read_text()
    for expected in ("LSTM-1 (512)", "| mine |", "720 orders", "| stated |", "(1.14)"):
        assert expected in text


def test_examples_show_the_text_and_mark_errors_of_their_group(study):
    folder, inputs, outputs = study
    corpus, shown = Corpus.load(inputs["corpus"]), error_analysis.read_examples(outputs["examples"])
    test = np.array(corpus.vocabulary, np.uint8)[load_split(inputs["test"])]
    targets = test[:, 1:].ravel()
    p = read_probabilities(folder / "lstm-1x512.parquet")["probability"]
    assert (shown["byte"] == targets[shown["position"]]).all()
    assert (p[shown["position"][shown["marked"]]] < THRESHOLD).all()
    assert set(shown["group"]) <= {
        group.title for oracle in oracles.ORACLES.values() for group in oracle.excerpts
    }
    quoted = shown[(shown["group"] == "After space or quote") & shown["marked"]]
    inputs_ = test[:, :-1].ravel()
    assert set(inputs_[quoted["position"]]) <= set(b' "')
    for _, part in shown.groupby("group"):
        assert targets[part["position"].iloc[0] - 1] == ord("\n")  # starts a line


def test_boxes_are_the_earlier_words_that_marked_ones_repeat():
    line = b"one harbour here, another harbour there, and nothing else at all today.\n"
    test = np.frombuffer(line * 12, np.uint8).reshape(1, -1)
    category = np.full(test.size - 1, -1, np.int8)
    second = line.index(b"harbour", 20)
    start = len(line) * 3 - 1  # line 3 in the targets, which begin with the second byte
    category[start + second + 2] = slices_of(oracles.ORACLES["memory"].excerpts[0])[0]
    shown = examples(test, category, oracles.FITTED)
    boxed = shown[shown["boxed"] == 1]
    assert bytes(boxed["byte"].astype(np.uint8)) == b"harbour"
    assert boxed["position"].iloc[0] == start + line.index(b"harbour")
    assert shown["marked"].sum() == 1


def test_a_repeat_of_a_word_too_far_back_is_marked_all_the_same():
    """No excerpt holds both, so the one with the error is shown, not the first of the text."""
    lines = [b"nothing at all is here today, %d of them, and nothing else at all.\n" % n
             for n in range(100, 140)]  # fmt: skip
    lines[2] = lines[30] = b"one harbour, far from everything else that is told in this text\n"
    test = np.frombuffer(b"".join(lines), np.uint8).reshape(1, -1)
    category = np.full(test.size - 1, -1, np.int8)
    at = test.tobytes().rindex(b"harbour") + 1
    category[at] = slices_of(oracles.ORACLES["memory"].excerpts[0])[0]
    shown = examples(test, category, oracles.FITTED)
    assert shown.loc[shown["marked"], "position"].tolist() == [at]
    assert not shown["boxed"].any()


def test_errors_that_no_excerpt_can_show_have_none():
    """Before the first line that starts in the stream, or on the last line, that is too short."""
    line = b"one harbour here, another harbour there, and nothing else at all today.\n"
    test = np.frombuffer(line * 12, np.uint8).reshape(1, -1)
    category = np.full(test.size - 1, -1, np.int8)
    category[3] = slices_of(oracles.ORACLES["n-gram"].excerpts[0])[0]
    assert examples(test, category, oracles.FITTED).empty


@pytest.mark.parametrize("elsewhere", [True, False])
def test_groups_show_the_same_text_only_where_no_other_has_their_errors(elsewhere):
    line = b"one harbour here, another harbour there, and nothing else at all today.\n"
    test = np.frombuffer(line * 30, np.uint8).reshape(1, -1)
    category = np.full(test.size - 1, -1, np.int8)
    groups = [oracles.ORACLES[name].excerpts[0] for name in ("n-gram", "punctuation")]
    first, second = (slices_of(group)[0] for group in groups)
    rich, poor = len(line) * 5, len(line) * 20
    category[rich : rich + 9], category[rich + 10 : rich + 18] = first, second
    if elsewhere:
        category[poor] = second
    shown = examples(test, category, oracles.FITTED)
    one, other = (set(shown["position"][shown["group"] == group.title]) for group in groups)
    assert {rich, poor} & other == ({poor} if elsewhere else {rich})
    assert bool(one & other) == (not elsewhere)


_LARGER = ("lstm-1x64.parquet", "lstm-1x512.parquet", "lstm-3x512.parquet")


def test_one_size_has_no_smaller_model_to_compare_with(study, tmp_path):
    _, inputs, _ = study
    small = [path for path in inputs["models"] if path.name not in _LARGER]
    lonely = inputs | {"models": small, "external": []}
    made = error_analysis.tables(lonely, THRESHOLD, "stated")
    assert set(made["categories"]["role"]) == {"best"}
    path = tmp_path / "eliminated.csv"
    csv_tables.write(made["eliminated"], path)
    assert error_analysis.read_eliminated(path).empty
    with pytest.raises(CharlensError, match="no LSTM whose errors"):
        error_analysis.tables(inputs | {"models": small[1:]}, THRESHOLD, "fitted")


def test_figures_draw_every_model_and_group_with_equal_bytes(study, monkeypatch, tmp_path):
    _, _, outputs = study
    names = {"pdf": "f.pdf", "png": "f.png", "csv": "f.csv"}
    for figure, second in (("pies", "examples"), ("bars", "eliminated")):
        made = []
        for _ in range(2):
            given = {"categories": outputs["categories"], second: outputs[second]}
            module = f"charlens.analyses.oracles.{figure}"
            paths = run_script(tmp_path, monkeypatch, "draw", given, names, module)
            made.append({kind: path.read_bytes() for kind, path in paths.items()})
        assert made[0] == made[1]
    table = error_analysis.read(outputs["categories"])
    shown = error_analysis.read_examples(outputs["examples"])
    figure = figure6.draw(table, shown)
    assert len(figure.axes) == 3 + shown["group"].nunique()
    assert [len(axes.patches) for axes in figure.axes[:3]] == [27, 27, 27]
    assert figure.axes[0].texts[0].get_text().startswith("LSTM-1 (512), War and Peace\n")
    (key,) = figure.legends
    assert [text.get_text() for text in key.get_texts()] == [
        "error of the kind in the heading",
        "earlier occurrence of a word with errors",
    ][: 1 + shown["boxed"].any()]
    alone = figure6.draw(table, shown.assign(boxed=0)).legends[0]
    assert len(alone.get_texts()) == 1
    bars = figure6_bars.draw(table, error_analysis.read_eliminated(outputs["eliminated"]))
    first, second = bars.axes
    assert len(first.patches) == 3 * 27
    assert [p.get_width() for p in first.patches[:27]] == pytest.approx(table["percent"][:27])
    assert len(second.patches) == 27


def test_a_model_without_errors_has_a_pie_that_says_so(study):
    _, _, outputs = study
    table = error_analysis.read(outputs["categories"])
    first = table["model"] == table["model"].iloc[0]
    table.loc[first, ["errors", "percent"]] = 0
    figure = figure6.draw(table, error_analysis.read_examples(outputs["examples"]))
    assert figure.axes[0].texts[1].get_text() == "no errors"
    assert [len(axes.patches) for axes in figure.axes[:3]] == [0, 27, 27]


def test_models_without_errors_have_dashes_and_no_shares(study, tmp_path):
    folder, inputs, _ = study
    corpus = Corpus.load(folder / "corpus.json")
    right = [predict(folder, corpus, m, 1.0, tmp_path) for m in ("lstm-1x64", "lstm-1x512")]
    made = error_analysis.tables(inputs | {"models": right, "external": []}, THRESHOLD, "stated")
    assert made["categories"]["errors"].sum() == 0
    text = markdown(made)
    assert "nan" not in text
    rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| 1-gram")]
    assert [row[1][0] for row in rows] == ["–"]
    sentences = list(error_analysis.sentences(made["categories"], made["eliminated"]))
    assert sentences[0] == r"LSTM\-1 \(64\) on War and Peace makes no errors."
    assert not any("nan" in sentence for sentence in sentences)
    figure6_bars.draw(made["categories"], made["eliminated"])
    figure6.draw(made["categories"], made["examples"])
