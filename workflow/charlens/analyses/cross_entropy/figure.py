"""Figure 1, left: the table of test cross-entropies, laid out as in the paper."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from charlens.analyses import ranking
from charlens.analyses.cross_entropy.averaged import SEED_NOTE, SEEDS, averaged, seed_spread
from charlens.analyses.cross_entropy.layout import CorpusPart, grid_columns, layouts, shown
from charlens.analyses.cross_entropy.seeds import read as read_seeds
from charlens.analyses.cross_entropy.table import read
from charlens.display import style
from charlens.display.units import per
from charlens.display.wording import number
from charlens.files.atomic import FilePath
from charlens.models import names as model_id
from charlens.models.divergence import EXPLANATION, MARK
from charlens.paper import texts

# All lengths in points. Values are set flush right, so that the decimals are aligned.
_MARGIN, _COLUMN, _GROUP_GAP, _LABEL_GAP, _MIN_WIDTH = 5.0, 40.0, 8.0, 4.0, 230.0
_LINE, _PAPER_LINE, _CAPTION_LINE = 11.0, 7.5, 8.5
_VALUE, _SMALL, _CAPTION = 8.5, 5.8, 6.8  # font sizes
_EDGE, _MIDDLE = 4.0, -6.5  # a value's right edge and middle, from the middle of its column


@dataclass
class _Page:
    """The axes, whose unit is the point, and how far down they are filled."""

    axes: Axes
    columns: dict[tuple[str, int], float]  # middle of each (cell, layers)
    left: float
    right: float
    y: float = _MARGIN
    middles: list[float] = field(init=False)

    def __post_init__(self) -> None:
        self.middles = list(self.columns.values())

    def text(self, x: float, text: str, size: float = _VALUE, **style_: Any) -> None:
        self.axes.text(x, self.y, text, size=size, va="baseline", **style_)

    def rule(self, weight: float, left: float | None = None, right: float | None = None) -> None:
        ends = (self.left if left is None else left, self.right if right is None else right)
        self.axes.plot(ends, (self.y, self.y), color=style.INK, lw=weight, solid_capstyle="butt")


def numbers(cross_entropy: FilePath, seeds: FilePath | None = None) -> dict[str, pd.DataFrame]:
    """Read what :func:`draw` takes: the table of cross-entropies.

    Args:
        cross_entropy: that table.
        seeds: the table of networks trained from several seeds, whose means are shown; None or an
            empty path where the study has one seed.
    """
    table = read(cross_entropy)
    return {"csv": averaged(table, read_seeds(seeds)) if seeds else table}


def draw(table: pd.DataFrame) -> Figure:
    """Draw a table as from :func:`charlens.analyses.cross_entropy.table.read`.

    Values with three decimals, the best grid point of each row bold, the bootstrap standard
    deviation small beside the value and the paper's number, where it has one, grey below it.
    The page is as large as the table needs.
    """
    with style.styled():
        columns, left, right = _columns(table)
        figure = style.new_figure(1, 1)
        axes = figure.add_axes((0, 0, 1, 1), xlim=(0, right + _MARGIN))
        axes.set_axis_off()
        page = _Page(axes, columns, left, right)
        _draw_head(page)
        for part in layouts(table):
            _draw_part(page, part)
        page.y += 4
        page.rule(1.0)
        has_diverged = bool(ranking.diverged(table).any())
        notes = {
            f" {SEED_NOTE}": SEEDS in table,
            " Grey: the paper’s number.": bool(table["paper"].notna().any()),
            f" {MARK}: {EXPLANATION}.".replace("'", "’"): has_diverged,
            " Where a text is given in bytes, so are its numbers; /char: the same per character.":
                any(part.code_points is not None for part in layouts(table)),
        }  # fmt: skip
        _draw_caption(page, per(table), [note for note, is_due in notes.items() if is_due])
        height = page.y + _MARGIN
        axes.set_ylim(height, 0)
        figure.set_size_inches((right + _MARGIN) * style.POINT, height * style.POINT)
        return figure


def _columns(table: pd.DataFrame) -> tuple[dict[tuple[str, int], float], float, float]:
    """Middles of the columns, and the left and right ends of the table."""
    names = table.loc[table["size"].isna(), "model"].map(model_id.title)
    labels = ["Other models", *names] if len(names) else ["Layers"]
    x = _MARGIN + _LABEL_GAP + max(style.text_width(str(label), _VALUE) for label in labels)
    columns: dict[tuple[str, int], float] = {}
    points = grid_columns(table) or [("", 0)]
    for cell in dict.fromkeys(cell for cell, _ in points):
        x += _GROUP_GAP if columns else 0.0
        group = [point for point in points if point[0] == cell]
        width = max(len(group) * _COLUMN, _title_width(cell))
        start = x + (width - len(group) * _COLUMN) / 2
        columns |= {point: start + (i + 0.5) * _COLUMN for i, point in enumerate(group)}
        x += width
    # A narrow table is spread out, so that the caption below it stays readable.
    spare = max(0.0, _MIN_WIDTH - x) / len(columns)
    spread = {key: at + spare * (i + 0.5) for i, (key, at) in enumerate(columns.items())}
    return spread, _MARGIN, max(x, _MIN_WIDTH)


def _title_width(cell: str) -> float:
    """Points that the title of a cell's columns takes, in bold; nothing without a grid."""
    return 1.18 * style.text_width(model_id.cell_title(cell), _VALUE) if cell else 0.0


