"""Progress of long work: a bar on a terminal, plain lines in the log.

What the workflow shows of a job that runs, the logger plugin reads in these lines.
"""

from __future__ import annotations

import fcntl
import logging
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from tqdm import tqdm

from charlens.runtime.messages import say

AS_LINES = "CHARLENS_PROGRESS_LINES"
"""Environment variable set where others print on the same terminal, which would break bars."""

SECONDS_OF_FIRST_LINES = (2.0, 5.0)
SECONDS_BETWEEN_LINES = 10.0

_log = logging.getLogger("charlens")


class Progress(AbstractContextManager["Progress"]):
    """Counts work done.

    Args:
        total: units of work in all.
        desc: what is being done, such as ``lstm-1x64``.
        unit: what is counted, such as ``bytes``.
        done: units that an earlier, interrupted run has done already.
    """

    def __init__(self, total: int, desc: str, unit: str = "it", done: int = 0) -> None:
        self.total, self.desc, self.unit, self.done = total, desc, unit, done
        self.values: dict[str, float] = {}
        self._started, self._first = time.monotonic(), done
        self._lines = self._times_of_lines()
        self._next_line = next(self._lines)
        self._say = announce if os.environ.get(AS_LINES) else _log.info
        self._slot = _Slot() if sys.stderr.isatty() and not os.environ.get(AS_LINES) else None
        self._bar = None
        if self._slot:
            self._bar = tqdm(
                total=total,
                initial=done,
                desc=desc,
                unit=unit,
                unit_scale=True,
                position=self._slot.number,
                leave=False,
                mininterval=0.5,
                dynamic_ncols=True,
            )

    def update(self, units: int = 1, **values: float) -> None:
        """Count ``units`` more; ``values`` (such as ``loss=1.9``) are shown beside the bar."""
        self.done += units
        self.values.update(values)
        if self._bar is not None:
            self._bar.set_postfix(
                {name: f"{value:.4g}" for name, value in self.values.items()}, refresh=False
            )
            self._bar.update(units)
        if time.monotonic() >= self._next_line:
            self._say(self.line())
            self._next_line = next(self._lines)

    def _times_of_lines(self) -> Iterator[float]:
        """When lines are due: soon at first, so that short work is seen too."""
        yield from (self._started + seconds for seconds in SECONDS_OF_FIRST_LINES)
        while True:
            yield time.monotonic() + SECONDS_BETWEEN_LINES

    def line(self) -> str:
        """The state in one plain line: share, speed, time left, shown values."""
        speed = (self.done - self._first) / max(time.monotonic() - self._started, 1e-9)
        left = (self.total - self.done) / speed if speed > 0 else float("inf")
        share = f"{self.done / self.total:.0%}" if self.total else "100%"
        shown = "".join(f", {name} {value:.4g}" for name, value in self.values.items())
        return f"{self.desc}: {share}, {speed:,.0f} {self.unit}/s, {_clock(left)} left{shown}"

    def close(self) -> None:
        """Remove the bar and leave a last line in the log if the work was long enough for one."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
        if self._slot is not None:
            self._slot.release()
            self._slot = None

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Remove the bar."""
        self.close()


def progress(total: int, desc: str, unit: str = "it", done: int = 0) -> Progress:
    """A :class:`Progress`, to be used as a context manager."""
    return Progress(total, desc, unit, done)


def announce(line: str) -> None:
    """Write a line to the log, and to stderr where nobody reads the log for the user."""
    _log.info(line)
    say(line)


def result(text: str) -> None:
    """Write to the log what a job found, in a few words, for the line of its end in a run."""
    _log.info("result: %s", text)


def _clock(seconds: float) -> str:
    if seconds == float("inf"):
        return "unknown time"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


class _Slot:
    """The line of the terminal that this process may draw on.

    Snakemake runs several jobs at once on one terminal. Every process that draws a bar holds the
    lock of the lowest free line; the kernel frees it when the process ends, however it ends.

    The locks lie in the shared temporary folder under a name that the processes can agree on, and
    that others can guess. A folder that is not private to this user is not used, links are not
    followed and nothing is written: then every process draws on the first line.
    """

    def __init__(self) -> None:
        self.number, self._lock = 0, None
        try:
            folder = _private_folder(f"charlens-bars-{os.getuid()}-{os.getpgrp()}")
        except OSError:
            return
        try:
            for number in range(64):
                flags = os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
                lock = os.open(str(number), flags, 0o600, dir_fd=folder)
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError:
                    os.close(lock)
                    continue
                self.number, self._lock = number, lock
                return
        except OSError:  # a link in the place of a lock
            return
        finally:
            os.close(folder)

    def release(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _private_folder(name: str) -> int:
    """File descriptor of a folder in the temporary folder that belongs to this user alone.

    Raises:
        OSError: it cannot be made, is a link, or belongs to or is open to somebody else.
    """
    path = Path(tempfile.gettempdir()) / name
    with suppress(FileExistsError):
        path.mkdir(mode=0o700)
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    facts = os.fstat(folder)
    if facts.st_uid != os.getuid() or facts.st_mode & 0o077:
        os.close(folder)
        raise PermissionError(f"{path}: not private to this user")
    return folder
