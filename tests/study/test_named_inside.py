"""Cells and concepts that a config names and that are not there are refused before any training."""

from __future__ import annotations

from pathlib import Path

import pytest
from charlens.errors import CharlensError
from charlens.inside.cells.concepts import CONCEPTS
from charlens.models.families import shapes_for
from charlens.study.config import Config
from charlens.study.named_inside import check_cells, check_concepts, names_concepts

GRID = [{"cells": ["lstm", "gru"], "layers": [1, 2], "sizes": [16]}]


def study(**more: object) -> Config:
    corpora = {"x": {"source": {"builtin": "python_docs"}, **more.pop("entry", {})}}
    return Config.load({"corpora": corpora, "grid": GRID} | more, "my.yaml")


def intervened(model: str, *cells: list[int], **more: object) -> Config:
    named = {"corpus": "x", "model": model, "cells": [*cells]}
    return study(interventions=[named], **more)


def refused(check, *arguments: object) -> str:
    with pytest.raises(CharlensError) as caught:
        check(*arguments)
    line = str(caught.value)
    assert "\n" not in line
    return line


@pytest.mark.parametrize(
    ("model", "cells", "words"),
    [
        ("lstm-1x16", [[2, 0]], ["cells[0]: found [2, 0]", "lstm-1x16 has the layer 1 alone"]),
        ("lstm-2x16", [[1, 0], [3, 0]], ["cells[1]: found [3, 0]", "the layers 1 to 2"]),
        ("gru-1x16", [[99, 99]], ["cells[0]: found [99, 99]", "the layer 1 alone"]),
    ],
)
def test_a_layer_that_a_network_lacks(model: str, cells: list, words: list[str]) -> None:
    line = refused(intervened, model, *cells)
    assert line.startswith("my.yaml: interventions[0].")
    assert [word for word in words if word not in line] == []


@pytest.mark.parametrize("model", ["lstm-1x16", "lstm-2x16", "gru-2x16"])
def test_a_unit_is_refused_by_the_width_that_follows_from_the_text(
    model: str, tmp_path: Path
) -> None:
    text = tmp_path / "text.txt"
    text.write_bytes(bytes(range(97, 107)) * 100)
    entry = {"source": {"file": str(text)}}
    (shape,) = shapes_for(model, 10)
    check_cells(intervened(model, [1, shape.width - 1], entry=entry), "my.yaml")
    config = intervened(model, [1, 0], [1, shape.width], entry=entry)
    line = refused(check_cells, config, "my.yaml")
    assert line == (
        f"my.yaml: interventions[0].cells[1]: found [1, {shape.width}], but {model} has the units "
        f"0 to {shape.width - 1} in each layer"
    )


def test_of_a_text_that_is_not_read_yet_only_what_no_text_gives_is_refused() -> None:
    widths = [shapes_for("lstm-2x16", k)[0].width for k in range(2, 257)]
    assert min(widths) < max(widths)
    check_cells(intervened("lstm-2x16", [1, max(widths) - 1]))
    line = refused(check_cells, intervened("lstm-2x16", [1, max(widths)]))
    assert f"has, if not less, the units 0 to {max(widths) - 1}" in line


def test_a_study_that_names_no_cells_needs_no_torch() -> None:
    assert not names_concepts(study())
    check_cells(study())


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (
            {"interventions": [{"concepts": ["inside_dreams"]}]},
            ["interventions[0].concepts[0]: found 'inside_dreams'", "inside_quotes, "],
        ),
        (
            {"interventions": [{}, {"corpus": "x", "concepts": ["line_end", "inside_quote"]}]},
            ["interventions[1].concepts[1]:", "did you mean inside_quotes?"],
        ),
        (
            {"interventions": [{"concepts": ["if_condition"]}], "entry": {"kind": "prose"}},
            ["concepts[0]: found 'if_condition'", "a text of kind prose has, which x is"],
        ),
        (
            {"universality": {"concept": "inside_dreams"}},
            ["universality.concept: found 'inside_dreams'", "a yes or no: "],
        ),
        (
            {"universality": {"concept": "line_position"}},
            ["universality.concept: found 'line_position'", "expected a yes or no: "],
        ),
        (
            {
                "universality": {"concept": "inside_comment_or_string"},
                "entry": {"kind": "prose"},
                "seeds": 2,
            },
            ["universality.concept:", "a text of kind prose has, which x is"],
        ),
    ],
)
def test_a_concept_that_no_such_text_has(more: dict, words: list[str]) -> None:
    config = study(**more)
    assert names_concepts(config)
    line = refused(check_concepts, config, CONCEPTS, "my.yaml")
    assert line.startswith("my.yaml: ")
    assert [word for word in words if word not in line] == []


def test_every_concept_may_be_named() -> None:
    check_concepts(study(interventions=[{"concepts": list(CONCEPTS)}]), CONCEPTS)
    flags = [name for name, concept in CONCEPTS.items() if concept.is_flag]
    assert 0 < len(flags) < len(CONCEPTS)
    for name in flags:
        check_concepts(study(universality={"concept": name}), CONCEPTS)
