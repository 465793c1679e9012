"""Faults injected for real: damaged results, odd locales and clocks, two runs in one folder."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from compileall import compile_file
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from workflow_runs import TINY, copy_repository, snakemake

TINY_RESULTS = Path("results", "tiny")


@pytest.fixture(scope="module")
def study(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the finished tiny study, times of files and Snakemake's memory included."""
    folder = tmp_path_factory.mktemp("faults") / "charlens"
    shutil.copytree(finished, folder)
    return folder


def flip(path: Path) -> None:
    """Change one bit near the middle, in Parquet within the probabilities that readers decode."""
    status, data = path.stat(), bytearray(path.read_bytes())
    at = len(data) // 2
    if path.suffix == ".parquet":
        group = pq.ParquetFile(path).metadata.row_group(0)
        columns = [group.column(i) for i in range(group.num_columns)]
        (chunk,) = (c for c in columns if c.path_in_schema == "probability")
        at = chunk.data_page_offset + chunk.total_compressed_size // 2
    data[at] ^= 16
    path.write_bytes(data)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def cut(path: Path) -> None:
    """Lose the second half."""
    status = path.stat()
    path.write_bytes(path.read_bytes()[: status.st_size // 2])
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


@pytest.mark.parametrize(
    ("name", "damage", "reader", "target"),
    [
        ("models/lstm-1x8.safetensors", flip, "probabilities", "probabilities/lstm-1x8.parquet"),
        ("models/n-gram.safetensors", cut, "n_gram_probabilities", "tables/n-gram.csv"),
        ("probabilities/gru-1x8.parquet", cut, "agreement", "tables/agreement.csv"),
        ("probabilities/rnn-1x8.parquet", flip, "cross_entropy", "../tables/cross_entropy.csv"),
    ],
)
def test_a_damaged_file_is_named_moved_aside_and_made_anew(
    study: Path, name: str, damage, reader: str, target: str
) -> None:
    results = study / TINY_RESULTS / "python_docs"
    path, made = results / name, results / target
    before = path.read_bytes(), made.read_bytes()
    damage(path)
    goal = os.path.normpath(TINY_RESULTS / "python_docs" / target)
    arguments = ("--cores", "2", "--configfile", TINY, "--forcerun", reader, "--", goal)
    run = snakemake(study, *arguments)
    assert run.code == 1
    lines = [line for line in run.stderr.splitlines() if line.startswith("charlens: error: ")]
    assert f"; moved aside as {path.name}.damaged: run the whole study again" in lines[0]
    assert "delete it" not in lines[0]
    assert path.relative_to(study).as_posix() in lines[0]
    assert not path.exists()
    assert snakemake(study, *arguments[:4], "--", goal).code == 0
    assert (path.read_bytes(), made.read_bytes()) == before
    path.with_name(f"{path.name}.damaged").unlink()


def test_another_locale_and_time_zone_give_the_same_bytes(study: Path) -> None:
    tables = study / TINY_RESULTS / "tables"
    names = ("cross_entropy.md", "table2.md", "errors.md", "findings.csv")
    before = {name: (tables / name).read_bytes() for name in names}
    odd = {"LC_ALL": "C", "LANG": "C", "TZ": "Asia/Kathmandu", "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "--configfile", TINY]
    command += ["--forcerun", "cross_entropy", "table2", "errors", "paper_vs_ours", "--"]
    targets = [(TINY_RESULTS / "tables" / name).as_posix() for name in names]
    done = subprocess.run(
        command + targets, cwd=study, env=os.environ | odd, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert {name: (tables / name).read_bytes() for name in names} == before


def test_a_disk_without_space_for_snakemake_itself_is_one_line(disk: Path) -> None:
    arguments, used = nearly_full(disk)
    remount(disk, f"size={used + 4096}")
    full = snakemake(disk, *arguments)
    assert full.code == 1
    assert full.messages == ["charlens: error: the disk is full; free some space and run again"]
    remount(disk, "size=100m,ro")
    read_only = snakemake(disk, *arguments)
    assert read_only.code == 1
    *first, last = read_only.messages
    assert last.startswith("charlens: error: the disk is read-only")
    assert all(line.startswith("Failed to setup log file: [Errno 30]") for line in first)
    remount(disk, "rw")
    assert snakemake(disk, *arguments).code == 0


@pytest.mark.parametrize("kilobytes", [24, 60])
def test_a_disk_that_a_job_fills_leaves_no_halves_of_modules(disk: Path, kilobytes: int) -> None:
    """Python keeps what it could write of a compiled module, and fails on it ever after."""
    arguments, used = nearly_full(disk)
    compiled = list(disk.rglob("*.pyc"))
    remount(disk, f"size={used + 1024 * kilobytes}")
    full = snakemake(disk, *arguments)
    assert full.code == 1
    assert "charlens: error: the disk is full; free some space and run again" in full.stderr
    assert "Traceback" not in full.stderr
    assert list(disk.rglob("*.pyc")) == compiled
    remount(disk, "size=100m")
    assert snakemake(disk, *arguments).code == 0


def nearly_full(disk: Path) -> tuple[tuple[str, ...], int]:
    """Arguments for one job in a repository on a disk, and the bytes that it takes."""
    copy_repository(disk)
    # Snakemake imports what PYTHONPATH names, the plugin, before it reads the profile.
    compile_file(disk / "workflow" / "snakemake_logger_plugin_charlens" / "__init__.py", quiet=1)
    target = "results/tiny/python_docs/corpus.json"
    used = sum(path.stat().st_blocks * 512 for path in disk.rglob("*"))
    return ("--cores", "1", "--configfile", TINY, "--", target), used


def remount(folder: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", str(folder)], check=True)


def test_a_second_snakemake_in_the_folder_is_turned_away(study: Path) -> None:
    ranked = (TINY_RESULTS / "python_docs" / "tables" / "cells" / "lstm-2x16.parquet").as_posix()
    arguments = ["--cores", "1", "--configfile", TINY, "--forcerun", "search_cells", "--", ranked]
    command = [sys.executable, "-m", "snakemake", *arguments]
    first = subprocess.Popen(command, cwd=study, stderr=subprocess.PIPE, text=True)
    for line in first.stderr:
        if "jobs to do: " in line:
            break
    first.send_signal(signal.SIGSTOP)  # it keeps its lock until the second has been turned away
    try:
        second = snakemake(study, *arguments)
    finally:
        first.send_signal(signal.SIGCONT)
    assert second.code == 1
    assert second.messages == [
        f"charlens: error: a run goes on in this folder (process {first.pid}) and makes some of "
        "the same files; wait until it ends, or stop it: charlens stop"
    ]
    first.stderr.read()
    assert first.wait(120) == 0
    assert snakemake(study, "-n", "--configfile", TINY).code == 0
