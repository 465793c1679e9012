"""Files and folders of the user's own: finding them, reading them, checking them."""

from __future__ import annotations

from pathlib import Path

from charlens.errors import CharlensError
from charlens.text.sources.verify import Expected


def find_path(name: str, corpora_dir: str | Path | None) -> Path | None:
    """A user's file or folder: relative to the working folder, else to ``corpora_dir``.

    Raises:
        RuntimeError: a name starts with ``~`` and a user that does not exist.
        OSError: the system cannot look a name up, such as one that is too long.
    """
    path = Path(name).expanduser()
    folders = [Path()] if corpora_dir is None else [Path(), Path(corpora_dir).expanduser()]
    return next((folder / path for folder in folders if (folder / path).exists()), None)


def locate(name: str, corpora_dir: Path | None) -> Path:
    """The same, where the file must be there.

    Raises:
        CharlensError: it is in neither place.
    """
    path = find_path(name, corpora_dir)
    if path is not None:
        return path
    elsewhere = "" if corpora_dir is None else f" nor in corpora_dir {corpora_dir}"
    raise CharlensError(
        f"{name}: no such file in the working folder {Path.cwd()}{elsewhere}; "
        "put it there or correct the path in the config"
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
        return path.read_bytes()
    except OSError as error:
        raise CharlensError(f"{path}: cannot be read ({error.strerror})") from error
