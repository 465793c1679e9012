"""Figure 8, below: what one cell does, in a piece of text and to the probability of its symbols.

Of cells that follow lines, the probability that the line ends is shown at each column.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from charlens.display import style
from charlens.display.page import fonts_of
from charlens.display.sheet import Sheet
from charlens.inside.interventions import line_ends
from charlens.inside.interventions.clamps import HIGH, LOW
from charlens.text.grid import Cell, lay_out

COLORS = {LOW: "#D55E00", HIGH: "#0072B2"}
"""Of the clamps; from Okabe & Ito (2008)."""

ALONE = "#555555"
"""Colour of the network left alone."""

# Lengths in points.
_TITLE, _PANEL, _TICKS = 11.5, 42.0, 20.0
_TEXT, _AXES_AT = 146.0, 182.0  # width of the text, left edge of the axes
_BAR = 8.0  # height of the bar of probability 1
_NAME, _SMALL, _LETTERS = 7.0, 5.8, 5.8  # font sizes

HEIGHT = _TITLE + _PANEL + _TICKS
"""Of a cell's panels, points."""

_COLUMNS = 36  # characters in a line of the text
_COLUMN_COLORS = LinearSegmentedColormap.from_list("columns", ["#E69F00", "#CC79A7", "#332288"])

_STILL = 0.2  # a probability that changes by a smaller share is a dot, not an arrow
_LEAST = 1e-5  # lowest probability at the end of an arrow
_SEEN = 0.03  # lower bars would be hairlines, as thick as a pixel whatever they are


def draw(
    sheet: Sheet,
    left: float,
    top: float,
    width: float,
    cell: pd.DataFrame,
    newlines: pd.DataFrame,
    shown: pd.DataFrame,
) -> None:
    """Draw the panels of one cell.

    Args:
        sheet: where.
        left: edge of the panels, points.
        top: their upper edge, points.
        width: of both, points.
        cell: its two rows in the table of verdicts.
        newlines: its rows in that of line ends; none of cells that follow something else.
        shown: those in that of excerpts; none where the text has no such place.
    """
    first = cell.iloc[0]
    name = f"{first['title']}: layer {first['layer']}, cell {first['unit']}"
    sheet.text(left, top + 7, name, size=_NAME, weight="bold")
    verdict = first["verdict"].split(", ")[-1]  # causal, or not shown causal
    sheet.text(left + width, top + 7, verdict, size=_SMALL + 0.4, color=style.SOFT, ha="right")
    _draw_text(sheet.axes(left, top + _TITLE, _TEXT, _PANEL), first["mode"], shown)
    # Ticks at the ends of an axis reach a little beyond it.
    axes = sheet.axes(left + _AXES_AT, top + _TITLE, width - _AXES_AT - 4, _PANEL)
    if len(newlines):
        _draw_newlines(axes, newlines)
    else:
        _draw_probabilities(axes, cell)


