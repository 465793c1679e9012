"""What is known of every kind of model without computing: ids, titles, letters, colours, order.

Config, rules, figures and findings ask this module, so it loads neither torch nor pandas. What
computes is elsewhere: a class in ``recurrent/cells.py`` for each recurrent cell, an entry in
``families.py`` for each family.

A new recurrent cell is one entry in :data:`CELLS` and one class marked with
:func:`charlens.models.recurrent.cells.computes`; the same cell trained otherwise is an entry that
names its ``equations``. A new family is one entry in
:data:`GRID_FAMILIES` or :data:`CONTEXT_FAMILIES`, one in :data:`CELLS` if it is part of the grid,
one in ``families.FAMILIES``, and its class.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

LSTM, RNN, GRU = "lstm", "rnn", "gru"
"""Cells that the paper's findings are about."""

N_GRAM, N_NN = "n-gram", "n-nn"
"""The paper's baselines (section 4.3)."""

LSTM_ADAMW, MINGRU, GPT = "lstm_adamw", "mingru", "gpt"
"""Cells of later years; the last two are families as well."""

RECURRENT, RECURRENT_ADAMW = "recurrent", "recurrent-adamw"
"""Families of recurrent networks, trained by the paper's RMSProp and by AdamW."""


@dataclass(frozen=True)
class Cell:
    """What a block of the grid may name under ``cells``: one way to build a network.

    Attributes:
        title: its name in tables and figures.
        article: the article before the title.
        quantities: what can be seen inside, by the paper's letters, in the order of tables; ``h``
            is the hidden state and ``c`` the cell state.
        gates: names in words of the gates between 0 and 1, by letter, in the order of figures.
        blocks: letters of the gate blocks, in the order in which the weights hold them. Their
            number times the width is the number of columns of a layer's weights.
        color: its colour in every figure.
        family: key of :data:`GRID_FAMILIES`.
        keeps: letter of the gate that multiplies the old value at every step; ``1-z`` where one
            minus the gate z does. Empty for cells without.
        equations: id of the cell that computes it, where that is another.
    """

    title: str
    quantities: str
    color: str
    blocks: str = ""
    gates: Mapping[str, str] = field(default_factory=dict)
    article: str = "a"
    family: str = RECURRENT
    keeps: str = ""
    equations: str = ""


# Colours of Okabe & Ito (2008), Color Universal Design: distinct with any common colour blindness.
_LSTM = Cell(
    "LSTM",
    quantities="hcifog",
    color="#D55E00",
    blocks="oifg",
    gates={"f": "forget", "i": "input", "o": "output"},
    article="an",
    keeps="f",
)

CELLS: dict[str, Cell] = {
    LSTM: _LSTM,
    RNN: Cell("RNN", quantities="h", color="#009E73", blocks="a", article="an"),
    GRU: Cell(
        "GRU",
        quantities="hrzn",
        color="#0072B2",
        blocks="rzn",
        gates={"z": "update", "r": "reset"},
        keeps="1-z",
    ),
    LSTM_ADAMW: replace(
        _LSTM, title="AdamW LSTM", color="#8C510A", family=RECURRENT_ADAMW, equations=LSTM
    ),
    MINGRU: Cell(
        "minGRU",
        quantities="hzn",
        color="#E69F00",
        blocks="zn",
        gates={"z": "update"},
        family=MINGRU,
        keeps="1-z",
    ),
    GPT: Cell("Transformer", quantities="h", color="#56B4E9", family=GPT),
}
"""Cells by id, in the order of tables: the paper's, then others."""

PAPER_CELLS = (LSTM, RNN, GRU)
"""The cells of the paper's grid (section 3.1), in its order."""

BUDGET_CELL = LSTM
"""A size is the number of units of a 1-layer network of this cell (section 4.1)."""

GRID_FAMILIES: dict[str, str] = {
    RECURRENT: "recurrent model",
    RECURRENT_ADAMW: "recurrent model trained by AdamW",
    MINGRU: "minimal GRU",
    GPT: "Transformer",
}
"""Families whose models are points of the grid ``{cell}-{layers}x{size}``: id -> title."""


@dataclass(frozen=True)
class ContextFamily:
    """Models that see the last n characters, with ids ``{family}-{n}``.

    Attributes:
        name: the title of a model, with ``{n}`` for its context length.
        color: its colour where context lengths are compared.
        marker: its marker there, by matplotlib's letter.
        quantities: what can be seen inside, by letter; empty for a model that is no network.
    """

    name: str
    color: str
    marker: str
    quantities: str = ""

    @property
    def title(self) -> str:
        """The title of the family: ``n-gram``, ``n-NN``."""
        return self.name.format(n="n")


CONTEXT_FAMILIES: dict[str, ContextFamily] = {
    N_GRAM: ContextFamily("{n}-gram", color="#111111", marker="o"),
    N_NN: ContextFamily("{n}-NN", color="#CC79A7", marker="s", quantities="h"),
}
"""Families of models with a context of n characters by id, in the order of tables."""

WITH_NGRAM, WITH_CACHE, WITH_DYNAMIC = "ngram", "cache", "dynamic"

SCORERS: dict[str, str] = {
    WITH_NGRAM: "{model} + n-gram",
    WITH_CACHE: "{model} + cache",
    WITH_DYNAMIC: "{model}, learning",
}
"""Other ways to predict with a trained network, with ids ``{model}+{scorer}``: id -> title."""


def gated_cells() -> tuple[str, ...]:
    """Ids of the cells that have gates, in the order of tables."""
    return tuple(name for name, cell in CELLS.items() if cell.gates)


def grid_family(cell: str) -> str | None:
    """The family of a cell; None for a word that is no cell."""
    return CELLS[cell].family if cell in CELLS else None
