"""Checkpoints: exact, deterministic, and never used when damaged."""

from __future__ import annotations

import pytest
import torch
from charlens.errors import CharlensError
from charlens.files.checkpoint import load_checkpoint, save_checkpoint

TENSORS = {"a": torch.arange(6.0).view(2, 3), "b": torch.tensor(1.5, dtype=torch.float64)}


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


def test_every_flipped_byte_of_the_data_is_noticed(tmp_path):
    path = tmp_path / "c.safetensors"
    save_checkpoint(path, TENSORS, {})
    good = path.read_bytes()
    for offset in range(len(good) - 32, len(good)):
        path.write_bytes(good[:offset] + bytes([good[offset] ^ 1]) + good[offset + 1 :])
        with pytest.raises(CharlensError, match=r"c\.safetensors: damaged"):
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
    from safetensors.torch import save_file

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
