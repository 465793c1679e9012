"""Where the bytes of a corpus come from: a file, the web, a source tree, or the installation.

Whatever declares a size or checksum is verified before it is used. A download that fails is set
aside as ``*.rejected`` in the download folder; a user's own file is named but never touched.
"""

from __future__ import annotations

import hashlib
import logging
import os
import sys
import time
from pathlib import Path
from typing import BinaryIO, NamedTuple
from urllib.parse import urlsplit

import pooch
import requests

from charlens.errors import CharlensError
from charlens.files.atomic import atomic_path
from charlens.text.sources.builtin import BUILTIN
from charlens.text.sources.kinds import (
    BuiltinSource,
    FileSource,
    PublishedSource,
    Source,
    TreeSource,
    UrlSource,
)
from charlens.text.sources.tree import read_tree

log = logging.getLogger(__name__)

TIMEOUT = (10.0, 30.0)
"""Seconds to wait for a connection, and for the next piece of a download."""

DEADLINE = 900.0
"""Seconds a whole download may take."""

MAX_DOWNLOAD = 1 << 30
"""Most bytes accepted from a server for a file whose size is not declared (1 GiB)."""

_AUTHORS = "https://cs.stanford.edu/people/karpathy/char-rnn/"
# The Internet Archive's copy of the page as it was nearest to the paper; id_ asks for the
# original bytes.
_ARCHIVE = "https://web.archive.org/web/2016id_/"

PUBLISHED: dict[str, UrlSource] = {
    "war_and_peace": UrlSource(
        urls=(f"{_AUTHORS}warpeace_input.txt", f"{_ARCHIVE}{_AUTHORS}warpeace_input.txt"),
        filename="warpeace_input.txt",
        bytes=3_258_246,
        sha256="fb66ba999dafe24017cdd59e04c56d385a9c8466993d374fd4c6f08b2142985e",
    ),
    "linux_kernel": UrlSource(
        urls=(f"{_AUTHORS}linux_input.txt", f"{_ARCHIVE}{_AUTHORS}linux_input.txt"),
        filename="linux_input.txt",
        bytes=6_206_996,
        git_blob_sha1="6277447c2510ae2d0c4abb2a8dcc1fefaa40060b",
    ),
}
"""The paper's two corpora as its authors published them (section 4)."""


class Expected(NamedTuple):
    """What is known of a file beforehand; None where nothing is."""

    bytes: int | None = None
    sha256: str | None = None
    git_blob_sha1: str | None = None

    def __str__(self) -> str:
        """In words: "3,258,246 bytes, sha256 fb66…"."""
        size = None if self.bytes is None else f"{self.bytes:,} bytes"
        sums = [f"{key} {value}" for key, value in list(self._asdict().items())[1:] if value]
        return ", ".join(filter(None, [size, *sums])) or "any content"

    def mismatch(self, data: bytes) -> str | None:
        """Say how ``data`` differs from what is expected, or None."""
        if not data:
            return "the file is empty"
        if self.bytes is not None and len(data) != self.bytes:
            return f"expected {self.bytes:,} bytes, found {len(data):,} bytes"
        for key, expected, found in (
            ("sha256", self.sha256, sha256(data)),
            ("git_blob_sha1", self.git_blob_sha1, git_blob_sha1(data)),
        ):
            if expected is not None and found != expected:
                return f"expected {key} {expected}, found {found}"
        return None


def sha256(data: bytes) -> str:
    """Hexadecimal SHA-256."""
    return hashlib.sha256(data).hexdigest()


def git_blob_sha1(data: bytes) -> str:
    """The hexadecimal name git gives to a file with this content."""
    header = b"blob %d\0" % len(data)
    return hashlib.sha1(header + data, usedforsecurity=False).hexdigest()


def read(
    source: Source, corpora_dir: str | Path | None, download_dir: str | Path
) -> tuple[bytes, str]:
    """Get the bytes of a corpus.

    Args:
        source: one of the source classes of :mod:`charlens.study.config`.
        corpora_dir: folder of corpus files searched before the network.
        download_dir: folder where downloads are kept.

    Returns:
        The bytes, never empty, and where they came from in words (no paths of this machine).

    Raises:
        CharlensError: the source is missing, unreadable, empty or not what was declared.
    """
    own = None if corpora_dir is None else Path(corpora_dir).expanduser()
    if own is not None and not own.is_dir():
        log.warning("corpora_dir %s: no such folder, looking elsewhere", own)
    match source:
        case BuiltinSource():
            data, description = BUILTIN[source.builtin]()
            if source.limit_bytes is not None and source.limit_bytes < len(data):
                data = data[: source.limit_bytes]
                description += f", the first {len(data):,} bytes"
            return data, description
        case PublishedSource():
            return _find(PUBLISHED[source.published], own, Path(download_dir))
        case UrlSource():
            return _find(source, own, Path(download_dir))
        case FileSource():
            path = _locate(source.file, own)
            expected = Expected(source.bytes, source.sha256)
            return _own_file(path, expected, "correct the config"), f"file {path.name}"
        case TreeSource():
            path = _locate(source.tree, own)
            data, count = read_tree(path, source.glob, source.shuffle_seed)
            if not data:
                raise CharlensError(f"{path}: the {count:,} files selected are all empty")
            return data, (
                f"tree {path.name}: {count:,} files matching {', '.join(source.glob)}, "
                f"shuffled with seed {source.shuffle_seed}"
            )
    raise TypeError(f"unknown source {source!r}")


