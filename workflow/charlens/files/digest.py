"""The checksum of their own content that files of tensors carry."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import NamedTuple


class Part(NamedTuple):
    """A named tensor, as input of the checksum."""

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
