"""Checkpoints: exact, deterministic, and never used when damaged."""

from __future__ import annotations

import json

import pytest
import torch
from charlens.errors import CharlensError, DamagedFileError
from charlens.files.checkpoint import load_checkpoint, save_checkpoint
from charlens.files.digest import Part, digest
from safetensors.torch import save_file

TENSORS = {"a": torch.arange(6.0).view(2, 3), "b": torch.tensor(1.5, dtype=torch.float64)}
FLAT = [("a", torch.arange(6.0)), ("b", torch.arange(3))]


def test_round_trip_and_equal_bytes(tmp_path):
    one, two = tmp_path / "one.safetensors", tmp_path / "two.safetensors"
    save_checkpoint(one, TENSORS, {"model": "x", "curve": [1, None]})
    for _ in range(8):
        save_checkpoint(two, dict(reversed(TENSORS.items())), {"curve": [1, None], "model": "x"})
        assert one.read_bytes() == two.read_bytes()
    tensors, metadata = load_checkpoint(one)
    assert metadata["model"] == "x"
    assert metadata["curve"] == [1, None]
    for name, tensor in TENSORS.items():
        assert torch.equal(tensors[name], tensor)
        assert tensors[name].dtype == tensor.dtype


def test_every_flipped_byte_is_noticed(tmp_path):
    path = tmp_path / "c.safetensors"
    save_checkpoint(path, TENSORS, {"val_loss": 3.17, "curve": [[1, 0.5], None], "2": 1, 10: "é"})
    good = path.read_bytes()
    load_checkpoint(path)
    for offset in range(len(good)):
        path.write_bytes(good[:offset] + bytes([good[offset] ^ 1]) + good[offset + 1 :])
        with pytest.raises(CharlensError, match=r"c\.safetensors: "):
            load_checkpoint(path)


def test_files_of_earlier_versions_are_read(tmp_path):
    """Their checksum is that of the tensors alone."""
    path = tmp_path / "c.safetensors"
    parts = [Part(n, str(t.dtype), tuple(t.shape), t.numpy().data.cast("B")) for n, t in FLAT]
    facts = {"format": 1, "model": "x", "sha256": digest(parts)}
    save_file(dict(FLAT), path, metadata={"charlens": json.dumps(facts)})
    assert load_checkpoint(path)[1] == {"format": 1, "model": "x"}


def test_a_broken_header_is_damage(tmp_path):
    path = tmp_path / "c.safetensors"
    for text in ("{", "[1]", "3", '{"sha256": [}', "[" * 9000):
        save_file(dict(FLAT), path, metadata={"charlens": text})
        with pytest.raises(DamagedFileError):
            load_checkpoint(path)


@pytest.mark.parametrize("keep", [0, 5, 100, -1])
def test_truncation_is_noticed(tmp_path, keep):
    path = tmp_path / "c.safetensors"
    save_checkpoint(path, TENSORS, {})
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(CharlensError, match=r"c\.safetensors: damaged"):
        load_checkpoint(path)


def test_missing_and_foreign_files(tmp_path):
    with pytest.raises(CharlensError, match="no such checkpoint"):
        load_checkpoint(tmp_path / "none.safetensors")
    save_file(TENSORS, tmp_path / "foreign.safetensors")
    with pytest.raises(CharlensError, match="not a charlens checkpoint"):
        load_checkpoint(tmp_path / "foreign.safetensors")


def test_another_version_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "c.safetensors"
    monkeypatch.setattr("charlens.files.checkpoint.FORMAT", 99)
    save_checkpoint(path, TENSORS, {})
    monkeypatch.undo()
    with pytest.raises(CharlensError, match="format 99"):
        load_checkpoint(path)
