"""Faults of the machine, not of charlens: no memory, a full disk, a disk that fails."""

from __future__ import annotations

import errno
import os
import re

_WORDS = {
    errno.ENOSPC: "the disk is full; free some space and run again",
    errno.EDQUOT: "your quota of the disk is used up; free some space and run again",
    errno.EROFS: "the disk is read-only, as a system makes it after a fault; make it writable and "
    "run again",
    errno.EIO: "the disk or the network drive failed (input/output error); check it and run again",
    errno.EMFILE: "too many files are open; raise the limit (ulimit -n) or run fewer jobs at once",
    errno.ENFILE: "too many files are open on this machine; run fewer jobs at once",
    errno.EAGAIN: "no further process or thread is allowed; raise the limit (ulimit -u) or run "
    "fewer jobs at once",
    errno.ENOMEM: "there is not enough memory; run fewer jobs at once, or use a smaller text",
}

# How libraries tell the number of an error in their own words: Rust's, then C's through pyarrow.
_NUMBER = re.compile(r"\(os error (\d+)\)|\[errno (\d+)\]", re.IGNORECASE)
_NO_MEMORY = (
    "can't allocate memory",  # torch's
    "not enough memory",
    "std::bad_alloc",  # C++'s
    "failed to map segment from shared object",  # of a library that is imported
    "cannot allocate memory",
)
_SHORT_WRITE = re.compile(r"\d+ requested and \d+ written")  # numpy's, on a full disk
_NO_THREAD = "can't start new thread"


def machine_fault(error: BaseException) -> str | None:
    """One line that says what the machine lacks; None where an error is about something else.

    Args:
        error: as a job ended with; what it was raised from is looked at too.
    """
    at: BaseException | None = error
    while at is not None:
        number = _number(at)
        if number in _WORDS:
            name = getattr(at, "filename", None)
            return f"{os.fspath(name)}: {_WORDS[number]}" if name else _WORDS[number]
        at = at.__cause__
    return None


def _number(error: BaseException) -> int | None:
    """The system's number for an error, if it is one of the system's."""
    if isinstance(error, MemoryError):
        return errno.ENOMEM
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno
    if isinstance(error, OSError) and _SHORT_WRITE.fullmatch(str(error)):
        return errno.ENOSPC
    if isinstance(error, RuntimeError | ImportError):
        message = str(error)
        if any(words in message.lower() for words in _NO_MEMORY):
            return errno.ENOMEM
        if _NO_THREAD in message:
            return errno.EAGAIN
    match = _NUMBER.search(str(error))
    return int(match[1] or match[2]) if match else None
