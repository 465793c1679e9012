"""Figure 6 as bars: every oracle's share of the errors, and the errors that scaling up removes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from charlens.analyses.oracles import pies as figure6
from charlens.analyses.oracles.averaged import averaged
from charlens.analyses.oracles.oracles import ORACLES
from charlens.analyses.oracles.seeds import read_intervals
from charlens.analyses.oracles.table import read, read_eliminated
from charlens.display import style
from charlens.files.atomic import FilePath
from charlens.models import names as model_id

# Lengths in points.
_ROW, _NAMES, _PANEL, _GAP, _RIGHT, _FOOT = 9.0, 66.0, 130.0, 16.0, 8.0, 26.0
_TOP, _TITLED = 13.0, 24.0  # above the panels, and where they have titles
_TICK = 6.5  # font size
_APART = 0.5  # rows between families
_HATCHES = ("", "//////", "|||||", "xxxx")
_IN_A_ROW, _LINE = 3, 9.0  # models in a line of the legend, and its height


def numbers(
    categories: FilePath, eliminated: FilePath, intervals: FilePath | None = None
) -> dict[str, pd.DataFrame]:
    """Read what :func:`draw` takes: errors by category, and those that scaling up removed.

    Args:
        categories: the table of errors by category.
        eliminated: that of the errors that scaling up removed.
        intervals: that of networks trained from several seeds, whose means are shown; None or an
            empty path where the study has one seed.
    """
    table = read(categories)
    if intervals:
        table = averaged(table, read_intervals(intervals))
    return {"csv": table, "eliminated": read_eliminated(eliminated)}


def draw(table: pd.DataFrame, eliminated: pd.DataFrame) -> Figure:
    """Draw the errors of each model as bars, the paper's as rings, and what scaling up removed.

    Args:
        table: of :func:`charlens.analyses.oracles.table.read`, or of
            :func:`charlens.analyses.oracles.averaged.averaged`. Of its models the first four are
            drawn, as many as can be told apart; the table has all.
        eliminated: of :func:`charlens.analyses.oracles.table.read_eliminated`; may be empty.
    """
    with style.styled():
        drawn = list(dict.fromkeys(table["model"]))[: len(_HATCHES)]
        table = table[table["model"].isin(drawn)]
        first = table[table["model"] == drawn[0]]
        names, rows = first["oracle"].to_list(), _rows(first["family"])
        titles = {n: t for o in ORACLES.values() for n, t in zip(o.names, o.titles, strict=True)}
        panels = 1 + (not eliminated.empty)
        width = _NAMES + panels * _PANEL + (panels - 1) * _GAP + _RIGHT
        tall = (rows[-1] + 1) * _ROW
        more = math.ceil((len(drawn) + _has_paper(table)) / _IN_A_ROW) - 1
        height = (_TITLED if panels > 1 else _TOP) + more * _LINE + tall + _FOOT
        figure = style.new_figure(width * style.POINT, height * style.POINT)
        box = (_NAMES / width, _FOOT / height, _PANEL / width, tall / height)
        axes = figure.add_axes(box)
        _prepare(axes, rows, "Percent of the model's errors")
        axes.set_yticks(rows, [titles.get(name, name) for name in names])
        _draw_models(axes, table, rows)
        _draw_legend(figure, table, height)
        if panels > 1:
            second = figure.add_axes(((_NAMES + _PANEL + _GAP) / width, *box[1:]))
            _prepare(second, rows, "Errors removed by scaling up (thousands)")
            second.set_yticks(rows, [])
            _draw_eliminated(second, eliminated, rows)
        return figure


def _rows(families: pd.Series) -> np.ndarray:
    """Where the bar of each oracle goes, in rows: families lie apart."""
    return np.arange(len(families)) + _APART * pd.factorize(families)[0]


def _prepare(axes: Axes, rows: np.ndarray, title: str) -> None:
    axes.set_ylim(rows[-1] + 0.5, -0.5)
    axes.tick_params(labelsize=_TICK, length=2, width=0.5, colors=style.SOFT, pad=2)
    axes.tick_params(axis="y", length=0, labelcolor=style.INK)
    axes.grid(axis="x", color="#e6e6e6", lw=0.4)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.set_xlabel(title, labelpad=2)


# The look of a number of the paper.
_RING: dict[str, Any] = {
    "marker": "o",
    "ms": 3.6,
    "mfc": "none",
    "mec": style.INK,
    "mew": 0.5,
    "ls": "",
}


def _draw_models(axes: Axes, table: pd.DataFrame, rows: np.ndarray) -> None:
    models = list(dict.fromkeys(table["model"]))
    thick = 0.8 / len(models)
    for i, model in enumerate(models):
        part = table[table["model"] == model]
        places = rows + (i - (len(models) - 1) / 2) * thick
        axes.barh(
            places,
            part["percent"],
            thick,
            color=figure6.colors(part),
            hatch=_HATCHES[i % len(_HATCHES)],
            edgecolor="white",
            lw=0,
        )
        if "seeds" in part:
            axes.hlines(places, part["seed_low"], part["seed_high"], color=style.INK, lw=0.7)
        axes.plot(part["paper"], places, **_RING)


def _draw_eliminated(axes: Axes, eliminated: pd.DataFrame, rows: np.ndarray) -> None:
    axes.barh(
        rows,
        eliminated["eliminated"] / 1000,
        0.7,
        color=figure6.colors(eliminated),
    )
    axes.axvline(0, color=style.SOFT, lw=0.5)
    first = eliminated.iloc[0]
    small, large = (model_id.title(first[key]) for key in ("small", "large"))
    axes.set_title(f"{small} → {large}", size=7, pad=4)


def _trainings(part: pd.DataFrame) -> str:
    count = part["seeds"].iloc[0] if "seeds" in part else 1
    return f", {count} seeds" if count > 1 else ""


def _has_paper(table: pd.DataFrame) -> bool:
    return bool(table["paper"].notna().any())


def _draw_legend(figure: Figure, table: pd.DataFrame, height: float) -> None:
    handles: list[Artist] = [
        Patch(
            facecolor=style.FAINT,
            edgecolor="white",
            hatch=_HATCHES[i % len(_HATCHES)],
            lw=0,
            label=model_id.title(model) + _trainings(table[table["model"] == model]),
        )
        for i, model in enumerate(dict.fromkeys(table["model"]))
    ]
    if _has_paper(table):
        handles.append(Line2D([], [], label="paper, same budget", **_RING))
    figure.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(0.01, 1 - 2 / height),
        fontsize=_TICK,
        ncols=_IN_A_ROW,
        borderpad=0,
        borderaxespad=0,
        handletextpad=0.4,
        columnspacing=1.0,
    )
