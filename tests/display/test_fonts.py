"""Fonts for any text, and what is said where none is installed."""

import logging

import pytest
from charlens.display import fonts
from charlens.display.fonts import MONO, UNKNOWN, fonts_for, script
from charlens.display.page import cells_of, fonts_of
from languages import LANGUAGES, encoded
from matplotlib import font_manager


@pytest.fixture
def only_matplotlibs_fonts(monkeypatch):
    """As on a machine that has no other fonts."""
    own = [e for e in font_manager.fontManager.ttflist if "mpl-data" in e.fname]
    assert own
    monkeypatch.setattr(fonts, "_installed", lambda: tuple(own))
    fonts._fonts_for.cache_clear()
    yield
    fonts._fonts_for.cache_clear()


@pytest.mark.parametrize("text", ["plain", "déjà «vu» “ß”", "Привет", "ﺳﻼم", "⇥↓←·"])
def test_the_usual_font_has_most(text):
    assert fonts_for(text) == fonts.Fonts((MONO,), frozenset())


def test_others_are_added_as_they_are_needed(only_matplotlibs_fonts):
    chosen = fonts_for("aשלום😀")  # of DejaVu Sans, which comes with Matplotlib
    assert chosen.families == (MONO, "DejaVu Sans")
    assert chosen.missing == frozenset()


@pytest.mark.parametrize(
    ("text", "missing", "package"),
    [("a한글", "글 한", "fonts-noto-cjk"), ("漢字。", "字 漢", "fonts-noto-cjk"),
     ("かb", "か", "fonts-noto-cjk"), ("ไa", "ไ", "fonts-noto-core"), ("🐈", "🐈", "fonts-symbola"),
     ("한ไ", "ไ 한", "fonts-noto-cjk fonts-noto-core")],
)  # fmt: skip
def test_one_line_names_a_package(only_matplotlibs_fonts, caplog, text, missing, package):
    chosen = fonts_for(text)
    assert set(missing.split()) <= chosen.missing
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage().count("\n") == 0
    assert f"apt install {package})" in record.getMessage()
    assert missing in record.getMessage()
    assert chosen.shown(text[-1] if text[-1] in chosen.missing else text[0]) == UNKNOWN or (
        chosen.shown(text[0]) == text[0]
    )
    fonts_for(text)
    assert len(caplog.records) == 1  # said once


@pytest.mark.parametrize("name", LANGUAGES)
def test_every_character_is_printed_or_said_to_be_missing(name):
    _, encoding = LANGUAGES[name]
    cells = cells_of(encoded(name), encoding)
    chosen = fonts_of([cells])
    faces = [
        font_manager.get_font(font_manager.findfont(font_manager.FontProperties(family=family)))
        for family in chosen.families
    ]
    for cell in cells:
        for character in chosen.shown(cell.glyph):
            has = any(face.get_char_index(ord(character)) for face in faces)
            assert has or character.isspace() or character in "\u200d\ufe0f"


def test_what_is_there_of_a_joined_emoji_is_printed():
    chosen = fonts.Fonts((MONO,), frozenset("🏽🚀\u0301🐈"))
    assert chosen.shown("✌🏽") == "✌"
    assert chosen.shown("👩🏽\u200d🚀") == "👩\u200d"
    assert chosen.shown("🐈\u200d⬛") == UNKNOWN
    assert chosen.shown("e\u0301") == UNKNOWN  # another letter without its accent


@pytest.mark.parametrize("sign", ["\u0e31", "\u0901", "\u05b8\u0e34"])
def test_vowel_signs_need_a_font(only_matplotlibs_fonts, sign):
    assert sign[-1] in fonts_for("\u25cc" + sign).missing
    assert not fonts_for("a\ufe0f\u200d").missing  # these are never seen


def test_a_font_of_coloured_emoji_is_not_meant(only_matplotlibs_fonts, caplog):
    fonts_for("🐈")
    assert "no installed font with outlines has 1 character (🐈)" in caplog.text


def test_scripts():
    names = [script(c) for c in "한漢かพ😀é"]
    assert names == ["HANGUL", "CJK", "HIRAGANA", "THAI", "EMOJI", "LATIN"]
