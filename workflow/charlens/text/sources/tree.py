"""A source tree as one text: the files a glob selects, shuffled by a seed and joined.

The paper's Linux kernel corpus was made this way (section 4) from the files below ``kernel/``. A
tree is a folder or an archive.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Annotated, ClassVar

from pydantic import Field

from charlens.config_types import Integer, Text
from charlens.errors import CharlensError
from charlens.text.sources.archives import (
    DAMAGE,
    TAR_SUFFIXES,
    damage_of,
    files_of_archive,
    files_of_folder,
    is_archive,
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
        contents = _collect(locate(self.tree, folders.corpora), self.glob)
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
            return f"but there is no such tree in {searched(corpora_dir)}"
        if is_device(path):
            return "which is neither a folder nor a file, but a device or a pipe"
        if path.is_file() and not is_archive(path):
            allowed = f"a folder or an archive (.zip {' '.join(TAR_SUFFIXES)})"
            return f"expected {allowed}; for a single text say file: instead of tree:"
        return too_large(path, MAX_TREE) if path.is_file() else self._sizes_fault(path)

    def size(self, corpora_dir: str | None) -> int | None:
        path = find_path(self.tree, corpora_dir)
        if path is None or not path.is_dir():
            return None
        return sum(entry.size for entry in files_of_folder(path) if self.reads(entry.path))

    def _sizes_fault(self, folder: Path) -> str | None:
        """What is wrong with the files of a folder, before any of them is hashed or read."""
        total, matching = 0, False
        for entry in files_of_folder(folder):
            if self.reads(entry.path):
                matching = True
                total += entry.size
                if total > MAX_BYTES:
                    which = f"whose files matching {', '.join(self.glob)}"
                    return f"{which} hold more than {MAX_BYTES:,} bytes; choose fewer by the glob"
        return None if matching else f"where no file matches the glob {', '.join(self.glob)}"


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
    contents = _collect(path, patterns)
    order = sorted(contents)
    random.Random(shuffle_seed).shuffle(order)
    return [contents[name] for name in order]


def _collect(path: Path, patterns: Sequence[str]) -> dict[str, bytes]:
    """The matching files by path; at least one."""
    globs = [parts_of(pattern) for pattern in patterns]
    archive = not path.is_dir()
    exact: dict[str, bytes] = {}
    below: dict[str, bytes] = {}  # these match without their top folder
    tops: set[str] = set()
    total, example = 0, ""
    try:
        for entry in files_of_archive(path) if archive else files_of_folder(path):
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
            files[str(entry.path)] = entry.read()
    except DAMAGE as error:
        raise CharlensError(f"{path}: {damage_of(path, error)}") from error
    if len(tops) == 1 and "" not in tops:
        exact |= below
    if not exact:
        hint = f"its files are named like {example}" if example else "it holds no files"
        raise CharlensError(f"{path}: no file matches the glob {', '.join(patterns)}; {hint}")
    return exact
