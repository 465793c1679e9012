"""Words, punctuation, spaces and quotes of several scripts."""

import numpy as np
import pytest
from charlens.analyses.oracles.masks import after_newline, after_space_or_quote, punctuation
from charlens.text.letters import word_breaks
from charlens.text.words import NEVER, count_words, distances, find_words, joined_history
from languages import LANGUAGES, encoded


def rows(text, encoding="utf-8"):
    return np.frombuffer(text.encode(encoding), np.uint8)[None]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Il dit « déjà » l'été…", ["Il", "dit", "déjà", "l", "été"]),
        ("—“Wie?”—", ["Wie"]),
        ("Привет, мир 5", ["Привет", "мир"]),
        ("한국어 글, «좋다»", ["한국어", "글", "좋다"]),
        ("السلام، عليكم", ["السلام", "عليكم"]),
        ("今天天气很好，回家", ["今天", "天气", "很", "好", "回家"]),
        ("猫はiPhoneを", ["猫", "は", "iPhone", "を"]),
        ("วันนี้อากาศดี มาก", ["วัน", "นี้", "อากาศ", "ดี", "มาก"]),
        ("naïve 😀café", ["naïve", "café"]),
        ("می\u200cخواهم کتاب\u200cها", ["می\u200cخواهم", "کتاب\u200cها"]),  # joiners of Persian
        ("र\u094d\u200dय क\u094d\u200cष", ["र\u094d\u200dय", "क\u094d\u200cष"]),  # and of Hindi
        ("\ufeffe\u0301te\u0301 co\u00adop", ["e\u0301te\u0301", "co\u00adop"]),
        ("❤\ufe0f 👧🏽 1\ufe0f\u20e3 ☀\ufe0fsun", ["sun"]),  # selectors and tones are no letters
        ("ទឹក\u200bត្រជាក់", ["ទឹក", "ត្រជាក់"]),  # a space that has no width
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-be"])
def test_words(text, words, encoding):
    data = rows(text, encoding)
    parsed = find_words(data, encoding=encoding)
    assert [word.decode(encoding) for word in parsed.strings(data)] == words
    first = [len(word[0].encode(encoding)) for word in words]
    assert (parsed.second - parsed.start).tolist() == first


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("text", ["l’été don't", "l'été don’t vis-à-vis 'a' -b- c--d"])
def test_apostrophes_within_words_of_any_encoding(text, encoding):
    data = rows(text, encoding)
    shown = [w.decode(encoding) for w in find_words(data, "letters_inner", encoding).strings(data)]
    rest = ["vis-à-vis", "a", "b", "c", "d"] if "vis" in text else []
    assert shown == [*text.split()[:2], *rest]


def test_words_of_a_stream_that_begins_within_one():
    data = rows("\u0301t\u00e9 \u200dun")
    assert [word.decode() for word in find_words(data).strings(data)] == ["\u0301té", "un"]


@pytest.mark.parametrize("name", LANGUAGES)
def test_every_encoding_has_the_same_words(name):
    text, encoding = LANGUAGES[name]
    of_bytes = count_words(rows(text, encoding), encoding=encoding)
    of_utf_8 = count_words(rows(text))
    assert {word.decode(encoding): n for word, n in of_bytes.items()} == {
        word.decode(): n for word, n in of_utf_8.items()
    }
    assert len(of_utf_8) > 10


def test_scripts_with_spaces_have_no_breaks():
    assert not word_breaks("Déjà vu 한국어 글 Привет").any()


def marked(mask, text, encoding="utf-8"):
    """The characters that a mask takes wholly."""
    data, places = text.encode(encoding), mask.nonzero()[0]
    return data[places[0] : places[-1] + 1].decode(encoding) if len(places) else ""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "gb18030"])
@pytest.mark.parametrize(("text", "mark"), [("好。么", "。"), ("a…b", "…"), ("a, b", ",")])
def test_punctuation(text, mark, encoding):
    assert marked(punctuation(rows(text, encoding), encoding), text, encoding) == mark


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-32-be"])
@pytest.mark.parametrize(
    "text",
    ["a «b", "a\u00a0b", "a「b", "a “b", 'é"b', "é b", "字　b", "a é", "הָ אִ", "है क", "\"ที", "“😀",
     "ы я", "ä\u202fß"],
)  # fmt: skip
def test_after_a_space_or_a_quote(text, encoding):
    data = rows(text, encoding)
    mask = after_space_or_quote(data, b'"', encoding)
    marks = ' "«「“\u00a0\u202f\u3000'
    expected = [
        i > 0 and text[i - 1] in marks for i, c in enumerate(text) for _ in c.encode(encoding)
    ]
    assert mask.tolist() == expected[1:]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-32-be"])
@pytest.mark.parametrize("text", ["é\nabcd", "a\r\nהָיְתָה", "क\r\n\r\nहिन्दी\n", "\nऊ\nਊ਀ĊĀ"])
def test_after_a_newline_of_any_script(text, encoding):
    mask = after_newline(rows(text, encoding), 3, encoding)
    expected = [
        "\n" in text[max(0, i - 3) : i] for i, c in enumerate(text) for _ in c.encode(encoding)
    ]
    assert mask.tolist() == expected[1:]


def test_after_a_newline_of_an_old_mac():
    text = np.frombuffer(b"ab\rcdefg\rh.", np.uint8)[None]
    assert after_newline(text, 3).nonzero()[0].tolist() == [2, 3, 4, 8, 9]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
@pytest.mark.parametrize(
    ("word", "count"),
    [("का", 1), ("क्षेत्र", 4), ("יְהִי", 3), ("été", 3), ("e\u0301te\u0301", 3), ("жизнь", 5),
     ("plain", 5)],
)  # fmt: skip
def test_letters_are_counted_as_people_count_them(word, count, encoding):
    words = find_words(rows(f" {word} ", encoding), encoding=encoding)
    assert words.letters.tolist() == [count]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
@pytest.mark.parametrize("between", ["ש", "क", "x", "й"])
def test_memory_reaches_as_many_characters_in_every_script(between, encoding):
    for gap, back in ((90, [97]), (93, [100]), (94, [])):
        text = f"- жизнь {between * gap} жизнь -"
        test = rows(text, encoding)
        words = find_words(np.ascontiguousarray(test[:, 1:]), encoding=encoding)
        history = joined_history(test, encoding)
        gaps = distances(words, test[:, 1:], history, 5, 100)[2:]
        assert gaps[gaps < NEVER].tolist() == back


def test_words_of_a_text_cut_within_characters():
    data = np.frombuffer(encoded("korean", 3), np.uint8)
    length = len(data) // 3 * 3 // 7
    streams = data[: 7 * length].reshape(7, length)
    words = find_words(streams)
    assert words.whole.sum() > 40
    assert (words.stop > words.start).all()
    assert (words.second <= words.stop).all()
