"""Logging, thread limits, exit codes and checksums around a workflow script's one library call."""

from __future__ import annotations

import logging
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from charlens.errors import CharlensError, DamagedFileError, visible
from charlens.files import notes
from charlens.files.atomic import FilePath
from charlens.runtime.machine_faults import machine_fault
from charlens.runtime.messages import logs_are_read, say
from charlens.runtime.signals import Interrupted, ignore, interruptible

_THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")

log = logging.getLogger("charlens")


@contextmanager
def job(
    log_path: FilePath | None,
    threads: int = 1,
    inputs: Iterable[FilePath] = (),
    outputs: Iterable[FilePath] = (),
) -> Iterator[logging.Logger]:
    """Run the body of a script: log to a file, bound the threads, report users' errors in one line.

    Import torch and numpy inside the body (or import the modules that do): numeric libraries
    read their thread limits when they are loaded.

    Args:
        log_path: the rule's log file, overwritten; None logs nowhere.
        threads: cores this job may use.
        inputs: files that the body reads. Those that are not what a job wrote there are moved
            aside, all of them, so that the next run makes them anew.
        outputs: files that the body writes; their checksums are noted at its end. Once all are
            there, and after the body, the process ignores signals and ends as it would have.

    Raises:
        SystemExit: 1 after a CharlensError, printed in one line; 128 + n after signal n (130 after
            Ctrl-C, 143 after a scheduler's SIGTERM). Any other exception is a bug: its traceback
            goes to the log and the exception goes on.
    """
    outputs = list(outputs)
    _limit_threads(threads)
    try:
        handler = _log_to(log_path)
    except OSError as error:
        reason = f"cannot be written ({error.strerror}); move it away or check the permissions"
        say(f"charlens: error: {log_path}: {machine_fault(error) or reason}")
        raise SystemExit(1) from None
    try:
        with _stderr_in(handler), interruptible(_all_written(outputs)):
            _check(inputs)
            notes.forget(outputs)
            yield log
            ignore()  # folders, too, are whole now
            notes.note(outputs)
    except DamagedFileError as error:
        _fail(f"charlens: error: {_moved_aside(error) or error}")
        raise SystemExit(1) from None
    except CharlensError as error:
        _fail(f"charlens: error: {error}")
        raise SystemExit(1) from None
    except Interrupted as stop:
        _fail(f"charlens: stopped by {stop}; run again to go on")
        raise SystemExit(128 + stop.signal) from None
    except Exception as error:
        if fault := _fault_outside(error):
            _fail(f"charlens: error: {fault}")
            raise SystemExit(1) from None
        log.exception("charlens: a bug, please report it with this traceback")
        if logs_are_read():
            raise SystemExit(1) from error
        raise
    finally:
        logging.getLogger().removeHandler(handler)
        handler.close()


_NO_GPU_MEMORY = (
    "the GPU's memory is full; let fewer jobs share it, by more percent each: "
    "snakemake --set-resources train:gpu=25"
)


def _fault_outside(error: Exception) -> str | None:
    """What the machine lacks, in one line; None where the fault is in the code."""
    if _is_lack_of_gpu_memory(error):
        return f"{_NO_GPU_MEMORY} ({str(error).splitlines()[0]})"
    return machine_fault(error)


def _is_lack_of_gpu_memory(error: Exception) -> bool:
    """Whether torch's allocator, the driver or another library ran out of GPU memory."""
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(error, RuntimeError):
        return False
    message = str(error)
    lacks = isinstance(error, torch.OutOfMemoryError) or "CUDA error: out of memory" in message
    return lacks or "STATUS_ALLOC_FAILED" in message


def _all_written(outputs: Sequence[FilePath]) -> Callable[[], bool]:
    """What says whether all outputs are files that were written after this call.

    They are whole as soon as they are there (:mod:`charlens.files.atomic`); a folder grows, so a
    job that makes one is not known to be finished before its end.
    """
    before = {path: _version(path) for path in outputs}

    def written() -> bool:
        return bool(before) and all(
            _version(path) not in (None, version) for path, version in before.items()
        )

    return written


def _version(path: FilePath) -> tuple[int, int] | None:
    """Inode and time of a file, one of which changes when it is written; None without a file."""
    try:
        facts = os.stat(path)
    except OSError:
        return None
    return (facts.st_ino, facts.st_mtime_ns) if stat.S_ISREG(facts.st_mode) else None


def _check(inputs: Iterable[FilePath]) -> None:
    """Move damaged inputs aside, and raise the error of the last one."""
    damaged = []
    for path in inputs:
        try:
            notes.check(path)
        except DamagedFileError as error:
            damaged.append(error)
    for fault in damaged[:-1]:
        _fail(f"charlens: error: {_moved_aside(fault) or fault}")
    if damaged:
        raise damaged[-1]


def _moved_aside(error: DamagedFileError) -> str:
    """Move a damaged file aside; return the message for the user, or "" if that fails."""
    path = error.path
    aside = path.with_name(f"{path.name}.damaged")
    try:
        os.replace(path, aside)
    except OSError:
        return ""
    return f"{error.what}; moved aside as {aside.name}: run the whole study again to rebuild it"


def _limit_threads(threads: int) -> None:
    for variable in _THREAD_VARIABLES:
        os.environ[variable] = str(threads)
    if "torch" in sys.modules:  # already loaded, so it has read its limit
        sys.modules["torch"].set_num_threads(threads)


class _Formatter(logging.Formatter):
    """One line per message; of those of other libraries as many as they wrote."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        allowed = "" if record.name == log.name else "\n\t"
        record.message = visible(record.message, allowed)
        return super().formatMessage(record)


class _LogFile(logging.FileHandler):
    """A log whose lines are lost on a full or failing disk, which the job's last line names."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        if not isinstance(sys.exc_info()[1], OSError):
            super().handleError(record)

    def close(self) -> None:
        with suppress(OSError):  # of lines that it could not write before
            super().close()


def _log_to(path: FilePath | None) -> logging.Handler:
    if path is None:
        handler: logging.Handler = logging.NullHandler()
    else:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        if Path(path).is_symlink():  # written through it, a file elsewhere would be lost
            Path(path).unlink()
        handler = _LogFile(path, mode="w", encoding="utf-8")
    handler.setFormatter(_Formatter("%(asctime)s %(message)s", "%Y-%m-%d %H:%M:%S"))
    logging.captureWarnings(True)
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.WARNING)  # other libraries: only what is wrong
    log.setLevel(logging.INFO)
    return handler


@contextmanager
def _stderr_in(handler: logging.Handler) -> Iterator[None]:
    """Send what libraries print to the log, where the log is what the user is shown."""
    stream = handler.stream if isinstance(handler, logging.FileHandler) else None
    if stream is None or not logs_are_read():
        yield
        return
    sys.stderr.flush()
    before = os.dup(2)
    os.dup2(stream.fileno(), 2)  # one open file: neither writes over the other
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(before, 2)
        os.close(before)


def _fail(line: str) -> None:
    log.error(line)
    say(line)
