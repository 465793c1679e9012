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


@pytest.mark.parametrize("before", [True, False], ids=["before it handles signals", "at its end"])
def test_a_job_that_sigterm_meets_is_stopped_or_finished(repository, before: bool) -> None:
    """Also where its log cannot say so: before it is opened, and after it is closed."""
    script = repository / "workflow" / "scripts" / "prepare_corpus.py"
    text = script.read_text()
    sent = "import os, signal\nos.kill(os.getpid(), signal.SIGTERM)\n"
    script.write_text(sent + text if before else text + sent)
    for log in (repository / "logs").rglob("*.log"):
        log.unlink()
    try:
        run = snakemake(repository, *ARGUMENTS[:4], "--forceall", "--", "corpora")
    finally:
        script.write_text(text)
    shown = [re.sub(r"\d+ s\b", "N s", line) for line in run.messages if line]
    if before:
        stopped = "prepare corpus mine: stopped by SIGTERM; run again to go on"
        account = "jobs done: 0 of 1, stopped: 1, took N s"
        assert (run.code, shown) == (1, ["jobs to do: 1", stopped, account])
    else:
        assert run.code == 0
        assert shown[1] == "mine: 13,200 bytes, 18 distinct, N s, 1 of 1 jobs"


def test_the_lock_of_a_run_that_was_killed_is_one_line_and_its_advice_works(repository) -> None:
    locks = repository / ".snakemake" / "locks"
    locks.mkdir(exist_ok=True)
    made = "results/mine/mine/corpus.json"
    (locks / "0.output.lock").write_text(f"{made}\n")
    again = (*ARGUMENTS[:4], "--forceall", "--", "corpora")
    run = snakemake(repository, *again)
    assert run.code == 1
    (line,) = run.messages
    assert line.startswith("charlens: error: this folder is locked, though no run of yours goes on")
    assert "snakemake --unlock" in line
    assert snakemake(repository, "--unlock").code == 0
    assert snakemake(repository, *again).code == 0
