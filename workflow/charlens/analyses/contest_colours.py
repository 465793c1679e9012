"""Colours and hatches of the models that are compared, and of the paper's numbers beside them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from charlens.analyses.contest import EXTERNAL
from charlens.display import style
from charlens.models.catalogue import CELLS, CONTEXT_FAMILIES, LSTM, N_GRAM, N_NN

# As in the figure of Table 2; models from elsewhere take the rest of Okabe & Ito.
_ROLES = {LSTM: CELLS[LSTM].color, N_NN: CONTEXT_FAMILIES[N_NN].color, N_GRAM: "#3c3c3c"}
_EXTERNALS = ("#0072B2", "#009E73", "#E69F00", "#56B4E9")


def colors(contestants: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Colour of each contestant by model id, from pairs of role and id.

    The paper's kinds of models have fixed colours, models from elsewhere one each in their order.
    """
    colour: dict[str, str] = {}
    others = 0
    for role, model in contestants:
        if model not in colour:
            colour[model] = _ROLES.get(role) or _EXTERNALS[others % len(_EXTERNALS)]
            others += role == EXTERNAL
    return colour


def ring() -> dict[str, Any]:
    """How a number of the paper looks."""
    return {"marker": "o", "ms": 3.4, "mfc": "white", "mec": style.INK, "mew": 0.6, "ls": ""}
