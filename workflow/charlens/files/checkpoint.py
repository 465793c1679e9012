"""Tensors and their provenance in one safetensors file, whole or not at all, checked on reading.

The header carries one JSON object (what the tensors are) and a SHA-256 over it and over names,
shapes, types and bytes: a flipped bit or a truncated file is noticed before anything uses it. No
pickle.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from charlens.errors import CharlensError, DamagedFileError
from charlens.files.atomic import FilePath, atomic_path
from charlens.files.digest import Part, digest

FORMAT = 1
"""Version of charlens checkpoints; raised when names or meanings change."""


def save_checkpoint(
    path: FilePath, tensors: Mapping[str, Tensor], metadata: Mapping[str, Any]
) -> None:
    """Write tensors and JSON-able metadata; equal input gives equal bytes.

    Raises:
        CharlensError: the disk is full or the folder cannot be written.
    """
    on_cpu = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    facts = json.loads(json.dumps({"format": FORMAT, **metadata}))  # as it will be read
    facts["sha256"] = _digest(on_cpu, facts)
    header = {"charlens": json.dumps(facts, sort_keys=True)}  # one key: several have no fixed order
    with atomic_path(path) as temporary:
        try:
            save_file(on_cpu, temporary, metadata=header)
        except SafetensorError as error:
            raise CharlensError(
                f"{path}: could not be written ({error}); if the disk is full, free some space "
                "and run again, nothing half-written was left"
            ) from error


def load_checkpoint(path: FilePath) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read and verify a checkpoint.

    Returns:
        The tensors by name, and the metadata.

    Raises:
        CharlensError: missing, of another version, or not a charlens checkpoint; damaged
            (DamagedFileError).
    """
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except FileNotFoundError:
        raise CharlensError(f"{path}: no such checkpoint; run the workflow to make it") from None
    except (SafetensorError, OSError) as error:
        raise DamagedFileError(path, f"{path}: damaged checkpoint ({error})") from error
    if "charlens" not in header:
        raise CharlensError(f"{path}: not a charlens checkpoint (no charlens metadata)")
    try:
        metadata = dict(json.loads(header["charlens"]))
    except (ValueError, TypeError, RecursionError) as error:
        raise DamagedFileError(path, f"{path}: damaged checkpoint (its header: {error})") from error
    if "kind" in metadata:  # another kind of file of charlens, with a digest of its own
        raise CharlensError(
            f"{path}: expected a trained network, found an {metadata['kind']} model"
        )
    if metadata.get("format") != FORMAT:
        raise CharlensError(
            f"{path}: checkpoint format {metadata.get('format')}, this version reads {FORMAT}; "
            "delete the file and run again to rebuild it"
        )
    # Checksums of earlier versions leave the JSON out.
    if metadata.pop("sha256", None) not in (_digest(tensors, metadata), _digest(tensors)):
        raise DamagedFileError(path, f"{path}: damaged checkpoint (checksum does not match)")
    return tensors, metadata


def _digest(tensors: Mapping[str, Tensor], facts: Mapping[str, Any] | None = None) -> str:
    parts = (
        Part(name, str(t.dtype), tuple(t.shape), t.reshape(-1).view(torch.uint8).numpy().data)
        for name, t in tensors.items()
    )
    return digest(parts, b"" if facts is None else json.dumps(facts, sort_keys=True).encode())
