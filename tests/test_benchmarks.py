"""Benchmarks are run by hand; what can be checked of them in seconds is that they still load."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks"


def test_the_reference_run_counts_the_papers_networks_only(monkeypatch) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.setattr(sys, "path", list(sys.path))
    remake = importlib.import_module("remake")
    study = remake.study()
    models = [model for corpus in study.corpora for model in study.models(corpus)]
    papers = [model for model in models if model.split("-")[0] in ("lstm", "rnn", "gru")]
    assert len(papers) < len(models)  # there are later families
    assert remake._partial() == f"{len(papers)} of the 72 grid points"
    manifest = FOLDER.parent / "results" / "reference" / "manifest.json"
    assert json.loads(manifest.read_text(encoding="utf-8"))["partial"] == remake._partial()


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
