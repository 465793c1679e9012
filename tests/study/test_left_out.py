"""A part of a study switched off as other programs have it: the answer says what to write."""

import re
from pathlib import Path

import pytest
import yaml
from charlens.api.models import train
from charlens.errors import CharlensError
from charlens.report.contents import ANALYSES, FIGURES
from charlens.study import choices
from charlens.study.checks import check_references
from charlens.study.config import Config, schema
from charlens.study.schema_nodes import resolve

CORPORA = {"prose": {"source": {"builtin": "python_docs"}}}
SECTIONS = [
    name for name, node in schema()["properties"].items() if "properties" in resolve(node, schema())
]
SHOWN_BY = {
    "cells": [ANALYSES["evidence"], FIGURES["figure7"]],
    "context": [FIGURES["figure9"]],
    "figure2": [FIGURES["figure2"]],
    "figure4": [FIGURES["figure4"]],
    "figure5": [FIGURES["figure5_left"], FIGURES["figure5_right"]],
    "leakage": [FIGURES["figure12"]],
    "probes": [FIGURES["figure9_memory"]],
    "universality": [FIGURES["figure10"]],
}


def refusal(**more: object) -> str:
    """The line with which a config is refused."""
    with pytest.raises(CharlensError) as error:
        Config.load({"corpora": CORPORA} | more)
    assert "\n" not in str(error.value)
    return str(error.value)


def advised(line: str) -> dict:
    """The config that a line says to write."""
    return yaml.safe_load(re.search(r"; (?:to leave it out|for none) write (.+?)(?:; |$)", line)[1])


@pytest.mark.parametrize("no", [False, 0, "none", "Off", []])
@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_that_is_switched_off_says_what_to_write(section: str, no: object) -> None:
    line = refusal(**{section: no})
    assert line.startswith(f"config: {section}: found ")
    if section in ("figure1", "figure3", "figure6"):
        assert "; it cannot be left out; make a part of a study by its name: snakemake" in line
        return
    values = {"corpora": CORPORA, "seeds": 2}
    with_it, without = Config.load(values), Config.load(values | advised(line))
    for shown in SHOWN_BY.get(section, ()):
        assert shown.when(with_it)
        assert not shown.when(without)
    empty = {
        "compressors": choices.compressed_corpora,
        "explorer": choices.explorer_models,
        "n_gram": lambda study: study.n_gram_models("prose"),
        "n_nn": lambda study: study.n_nn_models("prose"),
        "training": lambda study: study.models("prose"),
    }
    assert section in SHOWN_BY or section in empty
    if section in empty:
        assert empty[section](with_it)
        assert not empty[section](without)


@pytest.mark.parametrize(
    ("section", "more", "instead"),
    [
        ("explorer", {"enabled": False}, {"explorer": {"models": {}}}),
        ("leakage", {"run": False}, {"leakage": {"corpora": []}}),
        ("figure5", {"skip": True}, {"figure5": {"corpora": [], "dynamics": None}}),
        ("probes", {"Enabled": "no"}, {"context": {"corpora": []}}),
    ],
)
def test_no_section_has_a_switch(section: str, more: dict, instead: dict) -> None:
    line = refusal(**{section: more})
    assert f"{section}.{next(iter(more))}: unknown key" in line
    assert advised(line) == instead


@pytest.mark.parametrize(
    ("more", "end"),
    [
        (
            {"explorer": {"models": False}},
            "a mapping such as {my_novel: [lstm-3x512]} or null; for none write {}",
        ),
        ({"explorer": {"models": "none"}}, "; for none write {}"),
        ({"corpora": {}}, "expected a non-empty mapping of names to settings"),
        ({"corpora": False}, "expected a non-empty mapping of names to settings"),
        ({"interventions": "off"}, "; for none write []"),
        ({"scorers": {}}, "; for none write []"),
        ({"context": {"corpora": 0}}, "; for none write []"),
        ({"n_nn": {"contexts": False}}, "most 250; for none write n_nn: {corpora: []}"),
        ({"n_gram": {"contexts": []}}, "most 250; for none write n_gram: {corpora: []}"),
        ({"n_nn": {"widths": "none"}}, "; for none write n_nn: {corpora: []}"),
        ({"figure3": {"models": []}}, "the name of a model (such as lstm-3x512) or null"),
        ({"context": {"models": []}}, "or null; for none write context: {corpora: []}"),
        ({"training": {"dropout": []}}, "at least 0 and less than 1"),  # zero is meant, if anything
        (
            {"figure2": {"models": ["lstm-1x32"]}},
            "a mapping such as {my_novel: lstm-3x512} or null",
        ),
        ({"figure5": {"dynamics": False}}, "; for none write null"),
        ({"explorer": True}, "; for what is usual leave the key out"),
        ({"interventions": "yes"}, "; for what is usual leave the key out"),
        ({"corpora": True}, "expected a non-empty mapping of names to settings"),
        ({"explorer": "maybe"}, "the keys models, positions"),
        ({"explorer": {"models": {}}, "n_gram": 3}, "the keys contexts, corpora"),
    ],
)
def test_other_values_are_answered_by_what_they_could_mean(more: dict, end: str) -> None:
    assert refusal(**more).endswith(end)


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("report", "; it has no settings; make a part of a study by its name: snakemake"),
        ("figures", "; it has no settings; make a part of a study by its name: snakemake"),
        ("Manifest", "; it has no settings; make a part of a study by its name: snakemake"),
        ("figure7", "; did you mean cells?"),
        ("figure12", "; did you mean leakage?"),
        ("memory", "; did you mean context?"),
        ("Explorer", "; did you mean explorer?"),
        ("figure13", "; allowed: run"),
    ],
)
def test_results_are_named_by_the_section_that_decides_them(key: str, hint: str) -> None:
    assert f": {key}: unknown key (value false){hint}" in refusal(**{key: False})


def test_a_notebook_is_not_spoken_to_of_a_study() -> None:
    for key in ("report", "adamw"):
        with pytest.raises(CharlensError) as error:
            train("lstm-1x8", b"some text " * 200, **{key: False})
        assert "snakemake" not in str(error.value)


@pytest.mark.parametrize("word", ["none", "No", "OFF", "disabled"])
def test_a_folder_is_left_out_with_null(
    word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    study = Config.load({"corpora": CORPORA, "corpora_dir": word})
    line = (
        f"config: corpora_dir: found '{word}', expected a folder that exists; for none write null"
    )
    with pytest.raises(CharlensError, match=f"^{re.escape(line)}$"):
        check_references(study)
    (tmp_path / word).mkdir()
    check_references(study)


def test_a_folder_that_is_missing_is_not_taken_for_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    study = Config.load({"corpora": CORPORA, "corpora_dir": "nonesuch"})
    with pytest.raises(CharlensError, match="found 'nonesuch', expected a folder that exists, or"):
        check_references(study)
