"""Text laid out on a page, one character a cell."""

import unicodedata

import numpy as np
import pytest
from charlens.text.grid import Cell, bytes_that_fill, lay_out, turned
from hypothesis import given
from hypothesis import strategies as st


def cells(text, columns=76, rows=None, encoding="utf-8"):
    return lay_out(np.frombuffer(text, np.uint8), columns, rows, encoding)


def lines_of(page):
    """The lines of a page as glyphs from left to right; a wide cell is filled up with spaces."""
    lines = {}
    for cell in page:
        lines.setdefault(cell.row, {})[cell.column] = cell
    assert list(lines) == list(range(len(lines)))
    result = []
    for row in lines.values():
        line, column = "", 0
        for at in sorted(row):
            line += " " * (at - column) + row[at].glyph + " " * (row[at].width - 1)
            column = at + row[at].width
        result.append(line)
    return result


def page(text, columns=76, rows=None, encoding="utf-8"):
    return lines_of(cells(text, columns, rows, encoding))


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (b"", []),
        (b"abc", ["abc"]),
        (b"a\nbc\n", ["a↓", "bc↓"]),
        (b"\n\na", ["↓", "↓", "a"]),
        (b"a\r\nb", ["a←↓", "b"]),
        (b"a\rb", ["a←", "b"]),  # as old Macs end lines
        (b"a\r\r\nb", ["a←", "←↓", "b"]),
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
        ("a“é”".encode(), ["a“é”"]),
        ("😀x".encode(), ["😀 x"]),
        ("한국 글x".encode(), ["한 국  글 x"]),
        ("aaaaaaa한".encode(), ["aaaaaaa", "한 "]),
        ("e\u0301\u0301x".encode(), ["e\u0301\u0301x"]),
        ("\u0301x".encode(), [" \u0301x"]),  # an accent without its letter
        ("क्षि👩\u200d💻".encode(), ["क्षि 👩\u200d💻 "]),
        ("می\u200cخ".encode(), ["می\u200cخ"]),  # a joiner takes no room
        (b"\x00a\x1b\x7f", ["·a··"]),
        ("\u00ad\u2060".encode(), ["··"]),  # soft hyphen, zero-width space: nothing to see
        (b"\xffa\xfe", ["·a·"]),
        (b"a\xe2\x80", ["a··"]),  # cut inside a character
        (b"\x80\x9da", ["··a"]),  # cut there at the start
        (b"\xe2\x80a", ["··a"]),
        (b"\xe2\x80\nb", ["··↓", "b"]),
        (b"\xe2\xe2\x82\xac", ["·€"]),  # a broken character, then a whole one
        (b"\xe2\x80\xc3\xa9", ["··é"]),
        (b"\xed\xa0\x80a", ["···a"]),  # half of a surrogate pair is no character
        (b"\xef\xbf\xbda", ["·a"]),  # somebody else's replacement character
        (b"a $b", ["a $b"]),
    ],
)
def test_a_page_of_eight_columns(text, lines):
    assert page(text, 8) == lines


def test_a_tab_that_does_not_fit_starts_the_next_line():
    assert page(b"abcde\tf", 6) == ["abcde", "⇥   f"]
    assert cells(b"abcde\t", 6)[-1] == Cell(1, 0, 4, "⇥", 5, 6)


@pytest.mark.parametrize(("rows", "count"), [(0, 0), (1, 4), (2, 7), (3, 8), (4, 9), (9, 9)])
def test_as_many_as_fit(rows, count):
    """Lines "abcd", "ef↓", "↓", "g"."""
    assert len(cells(b"abcdef\n\ng", 4, rows)) == count
    assert cells(b"abcdef\n\ng", 4, rows) == cells(b"abcdef\n\ng", 4)[:count]


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "gb18030", "utf-16-le", "koi8-r"])
@given(text=st.binary(max_size=200), columns=st.integers(4, 20))
def test_every_byte_has_its_place(encoding, text, columns):
    laid_out = cells(text, columns, encoding=encoding)
    assert [cell.start for cell in laid_out] == [0, *(cell.stop for cell in laid_out)][
        : len(laid_out)
    ]
    assert not text or laid_out[-1].stop == len(text)
    for cell, after in zip(laid_out, [*laid_out, None][1:], strict=True):
        assert 0 <= cell.column < cell.column + cell.width <= columns
        assert any(c.isprintable() for c in cell.glyph)
        assert cell.width in ((4 - cell.column % 4,) if cell.glyph == "⇥" else (1, 2))
        if after is not None:
            place, ends = (after.row, after.column), cell.glyph in "↓←"
            same_line, new_line = (cell.row, cell.column + cell.width), (cell.row + 1, 0)
            assert place in (same_line, new_line)
            assert place == new_line or not ends or after.glyph == "↓"


