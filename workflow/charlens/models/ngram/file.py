"""The file of an n-gram model: seven bytes per byte of training text, checked when read.

safetensors: the text, its sorted suffixes, the two kinds of common prefixes, the discounts; and one
JSON object with the caller's metadata and a SHA-256 over everything else. Fitting again
would take as long as sorting the suffixes; reading takes a moment. Equal models give equal files.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from charlens.errors import CharlensError, DamagedFileError
from charlens.files.atomic import FilePath, atomic_path
from charlens.files.digest import Part, digest
from charlens.models.ngram.model import MAX_ORDER, NgramModel

FORMAT = 1
"""Version of the file; raised when names or meanings change."""

_KEY = "charlens"
_DTYPES = {
    "text": np.uint8,
    "order": np.int32,
    "prefix": np.uint8,
    "left": np.uint8,
    "discounts": np.float64,
}
_ADVICE = "delete it and run again to rebuild it"


def save_ngram(path: FilePath, model: NgramModel) -> None:
    """Write a model, whole or not at all.

    Raises:
        CharlensError: the disk is full or the folder cannot be written.
    """
    tensors = {name: np.ascontiguousarray(getattr(model, name)) for name in _DTYPES}
    header = {"kind": "n-gram", "format": FORMAT, "metadata": dict(model.metadata)}
    header["sha256"] = _digest(tensors, header)
    # One key only: the order in which safetensors writes several changes from run to run.
    text = {_KEY: json.dumps(header, sort_keys=True)}
    with atomic_path(path) as temporary:
        try:
            save_file(tensors, temporary, metadata=text)
        except SafetensorError as error:
            raise CharlensError(
                f"{path}: could not be written ({error}); if the disk is full, free some space "
                "and run again, nothing half-written was left"
            ) from error


def load_ngram(path: FilePath) -> NgramModel:
    """Read and verify a model.

    Raises:
        CharlensError: missing, damaged, of another version, or not an n-gram model of charlens.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            text = (file.metadata() or {}).get(_KEY)
            names = set(file.keys())
            header = _header(path, text, names)
            tensors = {name: file.get_tensor(name) for name in _DTYPES}
    except FileNotFoundError:
        raise CharlensError(f"{path}: no such n-gram model; run the workflow to make it") from None
    except (SafetensorError, OSError) as error:
        detail = " ".join(str(error).split())[:160]
        raise DamagedFileError(path, f"{path}: damaged n-gram model ({detail})") from error
    expected = header.pop("sha256", None)
    if _digest(tensors, header) != expected:
        raise DamagedFileError(path, f"{path}: damaged n-gram model (the checksum does not match)")
    _check_shapes(path, tensors)
    return NgramModel(**tensors, metadata=header["metadata"])


def _header(path: FilePath, text: str | None, names: set[str]) -> dict[str, Any]:
    try:
        header = json.loads(text or "{}")
    except (ValueError, RecursionError) as error:
        raise DamagedFileError(
            path, f"{path}: damaged n-gram model (its header: {error})"
        ) from error
    if not isinstance(header, dict) or header.get("kind") != "n-gram":
        raise CharlensError(f"{path}: expected an n-gram model of charlens, found another file")
    if header.get("format") != FORMAT:
        raise CharlensError(
            f"{path}: expected n-gram model format {FORMAT}, found {header.get('format')}; "
            f"{_ADVICE}"
        )
    if names != set(_DTYPES) or not isinstance(header.get("metadata"), dict):
        raise DamagedFileError(path, f"{path}: damaged n-gram model (parts are missing)")
    return header


def _check_shapes(path: FilePath, tensors: Mapping[str, np.ndarray]) -> None:
    """Validate shapes and dtypes; the file may come from another program."""
    rows, top = len(tensors["text"]) + 2, tensors["discounts"].shape[1:2]
    shapes = {name: (rows,) for name in ("order", "prefix", "left")}
    shapes |= {"text": (rows - 2,), "discounts": (2, *top, 4)}
    for name, tensor in tensors.items():
        if tensor.shape != shapes[name] or tensor.dtype != _DTYPES[name]:
            raise CharlensError(
                f"{path}: expected {np.dtype(_DTYPES[name])} of shape {shapes[name]} under "
                f"'{name}', found {tensor.dtype} of shape {tensor.shape}; {_ADVICE}"
            )
    if not top or not 1 <= top[0] <= MAX_ORDER:
        raise CharlensError(f"{path}: expected orders 1 to {MAX_ORDER}, found {top}; {_ADVICE}")


def _digest(tensors: Mapping[str, np.ndarray], header: Mapping[str, Any]) -> str:
    parts = (
        Part(name, str(t.dtype), t.shape, t.reshape(-1).view(np.uint8).data)
        for name, t in tensors.items()
    )
    return digest(parts, json.dumps(header, sort_keys=True).encode())
