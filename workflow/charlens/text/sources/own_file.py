"""Files and folders of the user's own: finding them, reading them, checking them."""

from __future__ import annotations

import os
from pathlib import Path

from charlens.config_types import Bytes, Sha256, Text
from charlens.errors import CharlensError
from charlens.text.sources.formats import no_text
from charlens.text.sources.kind import BytesAndOrigin, Folders, SourceKind
from charlens.text.sources.verify import Expected

MAX_BYTES = 1 << 30
"""Most bytes of a text (1 GiB)."""

MAX_TREE = 1 << 36
"""Most bytes of an archive, or of what its members claim to hold together (64 GiB)."""


class FileSource(SourceKind):
    """A text file of one's own: relative to the working folder, else to corpora_dir."""

    file: Text
    """Path of the file."""
    bytes: Bytes | None = None
    """Expected size; null accepts any."""
    sha256: Sha256 | None = None
    """Expected checksum; null accepts any."""

    def read(self, folders: Folders) -> BytesAndOrigin:
        path = locate(self.file, folders.corpora)
        expected = Expected(self.bytes, self.sha256)
        return verified(path, expected, "correct the config"), f"file {path.name}"

    def own_path(self) -> str:
        return self.file

    def size(self, corpora_dir: str | None) -> int | None:
        path = find_path(self.file, corpora_dir)
        return None if path is None else path.stat().st_size

    def fault(self, corpora_dir: str | None) -> str | None:
        path = find_path(self.file, corpora_dir)
        if path is None:
            return f"but there is no such file{searched(self.file, corpora_dir)}"
        if path.is_dir():
            return "which is a folder; for the files below it say tree: instead of file:"
        if is_device(path):
            return "which is not a file but a device or a pipe"
        fault = too_large(path) or (None if path.stat().st_size else "which is empty")
        return fault or no_text(path)


def too_large(path: Path, most: int = MAX_BYTES) -> str | None:
    """What is wrong with the size of a file, as the end of a sentence; None if nothing is."""
    size = path.stat().st_size
    return None if size <= most else f"which has {size:,} bytes; it may have {most:,}"


def is_device(path: Path) -> bool:
    """Whether a path that exists is neither a file nor a folder: a device, a pipe, a socket."""
    return not (path.is_file() or path.is_dir())


def find_path(name: str, corpora_dir: str | Path | None) -> Path | None:
    """A user's file or folder: relative to the working folder, else to ``corpora_dir``.

    Raises:
        RuntimeError: a name starts with ``~`` and a user that does not exist.
        OSError: the system cannot look a name up, such as one that is too long.
    """
    path = Path(name).expanduser()
    folders = [Path()] if corpora_dir is None else [Path(), Path(corpora_dir).expanduser()]
    return next((folder / path for folder in folders if (folder / path).exists()), None)


def searched(name: str | Path, corpora_dir: str | Path | None = None) -> str:
    """The folders in which :func:`find_path` looks for a name: " in a and in b", for people.

    Empty for an absolute path, which is looked for in no folder.
    """
    if Path(name).expanduser().is_absolute():
        return ""
    return f" in {Path.cwd()}" + (f" and in {corpora_dir}" if corpora_dir else "")


def locate(name: str, corpora_dir: Path | None) -> Path:
    """The same as :func:`find_path`, where the file must be there.

    Raises:
        CharlensError: it is in neither place.
    """
    path = find_path(name, corpora_dir)
    if path is not None:
        return path
    raise CharlensError(
        f"{name}: no such file{searched(name, corpora_dir)}; put it there or correct the path in "
        "the config"
    )


def verified(path: Path, expected: Expected, else_do: str) -> bytes:
    """Read and verify a file that belongs to the user; ``else_do`` ends the advice in errors.

    Raises:
        CharlensError: the file cannot be read or is not what was expected.
    """
    data = read_bytes(path)
    problem = expected.mismatch(data)
    if problem:
        raise CharlensError(f"{path}: {problem}; put a good copy in its place or {else_do}")
    return data


def read_bytes(path: Path) -> bytes:
    """The bytes of a file.

    Raises:
        CharlensError: not a file, or one that cannot be read.
    """
    try:
        if path.exists() and not path.is_file():
            raise CharlensError(f"{path}: expected a file, found a folder or a device")
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > MAX_BYTES:
                raise CharlensError(
                    f"{path}: has {size:,} bytes, expected {MAX_BYTES:,} at most; choose a part"
                )
            return file.read()
    except OSError as error:
        raise CharlensError(f"{path}: cannot be read ({error.strerror})") from error
