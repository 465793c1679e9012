"""What a user reads of a run, record by record."""

import io
import logging
import sys

import pytest
import snakemake_logger_plugin_charlens as plugin
from charlens.runtime import messages, progress
from snakemake.settings.types import Quietness
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_interface_logger_plugins.registry import LoggerPluginRegistry
from snakemake_interface_logger_plugins.tests import MockOutputSettings, TestLogHandlerBase
from snakemake_logger_plugin_charlens.board import Board, Job
from snakemake_logger_plugin_charlens.run_log import RunLog
from snakemake_logger_plugin_charlens.screen import Screen, duration, view


class TestInterface(TestLogHandlerBase):
    """Snakemake's own tests of a logger plugin."""

    __test__ = True

    @pytest.fixture(autouse=True)
    def environment(self, monkeypatch):
        for name in (plugin.IN_JOBS, plugin.AS_LINES):
            monkeypatch.setenv(name, "")  # and take back what the handler sets

    def get_log_handler_cls(self):
        return plugin.LogHandler

    def get_log_handler_settings(self):
        return None


class TestInterfaceQuiet(TestInterface):
    def _create_handler(self):
        settings = MockOutputSettings()
        settings.printshellcmds = False
        return plugin.LogHandler(common_settings=settings, settings=None)


class Run:
    """A run that records tell of, and what a user reads of it where there is no terminal."""

    def __init__(self, settings=None) -> None:
        self.stream = io.StringIO()
        self.log = RunLog(Screen(self.stream), settings or MockOutputSettings())

    def record(self, event=None, text="", level=logging.INFO, **facts) -> None:
        record = logging.LogRecord("snakemake", level, "x.py", 1, text, (), None)
        record.__dict__ |= facts | ({"event": event} if event else {})
        self.log.handle(record)

    def start(self, number, rule, log=(), output=(), **wildcards) -> None:
        facts = {"jobid": number, "rule_name": rule, "log": list(log), "output": list(output)}
        self.record(LogEvent.JOB_INFO, "long", wildcards=wildcards, input=["a"] * 100, **facts)

    def finish(self, number) -> None:
        self.record(LogEvent.JOB_FINISHED, "Finished", job_id=number)

    def fail(self, number, rule, log=(), **facts) -> None:
        text = 'CalledProcessError in file "x.smk", line 1:\nCommand python x.py ' + facts.pop(
            "end", "returned non-zero exit status 1."
        )
        self.record(LogEvent.ERROR, text, logging.ERROR, exception="RuleException")
        facts = {"jobid": number, "rule_name": rule, "rule_msg": None, "input": [], "output": []}
        facts |= {"conda_env": None, "shellcmd": None, "aux": {}, "log": list(log)}
        self.record(LogEvent.JOB_ERROR, "Error in rule", logging.ERROR, **facts)

    @property
    def lines(self) -> list[str]:
        return self.stream.getvalue().splitlines()


def test_a_run_is_one_line_per_result(tmp_path) -> None:
    log = tmp_path / "a.log"
    log.write_text("2026-01-01 00:00:00 result: 1.683 nats per byte (validation)\n")
    run = Run()
    for text in ("Building DAG of jobs...", "Using shell: /bin/bash", "None", ""):
        run.record(text=text)
    run.record(LogEvent.WORKFLOW_STARTED, "SNAKEMAKE ====")
    run.record(LogEvent.RUN_INFO, "Job stats:", stats={"train": 1, "total": 1})
    jobs = [("train", 8), ("probabilities", 8), ("draw_figure4", 0), ("all", 0)]
    run.record(charlens={"plan": jobs})
    run.start(1, "train", [str(log)], corpus="prose", model="lstm-1x8")
    run.finish(1)
    run.start(2, "probabilities", corpus="prose", model="lstm-1x8")
    run.finish(2)
    run.start(3, "draw_figure4", output=["figures/figure4.pdf", "figures/figure4.png"])
    run.finish(3)
    run.start(0, "all")
    run.finish(0)
    run.record(LogEvent.PROGRESS, "4 of 4 steps", done=4, total=4)
    run.record(text="figures  results/x/figures/", charlens={"end": True})
    run.record(text="Complete log(s): x.log")
    assert run.lines == [
        "jobs to do: 3, trainings among them: 1",
        "prose lstm-1x8: 1.683 nats per byte (validation), 0 s, 1 of 3 jobs",
        "figure4: figures/figure4.png, 0 s, 3 of 3 jobs",
        "figures  results/x/figures/",
        "took 0 s",
    ]


