"""Settings kept beside the results: more models are welcome, other recipes are not."""

from pathlib import Path

import pytest
from charlens.errors import CharlensError
from charlens.study.config import Config
from charlens.study.settings_record import NAME, check_settings, record_settings


def study(**more: object) -> Config:
    grid = [{"cells": ["lstm"], "layers": [1], "sizes": [8]}]
    corpora = {"prose": {"source": {"builtin": "python_docs"}}}
    return Config.load({"corpora": corpora, "grid": grid} | more)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a run that has a model."""
    path = tmp_path / "prose" / "models" / "lstm-1x8.safetensors"
    path.parent.mkdir(parents=True)
    path.touch()
    record_settings(study(), tmp_path)
    return tmp_path


LARGER = [{"cells": ["lstm", "gru"], "layers": [1, 2], "sizes": [8], "dropout": [0.0]}]
TWO = {
    "prose": {"source": {"builtin": "python_docs"}},
    "code": {"source": {"builtin": "torch_headers"}, "split": "position"},
}


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"grid": LARGER},
        {"grid": []},
        {"corpora": TWO},
        {"corpora": {"code": TWO["code"]}},
        {"n_gram": {"contexts": [1, 2]}},
        {"training": {"device": "cuda"}},
        {"figure1": {"bootstrap": 30}},
        {"corpora": {"prose": TWO["prose"] | {"encoding": "latin-1", "kind": "prose"}}},
    ],
)
def test_what_may_join_a_run(folder: Path, more: dict) -> None:
    check_settings(study(**more), folder)


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ({"seed": 2}, "seed = 1, this config has 2"),
        ({"training": {"epochs": 3}}, "training.epochs = 2, this config has 3"),
        ({"training": {"precision": "mixed"}}, "training.precision"),
        ({"training": {"dropout": [0.1]}}, "dropout of prose's lstm-1x8 = [0.0]"),
        ({"grid": [LARGER[0] | {"dropout": [0.2]}]}, "dropout of prose's lstm-1x8"),
        ({"training": {"adamw": {"warm_up": 0.1}}}, "adamw.warm_up of prose's lstm-1x8 = 0.02"),
        ({"grid": [LARGER[0] | {"adamw": {"weight_decay": 0}}]}, "adamw.weight_decay of prose's"),
        ({"n_nn": {"widths": [4]}}, "n_nn.widths"),
        ({"corpora": {"prose": {"source": {"builtin": "torch_headers"}}}}, "corpora.prose.source"),
        ({"corpora": {"prose": TWO["prose"] | {"val": 0.05}}}, "corpora.prose.val = 0.1"),
    ],
)
def test_what_is_another_study(folder: Path, more: dict, key: str) -> None:
    with pytest.raises(CharlensError) as error:
        check_settings(study(**more), folder)
    line = str(error.value)
    assert f"made with {key}" in line
    assert str(folder / NAME) in line
    assert "\n" not in line


def test_a_corpus_that_left_and_returns_is_compared(folder: Path) -> None:
    record_settings(study(corpora={"code": TWO["code"]}), folder)
    with pytest.raises(CharlensError, match=r"corpora\.prose\.split"):
        check_settings(study(corpora={"prose": TWO["prose"] | {"split": "position"}}), folder)


def test_nothing_is_refused_where_there_is_nothing_to_lose(folder: Path) -> None:
    next(folder.glob("*/models/*")).unlink()
    check_settings(study(seed=2), folder)


@pytest.mark.parametrize("text", ["", "[]", "{", "\x00"])
def test_a_damaged_record_is_made_again(folder: Path, text: str) -> None:
    (folder / NAME).write_text(text)
    check_settings(study(seed=2), folder)
    record_settings(study(), folder)
    with pytest.raises(CharlensError):
        check_settings(study(seed=2), folder)


@pytest.mark.parametrize("damage", [b"", b"\xff\x00", b"[1]", b"[" * 100_000, b'{"seed": 1'])
def test_a_damaged_record_is_written_anew(folder: Path, damage: bytes) -> None:
    before = (folder / NAME).read_bytes()
    (folder / NAME).write_bytes(damage)
    check_settings(study(), folder)
    record_settings(study(), folder)
    assert (folder / NAME).read_bytes() == before


def test_a_folder_of_results_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "results").touch()
    with pytest.raises(CharlensError, match=r"settings\.json: cannot be written \(Not a dir"):
        record_settings(study(), tmp_path / "results" / "mine")
    with pytest.raises(CharlensError, match=r"settings\.json: cannot be written"):
        record_settings(study(), Path("/proc/mine"))
