"""Figure 6: errors by what would remove them, as pies and as marked text."""

from __future__ import annotations

from textwrap import fill
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from charlens.analyses.oracles.excerpts import COLUMNS_OF_TEXT
from charlens.analyses.oracles.oracles import ORACLES
from charlens.analyses.oracles.table import read, read_examples
from charlens.display import style
from charlens.files.atomic import FilePath
from charlens.models import names as model_id
from charlens.paper import texts
from charlens.text.grid import lay_out

# Lengths in points.
_LETTER, _LINE, _TITLE, _GAP = 3.42, 7.6, 10.0, 5.0
_PIE, _SIDE, _MARGIN, _HEAD = 150.0, 40.0, 4.0, 14.0
_TEXT = 5.6  # font size of the text shown
_MARK, _BOX = "#56B4E9", "#D55E00"

_NAME = 11  # characters of a line of a slice's name


def numbers(categories: FilePath, examples: FilePath) -> dict[str, pd.DataFrame]:
    """Read what :func:`draw` takes: errors by category, and the marked excerpts."""
    return {"csv": read(categories), "examples": read_examples(examples)}


def draw(table: pd.DataFrame, examples: pd.DataFrame) -> Figure:
    """Draw the pies of each model, and excerpts of text of the first one.

    Args:
        table: of :func:`charlens.analyses.oracles.table.read`.
        examples: with the columns of :data:`charlens.analyses.oracles.excerpts.COLUMNS`.
    """
    with style.styled():
        models = list(dict.fromkeys(table["model"]))
        groups = [part for _, part in examples.groupby("group", sort=False)]
        text = COLUMNS_OF_TEXT * _LETTER if groups else 0
        width = _PIE + 2 * _SIDE + text + 2 * _MARGIN
        tall = sum(_height(group) for group in groups)
        height = max(tall + 4, len(models) * (_HEAD + _PIE))
        figure = style.new_figure(width * style.POINT, height * style.POINT)
        step = height / len(models)
        for i, model in enumerate(models):
            part, top = table[table["model"] == model], height - i * step
            figure.text(
                _MARGIN / width,
                (top - 3) / height,
                _title(part),
                size=7.5,
                va="top",
                style="italic",
            )
            bottom = top - _HEAD - (step - _HEAD + _PIE) / 2
            box = ((_MARGIN + _SIDE) / width, bottom / height, _PIE / width, _PIE / height)
            _draw_pie(figure.add_axes(box), part)
        top = 4.0
        for group in groups:
            high = _height(group)
            left = _PIE + 2 * _SIDE + _MARGIN
            box = (left / width, 1 - (top + high) / height, text / width, high / height)
            _draw_example(figure.add_axes(box), group, text, high)
            top += high
        return figure


def colors(table: pd.DataFrame) -> list[tuple[float, float, float, float]]:
    """One colour per oracle: its family's, darker with each."""
    rgba: list[tuple[float, float, float, float]] = []
    for family, part in table.groupby("family", sort=False):
        shades = np.linspace(0.35, 0.85, len(part)) if len(part) > 1 else [0.55]
        rgba += [matplotlib.colormaps[ORACLES[family].colours](shade) for shade in shades]
    return rgba


def _draw_pie(axes: Axes, part: pd.DataFrame) -> None:
    """Slices from the top, counter-clockwise, as in the paper."""
    if part["errors"].sum() == 0:
        axes.set_axis_off()
        axes.text(0.5, 0.5, "no errors", size=7, ha="center", transform=axes.transAxes)
        return
    axes.pie(
        part["percent"],
        colors=colors(part),
        startangle=90,
        counterclock=True,
        radius=1.0,
        wedgeprops={"lw": 0.3, "edgecolor": "white"},
    )
    axes.set_xlim(-1.3, 1.3)
    axes.set_ylim(-1.3, 1.3)
    before = 0.0
    for name, share in _labels(part):
        angle = np.deg2rad(90 + 3.6 * (before + share / 2))
        before += share
        if share < 1:
            continue
        x, y = np.cos(angle), np.sin(angle)
        if share < 100:  # gaps separate the families, too: their colours are many
            edge = np.deg2rad(90 + 3.6 * before)
            axes.plot([0, np.cos(edge)], [0, np.sin(edge)], color="white", lw=1.6)
        axes.plot([x * 1.01, x * 1.07], [y * 1.01, y * 1.07], color=style.SOFT, lw=0.4)
        axes.text(
            x * 1.1,
            y * 1.1,
            f"{name} {share:.0f} %",
            size=6.2,
            ha="left" if x > 0.15 else "right" if x < -0.15 else "center",
            va="bottom" if y > 0.3 else "top" if y < -0.3 else "center",
            linespacing=0.95,
        )


def _title(part: pd.DataFrame) -> str:
    first, errors = part.iloc[0], part["errors"].sum()
    count = f"{errors / 1000:,.0f}K" if errors >= 10_000 else f"{errors:,}"
    name, corpus = model_id.title(first["model"]), texts.corpus_title(first["corpus"])
    share = 100 * errors / first["characters"]
    return f"{name}, {corpus}: {count} errors, {share:.0f} % of characters"


def _labels(part: pd.DataFrame) -> list[tuple[str, float]]:
    """Names around the pie and their percent: of families, or of slices that are named apart."""
    found: list[tuple[str, float]] = []
    for family, rows in part.groupby("family", sort=False):
        oracle = ORACLES[str(family)]
        if oracle.apart:
            named = zip(oracle.titles, rows["percent"], strict=True)
            found += [(fill(title, _NAME), float(share)) for title, share in named]
        else:
            found.append((str(family), float(rows["percent"].sum())))
    return found


def _height(group: pd.DataFrame) -> float:
    return _TITLE + (_cells(group)[-1].row + 1) * _LINE + _GAP


def _cells(group: pd.DataFrame):
    return lay_out(group["byte"].to_numpy(np.uint8), COLUMNS_OF_TEXT)


def _draw_example(axes: Axes, group: pd.DataFrame, width: float, height: float) -> None:
    axes.set_axis_off()
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.text(0, _TITLE - 3, group["group"].iloc[0], size=7, weight="bold")
    cells = _cells(group)
    for cell, marked in zip(cells, group["marked"], strict=True):
        x, y = cell.column * _LETTER, _TITLE + cell.row * _LINE
        if marked:
            box = (cell.width * _LETTER, _LINE)
            axes.add_patch(Rectangle((x, y), *box, facecolor=_MARK, edgecolor="none"))
        if cell.glyph != " ":
            place = (x + _LETTER / 2, y + 0.72 * _LINE)
            letter = cell.glyph.replace("$", r"\$")
            faint = style.SOFT if ord(cell.glyph) > 127 else style.INK
            axes.text(
                *place, letter, size=_TEXT, family="DejaVu Sans Mono", ha="center", color=faint
            )
    for number in sorted(set(group["boxed"]) - {0}):
        inside = [c for c, boxed in zip(cells, group["boxed"], strict=True) if boxed == number]
        for row in sorted({cell.row for cell in inside}):
            line = [cell for cell in inside if cell.row == row]
            x, wide = line[0].column * _LETTER, len(line) * _LETTER
            frame: dict[str, Any] = {"facecolor": "none", "edgecolor": _BOX, "lw": 0.8}
            axes.add_patch(Rectangle((x, _TITLE + row * _LINE + 0.4), wide, _LINE - 0.8, **frame))
