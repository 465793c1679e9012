"""Names of models: ``lstm-3x512`` is an LSTM of 3 layers in the size budget 512.

``n-gram-5`` and ``n-nn-5`` see a context of five characters.

Any lower-case word may stand for the cell: which cells exist is known to the engine alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_PATTERN = re.compile(r"([a-z][a-z0-9_]*)-([1-9][0-9]*)x([1-9][0-9]*)")
_CONTEXT_MODEL = re.compile(r"(n-gram|n-nn)-(0|[1-9][0-9]*)")
CONTEXT_FAMILIES = {"n-gram": "n-gram", "n-nn": "n-NN"}
"""Families of models with a context of n characters: their key and their name for people."""

_PAPER_ORDER = ("lstm", "rnn", "gru")


@dataclass(frozen=True)
class ModelId:
    """One grid point: recurrent cell, number of layers, size budget.

    The size is the paper's (section 4.1): the width of the 1-layer LSTM whose parameter count the
    model comes closest to, not the model's own width.
    """

    cell: str
    layers: int
    size: int

    def __str__(self) -> str:
        return f"{self.cell}-{self.layers}x{self.size}"

    @property
    def label(self) -> str:
        """The name on the paper's Figure 1, e.g. ``LSTM-3 (512)``."""
        return f"{cell_title(self.cell)}-{self.layers} ({self.size})"


def parse(text: str) -> ModelId | None:
    """The grid point named ``text``, or None where it names something else (``n-gram-20``)."""
    match = _PATTERN.fullmatch(text)
    return ModelId(match[1], int(match[2]), int(match[3])) if match else None


def context_model(text: str) -> tuple[str, int] | None:
    """Family and context length behind an id such as ``n-nn-3``, or None for other models."""
    match = _CONTEXT_MODEL.fullmatch(text)
    return (match[1], int(match[2])) if match else None


def cell_title(cell: str) -> str:
    """How a cell is written for people: ``LSTM``, ``GRU``, ``Transformer``."""
    return cell.upper() if len(cell) <= 4 else cell.capitalize()


def cell_rank(cell: str) -> tuple[int, str]:
    """Sort key of cells: the paper's order (LSTM, RNN, GRU), then the others by name."""
    known = cell in _PAPER_ORDER
    return (_PAPER_ORDER.index(cell) if known else len(_PAPER_ORDER), cell)


def title(model: str) -> str:
    """A model's name for people, as the paper has it: ``LSTM-3 (512)``, ``7-NN``, ``20-gram``."""
    point = parse(model)
    if point is not None:
        return point.label
    baseline = context_model(model)
    if baseline is None:
        return model
    family, n = baseline
    return f"{n}-{'NN' if family == 'n-nn' else 'gram'}"


def sort_key(model: str) -> tuple:
    """Sort key of model names: grid points by size, cell and layers, then all others by name."""
    point = parse(model)
    if point is None:
        return (1, model)
    return (0, point.size, cell_rank(point.cell), point.layers)
