"""What a dry run prints: how many jobs of which rules, and why; not a paragraph for each job."""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import copy
from logging import WARNING, Handler, LogRecord

from snakemake_interface_logger_plugins.common import LogEvent

from snakemake_logger_plugin_charlens.board import is_target
from snakemake_logger_plugin_charlens.run_log import is_routine

HINT = "single jobs, their files and reasons: snakemake -np"

_LEFT_OUT = (
    LogEvent.WORKFLOW_STARTED,
    LogEvent.JOB_INFO,
    LogEvent.GROUP_INFO,
    LogEvent.SHELLCMD,
)
_REFERENCE = "(check individual jobs above for details)"


class Plan:
    """Passes on what a summary needs.

    Args:
        own: Snakemake's handler, which prints.
    """

    def __init__(self, own: Handler) -> None:
        self._own = own
        self._explain: Callable[[str], str | None] = lambda text: None  # of errors
        self._counts = ""  # of jobs, which come before them and, again, after them

    def handle(self, record: LogRecord) -> None:
        """Print a record, unless it is about a single job or of no use to anybody."""
        event = getattr(record, "event", None)
        self._explain = getattr(record, "charlens", {}).get("explain", self._explain)
        if event in _LEFT_OUT or (event is None and is_routine(record)):
            return
        if event == LogEvent.RUN_INFO:
            if record.getMessage() == self._counts:
                return
            self._counts = record.getMessage()
            record = _with_text(record, without_targets(self._counts))
        if _REFERENCE in record.getMessage():
            record = _with_text(record, record.getMessage().replace(_REFERENCE, f"({HINT})"))
        if record.levelno > WARNING and (explained := self._explain(record.getMessage())):
            record = _with_text(record, explained)
        self._own.handle(record)

    def close(self) -> None:
        """Close Snakemake's handler."""
        self._own.close()


def _with_text(record: LogRecord, text: str) -> LogRecord:
    record = copy(record)
    record.msg, record.args = text, ()
    return record


def without_targets(text: str) -> str:
    """Snakemake's table of jobs less the targets, which make nothing: a run counts the others."""
    targets, lines = 0, []
    for line in text.split("\n"):
        row = re.fullmatch(r"(\w+)( +)(\d+)", line)
        if row and is_target(row[1]):
            targets += int(row[3])
        elif row and row[1] == "total":
            count = str(int(row[3]) - targets)
            lines.append(f"total{row[2]}{count.rjust(len(row[3]))}")
        else:
            lines.append(line)
    return "\n".join(lines)
