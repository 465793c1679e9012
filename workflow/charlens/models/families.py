"""The registry of model families: what a model id means, and which class computes it.

A family is one entry: how to read its ids, and the class that holds its forward and backward
pass. Trainer, predictions and files know families only through this module.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from charlens.errors import CharlensError
from charlens.models.language_model import LanguageModel
from charlens.models.n_nn import Context, ContextModel
from charlens.models.names import parse
from charlens.models.parameters import Architecture, Shape, solve_width
from charlens.models.recurrent.cells import CELLS
from charlens.models.recurrent.model import CharModel


@dataclass(frozen=True)
class Family:
    """One family of models.

    Attributes:
        shape: class of its architectures, a dataclass with JSON-able fields.
        model: class that computes M models of one architecture side by side.
        read: turns a model id, the alphabet's size and the widths to try (for families whose ids
            leave the width open) into architectures; none where the id is not of this family.
    """

    shape: type[Any]
    model: type[Any]
    read: Callable[[str, int, Sequence[int]], list[Architecture]]


def _read_recurrent(model: str, k: int, widths: Sequence[int]) -> list[Architecture]:
    point = parse(model)
    if point is None or point.cell not in CELLS:
        return []
    width = solve_width(point.cell, point.layers, point.size, k)
    return [Shape(point.cell, point.layers, width, k)]


def _read_context(model: str, k: int, widths: Sequence[int]) -> list[Architecture]:
    match = re.fullmatch(r"n-nn-([1-9][0-9]*)", model)
    return [Context(int(match[1]), width, k) for width in widths] if match else []


FAMILIES: dict[str, Family] = {
    "recurrent": Family(Shape, CharModel, _read_recurrent),
    "n-nn": Family(Context, ContextModel, _read_context),
}


def shapes_for(model: str, k: int, widths: Sequence[int] = ()) -> list[Architecture]:
    """The architectures a model id may mean on an alphabet of ``k`` symbols.

    Args:
        model: ``lstm-3x512`` means one; ``n-nn-3`` one for each of ``widths``.
        k: symbols.
        widths: numbers of hidden units to try, for n-NNs.

    Raises:
        CharlensError: no family knows the id, or its parameter budget is too small.
    """
    for family in FAMILIES.values():
        shapes = family.read(model, k, widths)
        if shapes:
            return shapes
    raise CharlensError(
        f"{model!r} names no model that is trained; expected e.g. lstm-3x512 or n-nn-3"
    )


def family_of(shape: Architecture) -> str:
    """The name of the family an architecture belongs to."""
    return next(name for name, family in FAMILIES.items() if isinstance(shape, family.shape))


def shape_of(metadata: dict[str, Any]) -> Architecture:
    """The architecture that a model file's metadata describes."""
    kind = FAMILIES[metadata["family"]].shape
    return kind(**{name: metadata[name] for name in kind.__dataclass_fields__})


def build_model(shape: Architecture, models: int = 1, **options: Any) -> LanguageModel[Any]:
    """M models of one architecture; options as for the family's model class."""
    return FAMILIES[family_of(shape)].model(shape, models, **options)
