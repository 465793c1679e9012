"""Names of models: ``lstm-3x512`` is an LSTM of 3 layers in the size budget 512.

``n-gram-5`` and ``n-nn-5`` see a context of five characters.

Any lower-case word may be the cell of an id, also one that the catalogue lacks: a model from
elsewhere may be called so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from charlens.errors import CharlensError
from charlens.models.catalogue import CELLS, CONTEXT_FAMILIES, LSTM, SCORERS

_COUNT = "[1-9][0-9]{0,8}"  # longer ones are no size of a model, and more than tables can hold

GRID_IDS = f"[a-z][a-z0-9_]*-{_COUNT}x{_COUNT}"
"""Regular expression of the ids of grid points, for wildcards of rules."""

_PATTERN = re.compile(f"([a-z][a-z0-9_]*)-({_COUNT})x({_COUNT})")


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


EXAMPLE = str(ModelId(LSTM, 3, 512))
"""An id to show in messages and schemas."""


def parse(text: str) -> ModelId | None:
    """The grid point named ``text``, or None where it names something else (``n-gram-20``)."""
    match = _PATTERN.fullmatch(text)
    return ModelId(match[1], int(match[2]), int(match[3])) if match else None


def context_id(family: str, n: int) -> str:
    """The id of the model of a family that sees n characters.

    >>> context_id("n-nn", 5)
    'n-nn-5'
    """
    return f"{family}-{n}"


def context_model(text: str) -> tuple[str, int] | None:
    """Family and context length behind an id such as ``n-nn-3``, or None for other models."""
    family, _, n = text.rpartition("-")
    known = family in CONTEXT_FAMILIES and re.fullmatch(f"0|{_COUNT}", n)
    return (family, int(n)) if known else None


def scored_id(model: str, scorer: str) -> str:
    """The id of a network that a scorer predicts with.

    >>> scored_id("lstm-2x64", "ngram")
    'lstm-2x64+ngram'
    """
    return f"{model}+{scorer}"


def scored(text: str) -> tuple[str, str] | None:
    """Network and scorer behind an id such as ``lstm-2x64+ngram``, or None for other models."""
    model, _, scorer = text.rpartition("+")
    return (model, scorer) if scorer in SCORERS and parse(model) else None


def is_kept_for_baselines(name: str) -> bool:
    """Whether a name is a context family's own, with or without a number behind it."""
    families = "|".join(map(re.escape, CONTEXT_FAMILIES))
    return re.fullmatch(f"({families})(-[0-9]+)?", name) is not None


def cell_title(cell: str) -> str:
    """The name of a cell for people: ``LSTM``; of a word that is no cell: ``Transformer``."""
    if cell in CELLS:
        return CELLS[cell].title
    return cell.upper() if len(cell) <= 4 else cell.capitalize()


def cell_rank(cell: str) -> tuple[int, str]:
    """Sort key of cells: the order of the catalogue (LSTM, RNN, GRU), then other words by name."""
    order = list(CELLS)
    return (order.index(cell) if cell in CELLS else len(order), cell)


def grid_point(text: str) -> ModelId:
    """The grid point named ``text``.

    Raises:
        CharlensError: it names something else, such as ``n-gram-20``.
    """
    point = parse(text)
    if point is None:
        raise CharlensError(f"model {text!r}: expected a recurrent network such as {EXAMPLE}")
    return point


def family_and_context(text: str) -> tuple[str, int]:
    """Family and context length of the model named ``text``, such as ``n-nn-3``.

    Raises:
        CharlensError: it names something else, such as ``lstm-3x512``.
    """
    parts = context_model(text)
    if parts is None:
        raise CharlensError(f"model {text!r}: expected an n-gram or n-NN model such as n-nn-3")
    return parts


def title(model: str) -> str:
    """A model's name for people, as the paper has it: ``LSTM-3 (512)``, ``7-NN``, ``20-gram``.

    The name itself where it is no id of ours.
    """
    point = parse(model)
    if point is not None:
        return point.label
    other_way = scored(model)
    if other_way is not None:
        return SCORERS[other_way[1]].format(model=title(other_way[0]))
    baseline = context_model(model)
    if baseline is None:
        return model
    family, n = baseline
    return CONTEXT_FAMILIES[family].name.format(n=n)


def sort_key(model: str) -> tuple:
    """Sort key of models.

    Grid points come first, by size, cell and layers; then models with a context of n characters,
    by family and n; then networks with scorers, in the order of the networks; then all others by
    name.
    """
    point = parse(model)
    if point is not None:
        return (0, point.size, cell_rank(point.cell), point.layers)
    baseline = context_model(model)
    if baseline is not None:
        family, n = baseline
        return (1, list(CONTEXT_FAMILIES).index(family), n)
    other_way = scored(model)
    if other_way is not None:
        return (2, *sort_key(other_way[0])[1:], list(SCORERS).index(other_way[1]))
    return (3, model)
