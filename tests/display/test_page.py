"""Pages of text: glyphs that are wider than their columns."""

import numpy as np
import pytest
from charlens.display import fonts, style
from charlens.display.page import Page, cells_of

PAGE = Page(letter=3.0, line=7.0, size=5.0, baseline=0.7, top=0.0)  # a column is 0.6 of the size
WIDTHS = {"अ": 0.7, "क": 0.65, "é": 0.6, "한": 1.0, "👨‍👩‍👧": 3.0, "😀": 1.1}


def sizes(text, monkeypatch, families=(fonts.MONO, "Another")):
    """The font size of each character of a text as it is written on a page."""
    monkeypatch.setattr(fonts, "_width", lambda glyph, families: WIDTHS[glyph])
    cells = cells_of(np.frombuffer(text.encode(), np.uint8))
    axes = style.new_figure(3, 1).add_axes((0, 0, 1, 1))
    PAGE.write(axes, cells, ["black"] * len(cells), fonts.Fonts(families, frozenset()))
    return {t.get_text(): t.get_size() for t in axes.texts}


def test_letters_of_one_script_shrink_together_until_the_widest_fits(monkeypatch):
    drawn = sizes("aअकé한\n", monkeypatch)
    assert drawn["अ"] == drawn["क"] == pytest.approx(5 * 0.6 / 0.7)
    assert drawn["a"] == drawn["é"] == drawn["한"] == drawn["↓"] == 5


def test_joined_emoji_keep_to_their_two_columns(monkeypatch):
    drawn = sizes("👨‍👩‍👧 😀\n", monkeypatch)
    assert drawn["👨‍👩‍👧"] == pytest.approx(5 * 1.2 / 3.0)
    assert drawn["😀"] == 5


def test_letters_do_not_become_too_small_to_read(monkeypatch):
    monkeypatch.setitem(WIDTHS, "अ", 2.0)
    drawn = sizes("अक", monkeypatch)
    assert drawn["क"] == pytest.approx(3.9)
    assert drawn["अ"] == pytest.approx(5 * 1.1 * 0.6 / 2)  # but this one leaves room for others


def test_a_font_of_one_width_is_never_measured(monkeypatch):
    assert sizes("añé", monkeypatch, families=(fonts.MONO,)) == {"a": 5, "ñ": 5, "é": 5}
