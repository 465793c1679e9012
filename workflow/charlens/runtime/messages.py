"""Messages for users: of a job while it runs, and of what failed at the end of a run."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from charlens.errors import visible

LOGS_ARE_READ = "CHARLENS_LOGGER"
"""Environment variable set where Snakemake's logger plugin reads the logs of jobs for the user."""

_MARKS = ("charlens: error: ", "charlens: a bug")


def failures(logs: Path, since: float) -> list[str]:
    """The errors that jobs wrote to their logs, one line each with its log; none twice.

    Args:
        logs: ``logs/{run}``.
        since: when the run began, seconds since the epoch; older logs are of earlier runs.
    """
    log_of: dict[str, Path] = {}
    for path in sorted(logs.rglob("*.log")):
        if path.stat().st_mtime >= since:
            for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
                errors = [line[line.index(mark) :] for mark in _MARKS if mark in line]
                log_of |= {line: path for line in errors if line not in log_of}
    return [f"{line} [{path}]" for line, path in log_of.items()]


def logs_are_read() -> bool:
    """Whether the user sees what jobs write to their logs, so that they print nothing."""
    return bool(os.environ.get(LOGS_ARE_READ))


def say(line: str) -> None:
    """Print a line to stderr, unless the user sees it by the log."""
    if not logs_are_read():
        print(visible(line), file=sys.stderr, flush=True)
