"""Figure 4: whose errors overlap, and which characters each model predicts better."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, Patch
from matplotlib_venn.layout.venn2 import exact
from matplotlib_venn.layout.venn3 import pairwise

from charlens.analyses.contest import EXTERNAL, PAPERS_MODELS, reasons
from charlens.analyses.contest_colours import colors, ring
from charlens.analyses.shared_errors import advantage as advantages
from charlens.analyses.shared_errors import overlap as overlaps
from charlens.analyses.shared_errors.advantage import largest
from charlens.analyses.shared_errors.overlap import members_of, totals
from charlens.display import style
from charlens.display.fonts import fonts_for
from charlens.files.atomic import FilePath
from charlens.models.names import title
from charlens.paper import texts

# Lengths in points.
_WIDTH = 6.9 / style.POINT  # a journal's two columns
_VENN, _HEIGHT, _ASIDE, _LEFT, _RIGHT = 112.0, 84.0, 22.0, 186.0, 4.0
_BARS, _TITLE, _FOOT, _GAP, _NOTE_LINE = 88.0, 20.0, 24.0, 8.0, 8.5
_TEXT, _SMALL, _TINY = 7.0, 6.2, 5.0  # font sizes
_ROOM = 7.0  # least radius around a number inside its region; smaller regions are pointed at

_TO_SCALE = (
    "Left: percent of test characters that exactly these models give less than 0.5; circles and "
    "their overlaps two by two are drawn to scale, regions as nearly as circles can. Right: mean "
    "probability of each character where it came (its count below it), ± standard error over test "
    "streams."
)
_PAPERS = {
    "regions": " Small italics: the paper’s.",
    "rings": f" Rings: the paper’s {PAPERS_MODELS}.",
    "overlap": " It does not name the corpus of its overlap; the totals fit the kernel.",
    "cut": " Its kernel was another cut of the sources: comparable, not equal.",
}


def numbers(
    overlap: FilePath, advantage: FilePath, characters: int, standard_errors: float = 0.0
) -> dict[str, pd.DataFrame]:
    """Read what :func:`draw` takes: the regions of errors, and the characters furthest apart.

    Args:
        overlap: the table of regions.
        advantage: the table of advantages by character.
        characters: how many to show each way.
        standard_errors: which a lead must exceed.
    """
    shown = advantages.shown(advantages.read(advantage), characters, standard_errors)
    return {"overlap": overlaps.read(overlap), "csv": shown}


def draw(overlap: pd.DataFrame, advantage: pd.DataFrame, characters: int = 256) -> Figure:
    """Draw one row per trio of models: their errors, and the characters they are ahead on.

    Args:
        overlap: as from :func:`charlens.analyses.shared_errors.overlap.read`.
        advantage: as from :func:`charlens.analyses.shared_errors.advantage.read`.
        characters: how many to show each way, if more are given.
    """
    with style.styled():
        trios = [part for _, part in overlap.groupby(["corpus", "models"], sort=False)]
        step = _TITLE + _BARS + _FOOT + _GAP
        notes = style.wrap(_notes(overlap, advantage), _WIDTH - 30, _SMALL)
        height = len(trios) * step + _NOTE_LINE * len(notes) + 2
        figure = style.new_figure(_WIDTH * style.POINT, height * style.POINT)
        for i, trio in enumerate(trios):
            _draw_row(figure, trio, advantage, characters, height - i * step)
        for i, line in enumerate(notes):
            y = (2 + _NOTE_LINE * (len(notes) - 1 - i)) / height
            figure.text(4 / _WIDTH, y, line, size=_SMALL, color=style.SOFT)
        return figure


def _draw_row(
    figure: Figure, trio: pd.DataFrame, advantage: pd.DataFrame, characters: int, top: float
) -> None:
    """One trio: its title, the Venn diagram, the bars; ``top`` in points from the page's foot."""
    width, height = (size / style.POINT for size in figure.get_size_inches())
    roles, models = trio["trio"].iloc[0].split("+"), trio["models"].iloc[0].split(" ")
    color_of = colors(zip(roles, models, strict=True))
    corpus = trio["corpus"].iloc[0]
    # A model from elsewhere is in the middle of its trio, and it is what the row is about.
    leader = models[1] if EXTERNAL in roles else models[0]
    name = texts.corpus_title(corpus)
    figure.text(4 / width, 1 - (height - top + 8) / height, name, size=8, style="italic")

    bottom = top - _TITLE - _BARS
    box = ((_ASIDE + 4) / width, (bottom - 8) / height, _VENN / width, _HEIGHT / height)
    draw_venn(figure.add_axes(box), trio, models, [color_of[model] for model in models])
    box = (_LEFT / width, bottom / height, 1 - (_LEFT + _RIGHT) / width, _BARS / height)
    part = advantage[(advantage["corpus"] == corpus) & (advantage["model"] == leader)]
    _draw_bars(figure.add_axes(box), part, (leader, models[-1]), color_of, characters)


