"""The left of Figure 4: the errors of two or three models as circles that overlap."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Circle
from matplotlib_venn.layout.venn2 import exact
from matplotlib_venn.layout.venn3 import pairwise

from charlens.analyses.shared_errors.overlap import members_of, totals
from charlens.analyses.shared_errors.page import (
    ASIDE,
    HEIGHT,
    SMALL,
    TEXT,
    TINY,
    VENN,
)
from charlens.display import style
from charlens.models.names import title

_ROOM = 7.0  # least radius around a number inside its region; smaller regions are pointed at


def draw_venn(axes: Axes, trio: pd.DataFrame, models: Sequence[str], look: Sequence[str]) -> None:
    """A Venn diagram of two or three models with its percentages, and the paper's below them.

    Args:
        axes: an empty one; its box is what the circles fill.
        trio: the rows of one trio of :func:`charlens.analyses.shared_errors.overlap.table`.
        models: their ids.
        look: their colours.
    """
    roles = trio["trio"].iloc[0].split("+")
    members = [[role in members_of(region) for role in roles] for region in trio["region"]]
    inside, percent = np.array(members), trio["percent"].to_numpy()
    centers, radii, to_scale = circles(inside, percent)
    low, high = (centers - radii[:, None]).min(axis=0), (centers + radii[:, None]).max(axis=0)
    # The unit of the axes becomes the point.
    scale = min(np.array([VENN, HEIGHT]) / (high - low))
    centers, radii = (centers - (low + high) / 2) * scale, radii * scale
    axes.set_xlim(-VENN / 2, VENN / 2)
    axes.set_ylim(-HEIGHT / 2, HEIGHT / 2)
    axes.set_axis_off()
    for center, radius, color in zip(centers, radii, look, strict=True):
        axes.add_patch(Circle(center, radius, fc=color, alpha=0.28, lw=0, clip_on=False))
        axes.add_patch(Circle(center, radius, fc="none", ec=color, lw=0.8, clip_on=False))
    _write_percents(axes, trio, [_spot(who, centers, radii) for who in inside])
    _write_names(axes, trio, models, look)
    if not to_scale:
        axes.text(
            VENN / 2 + ASIDE,
            -HEIGHT / 2 - 8,
            "not to scale",
            size=TINY,
            color=style.SOFT,
            ha="right",
        )


def circles(inside: np.ndarray, sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray, bool]:
    """Circles of two or three sets: their areas and those of their pairwise overlaps to scale.

    Where such circles would leave no room for a region that is not empty, all are equal.

    Args:
        inside: which sets each region belongs to, bool (regions, sets).
        sizes: of the regions, shape (regions,).

    Returns:
        Centres (sets, 2), radii (sets,), and whether they are to scale.
    """
    sets = inside.shape[1]
    # Its own order of regions: bit i of a region's number is set i.
    number = inside @ (1 << np.arange(sets))
    layout = pairwise.LayoutAlgorithm() if sets == 3 else exact.LayoutAlgorithm()
    for areas in (sizes, np.ones(len(sizes))):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of areas that cannot be met: seen below
                arrangement = layout(tuple(areas[np.argsort(number)].tolist()))
        except ValueError:  # no circles overlap so little
            continue
        centers = np.array([center.asarray() for center in arrangement.centers])
        radii = np.array(arrangement.radii)
        shown = [_spot(who, centers, radii)[1] > 0 for who in inside[sizes > 0]]
        if areas is sizes and shown and all(shown):
            return centers, radii, True
    return centers, radii, False


def _spot(who: np.ndarray, centers: np.ndarray, radii: np.ndarray) -> tuple[np.ndarray, float]:
    """The middle of the largest disc within a region, and its radius (below 0 where it is empty).

    Args:
        who: which circles the region lies inside of, bool (sets,); outside of all others.
        centers: shape (sets, 2).
        radii: shape (sets,).
    """
    low, high = (centers - radii[:, None]).min(axis=0), (centers + radii[:, None]).max(axis=0)
    x, y = np.meshgrid(*np.linspace(low, high, 161).T)
    distance = np.hypot(x - centers[:, 0, None, None], y - centers[:, 1, None, None])
    depth = np.where(who[:, None, None], 1, -1) * (radii[:, None, None] - distance)
    room = depth.min(axis=0)
    best = np.unravel_index(np.argmax(room), room.shape)
    return np.array([x[best], y[best]]), float(room[best])


def _write_percents(axes: Axes, trio: pd.DataFrame, spots: list[tuple[np.ndarray, float]]) -> None:
    """Each region's percentage, and the paper's: inside it, or beside the circles with a line."""
    entries = [(row, *spot) for row, spot in zip(trio.itertuples(), spots, strict=True)]
    line = TEXT + 2 + 5.5 * bool(trio["paper"].notna().any())
    for side in (-1, 1):
        aside = [
            e for e in entries if e[0].characters and e[2] < _ROOM and (e[1][0] < 0) == (side < 0)
        ]
        aside.sort(key=lambda entry: entry[1][1])
        heights = _spread([spot[1] for _, spot, _ in aside], line)
        for (row, spot, _), y in zip(aside, heights, strict=True):
            x = side * (VENN / 2 + 10)
            ends = [spot[0], x - 9 * side], [spot[1], y]
            axes.plot(*ends, color=style.SOFT, lw=0.4, clip_on=False)
            axes.plot(*spot, marker="o", ms=1.2, color=style.SOFT, clip_on=False)
            _write_percent(axes, row, x, y)
    for row, spot, room in entries:
        if row.characters and room >= _ROOM:
            _write_percent(axes, row, *spot)


def _spread(targets: list[float], gap: float) -> list[float]:
    """Heights near the targets, which ascend, at least ``gap`` apart and on the middle."""
    heights: list[float] = []
    for y in targets:
        heights.append(max(y, heights[-1] + gap) if heights else y)
    over = max(0.0, heights[-1] - HEIGHT / 2 + gap / 2) if heights else 0.0
    heights = [y - over for y in heights]
    for i in reversed(range(len(heights) - 1)):  # those pushed down make room below them
        heights[i] = min(max(heights[i], targets[i]), heights[i + 1] - gap)
    return heights


def _write_percent(axes: Axes, row, x: float, y: float) -> None:
    compared = not np.isnan(row.paper)
    middle: dict[str, Any] = {"ha": "center", "va": "center"}
    axes.text(x, y + 2.4 * compared, f"{row.percent:.1f}", size=TEXT, **middle)
    if compared:
        printed = f"{row.paper:.1f}"
        axes.text(x, y - 3.8, printed, size=TINY + 0.3, style="italic", **middle)


def _write_names(
    axes: Axes, trio: pd.DataFrame, models: Sequence[str], look: Sequence[str]
) -> None:
    """Each model's name and the percentage of all its errors: above left, above right, below."""
    edge = VENN / 2 + ASIDE
    places = ((-edge, 1, "left"), (edge, 1, "right"), (0, -1, "center"))
    shown = zip(models, look, places, totals(trio), strict=False)
    for model, color, (x, side, align), total in shown:
        text = f"{title(model)}  {total:.1f} %"
        size = SMALL * min(1.0, (edge - 3) / style.text_width(text, SMALL))
        y = side * (HEIGHT / 2 + (3 if side > 0 else 8))
        axes.text(x, y, text, size=size, color=color, ha=align, va="baseline")