def test_a_stopped_run_says_once_that_it_waits_for_its_jobs() -> None:
    """Snakemake says so whenever a job ends or starts to end: seventy times in one run."""
    run = Run()
    for number in range(3):
        run.start(number, "draw_figure4", output=["figures/figure4.png"])
    for number in range(3):
        run.record(text="Will exit after finishing currently running jobs (scheduler).")
        run.finish(number)
    assert run.lines[1:3] == [
        "Will exit after finishing currently running jobs (scheduler).",
        "To stop these as well, their state saved: charlens stop",
    ]
    assert len(run.lines) == 6  # jobs to do, these, three figures


def test_what_is_not_routine_is_shown() -> None:
    run = Run()
    run.record(text="Creating report...")
    run.record(text="something odd [brackets] :smile:", level=logging.WARNING)
    run.record(LogEvent.ERROR, "WorkflowError:\nNo space", logging.ERROR)
    assert run.lines == [
        "Creating report...",
        "something odd [brackets] :smile:",
        "WorkflowError:",
        "No space",
    ]


def test_names_do_not_control_the_terminal() -> None:
    run = Run()
    run.record(text="lost: a\x1b[2Jb\x07\u202e.txt\n\tin x", level=logging.WARNING)
    assert run.lines == ["lost: a\\x1b[2Jb\\x07\\u202e.txt", "\tin x"]


def test_nothing_to_do_says_where_the_results_are() -> None:
    run = Run()
    run.record(charlens={"summary": lambda: ["figures  here"]})
    run.record(text="Nothing to be done (all requested files are present).")
    assert run.lines == ["Nothing to be done (all requested files are present).", "figures  here"]


def test_an_error_of_a_job_is_said_once_and_names_the_log(tmp_path) -> None:
    log = tmp_path / "a.log"
    log.write_text("begun\n2026-01-01 00:00:00 charlens: error: a.npy: damaged; delete it\n")
    line = f"charlens: error: a.npy: damaged; delete it [{log}]"
    run = Run()
    run.start(1, "train", [str(log)], corpus="prose", model="lstm-1x8")
    run.fail(1, "train", [str(log)])
    run.record(text="Exiting because a job execution failed.", level=logging.ERROR)
    run.record(text=line, level=logging.ERROR, charlens={"failed": [line]})
    assert run.lines[1:] == [line]
    run.record(text="others went on")
    run.record(text=line, level=logging.ERROR, charlens={"failed": [line]})
    assert run.lines[1:] == [line, "others went on", line]


def test_a_job_that_died_without_a_word_is_reported_in_full(tmp_path) -> None:
    log = tmp_path / "a.log"
    log.write_text("epoch 1\n")
    run = Run()
    run.start(1, "train", [str(log)])
    run.fail(1, "train", [str(log)], end="died with <Signals.SIGSEGV: 11>.")
    text = "\n".join(run.lines)
    assert "died with <Signals.SIGSEGV: 11>." in text
    assert "Error in rule train:" in text
    assert "epoch 1" in text
    assert str(log) in text


def test_a_stopped_job_is_no_error(tmp_path) -> None:
    log = tmp_path / "a.log"
    log.write_text("charlens: stopped by SIGINT; run again to go on\n")
    run = Run()
    run.start(1, "train", [str(log)], corpus="prose", model="lstm-1x8")
    run.fail(1, "train", [str(log)])
    assert run.lines[1:] == ["prose lstm-1x8: stopped by SIGINT; run again to go on"]


