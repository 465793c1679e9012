"""A checksum of every file that a job made, in the hidden folder ``.sha256`` beside it.

CSV, Markdown, NumPy and Parquet files stay what any program reads, so the checksum of their whole
content lies next to them. A job notes what it wrote and compares what it reads: a changed byte is
noticed wherever it is. A file without a note (copied without its hidden folder, or made by an
earlier version) is not compared.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from charlens.errors import DamagedFileError
from charlens.files.atomic import FilePath, sha256_file, write_text

FOLDER = ".sha256"


def forget(paths: Iterable[FilePath]) -> None:
    """Remove the notes of files that are about to be written."""
    for path in paths:
        with suppress(OSError):
            _note_of(path).unlink()


def note(paths: Iterable[FilePath]) -> None:
    """Note the content of files; folders and files that are not there are left out.

    Raises:
        CharlensError: the disk is full or the folder is not writable.
    """
    for path in paths:
        if Path(path).is_file():
            write_text(_note_of(path), sha256_file(path) + "\n")


def is_damaged(path: FilePath) -> bool:
    """Whether a file differs from what was noted of it; False without a file or a note."""
    try:
        noted = _note_of(path).read_text(encoding="ascii").strip()
        return len(noted) == 64 and noted != sha256_file(path)
    except (OSError, ValueError):
        return False


def check(*paths: FilePath) -> None:
    """Compare files with their notes.

    Raises:
        DamagedFileError: one of them is not what was written.
    """
    for path in paths:
        if is_damaged(path):
            raise DamagedFileError(path, f"{path}: damaged, its bytes are not those written there")


def _note_of(path: FilePath) -> Path:
    path = Path(path)
    # Its own ending: a pattern such as results/**/*.csv must give tables alone.
    return path.parent / FOLDER / f"{path.name}.sha256"