def _draw_text(axes: Axes, mode: str, shown: pd.DataFrame) -> None:
    """Bars above each character for the network left alone, below it for the clamped one."""
    axes.set_axis_off()
    wide = _TEXT / _COLUMNS
    axes.set_xlim(0, _TEXT)
    axes.set_ylim(_PANEL, 0)
    if shown.empty:
        axes.text(0, 12, "The text read has no place to show.", size=_SMALL, color=style.SOFT)
        return
    line = _PANEL / 2
    for row in shown.to_dict("records"):
        x = (row["place"] % _COLUMNS) * wide
        middle = (row["place"] // _COLUMNS) * line + line / 2
        for value, below, color in (
            (row["p"], 1, ALONE),
            (row[f"p_{mode}"], -1, COLORS[mode]),
        ):
            if value >= _SEEN:
                edge = middle - below * 3.4
                axes.bar(x + wide / 2, -below * _BAR * value, 0.8 * wide, edge, color=color, lw=0)
    _write(axes, shown, wide, line)


def _write(axes: Axes, shown: pd.DataFrame, wide: float, line: float) -> None:
    """The characters, each in the middle of its bytes as far as they are on one line."""
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
            (first // _COLUMNS) * line + line / 2 + 2.0,
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


def _draw_probabilities(axes: Axes, cell: pd.DataFrame) -> None:
    """Arrows from the probability left alone to the clamped one, where symbols come and not."""
    rows = []
    for row in cell.to_dict("records"):
        raised = HIGH if row["mode"] == LOW else LOW
        rows.append((row["class"], row["p"], row["p_clamped"], row["mode"]))
        rows.append(("elsewhere", row["p_elsewhere"], row["p_raised"], raised))
    for y, (_, before, after, mode) in enumerate(rows):
        if np.isfinite([before, after]).all():
            _draw_arrow(axes, y, before, after, COLORS[mode])
    axes.set_xscale("log")
    axes.set_xlim(_LEAST, 1.5)
    axes.set_xticks([1e-4, 1e-2, 1], ["0.0001", "0.01", "1"])
    axes.minorticks_off()
    axes.set_yticks(range(len(rows)), [name for name, *_ in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.axhline(1.5, color=style.FAINT, lw=0.4)
    _finish(axes, "probability of the symbol")


def _draw_arrow(axes: Axes, y: float, before: float, after: float, color: str) -> None:
    """From one probability to another; a dot where they are as good as the same."""
    ends = np.maximum([before, after], _LEAST)
    if abs(np.log(ends[1] / ends[0])) < _STILL:
        axes.plot(ends[1], y, "o", ms=2.2, mew=0, color=color)
        return
    look = {"arrowstyle": "-|>,head_width=0.14,head_length=0.28", "lw": 0.9, "color": color}
    look |= {"shrinkA": 0, "shrinkB": 0}
    axes.annotate("", (ends[1], y), (ends[0], y), arrowprops=look)
    axes.plot(ends[0], y, "|", ms=5, mew=1, color=ALONE)


def _draw_newlines(axes: Axes, newlines: pd.DataFrame) -> None:
    """How probable a line end is at each column, the cell free and standing still."""
    clamped = [at for at in newlines["clamped"].unique() if at != line_ends.NOWHERE]
    colors = {at: _COLUMN_COLORS(i / max(len(clamped) - 1, 1)) for i, at in enumerate(clamped)}
    for at, color in colors.items():
        part = newlines[newlines["clamped"] == at]
        axes.plot(part["column"], part["hazard"], lw=0.7, color=color)
    alone = newlines[newlines["clamped"] == line_ends.NOWHERE]
    axes.plot(alone["column"], alone["hazard"], lw=1.0, color=style.INK)
    highest = max(newlines["hazard"].max(), 0.1)
    axes.set_ylim(0, 1.5 * highest)
    axes.set_xlim(0, newlines["column"].max())
    _name_columns(axes, colors)
    _finish(axes, "characters of the line so far")
    axes.set_ylabel("P(line end)", size=_SMALL, labelpad=1.5)


def _name_columns(axes: Axes, colors: dict[int, Any]) -> None:
    """Say which colour is which clamp, in two lines above the curves."""

    def word(x: float, y: float, name: str, color: Any) -> None:
        axes.annotate(name, (x, y), xycoords="axes fraction", size=_SMALL - 0.6, va="top",
                      color=color)  # fmt: skip

    word(0.03, 1.03, "free, or clamped at", style.SOFT)
    word(0.03, 1.03, "free", style.INK)
    for i, (at, color) in enumerate(colors.items()):
        word(0.03 + 0.97 * i / len(colors), 0.89, f"{at}", color)


def _finish(axes: Axes, label: str) -> None:
    axes.set_xlabel(label, size=_SMALL, labelpad=1)
    axes.tick_params(labelsize=_SMALL, length=1.8, width=0.4, colors=style.SOFT, pad=1.2)
    axes.spines[["top", "right"]].set_visible(False)
