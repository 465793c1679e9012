"""Pages of text: glyphs that are wider than their columns."""

import numpy as np
import pytest
from charlens.display import fonts, style
from charlens.display.page import Page, cells_of

PAGE = Page(letter=3.0, line=7.0, size=5.0, baseline=0.7, top=0.0)  # a column is 0.6 of the size
WIDTHS = {"ש": 0.7, "ל": 0.65, "é": 0.6, "한": 1.0, "👨‍👩‍👧": 3.0, "😀": 1.1}
WIDTHS |= {"कि": 1.1, "अ": 0.7, "ब": 0.5, "।": 0.4}
BOTH = (fonts.MONO, "Another")


def cells(text):
    return cells_of(np.frombuffer(text.encode(), np.uint8))


def boxes(text, monkeypatch, families=BOTH):
    """The boxes of the characters of a text on a page."""
    monkeypatch.setattr(fonts, "_width", lambda glyph, families: WIDTHS[glyph])
    return PAGE.boxes(cells(text), fonts.Fonts(families, frozenset()))


def sizes(text, monkeypatch, families=BOTH):
    """The font size of each character of a text."""
    placed = boxes(text, monkeypatch, families)
    return {cell.glyph: box.size for cell, box in zip(cells(text), placed, strict=True)}


def test_letters_of_one_script_shrink_together_until_the_widest_fits(monkeypatch):
    drawn = sizes("aשלé한\n", monkeypatch)
    assert drawn["ש"] == drawn["ל"] == pytest.approx(5 * 0.6 / 0.7)
    assert drawn["a"] == drawn["é"] == drawn["한"] == drawn["↓"] == 5


def test_letters_with_widths_of_their_own_leave_no_gaps(monkeypatch):
    text = "a कि अब।b\nअ"
    placed = boxes(text, monkeypatch)
    widths = [3, 3, 5.5, 3, 3.5, 2.5, 2, 3, 3, 3.5]  # a space and Latin letters fill columns
    assert [box.width for box in placed] == pytest.approx(widths)
    first = [0, *np.cumsum(widths[:8])]
    assert [box.left for box in placed] == pytest.approx([*first, 0])
    assert [box.top for box in placed] == [0] * 9 + [7]
    assert {box.size for box in placed} == {5}


def test_a_line_of_wide_letters_fits_the_page(monkeypatch):
    """All of the page are smaller, so that its words stay even."""
    placed = boxes("a" + "अ" * 75 + "\n" + "ब", monkeypatch)
    assert placed[75].left + placed[75].width == pytest.approx(PAGE.width)
    assert placed[0].width == 3
    share = (PAGE.width - 3) / (75 * 3.5)
    assert placed[1].size == placed[-1].size == pytest.approx(5 * share)
    assert placed[-1].width == pytest.approx(2.5 * share)
    assert placed[0].size == 5


def test_glyphs_are_printed_in_the_middle_of_their_boxes(monkeypatch):
    text = "a अ\tकि"
    placed = boxes(text, monkeypatch)
    axes = style.new_figure(3, 1).add_axes((0, 0, 1, 1))
    PAGE.write(axes, cells(text), placed, ["black"] * 5, fonts.Fonts(BOTH, frozenset()))
    shown = {t.get_text(): t.get_position() for t in axes.texts}
    middles = {"a": 1.5, "अ": 7.75, "⇥": 11.0, "कि": placed[4].left + 2.75}
    assert {glyph: x for glyph, (x, _) in shown.items()} == pytest.approx(middles)
    assert [y for _, y in shown.values()] == pytest.approx([4.9] * 4)


def test_words_are_as_wide_as_if_they_were_written_in_one():
    for word in ("विद्यार्थी", "হাঁটতে", "சென்றார்கள்", "น้ำท่วม"):
        chosen = fonts.fonts_for([word])
        if chosen.missing:
            pytest.skip("no installed font has these scripts")
        drawn = sum(box.width for box in PAGE.boxes(cells(word), chosen))
        assert drawn == pytest.approx(5 * chosen.width(word), rel=0.02)


def test_joined_emoji_keep_to_their_two_columns(monkeypatch):
    drawn = sizes("👨‍👩‍👧 😀\n", monkeypatch)
    assert drawn["👨‍👩‍👧"] == pytest.approx(5 * 1.2 / 3.0)
    assert drawn["😀"] == 5


def test_letters_do_not_become_too_small_to_read(monkeypatch):
    monkeypatch.setitem(WIDTHS, "ש", 2.0)
    drawn = sizes("של", monkeypatch)
    assert drawn["ל"] == pytest.approx(3.9)
    assert drawn["ש"] == pytest.approx(5 * 1.1 * 0.6 / 2)  # but this one leaves room for others


def test_a_font_of_one_width_is_never_measured(monkeypatch):
    assert sizes("añé", monkeypatch, families=(fonts.MONO,)) == {"a": 5, "ñ": 5, "é": 5}
