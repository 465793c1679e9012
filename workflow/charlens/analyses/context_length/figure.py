"""Table 2 as a figure: cross-entropy against context length, one panel per source of text."""

from __future__ import annotations

import math
from itertools import groupby, pairwise
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend_handler import HandlerTuple
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from charlens.analyses import ranking
from charlens.analyses.context_length.table import RECURRENT, SPLITS, TITLES, read
from charlens.display import style
from charlens.display.units import per, worded
from charlens.files.atomic import FilePath
from charlens.models import names as model_id
from charlens.models.catalogue import CONTEXT_FAMILIES
from charlens.models.names import title
from charlens.paper import texts

# Lengths in points.
_WIDTH = style.COLUMN / style.POINT
_LEFT, _RIGHT, _PANEL, _TITLE, _TICKS, _XLABEL = 32.0, 5.0, 150.0, 15.0, 15.0, 14.0
_LEGEND_LINE, _TOP = 10.5, 4.0
_TEXT, _TICK = 7.0, 6.5  # font sizes

_COLORS = {name: family.color for name, family in CONTEXT_FAMILIES.items()}
_MARKERS = {name: family.marker for name, family in CONTEXT_FAMILIES.items()}
_RECURRENT_RING = "D"  # at the end of its line, which has no markers
_STYLES = {"streams": "-", "position": (0, (3.5, 1.8)), "files": (0, (1.0, 1.4))}
_FILLED = {"streams": True, "position": False, "files": False}


def numbers(table2: FilePath) -> dict[str, pd.DataFrame]:
    """Read what :func:`draw` takes: the table by context length, shown as it is."""
    return {"csv": read(table2)}


def draw(table: pd.DataFrame) -> Figure:
    """Draw a table at the width of a journal's column.

    The table is that of :func:`charlens.analyses.context_length.table.read`.

    Context lengths are side by side at equal steps while they count up by one; where some are
    left out the axis is broken, and so are the lines. Models worse than a uniform guess are left
    out: the table has them.
    """
    with style.styled():
        sources = list(dict.fromkeys(table["source"]))
        legend = _legend_rows(table)
        foot = _XLABEL * bool(table["n"].notna().any())
        head = _TOP + _LEGEND_LINE * len(legend)
        height = head + len(sources) * (_TITLE + _PANEL + _TICKS) + foot + 2
        figure = style.new_figure(_WIDTH * style.POINT, height * style.POINT)
        for i, row in enumerate(legend):
            _draw_legend(figure, row, 1 - (_TOP / 2 + _LEGEND_LINE * i) / height)
        places = _places({int(n) for n in table["n"].dropna()})
        for i, source in enumerate(sources):
            top = head + _TITLE + i * (_TITLE + _PANEL + _TICKS)
            box = (
                _LEFT / _WIDTH,
                1 - (top + _PANEL) / height,
                1 - (_LEFT + _RIGHT) / _WIDTH,
                _PANEL / height,
            )
            axes = figure.add_axes(box)
            _draw_panel(axes, table[table["source"] == source], str(source), places)
        if places:
            name = f"Context length $n$ in {per(table)}s{_broken(places)}"
            axes.set_xlabel(name, labelpad=2)
        return figure


def _places(ns: set[int]) -> dict[int, float]:
    """Place of each context length on the axis; a gap in the numbers takes a step and a half.

    Panels share the axis, so that they can be compared.
    """
    places: dict[int, float] = {}
    for n in sorted(ns):
        if places:
            last = max(places)
            places[n] = places[last] + (1.0 if n == last + 1 else 1.5)
        else:
            places[n] = 0.0
    return places


def _breaks(places: dict[int, float]) -> list[tuple[int, int]]:
    """Neighbouring context lengths between which the axis is broken."""
    return [(a, b) for a, b in pairwise(places) if b > a + 1]


