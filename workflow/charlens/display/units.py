"""What the numbers of a table are per: characters, or bytes where a character is several.

Models predict bytes. A table of texts whose characters are several bytes has a column that says
so, by which labels choose their words. A table of other texts has no such column.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd

from charlens.files.width import WIDTH
from charlens.text import units
from charlens.text.units import BYTE, CHARACTER


def marked(frame: pd.DataFrame, widths: Mapping[str, float]) -> pd.DataFrame:
    """The table, with the column :data:`WIDTH` where characters of a text are several bytes.

    Args:
        frame: with the column ``corpus``.
        widths: of :func:`charlens.text.widths.widths`.
    """
    known = frame["corpus"].map(widths).astype("float64")
    return frame.assign(**{WIDTH: known}) if units.per(known.max()) == BYTE else frame


def per(*frames: pd.DataFrame) -> str:
    """What numbers of some tables are per: ``byte`` if a text has characters of several bytes.

    Args:
        frames: made by :func:`marked`, or with the counts of Table 1, ``characters`` (bytes) and
            ``code_points``.

    Example:
        >>> per(pd.DataFrame({"corpus": ["korean"], WIDTH: [2.6]})), per(pd.DataFrame())
        ('byte', 'character')
    """
    return BYTE if any(units.per(_width(frame)) == BYTE for frame in frames) else CHARACTER


def _width(frame: pd.DataFrame) -> float:
    """Bytes of a character in the text where it has most; NaN where a table does not say."""
    if WIDTH in frame:
        return float(frame[WIDTH].max())
    if "code_points" in frame:
        return float((frame["characters"] / frame["code_points"].astype("float64")).max())
    return float("nan")


_RATE = re.compile(r"\b(nats|bits) per char(?:acter\b|\.)", re.IGNORECASE)
_COUNT = re.compile(r"\b(test) characters\b", re.IGNORECASE)
_GUESS = re.compile(r"\b(most likely(?: next)?) character\b")
_CONTEXT = re.compile(r"\b(last c|see n|number of|error being a) character(s?)\b")


def worded(text: str, *frames: pd.DataFrame) -> str:
    """A text about tables that says bytes where models predict bytes and :func:`per` says byte.

    Args:
        text: with rates per character, such as ``Loss (nats per char.)``, counts or shares of
            ``test characters``, guesses of ``the most likely character``, and lengths of context,
            such as ``the last c characters``.
        frames: as of :func:`per`.

    Example:
        >>> korean = pd.DataFrame({"corpus": ["korean"], WIDTH: [2.6]})
        >>> worded("40 % of the test characters; 1.2 nats per character", korean)
        '40 % of the test bytes; 1.2 nats per byte'
    """
    if per(*frames) == CHARACTER:
        return text
    for pattern, words in {
        _RATE: rf"\1 per {BYTE}",
        _COUNT: rf"\1 {BYTE}s",
        _GUESS: rf"\1 {BYTE}",
        _CONTEXT: rf"\1 {BYTE}\2",
    }.items():
        text = pattern.sub(words, text)
    return text
