"""Snakemake itself with the plugin, on a terminal and where there is none."""

import os
import pty
import re
import subprocess
import sys

import pytest
from snakemake_logger_plugin_charlens.plan import HINT
from workflow_runs import copy_repository, snakemake

CONFIG = (
    "run: mine\ncorpora: {mine: {source: {file: mine.txt}}}\ntraining: {batch: 5, unroll: 20}\n"
)
ARGUMENTS = ("--cores", "1", "--configfile", "my.yaml", "--", "corpora")


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    folder = copy_repository(tmp_path_factory.mktemp("terminal") / "charlens")
    (folder / "mine.txt").write_text("A short text for a small corpus.\n" * 400)
    (folder / "my.yaml").write_text(CONFIG)
    return folder


def on_a_terminal(folder, *arguments: str) -> str:
    """What Snakemake writes to a terminal of 100 columns."""
    screen, terminal = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100", "LINES": "30"}
    environment["PYTHONPATH"] = str(folder / "workflow")
    command = [sys.executable, "-m", "snakemake", *arguments]
    files = {"stdin": terminal, "stdout": terminal, "stderr": terminal}
    process = subprocess.Popen(command, cwd=folder, env=environment, **files)
    os.close(terminal)
    pieces = []
    while True:
        try:
            pieces.append(os.read(screen, 1 << 16))
        except OSError:  # the other side is closed
            break
    assert process.wait() == 0
    os.close(screen)
    return b"".join(pieces).decode()


def test_a_terminal_has_progress_that_leaves_it_as_it_was(repository) -> None:
    text = on_a_terminal(repository, *ARGUMENTS)
    assert "0 of 1 jobs" in text
    assert "running: prepare corpus mine" in text
    assert "mine: 13,200 bytes, 18 distinct, " in text
    assert "localrule" not in text
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")  # the cursor is shown again
    assert "logs     logs/mine/" in text[text.rindex("of 1 jobs") :]
    again = snakemake(repository, *ARGUMENTS[:4], "--forceall", "--", "corpora")
    shown = [re.sub(r"\d+ s\b", "N s", line) for line in again.messages if line]
    assert shown == [
        "jobs to do: 1",
        "mine: 13,200 bytes, 18 distinct, N s, 1 of 1 jobs",
        "logs     logs/mine/",
        "took N s",
    ]
    run = snakemake(repository, *ARGUMENTS)
    assert [line for line in run.messages if line] == [
        "Nothing to be done (all requested files are present and up to date).",
        "logs     logs/mine/",
    ]
    assert run.stdout == ""


def test_a_dry_run_prints_a_summary_and_on_request_everything(repository) -> None:
    plan = snakemake(repository, "-n", "--forceall", *ARGUMENTS[2:])
    lines = [line for line in plan.stdout.splitlines() if line]
    assert lines[:2] == ["Job stats:", "job               count"]
    assert lines.count("Job stats:") == 1
    rows = dict(line.split() for line in lines[3 : lines.index("Reasons:")])
    assert rows == {"prepare_corpus": "1", "total": "1"}  # a run says: jobs to do: 1
    assert "rule prepare_corpus:" not in plan.stdout
    assert f"    ({HINT})" in lines  # below "Reasons:"
    assert len(lines) < 20
    jobs = snakemake(repository, "-np", "--forceall", *ARGUMENTS[2:])
    assert "rule prepare_corpus:" in jobs.stdout
    assert "Job stats:" in jobs.stdout
    full = snakemake(repository, "--verbose", *ARGUMENTS[:4], "--forceall", "--", "corpora")
    assert full.code == 0
    assert "rule prepare_corpus:" in full.stderr
