"""Stopping a run from outside: its jobs too, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from charlens import cli
from charlens.errors import CharlensError
from charlens.runtime.stopping import runs_in, stop, wait

JOB = """
import signal, sys, time
from pathlib import Path
def save(*_):
    Path("saved").touch()
    sys.exit(143)
signal.signal(signal.SIGTERM, save)
Path("started").touch()
time.sleep(60)
"""

# As Snakemake does: it goes on until its jobs have ended.
SNAKEMAKE = """
import signal, subprocess, sys
signal.signal(signal.SIGTERM, lambda *_: None)
sys.exit(subprocess.run([sys.executable, ".snakemake/scripts/tmp1.train.py"]).returncode)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "a study"
    scripts = folder / ".snakemake" / "scripts"
    scripts.mkdir(parents=True)
    (scripts / "tmp1.train.py").write_text(JOB)
    (tmp_path / "snakemake").write_text(SNAKEMAKE)
    return folder


@pytest.fixture
def running(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A run whose job has begun."""
    process = subprocess.Popen([sys.executable, str(folder.parent / "snakemake")], cwd=folder)
    while not (folder / "started").exists():
        assert process.poll() is None
    yield process
    if process.poll() is None:
        process.kill()


def test_a_run_and_its_job_are_stopped_and_the_job_saves(
    folder: Path, running: subprocess.Popen[bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    (run,) = runs_in(folder)
    assert run.snakemake.pid == running.pid
    assert len(run.jobs) == 1
    assert cli.main(["stop", str(folder)]) == 0
    running.wait(10)
    assert (folder / "saved").exists()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "asked Snakemake and its jobs (1) to stop; waiting for their end"
    assert runs_in(folder) == []


def test_other_folders_and_other_programs_are_left_alone(
    folder: Path, running: subprocess.Popen[bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    assert runs_in(folder.parent) == []
    reader = subprocess.Popen(["sleep", "60"], cwd=folder)
    program = [sys.executable, "-c", "import time; time.sleep(60)", "snakemake"]
    other = subprocess.Popen(program, cwd=folder)
    try:
        (run,) = runs_in(folder)
        assert {reader.pid, other.pid, os.getpid()}.isdisjoint(p.pid for p in run.processes)
    finally:
        for process in (reader, other):
            process.kill()
            process.wait()
    assert cli.main(["stop", str(folder.parent)]) == 1
    assert "no run goes on" in capsys.readouterr().err
    assert running.poll() is None


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CharlensError, match="lost: no such folder"):
        runs_in(tmp_path / "lost")


LATE = """
import signal, subprocess, sys, time
from pathlib import Path
def begin(*_):
    job = [sys.executable, ".snakemake/scripts/tmp1.train.py"]
    sys.exit(subprocess.run(job).returncode)
signal.signal(signal.SIGTERM, begin)
Path("started").touch()
time.sleep(60)
"""


def test_a_job_that_begins_while_its_run_is_asked_is_asked_too(folder: Path) -> None:
    """Snakemake has chosen it already, so it starts it after SIGTERM, and would wait for it."""
    (folder.parent / "snakemake").write_text(LATE)
    process = subprocess.Popen([sys.executable, str(folder.parent / "snakemake")], cwd=folder)
    try:
        while not (folder / "started").exists():
            assert process.poll() is None
        runs = runs_in(folder)
        assert [run.jobs for run in runs] == [()]
        stop(runs)
        begun = time.monotonic()
        wait(runs, seconds=0.1)
        assert time.monotonic() - begun < 50
    finally:
        process.kill()
        process.wait()