NOT_ALL = "WorkflowError:\nAt least one job did not complete successfully."


def test_a_run_that_is_not_done_ends_with_how_far_it_came(tmp_path) -> None:
    stopped, failed = tmp_path / "a.log", tmp_path / "b.log"
    stopped.write_text("charlens: stopped by SIGINT; run again to go on\n")
    failed.write_text("charlens: error: x.npy: damaged; delete it\n")
    run = Run()
    rules = ("prepare_corpus", "memory", "train", "train", "train")
    run.record(charlens={"plan": [(rule, 0) for rule in rules]})
    run.start(1, "prepare_corpus", corpus="prose")
    run.finish(1)
    run.start(2, "memory", [str(stopped)], corpus="prose", model="lstm-1x8")
    run.fail(2, "memory", [str(stopped)])
    for text in (
        "Removing output files of failed job memory since they might be corrupted:\na.csv",
        "Shutting down, this might take some time.",
    ):
        run.record(text=text)
    run.record(LogEvent.ERROR, NOT_ALL, logging.ERROR)
    assert run.lines[2:] == [
        "memory prose lstm-1x8: stopped by SIGINT; run again to go on",
        "jobs done: 1 of 5, stopped: 1, took 0 s",
    ]
    for attempt in (3, 3, 4):  # the first is tried again
        run.start(attempt, "train", [str(failed)], corpus="prose", model="lstm-1x8")
        run.fail(attempt, "train", [str(failed)])
    run.record(LogEvent.ERROR, NOT_ALL, logging.ERROR)
    assert run.lines[-1] == "jobs done: 1 of 5, failed: 2, stopped: 1, took 0 s"
    run.start(4, "train", [str(failed)], corpus="prose", model="lstm-1x8")
    run.finish(4)
    run.record(LogEvent.ERROR, NOT_ALL, logging.ERROR)
    assert run.lines[-1] == "jobs done: 2 of 5, failed: 1, stopped: 1, took 0 s"


def test_what_snakemake_says_of_a_run_without_a_failed_job_is_shown() -> None:
    run = Run()
    run.record(LogEvent.ERROR, NOT_ALL, logging.ERROR)
    assert run.lines == NOT_ALL.splitlines()


def test_a_stopped_group_is_no_error(tmp_path) -> None:
    log = tmp_path / "a.log"
    log.write_text("charlens: stopped by SIGTERM; run again to go on\n")
    run = Run()
    infos = []
    for number, model in enumerate(("lstm-1x8", "gru-1x8")):
        run.start(number, "probabilities", [str(log)], corpus="prose", model=model)
        infos.append({"jobid": number, "log": [str(log)]})
    run.record(LogEvent.GROUP_ERROR, "Error in group", logging.ERROR, job_error_info=infos)
    run.record(LogEvent.ERROR, NOT_ALL, logging.ERROR)
    assert run.lines[1:] == [
        "score prose lstm-1x8, score prose gru-1x8: stopped by SIGTERM; run again to go on",
        "jobs done: 0 of 0, stopped: 2, took 0 s",
    ]


@pytest.mark.parametrize(
    ("end", "name"),
    [
        ("died with <Signals.SIGTERM: 15>.", "SIGTERM"),
        ("returned non-zero exit status 143.", "SIGTERM"),
        ("died with <Signals.SIGINT: 2>.", "SIGINT"),
        ("returned non-zero exit status 130.", "SIGINT"),
    ],
)
def test_a_job_that_a_signal_met_before_its_log_is_stopped(end, name, tmp_path) -> None:
    log = tmp_path / "a.log"
    run = Run()
    run.start(1, "train", [str(log)], corpus="prose", model="lstm-1x8")
    run.fail(1, "train", [str(log)], end=end)
    run.record(LogEvent.ERROR, "At least one job did not complete successfully.", logging.ERROR)
    assert run.lines[1:] == [
        f"prose lstm-1x8: stopped by {name}; run again to go on",
        "jobs done: 0 of 0, stopped: 1, took 0 s",
    ]
    log.write_text("charlens: error: x.npy: damaged\n")  # what it says of itself counts more
    run.start(2, "train", [str(log)], corpus="prose", model="lstm-1x8")
    run.fail(2, "train", [str(log)], end=end)
    assert run.lines[-1] == f"charlens: error: x.npy: damaged [{log}]"


