"""Lost and damaged files of a run are made anew, and nothing else."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from charlens.cli import main
from charlens.errors import CharlensError
from charlens.runtime.manifest import Difference, write_manifest
from charlens.runtime.rebuild import rebuild, targets

RULES = """
rule all:
    input: "results/toy/tables/c.csv", "results/toy/report"
rule first:
    output: "results/toy/a.csv"
    shell: "echo a > {output}; echo first >> log"
rule second:
    input: "results/toy/a.csv"
    output: "results/toy/b.csv"
    shell: "echo b > {output}; echo second >> log"
rule third:
    input: "results/toy/b.csv"
    output: "results/toy/tables/c.csv"
    shell: "echo c > {output}; echo third >> log"
rule page:
    input: "results/toy/tables/c.csv"
    output: directory("results/toy/report")
    shell: "mkdir -p {output}; echo p > {output}/p.html; echo page >> log"
"""


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """A finished run of four rules in a row, with its manifest."""
    (tmp_path / "Snakefile").write_text(RULES)
    folder = tmp_path / "results" / "toy"
    for name, text in {
        "a.csv": "a",
        "b.csv": "b",
        "tables/c.csv": "c",
        "report/p.html": "p",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text + "\n")
        os.utime((folder / name).parent)
    write_manifest(folder, {"run": "toy", "seed": 1})
    return folder


def test_files_in_folders_are_made_with_their_folder() -> None:
    names = ["a.csv", "report/x.html", "report/y.html", "explorer/data/run.js"]
    names += ["novel/activations/lstm-1x8/layer-1/c.parquet", "novel/report/z.csv"]
    lost = [Difference(name, "missing", True) for name in names]
    assert targets([*lost, Difference("new.csv", "not in the manifest", False)]) == [
        "a.csv", "report", "explorer", "novel/activations/lstm-1x8", "novel/report/z.csv",
    ]  # fmt: skip


def test_what_is_lost_is_made_anew_and_what_lies_between_is_not(
    results: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (results / "a.csv").unlink()
    (results / "report" / "p.html").unlink()
    (results / "tables" / "c.csv").write_text("broken")
    assert main(["verify", str(results)]) == 1
    assert not (results / "a.csv").exists()
    assert main(["verify", str(results), "--rebuild", "--cores", "1"]) == 0
    assert capfd.readouterr().out.endswith(f"{results}: no differences from its manifest\n")
    assert (results / "tables" / "c.csv").read_text() == "c\n"
    assert (results / "tables" / "c.csv.damaged").read_text() == "broken"
    log = (results.parents[1] / "log").read_text().split()
    assert sorted(log) == ["first", "page", "third"]


def test_a_whole_run_needs_no_snakemake(results: Path) -> None:
    (results.parents[1] / "Snakefile").write_text("no workflow")
    assert main(["verify", str(results), "--rebuild"]) == 0


def test_a_failing_snakemake_gives_its_status(results: Path) -> None:
    (results / "a.csv").unlink()
    (results / "b.csv").write_text("broken")
    assert main(["verify", str(results), "--rebuild", "--configfile", "missing.yaml"]) != 0
    assert not (results / "a.csv").exists()
    assert (results / "b.csv").read_text() == "broken", "moved aside though nothing was made"


def test_results_without_their_workflow_are_refused(results: Path) -> None:
    (results.parents[1] / "Snakefile").unlink()
    (results / "a.csv").write_text("broken")
    with pytest.raises(CharlensError, match="beside a Snakefile"):
        rebuild(results, [Difference("a.csv", "changed", True)], [])
    assert (results / "a.csv").read_text() == "broken"
    assert json.loads((results / "manifest.json").read_text())["run"] == "toy"
