"""Colours of the models that are compared, the look of the paper's numbers, a legend of both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from charlens.analyses.contest import EXTERNAL
from charlens.display import style
from charlens.models.catalogue import CELLS, CONTEXT_FAMILIES, LSTM, N_GRAM, N_NN
from charlens.models.names import title

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


def draw_legend(
    axes: Axes, models: Sequence[str], color_of: Mapping[str, str], has_paper: bool, **place: Any
) -> None:
    """A legend in one line: a patch for each model, a ring for the paper if it has numbers.

    Args:
        axes: gets the legend.
        models: ids, in this order.
        color_of: colour by id.
        has_paper: whether the paper has numbers.
        place: ``loc``, ``bbox_to_anchor`` and ``fontsize``.
    """
    handles: list[Artist] = [
        Patch(color=color_of[model], lw=0, label=title(model)) for model in models
    ]
    if has_paper:
        handles.append(Line2D([], [], label="paper", **ring()))
    axes.legend(
        handles=handles,
        ncols=len(handles),
        borderpad=0,
        borderaxespad=0,
        handlelength=1.0,
        handleheight=0.6,
        handletextpad=0.4,
        columnspacing=1.2,
        **place,
    )
