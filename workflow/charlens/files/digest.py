"""The checksum that files of tensors carry of their own content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import NamedTuple


class Part(NamedTuple):
    """A named tensor as the checksum sees it."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    data: memoryview


def digest(parts: Iterable[Part], header: bytes = b"") -> str:
    """Hexadecimal SHA-256 over a header and the names, types, shapes and bytes of tensors."""
    total = hashlib.sha256(header)
    for part in sorted(parts, key=lambda part: part.name):
        total.update(f"{part.name} {part.dtype} {part.shape};".encode())
        total.update(part.data)
    return total.hexdigest()
