"""``charlens score`` and ``charlens cells``."""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from charlens.cli import main


@pytest.fixture
def paths(novel, model, tmp_path):
    model.save(tmp_path / "m.safetensors")
    names = {"csv": "out.csv", "html": "out.html"}
    return {"file": str(novel), "model": str(tmp_path / "m.safetensors")} | {
        key: str(tmp_path / name) for key, name in names.items()
    }


def call(verb, paths, *outputs):
    options = [item for name in outputs for item in (f"--{name}", paths[name])]
    return main([verb, paths["file"], "--model", paths["model"], *options])


def test_score(paths, model, novel, capsys):
    assert call("score", paths, "csv", "html") == 0
    scores = model.score(novel)
    assert f"{len(scores):,} bytes, {scores.loss:.4f} nats" in capsys.readouterr().out
    empty = {"nats": "", "probability": ""}  # a character may be a space
    frame = pd.read_csv(paths["csv"], keep_default_na=False, na_values=empty)
    expected = scores.to_frame()
    assert frame.character.tolist() == expected.character.tolist()
    assert np.allclose(frame.nats, expected.nats, equal_nan=True)
    assert "<span" in Path(paths["html"]).read_text(encoding="utf-8")


def test_a_warning_is_one_line(paths, model, monkeypatch, capsys):
    def scored(self, text):
        warnings.warn("beware", stacklevel=2)
        return score(self, text)

    score = type(model).score
    monkeypatch.setattr(type(model), "score", scored)
    assert call("score", paths) == 0
    assert capsys.readouterr().err.splitlines()[-1] == "charlens: note: beware"


def test_cells(paths, capsys):
    assert call("cells", paths, "csv", "html") == 0
    out = capsys.readouterr().out
    ranking = pd.read_csv(paths["csv"])
    assert set(ranking.concept) == {"line_position", "line_end", "inside_quotes"}
    assert all(concept in out for concept in ranking.concept.unique())
    page = Path(paths["html"]).read_text(encoding="utf-8")
    assert page.count("<pre") == 3


@pytest.mark.parametrize("verb", ["score", "cells"])
@pytest.mark.parametrize("missing", ["file", "model"])
def test_a_missing_file(paths, verb, missing, capsys):
    assert call(verb, paths | {missing: "nothing.x"}) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith("charlens: error: nothing.x: no such file")
    assert captured.err.count("\n") == 1
    assert captured.out == ""