def _locate(name: str, corpora_dir: Path | None) -> Path:
    """A path of the user's: as it stands from the working folder, else in ``corpora_dir``."""
    candidates = [Path(name).expanduser()]
    if corpora_dir is not None:
        candidates.append(corpora_dir / name)
    for path in candidates:
        if path.exists():
            return path
    elsewhere = "" if corpora_dir is None else f" nor in corpora_dir {corpora_dir}"
    raise CharlensError(
        f"{name}: no such file in the working folder {Path.cwd()}{elsewhere}; "
        "put it there or correct the path in the config"
    )


def _own_file(path: Path, expected: Expected, else_do: str) -> bytes:
    """Read and verify a file that belongs to the user; ``else_do`` ends the advice in errors."""
    data = _read(path)
    problem = expected.mismatch(data)
    if problem:
        raise CharlensError(f"{path}: {problem}; put a good copy in its place or {else_do}")
    return data


def _read(path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file():
            raise CharlensError(f"{path}: expected a file, found a folder or a device")
        return path.read_bytes()
    except OSError as error:
        raise CharlensError(f"{path}: cannot be read ({error.strerror})") from error


def _find(source: UrlSource, corpora_dir: Path | None, download_dir: Path) -> tuple[bytes, str]:
    """A verified file: from ``corpora_dir``, from an earlier download, or from the web."""
    expected = Expected(source.bytes, source.sha256, source.git_blob_sha1)
    name = source.filename
    if corpora_dir is not None and (corpora_dir / name).exists():
        return _own_file(corpora_dir / name, expected, "remove it"), f"file {name}"
    kept, tried = download_dir / name, []
    if kept.exists():
        data = _read(kept)
        problem = expected.mismatch(data)
        if problem is None:
            return data, f"file {name}"
        tried.append(f"{kept}: {problem}, kept aside as {_set_aside(kept, data, name)}")
    for url in source.urls:
        try:
            return _download(url, kept, expected), f"{name} from {url}"
        except _DownloadError as error:
            tried.append(f"{url}: {error}")
            log.warning("%s", tried[-1])
    raise CharlensError(
        f"{name}: no good copy found (tried {'; '.join(tried)}); put a file of {expected} at "
        f"{(corpora_dir or download_dir) / name}"
    )


class _DownloadError(Exception):
    """One address did not give the file."""


class _Bounded:
    """A writer that stops a download that is too large or too slow."""

    def __init__(self, stream: BinaryIO, limit: int) -> None:
        self.stream, self.limit, self.written = stream, limit, 0
        self.deadline = time.monotonic() + DEADLINE

    def write(self, data: bytes) -> int:
        self.written += len(data)
        if self.written > self.limit:
            raise _DownloadError(f"sends more than {self.limit:,} bytes, download stopped")
        if time.monotonic() > self.deadline:
            raise _DownloadError(f"not finished after {DEADLINE:.0f} s, download stopped")
        return self.stream.write(data)

    def flush(self) -> None:
        self.stream.flush()


def _download(url: str, target: Path, expected: Expected) -> bytes:
    """Fetch ``url`` to ``target``, which appears only when it is complete and verified."""
    address = urlsplit(url)
    loopback = address.hostname in ("localhost", "127.0.0.1", "::1")
    if address.scheme != "https" and not (address.scheme == "http" and loopback):
        raise _DownloadError("only https is allowed")
    log.info("downloading %s", url)
    # A wrong file of about the right size is worth keeping to look at, an endless one is not.
    limit = MAX_DOWNLOAD if expected.bytes is None else 2 * expected.bytes + (1 << 20)
    fetch = pooch.HTTPDownloader(
        timeout=TIMEOUT, chunk_size=1 << 16, progressbar=sys.stderr.isatty()
    )
    with atomic_path(target) as temporary:
        try:
            with open(temporary, "wb") as stream:
                fetch(url, _Bounded(stream, limit), None)
        except requests.RequestException as error:
            raise _DownloadError(_reason(error)) from error
        data = temporary.read_bytes()
        problem = expected.mismatch(data)
        if problem:
            aside = _set_aside(temporary, data, target.name) if data else None
            raise _DownloadError(problem + (f", kept aside as {aside}" if aside else ""))
    return data


def _set_aside(path: Path, data: bytes, name: str) -> Path:
    """Rename a file that failed; its checksum in the name keeps different failures apart."""
    aside = path.with_name(f"{name}.{sha256(data)[:8]}.rejected")
    try:
        os.replace(path, aside)
    except OSError as error:
        raise CharlensError(
            f"{path}: not the expected file and cannot be renamed ({error.strerror}); remove it"
        ) from error
    return aside


def _reason(error: requests.RequestException) -> str:
    """A network error in a few words; the full one is in the traceback's chain."""
    if isinstance(error, requests.Timeout):
        return "timed out"
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"HTTP {error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the connection broke before the end"
    if isinstance(error, requests.exceptions.SSLError):
        return "no trusted connection"
    if isinstance(error, requests.ConnectionError):
        return "no connection"
    return type(error).__name__