def _draw_panel(axes: Axes, part: pd.DataFrame, source: str, places: dict[int, float]) -> None:
    end = max(places.values(), default=1.0)
    axes.set_xlim(-0.45, max(end, 1.0) + 0.45)
    axes.set_xticks(list(places.values()), [str(n) for n in places])
    axes.tick_params(labelsize=_TICK, length=2, width=0.5, colors=style.SOFT, pad=2)
    axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
    axes.grid(axis="y", color="#e6e6e6", lw=0.4)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_ylabel(worded("Cross-entropy (nats per character)", part), labelpad=3)
    title = texts.corpus_title(source)
    axes.set_title(title, size=8, loc="left", pad=4, style="italic")
    if texts.is_other_version(part["papers_file"]):
        note = "the paper used another cut of this text"
        axes.set_title(note, size=5.8, loc="right", pad=4, color=style.SOFT)
    shown = part[~ranking.diverged(part)]
    for family in _COLORS:
        for split in SPLITS:
            _draw_line(axes, _of(shown, family, split), places, family, split)
    _draw_papers(axes, shown[shown["n"].notna() & shown["paper"].notna()], places)
    _fit_height(axes, shown)
    _draw_recurrent(axes, shown[shown["family"] == RECURRENT])
    _draw_breaks(axes, places)


def _broken(places: dict[int, float]) -> str:
    """A word on where the axis is broken, for its name."""
    breaks = _breaks(places)
    if len(breaks) == 1:
        return " (axis broken between {} and {})".format(*breaks[0])
    return " (axis broken where lengths are left out)" if breaks else ""


def _of(part: pd.DataFrame, family: str, split: str) -> pd.DataFrame:
    return part[(part["family"] == family) & (part["split"] == split)]


def _draw_line(
    axes: Axes, rows: pd.DataFrame, places: dict[int, float], family: str, split: str
) -> None:
    """One family by one split: markers with error bars, joined where nothing is left out."""
    color = _COLORS[family]
    runs = _runs(rows)
    for before, run in zip([None, *runs], runs, strict=False):
        if before:  # across a break, or lengths that it lacks, the line only leads the eye
            pair = (before[-1], run[0])
            x = [places[int(row.n)] for row in pair]
            y = [row.cross_entropy for row in pair]
            axes.plot(x, y, ls=":", lw=0.6, color=color, zorder=2)
        axes.errorbar(
            [places[int(row.n)] for row in run],
            [row.cross_entropy for row in run],
            [0.0 if math.isnan(row.bootstrap_sd) else row.bootstrap_sd for row in run],
            color=color,
            ls=_STYLES[split],
            lw=0.9,
            elinewidth=0.7,
            capsize=1.5,
            capthick=0.5,
            marker=_MARKERS[family],
            ms=2.6,
            mew=0.6,
            mfc=color if _FILLED[split] else "white",
            zorder=3,
        )


def _runs(rows: pd.DataFrame) -> list[list[Any]]:
    """Rows of a family by context length, one list for each run of lengths without a gap."""
    entries = sorted(rows.itertuples(), key=lambda row: row.n)
    numbered = enumerate(entries)
    return [[row for _, row in run] for _, run in groupby(numbered, lambda at: at[1].n - at[0])]


def _draw_papers(axes: Axes, rows: pd.DataFrame, places: dict[int, float]) -> None:
    for row in rows.itertuples():
        marker = _MARKERS[row.family]
        axes.plot(places[int(row.n)], row.paper, zorder=4, **_ring(marker))


def _fit_height(axes: Axes, shown: pd.DataFrame) -> None:
    """Limits that hold every value, with room around them."""
    values = np.concatenate([shown["cross_entropy"], shown["paper"].dropna()])
    if len(values) == 0:
        return
    low, high = float(values.min()), float(values.max())
    room = max(high - low, 0.05 * high, 1e-3)
    axes.set_ylim(low - 0.08 * room, high + 0.08 * room)


