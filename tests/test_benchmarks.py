"""Benchmarks are run by hand; what can be checked of them in seconds is that they still load."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest
from charlens.files import notes

FOLDER = Path(__file__).parents[1] / "benchmarks"


def test_the_reference_run_counts_the_papers_networks_only(monkeypatch) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.setattr(sys, "path", list(sys.path))
    remake = importlib.import_module("remake")
    study = remake.study()
    split_alike = [name for name, corpus in study.corpora.items() if corpus.split == "streams"]
    models = [model for corpus in split_alike for model in study.models(corpus)]
    papers = [model for model in models if model.split("-")[0] in ("lstm", "rnn", "gru")]
    assert len(papers) < len(models)  # there are later families
    assert remake._partial() == f"{len(papers)} of the 72 grid points"
    manifest = FOLDER.parent / "results" / "reference" / "manifest.json"
    assert json.loads(manifest.read_text(encoding="utf-8"))["partial"] == remake._partial()


@pytest.fixture
def remake(tmp_path: Path, monkeypatch) -> ModuleType:
    """The script, with a reference run of three tables and a run that is to be made again."""
    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.setattr(sys, "path", list(sys.path))
    module = importlib.import_module("remake")
    for name in ("REFERENCE", "REMADE"):
        monkeypatch.setattr(module, name, tmp_path / name.lower())
    for table in ("wp/tables/cells/lstm.csv", "wp/tables/cells/gru.csv", "tables/of_cells.csv"):
        write(module.REFERENCE / table, f"committed {table}")
    return module


def write(path: Path, text: str, age: float = 0.0) -> None:
    """Write a file as a job does, so many seconds ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    notes.note([path])
    os.utime(path, (time.time() - age,) * 2)


def test_reused_tables_are_the_committed_ones_and_newer_than_what_they_are_made_from(
    remake: ModuleType,
) -> None:
    weights, others = (remake.REMADE / "wp" / name for name in ("models/lstm", "tables/other.csv"))
    write(weights, "weights", age=5)
    write(others, "made now", age=60)
    stale = remake.REMADE / "wp/tables/cells/lstm.csv"
    write(stale, "of an earlier run", age=60)
    remake.reuse(["*/tables/*/lstm.*", "tables/of_*"])
    placed = [stale, remake.REMADE / "tables/of_cells.csv"]
    for path in placed:
        name = path.relative_to(remake.REMADE).as_posix()
        assert path.read_text(encoding="utf-8") == f"committed {name}"
        assert path.stat().st_mtime > weights.stat().st_mtime
        notes.check(path)  # a job that reads it takes it for what was written there
    # One is made from the other: were it older, the workflow would make it again.
    assert len({path.stat().st_mtime_ns for path in placed}) == 1
    assert not (remake.REMADE / "wp/tables/cells/gru.csv").exists()
    assert others.read_text(encoding="utf-8") == "made now"


@pytest.mark.parametrize("pattern", ["*/tables/*/rnn.*", "*/tables/c*"])
def test_a_pattern_of_no_table_is_refused(remake: ModuleType, pattern: str) -> None:
    """A folder is no table."""
    with pytest.raises(SystemExit, match=re.escape(f"has no {pattern}")):
        remake.reuse([pattern])
    assert not remake.REMADE.exists()


def test_weights_that_differ_are_placed_and_others_keep_their_date(remake: ModuleType) -> None:
    same, other = (remake.REMADE / f"wp/models/{name}" for name in ("same", "other"))
    for path in (same, other):
        write(remake.REFERENCE / path.relative_to(remake.REMADE), "trained")
    write(same, "trained", age=60)
    write(other, "of an earlier run", age=60)
    for path in (same, other):
        remake._put(remake.REFERENCE / path.relative_to(remake.REMADE), path)
        assert path.read_text(encoding="utf-8") == "trained"
        notes.check(path)
    assert same.stat().st_mtime < time.time() - 30 < other.stat().st_mtime


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_a_benchmark_finds_what_it_imports(path: Path, monkeypatch) -> None:
    if path.stem == "fused_kernels":
        pytest.importorskip("triton", reason="triton is not installed (make peers)")
    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.setattr(sys, "path", list(sys.path))
    spec = importlib.util.spec_from_file_location(f"benchmark_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)  # dataclasses look their module up
    spec.loader.exec_module(module)
    assert module.__doc__
