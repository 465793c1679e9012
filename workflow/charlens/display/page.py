"""Pages of text in figures: a grid of characters with boxes of colour behind them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from charlens.display.fonts import Fonts, fonts_for, script
from charlens.text.encodings import UTF_8
from charlens.text.grid import COLUMNS_OF_TEXT, GLYPHS, Cell, lay_out, turned


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

    def box(self, cell: Cell) -> tuple[float, float, float, float]:
        """Left, upper end, width and height of a cell."""
        x, y = cell.column * self.letter, self.top + cell.row * self.line
        return x, y, cell.width * self.letter, self.line

    def write(
        self, axes: Axes, cells: Sequence[Cell], inks: Iterable[object], fonts: Fonts
    ) -> None:
        """Print the glyph of each cell.

        Args:
            axes: their unit is the point, down the page.
            cells: what to print.
            inks: a colour for each.
            fonts: that have the glyphs.
        """
        sizes = self._sizes(cells, fonts)
        for cell, ink in zip(cells, inks, strict=True):
            if cell.glyph == " ":
                continue
            wide = 1 if cell.glyph == "⇥" else cell.width
            glyph = fonts.shown(cell.glyph)
            axes.text(
                (cell.column + wide / 2) * self.letter,
                self.top + (cell.row + self.baseline) * self.line,
                glyph,
                fontproperties=fonts.properties(sizes.get(glyph, self.size)),
                ha="center",
                va="baseline",
                color=ink,
                parse_math=False,
            )

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
