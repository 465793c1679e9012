"""What a script does around its library call: log, errors in one line, threads, progress."""

import errno
import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from charlens.errors import CharlensError
from charlens.files.atomic import atomic_path
from charlens.runtime.job import job
from charlens.runtime.progress import Progress, _clock, progress


@pytest.fixture(autouse=True)
def _restore(monkeypatch: pytest.MonkeyPatch):
    """Undo what job() does to the process, which is a script's own."""
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        monkeypatch.setenv(name, os.environ.get(name, "1"))
    level = logging.getLogger().level
    yield
    logging.getLogger().setLevel(level)
    logging.captureWarnings(False)


def test_lines_go_to_the_log(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.log"
    with job(path, threads=1) as log:
        log.info("epoch 1")
        logging.getLogger("charlens.training.trainer").info("epoch 2")
        logging.getLogger("other").info("chatter")
        logging.getLogger("other").warning("trouble")
    lines = [line.split(" ", 2)[2] for line in path.read_text().splitlines()]
    assert lines == ["epoch 1", "epoch 2", "trouble"]
    with job(path):
        pass
    assert path.read_text() == ""


def test_a_users_error_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop, job(tmp_path / "a.log"):
        raise CharlensError("text.txt: too short, expected 100 bytes, found 7")
    assert stop.value.code == 1
    line = "charlens: error: text.txt: too short, expected 100 bytes, found 7"
    assert capsys.readouterr().err == line + "\n"
    assert (tmp_path / "a.log").read_text().endswith(line + "\n")


def test_a_bug_keeps_its_traceback(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), job(tmp_path / "a.log"):
        raise ZeroDivisionError
    text = (tmp_path / "a.log").read_text()
    assert "a bug" in text
    assert "Traceback" in text


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("OutOfMemoryError", "CUDA out of memory. Tried to allocate 2.00 GiB"),
        ("RuntimeError", "CUDA error: out of memory\nCUDA kernel errors might be reported later"),
        ("RuntimeError", "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate`"),
    ],
)
def test_a_full_gpu_is_no_bug(tmp_path: Path, capsys, kind: str, words: str) -> None:
    torch = pytest.importorskip("torch")
    error = {"OutOfMemoryError": torch.OutOfMemoryError, "RuntimeError": RuntimeError}[kind]
    with pytest.raises(SystemExit) as stop, job(tmp_path / "a.log"):
        raise error(words)
    assert stop.value.code == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("charlens: error: the GPU's memory is full; ")
    assert words.splitlines()[0] in line
    assert "--set-resources" in line


def nested(outer: Exception, inner: Exception) -> Exception:
    outer.__cause__ = inner
    return outer


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MemoryError(), "not enough memory"),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), "memory"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "not enough memory"),
        (ImportError("a.so: failed to map segment from shared object"), "not enough memory"),
        (RuntimeError("can't start new thread"), "ulimit -u"),
        (BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable"), "ulimit -u"),
        (OSError(errno.EIO, "Input/output error", "a.npy"), "a.npy: the disk or the network drive"),
        (OSError(errno.EMFILE, "Too many open files"), "ulimit -n"),
        (OSError(errno.ENFILE, "Too many open files in system"), "too many files are open"),
        (OSError(errno.ENOSPC, "No space left on device", "t.csv"), "t.csv: the disk is full"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "quota"),
        (OSError("32010 requested and 24448 written"), "the disk is full"),
        (ValueError("Error while serializing: No space left (os error 28)"), "the disk is full"),
        (nested(ValueError("reading"), OSError(errno.EIO, "Input/output error")), "failed"),
    ],
)
def test_what_the_machine_lacks_is_no_bug(tmp_path: Path, capsys, error, words: str) -> None:
    with pytest.raises(SystemExit) as stop, job(tmp_path / "a.log"):
        raise error
    assert stop.value.code == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("charlens: error: ")
    assert words in line
    text = (tmp_path / "a.log").read_text()
    assert "a bug" not in text
    assert "Traceback" not in text


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOENT, "No such file"),
        RuntimeError("shape"),
        ImportError("No module named torch"),
        ValueError("line 28"),
    ],
)
def test_other_errors_stay_bugs(tmp_path: Path, error: Exception) -> None:
    with pytest.raises(type(error)), job(tmp_path / "a.log"):
        raise error
    assert "a bug" in (tmp_path / "a.log").read_text()


def test_a_log_that_cannot_be_written_is_one_line(tmp_path: Path, monkeypatch, capsys) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("charlens.runtime.job._LogFile", full)
    with pytest.raises(SystemExit), job(tmp_path / "a.log"):
        raise AssertionError
    assert "a.log: the disk is full" in capsys.readouterr().err


def test_a_log_where_a_file_is_in_the_way_is_one_line(tmp_path: Path, capsys) -> None:
    (tmp_path / "logs").touch()
    with pytest.raises(SystemExit), job(tmp_path / "logs" / "a.log"):
        raise AssertionError
    assert "a.log: cannot be written (File exists); move it away" in capsys.readouterr().err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_quietly_and_leaves_nothing_half_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], number: signal.Signals, code: int
) -> None:
    def work() -> None:
        with job(tmp_path / "a.log"), atomic_path(tmp_path / "table.csv") as temporary:
            temporary.write_text("half a ta")
            os.kill(os.getpid(), number)
            time.sleep(5)

    with pytest.raises(SystemExit) as stop:
        work()
    assert stop.value.code == code
    assert capsys.readouterr().err == f"charlens: stopped by {number.name}; run again to go on\n"
    assert [path.name for path in tmp_path.iterdir()] == ["a.log"]
    assert signal.getsignal(number) is signal.SIG_IGN  # the process ends, whoever asks again


