"""Figure 1, right: the map of models. Colour = cell, size = budget, marker = layers."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from charlens.analyses.agreement import table as agreements
from charlens.analyses.agreement import tsne
from charlens.analyses.agreement.tsne import EXACT_UP_TO
from charlens.display import labels, style
from charlens.files.atomic import FilePath
from charlens.models import names as model_id

# Lengths in points.
_WIDTH = style.COLUMN / style.POINT
_SIDE, _BELOW, _EDGE = 11.0, 12.0, 3.0  # room for the axis names, and at the other edges
_MAP_HEIGHT, _LEGEND_LINE = 232.0, 10.0
_PAD = 9.0  # between the outermost points and the frame
_LABEL, _LEGEND = 5.8, 7.0  # font sizes
_MARKERS = {1: "v", 2: "o", 3: "^", 4: "s", 5: "D", 6: "p"}  # the paper's for one to three layers
_OTHER_MARKER, _OTHER_COLOR = "X", style.SOFT


def numbers(agreement: FilePath, perplexity: float | None, seed: int) -> dict[str, pd.DataFrame]:
    """Make what :func:`draw` takes: the map of the models, from their matrix of agreement.

    Args:
        agreement: the matrix.
        perplexity: as for :func:`charlens.analyses.agreement.tsne.embed`.
        seed: the config's seed.
    """
    return {"csv": tsne.table(agreements.read(agreement), perplexity, seed)}


def draw(table: pd.DataFrame) -> Figure:
    """Draw a map at the width of a journal's column.

    Both axes have one scale, since distances are what the map shows. The map is made by
    :func:`charlens.analyses.agreement.tsne.table`.
    """
    with style.styled():
        legend = _legend_rows(table)
        height = _EDGE + _MAP_HEIGHT + _BELOW + 4 + _LEGEND_LINE * len(legend)
        figure = style.new_figure(_WIDTH * style.POINT, height * style.POINT)
        page = (_WIDTH - _SIDE - _EDGE, _MAP_HEIGHT)
        bottom = height - _EDGE - _MAP_HEIGHT
        box = (_SIDE / _WIDTH, bottom / height, page[0] / _WIDTH, page[1] / height)
        axes = figure.add_axes(box, xlim=(0, page[0]), ylim=(0, page[1]), xticks=[], yticks=[])
        method = "Dimension" if len(table) <= EXACT_UP_TO else "t-SNE dimension"
        axes.set_xlabel(f"{method} 1 (arbitrary units)", labelpad=3)
        axes.set_ylabel(f"{method} 2 (arbitrary units)", labelpad=3)
        _draw_models(axes, table, page)
        for i, row in enumerate(legend):
            anchor = (0.5, (_LEGEND_LINE * (len(legend) - i) - 1) / height)
            figure.legend(
                handles=row,
                fontsize=_LEGEND,
                loc="upper center",
                bbox_to_anchor=anchor,
                ncols=len(row),
                borderpad=0,
                handlelength=1.0,
                handletextpad=0.4,
                columnspacing=1.3,
                borderaxespad=0,
            )
        return figure


def _on_page(table: pd.DataFrame, page: tuple[float, float], room: float) -> np.ndarray:
    """Positions in points on the page, one scale for both axes, ``room`` left for labels."""
    points = table[["x", "y"]].to_numpy(dtype=np.float64)
    low, high = points.min(axis=0), points.max(axis=0)
    space = np.array([page[0] - 2 * _PAD - room, page[1] - 2 * _PAD])
    extent = np.maximum(high - low, 1e-12)
    scale = min(space / extent) if (high > low).any() else 0.0
    return (points - (low + high) / 2) * scale + np.asarray(page) / 2


def _radius(size: float | None, sizes: list[int]) -> float:
    """Marker radius: one step up for each size budget of the table."""
    return 1.6 + 0.4 * sizes.index(int(size)) if size in sizes else 2.0


def _draw_models(axes: Axes, table: pd.DataFrame, page: tuple[float, float]) -> None:
    looks = _looks(table)
    names = [look["name"] for look in looks]
    widths = [style.text_width(name, _LABEL) for name in names]
    sizes = np.array([(width + 0.5, _LABEL) for width in widths])
    points = _on_page(table, page, room=max(widths))
    radii = np.array([look["radius"] for look in looks])
    middles = labels.place(points, sizes, radii + 0.4, page)
    for point, middle, size, look in zip(points, middles, sizes, looks, strict=True):
        end = np.clip(point, middle - size / 2, middle + size / 2)
        if math.dist(point, end) > look["radius"] + 3:
            axes.plot(
                *zip(point, end, strict=True), color=look["color"], lw=0.3, alpha=0.7, zorder=1
            )
        axes.plot(
            *point,
            look["marker"],
            ms=2 * look["radius"],
            mfc=look["color"],
            mec="white",
            mew=0.3,
            zorder=4 - look["radius"] / 10,
        )
        axes.text(
            middle[0],
            middle[1],
            look["name"],
            size=_LABEL,
            color=_darker(look["color"]),
            zorder=2,
            ha="center",
            va="center_baseline",
        )


def _looks(table: pd.DataFrame) -> list[dict]:
    colors, sizes = _colors(table), _sizes(table)
    looks = []
    for row in table.itertuples():
        point = model_id.parse(str(row.model))
        looks.append(
            {
                "name": model_id.title(str(row.model)),
                "color": colors[point.cell] if point else _OTHER_COLOR,
                "marker": _marker(point.layers) if point else _OTHER_MARKER,
                "radius": _radius(point.size if point else None, sizes),
            }
        )
    return looks


def _colors(table: pd.DataFrame) -> dict[str, str]:
    return style.cell_colors({str(cell) for cell in table["cell"].dropna()})


def _sizes(table: pd.DataFrame) -> list[int]:
    return sorted(int(size) for size in table["size"].dropna().unique())


def _marker(layers: int) -> str:
    return _MARKERS.get(layers, "*")


def _darker(color: str) -> tuple[float, ...]:
    """The colour for text: small letters need more contrast than markers."""
    return tuple(0.75 * channel for channel in to_rgb(color))


def _legend_rows(table: pd.DataFrame) -> list[list[Line2D]]:
    """What colour and marker mean, then what size means; nothing for models that are no points."""
    sizes = _sizes(table)
    if not sizes:
        return []
    cells = [
        _handle(model_id.cell_title(cell), color, "s", 2.4)
        for cell, color in _colors(table).items()
    ]
    depths = sorted(int(layers) for layers in table["layers"].dropna().unique())
    layers = [
        _handle(f"{d} layer{'s' if d > 1 else ''}", style.SOFT, _marker(d), 2.4) for d in depths
    ]
    budgets = [
        _handle(f"size {s}", style.SOFT, "o", _radius(s, sizes)) for s in sizes if len(sizes) > 1
    ]
    one_row = len(_fitted(cells + layers)) == 1
    groups = [cells + layers, budgets] if one_row else [cells, layers, budgets]
    return [row for handles in groups for row in _fitted(handles)]


def _fitted(handles: list[Line2D]) -> list[list[Line2D]]:
    """Break a row of the legend where it would be wider than the figure."""

    def width(handle: Line2D) -> float:
        return style.text_width(handle.get_label(), _LEGEND) + 2.7 * _LEGEND

    return style.fill_lines(handles, width, _WIDTH)


def _handle(name: str, color: str, marker: str, radius: float) -> Line2D:
    return Line2D([], [], ls="", marker=marker, color=color, ms=2 * radius, mew=0, label=name)
