"""Figure 7: best cells beside their baselines and beside what all cells together know."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from charlens.display import style
from charlens.files.atomic import FilePath
from charlens.inside.cells.concepts import CONCEPTS
from charlens.inside.evidence.table import read
from charlens.models.names import title
from charlens.paper import texts

# Lengths in points.
_WIDTH = style.COLUMN / style.POINT
_LEFT, _RIGHT, _ROW, _TITLE, _TICKS, _BOTTOM, _KEY = 92.0, 8.0, 13.0, 22.0, 12.0, 14.0, 27.0
_TEXT, _TICK = 7.0, 6.0  # font sizes

_PASSES, _FAILS = "#0072B2", "#D55E00"  # of Okabe & Ito (2008); the shape says the same
_BASELINES = {
    "untrained_95": ("v", "untrained networks"),
    "shuffled_95": ("^", "shuffled weights"),
    "bytes_3": ("s", "last 3 bytes"),
    "latch_95": ("D", "arbitrary latches"),
}
"""Column -> marker and name of each baseline."""


def numbers(evidence: FilePath) -> dict[str, pd.DataFrame]:
    """Read what :func:`draw` takes: the table of evidence, shown as it is."""
    return {"csv": read(evidence)}


def draw(table: pd.DataFrame) -> Figure:
    """Draw one panel per model, from :func:`charlens.inside.evidence.table.read`."""
    with style.styled():
        panels = [part for _, part in table.groupby(["corpus", "model"], sort=False)]
        height = _KEY + _BOTTOM + sum(_TITLE + _TICKS + _ROW * len(part) for part in panels)
        figure = style.new_figure(_WIDTH * style.POINT, height * style.POINT)
        top = height - _KEY
        for part in panels:
            tall = _ROW * len(part)
            bottom = top - _TITLE - tall
            wide = 1 - (_LEFT + _RIGHT) / _WIDTH
            axes = figure.add_axes((_LEFT / _WIDTH, bottom / height, wide, tall / height))
            _draw_panel(axes, part)
            top = bottom - _TICKS
        middle = (_LEFT + (_WIDTH - _LEFT - _RIGHT) / 2) / _WIDTH
        what = "Strength on held-out text, |r| or |2 AUC − 1|"
        figure.text(middle, 4 / height, what, size=_TEXT, color=style.SOFT, ha="center")
        _draw_key(figure)
        return figure


def _draw_panel(axes: Axes, part: pd.DataFrame) -> None:
    rows = np.arange(len(part))
    bars = part[list(_BASELINES)].max(axis=1).fillna(0)
    axes.barh(rows, bars, 0.62, color="#ececec", lw=0, zorder=1)
    for column, (marker, _) in _BASELINES.items():
        axes.plot(part[column], rows, marker, ms=2.6, color="#8c8c8c", mew=0, zorder=2)
    axes.plot(part["probe"], rows, "o", ms=6.0, mfc="none", mec=style.INK, mew=0.6, zorder=3)
    for row, of in zip(rows, part.itertuples(), strict=True):
        color, marker = (_PASSES, "o") if of.interpretable else (_FAILS, "X")
        axes.plot([of.low, of.high], [row, row], color=color, lw=1.1, zorder=4)
        axes.plot(of.strength, row, marker, ms=3.6, color=color, mew=0, zorder=5)
    names = [CONCEPTS[concept].title for concept in part["concept"]]
    axes.set_yticks(rows, names)
    axes.set_ylim(len(part) - 0.5, -0.5)
    axes.set_xlim(0, 1.02)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "0.25", "0.5", "0.75", "1"])
    axes.tick_params(labelsize=_TICK, length=2, width=0.5, colors=style.SOFT, pad=2)
    axes.tick_params(axis="y", length=0, labelsize=_TEXT, labelcolor=style.INK)
    axes.grid(axis="x", color="#e6e6e6", lw=0.4)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    of_model = part.iloc[0]
    name = f"{texts.corpus_title(of_model['corpus'])}, {title(of_model['model'])}"
    axes.set_title(name, size=8, loc="left", x=-_LEFT / (_WIDTH - _LEFT - _RIGHT), pad=4,
                   style="italic", parse_math=False)  # fmt: skip


def _draw_key(figure: Figure) -> None:
    def dot(marker: str, name: str, **looks: object) -> Line2D:
        return Line2D([], [], ls="", marker=marker, label=name, **looks)  # type: ignore[arg-type]

    handles = [
        dot("o", "best cell, passes", ms=3.6, color=_PASSES, mew=0),
        dot("X", "best cell, does not", ms=3.6, color=_FAILS, mew=0),
        dot("o", "all cells", ms=6.0, mfc="none", mec=style.INK, mew=0.6),
        *(
            dot(marker, name, ms=2.6, color="#8c8c8c", mew=0)
            for marker, name in _BASELINES.values()
        ),
        Patch(color="#ececec", lw=0, label="highest baseline"),
    ]
    figure.legend(
        handles=handles,
        fontsize=_TICK,
        loc="upper left",
        bbox_to_anchor=(0.0, 1.0),
        ncols=3,
        borderpad=0.3,
        handlelength=1.0,
        handletextpad=0.4,
        columnspacing=1.2,
        labelspacing=0.35,
    )
