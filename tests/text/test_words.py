"""Words under their definitions, their counts, and how far back they last occurred."""

import re
from collections import Counter

import numpy as np
import pytest
from charlens.errors import CharlensError
from charlens.text.splits import split_position, split_streams
from charlens.text.words import (
    NEVER,
    WORDS,
    corpus_history,
    count_words,
    distances,
    find_words,
    joined_history,
)
from hypothesis import assume, given
from hypothesis import strategies as st

PATTERNS = {
    "letters": rb"[A-Za-z\x80-\xff]+",
    "letters_digits": rb"[A-Za-z0-9\x80-\xff]+",
    "letters_apostrophes": rb"[A-Za-z\x80-\xff]+(?:'[A-Za-z\x80-\xff]+)*",
    "letters_inner": rb"[A-Za-z\x80-\xff]+(?:['-][A-Za-z\x80-\xff]+)*",
    "letters_digits_inner": rb"[A-Za-z0-9\x80-\xff]+(?:['-][A-Za-z0-9\x80-\xff]+)*",
    "nonblank": rb"[^ \t\n\r\x0b\x0c]+",
}
TEXT = st.lists(st.sampled_from(list(b"aaab\xc3\xa9Z10'-- ,\r\n_")), min_size=1, max_size=60)


def streams(*texts):
    """Byte values of shape (streams, length)."""
    return np.array([list(text) for text in texts], dtype=np.uint8)


def split(text, definition):
    return find_words(streams(text), definition).strings(streams(text))


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        ("letters", ["The", "Tsar", "s", "aide", "de", "camp", "caf\xe9", "th", "x"]),
        ("letters_digits", ["The", "Tsar", "s", "aide", "de", "camp", "caf\xe9", "5th", "x2"]),
        ("letters_apostrophes", ["The", "Tsar's", "aide", "de", "camp", "caf\xe9", "th", "x"]),
        ("letters_inner", ["The", "Tsar's", "aide-de-camp", "caf\xe9", "th", "x"]),
        ("letters_digits_inner", ["The", "Tsar's", "aide-de-camp", "caf\xe9", "5th", "x2"]),
        ("nonblank", ["'The", "Tsar's", "aide-de-camp--caf\xe9,", "5th", "x2-"]),
    ],
)
def test_definitions(definition, expected):
    text = "'The Tsar's aide-de-camp--caf\xe9, 5th\r\nx2-"
    assert [word.decode() for word in split(text.encode(), definition)] == expected


def test_the_definition_must_exist():
    assert set(PATTERNS) == set(WORDS)
    with pytest.raises(CharlensError, match=r"expected one of letters, .*, found 'tokens'"):
        find_words(streams(b"a"), "tokens")


@pytest.mark.parametrize("definition", PATTERNS)
@given(texts=st.tuples(TEXT, TEXT))
def test_words_against_regular_expressions(definition, texts):
    length = min(map(len, texts))
    text = streams(*(values[:length] for values in texts))
    words = find_words(text, definition)
    expected = []
    for row, data in enumerate(text):
        for match in re.finditer(PATTERNS[definition], data.tobytes()):
            whole = match.start() > 0 and match.end() < length
            expected.append((row * length + match.start(), row * length + match.end(), whole))
    spans = zip(words.start.tolist(), words.stop.tolist(), words.whole.tolist(), strict=True)
    assert list(spans) == expected
    word_of = [-1] * text.size
    for i, (start, stop, _) in enumerate(expected):
        word_of[start:stop] = [i] * (stop - start)
    assert words.word_of(text.size).tolist() == word_of


def test_words_at_the_borders_of_streams():
    text = streams(b"ab cd ef", b"gh, ij. ")
    words = find_words(text)
    assert words.strings(text) == [b"ab", b"cd", b"ef", b"gh", b"ij"]  # never "efgh"
    assert words.whole.tolist() == [False, True, False, False, True]
    assert count_words(text) == {b"cd": 1, b"ij": 1}


def test_counts_keep_case_and_whole_words_apart():
    text = streams(b" The theme: the THE the, other ")
    assert count_words(text) == Counter({b"the": 2, b"The": 1, b"theme": 1, b"THE": 1, b"other": 1})
    assert count_words(text)[b"them"] == 0


