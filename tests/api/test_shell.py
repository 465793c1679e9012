"""``charlens score`` and ``charlens cells``."""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from charlens.cli import main
from charlens.errors import CharlensError


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
    def scored(self, text, **options):
        warnings.warn("beware", stacklevel=2)
        return score(self, text, **options)

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
def test_without_a_terminal_one_line_says_what_is_read(paths, novel, verb, capsys):
    assert call(verb, paths, "html") == 0
    size = f"{novel.stat().st_size:,}"
    assert capsys.readouterr().err == f"charlens: LSTM-2 (8) reads {novel} ({size} bytes)\n"


@pytest.mark.parametrize("verb", ["score", "cells"])
def test_the_line_comes_before_the_work(paths, verb, monkeypatch, capsys):
    def stopped(*arguments, **options):
        raise CharlensError("stopped")

    monkeypatch.setattr("charlens.api.cells.cells", stopped)
    monkeypatch.setattr("charlens.api.models.TrainedModel.score", stopped)
    assert call(verb, paths) == 1
    announced, error = capsys.readouterr().err.splitlines()
    assert "reads" in announced
    assert error == "charlens: error: stopped"


@pytest.mark.parametrize("verb", ["score", "cells"])
@pytest.mark.parametrize(
    ("unknown", "count", "shown"),
    [(b"\x01", "1 character", r"'\x01'"), (b"\r", "1 character", r"'\r'"),
     ("é☃é".encode(), "3 characters", "'é', '☃'")],
)  # fmt: skip
def test_characters_that_the_model_does_not_know(
    paths, novel, tmp_path, verb, unknown, count, shown, capsys
):
    text = novel.read_bytes()
    chapter = tmp_path / "chapter.txt"
    chapter.write_bytes(text[:700] + unknown + text[700:])
    assert call(verb, paths | {"file": str(chapter)}) == 1
    (error,) = capsys.readouterr().err.splitlines()[-1:]
    assert error.startswith(
        "charlens: error: chapter.txt: has characters with bytes that the model"
    )
    assert "--skip-unknown" in error or unknown == b"\r"
    call(verb, paths)
    expected = capsys.readouterr().out
    command = [verb, str(chapter), "--model", paths["model"], "--skip-unknown"]
    assert main(command) == 0
    captured = capsys.readouterr()
    assert captured.err.splitlines()[-1] == (
        f"charlens: note: chapter.txt: {count} left out, with bytes that the model never saw in "
        f"training: {shown}"
    )
    assert captured.out.replace(str(chapter), str(novel)) == expected


def test_a_text_of_which_the_model_knows_nothing(paths, tmp_path, capsys):
    (tmp_path / "runes.txt").write_text("ᚠᚢᚦ", encoding="utf-8")
    command = ["score", str(tmp_path / "runes.txt"), "--model", paths["model"], "--skip-unknown"]
    assert main(command) == 1
    assert "runes.txt: the model knows none of its characters; train" in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["score", "cells"])
@pytest.mark.parametrize("missing", ["file", "model"])
def test_a_missing_file(paths, verb, missing, capsys):
    assert call(verb, paths | {missing: "nothing.x"}) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith("charlens: error: nothing.x: no such file")
    assert captured.err.count("\n") == 1
    assert captured.out == ""
