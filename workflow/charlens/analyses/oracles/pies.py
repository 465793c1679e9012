"""Figure 6: errors by what would remove them, as pies and as marked text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from charlens.analyses.oracles.averaged import averaged, wrong
from charlens.analyses.oracles.oracles import ORACLES
from charlens.analyses.oracles.seeds import read_intervals
from charlens.analyses.oracles.table import read, read_examples
from charlens.display import style
from charlens.display.fonts import Fonts
from charlens.display.page import Page, cells_of, fonts_of
from charlens.display.pie_labels import around
from charlens.display.units import worded
from charlens.files.atomic import FilePath
from charlens.models import names as model_id
from charlens.paper import texts
from charlens.text.encoding_guess import of_corpora
from charlens.text.encodings import UTF_8
from charlens.text.grid import GLYPHS, NOTHING, Cell

# Lengths in points.
_TITLE, _GAP = 10.0, 5.0
_PAGE = Page(letter=3.42, line=7.6, size=5.6, baseline=0.72, top=_TITLE)
_RADIUS, _SIDE, _MARGIN, _KEY = 40.0, 20.0, 4.0, 13.0
_HEAD, _LABEL = 7.0, 6.2  # font sizes
_TITLES, _LINE = 22.0, 6.6  # heights of a pie's title and of a line of its labels
_MARK, _BOX = "#56B4E9", "#D55E00"

_BESIDE = 2.4  # from a label to the end of its line, which is not to touch the first letter
_NAME = 13  # characters of a line of a label


def numbers(
    categories: FilePath,
    examples: FilePath,
    corpora: Sequence[FilePath] = (),
    tests: Sequence[FilePath] = (),
    encodings: Mapping[str, str | None] | None = None,
    intervals: FilePath | None = None,
) -> dict[str, Any]:
    """Read what :func:`draw` takes: errors by category, and the marked excerpts.

    Args:
        categories: the table of errors.
        examples: the table of excerpts.
        corpora: the description of their corpus, by which its encoding is guessed.
        tests: its test split.
        encodings: the config's of each corpus; None guesses.
        intervals: the table of networks trained from several seeds, whose means are shown; None or
            an empty path where the study has one seed.
    """
    table = read(categories)
    if intervals:
        table = _averaged(table, read_intervals(intervals))
    return {
        "csv": table,
        "examples": read_examples(examples),
        "encodings": of_corpora(encodings or {}, corpora, tests),
    }


def _averaged(table: pd.DataFrame, intervals: pd.DataFrame) -> pd.DataFrame:
    """The means, with the percent of the test characters that a network gets wrong."""
    means = averaged(table, intervals)
    shares = {model: wrong(part, intervals) for model, part in means.groupby("model")}
    return means.assign(wrong=means["model"].map(shares))


def draw(
    table: pd.DataFrame, examples: pd.DataFrame, encodings: Mapping[str, str] | None = None
) -> Figure:
    """Draw the pies of each model, and excerpts of text of the first one.

    Args:
        table: of :func:`numbers`.
        examples: with the columns of :data:`charlens.analyses.oracles.excerpts.COLUMNS`.
        encodings: in which each corpus is shown; UTF-8 where it is not named.
    """
    with style.styled():
        encoding = (encodings or {}).get(table["corpus"].iloc[0], UTF_8)
        groups = [part for _, part in examples.groupby("group", sort=False)]
        pages = [cells_of(group["byte"], encoding) for group in groups]
        fonts = fonts_of(pages)
        pies = [_Pie.of(part) for _, part in table.groupby("model", sort=False)]
        side = max(pie.side for pie in pies)
        wide, text = 2 * (_RADIUS + side), _PAGE.width + _GAP if groups else 0
        tall = _KEY + sum(map(_height, pages))
        height = 2 * _MARGIN + max(tall, sum(pie.height + _GAP for pie in pies))
        width = wide + text + 2 * _MARGIN
        figure = style.new_figure(width * style.POINT, height * style.POINT)
        spare = (height - 2 * _MARGIN - sum(pie.height for pie in pies)) / len(pies)
        below = height - _MARGIN + spare / 2
        for pie in pies:
            below -= pie.height + spare
            box = (_MARGIN / width, below / height, wide / width, pie.height / height)
            pie.draw(figure.add_axes(box), side)
        top, left = _MARGIN + _KEY, wide + _GAP + _MARGIN
        for group, cells in zip(groups, pages, strict=True):
            high = _height(cells)
            box = (left / width, 1 - (top + high) / height, _PAGE.width / width, high / height)
            _draw_example(figure.add_axes(box), group, cells, fonts)
            top += high
        if groups:
            anchor = (left / width, 1 - _MARGIN / height)
            figure.legend(handles=_key(bool(examples["boxed"].any())), bbox_to_anchor=anchor, **_IN)
        return figure


def colors(table: pd.DataFrame) -> list[tuple[float, float, float]]:
    """RGB of each row's oracle: its own colour, or a shade of its family's."""
    rgb: list[tuple[float, float, float]] = []
    for family, part in table.groupby("family", sort=False):
        own = ORACLES[str(family)].colours
        rgb += style.shades(own[0], len(part)) if len(own) == 1 else list(map(to_rgb, own))
    return rgb


@dataclass(frozen=True, eq=False)
class _Pie:
    """A model's pie with its title and labels.

    Attributes:
        table: rows of the model.
        labels: around the pie.
        places: of each label: end at the pie, middle, side; in radii.
    """

    table: pd.DataFrame
    labels: Sequence[_Label]
    places: Sequence[tuple[float, float, int]]

    @classmethod
    def of(cls, table: pd.DataFrame) -> _Pie:
        """Place the labels of slices that are large enough to have one."""
        labels = _labels(table) if table["errors"].sum() else []
        heights = [label.height / _RADIUS for label in labels]
        return cls(table, labels, around([label.angle for label in labels], heights))

    @property
    def side(self) -> float:
        """Points that labels need beside the pie, on the wider side."""
        lines = (
            abs(x) * _RADIUS - _RADIUS + style.text_width(line, _LABEL) + _BESIDE + 2
            for label, (x, _, _) in zip(self.labels, self.places, strict=True)
            for line in label.text.split("\n")
        )
        title = max(style.text_width(line, _HEAD) for line in _title(self.table)) / 2 - _RADIUS
        return max(_SIDE, title, *lines) if self.labels else max(_SIDE, title)

    def reach(self, way: int) -> float:
        """Points from the middle to the upper (way 1) or lower (way −1) end of pie and labels."""
        ends = (
            way * y * _RADIUS + label.height / 2
            for label, (_, y, _) in zip(self.labels, self.places, strict=True)
        )
        return max(_RADIUS, *ends) if self.labels else _RADIUS

    @property
    def height(self) -> float:
        """Of all of it, in points."""
        return _TITLES + self.reach(1) + self.reach(-1)

    def draw(self, axes: Axes, side: float) -> None:
        """Draw slices from the top, counter-clockwise, as in the paper. The axes' unit is 1 pt."""
        axes.set_axis_off()
        reach, top = _RADIUS + side, _TITLES + self.reach(1)
        title = "\n".join(_title(self.table))
        axes.text(0, top, title, size=_HEAD, ha="center", va="top", linespacing=1.1)
        if self.labels:
            part = self.table
            edges = {"lw": 0.3, "edgecolor": "white"}
            shares: dict[str, Any] = {"startangle": 90, "counterclock": True, "radius": _RADIUS}
            axes.pie(part["percent"], colors=colors(part), wedgeprops=edges, **shares)
            self._draw_labels(axes)
        else:
            axes.text(0, 0, "no errors", size=_HEAD, ha="center", va="center")
        axes.set_xlim(-reach, reach)
        axes.set_ylim(-self.reach(-1), top)

    def _draw_labels(self, axes: Axes) -> None:
        for label, (x, y, side) in zip(self.labels, self.places, strict=True):
            tip = _RADIUS * np.array([np.cos(label.angle), np.sin(label.angle)])
            end = _RADIUS * np.array([x, y])
            axes.plot(*zip(tip, end, strict=True), color=style.SOFT, lw=0.4)
            if label.gap:  # white lines part the families, for those who see no colours too
                edge = _RADIUS * np.array([np.cos(label.end), np.sin(label.end)])
                axes.plot([0, edge[0]], [0, edge[1]], color="white", lw=1.4)
            axes.text(
                end[0] + side * _BESIDE,
                end[1],
                label.text,
                size=_LABEL,
                ha="left" if side > 0 else "right",
                va="center",
                linespacing=0.95,
            )


