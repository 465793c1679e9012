"""The files of a folder or archive, read one by one in memory.

Nothing is extracted, so no member can be written anywhere. Archives are read to their end, members
that nobody asks for included, because that is where compressed streams keep the checksum of their
content.
"""

from __future__ import annotations

import lzma
import os
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Literal, NamedTuple, Self

from charlens.errors import CharlensError
from charlens.text.sources.own_file import MAX_BYTES, MAX_TREE

TAR_SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")

MAX_MEMBERS = 1_000_000
"""Most members of an archive, files and all others; a kernel has a tenth of it."""

MAX_HEADER = 1 << 20
"""Most bytes of a tar header beyond its block: long names, extended attributes (1 MiB)."""

DAMAGE = (
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


def is_archive(path: Path) -> bool:
    """Whether a file is one by its name, or a tar by its content; damage is not looked for."""
    if path.name.lower().endswith((".zip", *TAR_SUFFIXES)):
        return True
    try:
        return tarfile.is_tarfile(path)
    except DAMAGE:
        return False


def tells_sizes(path: Path) -> bool:
    """Whether the headers of an archive tell the sizes of its files without unpacking it.

    Those of a compressed tar lie within what is compressed.
    """
    if path.name.lower().endswith(".zip"):
        return True
    try:
        with tarfile.open(path, "r:"):
            return True
    except DAMAGE:
        return False


class Entry(NamedTuple):
    """One regular file of a tree: where it is, how large, and how to read it."""

    path: PurePosixPath
    size: int
    read: Callable[[], bytes]


def files_of_folder(root: Path) -> Iterator[Entry]:
    """The regular files below a folder, links left out."""
    waiting = [PurePosixPath()]  # not os.walk, which nests as deep as the folders
    while waiting:
        folder = waiting.pop()
        with os.scandir(root / folder) as entries:
            for entry in entries:
                path, status = folder / entry.name, entry.stat(follow_symlinks=False)
                if stat.S_ISDIR(status.st_mode):
                    waiting.append(path)
                elif stat.S_ISREG(status.st_mode):
                    yield Entry(path, status.st_size, (root / path).read_bytes)


def files_of_archive(path: Path, to_its_end: bool = True) -> Iterator[Entry]:
    """The regular files of an archive, in its own order.

    Args:
        path: the archive.
        to_its_end: read all of it and compare its checksums; otherwise only the headers of a zip or
            of a plain tar are read, and of the files what is asked for.

    Raises:
        CharlensError: encrypted files, or more than any source tree holds.
        Exception: one of :data:`DAMAGE`, for what is no archive as well.
    """
    scanned = 0
    members = _zip if path.name.lower().endswith(".zip") else _tar
    for entry in members(path, to_its_end):
        scanned += entry.size
        if scanned > MAX_TREE:
            raise CharlensError(
                f"{path}: its files claim to hold more than {MAX_TREE:,} bytes, which no "
                "source tree does; use another archive"
            )
        # Members that point outside the tree are harmless (nothing is extracted) but no files
        # of it either.
        if not entry.path.is_absolute() and entry.path.parts and ".." not in entry.path.parts:
            yield entry


def _zip(path: Path, to_its_end: bool) -> Iterator[Entry]:
    with zipfile.ZipFile(path) as archive:
        _check_count(path, archive)
        _check_members(path, len(archive.infolist()))
        for info in archive.infolist():
            if info.flag_bits & 1:
                raise CharlensError(
                    f"{path}: {info.filename} is encrypted; use an archive without a password"
                )
            kind = stat.S_IFMT(info.external_attr >> 16)
            if not info.is_dir() and kind in (0, stat.S_IFREG):
                unzip = _Once(partial(_unzip, archive, info))
                yield Entry(PurePosixPath(info.filename), info.file_size, unzip)
                if unzip.done:
                    continue
            for piece in _pieces(archive, info) if to_its_end else ():  # compares its checksum
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


def _check_members(path: Path, count: int) -> None:
    if count > MAX_MEMBERS:
        raise CharlensError(
            f"{path}: it has more than {MAX_MEMBERS:,} files, folders and links, which no source "
            "tree does; use another archive"
        )


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


def _tar(path: Path, to_its_end: bool) -> Iterator[Entry]:
    mode: Literal["r:*", "r:"] = "r:*" if to_its_end else "r:"
    with tarfile.open(path, mode, tarinfo=_StrictMember) as archive:
        for count, member in enumerate(archive):
            _check_members(path, count + 1)
            if member.isreg():
                stream = archive.extractfile(member)
                assert stream is not None  # only links and folders have none
                yield Entry(PurePosixPath(member.name), member.size, stream.read)
        if to_its_end:
            _read_out(path, archive)


def _read_out(path: Path, archive: tarfile.TarFile) -> None:
    """Read what follows the last member: padding, and the checksum of a compressed stream.

    Raises:
        CharlensError: there is more than any padding.
        Exception: one of :data:`DAMAGE`, if the checksum does not match or is missing.
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


def damage_of(path: Path, error: Exception) -> str:
    """What one of :data:`DAMAGE` says of a folder or archive, and what to do, in one line."""
    if isinstance(error, OSError) and error.errno is not None:
        return f"cannot be read ({error.strerror})"
    if not is_archive(path):
        return f"expected a folder or an archive (.zip {' '.join(TAR_SUFFIXES)})"
    reason = str(error).partition("\n")[0].rstrip(":") or type(error).__name__
    return f"the archive is damaged or truncated ({reason}); replace it by a good copy"
