"""The config's type of a cell, and which cells a key may name."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

from pydantic import AfterValidator, Strict
from pydantic_core import PydanticCustomError

from charlens.models.catalogue import CELLS, CONTEXT_FAMILIES, gated_cells
from charlens.models.names import context_model, parse


def _known(cell: str) -> str:
    if cell not in CELLS:
        raise PydanticCustomError("unknown_cell", "expected a cell of the catalogue")
    return cell


class _Choices:
    """Lists the cells in the schema, as they are when the schema is made."""

    def __get_pydantic_json_schema__(self, _core_schema: Any, _handler: Any) -> dict[str, Any]:
        return {"enum": list(CELLS), "type": "string"}


Cell = Annotated[str, Strict(), AfterValidator(_known), _Choices()]
"""The id of a cell, such as ``lstm``."""


class Wanted(NamedTuple):
    """What a key asks of a model."""

    words: str  # for the error
    cells: tuple[str, ...]  # ids of the cells that have it


def any_cell() -> Wanted:
    """A recurrent model of any cell."""
    return Wanted("a recurrent model", tuple(CELLS))


def cell_with_states() -> Wanted:
    """A recurrent model with states that last from character to character, which can be set."""
    names = tuple(name for name, cell in CELLS.items() if cell.blocks)
    without = [f"{c.article} {c.title}" for name, c in CELLS.items() if name not in names]
    but = f", not {' or '.join(without)}, whose states cannot be set," if without else ""
    return Wanted(f"a recurrent model{but}", names)


def cell_with_gates() -> Wanted:
    """A recurrent model with gates: ``an LSTM or a GRU``."""
    *first, last = (f"{CELLS[name].article} {CELLS[name].title}" for name in gated_cells())
    titles = f"{', '.join(first)} or {last}" if first else last
    return Wanted(f"{titles} (cells with gates)", gated_cells())


def quantities_of(model: str) -> str:
    """What can be seen inside the network of an id, by the paper's letters.

    Empty where the id names no network of ours.
    """
    point, context = parse(model), context_model(model)
    if point is not None:
        return CELLS[point.cell].quantities if point.cell in CELLS else ""
    return CONTEXT_FAMILIES[context[0]].quantities if context else ""