def _title(part: pd.DataFrame) -> tuple[str, str]:
    first, errors = part.iloc[0], part["errors"].sum()
    if "wrong" in part:
        errors = round(first["wrong"] * first["characters"] / 100)
    count = f"{errors / 1000:,.0f}K" if errors >= 10_000 else f"{errors:,}"
    name, corpus = model_id.title(first["model"]), texts.corpus_title(first["corpus"])
    share = 100 * errors / first["characters"]
    return f"{name}, {corpus}", worded(f"{count} errors, {share:.0f} % of test characters", part)


@dataclass(frozen=True)
class _Label:
    """Names and percent of a slice or a family.

    Attributes:
        text: in lines.
        angle: of the middle, radians.
        end: of its last edge.
        gap: whether a neighbour is to be parted from it.
    """

    text: str
    angle: float
    end: float
    gap: bool

    @property
    def height(self) -> float:
        """Of its lines, in points."""
        return _LINE * len(self.text.split("\n"))


def _labels(part: pd.DataFrame) -> list[_Label]:
    """Labels of families, or of slices that are named apart; of those with 1 % at least."""
    labels, before = [], 0.0
    for name, share in _shares(part):
        start, before = before, before + share
        if share >= 1:
            middle, end = (np.deg2rad(90 + 3.6 * place) for place in (start + share / 2, before))
            text = fill(f"{name} {share:.0f}\u00a0%", _NAME, break_on_hyphens=False)
            labels.append(_Label(text, middle, end, gap=share < 100))
    return labels


