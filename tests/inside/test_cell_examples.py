"""Where excerpts of a text may start, and which of them is typical."""

import itertools

import numpy as np
from charlens.inside.cells.excerpts import (
    COLUMNS_OF_TEXT,
    ROWS,
    Excerpt,
    candidates,
    typical_excerpt,
)


def byte_rows(*rows):
    return np.stack([np.frombuffer(row, np.uint8) for row in rows])


def test_candidates_start_lines_of_the_held_out_half():
    """Two streams of 12: all of the second, and an excerpt takes six bytes at least."""
    text = byte_rows(b"ab\ncdefghijk", b"ab\nc\nf\nhij\nk")
    excerpts = candidates(text)
    assert excerpts == [Excerpt(1, 3, 12), Excerpt(1, 5, 12)]
    # Of one stream its second half; of three the second and the third.
    assert candidates(byte_rows(b"\n" * 24)) == [Excerpt(0, 12, 19)]
    starts = [(e.stream, e.start) for e in candidates(byte_rows(*[b"a\n" * 8] * 3))]
    assert starts == [(stream, start) for stream in (1, 2) for start in (2, 4, 6, 8)]


def test_a_text_of_one_line_has_pages_that_start_with_a_word():
    text = byte_rows(*[(b"one of the words that follow one another " * 200)[:6000]] * 4)
    excerpts = candidates(text)
    assert {e.stream for e in excerpts} == {2, 3}
    assert len(excerpts) > 10
    for e in excerpts:
        assert text[e.stream, e.start - 1] == ord(" ")
        assert e.stop <= text.shape[1]
    for one, other in itertools.pairwise(excerpts):
        assert one.stream < other.stream or one.start < other.start


def test_a_line_without_spaces_has_pages_that_start_with_a_character():
    text = byte_rows(("語彙と文字" * 800).encode()[: 3 * 3600])
    excerpts = candidates(text)
    assert excerpts
    for e in excerpts:
        assert text[0, e.start] in {"語彙と文字".encode()[3 * i] for i in range(5)}
        assert e.start >= text.shape[1] // 2
    assert candidates(byte_rows(b"x")) == []


def test_candidates_fill_a_page():
    page = COLUMNS_OF_TEXT * ROWS
    line = b"x" * 37 + b"\n"
    text = byte_rows(line * 100)
    for excerpt in candidates(text):
        assert excerpt.stop - excerpt.start == 38 * ROWS  # lines of half the width
        assert text[0, excerpt.start - 1] == 10
        assert 1900 <= excerpt.start <= 3800 - page
    assert len(candidates(text)) == (3800 - page) // 38 - 50 + 1


def test_the_excerpt_with_the_median_share():
    label = np.zeros((1, 60), bool)
    excerpts = [Excerpt(0, start, start + 10) for start in range(0, 60, 10)]
    for start, many in ((0, 9), (10, 2), (20, 5), (30, 3), (50, 10)):
        label[0, start + 1 : start + 1 + min(many, 8)] = True
    label[0, 50:] = True  # never changes in the last one; does not appear in the one before
    assert typical_excerpt(label, excerpts) == excerpts[3]  # of 2, 3, 5, 8 the lower median
    assert typical_excerpt(label, excerpts[4:]) is None
    once = np.arange(60)[None] >= 5
    assert typical_excerpt(once, excerpts) is None  # it begins but does not end
    counts = np.tile(np.arange(10, dtype=np.float32), 6)[None] * np.repeat([0, 5, 1, 3, 2, 1], 10)
    assert typical_excerpt(counts, excerpts) == excerpts[4]  # of 1, 1, 2, 3, 5
    assert typical_excerpt(counts, []) is None