@pytest.mark.parametrize("end", ["died with <Signals.SIGKILL: 9>.", "returned exit status 137."])
def test_a_job_that_was_killed_is_one_line(end, tmp_path) -> None:
    log = tmp_path / "a.log"
    log.write_text("epoch 1\n")
    run = Run()
    run.start(1, "train", [str(log)], corpus="prose", model="lstm-1x8")
    run.fail(1, "train", [str(log)], end=end)
    (text,) = run.lines[1:]  # the first says how many jobs there are
    assert text.startswith("charlens: error: prose lstm-1x8: killed (signal 9)")
    assert "memory" in text
    assert text.endswith(f"[{log}]")


def test_a_full_disk_that_snakemake_meets_is_one_line(tmp_path) -> None:
    run = Run()
    run.start(1, "train", [str(tmp_path / "none.log")], corpus="prose", model="lstm-1x8")
    text = "OSError: [Errno 28] No space left on device\nDuring handling of the above exception, …"
    run.record(LogEvent.ERROR, f"Traceback:\n{text}", logging.ERROR)
    facts = {"jobid": 1, "rule_name": "train", "rule_msg": None, "input": [], "output": []}
    facts |= {"conda_env": None, "shellcmd": None, "aux": {}, "log": [str(tmp_path / "none.log")]}
    run.record(LogEvent.JOB_ERROR, "Error in rule", logging.ERROR, **facts)
    run.record(LogEvent.ERROR, f"WorkflowError:\nError recording metadata ({text})", logging.ERROR)
    full = "charlens: error: the disk is full; free some space and run again"
    assert run.lines[1:] == [full]
    read_only = "OSError: [Errno 30] Read-only file system: '.snakemake/locks/0.input.lock'"
    run.record(LogEvent.ERROR, read_only, logging.ERROR)
    assert run.lines[2].startswith("charlens: error: the disk is read-only")
    run.record(LogEvent.ERROR, "FileNotFoundError: [Errno 2] No such file: 'a'", logging.ERROR)
    assert run.lines[3] == "FileNotFoundError: [Errno 2] No such file: 'a'"


def test_an_exception_of_no_known_job_is_not_lost() -> None:
    run = Run()
    run.record(LogEvent.ERROR, "CalledProcessError in file x: y", logging.ERROR)
    assert run.lines == []
    run.log.close()
    assert run.lines == ["CalledProcessError in file x: y"]


@pytest.mark.parametrize("flag", ["dryrun", "verbose", "printshellcmds", "debug_dag"])
def test_snakemakes_own_output_is_a_flag_away(flag, capsys, monkeypatch) -> None:
    monkeypatch.setenv(plugin.AS_LINES, "")
    monkeypatch.delenv(plugin.IN_JOBS, raising=False)
    settings = MockOutputSettings()
    settings.printshellcmds = False
    settings.__dict__[flag] = True
    settings.quiet = set()
    handler = plugin.LogHandler(settings, None)
    record = logging.LogRecord("snakemake", logging.INFO, "x.py", 1, "Building DAG", (), None)
    handler.emit(record)
    handler.close()
    assert "Building DAG" in capsys.readouterr().err
    assert plugin.IN_JOBS not in plugin.os.environ
    assert bool(plugin.os.environ[plugin.AS_LINES]) == (flag != "dryrun")


def test_jobs_and_the_plugin_mean_the_same_variables() -> None:
    assert plugin.AS_LINES == progress.AS_LINES
    assert plugin.IN_JOBS == messages.LOGS_ARE_READ


