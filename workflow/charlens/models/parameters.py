"""Where each weight lies: shapes, counts, widths that fit a budget, and one flat vector per model.

All parameters of a model are slices of one vector, so that clipping, updates, snapshots and
checkpoints are single operations whatever the architecture. On a GPU the width and the alphabet
are padded with zero weights to sizes the hardware likes; ``Layout`` knows both the stored and the
true shapes, and nothing padded ever reaches a file.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import Field, dataclass, field
from typing import Any, ClassVar, Protocol

import torch
from torch import Tensor

from charlens.errors import CharlensError
from charlens.models.buffers import side_by_side
from charlens.models.catalogue import BUDGET_CELL, CELLS

_ALIGNMENT = 64  # elements; keeps every slice 128-byte aligned in float16


# name, true shape, stored shape
Parameter = tuple[str, tuple[int, ...], tuple[int, ...]]


class Architecture(Protocol):
    """What a family of models must say of itself to get a parameter vector.

    Attributes:
        width: hidden units per layer.
        k: symbols in the alphabet.
    """

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]  # a dataclass of JSON-able fields

    @property
    def width(self) -> int: ...

    @property
    def k(self) -> int: ...

    def parameters(self, width: int, k: int) -> Iterator[Parameter]:
        """Every parameter in order, stored for ``width`` units and ``k`` symbols."""
        ...


@dataclass(frozen=True)
class Shape:
    """An architecture: cell, number of layers, units per layer, symbols in the alphabet."""

    cell: str
    layers: int
    width: int
    k: int

    @property
    def gates(self) -> int:
        """Gate blocks per unit: 4 for the LSTM, 3 for the GRU, 1 for the RNN."""
        return len(CELLS[self.cell].blocks)

    def parameters(self, width: int, k: int) -> Iterator[Parameter]:
        """Every parameter in order, stored for ``width`` units and ``k`` symbols.

        Names: ``input.0`` (k, G·n), ``input.l`` (n, G·n), ``recurrent.l`` (n, G·n), ``bias.l``
        (G·n), ``decoder`` (n, k), ``bias.decoder`` (k).
        """
        g, n = self.gates, self.width
        for layer in range(self.layers):
            below, stored_below = (self.k, k) if layer == 0 else (n, width)
            yield f"input.{layer}", (below, g, n), (stored_below, g, width)
            yield f"recurrent.{layer}", (n, g, n), (width, g, width)
            yield f"bias.{layer}", (g, n), (g, width)
        yield "decoder", (n, self.k), (width, k)
        yield "bias.decoder", (self.k,), (k,)


@dataclass(frozen=True)
class AdamWShape(Shape):
    """The same architectures, for the family that AdamW trains."""


def parameter_count(shape: Architecture) -> int:
    """Number of weights and biases of an architecture.

    >>> parameter_count(Shape("lstm", 1, 64, 87))  # the paper's "about 50K" (section 4.1)
    44567
    """
    parameters = shape.parameters(shape.width, shape.k)
    return sum(math.prod(true) for _, true, _ in parameters)


def budget(size: int, k: int) -> int:
    """The number of parameters that a size stands for, on an alphabet of ``k`` symbols.

    It is that of the 1-layer LSTM with ``size`` units (paper, section 4.1).
    """
    return parameter_count(Shape(BUDGET_CELL, 1, size, k))


def solve_width(shape: Callable[[int], Architecture], parameters: int, name: str) -> int:
    """The width whose parameter count comes closest to a budget; of two the smaller.

    Args:
        shape: the architecture of a width. The count must grow with the width.
        parameters: the budget, as from :func:`budget`.
        name: the model's id, for the error.

    Raises:
        CharlensError: even the smallest model has more than twice the budget.
    """

    def count(width: int) -> int:
        return parameter_count(shape(width))

    if count(1) > 2 * parameters:
        raise CharlensError(
            f"{name}: the smallest such model, one unit wide, needs {count(1)} parameters, "
            f"more than the budget of {parameters}; choose a larger size"
        )
    above = 2
    while count(above) <= parameters:
        above *= 2
    below = above // 2  # count(below) <= parameters < count(above), or below is 1
    while above - below > 1:
        middle = (below + above) // 2
        below, above = (middle, above) if count(middle) <= parameters else (below, middle)
    return below if parameters - count(below) <= count(above) - parameters else above


@dataclass(frozen=True)
class Entry:
    """One parameter: its true shape, its stored (padded) shape and its place in the vector."""

    name: str
    true: tuple[int, ...]
    stored: tuple[int, ...]
    offset: int

    @property
    def size(self) -> int:
        """Stored elements."""
        return math.prod(self.stored)


def _merged(shape: tuple[int, ...], name: str) -> tuple[int, ...]:
    """A shape with its gate axis merged into the columns: (rows, G·n); vectors stay (columns,)."""
    if name.startswith("bias") or len(shape) == 1:
        return (math.prod(shape),)
    return (shape[0], math.prod(shape[1:]))


@dataclass(frozen=True)
class Layout:
    """The parameter vector of one architecture.

    Args:
        shape: the architecture.
        multiple: widths are stored padded to a multiple of this (1: not padded).
    """

    shape: Architecture
    multiple: int = 1
    entries: dict[str, Entry] = field(init=False, repr=False)
    total: int = field(init=False)

    def __post_init__(self) -> None:
        entries, offset = {}, 0
        for name, true, stored in self.shape.parameters(self.width, self.k):
            entries[name] = Entry(name, true, stored, offset)
            step = _ALIGNMENT if self.multiple > 1 else 1
            offset += _round_up(entries[name].size, step)
        object.__setattr__(self, "entries", entries)
        object.__setattr__(self, "total", offset)

    @property
    def width(self) -> int:
        """Stored units per layer."""
        return _round_up(self.shape.width, self.multiple)

    @property
    def k(self) -> int:
        """Stored symbols."""
        return _round_up(self.shape.k, min(self.multiple, 32))

    def views(self, flat: Tensor) -> dict[str, Tensor]:
        """Named matrices inside ``flat`` (M, total), each (M, rows, columns) or (M, columns)."""
        return {
            name: flat[:, e.offset : e.offset + e.size].view(-1, *_merged(e.stored, name))
            for name, e in self.entries.items()
        }

    def _true(self, flat: Tensor, entry: Entry) -> Tensor:
        stored = flat[:, entry.offset : entry.offset + entry.size].view(-1, *entry.stored)
        return stored[(slice(None), *(slice(0, size) for size in entry.true))]

    def pack(self, weights: dict[str, Tensor], flat: Tensor) -> None:
        """Write true-shape ``weights``, each (M or 1, *true*), into ``flat``; padding untouched.

        Raises:
            CharlensError: a weight is missing or has another shape.
        """
        for name, entry in self.entries.items():
            target = self._true(flat, entry)
            if name not in weights or weights[name][0].numel() != target[0].numel():
                raise CharlensError(
                    f"weight {name!r} of {self.shape} is missing or has another shape; the file "
                    "belongs to another model"
                )
            target.copy_(weights[name].view(-1, *entry.true))

    def unpack(self, flat: Tensor) -> dict[str, Tensor]:
        """True-shape copies of every weight, each (M, rows, columns) or (M, columns)."""
        return {
            name: self._true(flat, entry).cpu().clone().reshape(-1, *_merged(entry.true, name))
            for name, entry in self.entries.items()
        }

    def empty(self, models: int, device: torch.device | str, dtype: torch.dtype) -> Tensor:
        """A vector per model, (M, total): zeros, and scores of padded symbols at −10⁴."""
        flat = side_by_side(models, self.total, dtype=dtype, device=device)
        self.views(flat)["bias.decoder"][:, self.shape.k :] = -1.0e4
        return flat


def _round_up(value: int, multiple: int) -> int:
    return -(-value // multiple) * multiple


def uniform_weights(
    layout: Layout, generator: torch.Generator, init_range: float
) -> dict[str, Tensor]:
    """Weights and biases drawn uniformly from [−init_range, init_range] (paper, section 3.3).

    Drawn on the CPU in float32 in the order of the layout, whatever device trains: the same seed
    starts every device, precision and padding from the same point.
    """
    return {
        name: torch.empty(1, *entry.true).uniform_(-init_range, init_range, generator=generator)
        for name, entry in layout.entries.items()
    }


def scaled_normal(
    layout: Layout, generator: torch.Generator, init_range: float
) -> dict[str, Tensor]:
    """Normal weights with a variance of one over their rows; biases and gains are 0.

    Args:
        layout: of the parameters.
        generator: of random numbers, on the CPU.
        init_range: ignored.
    """
    weights = {}
    for name, entry in layout.entries.items():
        weights[name] = torch.zeros(1, *entry.true)
        if len(entry.true) > 1 and not name.startswith("bias"):
            weights[name].normal_(0.0, entry.true[0] ** -0.5, generator=generator)
    return weights
