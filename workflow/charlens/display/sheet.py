"""A figure whose parts have their place in points, counted from the upper left corner."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes

from charlens.display import style


class Sheet:
    """An empty figure of a size in points.

    Attributes:
        figure: the figure.
        width: its width, points.
        height: its height, points.
    """

    def __init__(self, width: float, height: float) -> None:
        self.width, self.height = width, height
        self.figure = style.new_figure(width * style.POINT, height * style.POINT)

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        """Axes whose frame has this place and size."""
        bottom = self.height - top - height
        across, down = self.width, self.height
        return self.figure.add_axes((left / across, bottom / down, width / across, height / down))

    def text(self, left: float, baseline: float, text: str, **looks: Any) -> None:
        """Write a line; ``looks`` are those of ``Figure.text``."""
        place = (left / self.width, 1 - baseline / self.height)
        self.figure.text(*place, text, **looks)
