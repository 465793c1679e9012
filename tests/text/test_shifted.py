"""Encodings of seven bits, in which marks begin and end characters of two bytes."""

import logging

import numpy as np
import pytest
from charlens.inside.cells.excerpts import candidates
from charlens.text.code_points import code_points
from charlens.text.encoding_guess import guess, of_corpus
from charlens.text.encodings import ESCAPED, aligned, decode, line_starts
from charlens.text.shifted import SHIFTED
from charlens.text.words import count_words
from hypothesis import given
from hypothesis import strategies as st
from languages import CHINESE, JAPANESE, KOREAN
from test_encodings import corpus

TEXTS = {"iso2022_jp": JAPANESE, "iso2022_kr": KOREAN, "hz": CHINESE}
NAMES = pytest.mark.parametrize("encoding", SHIFTED)


def of(encoding, times=20):
    return (TEXTS[encoding] * times).encode(encoding)


@NAMES
def test_a_text_is_read_as_python_reads_it(encoding):
    decoded = decode(of(encoding), encoding)
    assert decoded.text == TEXTS[encoding] * 20
    assert decoded.bounds[0] == 0
    assert decoded.bounds[-1] == len(of(encoding))
    assert (np.diff(decoded.bounds) > 0).all()


@NAMES
@pytest.mark.parametrize("skipped", range(12))
def test_a_part_that_begins_anywhere_is_read(encoding, skipped):
    """But for a character or two where a mark is cut in two."""
    text, part = TEXTS[encoding] * 20, of(encoding)[skipped:]
    first = aligned(part, encoding)
    decoded = decode(part[first:], encoding)
    assert decoded.text[3:] == text[-len(decoded.text[3:]) :]
    assert len(decoded.text) > len(text) - 10
    assert guess(part) == encoding


@NAMES
@given(data=st.binary(max_size=60), cut=st.integers(0, 40))
def test_characters_cover_every_byte_of_anything(encoding, data, cut):
    data = of(encoding, 1)[:cut] + data
    decoded = decode(data, encoding)
    bounds = decoded.bounds.tolist()
    assert bounds == sorted(set(bounds))
    assert bounds[-1] == len(data)
    assert len(bounds) == len(decoded.text) + 1
    for stop, character in zip(bounds[1:-1], decoded.text[:-1], strict=True):
        if ESCAPED <= ord(character) < ESCAPED + 256:
            assert ord(character) - ESCAPED == data[stop - 1]


@NAMES
def test_lines_characters_and_words(encoding):
    data = np.frombuffer(of(encoding), np.uint8)
    lines = (TEXTS[encoding] * 20).splitlines(True)
    starts = line_starts(data, encoding)
    assert [decode(data[s:], encoding).text[:3] for s in starts[:4]] == [x[:3] for x in lines[1:5]]
    points = code_points(data, np.zeros(data.size, int))
    assert "".join(map(chr, points.number.tolist())) == TEXTS[encoding] * 20
    words = count_words(data[None], encoding=encoding)
    assert len(words) > 8
    assert all(1 < len(decode(word, encoding).text) < 9 for word in words if len(word) > 8)
    rows = data[: data.size // 2 * 2].reshape(2, -1)
    excerpt = candidates(rows, encoding)[0]
    shown = decode(rows[excerpt.stream, excerpt.start : excerpt.stop], encoding).text
    assert shown.splitlines(True)[0] in lines


@NAMES
def test_a_guess_is_named_though_all_bytes_are_ascii(encoding, caplog):
    caplog.set_level(logging.INFO, "charlens")
    made, splits = corpus(of(encoding, 60))
    assert of_corpus(None, made, splits["test"]) == encoding
    assert f"shown as {encoding.upper()}, a guess" in caplog.text
    assert of_corpus(encoding, made, splits["test"]) == encoding


@pytest.mark.parametrize(
    "text",
    [
        "\\section{A}~\\ref{b}, see Figure~{3}~}; plain English goes on and on.\n" * 30,
        "a terminal's log \x1b[31mred\x1b(B and \x1b$B once, then only ASCII for long\n" * 30,
        "struct A { ~A() {} A &operator~{ } };\n" * 30,
    ],
)
def test_what_only_has_such_marks_is_ascii(text):
    assert guess(text.encode()) == "utf-8"