def _draw_head(page: _Page) -> None:
    page.rule(1.0)
    if any(layers for _, layers in page.columns):
        page.y += _LINE
        for cell in dict.fromkeys(cell for cell, _ in page.columns):
            at = [x for (other, _), x in page.columns.items() if other == cell]
            middle = (at[0] + at[-1]) / 2 + 1
            page.text(middle, model_id.cell_title(cell), weight="bold", ha="center")
        page.y += 3.5
        for cell in dict.fromkeys(cell for cell, _ in page.columns):
            at = [x for (other, _), x in page.columns.items() if other == cell]
            more = max(0.0, (_title_width(cell) - (at[-1] - at[0] + _COLUMN)) / 2)
            page.rule(0.4, at[0] - _COLUMN / 2 + 2 - more, at[-1] + _COLUMN / 2 + more)
        page.y += _LINE - 1.5
        page.text(page.left, "Layers")
        for (_, layers), x in page.columns.items():
            page.text(x + _MIDDLE, str(layers), ha="center")
        page.y += 4
        page.rule(0.6)


def _draw_part(page: _Page, part: CorpusPart) -> None:
    page.y += _LINE + 2
    page.text(page.left, "Size" if part.grid else "Model")
    title = texts.corpus_title(part.corpus)
    page.text((page.left + page.right) / 2, title, style="italic", ha="center")
    count = f"{part.characters:,} characters"
    if part.code_points is not None:
        count = f"{part.characters:,} bytes, {part.code_points:,} characters"
    if part.other_cut:
        count = f"another cut than the paper’s; {count}"
    page.text(page.right, count, _SMALL, color=style.SOFT, ha="right")
    page.y += 3.5
    page.rule(0.4)
    page.y += 1
    per_character = part.code_points is not None
    for size, entries in part.grid:
        _draw_row(page, str(size), entries, per_character)
    if part.grid and part.others:  # what follows does not belong to the cells above
        page.y += 4.5
        page.rule(0.4)
        page.y += _LINE
        page.text(page.left, "Other models")
        page.y += 1
    for entry in part.others:
        _draw_row(page, model_id.title(entry.model), [entry], per_character)
    page.y += 3
    # The next corpus's rule, or the one that closes the table, comes right below.


def _draw_row(page: _Page, label: str, entries: list, per_character: bool) -> None:
    page.y += _LINE
    page.text(page.left, label)
    several = sum(entry is not None for entry in entries) > 1  # the only one is no best
    for x, entry in zip(page.middles, entries, strict=False):
        if entry is None:
            page.text(x + _MIDDLE, "–", color=style.FAINT, ha="center")
            continue
        weight = "bold" if entry.best_in_row and several else "normal"
        value, mark = number(entry.cross_entropy), shown(entry)
        page.text(x + _EDGE, value, ha="right", weight=weight)
        if mark != value:  # where the error would be: that of such a model says nothing
            page.text(x + _EDGE + 0.6, MARK, _VALUE)
        elif not math.isnan(entry.bootstrap_sd):
            spread = f"±{entry.bootstrap_sd:.3f}".replace("±0", "±")
            page.text(x + _EDGE + 1.2, spread, _SMALL, color=style.SOFT)
    if any(entry is not None and seed_spread(entry) for entry in entries):
        page.y += _PAPER_LINE
        for x, entry in zip(page.middles, entries, strict=False):
            spread = "" if entry is None else seed_spread(entry)
            page.text(x + _EDGE + 1.2, spread.replace("± 0", "±"), _SMALL, color=style.SOFT)
            page.text(x + _EDGE, "seeds" * bool(spread), _SMALL, color=style.SOFT, ha="right")
    if per_character:
        page.y += _PAPER_LINE
        for x, entry in zip(page.middles, entries, strict=False):
            if entry is not None:
                value = number(entry.nats_per_code_point)
                page.text(x + _EDGE, value, 6.5, ha="right")
                page.text(x + _EDGE + 1.2, "/char", _SMALL, color=style.SOFT)
    printed = [(x, e) for x, e in zip(page.middles, entries, strict=False) if e is not None]
    printed = [(x, entry) for x, entry in printed if not math.isnan(entry.paper)]
    if printed:
        page.y += _PAPER_LINE
        for x, entry in printed:
            page.text(x + _EDGE, number(entry.paper), 6.5, color=style.SOFT, ha="right")


def _draw_caption(page: _Page, what: str, notes: list[str]) -> None:
    text = (
        f"Test cross-entropy in nats per {what} (low is good) ± bootstrap standard deviation "
        "over test streams. "
        "Bold: best of its row."
    )
    text += "".join(notes)
    page.y += 2
    for line in style.wrap(text, page.right - page.left, _CAPTION):
        page.y += _CAPTION_LINE
        page.text(page.left, line, _CAPTION, color=style.SOFT)
