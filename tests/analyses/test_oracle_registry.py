"""One entry is a new oracle: broken down, tabulated, drawn, shown and shared in any order."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from charlens.analyses.oracles import bars, oracles, pies, seeds
from charlens.analyses.oracles import table as error_analysis
from charlens.analyses.oracles.oracles import ORACLES, Excerpt, Oracle
from charlens.paper.definitions import ORACLE_DEFINITIONS
from charlens.study.config import schema
from charlens.text.corpus import Corpus, load_split
from scripts_alone import run_script
from test_error_analysis import THRESHOLD, study  # noqa: F401  (a fixture)

VOWELS = Oracle(
    "vowels",
    names=("low_vowel", "high_vowel"),
    titles=("a vowel made low", "a vowel made high"),
    apart=True,
    colours=("#F0E442",),
    of_texts=lambda texts: np.stack(
        [np.isin(texts.targets, list(vowels)) for vowels in (b"aeo", b"iu")]
    ),
    excerpts=(Excerpt("Vowels", "low_vowel", "high_vowel", rows=2),),
)


@pytest.fixture
def with_vowels() -> Iterator[None]:
    """One more oracle, applied just before the boost."""
    before = dict(ORACLES)
    boost = ORACLES.pop("boost")
    ORACLES.update({"vowels": VOWELS, "boost": boost})
    yield
    ORACLES.clear()
    ORACLES.update(before)


def test_an_entry_is_in_every_table_and_figure(
    study: tuple,  # noqa: F811
    with_vowels: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, inputs, outputs = study
    names = {name: path.name for name, path in outputs.items()}
    config = {"threshold": THRESHOLD, "definitions": "fitted", "encoding": None}
    made = run_script(tmp_path, monkeypatch, "errors", inputs, names, **config)

    table = error_analysis.read(made["categories"])
    before = error_analysis.read(outputs["categories"])
    for model, part in table.groupby("model", sort=False):
        percent, old = part.set_index("oracle"), before[before["model"] == model]
        assert list(percent.index[-7:-5]) == ["low_vowel", "high_vowel"]
        assert percent["errors"].sum() == old["errors"].sum()
        assert (percent["errors"].iloc[:-7] == old["errors"].iloc[:-5].to_numpy()).all()
        assert percent.loc[["low_vowel", "high_vowel"], "paper"].isna().all()
    text = np.array(Corpus.load(inputs["corpus"]).vocabulary, np.uint8)[load_split(inputs["test"])]
    assert table.loc[table["oracle"] == "low_vowel", "errors"].min() > 0

    orders = pd.read_csv(made["orders"])
    assert set(orders["family"]) == set(ORACLES)
    shares = orders.groupby(["model", "threshold"])[["percent_shapley", "percent_paper_order"]]
    assert np.allclose(shares.sum(), 100)
    definitions = pd.read_csv(made["sensitivity"])
    assert set(definitions["oracle"]) == set(oracles.slices())
    gone = error_analysis.read_eliminated(made["eliminated"])
    assert "vowels" in set(gone["family"])

    lines = made["md"].read_text()
    for words in ("| low_vowel |", "5040 orders", "mean over 720 orders, boost last", "18 slices"):
        assert words in lines, words
    assert "| vowels |" in lines

    shown = error_analysis.read_examples(made["examples"])
    vowels = shown[(shown["group"] == "Vowels") & shown["marked"]]
    assert len(vowels) > 0
    assert set(vowels["byte"]) <= set(b"aeoiu")
    assert (text[:, 1:].ravel()[vowels["position"]] == vowels["byte"]).all()

    pie = pies.draw(table, shown)
    assert [len(axes.patches) for axes in pie.axes[:3]] == [29] * 3
    names = " ".join(text.get_text() for axes in pie.axes for text in axes.texts)
    assert "a vowel made low" in " ".join(names.split())
    assert "Vowels" in names
    first, second = bars.draw(table, gone).axes
    assert len(first.patches) == 3 * 29
    assert len(second.patches) == 29
    labels = [label.get_text() for label in first.get_yticklabels()]
    assert labels[-7:-5] == ["a vowel made low", "a vowel made high"]


def test_the_paper_keeps_its_families_beside_one_that_it_does_not_have(with_vowels: None) -> None:
    _, names, _ = seeds._levels()
    papers = dict(zip(names, seeds._papers("war_and_peace", "lstm-3x512"), strict=True))
    assert math.isnan(papers["vowels"])
    assert papers["rare words"] == pytest.approx(sum(papers[f"word-{n}-train"] for n in range(6)))
    assert sum(papers[family] for family in ORACLES if family != "vowels") > 95


def test_the_papers_oracles_have_its_slices_and_titles() -> None:
    assert all(oracle.in_paper for oracle in ORACLES.values())
    titles = [title for oracle in ORACLES.values() for title in oracle.titles]
    assert len(titles) == len(oracles.slices()) == 27
    assert titles[13:22] == [
        *(f"word ≤ {n}× in training" for n in range(6)),
        "after space or quote",
        "after newline",
        "punctuation",
    ]


def test_an_oracle_looks_at_texts_or_at_scores() -> None:
    for both in ({}, {"of_texts": VOWELS.of_texts, "of_scores": lambda scores: scores.ngram > 0}):
        with pytest.raises(ValueError, match="oracle x: expected either of_texts or of_scores"):
            Oracle("x", names=("x",), colours=("red",), **both)


def test_an_oracle_has_one_colour_or_one_for_each_slice() -> None:
    with pytest.raises(ValueError, match="oracle x: expected 1 or 3 colours"):
        replace(VOWELS, family="x", names=("a", "b", "c"), colours=("red", "blue"))


def test_the_config_knows_the_definitions_by_name() -> None:
    definitions = schema()["$defs"]["Figure6"]["properties"]["definitions"]
    assert definitions["enum"] == list(ORACLE_DEFINITIONS)
    assert set(ORACLE_DEFINITIONS) <= set(oracles.DEFINITIONS)