def _shares(part: pd.DataFrame) -> list[tuple[str, float]]:
    """Names around the pie and their percent."""
    shares: list[tuple[str, float]] = []
    for family, rows in part.groupby("family", sort=False):
        oracle = ORACLES[str(family)]
        if oracle.apart:
            named = zip(oracle.titles, rows["percent"], strict=True)
            shares += [(title, float(share)) for title, share in named]
        else:
            shares.append((str(family), float(rows["percent"].sum())))
    return shares


_IN: dict[str, Any] = {
    "loc": "upper left",
    "fontsize": 6.2,
    "ncols": 2,
    "borderpad": 0,
    "borderaxespad": 0,
    "handlelength": 1.2,
    "handletextpad": 0.5,
    "columnspacing": 1.6,
}


def _key(boxes: bool) -> list[Patch]:
    """What the blue of the excerpts means, and the boxes where there are any."""
    key = [Patch(facecolor=_MARK, edgecolor="none", label="error of the kind in the heading")]
    if boxes:
        words = "earlier occurrence of a word with errors"
        key.append(Patch(facecolor="none", edgecolor=_BOX, lw=0.8, label=words))
    return key


def _height(cells: Sequence[Cell]) -> float:
    return _TITLE + (cells[-1].row + 1) * _PAGE.line + _GAP


def _draw_example(axes: Axes, group: pd.DataFrame, cells: Sequence[Cell], fonts: Fonts) -> None:
    axes.set_axis_off()
    axes.set_xlim(0, _PAGE.width)
    axes.set_ylim(_height(cells), 0)
    axes.text(0, _TITLE - 3, group["group"].iloc[0], size=7, weight="bold")
    marked, boxed = group["marked"].to_numpy(), group["boxed"].to_numpy()
    boxes = _PAGE.boxes(cells, fonts)
    for cell, box in zip(cells, boxes, strict=True):
        if marked[cell.start : cell.stop].any():
            place = (box.left, box.top)
            axes.add_patch(Rectangle(place, box.width, box.height, fc=_MARK, ec="none"))
    inks = [
        style.SOFT if cell.glyph in (*GLYPHS.values(), NOTHING) else style.INK for cell in cells
    ]
    _PAGE.write(axes, cells, boxes, inks, fonts)
    for number in sorted(set(boxed) - {0}):
        inside = [
            box for cell, box in zip(cells, boxes, strict=True) if boxed[cell.start] == number
        ]
        for top in sorted({box.top for box in inside}):
            line = [box for box in inside if box.top == top]
            wide = sum(box.width for box in line)
            place = (min(box.left for box in line), top + 0.4)
            frame: dict[str, Any] = {"facecolor": "none", "edgecolor": _BOX, "lw": 0.8}
            axes.add_patch(Rectangle(place, wide, _PAGE.line - 0.8, **frame))
