"""Tables, figures and captions say what losses are per: bytes where a character is several."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from charlens.analyses.context_curve import figure as curve_figure
from charlens.analyses.context_curve import table as curves
from charlens.analyses.context_length import figure as table2_figure
from charlens.analyses.context_length import table as table2
from charlens.analyses.context_length.markdown import markdown as table2_markdown
from charlens.analyses.cross_entropy import seeds
from charlens.analyses.leakage import distance
from charlens.analyses.leakage import figure as leakage_figure
from charlens.analyses.leakage import table as leakage
from charlens.analyses.leakage.markdown import markdown as leakage_markdown
from charlens.analyses.memory import probes
from charlens.analyses.oracles import decade, decade_figure, decade_streams, pies, verdicts
from charlens.analyses.oracles import seeds as seed_errors
from charlens.analyses.oracles import seeds_markdown as seed_errors_markdown
from charlens.analyses.oracles import table as errors
from charlens.analyses.shared_errors import advantage, overlap
from charlens.analyses.shared_errors import figure as figure4
from charlens.analyses.training_dynamics import figure as dynamics_figure
from charlens.analyses.training_dynamics import table as dynamics
from charlens.display.units import marked, per, worded
from charlens.files import csv_tables, parquet_tables
from charlens.files.width import WIDTH
from charlens.predictions.file import read_metadata, read_probabilities, write_probabilities
from charlens.predictions.score_ngram import fit_n_gram, score_n_gram
from charlens.report.captions import sentences, shows
from charlens.report.contents import ANALYSES, FIGURES
from charlens.text.corpus import prepare, save_split
from charlens.text.splits import SPLITS
from languages import encoded
from scripts_alone import run_script

TABLES = Path(__file__).parents[2] / "results" / "reference" / "tables"
"""Of texts whose characters are a byte each."""

RATES = re.compile(r"\b(?:nats|bits) per (char|byte)", re.IGNORECASE)


def labels(figure) -> str:
    """All words of a figure, line by line."""
    axes = figure.axes
    words = [text for one in axes for text in (one.get_xlabel(), one.get_ylabel())]
    return "\n".join([*words, *(one.get_title(loc="left") for one in axes)])


def seed_tables(frame: pd.DataFrame) -> seeds.SeedTables:
    losses = seeds.read_losses(TABLES / "seed_losses.csv")
    return seeds.SeedTables(frame, losses, seeds.read_differences(TABLES / "seed_differences.csv"))


def leakage_tables(models: pd.DataFrame) -> leakage.LeakageTables:
    others = leakage.read(TABLES / "leakage.csv"), distance.read(TABLES / "leakage_distance.csv")
    return leakage.LeakageTables(others[0], models, others[1])


# What is shown of a table: its file, how it is read, and what makes words of it.
Shown = tuple[str, Callable[[Path], pd.DataFrame], Callable[[pd.DataFrame], str]]
SHOWN: dict[str, Shown] = {
    "table2": ("table2", table2.read, lambda frame: table2_markdown(frame, 10)),
    "table2, drawn": ("table2", table2.read, lambda frame: labels(table2_figure.draw(frame))),
    "context curves": ("context_curve", curves.read, curves.markdown),
    "figure9": ("context_curve", curves.read, lambda frame: labels(curve_figure.draw(frame))),
    "decade": ("decade", decade.read, decade.markdown),
    "decade, in words": ("decade", decade.read, lambda frame: " ".join(decade.sentences(frame))),
    "figure11": ("decade", decade.read, lambda frame: labels(decade_figure.draw(frame))),
    "leakage": (
        "leakage_models", leakage.read_models, lambda frame: leakage_markdown(leakage_tables(frame))
    ),
    "figure12": (
        "leakage_models", leakage.read_models, lambda frame: labels(leakage_figure.draw(frame))
    ),
    "figure5_right": (
        "dynamics", dynamics.read, lambda frame: labels(dynamics_figure.draw(frame))
    ),
    "seeds": ("seeds", seeds.read, lambda frame: seeds.markdown(seed_tables(frame), 10)),
    "probes": ("memory_probes", probes.read, probes.markdown),
}  # fmt: skip


@pytest.mark.parametrize("name", SHOWN)
def test_a_table_says_what_its_losses_are_per(tmp_path: Path, name: str) -> None:
    file, read, shown = SHOWN[name]
    frame = read(TABLES / f"{file}.csv")
    assert set(RATES.findall(shown(frame))) == {"char"}
    corpora = list(frame["corpus"].unique())
    assert marked(frame, dict.fromkeys(corpora, 1.0005)) is frame
    wide = marked(frame, dict.fromkeys(corpora, 2.5))
    words = shown(wide)
    assert set(RATES.findall(words)) == {"byte"}
    csv_tables.write(wide, tmp_path / "wide.csv")
    assert shown(read(tmp_path / "wide.csv")) == words


@pytest.mark.parametrize("name", ["table2, drawn", "figure9", "figure12", "leakage"])
def test_what_shows_texts_of_both_kinds_says_it_for_each(name: str) -> None:
    file, read, shown = SHOWN[name]
    frame = read(TABLES / f"{file}.csv")
    texts = list(dict.fromkeys(frame.get("source", frame["corpus"])))
    assert len(texts) > 1
    first = frame["corpus"][frame.get("source", frame["corpus"]) == texts[0]].unique()
    both = marked(frame, dict.fromkeys(frame["corpus"], 1.0) | dict.fromkeys(first, 3.0))
    assert set(RATES.findall(shown(both))) == {"char", "byte"}


def test_counts_on_axes_are_of_bytes_too() -> None:
    for name, count in (
        ("table2, drawn", "Context length $n$ in {}s"),
        ("figure9", "{}s of context known"),
        ("figure11", "Errors (% of test {}s)"),
    ):
        file, read, shown = SHOWN[name]
        frame = read(TABLES / f"{file}.csv")
        wide = marked(frame, dict.fromkeys(frame["corpus"], 2.5))
        assert count.format("character").lower() in shown(frame).lower()
        assert count.format("byte").lower() in shown(wide).lower()


def overlap_drawn(frame: pd.DataFrame) -> str:
    leads = advantage.read(TABLES / "advantage.csv")
    return " ".join(text.get_text() for text in figure4.draw(frame, leads, 5).texts)


def pies_drawn(frame: pd.DataFrame) -> str:
    """All words beside the pies, their titles among them."""
    examples = errors.read_examples(TABLES / "error_examples.parquet")
    axes = pies.draw(frame, examples).axes
    return " ".join(text.get_text() for one in axes for text in one.texts)


def seed_errors_shown(frame: pd.DataFrame) -> str:
    trainings = seed_errors.read(TABLES / "seed_errors.csv")
    return seed_errors_markdown.markdown(trainings, frame)


COUNTED: dict[str, Shown] = {
    "overlap": ("error_overlap", overlap.read, overlap.markdown),
    "figure4": ("error_overlap", overlap.read, overlap_drawn),
    "figure6": ("error_categories", errors.read, pies_drawn),
    "errors of seeds": (
        "seed_error_intervals", seed_errors.read_intervals, seed_errors_shown
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", COUNTED)
def test_shares_are_of_bytes_where_losses_are_per_byte(name: str) -> None:
    file, read, shown = COUNTED[name]
    frame = read(TABLES / f"{file}.csv")
    wide = marked(frame, dict.fromkeys(frame["corpus"], 2.5))
    assert "test characters" in shown(frame)
    assert "test bytes" in shown(wide)
    assert "test characters" not in shown(wide).lower()  # nor at the head of a column


def test_of_table_1_the_counts_say_it() -> None:
    counts = pd.DataFrame({"characters": [300, 500], "code_points": pd.array([300, None], "Int64")})
    assert per(counts) == "character"
    assert per(counts.assign(code_points=pd.array([100, 500], "Int64"))) == "byte"
    assert per(counts.assign(code_points=pd.array([None, None], "Int64"))) == "character"


def test_rates_alone_are_replaced() -> None:
    wide = pd.DataFrame({"corpus": ["korean"], WIDTH: [2.4]})
    text = "Nats per character, bits per char., per character, nats per characteristic"
    assert worded(text, pd.DataFrame()) == text
    expected = "Nats per byte, bits per byte, per character, nats per characteristic"
    assert worded(text, pd.DataFrame(), wide) == expected


def test_a_context_has_as_many_bytes_as_its_figure_says() -> None:
    wide = pd.DataFrame({"corpus": ["korean"], WIDTH: [2.4]})
    lengths = re.compile(
        r"\b(?:c|n) characters|characters of context|test characters", re.IGNORECASE
    )
    texts = [entry.shows for entry in (*ANALYSES.values(), *FIGURES.values())]
    assert sum(bool(lengths.search(text)) for text in texts) > 4
    assert [text for text in texts if lengths.search(worded(text, wide))] == []
    text = "Test characters: 3; an error being a character below 0.5; 5 classes of characters"
    expected = "Test bytes: 3; an error being a byte below 0.5; 5 classes of characters"
    assert worded(text, wide) == expected
    assert worded(text, pd.DataFrame()) == text


def test_the_column_is_the_last_or_none(tmp_path: Path) -> None:
    frame = pd.DataFrame({"corpus": ["korean"], "loss": [1.5], WIDTH: [2.4]})
    columns = {"corpus": "string", "loss": "float64"}
    for module, name in ((csv_tables, "a.csv"), (parquet_tables, "a.parquet")):
        path = tmp_path / name
        module.write(frame, path)
        assert list(module.read(path, columns, "a table", "rule").columns) == list(frame.columns)
        module.write(frame[["corpus", WIDTH, "loss"]], path)
        with pytest.raises(csv_tables.CharlensError, match="columns are"):
            module.read(path, columns, "a table", "rule")
    csv_tables.write(frame, tmp_path / "old.csv")
    later = columns | {"later": "float64"}
    again = csv_tables.read(tmp_path / "old.csv", later, "a table", "rule", ["later"])
    assert list(again.columns) == ["corpus", "loss", "later", WIDTH]


def test_what_a_run_found_is_in_bytes_too(tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir()
    entry = ANALYSES["errors"]
    for path in entry.sources:
        frame = pd.read_csv(TABLES.parent / path)
        frame = marked(frame, dict.fromkeys(frame["corpus"], 2.5))
        csv_tables.write(frame, tmp_path / path)
    assert re.search(
        r"makes [\d,]+ errors \(\d+% of the test characters\)", sentences(entry, TABLES.parent)
    )
    assert re.search(r"makes [\d,]+ errors \(\d+% of the test bytes\)", sentences(entry, tmp_path))


CAPTIONS = [FIGURES["table2"], FIGURES["figure9"], ANALYSES["table2"], ANALYSES["context_curve"]]


@pytest.mark.parametrize("entry", CAPTIONS, ids=lambda entry: entry.title)
def test_captions_agree_with_their_tables(tmp_path: Path, entry) -> None:
    assert shows(entry, TABLES.parent) == entry.shows
    (tmp_path / "tables").mkdir()
    for analysis in entry.analyses:
        for path in analysis.sources:
            frame = pd.read_csv(TABLES.parent / path)
            wide = marked(frame, dict.fromkeys(frame["corpus"], 2.5))
            csv_tables.write(wide, tmp_path / path)
    expected = entry.shows
    for words in ("nats per {}", "last c {}s", "number of {}s of context", "see n {}s"):
        expected = expected.replace(words.format("character"), words.format("byte"))
    assert shows(entry, tmp_path) == expected
    assert "nats per byte" in shows(entry, tmp_path)


# Scripts

ENGLISH = b"The cat sat on the mat; nobody asked why it did. A dog came by at noon.\n"


@pytest.fixture(scope="module", params=["korean", "english"])
def study(request, tmp_path_factory) -> tuple[str, dict]:
    """What the numbers of a corpus are per, and its files, those of n-gram models among them."""
    folder = tmp_path_factory.mktemp(request.param)
    data = encoded("korean", 40) if request.param == "korean" else ENGLISH * 100
    corpus, splits = prepare(data, request.param, "a test", "streams", 4, 20, 0.8, 0.1)
    paths: dict = {part: folder / f"{part}.npy" for part in SPLITS}
    paths["corpus"] = folder / "corpus.json"
    corpus.save(paths["corpus"])
    for part in SPLITS:
        save_split(paths[part], splits[part])
    paths["model"] = folder / "n-gram.safetensors"
    paths["models"] = [folder / f"n-gram-{n}.parquet" for n in (1, 2, 5)]
    paths["scores"] = folder / "n-gram.csv"
    fit_n_gram(paths, paths["model"], [1, 2, 5])
    score_n_gram(paths, paths["models"], paths["scores"], [1, 2, 5], 10, 1)
    # No recurrent network is trained: one that predicts as an n-gram model takes its place.
    known = replace(read_metadata(paths["models"][0]), model="lstm-1x64", parameters=1000)
    paths["lstm"] = folder / "lstm-1x64.parquet"
    write_probabilities(paths["lstm"], read_probabilities(paths["models"][0]), known)
    return ("byte" if request.param == "korean" else "character"), paths


def is_marked(path: Path) -> bool:
    """Whether a table has the column, and more than 2 in it; it must not lack rows."""
    frame = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    assert len(frame)
    return WIDTH in frame and bool((frame[WIDTH] > 2).all())


def test_the_script_of_table_2(study, tmp_path: Path, monkeypatch) -> None:
    what, paths = study
    inputs = {"n_gram": [paths["scores"]], "corpora": [paths["corpus"]], "tests": [paths["test"]]}
    outputs = {"csv": "t.csv", "md": "t.md"}
    config = {"bootstrap": 10, "seed": 1, "encodings": {}}
    made = run_script(tmp_path, monkeypatch, "table2", inputs, outputs, **config)
    assert is_marked(made["csv"]) == (what == "byte")
    assert f"In nats per {what} (lower" in made["md"].read_text(encoding="utf-8")


def test_the_script_of_the_leakage(study, tmp_path: Path, monkeypatch) -> None:
    what, paths = study
    copied = run_script(tmp_path, monkeypatch, "copied", paths, {"copies": "copied.parquet"})
    inputs = {
        "copies": [copied["copies"]],
        "corpora": [paths["corpus"]],
        "tests": [paths["test"]],
        "probabilities": paths["models"],
        "curves": [],
    }
    outputs = {"csv": "a.csv", "models": "b.csv", "distances": "c.csv", "md": "d.md"}
    config = {"least": 5, "bootstrap": 10, "seed": 1, "trained": [], "encodings": {}}
    made = run_script(tmp_path, monkeypatch, "leakage", inputs, outputs, **config)
    for name in ("csv", "models", "distances"):
        assert is_marked(made[name]) == (what == "byte")
    assert f"Nats per {what}, on passages" in made["md"].read_text(encoding="utf-8")


def test_the_scripts_of_the_decade(study, tmp_path: Path, monkeypatch) -> None:
    what, paths = study
    outputs = {"csv": "d.csv", "md": "d.md", "streams": "s.parquet", "further": "f.parquet"}
    paths = paths | {"trainings": []}
    config = {
        "threshold": 0.5,
        "definitions": "fitted",
        "encoding": None,
        "kind": None,
        "seeds": [],
    }
    config |= {"bootstrap": 10, "seed": 1}
    made = run_script(tmp_path, monkeypatch, "decade", paths, outputs, **config)
    for name in ("csv", "streams"):
        assert is_marked(made[name]) == (what == "byte")
    assert f"## Bits per {what}\n" in made["md"].read_text(encoding="utf-8")
    streams = decade_streams.read(made["streams"])
    units = set(verdicts.table(streams, 10, 1)["unit"])
    assert units == {"% of errors", "% of bits", f"bits per {what}"}


def test_the_script_of_memory(study, tmp_path: Path, monkeypatch) -> None:
    what, paths = study
    outputs = {"context": "a.csv", "closings": "b.csv", "probes": "c.csv"}
    config = {
        "model": "n-gram-5", "kind": None, "encoding": None, "device": "cpu", "seed": 1,
        "lengths": [1, 5, 20], "starts": ["swap"], "anchors": 10, "classes": False,
        "bins": [0, 20, 100], "distances": [10], "contexts": 5,
    }  # fmt: skip
    made = run_script(tmp_path, monkeypatch, "memory", paths, outputs, **config)
    for name in ("context", "probes"):
        assert is_marked(made[name]) == (what == "byte")
    assert f"in nats per {what}, where" in curves.markdown(curves.read(made["context"]))


def test_the_scripts_of_errors(study, tmp_path: Path, monkeypatch) -> None:
    what, paths = study
    config = {"threshold": 0.5, "definitions": "fitted", "encoding": None}
    config |= {"bootstrap": 10, "seed": 1, "seeds": [1]}
    inputs = paths | {"models": [paths["lstm"], *paths["models"]]}
    tables = {name: f"{name}.csv" for name in ("eliminated", "orders", "sensitivity", "categories")}
    outputs = tables | {"examples": "e.parquet", "md": "e.md"}
    made = run_script(tmp_path, monkeypatch, "errors", inputs, outputs, **config)
    assert is_marked(made["categories"]) == (what == "byte")
    inputs = paths | {"n_grams": paths["models"], "trainings": [paths["lstm"]]}
    outputs = {"csv": "a.csv", "intervals": "b.csv", "md": "s.md"}
    made = run_script(tmp_path, monkeypatch, "seed_errors", inputs, outputs, **config)
    for name in ("csv", "intervals"):
        assert is_marked(made[name]) == (what == "byte")
    assert f"of the test {what}s for all" in made["md"].read_text(encoding="utf-8")


def test_the_script_of_shared_errors(study, tmp_path: Path, monkeypatch) -> None:
    what, paths = study
    models = [paths["lstm"], *paths["models"]]
    inputs = {"models": models, "corpora": [paths["corpus"]], "tests": [paths["test"]]}
    config = {"network": "best", "encodings": {}}
    outputs = {"csv": "a.csv", "md": "b.md"}
    made = run_script(tmp_path, monkeypatch, "error_overlap", inputs, outputs, **config)
    assert is_marked(made["csv"]) == (what == "byte")
    assert f"Percent of all test {what}s" in made["md"].read_text(encoding="utf-8")
