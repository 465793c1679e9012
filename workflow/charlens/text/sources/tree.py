"""A source tree as one text: the files a glob selects, shuffled by a seed and joined.

The paper's Linux kernel corpus was made this way (section 4) from the files below ``kernel/``. A
tree is a folder or an archive. Archives are read member by member in memory: nothing is
extracted, so no member can be written anywhere. They are read to their end, members that no glob
selects included, because that is where compressed streams keep the checksum of their content.
"""

from __future__ import annotations

import hashlib
import lzma
import os
import random
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Annotated, ClassVar, NamedTuple, Self

from pydantic import Field

from charlens.config_types import Integer, Text
from charlens.errors import CharlensError
from charlens.text.sources.kind import BytesAndOrigin, Folders, SourceKind, Wrong
from charlens.text.sources.own_file import MAX_BYTES, find_path, is_device, locate, searched

MAX_SCANNED = 1 << 36
"""Most bytes all members of an archive may claim to hold together (64 GiB)."""

TAR_SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")

MAX_HEADER = 1 << 20
"""Most bytes of a tar header beyond its block: long names, extended attributes (1 MiB)."""

_DAMAGE = (
    tarfile.TarError,
    zipfile.BadZipFile,
    lzma.LZMAError,
    zlib.error,
    EOFError,
    NotImplementedError,  # zip compression methods unknown to Python
    OSError,
    # What tarfile and zipfile raise on garbage in headers besides: text that is no number, sizes
    # below zero or beyond any machine's, one extended header behind another without end.
    ValueError,
    LookupError,
    ArithmeticError,
    struct.error,
    RecursionError,
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
        return _matches(name.parts, [_parts(pattern) for pattern in self.glob])

    def fault(self, corpora_dir: str | None) -> str | None:
        path = find_path(self.tree, corpora_dir)
        if path is None:
            return f"but there is no such tree in {searched(corpora_dir)}"
        if is_device(path):
            return "which is neither a folder nor a file, but a device or a pipe"
        if path.is_file() and not _is_archive(path):
            allowed = f"a folder or an archive (.zip {' '.join(TAR_SUFFIXES)})"
            return f"expected {allowed}; for a single text say file: instead of tree:"
        return None


def _is_archive(path: Path) -> bool:
    """Whether a file is one by its name, or a tar by its content; damage is not looked for."""
    if path.name.lower().endswith((".zip", *TAR_SUFFIXES)):
        return True
    try:
        return tarfile.is_tarfile(path)
    except _DAMAGE:
        return False


class _Entry(NamedTuple):
    """One regular file of a tree: where it is, how large, and how to read it."""

    path: PurePosixPath
    size: int
    read: Callable[[], bytes]


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
    globs = [_parts(pattern) for pattern in patterns]
    archive = not path.is_dir()
    exact: dict[str, bytes] = {}
    below: dict[str, bytes] = {}  # these match without their top folder
    tops: set[str] = set()
    total, example = 0, ""
    try:
        for entry in _archive(path) if archive else _folder(path):
            top, *rest = entry.path.parts
            tops.add(top if rest else "")
            example = example or str(entry.path)
            files = exact if _matches(entry.path.parts, globs) else below
            if files is below and not (archive and _matches(rest, globs)):
                continue
            total += entry.size
            if total > MAX_BYTES:
                raise CharlensError(
                    f"{path}: the files matching {', '.join(patterns)} hold more than "
                    f"{MAX_BYTES:,} bytes; choose fewer with a narrower glob"
                )
            files[str(entry.path)] = entry.read()
    except _DAMAGE as error:
        raise CharlensError(f"{path}: {_damage(path, error)}") from error
    if len(tops) == 1 and "" not in tops:
        exact |= below
    if not exact:
        found_text = f"its files are named like {example}" if example else "it holds no files"
        raise CharlensError(f"{path}: no file matches the glob {', '.join(patterns)}; {found_text}")
    return exact


def _parts(pattern: str) -> tuple[str, ...]:
    parts = tuple(part for part in pattern.split("/") if part not in ("", "."))
    if not parts or ".." in parts:
        raise CharlensError(
            f"glob: expected a pattern inside the tree such as 'kernel/**/*.c', found {pattern!r}"
        )
    return parts


def _matches(parts: Sequence[str], globs: Sequence[Sequence[str]]) -> bool:
    """Whether the components of a path match the components of one of the globs."""
    return any(_match(tuple(parts), glob) for glob in globs)


def _match(parts: Sequence[str], glob: Sequence[str]) -> bool:
    """Whether all of ``parts`` matches all of ``glob``.

    One pass over the glob with the set of places in the path that it may have reached, so that
    several ``**`` take no longer than their number times the depth of the path.
    """
    reached = {0}
    for piece in glob:
        if piece == "**":
            reached = _spread(reached, parts)
        else:
            reached = {at + 1 for at in reached if at < len(parts) and _same(parts[at], piece)}
        if not reached:
            return False
    return len(parts) in reached


def _spread(reached: set[int], parts: Sequence[str]) -> set[int]:
    """Every place from those reached on that no hidden folder separates from them."""
    spread: set[int] = set()
    for at in sorted(reached):
        while at not in spread:
            spread.add(at)
            if at == len(parts) or parts[at].startswith("."):
                break
            at += 1
    return spread


def _same(part: str, piece: str) -> bool:
    hidden = part.startswith(".") and not piece.startswith(".")
    return not hidden and fnmatchcase(part, piece)


def _folder(root: Path) -> Iterator[_Entry]:
    waiting = [PurePosixPath()]  # not os.walk, which nests as deep as the folders
    while waiting:
        folder = waiting.pop()
        with os.scandir(root / folder) as entries:
            for entry in entries:
                path, status = folder / entry.name, entry.stat(follow_symlinks=False)
                if stat.S_ISDIR(status.st_mode):
                    waiting.append(path)
                elif stat.S_ISREG(status.st_mode):
                    yield _Entry(path, status.st_size, (root / path).read_bytes)


def _archive(path: Path) -> Iterator[_Entry]:
    """The regular files of an archive, in its own order."""
    scanned = 0
    for entry in _zip(path) if path.name.lower().endswith(".zip") else _tar(path):
        scanned += entry.size
        if scanned > MAX_SCANNED:
            raise CharlensError(
                f"{path}: its files claim to hold more than {MAX_SCANNED:,} bytes, which no "
                "source tree does; use another archive"
            )
        # Members that point outside the tree are harmless (nothing is extracted) but no files
        # of it either.
        if not entry.path.is_absolute() and entry.path.parts and ".." not in entry.path.parts:
            yield entry


def _zip(path: Path) -> Iterator[_Entry]:
    with zipfile.ZipFile(path) as archive:
        _check_count(path, archive)
        for info in archive.infolist():
            if info.flag_bits & 1:
                raise CharlensError(
                    f"{path}: {info.filename} is encrypted; use an archive without a password"
                )
            kind = stat.S_IFMT(info.external_attr >> 16)
            if not info.is_dir() and kind in (0, stat.S_IFREG):
                unzip = _Once(partial(_unzip, archive, info))
                yield _Entry(PurePosixPath(info.filename), info.file_size, unzip)
                if unzip.done:
                    continue
            for piece in _pieces(archive, info):  # compares its name and checksum on the way
                _check_kind(info, kind, piece)


def _check_count(path: Path, archive: zipfile.ZipFile) -> None:
    """Compare the number of members with the one at the end of the file, which zipfile ignores."""
    with path.open("rb") as file:
        file.seek(-len(archive.comment) - 22, os.SEEK_END)
        (count,) = struct.unpack_from("<H", file.read(22), 10)
    if count not in (0xFFFF, len(archive.infolist())):  # 0xFFFF: it is in a 64-bit record
        raise zipfile.BadZipFile(f"{len(archive.infolist()):,} members, {count:,} at its end")


def _check_kind(info: zipfile.ZipInfo, kind: int, piece: bytes) -> None:
    """Refuse special files that hold text: their kind must be damaged."""
    link = kind == stat.S_IFLNK and len(piece) < 4096 and not set(piece) & set(b"\n\0")
    if not (info.is_dir() or kind in (0, stat.S_IFREG) or link):
        raise zipfile.BadZipFile(f"{info.filename} is a special file and holds text")


class _Once:
    """Reads a member, and knows whether that was asked."""

    def __init__(self, read: Callable[[], bytes]) -> None:
        self.read, self.done = read, False

    def __call__(self) -> bytes:
        self.done = True
        return self.read()


def _unzip(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    return b"".join(_pieces(archive, info))


def _pieces(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """A member's bytes, at most those it announces, whatever its stream holds."""
    with archive.open(info) as stream:
        while piece := stream.read(_PIECE):
            yield piece


_PIECE = 1 << 20


def _tar(path: Path) -> Iterator[_Entry]:
    with tarfile.open(path, "r:*", tarinfo=_StrictMember) as archive:
        for member in archive:
            if member.isreg():
                stream = archive.extractfile(member)
                assert stream is not None  # only links and folders have none
                yield _Entry(PurePosixPath(member.name), member.size, stream.read)
        _read_out(path, archive)


def _read_out(path: Path, archive: tarfile.TarFile) -> None:
    """Read what follows the last member: padding, and the checksum of a compressed stream.

    Raises:
        CharlensError: there is more than any padding.
        Exception: one of :data:`_DAMAGE`, if the checksum does not match or is missing.
    """
    assert archive.fileobj is not None
    left = MAX_BYTES
    while piece := archive.fileobj.read(_PIECE):
        left -= len(piece)
        if left < 0:
            raise CharlensError(
                f"{path}: more than {MAX_BYTES:,} bytes follow its last file; pack it again"
            )


class _StrictMember(tarfile.TarInfo):
    """A member header that must be sound: tarfile takes a damaged one for the archive's end."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        member = super().frombuf(buf, encoding, errors)
        if member.type in _HEADERS and not 0 <= member.size <= MAX_HEADER:
            raise tarfile.ReadError(f"a header of {member.size:,} bytes")
        return member

    @classmethod
    def fromtarfile(cls, archive: tarfile.TarFile) -> Self:
        try:
            member = super().fromtarfile(archive)
            if member.size < 0:
                raise tarfile.ReadError(f"a file of {member.size:,} bytes")
            return member
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]
            raise
        except tarfile.HeaderError as error:
            raise tarfile.ReadError(f"{error} at byte {archive.offset:,}") from error


_HEADERS = (
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
)


def _damage(path: Path, error: Exception) -> str:
    if isinstance(error, OSError) and error.errno is not None:
        return f"cannot be read ({error.strerror})"
    if not path.name.lower().endswith((".zip", *TAR_SUFFIXES)):
        return f"expected a folder or an archive (.zip {' '.join(TAR_SUFFIXES)})"
    reason = str(error).partition("\n")[0].rstrip(":") or type(error).__name__
    return f"damaged or truncated archive ({reason}); replace it by a good copy"