@pytest.mark.parametrize(
    ("quiet", "shown"),
    [
        (set(), "plan block result note warning error end"),
        ({Quietness.PROGRESS, Quietness.RULES}, "note warning error end"),  # --quiet alone
        ({Quietness.PROGRESS}, "plan result note warning error end"),
        ({Quietness.RULES}, "block note warning error end"),
        ({Quietness.HOST, Quietness.REASON}, "plan block result note warning error end"),
        ({Quietness.ALL}, "error"),
    ],
)
def test_a_quiet_run_says_less(quiet, shown, tmp_path, monkeypatch) -> None:
    log, broken = tmp_path / "a.log", tmp_path / "b.log"
    log.write_text("note: a short text\nresult: 1.683 nats per byte (validation)\n")
    broken.write_text("charlens: error: x.npy: damaged\n")
    settings = MockOutputSettings()
    settings.quiet = quiet
    followed = []
    monkeypatch.setattr(Screen, "follow", lambda self, board: followed.append(board))
    run = Run(settings)
    run.record(charlens={"plan": [("train", 8)] * 2})
    run.start(1, "train", [str(log)], corpus="prose", model="lstm-1x8")
    run.finish(1)
    run.record(text="a file is old", level=logging.WARNING)
    run.start(2, "train", [str(broken)], corpus="prose", model="gru-1x8")
    run.fail(2, "train", [str(broken)])
    run.record(text="results are here", charlens={"end": True})
    parts = {
        "plan": "jobs to do: 2",
        "result": "prose lstm-1x8: 1.683 nats",
        "note": "prose lstm-1x8: note: a short text",
        "warning": "a file is old",
        "error": "charlens: error: x.npy: damaged",
        "end": "results are here",
    }
    text = run.stream.getvalue()
    printed = {name for name, part in parts.items() if part in text}
    printed |= {"block"} if followed else set()
    assert printed == set(shown.split())


def test_ctrl_c_that_snakemake_does_not_catch_is_one_line(capsys, monkeypatch) -> None:
    others = []
    monkeypatch.setattr(sys, "excepthook", lambda *error: others.append(error))
    plugin.register()
    plugin.register()
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert capsys.readouterr().err == "charlens: stopped by SIGINT; run again to go on\n"
    assert others == []
    error = ValueError("another")
    sys.excepthook(ValueError, error, None)
    assert others == [(ValueError, error, None)]


def test_a_fault_of_the_logger_stops_nothing(monkeypatch, capsys) -> None:
    monkeypatch.setenv(plugin.IN_JOBS, "")
    settings = MockOutputSettings()
    settings.printshellcmds = False
    handler = plugin.LogHandler(settings, None)
    record = logging.LogRecord("snakemake", logging.INFO, "x.py", 1, "x", (), None)
    record.event = LogEvent.JOB_INFO  # without its facts
    handler.emit(record)
    assert "AttributeError" in capsys.readouterr().err


def test_a_checkout_that_is_not_installed_registers_it() -> None:
    registry = LoggerPluginRegistry()
    registry.plugins.pop("charlens", None)
    plugin.register()
    assert registry.get_plugin("charlens").log_handler is plugin.LogHandler


# --- a terminal ---


def text_of(board: Board, width: int, height: int = 25) -> list[str]:
    rich = pytest.importorskip("rich.console")
    console = rich.Console(file=io.StringIO(), width=width, color_system=None)
    console.print(view(board, width, height))
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


@pytest.mark.parametrize("width", [40, 72, 100])
def test_a_few_lines_stay(tmp_path, width) -> None:
    board = Board()
    board.plan([("train", 8)] * 12 + [("probabilities", 0)] * 4)
    for number in range(10):
        log = tmp_path / f"{number}.log"
        log.write_text("x: 50%, 5 bytes/s, 1:40 left, loss 2.5\n")
        wildcards = {"corpus": "a_long_name_of_a_corpus", "model": f"rnn-1x{number}"}
        board.start(number, Job("train", wildcards, [str(log)], []))
    lines = text_of(board, width)
    assert len(lines) == 10
    assert all(len(line) < width for line in lines)
    assert "0 of 16 jobs" in lines[0]
    assert lines[-1].startswith("  running: a_long_name_of_a_corpus")
    assert lines[0].endswith("left")
    values = "  loss 2.5" if width == 100 else ""
    assert all(line.endswith(f" 50%{values}  2 min left") for line in lines[1:9])


