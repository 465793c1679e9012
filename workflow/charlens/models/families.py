"""The registry of model families: what a model id means, which class computes it, how it trains.

A family is one entry: how to read its ids, the class that holds its forward and backward pass, its
initial weights and its optimiser. Trainer, predictions and files know families only through this
module.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor

from charlens.errors import CharlensError
from charlens.models.catalogue import (
    CELLS,
    GPT,
    MINGRU,
    N_NN,
    RECURRENT,
    RECURRENT_ADAMW,
    grid_family,
)
from charlens.models.gpt import GPTShape, Transformer
from charlens.models.language_model import LanguageModel
from charlens.models.mingru import MinGRU, MinGRUShape
from charlens.models.n_nn import Context, ContextModel
from charlens.models.names import EXAMPLE, ModelId, context_id, context_model, parse
from charlens.models.parameters import (
    AdamWShape,
    Architecture,
    Layout,
    Shape,
    budget,
    scaled_normal,
    solve_width,
    uniform_weights,
)
from charlens.models.recurrent.model import CharModel

Initial = Callable[[Layout, torch.Generator, float], dict[str, Tensor]]


@dataclass(frozen=True)
class Family:
    """One family of models.

    Attributes:
        shape: class of its architectures, a dataclass with JSON-able fields.
        model: class that computes M models of one architecture side by side.
        read: turns a model id, the alphabet's size and the widths to try (for families whose ids
            leave the width open) into architectures; none where the id is not of this family.
        initial: draws the weights that training starts from, true shapes, each (1, ...), from the
            layout, a generator and ``training.init_range``.
        optimiser: a key of ``charlens.training.optimisers.OPTIMISERS``.
        momentum: of AdamW, where ``training.adamw`` names none; None is the usual one.
    """

    shape: type[Any]
    model: type[Any]
    read: Callable[[str, int, Sequence[int]], list[Architecture]]
    initial: Initial = uniform_weights
    optimiser: str = "rmsprop"
    momentum: float | None = None


def _read_recurrent(
    name: str, kind: type[Shape], model: str, k: int, _: Sequence[int]
) -> list[Architecture]:
    """The architecture of a grid point of a family of recurrent networks."""
    point = parse(model)
    if point is None or grid_family(point.cell) != name:
        return []

    shape = partial(_recurrent_shape, kind, point, k)
    return [shape(solve_width(shape, budget(point.size, k), model))]


def _recurrent_shape(kind: type[Shape], point: ModelId, k: int, width: int) -> Shape:
    return kind(CELLS[point.cell].equations or point.cell, point.layers, width, k)


def _read_grid(
    name: str, kind: Callable[[int, int, int], Architecture], model: str, k: int, _: Sequence[int]
) -> list[Architecture]:
    """The architecture of a grid point of a family whose cells are one, by layers, width and K."""
    point = parse(model)
    if point is None or grid_family(point.cell) != name:
        return []

    def shape(width: int) -> Architecture:
        return kind(point.layers, width, k)

    return [shape(solve_width(shape, budget(point.size, k), model))]


def _read_context(model: str, k: int, widths: Sequence[int]) -> list[Architecture]:
    family, n = context_model(model) or (None, 0)
    return [Context(n, width, k) for width in widths] if family == N_NN and n > 0 else []


FAMILIES: dict[str, Family] = {
    RECURRENT: Family(Shape, CharModel, partial(_read_recurrent, RECURRENT, Shape)),
    RECURRENT_ADAMW: Family(
        AdamWShape,
        CharModel,
        partial(_read_recurrent, RECURRENT_ADAMW, AdamWShape),
        optimiser="adamw",
        momentum=0.5,
    ),
    N_NN: Family(Context, ContextModel, _read_context),
    MINGRU: Family(
        MinGRUShape,
        MinGRU,
        partial(_read_grid, MINGRU, MinGRUShape),
        initial=scaled_normal,
        optimiser="adamw",
    ),
    GPT: Family(
        GPTShape,
        Transformer,
        partial(_read_grid, GPT, GPTShape),
        initial=scaled_normal,
        optimiser="adamw",
    ),
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
        f"{model!r} names no model that is trained; expected e.g. {EXAMPLE} or "
        f"{context_id(N_NN, 3)}"
    )


def family_of(shape: Architecture) -> str:
    """The name of the family an architecture belongs to."""
    return next(name for name, family in FAMILIES.items() if family.shape is type(shape))


def shape_of(metadata: dict[str, Any]) -> Architecture:
    """The architecture that a model file's metadata describes."""
    kind = FAMILIES[metadata["family"]].shape
    return kind(**{name: metadata[name] for name in kind.__dataclass_fields__})


def build_model(shape: Architecture, models: int = 1, **options: Any) -> LanguageModel[Any]:
    """M models of one architecture; options as for the family's model class."""
    return FAMILIES[family_of(shape)].model(shape, models, **options)
