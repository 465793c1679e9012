"""Text laid out on a page, one byte a cell."""

import numpy as np
import pytest
from charlens.text.grid import Cell, lay_out
from hypothesis import given
from hypothesis import strategies as st


def cells(text, columns=76, rows=None):
    return lay_out(np.frombuffer(text, np.uint8), columns, rows)


def page(text, columns=76, rows=None):
    """The page as lines of glyphs; a wide cell is filled up with spaces."""
    lines = []
    for cell in cells(text, columns, rows):
        lines += [""] * (cell.row + 1 - len(lines))
        assert len(lines) == cell.row + 1
        assert len(lines[cell.row]) == cell.column
        lines[cell.row] += cell.glyph.ljust(cell.width)
    return lines


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (b"", []),
        (b"abc", ["abc"]),
        (b"a\nbc\n", ["a↓", "bc↓"]),
        (b"\n\na", ["↓", "↓", "a"]),
        (b"a\r\nb", ["a←↓", "b"]),
        (b"a\rb", ["a←b"]),
        (b"abcdefghijk", ["abcdefgh", "ijk"]),
        (b"abcdefgh\ni", ["abcdefgh", "↓", "i"]),
        (b"abcdefg\ni", ["abcdefg↓", "i"]),
        (b"\ta", ["⇥   a"]),
        (b"a\tb", ["a⇥  b"]),
        (b"abc\td", ["abc⇥d"]),
        (b"abcd\te", ["abcd⇥   ", "e"]),
        (b"abcdefg\te", ["abcdefg⇥", "e"]),
        (b"\t\t\ta", ["⇥   ⇥   ", "⇥   a"]),
        (b"\t\n\ta", ["⇥   ↓", "⇥   a"]),
        ("a“é”".encode(), ["a“··é·”·", "·"]),
        ("😀x".encode(), ["😀···x"]),
        (b"\x00a\x1b\x7f", ["·a··"]),
        ("\u00ad\u200b".encode(), ["·····"]),  # soft hyphen, zero-width space: nothing to see
        (b"\xffa\xfe", ["·a·"]),
        (b"a\xe2\x80", ["a··"]),  # cut inside a character
        (b"\x80\x9da", ["··a"]),  # cut there at the start
        (b"\xe2\x80a", ["··a"]),
        (b"\xe2\x80\nb", ["··↓", "b"]),
        (b"\xe2\xe2\x82\xac", ["·€··"]),  # a broken character, then a whole one
        (b"\xe2\x80\xc3\xa9", ["··é·"]),
        (b"\xed\xa0\x80a", ["···a"]),  # half of a surrogate pair is no character
        (b"\xef\xbf\xbda", ["···a"]),  # somebody else's replacement character
        (b"a $b", ["a $b"]),
    ],
)
def test_a_page_of_eight_columns(text, lines):
    assert page(text, 8) == lines


def test_a_tab_that_does_not_fit_starts_the_next_line():
    assert page(b"abcde\tf", 6) == ["abcde", "⇥   f"]
    assert cells(b"abcde\t", 6)[-1] == Cell(1, 0, 4, "⇥")


@pytest.mark.parametrize(("rows", "count"), [(0, 0), (1, 4), (2, 7), (3, 8), (4, 9), (9, 9)])
def test_as_many_as_fit(rows, count):
    """Lines "abcd", "ef↓", "↓", "g"."""
    assert len(cells(b"abcdef\n\ng", 4, rows)) == count
    assert cells(b"abcdef\n\ng", 4, rows) == cells(b"abcdef\n\ng", 4)[:count]


@given(st.binary(max_size=200), st.integers(4, 20))
def test_every_byte_has_its_place(text, columns):
    found = cells(text, columns)
    assert len(found) == len(text)
    for byte, cell in zip(text, found, strict=True):
        assert 0 <= cell.column < cell.column + cell.width <= columns
        assert len(cell.glyph) == 1
        assert cell.glyph.isprintable()
        assert cell.width == (4 - cell.column % 4 if byte == 9 else 1)
    for (byte, cell), after in zip(zip(text, found, strict=True), found[1:], strict=False):
        same_line = (cell.row, cell.column + cell.width)
        new_line = (cell.row + 1, 0)
        here = (after.row, after.column)
        assert here == new_line if byte == 10 else here in (same_line, new_line)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_valid_text_shows_each_character_once(text):
    shown = [cell.glyph for cell in cells(text.encode(), 4)]
    marks = {"\t": "⇥", "\n": "↓", "\r": "←"}
    expected = []
    for character in text:
        visible = character.isprintable() and character != "\ufffd"
        glyph = marks.get(character) or (character if visible else "·")
        expected += [glyph] + ["·"] * (len(character.encode()) - 1)
    assert shown == expected


@given(st.binary(max_size=60), st.binary(max_size=10))
def test_the_same_as_when_python_decodes_at_once(text, more):
    """The visible characters are those of bytes.decode, in its order."""
    data = text + "é€😀".encode() + more
    shown = [cell.glyph for cell in cells(data, 4) if cell.glyph not in "⇥↓←·"]
    decoded = data.decode(errors="replace").replace("\ufffd", "").replace("·", "")
    assert shown == [c for c in decoded if c.isprintable() and c not in "⇥↓←"]
