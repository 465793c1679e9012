"""Fonts for the characters of any text, among those that are installed."""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.font_manager import FontEntry, FontProperties
from matplotlib.ft2font import FT2Font

from charlens.text.code_points import is_selector

MONO = "DejaVu Sans Mono"
"""The font of texts; it comes with Matplotlib."""

UNKNOWN = "□"
"""Printed for a character that no installed font has."""

_CJK = ("CJK", "HANGUL", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "IDEOGRAPHIC", "FULLWIDTH",
        "HALFWIDTH", "BOPOMOFO", "YI", "KANGXI")  # fmt: skip
_PACKAGES = {"CJK": "fonts-noto-cjk", "EMOJI": "fonts-symbola"}
_OTHERS = "fonts-noto-core"
_log = logging.getLogger("charlens")


@dataclass(frozen=True)
class Fonts:
    """The fonts of some characters.

    Attributes:
        families: names of fonts; of each character the first one that has it.
        missing: the characters that no installed font has.
    """

    families: tuple[str, ...]
    missing: frozenset[str]

    def properties(self, size: float) -> FontProperties:
        """What ``Axes.text`` takes as ``fontproperties``; ``size`` in points."""
        return FontProperties(family=list(self.families), size=size)

    def width(self, glyph: str) -> float:
        """Width of a glyph in units of the font size."""
        return _width(glyph, self.families)

    def shown(self, glyph: str) -> str:
        """The same glyph, or :data:`UNKNOWN` where a part of it is missing.

        Of an emoji that is joined of several, such as a hand and its colour, those that are there.
        """
        if self.missing.isdisjoint(glyph):
            return glyph
        if unicodedata.category(glyph[0]) == "So" and glyph[0] not in self.missing:
            return "".join(part for part in glyph if part not in self.missing)
        return UNKNOWN


def fonts_for(glyphs: Iterable[str]) -> Fonts:
    """Find the fonts of all characters in some strings; logs one line of what no font has.

    Args:
        glyphs: what is to be printed.

    Example:
        >>> fonts_for(["a", "é"]).families
        ('DejaVu Sans Mono',)
    """
    return _fonts_for("".join(sorted(set("".join(glyphs)))))


@cache
def is_mono(character: str) -> bool:
    """Whether :data:`MONO` has a character, and so in the width of a column.

    Example:
        >>> is_mono("é"), is_mono("क")
        (True, False)
    """
    return bool(_mono().get_char_index(ord(character)))


def _mono() -> FT2Font:
    return font_manager.get_font(font_manager.findfont(FontProperties(family=MONO)))


@cache
def _width(glyph: str, families: tuple[str, ...]) -> float:
    properties = FontProperties(family=list(families), size=10)
    text = _sheet().text(0, 0, glyph, fontproperties=properties, parse_math=False)
    try:
        return text.get_window_extent().width * 72 / 1000 / 10
    finally:
        text.remove()


@cache
def _sheet() -> Figure:
    """A figure to measure on, so fine that pixels do not round a width."""
    return Figure((1, 1), dpi=1000)


@cache
def _fonts_for(characters: str) -> Fonts:
    families = [MONO]
    left = {c for c in characters if not is_mono(c) and not _is_unseen(c)}
    candidates = _candidates(left) if left else []
    while left:
        covered = [left & has for _, has in candidates]
        best = max(range(len(covered)), key=lambda i: len(covered[i]), default=None)
        if best is None or not covered[best]:
            break
        families.append(candidates[best][0])
        left -= covered[best]
    if left:
        _say_what_is_missing(left)
    return Fonts(tuple(families), frozenset(left))


def _is_unseen(character: str) -> bool:
    """Joiners and selectors, which change their neighbours and have no glyph of their own."""
    return unicodedata.category(character) == "Cf" or is_selector(ord(character))


def _candidates(characters: set[str]) -> list[tuple[str, set[str]]]:
    """Names of installed fonts and which of the characters each has, the preferred ones first."""
    entries: dict[str, FontEntry] = {}
    for entry in sorted(_installed(), key=lambda e: (e.name, e.fname)):
        if entry.style == "normal" and entry.weight in (400, "normal", "regular", "book"):
            entries.setdefault(entry.name, entry)
    result = []
    for name in sorted(entries, key=lambda name: _preference(name, characters)):
        has = _has(entries[name], characters)
        if has:
            result.append((name, has))
    return result


def _has(entry: FontEntry, characters: set[str]) -> set[str]:
    try:
        # A path with an index names one font of a collection.
        font = font_manager.get_font(font_manager.findfont(FontProperties(family=entry.name)))
    except (OSError, RuntimeError, ValueError):
        return set()
    if font.family_name != entry.name or not font.scalable:  # pictures of emoji in colour
        return set()
    return {c for c in characters if font.get_char_index(ord(c))}


def _preference(name: str, characters: set[str]) -> tuple[bool, bool, int, str]:
    """Fonts of one width and without serifs first; of Chinese characters those of the language."""
    scripts = {script(c) for c in characters}
    region = "KR" if "HANGUL" in scripts else "JP" if scripts & {"HIRAGANA", "KATAKANA"} else "SC"
    families = ("DejaVu Sans", "Noto Sans Mono", "Noto Sans", "Noto Serif")
    rank = next((i for i, start in enumerate(families) if name.startswith(start)), len(families))
    return "LastResort" in name, "CJK" in name and not name.endswith(region), rank, name


@cache
def _installed() -> tuple[FontEntry, ...]:
    """All fonts, those too that were installed after Matplotlib last looked."""
    manager = font_manager.fontManager
    known = {entry.fname for entry in manager.ttflist}
    for path in sorted(set(font_manager.findSystemFonts()) - known):
        try:
            manager.addfont(path)
        except Exception:  # a font that Matplotlib cannot read is none for us
            _log.debug("%s: not a font that Matplotlib reads", path)
    return tuple(manager.ttflist)


def script(character: str) -> str:
    """The script of a character by its Unicode name, such as ``HANGUL``; ``EMOJI`` for those."""
    name = unicodedata.name(character, "")
    if ord(character) >= 0x1F000 and unicodedata.category(character) in ("So", "Sk"):
        return "EMOJI"
    return name.split(" ")[0] if name else "UNNAMED"


def _say_what_is_missing(characters: set[str]) -> None:
    scripts = {script(c) for c in characters}
    groups = {"CJK" if name in _CJK else "EMOJI" if name == "EMOJI" else "" for name in scripts}
    packages = sorted({_PACKAGES.get(group, _OTHERS) for group in groups})
    examples = " ".join(sorted(characters)[:5])
    # Matplotlib draws outlines: a font of emoji in colour, which most systems have, is none for it.
    _log.warning(
        "no installed font%s has %s (%s%s): shown as %s; install one that does (Debian and Ubuntu: "
        "apt install %s) and draw the figure again",
        " with outlines" if "EMOJI" in groups else "",
        _characters(len(characters)),
        examples,
        " …" if len(characters) > 5 else "",
        UNKNOWN,
        " ".join(packages),
    )


def _characters(count: int) -> str:
    return "1 character" if count == 1 else f"{count} characters"
