"""Figure 8: what cells do.

Above, a line per cell of every network: what its clamps cost and what the verdict rests on. Below,
the cells of the first network of each text in detail.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from charlens.display import style
from charlens.display.columns import tallest, two_columns
from charlens.display.sheet import Sheet
from charlens.files.atomic import FilePath
from charlens.inside.interventions import (
    cell_panels,
    effect_rows,
    excerpt_rows,
    line_ends,
    verdict_panels,
)
from charlens.inside.interventions import table as verdicts
from charlens.inside.interventions.clamps import HIGH, LOW
from charlens.inside.interventions.frames import joined

# Lengths in points.
_WIDTH, _MARGIN, _GUTTER = 502.0, 3.0, 16.0
_COLUMN = (_WIDTH - 2 * _MARGIN - _GUTTER) / 2
_HEAD, _BETWEEN, _LEGEND = 15.0, 12.0, 13.0

_MOST = 12
"""Cells shown in detail: more would not fit a page with those above."""


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
    """Draw the tables of :func:`numbers`: all cells above, those of :func:`in_detail` below."""
    with style.styled():
        if judged.empty:
            figure = style.new_figure(style.COLUMN, 0.4)
            figure.text(0.02, 0.4, "No cell of this study follows something.")
            return figure
        networks = [part for _, part in judged.groupby(["corpus", "model"], sort=False)]
        above = two_columns([("", networks)], verdict_panels.height)
        detailed = [(verdict_panels.name(cells[0]), cells) for cells in in_detail(networks)]
        below = two_columns(detailed, _height)
        middle = tallest(above, verdict_panels.height) + verdict_panels.FOOT + _LEGEND + _BETWEEN
        sheet = Sheet(_WIDTH, middle + tallest(below, _height))
        ends = verdict_panels.limits(judged)
        wide = _COLUMN if len(above) > 1 else _WIDTH - 2 * _MARGIN
        for left, column in zip(_LEFTS, above, strict=False):
            verdict_panels.draw(sheet, left, 0, wide, column, effects, ends)
        _draw_legend(sheet, middle - _BETWEEN)
        for left, column in zip(_LEFTS, below, strict=False):
            _draw_column(sheet, left, middle, column, newlines, shown)
        return sheet.figure


_LEFTS = (_MARGIN, _MARGIN + _COLUMN + _GUTTER)


def in_detail(networks: Sequence[pd.DataFrame]) -> list[list[pd.DataFrame]]:
    """The cells shown in detail: those of the first network of each text.

    Of many texts the first cells of each, so that there are no more than :data:`_MOST`.

    Args:
        networks: the rows of each in the table of verdicts.

    Returns:
        The two rows of each cell, by network.
    """
    first: dict[str, pd.DataFrame] = {}
    for network in networks:
        first.setdefault(network["corpus"].iloc[0], network)
    of_texts = [verdict_panels.cells(network) for network in first.values()]
    turns = sorted((i, text) for text, cells in enumerate(of_texts) for i in range(len(cells)))
    counts = Counter(text for _, text in turns[:_MOST])
    return [cells[: counts[text]] for text, cells in enumerate(of_texts) if counts[text]]


def _height(block: pd.DataFrame | str) -> float:
    return _HEAD if isinstance(block, str) else cell_panels.HEIGHT


def _draw_column(
    sheet: Sheet,
    left: float,
    top: float,
    column: Sequence[pd.DataFrame | str],
    newlines: pd.DataFrame,
    shown: pd.DataFrame,
) -> None:
    """Cells in detail, under the titles of their networks."""
    for block in column:
        if isinstance(block, str):
            sheet.text(left, top + 9, block, size=8, style="italic", parse_math=False)
        else:
            tables = [_of_cell(table, block.iloc[0]) for table in (newlines, shown)]
            cell_panels.draw(sheet, left, top, _COLUMN, block, *tables)
        top += _height(block)


def _of_cell(table: pd.DataFrame, cell: pd.Series) -> pd.DataFrame:
    """The rows of a table about a cell and its concept."""
    names = ["corpus", "model", "concept", "layer", "unit"]
    return table[np.logical_and.reduce([table[name] == cell[name] for name in names])]


def _draw_legend(sheet: Sheet, bottom: float) -> None:
    """What the colours are, for both parts."""
    low, high = cell_panels.COLORS[LOW], cell_panels.COLORS[HIGH]
    grey = style.SOFT
    handles = [
        Line2D([], [], color=low, marker="o", ms=3, mew=0, label="clamped low: concept absent"),
        Line2D([], [], color=high, marker="o", ms=3, mew=0, label="clamped high: present"),
        Line2D([], [], color=cell_panels.ALONE, lw=2.4, label="left alone (below)"),
        Line2D([], [], color=verdict_panels.CLOUD, marker="|", ms=5, ls="", label="other cells"),
        Line2D([], [], mfc="white", mec=grey, marker="D", ms=2.4, mew=0.6, ls="",
               label="other characters"),
    ]  # fmt: skip
    sheet.figure.legend(
        handles=handles,
        fontsize=6.4,
        loc="lower left",
        bbox_to_anchor=(_MARGIN / sheet.width, 1 - bottom / sheet.height),
        ncols=len(handles),
        borderpad=0,
        borderaxespad=0,
        handlelength=1.2,
        handletextpad=0.4,
        columnspacing=1.6,
    )
