"""What kind of character each byte of a text belongs to: letter, digit, blank, quote or other mark.

Of ASCII the bytes say it themselves. Other characters are looked up in the Unicode database, so
that “ and 。 end a word and é and 한 belong to one.
"""

from __future__ import annotations

import json
import re
import string
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from importlib import resources

import numpy as np
import numpy.typing as npt

from charlens.text.brackets import QUOTATION_MARKS
from charlens.text.encodings import ESCAPED, UTF_8, aligned, decode, line_end

Bytes = npt.NDArray[np.uint8]

OTHER, LETTER, DIGIT, BLANK, MARK = range(5)
"""Kinds of characters; a mark is punctuation or a sign such as + and €."""

SPACES_IN_LINES = " \u00a0\u2002\u2003\u2009\u202f\u3000"
"""Spaces that are no tabs and end no line."""

_ACCENT, _UNSEEN = 5, 6  # of the kind of what they follow: accents; joiners and selectors
_SKIN_TONES = range(0x1F3FB, 0x1F400)


def _kind_of(code_point: int) -> int:
    character = chr(code_point)
    if ESCAPED <= code_point < ESCAPED + 256:
        # A byte that is no character is a torn letter far more often than anything else.
        return LETTER if code_point >= ESCAPED + 128 else _kind_of(code_point - ESCAPED)
    category = unicodedata.category(character)
    if character in string.whitespace or category[0] == "Z" or character in "\x85\u200b":
        return BLANK
    if category == "Cf" or code_point in _SKIN_TONES:
        return _UNSEEN
    if character in string.punctuation or category[0] == "P" or category in ("Sc", "Sk", "Sm"):
        return MARK
    return {"L": LETTER, "M": _ACCENT, "N": DIGIT}.get(category[0], OTHER)


def _kinds_of(points: np.ndarray) -> np.ndarray:
    """Kinds of the characters of a stream; what belongs to the one before has the kind of that.

    The boundary rules of Unicode (UAX 29, WB4) do the same: a word goes on over the joiners of
    Persian and Hindi and over accents that are characters of their own, an emoji over its selector.
    """
    kinds = _of_distinct(points, _kind_of)
    own = kinds < _ACCENT
    if own.all():
        return kinds
    before = np.maximum.accumulate(np.where(own, np.arange(kinds.size), -1))
    taken = np.where(before < 0, OTHER, kinds[before])
    alone = (kinds == _ACCENT) & ((before < 0) | (taken == BLANK))  # as where a stream begins
    return np.where(alone, LETTER, taken)


@cache
def _of_ascii() -> npt.NDArray[np.uint8]:
    return np.array([_kind_of(code) for code in range(128)] + [LETTER] * 128, np.uint8)


