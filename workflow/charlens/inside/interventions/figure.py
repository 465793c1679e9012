"""Figure 8: what cells do, a row per cell.

Left, a piece of text with the probability of the concept's first symbol, left alone and clamped.
In the middle, the change of the loss by class of characters, with control cells. Right, where the
symbols become likelier and where less likely; of cells that follow lines, when the line ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from charlens.display import style
from charlens.display.page import fonts_of
from charlens.files.atomic import FilePath
from charlens.inside.interventions import effect_rows, excerpt_rows, line_ends
from charlens.inside.interventions import table as verdicts
from charlens.inside.interventions.clamps import HIGH, LOW
from charlens.inside.interventions.effect_rows import CONTROL
from charlens.inside.interventions.frames import joined
from charlens.models.names import title
from charlens.paper import texts
from charlens.text.grid import Cell, lay_out

# Lengths in points.
_WIDTH = 500.0
_LEFT, _MIDDLE, _RIGHT = (4.0, 208.0), (262.0, 112.0), (414.0, 82.0)  # left edge and width
_HEAD, _TITLE, _PANEL, _TICKS, _LEGEND = 15.0, 14.0, 58.0, 17.0, 15.0
_TEXT, _SMALL, _LETTERS = 7.0, 5.6, 5.4  # font sizes

_COLUMNS = 36  # characters in a line of the text
_COLORS = {LOW: "#D55E00", HIGH: "#0072B2"}  # of Okabe & Ito (2008)
_ALONE, _CLOUD = "#555555", "#c9c9c9"
_COLUMN_COLORS = LinearSegmentedColormap.from_list("columns", ["#E69F00", "#CC79A7", "#332288"])

_STILL = 0.2  # a probability that changes by a smaller share is a dot, not an arrow
_LINEAR = 0.1  # nats: the axis of losses is linear up to here, logarithmic beyond


def numbers(
    judged: Sequence[FilePath],
    effects: Sequence[FilePath],
    newlines: Sequence[FilePath],
    shown: Sequence[FilePath],
) -> dict[str, pd.DataFrame]:
    """Read what :func:`draw` takes.

    Args:
        judged: the tables of verdicts, one per corpus, as the others.
        effects: those of effects, of which the clamps are kept.
        newlines: those of line ends.
        shown: those of excerpts.
    """
    measured = joined(map(effect_rows.read, effects), effect_rows.COLUMNS)
    return {
        "csv": joined(map(verdicts.read, judged), verdicts.COLUMNS),
        "effects": measured[measured["mode"].isin([LOW, HIGH])],
        "newlines": joined(map(line_ends.read, newlines), line_ends.COLUMNS),
        "excerpts": joined(map(excerpt_rows.read, shown), excerpt_rows.COLUMNS),
    }


def draw(
    judged: pd.DataFrame, effects: pd.DataFrame, newlines: pd.DataFrame, shown: pd.DataFrame
) -> Figure:
    """Draw the tables of :func:`numbers`, a row of three panels per cell and concept."""
    with style.styled():
        if judged.empty:
            figure = style.new_figure(style.COLUMN, 0.4)
            figure.text(0.02, 0.4, "No cell of this study follows something.")
            return figure
        networks = [part for _, part in judged.groupby(["corpus", "model"], sort=False)]
        rows = [[part for _, part in cells(network)] for network in networks]
        row = _TITLE + _PANEL + _TICKS
        height = sum(_HEAD + row * len(part) for part in rows) + _LEGEND
        figure = style.new_figure(_WIDTH * style.POINT, height * style.POINT)
        top = 0.0
        for network, part in zip(networks, rows, strict=True):
            first = network.iloc[0]
            name = f"{texts.corpus_title(first['corpus'])}, {title(first['model'])}"
            place = (_LEFT[0] / _WIDTH, 1 - (top + 3) / height)
            figure.text(*place, name, size=8, va="top", style="italic")
            top += _HEAD
            for cell in part:
                tables = [_of_cell(table, cell) for table in (effects, newlines, shown)]
                _draw_row(figure, top, cell, *tables)
                top += row
        _draw_legend(figure, height)
        return figure


def cells(network: pd.DataFrame) -> Sequence[tuple[tuple, pd.DataFrame]]:
    """The two rows of each cell and concept, in the order of the table."""
    return list(network.groupby(["concept", "layer", "unit"], sort=False))


def _of_cell(table: pd.DataFrame, cell: pd.DataFrame) -> pd.DataFrame:
    """The rows of a table about a cell's concept; those of other cells are its controls."""
    names = ["corpus", "model", "concept"]
    if "mode" not in table:  # no controls
        names += ["layer", "unit"]
    return table[_equal(table, cell.iloc[0], names)]


def _equal(table: pd.DataFrame, row: pd.Series, names: Sequence[str]) -> pd.Series:
    """Which rows of a table have the values of another row in some columns."""
    return np.logical_and.reduce([table[name] == row[name] for name in names])


