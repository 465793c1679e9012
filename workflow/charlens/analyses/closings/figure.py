"""Figure 5, left: how well closing characters are predicted, by how far back they were opened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from charlens.analyses.closings.table import bin_name, pair_title, read
from charlens.analyses.contest import PAPERS_MODELS
from charlens.analyses.contest_colours import colors, draw_legend, ring
from charlens.display import style
from charlens.display.fonts import fonts_for
from charlens.files.atomic import FilePath
from charlens.models.names import title
from charlens.paper import texts
from charlens.text.marks import QUOTES

# Lengths in points.
_WIDTH = style.COLUMN / style.POINT
_LEFT, _RIGHT, _PANEL, _TITLE, _TICKS, _XLABEL, _LEGEND = 26.0, 3.0, 92.0, 26.0, 21.0, 12.0, 3.0
_SLANTED = 10.0  # more room for slanted names of bins
_NOTE = 9.0  # a line below that
_TEXT, _TICK, _COUNT = 7.0, 6.0, 5.4  # font sizes


def numbers(closings: FilePath) -> dict[str, pd.DataFrame]:
    """Read what :func:`draw` takes: the table of closing characters, shown as it is."""
    return {"csv": read(closings)}


def draw(table: pd.DataFrame) -> Figure:
    """Draw one panel per corpus and pair, from :func:`charlens.analyses.closings.table.read`.

    Bars are means with their bootstrap 95 % intervals, below each group the number of closings.
    Distances at which nothing is closed are left out, and so are pairs that are nowhere closed.
    """
    with style.styled():
        table = table[table["closings"] > 0]
        if table.empty:
            return _nothing()
        panels = [part for _, part in table.groupby(["corpus", "pair"], sort=False)]
        ticks = _TICKS + _SLANTED * any(_is_crowded(part) for part in panels)
        step = _TITLE + _PANEL + ticks
        has_paper = bool(table["paper"].notna().any())
        height = _LEGEND + len(panels) * step + _XLABEL + _NOTE * has_paper
        figure = style.new_figure(_WIDTH * style.POINT, height * style.POINT)
        for i, part in enumerate(panels):
            bottom = height - _LEGEND - i * step - _TITLE - _PANEL
            box = (
                _LEFT / _WIDTH,
                bottom / height,
                1 - (_LEFT + _RIGHT) / _WIDTH,
                _PANEL / height,
            )
            axes = figure.add_axes(box)
            _draw_panel(axes, part)
            if i == len(panels) - 1:
                middle = (_LEFT + (_WIDTH - _LEFT - _RIGHT) / 2) / _WIDTH
                lines = ["Distance from the opening one in characters; below, number of closings"]
                lines += [f"Rings: the paper’s {PAPERS_MODELS}"] * has_paper
                look: dict[str, Any] = {"size": _TEXT, "color": style.SOFT, "ha": "center"}
                for at, text in enumerate(reversed(lines)):
                    figure.text(middle, (3 + _NOTE * at) / height, text, **look)
        return figure


def _nothing() -> Figure:
    figure = style.new_figure(style.COLUMN, 0.4)
    figure.text(0.02, 0.4, "Nothing that was opened is closed in the test text.")
    return figure


def _names(part: pd.DataFrame) -> list[str]:
    bins = part.drop_duplicates(["low", "high"])
    return [bin_name(row.low, row.high) for row in bins.itertuples()]


def _is_crowded(part: pd.DataFrame) -> bool:
    """Whether the names of the bins do not fit side by side."""
    names = _names(part)
    widest = max(style.text_width(name, _TICK) for name in names)
    return widest + 1.5 > (_WIDTH - _LEFT - _RIGHT) / len(names)


def _draw_panel(axes: Axes, part: pd.DataFrame) -> None:
    models = part.drop_duplicates("model")
    color_of = colors(zip(models["role"], models["model"], strict=True))
    wide = 0.8 / len(models)
    for i, model in enumerate(models["model"]):
        rows = part[part["model"] == model]
        x = np.arange(len(rows)) + (i - (len(models) - 1) / 2) * wide
        mean = rows["probability"].to_numpy()
        axes.bar(x, mean, 0.94 * wide, color=color_of[model], lw=0, zorder=2)
        reach = np.abs(rows[["lower", "upper"]].to_numpy().T - mean)
        known = np.isfinite(reach).all(axis=0)
        axes.errorbar(x[known], mean[known], reach[:, known], ls="", ecolor=style.WHISKER,
                      elinewidth=0.8, zorder=3)  # fmt: skip
        axes.plot(x, rows["paper"], zorder=4, **ring())
    _finish(axes, part)
    _draw_legend(axes, list(models["model"]), color_of, bool(part["paper"].notna().any()))


def _finish(axes: Axes, part: pd.DataFrame) -> None:
    bins = part.drop_duplicates(["low", "high"])
    crowded = _is_crowded(part)
    slant: dict[str, Any] = {}
    if crowded:
        slant = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"}
    axes.set_xticks(np.arange(len(bins)), _names(part), **slant)
    axes.tick_params(labelsize=_TICK, length=2, width=0.5, colors=style.SOFT, pad=2)
    axes.tick_params(axis="x", length=0)
    below = -15.0 - _SLANTED * crowded
    for x, count in enumerate(bins["closings"]):
        axes.annotate(f"{count:,}", (x, 0), (0, below), textcoords="offset points", size=_COUNT,
                      ha="center", color=style.SOFT)  # fmt: skip
    axes.set_xlim(-0.55, len(bins) - 0.45)
    highest = np.nanmax([0.1, *part[["probability", "upper", "paper"]].max()])
    axes.set_ylim(0, min(1.05 * highest, 1.0))
    axes.grid(axis="y", color="#e6e6e6", lw=0.4)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    pair, families = _shown(part["pair"].iloc[0])
    closer = "closing mark" if pair == QUOTES else pair[1]
    plain: dict[str, Any] = {"parse_math": False, "family": families}
    axes.set_ylabel(f"Mean probability of {closer}", labelpad=2, **plain)
    name = f"{texts.corpus_title(part['corpus'].iloc[0])}, {pair_title(pair)}"
    axes.set_title(name, size=8, loc="left", pad=14, style="italic", **plain)
    if texts.is_other_version(part["papers_file"]):
        note = "the paper used another cut of this text"
        axes.set_title(note, size=5.8, loc="right", pad=14, color=style.SOFT)


def _shown(pair: str) -> tuple[str, list[str]]:
    """A pair as it can be printed, and the fonts that have it."""
    families = list(rcParams["font.family"])
    if pair.isascii():
        return pair, families
    fonts = fonts_for([pair])
    return "".join(map(fonts.shown, pair)), [*families, *fonts.families]


def _draw_legend(
    axes: Axes, models: Sequence[str], color_of: dict[str, str], has_paper: bool
) -> None:
    # Patches, gaps and the paper's ring take some 20 points each beside the names.
    wide = sum(style.text_width(title(model), _TICK) + 20 for model in models) + 32 * has_paper
    size = _TICK * min(1.0, (_WIDTH - _LEFT - _RIGHT) / wide)
    place: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (0, 1.03)}
    draw_legend(axes, models, color_of, has_paper, fontsize=size, **place)
