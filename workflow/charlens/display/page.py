"""Pages of text in figures: a grid of characters with boxes of colour behind them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from matplotlib.axes import Axes

from charlens.display.fonts import Fonts, fonts_for, is_mono, script
from charlens.text.encodings import UTF_8
from charlens.text.grid import COLUMNS_OF_TEXT, GLYPHS, Cell, lay_out, turned


@dataclass(frozen=True)
class Box:
    """Where a cell lies on a page; lengths in points.

    Attributes:
        left: its left edge.
        top: its upper edge.
        width: of it.
        height: of it.
        size: of the font of its glyph.
    """

    left: float
    top: float
    width: float
    height: float
    size: float


@dataclass(frozen=True)
class Page:
    """How a page of text looks; lengths in points.

    Attributes:
        letter: width of a column.
        line: height of a line.
        size: of the font.
        baseline: of a line, as a share of its height from above.
        top: where the first line begins.
    """

    letter: float
    line: float
    size: float
    baseline: float
    top: float

    @property
    def width(self) -> float:
        """Of the whole page."""
        return COLUMNS_OF_TEXT * self.letter

    def boxes(self, cells: Sequence[Cell], fonts: Fonts) -> list[Box]:
        """Where the cells of a page lie, and how large their glyphs are.

        Most take the columns that they have. Letters of fonts whose letters have widths of their
        own, such as those of Hindi or Thai, are as wide as they are drawn, so that words have no
        gaps; where a line would become too long, all of these on the page are smaller.

        Args:
            cells: those of a page.
            fonts: that have the glyphs.
        """
        natural = [_is_natural(cell.glyph, fonts) for cell in cells]
        of_columns = [cell for cell, own in zip(cells, natural, strict=True) if not own]
        sizes = self._sizes(of_columns, fonts)
        size = self._natural_size(cells, natural, fonts)
        boxes: dict[int, Box] = {}
        for line in _lines(cells):
            # Columns are counted, as a sum of their widths would round them.
            column, drawn = cells[line[0]].column, 0.0
            for i in line:
                glyph = fonts.shown(cells[i].glyph)
                place = (column * self.letter + drawn, self.top + cells[i].row * self.line)
                if natural[i]:
                    wide = fonts.width(glyph) * size
                    boxes[i] = Box(*place, wide, self.line, size)
                    drawn += wide
                else:
                    wide = cells[i].width * self.letter
                    boxes[i] = Box(*place, wide, self.line, sizes.get(glyph, self.size))
                    column += cells[i].width
        return [boxes[i] for i in range(len(cells))]

    def write(
        self,
        axes: Axes,
        cells: Sequence[Cell],
        boxes: Sequence[Box],
        inks: Iterable[object],
        fonts: Fonts,
    ) -> None:
        """Print the glyph of each cell.

        Args:
            axes: their unit is the point, down the page.
            cells: what to print.
            boxes: of each, as from :meth:`boxes`.
            inks: a colour for each.
            fonts: that have the glyphs.
        """
        for cell, box, ink in zip(cells, boxes, inks, strict=True):
            if cell.glyph == " ":
                continue
            wide = self.letter if cell.glyph == "⇥" else box.width
            axes.text(
                box.left + wide / 2,
                box.top + self.baseline * self.line,
                fonts.shown(cell.glyph),
                fontproperties=fonts.properties(box.size),
                ha="center",
                va="baseline",
                color=ink,
                parse_math=False,
            )

    def _natural_size(self, cells: Sequence[Cell], natural: Sequence[bool], fonts: Fonts) -> float:
        """Font size at which letters with widths of their own let every line fit the page."""
        shares = [1.0]
        for line in _lines(cells):
            own = sum(fonts.width(fonts.shown(cells[i].glyph)) for i in line if natural[i])
            others = sum(cells[i].width for i in line if not natural[i]) * self.letter
            if own:
                shares.append((self.width - others) / (own * self.size))
        return self.size * min(shares)

    def _sizes(self, cells: Sequence[Cell], fonts: Fonts) -> dict[str, float]:
        """Font sizes of glyphs that are too wide for their columns, as fonts of one width are not.

        Letters of one script have one size, so that words stay even, but for very wide ones. Other
        signs, such as emoji that are joined to one, each have their own.
        """
        if len(fonts.families) == 1:
            return {}
        room: dict[str, float] = {}
        for cell in cells:
            glyph = fonts.shown(cell.glyph)
            if not glyph.isascii() and glyph not in GLYPHS.values():
                own = cell.width * self.letter / (fonts.width(glyph) * self.size)
                room[glyph] = min(own, room.get(glyph, own))
        scripts: dict[str, float] = {}
        for glyph, share in room.items():
            if (first := glyph.strip()[:1]).isalpha():
                scripts[script(first)] = min(share, scripts.get(script(first), 1.0))
        return {
            glyph: self.size * share
            for glyph, own in room.items()
            if (share := _share(glyph.strip()[:1], own, scripts)) < _FITS
        }


def _lines(cells: Sequence[Cell]) -> list[list[int]]:
    """Indices of the cells of each line, from left to right."""
    order = sorted(range(len(cells)), key=lambda i: (cells[i].row, cells[i].column))
    return [list(line) for _, line in groupby(order, key=lambda i: cells[i].row)]


def _is_natural(glyph: str, fonts: Fonts) -> bool:
    """Whether a glyph is as wide as it is drawn: letters and marks that have no font of one width.

    Those of East Asia fill columns as they are, and what is read from right to left is placed from
    the end of the line, by columns.
    """
    first = fonts.shown(glyph).strip()[:1]
    return (
        bool(first)
        and not is_mono(first)
        and unicodedata.category(first)[0] in "LMNP"
        and unicodedata.east_asian_width(first) not in "WFH"
        and unicodedata.bidirectional(first) not in ("R", "AL")
    )


_FITS = 0.95  # what is so little too wide fits all the same
_LEAST = 0.78  # letters do not all become smaller than this
_TOUCH = 1.1  # by which those that are wider still may leave their columns


def _share(first: str, own: float, scripts: dict[str, float]) -> float:
    """To which share of its size a glyph shrinks."""
    if not first.isalpha():
        return own
    return min(max(scripts[script(first)], _LEAST), _TOUCH * own)


def cells_of(data: Iterable[int], encoding: str = UTF_8) -> list[Cell]:
    """The cells of an excerpt, one per character, as they lie on the page.

    Args:
        data: its byte values, (bytes,).
        encoding: of the text.
    """
    values = np.array(list(data), dtype=np.uint8)
    return turned(lay_out(values, COLUMNS_OF_TEXT, encoding=encoding), COLUMNS_OF_TEXT)


def fonts_of(pages: Iterable[Sequence[Cell]]) -> Fonts:
    """The fonts of all glyphs on some pages."""
    return fonts_for(cell.glyph for page in pages for cell in page)
