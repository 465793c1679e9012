"""The registry of model families: what a model id means, and which class computes it.

A family is one entry: how to read its ids, and the class that holds its forward and backward
pass. Trainer, predictions and files know families only through this module.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from charlens.errors import CharlensError
from charlens.model import CharModel
from charlens.model_id import parse
from charlens.parameters import Architecture, Shape, solve_width


@dataclass(frozen=True)
class Family:
    """One family of models.

    Attributes:
        shape: class of its architectures, a dataclass with JSON-able fields.
        model: class that computes M models of one architecture side by side.
        read: turns a model id and the alphabet's size into an architecture, or None where the id
            is not of this family.
    """

    shape: type
    model: type
    read: Callable[[str, int], Architecture | None]


def _read_recurrent(model: str, k: int) -> Shape | None:
    point = parse(model)
    if point is None:
        return None
    width = solve_width(point.cell, point.layers, point.size, k)
    return Shape(point.cell, point.layers, width, k)


FAMILIES: dict[str, Family] = {"recurrent": Family(Shape, CharModel, _read_recurrent)}


def shape_for(model: str, k: int) -> Architecture:
    """The architecture that a model id names on an alphabet of ``k`` symbols.

    Raises:
        CharlensError: no family knows the id, or its parameter budget is too small.
    """
    for family in FAMILIES.values():
        shape = family.read(model, k)
        if shape is not None:
            return shape
    raise CharlensError(f"{model!r} names no model that is trained; expected e.g. lstm-3x512")


def family_of(shape: Architecture) -> str:
    """The name of the family an architecture belongs to."""
    return next(name for name, family in FAMILIES.items() if isinstance(shape, family.shape))


def shape_of(metadata: dict[str, Any]) -> Architecture:
    """The architecture that a model file's metadata describes."""
    kind = FAMILIES[metadata["family"]].shape
    return kind(**{name: metadata[name] for name in kind.__dataclass_fields__})


def build_model(shape: Architecture, models: int = 1, **options: Any) -> Any:
    """M models of one architecture; options as for the family's model class."""
    return FAMILIES[family_of(shape)].model(shape, models, **options)
