"""The values of all cells over the test split, cell by cell, on disk where they are many."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from charlens.inside.cells.score import cell_values
from charlens.inside.evidence.keeping import Keeping
from charlens.models.catalogue import CELLS
from charlens.models.language_model import LanguageModel
from charlens.models.names import parse
from charlens.models.running import observing
from charlens.models.trained import TrainedModel
from charlens.runtime.progress import progress
from charlens.text.splits import Codes

IN_MEMORY = 256 * 2**20
"""Bytes of values that are kept in memory; more lie in a file."""

CELLS_AT_ONCE = 32
"""How many cells a pass looks at together, which bounds its memory."""


@dataclass(frozen=True)
class Traces:
    """Values of cells after each input byte was read: tanh(c), or h of cells without c.

    Attributes:
        values: float32 (cells, streams, length), layer by layer.
        layer: the layer of each cell, from 1, int64 (cells,).
        unit: its place there, from 0, int64 (cells,).
        file: the mapped file of the values, where they are not in memory.
    """

    values: np.ndarray
    layer: np.ndarray
    unit: np.ndarray
    file: mmap.mmap | None = None

    def of_streams(self, streams: slice) -> Traces:
        """The same of some streams, without a copy."""
        return Traces(self.values[:, streams], self.layer, self.unit, self.file)

    def of_stream(self, stream: int, cells: np.ndarray | slice = slice(None)) -> np.ndarray:
        """Values in one stream of some cells or all, float64 (cells, length)."""
        chosen = np.arange(len(self.values))[cells]
        values = np.empty((len(chosen), self.values.shape[2]))
        for part in _parts(len(chosen)):
            values[part] = self.values[chosen[part], stream]
            _release(self.file)
        return values

    def chunks(self, at_once: int = CELLS_AT_ONCE) -> Iterator[tuple[slice, np.ndarray]]:
        """Some cells at a time: which, and their values (chunk, streams, length)."""
        for part in _parts(len(self.values), at_once):
            yield part, self.values[part]
            _release(self.file)


def traces(
    trained: TrainedModel, codes: Codes, steps: int, device: str, name: str, folder: Path
) -> tuple[Traces, Keeping | None]:
    """Run a network over the test split; keep what its cells hold and what its gates let them keep.

    Args:
        trained: the model.
        codes: vocabulary codes of the test split, uint8 (B, length + 1).
        steps: window length; divides length.
        device: auto, cpu or cuda.
        name: what the progress bar says.
        folder: for a file that lasts as long as the traces are used.

    Returns:
        The traces, and of cells with a gate that keeps their value how much it keeps.
    """
    streams, length = codes.shape[0], codes.shape[1] - 1
    model = trained.ready(streams, steps, device)
    widths = [values.shape[-1] for values in cell_values(model)]
    values, file = _room((sum(widths), streams, length), folder)
    point = parse(trained.model)
    gate = CELLS[point.cell].keeps if point is not None and point.cell in CELLS else ""
    keeping = Keeping(sum(widths)) if gate else None
    with progress(streams * length, name, "bytes") as bar:
        for place, inputs, _ in observing(model, codes):
            window = torch.cat(cell_values(model), -1)  # (T, B, cells)
            by_cell = window.permute(2, 1, 0).cpu().numpy()
            for part in _parts(len(values)):  # which bounds how much of the file is in memory
                values[part, :, place] = by_cell[part]
                _release(file)
            if keeping:
                keeping.add(_kept(model, gate))
            bar.update(inputs.numel())
    layer = np.repeat(np.arange(1, len(widths) + 1), widths)
    unit = np.concatenate([np.arange(width) for width in widths])
    return Traces(values, layer, unit, file), keeping


def _parts(cells: int, at_once: int = CELLS_AT_ONCE) -> Iterator[slice]:
    """Which cells are looked at together, in order."""
    for start in range(0, cells, at_once):
        yield slice(start, min(start + at_once, cells))


def _kept(model: LanguageModel, gate: str) -> np.ndarray:
    """Share of its value that each cell keeps at each step, float32 (cells, T·B)."""
    gates = torch.cat([layer[gate[-1]][0] for layer in model.quantities()], -1)  # (T, B, cells)
    shares = 1 - gates if gate.startswith("1-") else gates
    return shares.flatten(0, 1).t().cpu().numpy()


def _room(shape: tuple[int, int, int], folder: Path) -> tuple[np.ndarray, mmap.mmap | None]:
    """An array of zeros, float32, and the file that it lies in where memory is too small."""
    size = int(np.prod(shape)) * 4
    if size <= IN_MEMORY:
        return np.zeros(shape, np.float32), None
    with (folder / "traces.float32").open("w+b") as file:
        file.truncate(size)
        mapped = mmap.mmap(file.fileno(), size)
    return np.frombuffer(mapped, np.float32).reshape(shape), mapped


def _release(file: mmap.mmap | None) -> None:
    """Give back the memory of the pages in use; the file keeps what was written to them."""
    if file is not None and hasattr(mmap, "MADV_DONTNEED"):
        file.madvise(mmap.MADV_DONTNEED)
