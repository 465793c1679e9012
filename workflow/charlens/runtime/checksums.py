"""Checksums of the files that a config names, so that contents and not dates decide what runs.

A file may change and keep an older date (``mv``, ``cp -p``, unpacking), and a folder's date says
nothing of the files below it. So rules carry a checksum of what they read of the user's as a
parameter. Reading a gigabyte at every planning would be slow: a checksum is remembered as long as
the file's inode, size and times of change of content *and* of inode are the same. The last of these
cannot be set by a program, so a replaced file never passes for the old one.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath

from charlens.errors import CharlensError
from charlens.files.atomic import atomic_path

Accepts = Callable[[PurePosixPath], bool]


class Checksums:
    """SHA-256 of files and folders, remembered in a file.

    Args:
        memory: JSON file that remembers; made when the first checksum is computed. One that is
            damaged is made anew, one that cannot be written costs time only.
    """

    def __init__(self, memory: Path) -> None:
        self.memory = memory
        self._known: dict[str, list[object]] = {}
        with suppress(OSError, ValueError, RecursionError):
            known = json.loads(memory.read_text(encoding="utf-8"))
            self._known = known if isinstance(known, dict) else {}

    def of(self, path: Path, accepts: Accepts = lambda name: True) -> str:
        """Checksum of a file's bytes, or of a folder's files with their names.

        Args:
            path: a file or a folder.
            accepts: whether a file counts, by its path below the folder.

        Returns:
            64 hexadecimal digits; empty if nothing can be read.
        """
        before = dict(self._known)
        try:
            checksum = self._folder(path, accepts) if path.is_dir() else self._file(path)
        except OSError:
            return ""
        if self._known != before:
            self._remember()
        return checksum

    def _folder(self, root: Path, accepts: Accepts) -> str:
        digest = hashlib.sha256()
        for name in sorted(_files_below(root)):
            if accepts(name):
                digest.update(f"{name}\0{self._file(root / name)}\n".encode(errors="replace"))
        return digest.hexdigest()

    def _file(self, path: Path) -> str:
        key, status = str(path.absolute()), path.stat()
        if not stat.S_ISREG(status.st_mode):
            return ""  # a device may have no end
        facts = [status.st_dev, status.st_ino, status.st_size]
        facts += [status.st_mtime_ns, status.st_ctime_ns]
        known = self._known.get(key)
        if not (isinstance(known, list) and known[:-1] == facts):
            with path.open("rb") as file:
                known = [*facts, hashlib.file_digest(file, "sha256").hexdigest()]
            self._known[key] = known
        return str(known[-1])

    def _remember(self) -> None:
        with suppress(OSError, CharlensError):
            self.memory.parent.mkdir(parents=True, exist_ok=True)
            with atomic_path(self.memory) as temporary:
                temporary.write_text(json.dumps(self._known, sort_keys=True), encoding="utf-8")


def _files_below(root: Path) -> Iterator[PurePosixPath]:
    """Files as a source tree has them: links are none, wherever they lead."""
    for folder, _, names in os.walk(root):
        for name in names:
            path = Path(folder, name)
            if not path.is_symlink():
                yield PurePosixPath(path.relative_to(root).as_posix())
