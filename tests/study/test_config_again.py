"""A checked config, written down as a manifest has it, is the same config when it is read again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from charlens.cli import main
from charlens.errors import CharlensError
from charlens.runtime.manifest import write_manifest
from charlens.study import choices
from charlens.study.config import Config
from charlens.study.config_file import check_file
from hypothesis import assume, given
from hypothesis import strategies as st
from workflow_runs import ROOT


def configs() -> list[Path]:
    """Every study in the repository."""
    folders = (ROOT, *(ROOT / name for name in ("benchmarks", "config", "tests", "tests/slurm")))
    paths = sorted(path for folder in folders for path in folder.glob("*.yaml"))
    return [path for path in paths if "corpora" in (yaml.safe_load(path.read_text()) or {})]


def written(config: Config) -> dict:
    """What a manifest holds of a config."""
    return json.loads(json.dumps(config.model_dump(mode="json"), ensure_ascii=False))


def chosen(config: Config) -> dict[str, object]:
    """What rules are planned by, besides the keys themselves."""
    names = ("watched", "activation_dumps", "context_models", "explorer_models", "interventions")
    names += ("compared_networks", "compared_corpora", "closed_corpora", "evidence_models")
    return {name: getattr(choices, name)(config) for name in names}


def check(config: Config) -> None:
    for again in (
        Config.load(written(config)),
        Config.load(yaml.safe_load(yaml.safe_dump(written(config), sort_keys=False))),
    ):
        assert again == config
        assert again.model_dump_json() == config.model_dump_json()
        assert chosen(again) == chosen(config)
        assert written(again) == written(config)


@pytest.mark.parametrize("path", configs(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_config_here_comes_back(path: Path) -> None:
    check(Config.load(yaml.safe_load(path.read_text(encoding="utf-8"))))


def test_the_studies_here_are_all_looked_at() -> None:
    names = {path.relative_to(ROOT).as_posix() for path in configs()}
    assert names >= {"config.yaml", "config.paper.yaml", "tests/config.tiny.yaml"}


MODEL = st.sampled_from(["lstm-1x8", "gru-2x8", "mingru-1x8"])
CONTEXTS = st.lists(st.integers(1, 9), min_size=1, unique=True).map(sorted)
CORPORA = st.none() | st.lists(st.sampled_from(["prose", "code"]), unique=True)
SEEDS = st.integers(1, 3) | st.sampled_from([[1, 5], [3, 1, 2]])
BLOCK = st.fixed_dictionaries(
    {
        "cells": st.lists(st.sampled_from(["lstm", "gru", "mingru"]), min_size=1, unique=True),
        "layers": st.lists(st.integers(1, 3), min_size=1, unique=True),
        "sizes": st.just([8]),
    },
    optional={
        "dropout": st.just([0.0, 0.25]),
        "adamw": st.just({"learning_rate": 0.002}),
        "seeds": SEEDS,
    },
)
GRID = st.lists(BLOCK, max_size=2)


def section(**keys: st.SearchStrategy) -> st.SearchStrategy:
    """A section that leaves out any of its keys."""
    return st.fixed_dictionaries({}, optional=keys)


DYNAMICS = section(
    corpus=st.none() | st.sampled_from(["prose", "code"]),
    model=st.none() | MODEL,
    contexts=st.none() | CONTEXTS,
    epochs=st.integers(1, 5),
)
STUDIES = st.fixed_dictionaries(
    {
        "corpora": st.fixed_dictionaries(
            {
                "prose": st.fixed_dictionaries(
                    {"source": st.just({"builtin": "python_docs", "limit_bytes": 40_000})},
                    optional={
                        "grid": GRID,
                        "n_nn": CONTEXTS,
                        "encoding": st.just("Latin-1"),
                    },
                )
            },
            optional={
                "code": st.fixed_dictionaries(
                    {"source": st.just({"tree": "lib", "glob": ["**/*.c"]})},
                    optional={"split": st.sampled_from(["files", "position"])},
                )
            },
        )
    },
    optional={
        "seeds": SEEDS,
        "grid": GRID,
        "training": st.none()
        | section(
            epochs=st.integers(1, 60),
            learning_rate=st.sampled_from([1e-8, "1e-3", 1, 0.002]),
            anneal_after=st.integers(0, 9),
            anneal_factor=st.sampled_from([0.5, 1]),
        ),
        "n_gram": section(contexts=CONTEXTS, corpora=CORPORA),
        "n_nn": section(contexts=CONTEXTS, corpora=CORPORA),
        "activations": st.lists(
            st.fixed_dictionaries(
                {"corpus": st.just("prose"), "model": MODEL},
                optional={"positions": st.just([3, 9])},
            ),
            max_size=1,
        ),
        "cells": st.none() | section(models=st.none() | st.just({})),
        "interventions": st.lists(section(modes=st.just(["zero"])), max_size=1),
        "figure5": st.none()
        | section(dynamics=st.none() | DYNAMICS, pairs=st.just(["{}", '""']), bins=st.just([0, 9])),
        "context": section(corpora=CORPORA, models=st.lists(MODEL, min_size=1, max_size=1)),
        "universality": section(corpora=CORPORA),
        "explorer": section(models=st.none() | st.just({})),
        "scorers": st.lists(st.just({"scorer": "ngram"}), max_size=1),
    },
)


@given(STUDIES)
def test_any_config_comes_back(values: dict) -> None:
    try:
        config = Config.load(values)
    except CharlensError:
        assume(False)
    check(config)


SMALL = {
    "run": "toy",
    "seed": 3,
    "corpora": {"prose": {"source": {"file": "Müller's text.txt"}, "encoding": "latin-1"}},
    "grid": [{"cells": ["lstm"], "layers": [1], "sizes": [8]}],
    "n_gram": {"contexts": [2]},
}


def test_a_runs_config_is_printed_to_be_read_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = Config.load(SMALL)
    write_manifest(tmp_path, config.model_dump(mode="json"))
    assert main(["config", str(tmp_path)]) == 0
    (tmp_path / "again.yaml").write_text(capsys.readouterr().out, encoding="utf-8")
    check_file(tmp_path / "again.yaml")
    assert Config.load(yaml.safe_load((tmp_path / "again.yaml").read_text("utf-8"))) == config


@pytest.mark.parametrize("values", [None, 3, {}, SMALL | {"grids": []}, SMALL | {"grid": "all"}])
def test_a_manifest_without_a_config_that_works_is_one_line(
    tmp_path: Path, values: object, capsys: pytest.CaptureFixture[str]
) -> None:
    write_manifest(tmp_path, SMALL)
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"config": values}))
    assert main(["config", str(tmp_path)]) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith(f"charlens: error: {path}: config: ")
    assert captured.err.count("\n") == 1
    assert captured.out == ""


GRAMS = [1, 2, 3]
FEW = {"n_gram": {"contexts": GRAMS}, "n_nn": {"corpora": []}}


@pytest.mark.parametrize(
    ("contexts", "dynamics", "lost", "watched"),
    [
        ([1, 2, 3, 4], {"contexts": None}, "4", (1, 2, 3)),  # the default of an earlier version
        ([2, 9], {"contexts": [2]}, "9", (2,)),
        ([8, 9], None, "8, 9", ()),
        ([1, 3], {"contexts": [1, 3]}, "", (1, 3)),
    ],
)
def test_baselines_that_no_model_was_are_left_out_of_an_earlier_versions_config(
    tmp_path: Path,
    contexts: list[int],
    dynamics: dict | None,
    lost: str,
    watched: tuple[int, ...],
    capsys: pytest.CaptureFixture[str],
) -> None:
    values = written(Config.load(SMALL | FEW))
    values["figure5"]["dynamics"]["contexts"] = contexts
    write_manifest(tmp_path, values)
    assert main(["config", str(tmp_path)]) == 0
    text = capsys.readouterr().out
    again = Config.load(yaml.safe_load(text))
    assert (again.figure5.dynamics is None) == (dynamics is None)
    if dynamics:
        assert written(again)["figure5"]["dynamics"] == values["figure5"]["dynamics"] | dynamics
    assert choices.watched(again).n_gram == watched
    assert (f"contexts {lost}: no model" in text.splitlines()[0]) == bool(lost)
