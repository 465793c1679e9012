"""Figure 6: errors by what would remove them, as pies and as marked text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from charlens.analyses.oracles.oracles import ORACLES
from charlens.analyses.oracles.table import read, read_examples
from charlens.display import style
from charlens.display.fonts import Fonts
from charlens.display.page import Page, cells_of, fonts_of
from charlens.files.atomic import FilePath
from charlens.models import names as model_id
from charlens.paper import texts
from charlens.text.encodings import UTF_8, of_corpora
from charlens.text.grid import GLYPHS, NOTHING, Cell

# Lengths in points.
_TITLE, _GAP = 10.0, 5.0
_PAGE = Page(letter=3.42, line=7.6, size=5.6, baseline=0.72, top=_TITLE)
_PIE, _SIDE, _MARGIN, _HEAD = 150.0, 40.0, 4.0, 14.0
_MARK, _BOX = "#56B4E9", "#D55E00"

_NAME = 11  # characters of a line of a slice's name


def numbers(
    categories: FilePath,
    examples: FilePath,
    corpora: Sequence[FilePath] = (),
    tests: Sequence[FilePath] = (),
    encodings: Mapping[str, str | None] | None = None,
) -> dict[str, Any]:
    """Read what :func:`draw` takes: errors by category, and the marked excerpts.

    Args:
        categories: the table of errors.
        examples: the table of excerpts.
        corpora: the description of their corpus, by which its encoding is guessed.
        tests: its test split.
        encodings: the config's of each corpus; None guesses.
    """
    return {
        "csv": read(categories),
        "examples": read_examples(examples),
        "encodings": of_corpora(encodings or {}, corpora, tests),
    }


def draw(
    table: pd.DataFrame, examples: pd.DataFrame, encodings: Mapping[str, str] | None = None
) -> Figure:
    """Draw the pies of each model, and excerpts of text of the first one.

    Args:
        table: of :func:`charlens.analyses.oracles.table.read`.
        examples: with the columns of :data:`charlens.analyses.oracles.excerpts.COLUMNS`.
        encodings: in which each corpus is shown; UTF-8 where it is not named.
    """
    with style.styled():
        encoding = (encodings or {}).get(table["corpus"].iloc[0], UTF_8)
        models = list(dict.fromkeys(table["model"]))
        groups = [part for _, part in examples.groupby("group", sort=False)]
        pages = [cells_of(group["byte"], encoding) for group in groups]
        fonts = fonts_of(pages)
        text = _PAGE.width if groups else 0
        width = _PIE + 2 * _SIDE + text + 2 * _MARGIN
        tall = sum(map(_height, pages))
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
        for group, cells in zip(groups, pages, strict=True):
            high = _height(cells)
            left = _PIE + 2 * _SIDE + _MARGIN
            box = (left / width, 1 - (top + high) / height, text / width, high / height)
            _draw_example(figure.add_axes(box), group, cells, fonts)
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


def _height(cells: Sequence[Cell]) -> float:
    return _TITLE + (cells[-1].row + 1) * _PAGE.line + _GAP


def _draw_example(axes: Axes, group: pd.DataFrame, cells: Sequence[Cell], fonts: Fonts) -> None:
    axes.set_axis_off()
    axes.set_xlim(0, _PAGE.width)
    axes.set_ylim(_height(cells), 0)
    axes.text(0, _TITLE - 3, group["group"].iloc[0], size=7, weight="bold")
    marked, boxed = group["marked"].to_numpy(), group["boxed"].to_numpy()
    for cell in cells:
        if marked[cell.start : cell.stop].any():
            x, y, wide, high = _PAGE.box(cell)
            axes.add_patch(Rectangle((x, y), wide, high, facecolor=_MARK, edgecolor="none"))
    inks = [
        style.SOFT if cell.glyph in (*GLYPHS.values(), NOTHING) else style.INK for cell in cells
    ]
    _PAGE.write(axes, cells, inks, fonts)
    for number in sorted(set(boxed) - {0}):
        inside = [cell for cell in cells if boxed[cell.start] == number]
        for row in sorted({cell.row for cell in inside}):
            line = [cell for cell in inside if cell.row == row]
            x = min(cell.column for cell in line) * _PAGE.letter
            wide = sum(cell.width for cell in line) * _PAGE.letter
            place = (x, _TITLE + row * _PAGE.line + 0.4)
            frame: dict[str, Any] = {"facecolor": "none", "edgecolor": _BOX, "lw": 0.8}
            axes.add_patch(Rectangle(place, wide, _PAGE.line - 0.8, **frame))