def test_no_words():
    text = streams(b" .. ", b"12 3")
    words = find_words(text)
    assert len(words.start) == 0
    assert words.word_of(8).tolist() == [-1] * 8
    assert count_words(text) == {}


# How far back


def distances_in(text, shortest=1, farthest=100):
    rows = streams(b"?" + text)  # the first byte is an input only
    words = find_words(rows[:, 1:])
    gaps = distances(words, rows[:, 1:], joined_history(rows), shortest, farthest)
    return dict(zip(words.start.tolist(), gaps.tolist(), strict=True))


def test_the_last_occurrence_counts_and_may_lie_within_a_word():
    #                     0123456789012345678901234567890
    gaps = distances_in(b" skill, skillfully by skill. .")
    assert gaps == {1: NEVER, 8: NEVER, 19: NEVER, 22: 14}


def test_an_occurrence_ends_before_the_word_starts():
    assert distances_in(b" anan nan .") == {1: NEVER, 6: 4}
    assert distances_in(b" a'a a .") == {1: NEVER, 3: 2, 5: 2}


@pytest.mark.parametrize(("farthest", "expected"), [(5, NEVER), (6, 6), (7, 6)])
def test_how_far_back_to_look(farthest, expected):
    assert distances_in(b" tree, tree ", farthest=farthest)[7] == expected


def test_short_and_broken_words_are_not_looked_for():
    assert distances_in(b" ab abc ab abc ", shortest=3) == {1: NEVER, 4: NEVER, 8: NEVER, 11: 7}
    assert distances_in(b" abc abc") == {1: NEVER, 5: NEVER}


def test_the_joined_history_goes_on_across_streams():
    rows = streams(b"? tree.", b". tree!")
    words = find_words(rows[:, 1:])
    gaps = distances(words, rows[:, 1:], joined_history(rows), 1, 100)
    assert gaps.tolist() == [NEVER, 6]


@given(TEXT, st.integers(1, 3), st.integers(1, 20))
def test_distances_against_a_slow_search(values, shortest, farthest):
    """In texts whose characters are bytes; broken ones are characters of their own."""
    text = bytes(values)
    assume(len(text.decode(errors="surrogateescape")) == len(text))
    for start, distance in distances_in(text, shortest, farthest).items():
        word = re.compile(PATTERNS["letters"]).match(text, start)[0]
        stop = start + len(word)
        gaps = [
            start - at
            for at in range(max(start - farthest, 0), start - len(word) + 1)
            if text[at : at + len(word)] == word
        ]
        searched = len(word) >= shortest and start > 0 and stop < len(text)
        assert distance == (min(gaps) if searched and gaps else NEVER)


@given(st.text("abéñ '1", max_size=30), st.integers(1, 3), st.integers(1, 20))
def test_distances_in_characters_against_a_slow_search(text, shortest, farthest):
    """Where to look and how far back a word lies are counted in characters, not in bytes."""
    for place, distance in distances_in(text.encode(), shortest, farthest).items():
        start = len(text.encode()[:place].decode())
        word = re.compile("[abéñ]+").match(text, start)[0]
        gaps = [
            start - at
            for at in range(max(start - farthest, 0), start - len(word) + 1)
            if text[at : at + len(word)] == word
        ]
        searched = len(word) >= shortest and start > 0 and start + len(word) < len(text)
        assert distance == (min(gaps) if searched and gaps else NEVER)


@pytest.mark.parametrize(
    ("name", "scheme"), [("streams", split_streams), ("position", split_position)]
)
@given(extra=st.integers(0, 11), seed=st.integers(0, 9))
def test_the_history_in_the_corpus(name, scheme, extra, seed):
    data = np.random.default_rng(seed).integers(256, size=240 + extra, dtype=np.uint8)
    splits = scheme(data, 3, 4, 0.5, 0.2)
    history = corpus_history(splits, name)
    assert history.text == data[:240].tobytes()
    targets = splits["test"][:, 1:].ravel()
    inside = history.place < 240  # the last target follows the text, or is its first byte
    assert inside[:-1].all()
    text = np.frombuffer(history.text, np.uint8)
    assert (text[history.place[inside]] == targets[inside]).all()


def test_an_unknown_split():
    rows = streams(b"ab")
    with pytest.raises(CharlensError, match="streams, position or files, found 'random'"):
        corpus_history({"train": rows, "val": rows, "test": rows}, "random")
