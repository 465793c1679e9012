"""Figure 9, continued: closing characters by distance, and probes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter

from charlens.analyses.memory import discrimination, probes
from charlens.analyses.model_looks import look, panels_by_size
from charlens.display import style
from charlens.files.atomic import FilePath
from charlens.models.names import title
from charlens.paper import texts

# Lengths in points.
_WIDTH = style.COLUMN / style.POINT
_LEFT, _RIGHT, _GAP, _PANEL, _NAME, _LINE = 33.0, 10.0, 36.0, 74.0, 12.0, 9.0
_TITLE, _TICKS = 11.0, 25.0
_TICK, _LEGEND = 6.2, 6.2  # font sizes


@dataclass(frozen=True)
class _Panel:
    """One small chart: columns x, y, low, high, model of ``rows``."""

    title: str
    label: str
    rows: pd.DataFrame
    unroll: int
    level: float  # of no memory


_NOTHING = "Nothing to remember in these texts, or in too few places"


def numbers(closings: FilePath, probed: FilePath) -> dict[str, pd.DataFrame]:
    """Read what :func:`draw` takes: both tables, shown as they are."""
    return {"csv": discrimination.read(closings), "probes": probes.read(probed)}


def draw(closings: pd.DataFrame, probed: pd.DataFrame) -> Figure:
    """Draw two tables, one block of panels per corpus (and per budget where there are many).

    Args:
        closings: of :func:`charlens.analyses.memory.discrimination.read`.
        probed: of :func:`charlens.analyses.memory.probes.read`.
    """
    blocks = list(_blocks(closings, probed))
    with style.styled():
        heights = [
            _NAME + _LINE * len(_legend_lines(models)) + -(-len(panels) // 2) * _STEP
            for _, models, panels in blocks
        ]
        height = max(sum(heights), 40.0)
        figure = style.new_figure(_WIDTH * style.POINT, height * style.POINT)
        if not blocks:
            figure.text(0.5, 0.5, _NOTHING, ha="center", size=7)
        top = height
        for (name, models, panels), high in zip(blocks, heights, strict=True):
            _draw_block(figure, height, top, name, models, panels)
            top -= high
        return figure


_STEP = _TITLE + _PANEL + _TICKS


def _blocks(
    closings: pd.DataFrame, probed: pd.DataFrame
) -> Iterator[tuple[str, list[str], list[_Panel]]]:
    """For each block its name, its models and its panels."""
    for corpus in dict.fromkeys([*closings["corpus"], *probed["corpus"]]):
        own, tried = (frame[frame["corpus"] == corpus] for frame in (closings, probed))
        for size, models in panels_by_size(list(dict.fromkeys([*own["model"], *tried["model"]]))):
            name = texts.corpus_title(str(corpus)) + (f", size {size}" if size else "")
            panels = [
                *_closing_panels(own[own["model"].isin(models)]),
                *_probe_panels(tried[tried["model"].isin(models)]),
            ]
            if panels:
                yield name, models, panels


def _closing_panels(part: pd.DataFrame) -> Iterator[_Panel]:
    shown = part[part["auc"].notna()]
    if len(shown):
        middle = np.sqrt(np.maximum(shown["from"], _NEAREST) * shown["to"])
        rows = shown.assign(x=middle, y=shown["auc"], low=shown["auc_low"], high=shown["auc_high"])
        what = discrimination.pair_words(str(shown["pair"].iloc[0]))
        unroll = int(shown["unroll"].iloc[0])
        yield _Panel(f"inside a {what} or not", "AUC", rows, unroll, 0.5)


_NEAREST = 5  # bytes, where a bin that begins at 0 is drawn on a logarithmic axis


def _probe_panels(part: pd.DataFrame) -> Iterator[_Panel]:
    for probe, shown in part[part["n"] > 0].groupby("probe", sort=False):
        rows = shown.assign(x=shown["distance"], y=shown["effect"])
        unroll = int(shown["unroll"].iloc[0])
        yield _Panel(probes.title_of(str(probe)), "Effect (nats)", rows, unroll, 0.0)


def _draw_block(
    figure: Figure,
    height: float,
    top: float,
    name: str,
    models: list[str],
    panels: list[_Panel],
) -> None:
    figure.text(
        _LEFT / _WIDTH, (top - 2) / height, name, size=8, va="top", style="italic", parse_math=False
    )
    for i, entries in enumerate(_legend_lines(models)):
        figure.legend(
            handles=[Line2D([], [], lw=1.2, label=title(m), **look(m)) for m in entries],
            fontsize=_LEGEND,
            loc="upper left",
            bbox_to_anchor=(_LEFT / _WIDTH, (top - _NAME - _LINE * i) / height),
            ncols=len(entries),
            borderpad=0,
            borderaxespad=0,
            handlelength=1.7,
            handletextpad=0.4,
            columnspacing=0.9,
        )
    top -= _NAME + _LINE * len(_legend_lines(models))
    side = (_WIDTH - _LEFT - _RIGHT - _GAP) / 2
    for i, panel in enumerate(panels):
        left = _LEFT + (i % 2) * (side + _GAP)
        bottom = top - (i // 2) * _STEP - _TITLE - _PANEL
        box = (left / _WIDTH, bottom / height, side / _WIDTH, _PANEL / height)
        _draw_panel(figure.add_axes(box), panel)


def _legend_lines(models: list[str]) -> list[list[str]]:
    """Models by line of the legend."""

    def width(model: str) -> float:
        return style.text_width(title(model), _LEGEND) + 24.0  # a sample and gaps

    return style.fill_lines(models, width, _WIDTH - _LEFT - _RIGHT)


def _draw_panel(axes: Axes, panel: _Panel) -> None:
    rows = panel.rows
    axes.axhline(panel.level, color=style.FAINT, lw=0.5, ls=(0, (2, 2)), zorder=1)
    axes.axvline(panel.unroll, color=style.FAINT, lw=0.8, zorder=1)
    for model, line in rows.groupby("model", sort=False):
        shape = look(str(model))
        axes.plot(line["x"], line["y"], lw=0.9, marker="o", ms=1.8, mew=0, zorder=3, **shape)
        axes.vlines(line["x"], line["low"], line["high"], color=shape["color"], lw=0.7, zorder=2)
    axes.set_xscale("log")
    nearest, furthest = 0.8 * rows["x"].min(), 1.25 * rows["x"].max()
    axes.set_xlim(nearest, furthest)
    axes.set_xticks(style.log_ticks(nearest, furthest, rows["x"]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.0f}"))
    axes.minorticks_off()
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}".replace("-", "−")))
    axes.tick_params(labelsize=_TICK, length=2, width=0.5, colors=style.SOFT, pad=1.5)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title(panel.title, size=7, loc="left", pad=3)
    axes.set_ylabel(panel.label, labelpad=1, size=6.5)
    axes.set_xlabel("Bytes since", labelpad=1, size=6.5)
