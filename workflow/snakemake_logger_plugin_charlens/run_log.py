"""Records of Snakemake as a user wants to read them: results, errors, progress."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from logging import INFO, WARNING, LogRecord
from typing import Any

from charlens.runtime.machine_faults import machine_fault
from snakemake_interface_logger_plugins.common import LogEvent

from snakemake_logger_plugin_charlens import job_logs
from snakemake_logger_plugin_charlens.board import Board, Job, is_shown
from snakemake_logger_plugin_charlens.screen import Screen, duration

# What Snakemake says in every run and nobody asked. All else that it says is shown.
_ROUTINE = re.compile(
    r"Assuming unrestricted shared filesystem usage\.|Building DAG of jobs\.\.\.|Using shell: |"
    r"Provided (cores|remote nodes|resources): |Rules claiming more threads|Group jobs: inactive|"
    r"Conda environments: ignored|Singularity containers: ignored|Select jobs to execute|"
    r"Execute \d+ jobs|Complete log\(s\): |Elapsed time: |Updating checkpoint dependencies|"
    r"Activating |Updating jobs with queue input|Adding \S+ \(|Loading script code for rule |"
    r"Shutting down, this might take some time|Removing output files of failed job |"
    r"None$|$"
)
_SAID_ALREADY = "Exiting because a job execution failed"
_NOT_ALL_DONE = "At least one job did not complete successfully"
_WAITS = "Will exit after finishing"
_STOP_JOBS = "To stop these as well, their state saved: charlens stop"
_NOTHING_TO_DO = "Nothing to be done"
_ERROR = "red"  # the style of errors
_SCRIPT_FAILED = "CalledProcessError in file"
_KILLED = re.compile(r"died with <Signals\.SIGKILL|exit status 137\b")
# Of a job that a signal met before it could handle any, so that its log says nothing.
_ENDED_BY = {
    "SIGTERM": re.compile(r"died with <Signals\.SIGTERM|exit status 143\b"),
    "SIGINT": re.compile(r"died with <Signals\.SIGINT|exit status 130\b"),
}
_ADVICE_KILLED = (
    "killed (signal 9), by someone or by the system, which does so when memory runs out; run fewer "
    "jobs at once or use a smaller text, and run again to go on"
)


def is_routine(record: LogRecord) -> bool:
    """Whether a message comes in every run and says nothing that anybody asked."""
    return record.levelno < WARNING and bool(_ROUTINE.match(record.getMessage()))


class RunLog:
    """Shows records on a screen.

    Args:
        screen: where.
        settings: Snakemake's output settings.
    """

    def __init__(self, screen: Screen, settings: Any) -> None:
        self.screen, self.board = screen, Board()
        self._settings = settings
        self._quiet = {kind.name.lower() for kind in settings.quiet or ()}
        self._summary: Callable[[], list[str]] = list
        self._explain: Callable[[str], str | None] = lambda text: None  # of errors
        self._begun = False
        self._ends: dict[int, str] = {}  # of jobs that are not done: stopped or failed
        self._fault = ""  # of the machine, as Snakemake met it
        self._held: list[str] = []  # exceptions of scripts whose job has not reported yet
        self._said: list[str] = []  # the last lines, so that an error is not said twice in a row
        self._noted: dict[int, set[str]] = {}
        self._events: dict[object, Callable[[Any], None]] = {
            None: self._message,
            LogEvent.RUN_INFO: self._run_info,
            LogEvent.RESOURCES_INFO: self._resources,
            LogEvent.JOB_INFO: self._job_info,
            LogEvent.JOB_FINISHED: self._job_finished,
            LogEvent.JOB_ERROR: self._job_error,
            LogEvent.GROUP_ERROR: self._group_error,
            LogEvent.ERROR: self._error,
        }

    def handle(self, record: Any) -> None:
        """Show what a record means to the user."""
        if hasattr(record, "charlens"):
            self._from_the_workflow(record, record.charlens)
        elif action := self._events.get(getattr(record, "event", None)):
            action(record)

    def close(self) -> None:
        """Say what is left to say and free the terminal."""
        self.screen.release()
        for text in self._held:
            self._say(text, _ERROR)
        self._held.clear()

    def _say(self, text: str, style: str = "") -> None:
        if "all" in self._quiet and style != _ERROR:
            return
        self.screen.print(text, style)
        self._said = [*self._said, *text.splitlines()][-50:]

    # -- the workflow's own records ------------------------------------------------------------

    def _from_the_workflow(self, record: Any, messages: Mapping[str, Any]) -> None:
        """Take what the Snakefile says.

        Functions: ``summary``, ``explain``; facts: ``plan``, ``end``, ``failed``.
        """
        self._summary = messages.get("summary", self._summary)
        self._explain = messages.get("explain", self._explain)
        if "plan" in messages:
            self.board.plan(messages["plan"])
            self._begin()
        if "failed" in messages:
            self.screen.release()
            repeated = self._said[-len(messages["failed"]) :] == messages["failed"]
            if not repeated and messages["failed"]:
                self._say("\n".join(messages["failed"]), _ERROR)
        if messages.get("end"):
            self.screen.release()
            self._say(f"{record.getMessage()}\ntook {self._elapsed()}")

    def _begin(self) -> None:
        if self._begun:
            return
        self._begun = True
        counts = [f"jobs to do: {self.board.total}"]
        if trainings := self.board.trainings():
            counts.append(f"trainings among them: {trainings}")
        if "rules" not in self._quiet:
            self._say(", ".join(counts))
        if self._quiet.isdisjoint({"progress", "all"}):
            self.screen.follow(self.board)

    def _elapsed(self) -> str:
        return duration(time.monotonic() - self.board.begun)

    # -- Snakemake's records -------------------------------------------------------------------

    def _message(self, record: Any) -> None:
        text = record.getMessage()
        if text.startswith(_SAID_ALREADY):
            return
        if record.levelno >= WARNING:
            self._say(text, _ERROR if record.levelno > WARNING else "yellow")
        elif text.startswith(_NOTHING_TO_DO):
            self._say("\n".join([text, *self._summary()]))
        elif text.startswith(_WAITS):
            if _STOP_JOBS not in self._said:  # it comes with every job
                self._say(f"{text}\n{_STOP_JOBS}")
        elif record.levelno >= INFO and not is_routine(record) and text not in self._said:
            self._say(text)

    def _run_info(self, record: Any) -> None:
        if not self._begun:
            self.board.plan_counts(getattr(record, "stats", {}))

    def _resources(self, record: Any) -> None:
        count = getattr(record, "cores", None) or getattr(record, "nodes", None)
        if isinstance(count, int):
            self.board.cores = count

    def _job_info(self, record: Any) -> None:
        self._begin()  # where no plan came (--no-hooks)
        job = Job(
            record.rule_name, dict(record.wildcards or {}), list(record.log), list(record.output)
        )
        self.board.start(record.jobid, job)
        self._ends.pop(record.jobid, None)  # it is tried again

    def _job_finished(self, record: Any) -> None:
        job = self.board.finish(record.job_id)
        if job is None:
            return
        lines = job_logs.tail(job.logs)
        for note in job_logs.notes(lines):
            self._say(f"{job.title}: {note}")
        if is_shown(job.rule) and "rules" not in self._quiet:
            picture = next((path for path in job.output if path.endswith(".png")), "")
            parts = [job_logs.result(lines) or picture, duration(job.seconds())]
            parts.append(f"{self.board.done} of {self.board.total} jobs")
            self._say(f"{job.title}: {', '.join(filter(None, parts))}")

    def _error(self, record: Any) -> None:
        text = record.getMessage()
        if _NOT_ALL_DONE in text and self._ends:
            self.screen.release()
            self._say(self._account())
        elif _SCRIPT_FAILED in text:
            self._held.append(text)  # the job's log says it better, if it says anything
        elif fault := machine_fault(RuntimeError(text)):  # with Snakemake's traceback, and repeated
            if fault != self._fault:
                self._say(f"charlens: error: {fault}", _ERROR)
            self._fault = fault
        else:
            self._say(self._explain(text) or text, _ERROR)

    def _job_error(self, record: Any) -> None:
        job = self.board.fail(record.jobid)
        exception = self._held.pop(0) if self._held else ""
        title = job.about if job else record.rule_name
        logs = list(record.log)
        explained = job_logs.errors(logs) or job_logs.bugs(logs)
        stopped = job_logs.stopped(logs)
        if not stopped and not explained:
            stopped = next((name for name in _ENDED_BY if _ENDED_BY[name].search(exception)), "")
        if stopped:
            self._ends[record.jobid] = "stopped"
            self._say(f"{title}: stopped by {stopped}; run again to go on")
            return
        self._ends[record.jobid] = "failed"
        if explained:
            self._say("\n".join(explained), _ERROR)
        elif self._fault and not exception:
            return
        elif _KILLED.search(exception):
            self._say(f"charlens: error: {title}: {_ADVICE_KILLED} [{', '.join(logs)}]", _ERROR)
        else:
            self._say("\n".join(filter(None, [exception, self._in_full(record)])), _ERROR)

    def _group_error(self, record: Any) -> None:
        infos = list(record.job_error_info)
        jobs = [self.board.fail(info["jobid"]) for info in infos]
        logs = [path for info in infos for path in info["log"]]
        stopped = job_logs.stopped(logs)
        self._ends |= {info["jobid"]: "stopped" if stopped else "failed" for info in infos}
        if stopped:
            titles = ", ".join(job.about for job in jobs if job) or "a group of jobs"
            self._say(f"{titles}: stopped by {stopped}; run again to go on")
            return
        explained = job_logs.errors(logs) or job_logs.bugs(logs)
        self._say("\n".join(explained) if explained else self._in_full(record), _ERROR)

    def _account(self) -> str:
        """How far the run came that ends before all is done, instead of Snakemake's account."""
        ends = list(self._ends.values())
        counts = "".join(f", {end}: {ends.count(end)}" for end in sorted({*ends}))
        return f"jobs done: {self.board.done} of {self.board.total}{counts}, took {self._elapsed()}"

    def _in_full(self, record: Any) -> str:
        """The account that Snakemake gives of a failed job, with the logs."""
        from snakemake.logging import DefaultFormatter

        return DefaultFormatter(self._settings.quiet, show_failed_logs=True).format(record)