def _notes(overlap: pd.DataFrame, advantage: pd.DataFrame) -> str:
    text = _TO_SCALE
    text += "".join(f" The LSTM is {reason}." for reason in reasons(overlap))
    both = pd.concat([overlap["papers_file"], advantage["papers_file"]])
    if both.notna().any():
        text += _PAPERS["rings"] * bool(advantage["paper_probability"].notna().any())
        regions = bool(overlap["paper"].notna().any())
        text += (_PAPERS["regions"] + _PAPERS["overlap"]) * regions
        text += _PAPERS["cut"] * texts.is_other_version(both)
    return text


# Errors


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
    scale = min(np.array([_VENN, _HEIGHT]) / (high - low))
    centers, radii = (centers - (low + high) / 2) * scale, radii * scale
    axes.set_xlim(-_VENN / 2, _VENN / 2)
    axes.set_ylim(-_HEIGHT / 2, _HEIGHT / 2)
    axes.set_axis_off()
    for center, radius, color in zip(centers, radii, look, strict=True):
        axes.add_patch(Circle(center, radius, fc=color, alpha=0.28, lw=0, clip_on=False))
        axes.add_patch(Circle(center, radius, fc="none", ec=color, lw=0.8, clip_on=False))
    _write_percents(axes, trio, [_spot(who, centers, radii) for who in inside])
    _write_names(axes, trio, models, look)
    if not to_scale:
        axes.text(
            _VENN / 2 + _ASIDE,
            -_HEIGHT / 2 - 8,
            "not to scale",
            size=_TINY,
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
    line = _TEXT + 2 + 5.5 * bool(trio["paper"].notna().any())
    for side in (-1, 1):
        aside = [
            e for e in entries if e[0].characters and e[2] < _ROOM and (e[1][0] < 0) == (side < 0)
        ]
        aside.sort(key=lambda entry: entry[1][1])
        heights = _spread([spot[1] for _, spot, _ in aside], line)
        for (row, spot, _), y in zip(aside, heights, strict=True):
            x = side * (_VENN / 2 + 10)
            ends = [spot[0], x - 9 * side], [spot[1], y]
            axes.plot(*ends, color=style.SOFT, lw=0.4, clip_on=False)
            axes.plot(*spot, marker="o", ms=1.2, color=style.SOFT, clip_on=False)
            _write_percent(axes, row, x, y)
    for row, spot, room in entries:
        if row.characters and room >= _ROOM:
            _write_percent(axes, row, *spot)


def _spread(targets: list[float], gap: float) -> list[float]:
    """Heights near the wanted ones, which ascend, at least ``gap`` apart and on the middle."""
    heights: list[float] = []
    for y in targets:
        heights.append(max(y, heights[-1] + gap) if heights else y)
    over = max(0.0, heights[-1] - _HEIGHT / 2 + gap / 2) if heights else 0.0
    heights = [y - over for y in heights]
    for i in reversed(range(len(heights) - 1)):  # those pushed down make room below them
        heights[i] = min(max(heights[i], targets[i]), heights[i + 1] - gap)
    return heights


def _write_percent(axes: Axes, row, x: float, y: float) -> None:
    compared = not np.isnan(row.paper)
    middle: dict[str, Any] = {"ha": "center", "va": "center"}
    axes.text(x, y + 2.4 * compared, f"{row.percent:.1f}", size=_TEXT, **middle)
    if compared:
        printed = f"{row.paper:.1f}"
        axes.text(x, y - 3.8, printed, size=_TINY + 0.3, style="italic", **middle)


def _write_names(
    axes: Axes, trio: pd.DataFrame, models: Sequence[str], look: Sequence[str]
) -> None:
    """Each model's name and the percentage of all its errors: above left, above right, below."""
    edge = _VENN / 2 + _ASIDE
    places = ((-edge, 1, "left"), (edge, 1, "right"), (0, -1, "center"))
    shown = zip(models, look, places, totals(trio), strict=False)
    for model, color, (x, side, align), total in shown:
        text = f"{title(model)}  {total:.1f} %"
        size = _SMALL * min(1.0, (edge - 3) / style.text_width(text, _SMALL))
        y = side * (_HEIGHT / 2 + (3 if side > 0 else 8))
        axes.text(x, y, text, size=size, color=color, ha=align, va="baseline")


# Characters


def _draw_bars(
    axes: Axes,
    part: pd.DataFrame,
    models: tuple[str, str],
    color_of: dict[str, str],
    characters: int,
) -> None:
    """Two bars per character: those the first model is ahead on, then those the second is."""
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
    _draw_legend(axes, models, color_of, bool(rows[list(printed)].notna().any(axis=None)))


def _write_halves(
    axes: Axes, models: tuple[str, str], counts: tuple[int, int], second: float
) -> None:
    """Above the bars, who is ahead; ``second`` is where the second half begins."""
    texts = [f"{title(model)} ahead" for model in models]
    look: dict[str, Any] = {"size": _SMALL, "color": style.SOFT}
    if counts[0]:
        axes.text(-0.5, 1.03, texts[0], **look)
    if counts[1]:
        left, right = axes.get_xlim()
        slot = (_WIDTH - _LEFT - _RIGHT) / (right - left)
        taken = (style.text_width(texts[0], _SMALL) + 8) / slot if counts[0] else 0.0
        axes.text(max(second, taken) - 0.5, 1.03, texts[1], **look)


def _finish_bars(axes: Axes, x: np.ndarray, rows: pd.DataFrame) -> None:
    wide = max(x.max(initial=0) + 1, 8.0)
    axes.set_xlim(-0.7, wide - 0.3)
    axes.set_ylim(0, 1)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "", ".5", "", "1"])
    fonts = fonts_for(rows["character"])
    axes.set_xticks(x, [fonts.shown(name) for name in rows["character"]])
    axes.tick_params(labelsize=_SMALL, length=2, width=0.5, colors=style.SOFT, pad=1.5)
    axes.tick_params(axis="x", length=0)
    # Names of several letters must not run into their neighbours.
    slot = (_WIDTH - _LEFT - _RIGHT) / (wide + 0.4)
    for label in axes.get_xticklabels():
        label.set(family=list(fonts.families), color=style.INK, parse_math=False)
        label.set_fontsize(min(_TEXT, slot / (0.62 * len(label.get_text()))))
    size = min(_TINY, slot / 2.2)
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


def _draw_legend(
    axes: Axes, models: Sequence[str], color_of: dict[str, str], has_paper: bool
) -> None:
    handles: list[Artist] = [
        Patch(color=color_of[model], lw=0, label=title(model)) for model in models
    ]
    if has_paper:
        handles.append(Line2D([], [], label="paper", **ring()))
    axes.legend(
        handles=handles,
        fontsize=_SMALL,
        loc="lower right",
        bbox_to_anchor=(1, 1 + (_TITLE - 8) / _BARS),
        ncols=len(handles),
        borderpad=0,
        borderaxespad=0,
        handlelength=1.0,
        handleheight=0.6,
        handletextpad=0.4,
        columnspacing=1.2,
    )
