"""A source tree as one text: the files a glob selects, shuffled by a seed and joined.

The paper's Linux kernel corpus was made this way (section 4) from the files below ``kernel/``. A
tree is a folder or an archive.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Annotated, ClassVar, TypeVar

from pydantic import Field

from charlens.config_types import Integer, Text
from charlens.errors import CharlensError
from charlens.text.sources.archives import (
    DAMAGE,
    TAR_SUFFIXES,
    Entry,
    damage_of,
    files_of_archive,
    files_of_folder,
    is_archive,
    tells_sizes,
)
from charlens.text.sources.globs import matches, parts_of
from charlens.text.sources.kind import BytesAndOrigin, Folders, SourceKind, Wrong
from charlens.text.sources.own_file import (
    MAX_BYTES,
    MAX_TREE,
    find_path,
    is_device,
    locate,
    searched,
    too_large,
)

T = TypeVar("T")


class TreeSource(SourceKind):
    """The files of a source tree or archive, joined without separators in a seeded order."""

    joins_files: ClassVar[bool] = True

    tree: Text
    """Folder, .zip or .tar(.gz|.bz2|.xz): relative to the working folder, else to corpora_dir."""
    glob: Annotated[tuple[Text, ...], Field(min_length=1)] = ("**/*.c", "**/*.h")
    """Which files of the tree to take."""
    shuffle_seed: Annotated[Integer, Field(ge=0)] = 0
    """Seed of the shuffle of the sorted paths."""

    def read(self, folders: Folders) -> BytesAndOrigin:
        path = locate(self.tree, folders.corpora)
        data, count = read_tree(path, self.glob, self.shuffle_seed)
        if not data:
            raise CharlensError(f"{path}: the {count:,} files selected are all empty")
        return data, (
            f"tree {path.name}: {count:,} files matching {', '.join(self.glob)}, "
            f"shuffled with seed {self.shuffle_seed}"
        )

    def file_hashes(self, folders: Folders) -> dict[str, str]:
        contents = _collect(
            locate(self.tree, folders.corpora), self.glob, lambda entry: entry.read()
        )
        return {name: hashlib.sha256(contents[name]).hexdigest() for name in sorted(contents)}

    def file_sizes(self, folders: Folders) -> list[int]:
        path = locate(self.tree, folders.corpora)
        return [len(content) for content in _shuffled(path, self.glob, self.shuffle_seed)]

    def wrong(self) -> Wrong | None:
        for i, pattern in enumerate(self.glob):
            path = PurePosixPath(pattern)
            if path.is_absolute() or not path.parts or ".." in path.parts:
                message = "expected a pattern inside the tree such as kernel/**/*.c"
                return Wrong(f"glob[{i}]", pattern, message)
        return None

    def own_path(self) -> str:
        return self.tree

    def reads(self, name: PurePosixPath) -> bool:
        return matches(name.parts, [parts_of(pattern) for pattern in self.glob])

    def fault(self, corpora_dir: str | None) -> str | None:
        path = find_path(self.tree, corpora_dir)
        if path is None:
            return f"but there is no such tree{searched(self.tree, corpora_dir)}"
        if is_device(path):
            return "which is neither a folder nor a file, but a device or a pipe"
        if path.is_file() and not is_archive(path):
            allowed = f"a folder or an archive (.zip {' '.join(TAR_SUFFIXES)})"
            return f"expected {allowed}; for a single text say file: instead of tree:"
        if path.is_file() and (large := too_large(path, MAX_TREE)):
            return large
        try:
            self.sizes(corpora_dir)
        except CharlensError as error:
            if isinstance(error.__cause__, OSError) and error.__cause__.errno is not None:
                raise error.__cause__ from None
            return f"but {str(error).removeprefix(f'{path}: ')}"
        return None

    def size(self, corpora_dir: str | None) -> int | None:
        sizes = self.sizes(corpora_dir)
        return None if sizes is None else sum(sizes)

    def sizes(self, corpora_dir: str | None) -> tuple[int, ...] | None:
        path = find_path(self.tree, corpora_dir)
        if path is None or is_device(path) or (path.is_file() and not tells_sizes(path)):
            return None
        if path.is_dir():
            return _sizes(path, self.glob, self.shuffle_seed)
        status = path.stat()
        stamp = status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
        return _sizes_of_archive(path, self.glob, self.shuffle_seed, stamp)


def _sizes(path: Path, patterns: tuple[str, ...], shuffle_seed: int) -> tuple[int, ...]:
    """Bytes of each matching file in the order of the text, from headers and folders alone."""
    sizes = _collect(path, patterns, lambda entry: entry.size, to_its_end=False)
    return tuple(sizes[name] for name in _order(sizes, shuffle_seed))


@lru_cache(maxsize=64)
def _sizes_of_archive(
    path: Path, patterns: tuple[str, ...], shuffle_seed: int, stamp: tuple[int, ...]
) -> tuple[int, ...]:
    """The same, remembered: planning asks several times, and an archive may have many members.

    ``stamp`` is what differs when the archive has changed.
    """
    return _sizes(path, patterns, shuffle_seed)


def read_tree(path: Path, patterns: Sequence[str], shuffle_seed: int) -> tuple[bytes, int]:
    """Join the files of a folder or archive that match a glob.

    Paths are sorted, then shuffled with ``random.Random(shuffle_seed).shuffle``; contents are
    joined without separators. Links and special files are skipped.

    Args:
        path: a folder, a ``.zip`` or a ``.tar`` (plain, ``.gz``, ``.bz2`` or ``.xz``).
        patterns: globs relative to the root of the tree; ``**`` stands for any number of folders
            and, as in a shell, wildcards do not match a leading dot. When everything in an archive
            lies in one top folder (``linux-4.1/``) they may leave it out.
        shuffle_seed: seed of the shuffle.

    Returns:
        The joined bytes and the number of files.

    Raises:
        CharlensError: the tree is missing, unreadable, damaged or too large, or nothing matches.
    """
    contents = _shuffled(path, patterns, shuffle_seed)
    return b"".join(contents), len(contents)


def _shuffled(path: Path, patterns: Sequence[str], shuffle_seed: int) -> list[bytes]:
    """The contents of the matching files in the order of the text."""
    contents = _collect(path, patterns, lambda entry: entry.read())
    return [contents[name] for name in _order(contents, shuffle_seed)]


def _order(names: Iterable[str], shuffle_seed: int) -> list[str]:
    order = sorted(names)
    random.Random(shuffle_seed).shuffle(order)
    return order


def _collect(
    path: Path, patterns: Sequence[str], take: Callable[[Entry], T], to_its_end: bool = True
) -> dict[str, T]:
    """What is taken of each matching file, by path; at least one.

    ``to_its_end`` is that of :func:`charlens.text.sources.archives.files_of_archive`.
    """
    globs = [parts_of(pattern) for pattern in patterns]
    archive = not path.is_dir()
    exact: dict[str, T] = {}
    below: dict[str, T] = {}  # these match without their top folder
    tops: set[str] = set()
    total, example = 0, ""
    try:
        for entry in files_of_archive(path, to_its_end) if archive else files_of_folder(path):
            top, *rest = entry.path.parts
            tops.add(top if rest else "")
            example = example or str(entry.path)
            files = exact if matches(entry.path.parts, globs) else below
            if files is below and not (archive and matches(rest, globs)):
                continue
            total += entry.size
            if total > MAX_BYTES:
                raise CharlensError(
                    f"{path}: the files matching {', '.join(patterns)} hold more than "
                    f"{MAX_BYTES:,} bytes; choose fewer with a narrower glob"
                )
            files[str(entry.path)] = take(entry)
    except DAMAGE as error:
        raise CharlensError(f"{path}: {damage_of(path, error)}") from error
    if len(tops) == 1 and "" not in tops:
        exact |= below
    if not exact:
        hint = f"its files are named like {example}" if example else "it holds no files"
        raise CharlensError(f"{path}: no file matches the glob {', '.join(patterns)}; {hint}")
    return exact
