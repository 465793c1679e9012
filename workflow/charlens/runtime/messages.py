"""Messages at the end of a run: where its results are, or what failed."""

from __future__ import annotations

import sys
from pathlib import Path

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


def places(results: Path) -> list[str]:
    """Where the results of a finished run are; nothing where it made other things."""
    shown = [f"{results / name}/" for name in ("figures", "tables") if (results / name).is_dir()]
    report = "; one file of it all: make report" if (results / "manifest.json").exists() else ""
    return [f"charlens: {' and '.join(shown)}{report}"] if shown else []


def tell(lines: list[str]) -> None:
    """Print lines to stderr."""
    for line in lines:
        print(line, file=sys.stderr)
