"""What is known of a file beforehand, and whether a file is what was expected."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

Data = bytes  # in Expected, "bytes" is a field


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

    def mismatch(self, data: Data) -> str | None:
        """Say how ``data`` differs from what is expected, or None."""
        if not data:
            return "the file is empty"
        if self.bytes is not None and len(data) != self.bytes:
            return f"expected {self.bytes:,} bytes, found {len(data):,} bytes"
        for key, expected, actual in (
            ("sha256", self.sha256, sha256(data)),
            ("git_blob_sha1", self.git_blob_sha1, git_blob_sha1(data)),
        ):
            if expected is not None and actual != expected:
                return f"expected {key} {expected}, found {actual}"
        return None


def sha256(data: bytes) -> str:
    """Hexadecimal SHA-256."""
    return hashlib.sha256(data).hexdigest()


def git_blob_sha1(data: bytes) -> str:
    """The hexadecimal name git gives to a file with this content."""
    header = b"blob %d\0" % len(data)
    return hashlib.sha1(header + data, usedforsecurity=False).hexdigest()
