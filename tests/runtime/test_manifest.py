"""The manifest of a run, and what `charlens verify` finds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from charlens import __version__
from charlens.cli import main
from charlens.errors import CharlensError, DamagedFileError
from charlens.runtime.manifest import verify, write_manifest

CONFIG = {"run": "toy", "seed": 7, "corpora": {}}


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """A run with a corpus, a table, a timing, a resume state and a temporary file."""
    folder = tmp_path / "results" / "toy"
    corpus = {"source": "here", "bytes": 9, "sha256": "ab", "split": "streams", "sizes": {}}
    files = {
        "prose/corpus.json": json.dumps(corpus | {"name": "prose"}),
        "tables/table.csv": "a,b\n1,2\n",
        "benchmarks/train/prose/lstm-1x8.tsv": "s\th:m:s\n12.5\t0:00:12\n",
        "prose/resume/lstm-1x8/8/state.safetensors": "state",
        "prose/seeds/2/resume/lstm-1x8/8/state.safetensors": "state",
        "tables/.table.7.tmp.csv": "half",
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    write_manifest(folder, CONFIG)
    return folder


def test_it_says_what_the_run_was_made_from(results: Path) -> None:
    manifest = json.loads((results / "manifest.json").read_text())
    assert set(manifest["files"]) == {"prose/corpus.json", "tables/table.csv"}
    assert manifest["files"]["tables/table.csv"]["bytes"] == 8
    assert manifest["wall_seconds"] == {"train/prose/lstm-1x8": 12.5}
    assert manifest["corpora"]["prose"]["sha256"] == "ab"
    assert (manifest["run"], manifest["seed"], manifest["config"]) == ("toy", 7, CONFIG)
    assert manifest["packages"]["numpy"]
    assert manifest["hardware"]["cores"] >= 1
    assert len(manifest["code"]["library"]) == 16


@pytest.mark.parametrize("name", ["resume", "benchmarks", "seeds"])
def test_a_corpus_called_as_a_folder_of_the_workflow_is_hashed(results: Path, name: str) -> None:
    facts = dict.fromkeys(("source", "bytes", "sha256", "split", "sizes"), 1)
    for file in (f"{name}/corpus.json", f"{name}/models/m.bin", f"{name}/resume/m/state.bin"):
        (results / file).parent.mkdir(parents=True, exist_ok=True)
        (results / file).write_text(json.dumps(facts))
    write_manifest(results, CONFIG)
    (results / name / "resume" / "m" / "state.bin").write_text("later")
    assert verify(results) == []
    (results / name / "models" / "m.bin").write_text("changed")
    (problem,) = verify(results)
    assert problem.startswith(f"{results}/{name}/models/m.bin: changed")


def test_every_kind_of_difference_is_named(results: Path) -> None:
    assert verify(results) == []
    data = bytearray((results / "tables" / "table.csv").read_bytes())
    data[4] ^= 1  # one flipped bit
    (results / "tables" / "table.csv").write_bytes(data)
    (results / "prose" / "corpus.json").unlink()
    (results / "tables" / "new.csv").write_text("x\n")
    for home in (results / "prose", results / "prose" / "seeds" / "2"):
        (home / "resume" / "lstm-1x8" / "8" / "state.safetensors").write_text("later")
    missing, new, changed = verify(results)
    assert missing == f"{results}/prose/corpus.json: missing"
    assert new == f"{results}/tables/new.csv: not in the manifest"
    assert changed.startswith(f"{results}/tables/table.csv: changed (sha256 ")


@pytest.mark.parametrize("text", [None, "{", "[]", '{"format": 99}'])
def test_no_usable_manifest_is_one_clear_error(results: Path, text: str | None) -> None:
    path = results / "manifest.json"
    path.unlink() if text is None else path.write_text(text)
    with pytest.raises(CharlensError, match=r"manifest\.json: .*run"):
        verify(results)


def test_pipes_are_not_waited_for(results: Path) -> None:
    table, path = results / "tables" / "table.csv", results / "manifest.json"
    table.unlink()
    os.mkfifo(table)
    assert verify(results) == [f"{table}: missing"]
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(CharlensError, match=r"manifest\.json: expected a file, found .* a pipe"):
        verify(results)


def test_the_command(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(results)]) == 0
    assert "no differences" in capsys.readouterr().out
    (results / "tables" / "table.csv").write_text("")
    done = subprocess.run(
        [sys.executable, "-m", "charlens", "verify", str(results)], capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "table.csv: changed" in done.stdout
    assert main(["verify", str(results.parent)]) == 1
    assert capsys.readouterr().err.startswith("charlens: error: ")
    with pytest.raises(SystemExit):
        main(["verify"])
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"charlens {__version__}\n"


FILES = {"a.csv": {"bytes": 1, "sha256": "ab"}}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"files": None}, "no list of files"),
        ({"files": ["a.csv"]}, "no list of files"),
        ({"files": {"a.csv": 3}}, "no sha256 of 'a.csv'"),
        ({"files": {"a.csv": {"bytes": 1}}}, "no sha256 of 'a.csv'"),
        ({"files": {"../../config.yaml": FILES["a.csv"]}}, "'../../config.yaml', which is no file"),
        ({"files": {"/etc/hosts": FILES["a.csv"]}}, "'/etc/hosts', which is no file"),
        ({"files": {"": FILES["a.csv"]}}, "'', which is no file"),
        ({"files": {"a\0b": FILES["a.csv"]}}, "which is no file"),
        ({"format": [1]}, "not a manifest of format 1"),
    ],
)
@pytest.mark.parametrize("command", [["verify"], ["config"], ["verify", "--rebuild"]])
def test_an_edited_manifest_is_one_line(
    results: Path, change: dict, words: str, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    path = results / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    verb, *options = command
    assert main([verb, str(results), *options]) == 1
    line = capsys.readouterr().err
    assert line.startswith(f"charlens: error: {path}: ")
    assert words in line
    assert line.count("\n") == 1


@pytest.mark.parametrize("text", ["", "[1]", '{"format": 1', "[" * 100_000, "\xff\x00"])
def test_a_broken_manifest_is_one_line(
    results: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (results / "manifest.json").write_text(text, encoding="latin-1")
    assert main(["verify", str(results)]) == 1
    line = capsys.readouterr().err
    assert "manifest.json: not " in line
    assert line.count("\n") == 1


@pytest.mark.parametrize("text", ["", "[1]", "{}", "[" * 100_000, "\xff"])
def test_a_damaged_corpus_is_named_when_a_manifest_is_written(results: Path, text: str) -> None:
    path = results / "prose" / "corpus.json"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(DamagedFileError, match=r"corpus\.json: no description of a corpus"):
        write_manifest(results, CONFIG)


@pytest.mark.parametrize("text", ["", "s\n", "s\n\n", "h:m:s\n0:01\n", "s\n-\n", "\xff\0\n\xfe"])
def test_broken_timings_cost_no_manifest(results: Path, text: str) -> None:
    timing = results / "benchmarks" / "train" / "prose" / "lstm-1x8.tsv"
    timing.write_text(text, encoding="latin-1")
    write_manifest(results, CONFIG)
    assert json.loads((results / "manifest.json").read_text())["wall_seconds"] == {}
