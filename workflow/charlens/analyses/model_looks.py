"""How models look as lines of a figure: colour by family, stroke by depth."""

from __future__ import annotations

from typing import Any

from charlens.display import style
from charlens.models import names
from charlens.models.catalogue import CONTEXT_FAMILIES

_STROKES = {1: "-", 2: (0, (4, 1.2)), 3: (0, (1.2, 1))}


def look(model: str) -> dict[str, Any]:
    """Colour and stroke of a model's line, as matplotlib takes them."""
    context = names.context_model(model)
    if context is not None:
        return {"color": CONTEXT_FAMILIES[context[0]].color, "ls": "-"}
    point = names.parse(model)
    if point is None:
        return {"color": style.SOFT, "ls": "-"}
    color = style.cell_colors({point.cell})[point.cell]
    return {"color": color, "ls": _STROKES.get(point.layers, "-")}


def size_of(model: str) -> int | None:
    """The budget of a network of the grid; None for other models, which belong beside any."""
    point = names.parse(model)
    return point.size if point else None


def panels_by_size(models: list[str]) -> list[tuple[int | None, list[str]]]:
    """Models to show together: the networks of one budget, and all models without one."""
    sizes = sorted({size for model in models if (size := size_of(model)) is not None})
    if len(models) <= _TOGETHER or len(sizes) < 2:
        return [(None, models)]
    return [(size, [m for m in models if size_of(m) in (size, None)]) for size in sizes]


_TOGETHER = 7  # lines that can be told apart in one panel
