"""Pages of text in figures: a grid of characters with boxes of colour behind them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from charlens.display.fonts import Fonts, fonts_for
from charlens.text.encodings import UTF_8
from charlens.text.grid import COLUMNS_OF_TEXT, Cell, lay_out, turned


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
        properties = fonts.properties(self.size)
        for cell, ink in zip(cells, inks, strict=True):
            if cell.glyph == " ":
                continue
            wide = 1 if cell.glyph == "⇥" else cell.width
            axes.text(
                (cell.column + wide / 2) * self.letter,
                self.top + (cell.row + self.baseline) * self.line,
                fonts.shown(cell.glyph),
                fontproperties=properties,
                ha="center",
                va="baseline",
                color=ink,
                parse_math=False,
            )


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
