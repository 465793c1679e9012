"""Lengths and font sizes of Figure 4, in points."""

from __future__ import annotations

from charlens.display import style

WIDTH = 6.9 / style.POINT  # a journal's two columns
VENN, HEIGHT, ASIDE, LEFT, RIGHT = 112.0, 84.0, 22.0, 186.0, 4.0
BARS, TITLE, FOOT, GAP, NOTE_LINE = 88.0, 20.0, 24.0, 8.0, 8.5
TEXT, SMALL, TINY = 7.0, 6.2, 5.0  # font sizes
ROWS = 5  # on a page, unless the config says more
