"""Figure 11: errors and bits of models of a decade, by kind of character."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from charlens.analyses.oracles.decade import CATEGORIES, Models, colours, read, shown
from charlens.display import style
from charlens.display.units import per
from charlens.files.atomic import FilePath
from charlens.models import names as model_id
from charlens.paper import texts

# Lengths in points.
_ROW, _NAMES, _PANEL, _GAP, _RIGHT = 12.0, 104.0, 122.0, 14.0, 8.0
_TOP, _FOOT, _KEY = 16.0, 24.0, 16.0
_TICK = 6.5  # font size


def numbers(decade: FilePath) -> dict[str, pd.DataFrame]:
    """Read what :func:`draw` takes: errors and bits by category, shown as they are."""
    return {"csv": read(decade)}


def draw(frame: pd.DataFrame) -> Figure:
    """Draw a table of :func:`charlens.analyses.oracles.decade.read` as stacked bars."""
    with style.styled():
        models, what = shown(frame), per(frame)
        width = _NAMES + 2 * _PANEL + _GAP + _RIGHT
        tall = _ROW * len(models)
        height = _TOP + tall + _FOOT + _KEY
        figure = style.new_figure(width * style.POINT, height * style.POINT)
        title = texts.corpus_title(str(frame["corpus"].iloc[0]))
        figure.text(3 / width, 1 - 3 / height, title, size=8, va="top", style="italic")
        for i, (column, name) in enumerate(
            (("percent", f"Errors (% of test {what}s)"), ("bits", f"Bits per {what}"))
        ):
            left = _NAMES + i * (_PANEL + _GAP)
            box = (left / width, (_FOOT + _KEY) / height, _PANEL / width, tall / height)
            axes = figure.add_axes(box)
            _draw_bars(axes, frame, models, column)
            axes.set_xlabel(name, labelpad=2)
            labels = [model_id.title(model) for model in models] if not i else []
            axes.set_yticks(range(len(models)), labels)
        figure.legend(
            handles=[Patch(facecolor=colours()[c], label=c) for c in CATEGORIES],
            loc="lower center",
            ncols=len(CATEGORIES),
            fontsize=_TICK,
            handlelength=1.0,
            handletextpad=0.4,
            columnspacing=1.0,
            borderaxespad=0.2,
        )
        return figure


def _draw_bars(axes: Axes, frame: pd.DataFrame, models: Models, column: str) -> None:
    """One bar per model, its categories one after the other, the sum at its end."""
    for y, model in enumerate(models):
        part = frame[frame["model"] == model].set_index("category")[column]
        left = 0.0
        for category in CATEGORIES:
            axes.barh(y, part[category], 0.72, left, color=colours()[category], lw=0)
            left += float(part[category])
        form = f"{left:.1f}" if column == "percent" else f"{left:.2f}"
        axes.text(left, y, f" {form}", size=_TICK, va="center", color=style.SOFT)
    axes.set_ylim(len(models) - 0.4, -0.6)
    axes.set_xlim(0, axes.get_xlim()[1] * 1.08)
    axes.tick_params(labelsize=_TICK, length=2, width=0.5, colors=style.SOFT, pad=2)
    axes.tick_params(axis="y", length=0, labelcolor=style.INK)
    axes.spines[["top", "right", "left"]].set_visible(False)