def _draw_recurrent(axes: Axes, rows: pd.DataFrame) -> None:
    """A line across the panel for the best recurrent model of each split.

    Their names are in a key of the panel's own, which Matplotlib puts where no line is: beside the
    lines they would run into curves, and into each other where two splits are close.
    """
    lines = []
    for row, color in zip(rows.itertuples(), _recurrent_colors(rows), strict=True):
        name = f"best: {title(row.model)}"
        look: dict[str, Any] = {"color": color, "ls": _STYLES[row.split], "lw": 0.9}
        lines.append(axes.axhline(row.cross_entropy, label=name, zorder=1.5, **look))
        if not math.isnan(row.paper):
            place = axes.get_yaxis_transform()
            axes.plot(0.975, row.paper, transform=place, **_ring(_RECURRENT_RING))
    if lines:
        key = axes.legend(
            handles=lines,
            loc="best",
            fontsize=_TICK,
            borderpad=0.2,
            borderaxespad=0.4,
            labelspacing=0.3,
            handlelength=2.0,
            handletextpad=0.5,
        )
        key.set_zorder(6)


def _recurrent_colors(rows: pd.DataFrame) -> list[str]:
    cells = [model_id.grid_point(str(model)).cell for model in rows["model"]]
    color_of = style.cell_colors(set(cells))
    return [color_of[cell] for cell in cells]


def _ring(marker: str) -> dict[str, Any]:
    """How a number of the paper looks: wide enough to be seen around a marker on the same spot."""
    return {"marker": marker, "ms": 4.8, "mfc": "none", "mec": style.SOFT, "mew": 0.5, "ls": ""}


def _draw_breaks(axes: Axes, places: dict[int, float]) -> None:
    """Two strokes through the axis where context lengths are left out."""
    for a, b in _breaks(places):
        middle = (places[a] + places[b]) / 2
        place = axes.get_xaxis_transform()
        axes.plot([middle - 0.08, middle + 0.08], [0, 0], transform=place, clip_on=False,
                  color="white", lw=1.5, zorder=5)  # fmt: skip
        for x in (middle - 0.08, middle + 0.08):
            axes.plot([x - 0.06, x + 0.06], [-0.018, 0.018], transform=place, clip_on=False,
                      color=style.SOFT, lw=0.5, zorder=6)  # fmt: skip


def _legend_rows(table: pd.DataFrame) -> list[list[Line2D | tuple[Line2D, ...]]]:
    """What colours mean, then what strokes and rings mean; only what the table has."""
    families = set(table["family"])
    colors: list[Line2D | tuple[Line2D, ...]] = [
        _handle(TITLES[family], color=color, marker=_MARKERS[family])
        for family, color in _COLORS.items()
        if family in families
    ]
    strokes: list[Line2D | tuple[Line2D, ...]] = []
    if set(table["split"]) - {"streams"}:
        used = [split for split in SPLITS if split in set(table["split"])]
        strokes = [_handle(f"by {s}", color=style.SOFT, ls=_STYLES[s]) for s in used]
    papers = table.loc[table["paper"].notna(), "family"]
    rings = {**_MARKERS, RECURRENT: _RECURRENT_RING}
    shown = tuple(Line2D([], [], **_ring(rings[family])) for family in dict.fromkeys(papers))
    if shown:
        (strokes if strokes else colors).append(shown)
    return [row for row in (colors, strokes) if row]


def _handle(name: str, **look: Any) -> Line2D:
    return Line2D([], [], label=name, **{"ms": 2.6, "lw": 0.9, **look})


def _draw_legend(figure: Figure, handles: list[Line2D | tuple[Line2D, ...]], top: float) -> None:
    figure.legend(
        handles=handles,
        labels=["paper" if isinstance(handle, tuple) else handle.get_label() for handle in handles],
        handler_map={tuple: HandlerTuple(ndivide=None, pad=0.5)},
        fontsize=_TEXT,
        loc="upper left",
        bbox_to_anchor=(_LEFT / _WIDTH, top),
        ncols=len(handles),
        borderpad=0,
        borderaxespad=0,
        handlelength=2.0,
        handletextpad=0.5,
        columnspacing=1.3,
    )