@pytest.mark.parametrize("corpus", ["short", "소설소설소설소설소설소설소설"])
@pytest.mark.parametrize("width", range(28, 130, 7))
def test_time_left_is_seen_at_any_width(tmp_path, corpus, width) -> None:
    cells = pytest.importorskip("rich.cells")
    log = tmp_path / "a.log"
    log.write_text("x: 50%, 5 bytes/s, 1:40 left, loss 2.5\n")
    board = Board()
    board.plan([("train", 8)])
    board.start(1, Job("train", {"corpus": corpus, "model": "rnn-1x8"}, [str(log)], []))
    whole, line = text_of(board, width)
    assert max(cells.cell_len(whole + "^C"), cells.cell_len(line + "^C")) < width
    assert line.startswith(f"  {corpus[0]}")
    assert line.endswith(" 2 min left")
    assert " 50%" in line
    assert whole.endswith(" left") or width < 36
    assert "0 of 1 jobs" in whole


def board_of(folder, jobs: dict[str, str]) -> Board:
    """Trainings that run: ``corpus model`` or ``corpus model seed``, and what their logs say."""
    board = Board()
    board.plan([("train", 8)] * len(jobs))
    for number, (name, end) in enumerate(jobs.items()):
        log = folder / f"{number}.log"
        log.write_text(f"x: 50%, 5 bytes/s, {end}\n")
        wildcards = dict(zip(("corpus", "model", "seed"), name.split(), strict=False))
        board.start(number, Job("train", wildcards, [str(log)], []))
    return board


@pytest.mark.parametrize("width", [30, 40, 60])
def test_trainings_of_one_corpus_are_told_apart_on_a_narrow_terminal(tmp_path, width) -> None:
    names = [f"a_long_name_of_islands {m} {s}" for m in ("gru-1x8", "lstm-2x8") for s in "12"]
    _, *lines = text_of(board_of(tmp_path, dict.fromkeys(names, "0:40 left")), width)
    titles = [line.partition(" 50%")[0].strip() for line in lines]
    assert len(set(titles)) == (4 if width > 30 else 2)  # 30 have no room for the seed
    if width == 40:
        assert titles[0] == "a_l… gru-1x8 seed 1"
        assert titles[3] == "a_… lstm-2x8 seed 2"
    if width == 60:
        assert titles[3] == "a_long_name_of_islands lstm-2x8 seed 2"


@pytest.mark.parametrize("width", [62, 72, 80, 100, 200])
def test_bars_are_below_each_other(tmp_path, width) -> None:
    jobs = {
        "short gru-1x8": "unknown time left",
        "a_longer_name_of_islands rnn-1x8": "3:00:00 left",
    }
    _, *lines = text_of(board_of(tmp_path, jobs), width)
    places = {line.find("━") for line in lines}
    assert places == ({-1} if width == 62 else {35})


@pytest.mark.parametrize("height", [3, 4, 6, 11, 12, 50])
def test_what_stays_is_lower_than_the_window(tmp_path, height) -> None:
    board = board_of(tmp_path, {f"novel gru-1x{n}": "0:40 left" for n in range(12)})
    lines = text_of(board, 80, height)
    assert len(lines) == min(10, max(3, height - 1))
    bars = len(lines) - 2
    assert lines[-1].startswith(f"  running: novel gru-1x{bars}, ")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (0.2, "0 s"), (14.4, "14 s"), (99, "99 s"), (100, "2 min"), (7500, "2 h 05 min")],
)
def test_durations(seconds, text) -> None:
    assert duration(seconds) == text
