"""What a run prints: progress and results on a terminal, one line per result elsewhere.

A logger plugin of Snakemake (``--logger charlens``, which the profiles set). It stays out of the
library, which knows nothing of Snakemake, and reads what jobs say in their logs, so jobs on a
cluster are shown as those on this machine are. A dry run (``-n``) prints a summary of the plan.
With ``--quiet`` there are neither progress nor results, with ``--quiet all`` there are only errors.
With ``--verbose``, ``--printshellcmds`` (``-np``) or ``--debug-dag`` Snakemake's own output is left
as it is, and jobs add their progress in plain lines.

``snakemake-logger-plugin-rich`` (0.5.1) was tried first: it has one bar per rule, knows nothing of
what happens inside a job, and prints nothing but Snakemake's error text where it is no terminal.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from logging import Handler, LogRecord
from typing import Any, TextIO

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.registry import LoggerPluginRegistry

IN_JOBS = "CHARLENS_LOGGER"
"""Environment variable by which jobs know that their logs are read, so they print nothing."""

AS_LINES = "CHARLENS_PROGRESS_LINES"
"""Environment variable by which jobs print lines, not bars: Snakemake's own would break them."""


class LogHandler(LogHandlerBase):
    """Handler that Snakemake gives every record to, in a thread of its own."""

    writes_to_stream = True
    writes_to_file = False
    has_filter = True
    has_formatter = True
    needs_rulegraph = False

    def __post_init__(self) -> None:
        settings = self.common_settings
        stream = sys.stdout if settings.stdout else sys.stderr
        self._target: Any
        if _wants_snakemakes_own(settings):
            self._target = _snakemakes_own(settings, stream)
            os.environ[AS_LINES] = "1"
            return
        if settings.dryrun:
            from snakemake_logger_plugin_charlens.plan import Plan

            self._target = Plan(_snakemakes_own(settings, stream))
            return
        from snakemake_logger_plugin_charlens.run_log import RunLog
        from snakemake_logger_plugin_charlens.screen import Screen

        self._target = RunLog(Screen(stream, colour=not settings.nocolor), settings)
        os.environ[IN_JOBS] = "1"

    def emit(self, record: LogRecord) -> None:
        """Show a record; a fault in here is reported and stops nothing."""
        try:
            self._target.handle(record)
        except Exception:
            self.handleError(record)

    def close(self) -> None:
        """Leave the terminal as it was."""
        try:
            self._target.close()
        finally:
            super().close()


def register() -> None:
    """Make the plugin known to Snakemake where it is not installed, as in a fresh clone.

    From then on Ctrl-C is answered in one line, too, where Snakemake leaves it to Python.
    """
    LoggerPluginRegistry().register_plugin(__name__, sys.modules[__name__])
    if sys.excepthook is not _answer:
        _answer.other = sys.excepthook
        sys.excepthook = _answer


class _Answer:
    """What is printed of an exception that ends the process: of Ctrl-C one line."""

    def __init__(self, other: Callable[..., object]) -> None:
        self.other = other

    def __call__(self, kind: type[BaseException], error: BaseException, trace: Any) -> None:
        if issubclass(kind, KeyboardInterrupt):
            print("charlens: stopped by SIGINT; run again to go on", file=sys.stderr)
        else:
            self.other(kind, error, trace)


_answer = _Answer(sys.excepthook)


def _wants_snakemakes_own(settings: Any) -> bool:
    names = ("verbose", "printshellcmds", "debug_dag")
    return any(getattr(settings, name, None) for name in names)


def _snakemakes_own(settings: Any, stream: TextIO) -> Handler:
    from snakemake.logging import ColorizingTextHandler, DefaultFilter, DefaultFormatter

    kinds = ("quiet", "debug_dag", "verbose", "dryrun", "printshellcmds")
    return ColorizingTextHandler(
        nocolor=settings.nocolor,
        stream=stream,
        formatter=DefaultFormatter(settings.quiet, settings.show_failed_logs),
        filter=DefaultFilter(*(getattr(settings, kind) for kind in kinds)),
    )