def test_threads_are_bounded_before_and_after_torch_is_loaded(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    code = (
        "from charlens.runtime.job import job\n"
        "with job(None, 1):\n"
        "    import torch; print(torch.get_num_threads())\n"
        "with job(None, 2):\n"
        "    print(torch.get_num_threads())\n"
    )
    workflow = str(Path(__file__).parents[2] / "workflow")
    environment = {**os.environ, "PYTHONPATH": workflow}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["1", "2"]


def test_what_libraries_print_goes_to_a_log_that_is_read(tmp_path: Path) -> None:
    """Also what C code writes, and the traceback of a bug, once."""
    code = (
        "import os, sys\n"
        "from charlens.runtime.job import job\n"
        "with job('a.log') as log:\n"
        "    log.info('begun')\n"
        "    os.write(2, b'from C\\n'); print('warned', file=sys.stderr)\n"
        "    log.info('done')\n"
        "    1 / 0\n"
    )
    for read, code_of_exit in (("", 1), ("1", 1)):
        environment = {**os.environ, "CHARLENS_LOGGER": read}
        environment["PYTHONPATH"] = str(Path(__file__).parents[2] / "workflow")
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        assert done.returncode == code_of_exit
        log = (tmp_path / "a.log").read_text()
        assert log.count("ZeroDivisionError: division by zero") == 1
        if read:
            assert done.stderr == ""
            order = [log.index(word) for word in ("begun", "from C", "warned", "done", "a bug")]
            assert order == sorted(order)
        else:
            assert done.stderr.startswith("from C\nwarned\nTraceback")


def test_progress_writes_plain_lines(monkeypatch, caplog: pytest.LogCaptureFixture) -> None:
    now = 0.0
    monkeypatch.setattr("charlens.runtime.progress.time.monotonic", lambda: now)
    with caplog.at_level(logging.INFO, "charlens"), progress(3000, "lstm-1x8", "char") as bar:
        for second in range(1, 31):
            now = float(second)
            bar.update(100, loss=2.5)
    assert caplog.messages == [
        "lstm-1x8: 7%, 100 char/s, 0:28 left, loss 2.5",
        "lstm-1x8: 17%, 100 char/s, 0:25 left, loss 2.5",
        "lstm-1x8: 50%, 100 char/s, 0:15 left, loss 2.5",
        "lstm-1x8: 83%, 100 char/s, 0:05 left, loss 2.5",
    ]


def test_resumed_progress_does_not_count_old_work_as_speed(monkeypatch) -> None:
    now = 0.0
    monkeypatch.setattr("charlens.runtime.progress.time.monotonic", lambda: now)
    bar = Progress(1000, "x", "char", done=500)
    now = 5.0
    bar.update(50)
    assert bar.line() == "x: 55%, 10 char/s, 0:45 left"


def test_clock() -> None:
    assert [_clock(s) for s in (0, 59.6, 3725, float("inf"))] == [
        "0:00",
        "1:00",
        "1:02:05",
        "unknown time",
    ]


def test_bars_of_several_processes_take_lines_of_their_own(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("charlens.runtime.progress.tempfile.gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr("charlens.runtime.progress.sys.stderr.isatty", lambda: True, raising=False)
    first, second = Progress(10, "a"), Progress(10, "b")
    assert (first._bar.pos, second._bar.pos) == (0, -1)
    first.close()
    third = Progress(10, "c")
    assert third._bar.pos == 0
    second.close()
    third.close()


def test_where_others_print_on_the_terminal_there_are_lines_and_no_bars(
    monkeypatch, capsys
) -> None:
    monkeypatch.delenv("CHARLENS_LOGGER", raising=False)
    monkeypatch.setenv("CHARLENS_PROGRESS_LINES", "1")
    monkeypatch.setattr("charlens.runtime.progress.sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setattr("charlens.runtime.progress.SECONDS_OF_FIRST_LINES", (0.0,))
    with Progress(10, "prose/lstm-1x8", "bytes") as bar:
        assert bar._bar is None
        bar.update(5, loss=1.5)
        bar.update(1)  # the next line is due in ten seconds
    written = capsys.readouterr().err
    assert written.startswith("prose/lstm-1x8: 50%, ")
    assert written.endswith(" left, loss 1.5\n")
    assert written.count("\n") == 1


@pytest.mark.parametrize("trap", ["lock is a link", "folder is a link", "open to others", "a file"])
def test_what_others_put_into_the_temporary_folder_is_left_alone(
    tmp_path: Path, monkeypatch, trap: str
) -> None:
    """Names there can be guessed: no file behind a planted link is emptied, and work goes on."""
    monkeypatch.setattr("charlens.runtime.progress.tempfile.gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr("charlens.runtime.progress.sys.stderr.isatty", lambda: True, raising=False)
    precious = tmp_path / "thesis.txt"
    precious.write_text("ten years of work")
    folder = tmp_path / f"charlens-bars-{os.getuid()}-{os.getpgrp()}"
    if trap == "folder is a link":
        (tmp_path / "elsewhere").mkdir(mode=0o700)
        folder.symlink_to(tmp_path / "elsewhere")
    elif trap == "a file":
        folder.write_text("")
    else:
        folder.mkdir(mode=0o700)
        if trap == "open to others":
            folder.chmod(0o777)
        for number in range(3):
            (folder / str(number)).symlink_to(precious)
    with Progress(10, "a") as bar:
        assert bar._bar.pos == 0
        bar.update(10)
    assert precious.read_text() == "ten years of work"
    assert not list((tmp_path / "elsewhere").iterdir() if trap == "folder is a link" else [])
