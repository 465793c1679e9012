"""The kinds of text that the analyses tell apart: prose and C code.

An entry of :data:`KINDS` says how a text of its kind is recognised and lexed. The config's choices,
the guess of :func:`kind_of` and :class:`charlens.text.lexed.LexedText` follow from the entries.

To add a kind: write its lexer, a function from a text to its :class:`charlens.text.c_lexer.Tokens`
(comments and literals), in a module of its own, and add an entry here. Planning reads this module,
so a lexer and numpy are imported inside functions.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from charlens.errors import CharlensError

if TYPE_CHECKING:
    from charlens.text.c_lexer import Text, Tokens


@dataclass(frozen=True)
class TextKind:
    """A kind of text.

    Attributes:
        pair: the opening and closing character whose distances are shown by default; two double
            quotes for quotations.
        recognise: whether the bytes of a text look like this kind; None for prose, which is what
            remains when no other kind is recognised.
        lex: finds the comments and literals of a text; None where all bytes count alike and double
            quotes enclose quotations.
        comment_mark: bytes of what opens a comment, such as two of ``//``.
    """

    pair: str
    recognise: Callable[[bytes], bool] | None = None
    lex: Callable[[Text], Tokens] | None = None
    comment_mark: int = 2


_LINE_TAIL = re.compile(rb"([^\s])[ \t]*+(?:[\r\n]|\Z)")
# Of the lines with anything on them, this share at least ends in a semicolon and this in a brace.
# Verse may end many lines in semicolons, TeX in braces; neither ends many in both.
_LEAST_SEMICOLONS, _LEAST_BRACES = 0.1, 0.02


def _looks_like_c(text: bytes) -> bool:
    """Whether a fair share of the lines ends in a semicolon and another in a brace."""
    tails = b"".join(_LINE_TAIL.findall(text))
    semicolons, braces = tails.count(b";"), tails.count(b"{") + tails.count(b"}")
    lines = max(len(tails), 1)
    return semicolons / lines >= _LEAST_SEMICOLONS and braces / lines >= _LEAST_BRACES


def _lex_c(text: Text) -> Tokens:
    from charlens.text import c_lexer

    return c_lexer.tokens(text)


KINDS: dict[str, TextKind] = {
    "prose": TextKind(pair='""'),
    "c": TextKind(pair="{}", recognise=_looks_like_c, lex=_lex_c),
}
"""Kinds of text by name; C stands for C++ too."""


def kind_named(name: str) -> TextKind:
    """The entry of a kind.

    Raises:
        CharlensError: there is no kind of that name.
    """
    if name not in KINDS:
        raise CharlensError(f"kind: expected {' or '.join(KINDS)}, found {name!r}")
    return KINDS[name]


def kind_of(text: Text) -> str:
    r"""Guess the kind of a text.

    Returns:
        The first kind of :data:`KINDS` that recognises the text, else ``prose``. C is recognised
        by how its lines end, as are its relatives (Java, JavaScript).

    Raises:
        CharlensError: the text is neither bytes nor uint8.

    Example:
        >>> kind_of(b"int f() {\n  return 0;\n}\n")
        'c'
    """
    from charlens.text.c_lexer import byte_values

    data = byte_values(text).tobytes()
    for name, kind in KINDS.items():
        if kind.recognise is not None and kind.recognise(data):
            return name
    return "prose"
