"""Stop the runs that go on in a folder, with their jobs.

Snakemake alone, asked to stop (SIGTERM), waits until its jobs end, which for a training may be
hours. Asked themselves, trainings save their state and leave; other jobs leave nothing
half-written.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePath

import psutil

from charlens.errors import CharlensError
from charlens.files.atomic import FilePath

_SCRIPTS = PurePath(".snakemake", "scripts")
_GONE = (psutil.NoSuchProcess, psutil.AccessDenied)


@dataclass(frozen=True)
class Run:
    """A Snakemake that works in a folder.

    Attributes:
        snakemake: its process.
        jobs: the processes of its jobs on this machine.
    """

    snakemake: psutil.Process
    jobs: tuple[psutil.Process, ...]

    @property
    def processes(self) -> tuple[psutil.Process, ...]:
        """All of them, Snakemake first."""
        return self.snakemake, *self.jobs


def runs_in(folder: FilePath) -> list[Run]:
    """The runs that go on in a folder, of the user who asks.

    Args:
        folder: where Snakemake was started, or its ``--directory``.

    Raises:
        CharlensError: no such folder.
    """
    place = Path(folder)
    if not place.is_dir():
        raise CharlensError(f"{folder}: no such folder; name the one in which the run was started")
    working = {
        process.pid: process
        for process in psutil.process_iter()
        if _is_snakemake(process) and _works_in(process, place.resolve())
    }
    return [
        Run(process, _jobs(process))
        for process in working.values()
        if not any(parent.pid in working for parent in _parents(process))
    ]


def stop(runs: Sequence[Run]) -> None:
    """Ask runs and their jobs to stop: Snakemake first, so that it starts no other job."""
    for run in runs:
        for process in run.processes:
            with suppress(*_GONE):
                process.terminate()


def wait(runs: Sequence[Run], seconds: float = 1.0) -> None:
    """Wait for the end of runs that were asked to stop, as long as it takes.

    Jobs that were just about to begin are asked when they have.

    Args:
        runs: as :func:`stop` got them.
        seconds: between two looks for such jobs.
    """
    asked = {process for run in runs for process in run.processes}
    while psutil.wait_procs(asked, timeout=seconds)[1]:
        new = {job for run in runs for job in _jobs(run.snakemake)} - asked
        for job in new:
            with suppress(*_GONE):
                job.terminate()
        asked |= new


def _is_snakemake(process: psutil.Process) -> bool:
    """Whether a process was started as ``snakemake`` or ``python -m snakemake``."""
    words: list[str] = []
    with suppress(*_GONE):
        words = process.cmdline()
    if len(words) > 1 and PurePath(words[0]).name.startswith("python"):
        return PurePath(words[1]).name == "snakemake" or words[1:3] == ["-m", "snakemake"]
    return bool(words) and PurePath(words[0]).name == "snakemake"


def _works_in(process: psutil.Process, folder: Path) -> bool:
    with suppress(*_GONE):
        return Path(process.cwd()) == folder
    return False


def _parents(process: psutil.Process) -> list[psutil.Process]:
    with suppress(*_GONE):
        return process.parents()
    return []


def _jobs(snakemake: psutil.Process) -> tuple[psutil.Process, ...]:
    with suppress(*_GONE):
        return tuple(child for child in snakemake.children(recursive=True) if _is_job(child))
    return ()


def _is_job(process: psutil.Process) -> bool:
    """Whether a process runs a script of a rule, which Snakemake copies to a folder of its own."""
    with suppress(*_GONE):
        return any(PurePath(word).parts[-3:-1] == _SCRIPTS.parts for word in process.cmdline()[1:2])
    return False
