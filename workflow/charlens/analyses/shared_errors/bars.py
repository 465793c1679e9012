"""The right of Figure 4: the characters that each of two models predicts better."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from charlens.analyses.contest_colours import draw_legend, ring
from charlens.analyses.shared_errors.advantage import largest
from charlens.analyses.shared_errors.page import (
    BARS,
    LEFT,
    RIGHT,
    SMALL,
    TEXT,
    TINY,
    TITLE,
    WIDTH,
)
from charlens.display import style
from charlens.display.fonts import fonts_for
from charlens.models.names import title


def draw_bars(
    axes: Axes,
    part: pd.DataFrame,
    models: tuple[str, str],
    color_of: dict[str, str],
    characters: int,
) -> None:
    """Two bars per character: those the first model is ahead on, then those the second is.

    Args:
        axes: to draw into.
        part: rows of :func:`charlens.analyses.shared_errors.advantage.read` of the two models.
        models: their ids.
        color_of: colour by id.
        characters: how many to show each way.
    """
    halves = largest(part, characters)
    gap = 0.9 if all(map(len, halves)) else 0.0
    ends = np.cumsum([0, len(halves[0]), gap, len(halves[1])])
    rows = pd.concat(halves)
    x = np.concatenate([np.arange(len(halves[0])), ends[2] + np.arange(len(halves[1]))])
    columns = (("probability", "probability_se"), ("baseline_probability", "baseline_se"))
    printed = ("paper_probability", "paper_baseline")
    for i, (model, (value, error), column) in enumerate(zip(models, columns, printed, strict=True)):
        at = x + (i - 0.5) * 0.4
        axes.bar(at, rows[value], 0.38, color=color_of[model], lw=0, zorder=2)
        bars = rows[error].fillna(0)
        axes.errorbar(at, rows[value], bars, ls="", ecolor=style.WHISKER, elinewidth=0.7, zorder=3)
        axes.plot(at, rows[column], zorder=4, **ring())
    _finish_bars(axes, x, rows)
    _write_halves(axes, models, (len(halves[0]), len(halves[1])), float(ends[2]))
    has_paper = bool(rows[list(printed)].notna().any(axis=None))
    place: dict[str, Any] = {"loc": "lower right", "bbox_to_anchor": (1, 1 + (TITLE - 8) / BARS)}
    draw_legend(axes, models, color_of, has_paper, fontsize=SMALL, **place)


def _write_halves(
    axes: Axes, models: tuple[str, str], counts: tuple[int, int], second: float
) -> None:
    """Above the bars, who is ahead; ``second`` is where the second half begins."""
    texts = [f"{title(model)} ahead" for model in models]
    look: dict[str, Any] = {"size": SMALL, "color": style.SOFT}
    if counts[0]:
        axes.text(-0.5, 1.03, texts[0], **look)
    if counts[1]:
        left, right = axes.get_xlim()
        slot = (WIDTH - LEFT - RIGHT) / (right - left)
        taken = (style.text_width(texts[0], SMALL) + 8) / slot if counts[0] else 0.0
        axes.text(max(second, taken) - 0.5, 1.03, texts[1], **look)


def _finish_bars(axes: Axes, x: np.ndarray, rows: pd.DataFrame) -> None:
    wide = max(x.max(initial=0) + 1, 8.0)
    axes.set_xlim(-0.7, wide - 0.3)
    axes.set_ylim(0, 1)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "", ".5", "", "1"])
    fonts = fonts_for(rows["character"])
    axes.set_xticks(x, [fonts.shown(name) for name in rows["character"]])
    axes.tick_params(labelsize=SMALL, length=2, width=0.5, colors=style.SOFT, pad=1.5)
    axes.tick_params(axis="x", length=0)
    # Names of several letters must not run into their neighbours.
    slot = (WIDTH - LEFT - RIGHT) / (wide + 0.4)
    for label in axes.get_xticklabels():
        label.set(family=list(fonts.families), color=style.INK, parse_math=False)
        label.set_fontsize(min(TEXT, slot / (0.62 * len(label.get_text()))))
    size = min(TINY, slot / 2.2)
    for at, count in zip(x, rows["count"], strict=True):
        axes.annotate(short(count), (at, 0), (0, -15.5), xycoords="data", size=size,
                      textcoords="offset points", ha="center", color=style.SOFT)  # fmt: skip
    axes.grid(axis="y", color="#e6e6e6", lw=0.4)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_ylabel("Mean probability", labelpad=2)
    if rows.empty:
        axes.set_xticks([])
        note = "no advantage on any character that comes often enough"
        middle: dict[str, Any] = {"transform": axes.transAxes, "ha": "center", "color": style.SOFT}
        axes.text(0.5, 0.5, note, **middle)


def short(count: int) -> str:
    """A count in at most four letters: ``903``, ``4.2k``, ``52k``, ``1.2M``."""
    for unit, letter in ((1_000_000, "M"), (1000, "k")):
        if count >= 0.9995 * unit:  # what rounds to it
            value = count / unit
            return f"{value:.1f}{letter}" if value < 9.95 else f"{value:.0f}{letter}"
    return str(count)