def _draw_row(
    figure: Figure,
    top: float,
    cell: pd.DataFrame,
    effects: pd.DataFrame,
    newlines: pd.DataFrame,
    shown: pd.DataFrame,
) -> None:
    height = figure.get_figheight() / style.POINT
    first = cell.iloc[0]
    name = f"{first['title']}: layer {first['layer']}, cell {first['unit']}"
    at = 1 - (top + 10) / height
    figure.text(_LEFT[0] / _WIDTH, at, name, size=_TEXT, weight="bold")
    rank = f"rank {first['cell_rank']} of {first['controls'] + 1}"
    times = verdicts.ratio_text(first["cell_specificity"])
    verdict = f"{first['verdict']}: loss {times} times that elsewhere, {rank}"
    if np.isnan(first["cell_loss"]):
        verdict = f"{first['verdict']}: the text read has no such characters"
    right = (_RIGHT[0] + _RIGHT[1]) / _WIDTH
    figure.text(right, at, verdict, size=_TEXT - 0.4, color=style.SOFT, ha="right")

    def panel(place: tuple[float, float]) -> Axes:
        left, wide = place
        bottom = height - top - _TITLE - _PANEL
        return figure.add_axes((left / _WIDTH, bottom / height, wide / _WIDTH, _PANEL / height))

    _draw_text(panel(_LEFT), first["mode"], shown)
    _draw_losses(panel(_MIDDLE), cell, effects)
    if len(newlines):
        _draw_newlines(panel(_RIGHT), newlines)
    else:
        _draw_probabilities(panel(_RIGHT), cell)


