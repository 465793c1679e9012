"""The kinds of text that the analyses tell apart: prose and C code."""

from __future__ import annotations

import re

from charlens.text.c_lexer import Text, byte_values

KINDS = ("prose", "c")
"""The kinds of text of text; C stands for C++ too."""

_LINE_TAIL = re.compile(rb"([^\s])[ \t]*+(?:[\r\n]|\Z)")
# Of the lines with anything on them, this share at least ends in a semicolon and this in a brace.
# Verse may end many lines in semicolons, TeX in braces; neither ends many in both.
_LEAST_SEMICOLONS, _LEAST_BRACES = 0.1, 0.02


def kind_of(text: Text) -> str:
    """Guess whether a text is C-like code or prose, by how its lines end.

    Returns:
        ``c`` where a fair share of the lines ends in a semicolon and another in a brace (which
        holds of C's relatives too: Java, JavaScript), ``prose`` for everything else.

    Raises:
        CharlensError: the text is neither bytes nor uint8.
    """
    tails = b"".join(_LINE_TAIL.findall(byte_values(text).tobytes()))
    semicolons, braces = tails.count(b";"), tails.count(b"{") + tails.count(b"}")
    lines = max(len(tails), 1)
    is_code = semicolons / lines >= _LEAST_SEMICOLONS and braces / lines >= _LEAST_BRACES
    return "c" if is_code else "prose"
