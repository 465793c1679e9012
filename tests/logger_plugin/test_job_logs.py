"""What the logger plugin reads in logs is what jobs write there."""

import logging

import pytest
from charlens.errors import CharlensError
from charlens.runtime.job import job
from charlens.runtime.progress import Progress, result
from snakemake_logger_plugin_charlens import job_logs


@pytest.fixture
def log(tmp_path, monkeypatch):
    """Path of a log, and the process as it is within a job of the workflow."""
    monkeypatch.setenv("CHARLENS_LOGGER", "1")
    level = logging.getLogger().level
    yield tmp_path / "logs" / "a.log"
    logging.getLogger().setLevel(level)
    logging.captureWarnings(False)


@pytest.mark.parametrize(
    ("done", "seconds", "values", "share", "left"),
    [
        (250, 5.0, {"loss": 1.9}, 0.25, 15),
        (1000, 5.0, {}, 1.0, 0),
        (1, 7000, {"loss": 12.34567, "perplexity": 2e6}, 0.0, 6_993_000),
        (0, 5.0, {}, 0.0, None),
    ],
)
def test_a_progress_line_is_read_back(log, monkeypatch, done, seconds, values, share, left) -> None:
    now = 0.0
    monkeypatch.setattr("charlens.runtime.progress.time.monotonic", lambda: now)
    with job(log) as logger:
        bar = Progress(1000, "war_and_peace/lstm-1x8: odd, 5% left", "char")
        now = seconds
        bar.done = done
        bar.values = values
        logger.info(bar.line())
        logger.info("python_docs/x: epoch 1 of 2, train 2.0, val 2.1 nats/byte")
    seen = job_logs.progress(job_logs.tail(["missing.log", str(log)]))
    assert (seen.share, seen.left) == (share, left)
    assert [word in seen.values for word in values] == [True] * len(values)


def test_no_log_no_progress() -> None:
    assert job_logs.tail(["missing.log"]) == []
    assert job_logs.progress(["trained", ""]) is None


def test_results_notes_and_signals_are_read(log) -> None:
    with job(log):
        logging.getLogger("charlens").info("note: two cells of one name")
        result("1.683 nats per byte (validation)")
        logging.getLogger("charlens").info("afterwards")
    lines = job_logs.tail([str(log)])
    assert job_logs.result(lines) == "1.683 nats per byte (validation)"
    assert job_logs.notes(lines) == ["note: two cells of one name"]
    assert (job_logs.errors([str(log)]), job_logs.bugs([str(log)])) == ([], [])
    assert job_logs.stopped([str(log)]) == ""
    with log.open("a") as stream:
        stream.write("2026-01-01 00:00:00 charlens: stopped by SIGTERM; run again to go on\n")
    assert job_logs.stopped([str(log)]) == "SIGTERM"


def test_an_error_names_its_log_and_a_bug_shows_all_of_it(log) -> None:
    with pytest.raises(SystemExit), job(log):
        raise CharlensError("a.npy: damaged; delete it")
    assert job_logs.errors([str(log)]) == [f"charlens: error: a.npy: damaged; delete it [{log}]"]
    with pytest.raises(SystemExit), job(log):
        raise ZeroDivisionError("of a kind")
    (text,) = job_logs.bugs([str(log)])
    assert "Traceback" in text
    assert text.endswith(f"ZeroDivisionError: of a kind\n[{log}]")