def _draw_text(axes: Axes, mode: str, shown: pd.DataFrame) -> None:
    """Bars above each character for the network left alone, below it for the clamped one."""
    axes.set_axis_off()
    wide = _LEFT[1] / _COLUMNS
    axes.set_xlim(0, _LEFT[1])
    axes.set_ylim(_PANEL, 0)
    if shown.empty:
        axes.text(0, 12, "The text read has no place to show.", size=_SMALL, color=style.SOFT)
        return
    line, bar = _PANEL / 2, 10.0
    for row in shown.to_dict("records"):
        x = (row["place"] % _COLUMNS) * wide
        middle = (row["place"] // _COLUMNS) * line + line / 2
        for value, below, color in (
            (row["p"], 1, _ALONE),
            (row[f"p_{mode}"], -1, _COLORS[mode]),
        ):
            edge = middle - below * 3.4
            axes.bar(x + wide / 2, -below * bar * value, 0.8 * wide, edge, color=color, lw=0)
    # A character lies under its first bytes, as far as they are on one line.
    letters = _letters(shown)
    fonts = fonts_of([letters])
    for letter in letters:
        first = letter.start
        last = min(letter.stop, (first // _COLUMNS + 1) * _COLUMNS)
        target = shown["target"].iloc[letter.start : letter.stop].any()
        properties = fonts.properties(_LETTERS)
        properties.set_weight("bold" if target else "normal")
        axes.text(
            ((first + last) / 2 - first // _COLUMNS * _COLUMNS) * wide,
            (first // _COLUMNS) * line + line / 2 + 1.9,
            fonts.shown(letter.glyph),
            fontproperties=properties,
            ha="center",
            color=style.INK if target else style.SOFT,
            parse_math=False,
        )


def _letters(shown: pd.DataFrame) -> list[Cell]:
    """The characters of an excerpt."""
    values = shown["byte"].to_numpy(np.uint8)
    return lay_out(values, columns=10**6, encoding=shown["encoding"].iloc[0])


def _draw_losses(axes: Axes, cell: pd.DataFrame, effects: pd.DataFrame) -> None:
    """Change of the loss at both targets and elsewhere, of the cell and of control cells."""
    names = [*cell["class"], "other"]
    own = _equal(effects, cell.iloc[0], ["layer", "unit"]) & (effects["verdict"] != CONTROL)
    for y, name in enumerate(names):
        for mode, shift in ((LOW, -0.2), (HIGH, 0.2)):
            shown = effects[(effects["class"] == name) & (effects["mode"] == mode)]
            mine, others = shown[own[shown.index]], shown[shown["verdict"] == CONTROL]
            spread = np.linspace(-0.12, 0.12, max(len(others), 1))[: len(others)]
            axes.plot(others["delta_loss"], y + shift + spread, ".", ms=1.6, mew=0, color=_CLOUD)
            ends = mine[["low", "high"]].to_numpy().T
            axes.hlines([y + shift] * len(mine), *ends, color=_COLORS[mode], lw=0.9, zorder=3)
            axes.plot(mine["delta_loss"], [y + shift] * len(mine), "o", ms=2.8, mew=0, zorder=4,
                      color=_COLORS[mode])  # fmt: skip
    axes.axvline(0, color=style.FAINT, lw=0.5, zorder=0)
    axes.set_xscale("symlog", linthresh=_LINEAR, linscale=0.6)
    left, right = axes.get_xlim()
    axes.set_xlim(min(left, -0.2), max(right, 1.5))
    ticks = [x for x in (-10, -1, -0.1, 0, 0.1, 1, 10) if min(left, -0.2) <= x <= max(right, 1.5)]
    axes.set_xticks(ticks, [f"{x:g}".replace("-", "−") for x in ticks])
    axes.minorticks_off()
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    _finish(axes, "change of the loss, nats")


def _draw_probabilities(axes: Axes, cell: pd.DataFrame) -> None:
    """Arrows from the probability left alone to the clamped one, where symbols come and not."""
    rows = []
    for row in cell.to_dict("records"):
        raised = HIGH if row["mode"] == LOW else LOW
        rows.append((row["class"], row["p"], row["p_clamped"], row["mode"]))
        rows.append(("elsewhere", row["p_elsewhere"], row["p_raised"], raised))
    least = 1e-5
    for y, (_, before, after, mode) in enumerate(rows):
        if not np.isfinite([before, after]).all():
            continue
        ends = np.maximum([before, after], least)
        if abs(np.log(ends[1] / ends[0])) < _STILL:
            axes.plot(ends[1], y, "o", ms=2.2, mew=0, color=_COLORS[mode])
            continue
        axes.annotate("", (ends[1], y), (ends[0], y), arrowprops={
            "arrowstyle": "-|>,head_width=0.14,head_length=0.28", "lw": 0.9, "shrinkA": 0,
            "shrinkB": 0, "color": _COLORS[mode]})  # fmt: skip
        axes.plot(ends[0], y, "|", ms=5, mew=1, color=_ALONE)
    axes.set_xscale("log")
    axes.set_xlim(least, 1.5)
    axes.set_xticks([1e-4, 1e-2, 1], ["0.0001", "0.01", "1"])
    axes.minorticks_off()
    axes.set_yticks(range(len(rows)), [name for name, *_ in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.axhline(1.5, color=style.FAINT, lw=0.4)
    _finish(axes, "probability of the symbol")


def _draw_newlines(axes: Axes, newlines: pd.DataFrame) -> None:
    """How probable a line end is at each column, the cell free and standing still."""
    clamped = [at for at in newlines["clamped"].unique() if at != line_ends.NOWHERE]
    colors = {at: _COLUMN_COLORS(i / max(len(clamped) - 1, 1)) for i, at in enumerate(clamped)}
    for at, color in colors.items():
        part = newlines[newlines["clamped"] == at]
        axes.plot(part["column"], part["hazard"], lw=0.7, color=color)
    alone = newlines[newlines["clamped"] == line_ends.NOWHERE]
    axes.plot(alone["column"], alone["hazard"], lw=1.0, color=style.INK)

    def word(x: float, y: float, name: str, color: Any) -> None:
        axes.annotate(name, (x, y), xycoords="axes fraction", size=_SMALL, va="top", color=color)

    word(0.02, 1.0, "clamped at", style.SOFT)
    word(0.02, 0.87, "free", style.INK)
    for i, (at, color) in enumerate(colors.items()):
        word(0.39 + 0.09 * i, 1.0, f"{at}", color)
    axes.set_ylim(0, 1.3 * max(newlines["hazard"].max(), 0.1))
    axes.set_xlim(0, newlines["column"].max())
    _finish(axes, "characters of the line so far")
    axes.set_ylabel("P(line end)", size=_SMALL + 0.4, labelpad=1.5)


def _finish(axes: Axes, label: str) -> None:
    axes.set_xlabel(label, size=_SMALL + 0.4, labelpad=1)
    axes.tick_params(labelsize=_SMALL, length=1.8, width=0.4, colors=style.SOFT, pad=1.2)
    axes.spines[["top", "right"]].set_visible(False)


def _draw_legend(figure: Figure, height: float) -> None:
    handles = [
        Line2D([], [], color=_ALONE, lw=2.4, label="left alone (above the text)"),
        Line2D([], [], color=_COLORS[LOW], lw=2.4, label="clamped low: the concept absent"),
        Line2D([], [], color=_COLORS[HIGH], lw=2.4, label="clamped high: present"),
        Line2D([], [], color=_CLOUD, marker=".", ls="", label="control cells, the same clamps"),
    ]
    figure.legend(
        handles=handles,
        fontsize=_TEXT - 0.4,
        loc="lower left",
        bbox_to_anchor=(_LEFT[0] / _WIDTH, 1 / height),
        ncols=len(handles),
        borderpad=0,
        borderaxespad=0,
        handlelength=1.0,
        handletextpad=0.4,
        columnspacing=1.2,
    )
