"""Files on the web: the two published corpora and any address, kept once downloaded.

Whatever declares a size or checksum is verified before it is used. A download that fails is set
aside as ``*.rejected`` in the download folder; a user's own file is named but never touched.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, Literal, Self
from urllib.parse import urljoin, urlsplit

from pydantic import Field, model_validator

from charlens.config_types import Bytes, Sha1, Sha256, Text, matching, problem
from charlens.errors import CharlensError
from charlens.files.atomic import atomic_path
from charlens.paper.texts import bytes_of
from charlens.text.sources.kind import BytesAndOrigin, Folders, SourceKind, Wrong
from charlens.text.sources.own_file import read_bytes, verified
from charlens.text.sources.verify import Expected, sha256

if TYPE_CHECKING:
    import requests

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


class UrlSource(SourceKind):
    """A file on the web; at least one checksum says which bytes are meant."""

    urls: Annotated[
        tuple[
            Annotated[
                Text, matching("^https?://", "an address that starts with http:// or https://")
            ],
            ...,
        ],
        Field(min_length=1),
    ]
    """Tried in this order."""
    filename: Annotated[
        Text,
        matching(
            "^[A-Za-z0-9_][A-Za-z0-9._-]*$",
            "a file name of letters, digits, ., - and _, without a folder",
            longest=200,
        ),
    ]
    """Name under which corpora_dir is searched and the download is kept."""
    bytes: Bytes | None = None
    """Expected size; null accepts any."""
    sha256: Sha256 | None = None
    """Expected checksum; null where git_blob_sha1 is given."""
    git_blob_sha1: Sha1 | None = None
    """SHA-1 over ``blob <bytes>\\0`` and the bytes, as git computes it."""

    @model_validator(mode="after")
    def _has_checksum(self) -> Self:
        if self.sha256 is None and self.git_blob_sha1 is None:
            raise problem("sha256", None, "expected sha256 or git_blob_sha1, at least one of them")
        return self

    def wrong(self) -> Wrong | None:
        for i, url in enumerate(self.urls):
            if not _is_address(url):
                return Wrong(f"urls[{i}]", url, "expected an address such as https://host/file.txt")
        return None

    def size(self, corpora_dir: str | None) -> int | None:
        return self.bytes

    def read(self, folders: Folders) -> BytesAndOrigin:
        return find_or_download(self, folders.corpora, folders.downloads)


PUBLISHED: dict[str, UrlSource] = {
    "war_and_peace": UrlSource(
        urls=(f"{_AUTHORS}warpeace_input.txt", f"{_ARCHIVE}{_AUTHORS}warpeace_input.txt"),
        filename="warpeace_input.txt",
        bytes=bytes_of("war_and_peace"),
        sha256="fb66ba999dafe24017cdd59e04c56d385a9c8466993d374fd4c6f08b2142985e",
    ),
    "linux_kernel": UrlSource(
        urls=(f"{_AUTHORS}linux_input.txt", f"{_ARCHIVE}{_AUTHORS}linux_input.txt"),
        filename="linux_input.txt",
        bytes=bytes_of("linux_kernel"),
        git_blob_sha1="6277447c2510ae2d0c4abb2a8dcc1fefaa40060b",
    ),
}
"""The paper's two corpora as its authors published them (section 4)."""


class PublishedSource(SourceKind):
    """A corpus of the paper, searched for in corpora_dir, then downloaded, always verified."""

    published: Literal[tuple(PUBLISHED)]  # type: ignore[valid-type]
    """Which of the two."""

    def size(self, corpora_dir: str | None) -> int | None:
        return PUBLISHED[self.published].bytes

    def read(self, folders: Folders) -> BytesAndOrigin:
        return PUBLISHED[self.published].read(folders)


def find_or_download(
    source: UrlSource, corpora_dir: Path | None, download_dir: Path
) -> tuple[bytes, str]:
    """A verified file: from ``corpora_dir``, from an earlier download, or from the web."""
    expected = Expected(source.bytes, source.sha256, source.git_blob_sha1)
    name = source.filename
    if corpora_dir is not None and (corpora_dir / name).exists():
        return verified(corpora_dir / name, expected, "remove it"), f"file {name}"
    downloaded, tried = download_dir / name, []
    if downloaded.exists():
        data = read_bytes(downloaded)
        problem = expected.mismatch(data)
        if problem is None:
            return data, f"file {name}"
        tried.append(f"{downloaded}: {problem}, kept aside as {_set_aside(downloaded, data, name)}")
    for url in source.urls:
        try:
            return _download(url, downloaded, expected), f"{name} from {url}"
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
    import pooch  # here, as planning reads this module
    import requests

    if not _is_address(url):
        raise _DownloadError("not an address of the web")
    if not _is_safe(url):
        raise _DownloadError("only https is allowed")
    log.info("downloading %s", url)
    # A wrong file of about the right size is worth keeping to look at, an endless one is not.
    limit = MAX_DOWNLOAD if expected.bytes is None else 2 * expected.bytes + (1 << 20)
    fetch = pooch.HTTPDownloader(
        timeout=TIMEOUT,
        chunk_size=1 << 16,
        progressbar=sys.stderr.isatty(),
        hooks={"response": _check_redirect},
    )
    with atomic_path(target) as temporary:
        try:
            with open(temporary, "wb") as stream:
                fetch(url, _Bounded(stream, limit), None)
        except requests.RequestException as error:
            raise _DownloadError(_reason(error)) from error
        except ValueError as error:  # a length that is no number, an address that is none
            raise _DownloadError("the server's answer is malformed") from error
        data = temporary.read_bytes()
        problem = expected.mismatch(data)
        if problem:
            aside = _set_aside(temporary, data, target.name) if data else None
            raise _DownloadError(problem + (f", kept aside as {aside}" if aside else ""))
    return data


_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def _is_address(url: str) -> bool:
    """Whether an address has a host that can be looked up, and a port that can exist."""
    try:
        address = urlsplit(url)
        host = address.hostname or ""
        labels = host.removesuffix(".").encode("idna").split(b".")  # UnicodeError is a ValueError
        return address.port != 0 and all(0 < len(label) < 64 for label in labels)
    except ValueError:
        return False


def _is_safe(url: str) -> bool:
    """Whether nobody on the way can read or change what an address gives."""
    address = urlsplit(url)
    return address.scheme == "https" or (address.scheme == "http" and address.hostname in _LOOPBACK)


def _check_redirect(response: requests.Response, **_: object) -> None:
    """Refuse, before it is followed, a redirect that leaves https or reaches into this machine.

    Raises:
        _DownloadError: the answer redirects to such an address.
    """
    if not response.is_redirect:
        return
    address = response.url
    try:
        target = urljoin(address, response.headers["location"])
    except ValueError:  # of an IPv6 address without its end
        target = ""
    if not _is_address(target):
        raise _DownloadError("redirects to what is not an address of the web")
    if not _is_safe(target) or (_is_remote(address) and not _is_remote(target)):
        place = f"{urlsplit(target).scheme}://{urlsplit(target).hostname}"
        raise _DownloadError(f"redirects to {place}; only https is allowed")


def _is_remote(url: str) -> bool:
    return urlsplit(url).hostname not in _LOOPBACK


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
    import requests

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
