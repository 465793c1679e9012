"""Figure 3: how often the gates of each unit are saturated, one panel per gate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from charlens.display import style
from charlens.files.atomic import FilePath
from charlens.inside.gates.table import LEFT, RIGHT, read
from charlens.models import names as model_id
from charlens.paper import texts

# Lengths in points.
_WIDTH = style.COLUMN / style.POINT
_LEFT, _RIGHT, _TOP, _HEAD, _FOOT, _GAP = 27.0, 3.0, 14.0, 26.0, 24.0, 6.0
_TEXT, _TICK = 7.0, 6.0  # font sizes

# The paper's green, blue and red, in the tones of Okabe & Ito (2008) and with shapes of their own.
_LAYERS = (
    ("#009E73", "o"),
    ("#0072B2", "s"),
    ("#D55E00", "^"),
    ("#CC79A7", "D"),
    ("#000000", "v"),
    ("#E69F00", "P"),
    ("#56B4E9", "X"),
    ("#6b6b6b", "<"),
    ("#8c510a", ">"),
)
_LEGEND = 5  # layers on one line of the legend
_IN_CELL = 5  # and in the place of one panel


def numbers(saturation: Sequence[FilePath]) -> dict[str, pd.DataFrame]:
    """Read what :func:`draw` takes: the saturated gates of all models shown."""
    return {"csv": pd.concat([read(path) for path in saturation], ignore_index=True)}


def draw(table: pd.DataFrame) -> Figure:
    """Draw a table of :func:`charlens.inside.gates.table.read_csvs`, a row of panels per model."""
    with style.styled():
        if table.empty:
            return _nothing()
        models = list(dict.fromkeys(table["model"]))
        columns = max(table.groupby("model")["gate"].nunique())
        side = (_WIDTH - _LEFT - _RIGHT - _GAP * (columns - 1)) / columns
        layers = sorted(set(table["layer"]))
        free = _free_cell(table, models, columns) if len(layers) <= _IN_CELL else None
        head = _head(len(layers)) if free is None else 2.0
        height = head + len(models) * (_HEAD + side + _FOOT)
        figure = style.new_figure(_WIDTH * style.POINT, height * style.POINT)
        for row, model in enumerate(models):
            part = table[table["model"] == model]
            top = head + row * (_HEAD + side + _FOOT)
            figure.text(
                2 / _WIDTH, 1 - (top + 3) / height, _title(part), size=8, va="top", style="italic"
            )
            for column, gate in enumerate(dict.fromkeys(part["gate"])):
                left = _LEFT + column * (side + _GAP)
                bottom = height - top - _HEAD - side
                box = (left / _WIDTH, bottom / height, side / _WIDTH, side / height)
                _draw_gate(figure.add_axes(box), part[part["gate"] == gate], column == 0)
        if free is None:
            place = ("upper right", (1 - 2 / _WIDTH, 1 - 1 / height), min(len(layers), _LEGEND))
        else:
            row, column = free
            top = head + row * (_HEAD + side + _FOOT) + _HEAD
            left = _LEFT + column * (side + _GAP)
            place = ("upper left", (left / _WIDTH, 1 - top / height), 1)
        _draw_legend(figure, layers, *place)
        return figure


def _head(layers: int) -> float:
    """Points kept free for the legend: a short one is drawn beside the first title."""
    return _TOP if layers <= 3 else _TOP + 11 * -(-layers // _LEGEND)


def _nothing() -> Figure:
    figure = style.new_figure(style.COLUMN, 0.4)
    figure.text(0.02, 0.4, "None of the models has gates between 0 and 1.")
    return figure


def _title(part: pd.DataFrame) -> str:
    name = model_id.title(part["model"].iloc[0])
    return f"{name}, {texts.corpus_title(part['corpus'].iloc[0])}"


def _look(layer: int) -> tuple[str, str]:
    return _LAYERS[(layer - 1) % len(_LAYERS)]


def _draw_gate(axes: Axes, part: pd.DataFrame, first: bool) -> None:
    axes.set_xlim(-0.03, 1.03)
    axes.set_ylim(-0.03, 1.03)
    axes.plot([0, 1], [1, 0], color=style.FAINT, lw=0.6, zorder=1)  # the two add to at most one
    # The crowded layers first, so that a sparse one is not hidden; small dots where many.
    size = 11 if len(part) <= 300 else 5
    for layer, units in part.groupby("layer", sort=True):
        color, marker = _look(layer)
        axes.scatter(
            units["right"],
            units["left"],
            s=size,
            c=color,
            marker=marker,
            alpha=0.55,
            linewidths=0,
            clip_on=False,
            zorder=2,
        )
    title = f"{part['title'].iloc[0]} gate ${part['gate'].iloc[0]}$"
    axes.set_title(title, size=_TEXT, pad=3)
    axes.set_xticks([0, 0.5, 1], ["0", ".5", "1"])
    axes.set_yticks([0, 0.5, 1], ["0", ".5", "1"] if first else [])
    axes.tick_params(labelsize=_TICK, length=2, width=0.5, colors=style.SOFT, pad=1.5)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel(f"right-saturated (> {RIGHT:g})", size=_TICK + 0.5, labelpad=1.5)
    if first:
        axes.set_ylabel(f"left-saturated (< {LEFT:g})", size=_TICK + 0.5, labelpad=1.5)


def _free_cell(table: pd.DataFrame, models: list[str], columns: int) -> tuple[int, int] | None:
    """Row and column of the first place that has no panel: a GRU has fewer gates than an LSTM."""
    gates = table.groupby("model")["gate"].nunique()
    free = ((row, int(gates[model])) for row, model in enumerate(models) if gates[model] < columns)
    return next(free, None)


def _draw_legend(
    figure: Figure, layers: list[int], loc: str, anchor: tuple[float, float], columns: int
) -> None:
    """What a point is and the look of each layer, at a corner of the figure's unit square."""
    handles = []
    for layer in layers:
        color, marker = _look(layer)
        handles.append(
            Line2D(
                [],
                [],
                label=f"layer {layer}",
                color=color,
                marker=marker,
                ms=3.6,
                ls="",
                mew=0,
                alpha=0.8,
            )
        )
    place: dict[str, Any] = {"loc": loc, "alignment": "left" if columns == 1 else "right"}
    figure.legend(
        handles=handles,
        title="a point: one unit,\nfractions of characters"
        if columns == 1
        else "a point: one unit, fractions of characters",
        title_fontsize=_TEXT,
        fontsize=_TEXT,
        bbox_to_anchor=anchor,
        ncols=columns,
        borderpad=0,
        borderaxespad=0,
        handletextpad=0.1,
        columnspacing=0.8,
        **place,
    )
