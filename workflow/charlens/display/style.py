"""One look for all figures, and files that are equal, byte for byte, between runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.typing import RcKeyType

from charlens.files.atomic import FilePath, atomic_path
from charlens.models import names as model_id
from charlens.models.catalogue import CELLS

T = TypeVar("T")

POINT = 1 / 72  # inch
COLUMN = 3.3  # width in inches of a journal's column
INK, SOFT, FAINT = "#111111", "#6b6b6b", "#b5b5b5"
WHISKER = "#8c8c8c"  # seen on white paper and on dark bars

# Orange for low, blue for high as in the paper; both dark enough apart in lightness from white, and
# told apart by the colour-blind (the ends of Okabe & Ito's vermilion and blue).
RED_BLUE = LinearSegmentedColormap.from_list("red-white-blue", ["#D55E00", "#FFFFFF", "#0072B2"])

# STIX comes with matplotlib, so a figure looks the same on every machine. Type 42 keeps the text
# of a PDF selectable and is what journals ask for.
RC: dict[RcKeyType, Any] = {
    "font.family": "STIXGeneral",
    "mathtext.fontset": "stix",
    "font.size": 8,
    "text.color": INK,
    "axes.edgecolor": SOFT,
    "axes.labelcolor": SOFT,
    "axes.linewidth": 0.5,
    "axes.labelsize": 7,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "lines.linewidth": 1.0,
    "figure.dpi": 100,
    "savefig.dpi": 300,
    "savefig.bbox": None,
    "pdf.fonttype": 42,
    "ps.fonttype": 42,
    "svg.hashsalt": "charlens",
}

# The rest of Okabe & Ito (2008), whose colours the catalogue gives to the paper's cells.
_OTHERS = ("#CC79A7", "#E69F00", "#56B4E9", "#000000")

_LIGHTEST = 0.55  # share of white in the first of several shades


def cell_colors(cells: set[str]) -> dict[str, str]:
    """Colour of each cell: the catalogue's, or by name order for a word that is no cell of ours."""
    others = sorted(cells - CELLS.keys())
    taken = {cell.color for cell in CELLS.values()}
    free = [color for color in _OTHERS if color not in taken] or _OTHERS
    extra = {cell: free[i % len(free)] for i, cell in enumerate(others)}
    ordered = sorted(cells, key=model_id.cell_rank)
    return {cell: CELLS[cell].color if cell in CELLS else extra[cell] for cell in ordered}


def shades(color: str, count: int) -> list[tuple[float, float, float]]:
    """RGB from light to full; a single one is full."""
    full = np.array(to_rgb(color))
    lightest = _LIGHTEST if count > 1 else 0.0
    return [
        tuple((white + (1 - white) * full).tolist()) for white in np.linspace(lightest, 0, count)
    ]


@contextmanager
def styled() -> Iterator[None]:
    """Matplotlib's own defaults plus :data:`RC`, whatever the user's matplotlibrc says."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(RC)
        yield


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of ``width`` × ``height`` inches on the Agg canvas (needs no display)."""
    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    return figure


def save(figure: Figure, pdf: FilePath, png: FilePath) -> None:
    """Write a figure as PDF and PNG (300 dpi), atomically and without dates or versions.

    Raises:
        CharlensError: a folder is not writable or the disk is full.
    """
    with styled():
        dates = {"CreationDate": None, "ModDate": None, "Creator": None, "Producer": None}
        with atomic_path(pdf) as temporary:
            figure.savefig(temporary, format="pdf", metadata=dates)
        with atomic_path(png) as temporary:
            figure.savefig(temporary, format="png", metadata={"Software": None})


@cache
def text_width(text: str, size: float) -> float:
    """Width in points of a line of text in the style's font, regular weight."""
    with styled():
        figure = new_figure(1, 1)
        figure.set_dpi(1000)  # coarse pixels would round the width of each letter
        extent = figure.text(0, 0, text, size=size).get_window_extent()
        return extent.width * 72 / figure.dpi


def log_ticks(low: float, high: float, values: Iterable[float]) -> list[float]:
    """Ticks of a logarithmic axis that says its numbers: two or more, where it shows as many.

    Powers of ten; where fewer than two lie within, steps of 1, 2 and 5; where fewer than two of
    them do, the first and the last value.

    Args:
        low: left end of the axis, above 0.
        high: its right end.
        values: what is drawn, one or more within the axis.

    Example:
        >>> log_ticks(1, 300, [1, 300]), log_ticks(8, 50, [10, 40]), log_ticks(22, 35, [28])
        ([1, 10, 100], [10, 20, 50], [28])
    """
    powers = [10**exponent for exponent in range(7)]
    for steps in ((1,), (1, 2, 5)):
        ticks = [step * power for power in powers for step in steps if low <= step * power <= high]
        if len(ticks) > 1:
            return ticks
    drawn = sorted(value for value in values if low <= value <= high)
    return sorted({drawn[0], drawn[-1]})


def fill_lines(items: Iterable[T], width: Callable[[T], float], room: float) -> list[list[T]]:
    """Items line by line, as many on each as fit (a wider one gets its own line).

    Args:
        items: such as the entries of a legend.
        width: of an item with the gaps beside it, points.
        room: width of a line, points.
    """
    lines: list[list[T]] = []
    left = 0.0
    for item in items:
        if not lines or left < width(item):
            lines.append([])
            left = room
        lines[-1].append(item)
        left -= width(item)
    return lines


def wrap(text: str, width: float, size: float) -> list[str]:
    """Break text into lines no wider than ``width`` points (a longer word gets its own line)."""
    lines: list[str] = []
    for word in text.split():
        if lines and text_width(f"{lines[-1]} {word}", size) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