@given(st.text(st.characters(exclude_categories=["Cs", "Mn", "Me", "Mc", "Cf"]), max_size=40))
def test_valid_text_shows_each_character_once(text):
    """Together the cells have every visible character, in the order of the text."""
    shown = "".join(cell.glyph for cell in cells(text.encode(), 4))
    marks = {"\t": "⇥", "\n": "↓", "\r": "←"}
    visible = {c: c if c.isprintable() and c != "\ufffd" else "·" for c in text}
    expected = "".join(marks.get(c) or visible[c] for c in text)
    assert shown.replace("·", "") == expected.replace("·", "")


@given(st.text("abé한😀\t\n\r ß", max_size=60), st.sampled_from(["utf-8", "gb18030", "utf-16-be"]))
def test_the_page_does_not_depend_on_the_encoding(text, encoding):
    places = [(c.row, c.column, c.width, c.glyph) for c in cells(text.encode(), 9)]
    others = cells(text.encode(encoding), 9, encoding=encoding)
    assert places == [(c.row, c.column, c.width, c.glyph) for c in others]


def test_latin_1_is_one_byte_a_character():
    assert page("déjà «vu»\n".encode("latin-1"), encoding="latin-1") == ["déjà «vu»↓"]
    assert page("déjà\n".encode("latin-1")) == ["d·j·↓"]  # what it is not


@pytest.mark.parametrize("text", ["plain\n", "déjà vu", "한국어", "ééé😀"])
def test_so_many_bytes_fill_a_page(text):
    data = np.frombuffer(text.replace("\n", "").encode() * 300, np.uint8)
    part = data[: bytes_that_fill(data, 200, "utf-8")]
    last = lay_out(part, 10)[-1]
    assert last.row >= 19
    assert len(part) == 200 or max(data) > 127


# Right to left


def turned_page(text, columns):
    return lines_of(turned(cells(text.encode(), columns), columns))


def plain(line):
    """Arabic letters in the form in which they are written down."""
    return unicodedata.normalize("NFKC", line)


def test_hebrew_runs_from_the_right():
    assert turned_page("שלום ab\n", 10) == ["  ↓ab םולש"]
    assert turned_page("שלום עולם\n", 5) == [" םולש", "↓םלוע"]


def test_a_word_from_right_to_left_within_a_line_from_left_to_right():
    assert turned_page("ab שלום 12 c", 20) == ["ab 12 םולש c"]
    assert turned_page("ab\nשלום\ncd", 6) == ["ab↓", " ↓םולש", "cd"]


def test_a_paragraph_keeps_its_directions_over_its_lines():
    """A comma between English words belongs to them, though it begins a line of Hebrew."""
    assert turned_page("שלום a b, c ד", 8) == ["a b םולש", "   ד , c"]
    assert turned_page("שלום abc, de", 8) == ["abc םולש", "    , de"]


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_line_ends_of_a_text_from_the_right(end):
    marks = end.translate({10: "↓", 13: "←"})[::-1]
    lines = [line.strip() for line in turned_page(f"של{end}{end}ab{end}גד", 8)]
    assert lines == [f"{marks}לש", marks[::-1], f"ab{marks[::-1]}", "דג"]


def test_brackets_are_mirrored():
    assert turned_page("(של)", 6) == ["  (לש)"]


def test_arabic_letters_are_joined():
    (line,) = turned_page("سلام\n", 6)
    assert plain(line) == " ↓مالس"
    assert line != " ↓مالس"  # other forms than those at the start of a word
    assert all("\ufe70" <= c <= "\ufeff" for c in line[2:])


def test_marks_stay_with_their_letters():
    (line,) = turned_page("مُح", 3)
    assert [plain(c) for c in line] == [" ", "ح", "م", "ُ"]


@given(st.text("abאבג سلم1 ()\n", max_size=40))
def test_turning_moves_cells_within_their_lines_only(text):
    before = cells(text.encode(), 8)
    after = turned(before, 8)
    assert [(c.row, c.width, c.start) for c in before] == [(c.row, c.width, c.start) for c in after]
    for row in {c.row for c in after}:
        taken = sorted(c.column for c in after if c.row == row)
        assert taken == list(range(taken[0], taken[0] + len(taken)))
        assert taken[-1] < 8


def test_other_text_is_left_alone():
    before = cells("plain ê 한국\n".encode(), 8)
    assert turned(before, 8) is before
