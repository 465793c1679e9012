"""Marks of one byte or several: where they lie, and which belong together."""

import numpy as np
import pytest
from charlens.errors import CharlensError
from charlens.text.brackets import matched
from charlens.text.lexed import LexedText
from charlens.text.marks import QUOTES, first_bytes, marks
from hypothesis import given
from hypothesis import strategies as st


def rows(text: str | bytes, pair: str = QUOTES, kind="prose", encoding="utf-8") -> list[tuple]:
    """Opener, its width, closer, its width, distance; sorted."""
    data = text.encode(encoding) if isinstance(text, str) else text
    columns = marks(LexedText(data, kind, encoding), pair)
    assert all(column.dtype == np.int64 for column in columns)
    return sorted(zip(*(column.tolist() for column in columns), strict=True))


def test_by_hand():
    assert rows('é "a" “bé”') == [(3, 1, 5, 1, 2), (7, 3, 13, 3, 3)]
    assert rows('“a" b') == [(0, 3, 4, 1, 2)]
    assert rows("「a」", encoding="utf-16-le") == [(0, 2, 4, 2, 2)]
    assert rows("（é）)", "（）") == [(0, 3, 5, 3, 2)]
    assert rows("f(é, (1))", "()", "c") == [(1, 1, 9, 1, 7), (6, 1, 8, 1, 2)]
    assert rows('f("é", ")"); /* " */', QUOTES, "c") == [(2, 1, 5, 1, 2), (8, 1, 10, 1, 2)]
    assert rows("«a»", encoding="latin-1") == [(0, 1, 2, 1, 2)]
    assert rows("") == rows("“a") == rows("", "{}", "c") == []


def test_of_an_encoding_with_states_the_marks_include_what_changes_them():
    data = "a「b」".encode("iso2022_jp")
    (row,) = rows(data, encoding="iso2022_jp")
    opener, wide, closer, width, distance = row
    assert data[opener : opener + wide] == b"\x1b$B!V"
    assert data[closer : closer + width] == b"\x1b$B!W\x1b(B"
    assert distance == 2


def test_a_byte_of_a_character_is_no_bracket():
    """The second byte of ボ is that of {, the one of マ that of }."""
    assert "ボマ".encode("cp932")[1::2] == b"{}"
    assert rows("ボ{マ}", "{}", encoding="cp932") == [(2, 1, 5, 1, 2)]


@given(st.text("{}é「」 “”\n", max_size=40))
def test_brackets_of_one_byte_are_those_of_bytes(text):
    data = text.encode()
    opener, closer = matched(data)
    columns = marks(LexedText(data, "prose"), "{}")
    assert sorted(zip(opener, closer, strict=True)) == sorted(
        zip(columns.opener, columns.closer, strict=True)
    )
    assert (columns.width == 1).all()


def test_first_bytes():
    decoded = LexedText("a“b".encode(), "prose").decoded
    assert first_bytes(decoded, np.array([0, 1, 2, 3, 4, 5])).tolist() == [0, 1, 1, 1, 4, 5]


def test_a_pair_of_equal_characters_has_no_direction():
    with pytest.raises(CharlensError, match="two different characters"):
        rows("'a'", "''")