@dataclass(frozen=True, eq=False)
class Letters:
    """What is known of the characters of a text.

    Args:
        text: byte values, uint8 (streams, length).
        encoding: of the text.
    """

    text: Bytes
    encoding: str = UTF_8

    @cached_property
    def is_ascii(self) -> bool:
        """Whether every byte is a character of ASCII."""
        return self.encoding == UTF_8 and (not self.text.size or int(self.text.max()) < 128)

    @cached_property
    def kinds(self) -> npt.NDArray[np.uint8]:
        """The kind of each byte's character, (streams, length)."""
        if self.is_ascii:
            return _of_ascii()[self.text]

        return self.by_byte(lambda points, _: _kinds_of(points))

    @cached_property
    def begins(self) -> npt.NDArray[np.bool_]:
        """Where a character begins, (streams, length)."""
        begins = np.ones(self.text.shape, bool)
        if not self.is_ascii:
            for stream, first, decoded in self._streams():
                begins[stream, first:] = False
                begins[stream, first + decoded.bounds[:-1]] = True
        return begins

    @cached_property
    def ends(self) -> npt.NDArray[np.bool_]:
        """Where a character has its last byte, (streams, length)."""
        ends = np.ones(self.text.shape, bool)
        ends[:, :-1] = self.begins[:, 1:]
        return ends

    @cached_property
    def counted(self) -> npt.NDArray[np.bool_]:
        """Where a character begins that is no accent or vowel sign of one before it, nor a joiner.

        These are the letters that people count: two in का, four in a name written with vowel points
        to each, however many bytes they have.
        """
        if self.is_ascii:
            return self.begins
        own = self.by_byte(lambda points, _: _of_distinct(points, _kind_of) < _ACCENT)
        return (own > 0) & self.begins

    @cached_property
    def first_byte(self) -> npt.NDArray[np.int64]:
        """Index in its stream of the first byte of each byte's character, (streams, length)."""
        places = np.where(self.begins, np.arange(self.text.shape[1]), 0)
        return np.maximum.accumulate(places, axis=1)

    @cached_property
    def line_ends(self) -> npt.NDArray[np.bool_]:
        """The last byte of each character that ends a line, (streams, length).

        A carriage return does only where a text ends its lines with it alone.
        """
        if len("\n".encode(self.encoding)) == 1:
            return self.text == line_end(self.text)
        ascii_ = self.by_byte(lambda points, _: np.where(points < 128, points, 128))
        return (ascii_ == line_end(ascii_[self.begins])) & self.ends

    @cached_property
    def breaks(self) -> npt.NDArray[np.bool_]:
        """Where a word begins in scripts that write no spaces between words, (streams, length)."""
        if self.is_ascii:
            return np.zeros(self.text.shape, bool)
        breaks = self.by_byte(lambda _, text: word_breaks(text))
        return (breaks > 0) & self.begins

    @cached_property
    def ends_blank_or_quote(self) -> npt.NDArray[np.bool_]:
        """The last byte of each blank in a line and of each quotation mark, (streams, length)."""
        characters = SPACES_IN_LINES + QUOTATION_MARKS

        def among(points: np.ndarray, _: str) -> np.ndarray:
            return np.isin(points, [ord(mark) for mark in characters])

        return (self.by_byte(among) > 0) & self.ends

    def joins(self, of: tuple[int, ...], inner: str) -> npt.NDArray[np.bool_]:
        """Characters that stand alone between two of some kinds, such as an apostrophe in a word.

        Args:
            of: the kinds.
            inner: the characters, as one string.

        Returns:
            (streams, length).
        """
        if self.is_ascii:
            joins = np.zeros(self.text.shape, bool)
            within = np.isin(self.kinds, of)
            among = np.isin(self.text[:, 1:-1], [ord(c) for c in inner if c.isascii()])
            joins[:, 1:-1] = within[:, :-2] & within[:, 2:] & among
            return joins

        def joins_of(points: np.ndarray, _: str) -> np.ndarray:
            joins = np.zeros(points.size, bool)
            within = np.isin(_kinds_of(points), of)
            among = np.isin(points[1:-1], [ord(character) for character in inner])
            joins[1:-1] = within[:-2] & within[2:] & among
            return joins

        return self.by_byte(joins_of) > 0

    def _streams(self):
        for stream, row in enumerate(self.text):
            first = aligned(row, self.encoding)
            yield stream, first, decode(row[first:], self.encoding)

    def by_byte(self, of: Callable[[np.ndarray, str], np.ndarray]) -> np.ndarray:
        """Give each byte the value of its character, uint8 (streams, length); 0 before the first.

        Args:
            of: from the code points of a stream and its text to values, (characters,).
        """
        values = np.zeros(self.text.shape, np.uint8)
        for stream, first, decoded in self._streams():
            values[stream, first:] = decoded.by_byte(of(decoded.code_points, decoded.text))
        return values


def _of_distinct(points: np.ndarray, of: Callable[[int], int]) -> np.ndarray:
    distinct, which = np.unique(points, return_inverse=True)
    return np.array([of(point) for point in distinct.tolist()], np.uint8)[which]


# Scripts without spaces between words

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_KANA = "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f"
_WITHOUT_SPACES = re.compile(rf"[々〆{_HAN}{_KANA}]+|[\u0e01-\u0e3a\u0e40-\u0e4e]+")
_IS_KANA = re.compile(f"[{_KANA}]")


@lru_cache(maxsize=512)
def word_breaks(text: str) -> npt.NDArray[np.bool_]:
    """Where words begin in runs of Chinese, Japanese and Thai: bool (characters,).

    By BudouX, small models of where a line may be broken. Lao, Khmer and Burmese, which write no
    spaces either, have no model: of them a word is what is between two spaces.

    Example:
        >>> word_breaks("今天天气 is").tolist()
        [True, False, True, False, True, False, False]
    """
    begins = np.zeros(len(text) + 1, bool)
    east_asian = ""
    for run in _WITHOUT_SPACES.finditer(text):
        thai = "\u0e00" <= run[0][0] <= "\u0e7f"
        if not thai and not east_asian:
            east_asian = _language(text)
        place = run.start()
        for word in _model("th" if thai else east_asian).parse(run[0]):
            begins[place] = True
            place += len(word)
        begins[place] = True
    return begins[:-1]


def _language(text: str) -> str:
    """The model for Chinese characters: Japanese has kana, and scripts of Chinese differ."""
    if len(_IS_KANA.findall(text)) > 0.05 * len(text):
        return "ja_word"
    sizes = [len(text.encode(name, "ignore")) for name in ("gb2312", "big5")]
    return "zh-hans" if sizes[0] >= sizes[1] else "zh-hant"


@cache
def _model(name: str):
    import budoux

    path = resources.files("budoux") / "models" / f"{name}.json"
    return budoux.Parser(json.loads(path.read_text(encoding="utf-8")))
