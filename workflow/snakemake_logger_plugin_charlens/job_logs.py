"""What the logs of jobs say: how far they are, what they found, why they stopped.

The lines are those of ``charlens.runtime.progress`` and ``charlens.runtime.job``; a test keeps both
sides together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

_TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d "
_PROGRESS = re.compile(
    rf"^(?:{_TIME})?(?P<what>.+): (?P<share>\d+)%, [\d,]+ [^/ ]+/s, "
    r"(?P<left>[\d:]+|unknown time) left(?P<values>(?:, \S+ \S+)*)$"
)
_RESULT = re.compile(rf"^(?:{_TIME})?result: (?P<text>.+)$")
_NOTE = re.compile(rf"^(?:{_TIME})?(?P<text>note: .+)$")
_STOPPED = re.compile(r"charlens: stopped by (?P<signal>\w+)")
_ERROR = re.compile(r"charlens: error: .*")
_BUG = re.compile(r"charlens: a bug")
_TAIL = 8192  # bytes; many progress lines


@dataclass(frozen=True)
class Progress:
    """How far a job is.

    Attributes:
        share: of the work done, 0 to 1.
        left: seconds to go; None where the log says that it is unknown.
        values: what is shown beside it, such as ``loss 1.9``.
    """

    share: float
    left: float | None
    values: str


def tail(paths: Iterable[str]) -> list[str]:
    """Last lines of the first log that there is; none where there is no log yet."""
    for path in paths:
        try:
            with open(path, "rb") as stream:
                stream.seek(0, 2)
                stream.seek(max(0, stream.tell() - _TAIL))
                return stream.read().decode("utf-8", "replace").splitlines()
        except OSError:
            continue
    return []


def progress(lines: Sequence[str]) -> Progress | None:
    """The last progress line."""
    for line in reversed(lines):
        if match := _PROGRESS.match(line):
            values = match["values"].removeprefix(", ")
            return Progress(int(match["share"]) / 100, _seconds(match["left"]), values)
    return None


def result(lines: Sequence[str]) -> str:
    """What a finished job found, in its own words; empty where it says nothing."""
    return next((m["text"] for line in reversed(lines) if (m := _RESULT.match(line))), "")


def notes(lines: Sequence[str]) -> list[str]:
    """Lines that users should see while the job runs."""
    return [match["text"] for line in lines if (match := _NOTE.match(line))]


def errors(paths: Iterable[str]) -> list[str]:
    """Errors in the logs of a failed job, each with its log as ``charlens: error: … [log]``."""
    return [f"{match[0]} [{path}]" for path in paths for match in _ERROR.finditer(_text(path))]


def stopped(paths: Iterable[str]) -> str:
    """Name of the signal that stopped a job; empty where none did."""
    return next((m["signal"] for path in paths if (m := _STOPPED.search(_text(path)))), "")


def bugs(paths: Iterable[str]) -> list[str]:
    """Whole texts of logs that hold a traceback."""
    texts = ((path, _text(path)) for path in paths)
    return [f"{text.rstrip()}\n[{path}]" for path, text in texts if _BUG.search(text)]


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _seconds(clock: str) -> float | None:
    if not clock[0].isdigit():
        return None
    seconds = 0
    for part in clock.split(":"):
        seconds = 60 * seconds + int(part)
    return float(seconds)
