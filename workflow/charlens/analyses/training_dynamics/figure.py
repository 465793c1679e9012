"""Figure 5, right: a network in training against trained models with a short memory."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from charlens.analyses.training_dynamics.table import read
from charlens.display import style
from charlens.display.units import worded
from charlens.files.atomic import FilePath
from charlens.models import names as model_id
from charlens.models.catalogue import CONTEXT_FAMILIES, N_GRAM, N_NN
from charlens.paper import texts

# Lengths in points.
_WIDTH = style.COLUMN / style.POINT
_LEFT, _RIGHT, _GAP, _TOP, _PANEL, _FOOT = 26.0, 3.0, 34.0, 40.0, 96.0, 26.0
_TICK = 6.5  # font size

# By context length, from light to dark so that the order shows; distinct for the colour-blind
# (lightness falls steadily along them).
_COLORS = ("#E69F00", "#009E73", "#0072B2", "#4B1D6F")
_STYLES = {N_NN: "-", N_GRAM: (0, (2.5, 1.5))}


def numbers(dynamics: FilePath) -> dict[str, pd.DataFrame]:
    """Read what :func:`draw` takes: the table of training dynamics, shown as it is."""
    return {"csv": read(dynamics)}


def draw(table: pd.DataFrame) -> Figure:
    """Draw a table as from :func:`charlens.analyses.training_dynamics.table.read`."""
    with style.styled():
        height = _TOP + _PANEL + _FOOT
        figure = style.new_figure(_WIDTH * style.POINT, height * style.POINT)
        lead = worded("Lead in loss (nats per char.)", table)
        side = (_WIDTH - _LEFT - _RIGHT - _GAP) / 2
        for i, (column, title) in enumerate(
            (("kl", "Symmetric KL (nats)"), ("loss_difference", lead))
        ):
            left = _LEFT + i * (side + _GAP)
            box = (left / _WIDTH, _FOOT / height, side / _WIDTH, _PANEL / height)
            _draw_panel(figure.add_axes(box), table, column, title)
        figure.text(2 / _WIDTH, 1 - 3 / height, _title(table), size=8, va="top", style="italic")
        _draw_legend(figure, table, height)
        return figure


def _title(table: pd.DataFrame) -> str:
    name = model_id.title(table["model"].iloc[0])
    return f"{name} in training, {texts.corpus_title(table['corpus'].iloc[0])}"


def _look(other: str) -> dict[str, Any]:
    family, n = model_id.family_and_context(other)
    return {"color": _color(n), "ls": _STYLES[family]}


def _color(n: int) -> str:
    return _COLORS[min(n, len(_COLORS)) - 1]


def _draw_panel(axes: Axes, table: pd.DataFrame, column: str, title: str) -> None:
    for other, rows in table.groupby("other", sort=False):
        look = _look(other) | {"lw": 0.9}
        if model_id.family_and_context(other)[0] == N_NN:
            look |= {"marker": ".", "ms": 2.5}
        axes.plot(rows["epoch"], rows[column], **look)
    if column == "loss_difference":
        axes.axhline(0, color=style.FAINT, lw=0.6, zorder=1)
    axes.set_xlim(0, float(table["epoch"].max()) * 1.03)
    axes.set_title(title, size=7, loc="left", pad=3)
    axes.set_xlabel("Training epoch", labelpad=1.5)
    axes.tick_params(labelsize=_TICK, length=2, width=0.5, colors=style.SOFT, pad=1.5)
    axes.spines[["top", "right"]].set_visible(False)


def _draw_legend(figure: Figure, table: pd.DataFrame, height: float) -> None:
    baselines = [model_id.family_and_context(other) for other in dict.fromkeys(table["other"])]
    lengths = sorted({n for _, n in baselines})
    handles = [Line2D([], [], color=_color(n), lw=1.4, label=f"$n$ = {n}") for n in lengths]
    handles += [
        Line2D([], [], color=style.SOFT, lw=0.9, ls=_STYLES[name], label=f"trained {family.title}")
        for name, family in CONTEXT_FAMILIES.items()
        if name in {f for f, _ in baselines}
    ]
    figure.legend(
        handles=handles,
        fontsize=6.5,
        loc="upper left",
        bbox_to_anchor=(2 / _WIDTH, 1 - 14 / height),
        ncols=len(handles),
        borderpad=0,
        borderaxespad=0,
        handlelength=1.4,
        handletextpad=0.4,
        columnspacing=0.9,
    )
