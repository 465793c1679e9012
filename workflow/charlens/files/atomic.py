"""Atomic writing: a reader sees the old content or the new, never half of it."""

from __future__ import annotations

import errno
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from charlens.errors import CharlensError

FilePath = str | os.PathLike[str]
"""A path that functions which read or write files accept."""

_umask = os.umask(0)
os.umask(_umask)
_MODE = 0o666 & ~_umask


@contextmanager
def atomic_path(path: FilePath) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; on success fsync it and rename it into place.

    The temporary file keeps the suffix of ``path`` (some writers choose the format by it) and is
    removed if the body fails, so an interrupted writer leaves the previous file untouched.

    Raises:
        CharlensError: the disk is full or the folder is not writable.
    """
    target = Path(path)
    temporary = target.with_name(f".{target.stem}.{os.getpid()}.tmp{target.suffix}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _make_empty(temporary)
        yield temporary
        _sync(temporary, _MODE)  # some writers make private files; others share results
        os.replace(temporary, target)
        _sync(target.parent)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise CharlensError(
                f"{target}: the disk is full ({error.strerror}); free some space and run again, "
                "nothing half-written was left"
            ) from error
        if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
            raise CharlensError(
                f"{target}: cannot be written ({error.strerror}); check the folder's permissions"
            ) from error
        if error.errno in (errno.EISDIR, errno.ENOTDIR, errno.EEXIST, errno.ELOOP):
            raise CharlensError(
                f"{target}: cannot be written ({error.strerror}); a folder or a file is where the "
                "other is needed, move it away and run again"
            ) from error
        raise
    finally:
        with suppress(OSError):  # a folder of that name is not ours
            temporary.unlink()


def _make_empty(path: Path) -> None:
    """Make a new, empty file of a name that others can guess.

    A link that somebody planted there is removed: written through it, a file elsewhere would be
    lost.
    """
    path.unlink(missing_ok=True)
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))


_LEFTOVER = re.compile(r"\..+\.(?P<pid>[1-9][0-9]{0,9})\.tmp(\.[^.]+)?")


def sweep(folder: FilePath) -> list[Path]:
    """Remove the temporary files that killed writers have left below a folder.

    Only those of processes that are gone, as far as this machine can tell: call it where no job of
    another machine writes, as before the first job of a run. Links are not followed.

    Returns:
        What was removed.
    """
    removed = []
    for parent, _, names in os.walk(folder):
        for name in names:
            match = _LEFTOVER.fullmatch(name)
            if match and not _runs(int(match["pid"])):
                path = Path(parent, name)
                with suppress(OSError):  # gone meanwhile, or not ours
                    path.unlink()
                    removed.append(path)
    return removed


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # another user's
        return True
    return True


def write_text(path: FilePath, text: str) -> None:
    """Write a text as UTF-8, whole or not at all; errors are those of :func:`atomic_path`."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _sync(path: Path, mode: int | None = None) -> None:
    """Write a file or folder through to the disk; a file gets its mode before. Follows no link."""
    descriptor = os.open(path, os.O_RDONLY | (0 if mode is None else os.O_NOFOLLOW))
    try:
        if mode is not None:
            os.fchmod(descriptor, mode)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256_file(path: FilePath) -> str:
    """Hexadecimal SHA-256 of a file's bytes."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
