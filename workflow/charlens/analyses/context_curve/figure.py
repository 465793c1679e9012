"""Figure 9: what a model loses that knows the last c characters only, against c."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter

from charlens.analyses.context_curve.classes import ALL
from charlens.analyses.context_curve.table import NEGLIGIBLE, primary, read
from charlens.analyses.model_looks import look, panels_by_size
from charlens.display import style
from charlens.display.units import per, worded
from charlens.files.atomic import FilePath
from charlens.models.catalogue import N_GRAM, N_NN
from charlens.models.names import context_model, title
from charlens.paper import texts

# Lengths in points.
_WIDTH = style.COLUMN / style.POINT
_LEFT, _RIGHT, _PANEL, _HEAD, _LINE, _TICKS, _FOOT = 32.0, 11.0, 112.0, 14.0, 9.0, 13.0, 13.0
_TICK, _LEGEND = 6.2, 6.2  # font sizes
_LINEAR = 0.001  # nats; smaller differences are drawn on a linear scale, so that 0 has a place
_LEAST_CONTEXT = 1

# Of Okabe & Ito, in the order of the classes; the dashes tell neighbours apart without colour.
_CLASSES = (
    ("#0072B2", "-"),
    ("#009E73", "-"),
    ("#56B4E9", (0, (3, 1))),
    ("#D55E00", "-"),
    ("#CC79A7", (0, (3, 1))),
    ("#111111", "-"),
)


def numbers(curves: FilePath) -> dict[str, pd.DataFrame]:
    """Read what :func:`draw` takes: the table of context curves, shown as it is."""
    return {"csv": read(curves)}


def draw(table: pd.DataFrame) -> Figure:
    """Draw a table as from :func:`charlens.analyses.context_curve.table.read`.

    For each corpus one panel of all models, one for each budget of parameters where there are too
    many; then one of the classes of characters, for the network that looks back furthest.
    """
    panels = _panels(table[(table["n"] > 0) & (table["context"] >= _LEAST_CONTEXT)])
    with style.styled():
        heads = [_HEAD + _LINE * len(_legend_lines(panel[2])) for panel in panels]
        height = sum(heads) + len(panels) * (_PANEL + _TICKS) + _FOOT
        figure = style.new_figure(_WIDTH * style.POINT, max(height, 40) * style.POINT)
        if not panels:
            figure.text(0.5, 0.5, "Texts too short for context curves", ha="center", size=7)
        top = height
        for (name, rows, looks, zero), head in zip(panels, heads, strict=True):
            bottom = top - head - _PANEL
            width = _WIDTH - _LEFT - _RIGHT
            box = (_LEFT / _WIDTH, bottom / height, width / _WIDTH, _PANEL / height)
            axes = figure.add_axes(box)
            _draw_lines(axes, rows, looks, zero)
            _finish(axes, rows, name, len(_legend_lines(looks)))
            _draw_legend(axes, looks)
            top = bottom - _TICKS
        if panels:
            axes.set_xlabel(f"{per(table).capitalize()}s of context known, $c$", labelpad=1.5)
        return figure


def _panels(table: pd.DataFrame) -> list[tuple[str, pd.DataFrame, dict, pd.DataFrame]]:
    """Title, curves, looks by line, and curves from a start without history."""
    panels = []
    for corpus, part in table.groupby("corpus", sort=False):
        name = texts.corpus_title(str(corpus))
        every = part[part["class"] == ALL]
        for size, models in panels_by_size(list(dict.fromkeys(every["model"]))):
            shown = every[every["model"].isin(models)].assign(line=lambda rows: rows["model"])
            looks = {model: look(model) | {"label": title(model)} for model in models}
            zero = shown[(shown["start"] == "zero") & (len(models) <= _WITH_BANDS)]
            if len(zero):
                looks["zero"] = _COLD | {"color": style.SOFT, "label": "started from nothing"}
            heading = f"{name}, size {size}" if size else name
            panels.append((heading, primary(shown), looks, zero))
        by_class = _by_class(primary(part))
        if len(by_class):
            classes = [name for name in dict.fromkeys(by_class["class"]) if name != ALL]
            looks = {
                kind: {"color": _CLASSES[i % 6][0], "ls": _CLASSES[i % 6][1], "label": kind}
                for i, kind in enumerate(classes)
            }
            heading = f"{name}, {title(by_class['model'].iloc[0])} by next {per(part)}"
            rows = by_class[by_class["class"] != ALL].assign(line=lambda rows: rows["class"])
            panels.append((heading, rows, looks, rows[:0]))
    return panels


def _by_class(part: pd.DataFrame) -> pd.DataFrame:
    """The curves by class of the network with the longest effective context; maybe none."""
    networks = part[~part["model"].map(_is_baseline)]
    every = networks[networks["class"] == ALL]
    if len(every) == len(networks):
        return part[:0]
    furthest = every.loc[every["effective"].idxmax(), "model"]
    return networks[networks["model"] == furthest]


def _is_baseline(model: str) -> bool:
    return (context_model(model) or ("",))[0] in (N_GRAM, N_NN)


_WITH_BANDS = 7  # lines in a panel beyond which bands and those from no history hide each other

# The look of a start without history: strokes say how many layers a network has, so rings do this.
_COLD: dict[str, Any] = {
    "lw": 0.5,
    "ls": "-",
    "marker": "o",
    "ms": 2.4,
    "mfc": "white",
    "mew": 0.5,
}


def _draw_lines(axes: Axes, rows: pd.DataFrame, looks: dict, zero: pd.DataFrame) -> None:
    for line, curve in rows.groupby("line", sort=False):
        shape = {key: value for key, value in looks[line].items() if key != "label"}
        axes.plot(curve["context"], curve["delta"], lw=1.0, zorder=3, **shape)
        if rows["line"].nunique() <= _WITH_BANDS and curve["low"].notna().all():
            axes.fill_between(
                curve["context"],
                curve["low"],
                curve["high"],
                color=shape["color"],
                alpha=0.16,
                lw=0,
                zorder=2,
            )
    for line, curve in zero.groupby("line", sort=False):
        axes.plot(curve["context"], curve["delta"], zorder=3, color=looks[line]["color"], **_COLD)


def _finish(axes: Axes, rows: pd.DataFrame, name: str, legend: int) -> None:
    axes.set_xscale("log")
    axes.set_yscale("symlog", linthresh=_LINEAR, linscale=0.5)
    longest = float(rows["context"].max())
    axes.set_xlim(_LEAST_CONTEXT, longest)
    axes.set_xticks(style.log_ticks(_LEAST_CONTEXT, longest, rows["context"]))
    lowest, highest = float(rows["delta"].min()), float(rows["delta"].max())
    axes.set_ylim(min(-_LINEAR, 1.3 * lowest), max(1.6 * highest, 0.1))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.0f}"))
    ticks = [x for x in (-1, -0.1, -0.01, 0, 0.001, 0.01, 0.1, 1, 10)]
    low, high = axes.get_ylim()
    axes.set_yticks([t for t in ticks if low <= t <= high])
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}".replace("-", "−")))
    axes.minorticks_off()
    axes.axvline(float(rows["unroll"].iloc[0]), color=style.FAINT, lw=0.8, zorder=1)
    axes.annotate(
        "unrolled",
        (float(rows["unroll"].iloc[0]), 1),
        (-2, -2),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        size=5.6,
        ha="right",
        va="top",
        color=style.SOFT,
    )
    axes.axhline(NEGLIGIBLE, color=style.FAINT, lw=0.5, ls=(0, (2, 2)), zorder=1)
    axes.tick_params(labelsize=_TICK, length=2, width=0.5, colors=style.SOFT, pad=1.5)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_ylabel(worded("Loss added (nats per char.)", rows), labelpad=1)
    axes.set_title(name, size=7.5, loc="left", pad=3 + _LINE * legend, style="italic")


def _legend_lines(looks: dict) -> list[list[dict]]:
    """The entries of the legend, line by line."""

    def width(entry: dict) -> float:
        return style.text_width(entry["label"], _LEGEND) + _SAMPLE

    return style.fill_lines(looks.values(), width, _WIDTH - _LEFT - _RIGHT)


_SAMPLE = 24.0  # points of a line's sample and the gaps beside it


def _draw_legend(axes: Axes, looks: dict) -> None:
    lines = _legend_lines(looks)
    for i, entries in enumerate(lines):
        handles = [Line2D([], [], **{"lw": 1.2, **entry}) for entry in entries]
        below = (len(lines) - 1 - i) * _LINE / _PANEL
        legend = axes.legend(
            handles=handles,
            fontsize=_LEGEND,
            loc="lower left",
            bbox_to_anchor=(0, 1.015 + below),
            ncols=len(handles),
            borderpad=0,
            borderaxespad=0,
            handlelength=1.7,
            handletextpad=0.4,
            columnspacing=0.9,
        )
        axes.add_artist(legend)
