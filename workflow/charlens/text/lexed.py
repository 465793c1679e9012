"""A text with what its kind says of it: comments, literals, brackets and quotations.

Each is found when it is first asked for, and once only, so that many analyses can share one text.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from charlens.text import brackets
from charlens.text.brackets import Pair
from charlens.text.c_lexer import ByteClass, Text, Tokens, byte_values, classify
from charlens.text.encodings import UTF_8, Decoded, decode
from charlens.text.kinds import kind_named


class LexedText:
    """A text and its kind.

    Args:
        text: the text.
        kind: a name in :data:`charlens.text.kinds.KINDS`.
        encoding: of the text.

    Raises:
        CharlensError: an unknown kind, or a text that is neither bytes nor uint8.

    Example:
        >>> text = LexedText(b"f(1); /* (2 */", "c")
        >>> text.depth(("(", ")")).tolist()[:5]
        [0, 1, 1, 0, 0]
    """

    def __init__(self, text: Text, kind: str, encoding: str = UTF_8) -> None:
        self._kind = kind_named(kind)
        self.encoding = encoding
        self._matched: dict[Pair, tuple[np.ndarray, np.ndarray]] = {}
        self.kind = kind
        self.values = byte_values(text)
        """The bytes, uint8 (bytes,)."""

    def __len__(self) -> int:
        return self.values.size

    @cached_property
    def decoded(self) -> Decoded:
        """The text as characters."""
        return decode(self.values, self.encoding)

    @cached_property
    def tokens(self) -> Tokens | None:
        """Comments and literals; None for a kind without a lexer, such as prose."""
        return None if self._kind.lex is None else self._kind.lex(self.values)

    @cached_property
    def classes(self) -> np.ndarray | None:
        """The :class:`ByteClass` of every byte, uint8 (bytes,); None where there are no tokens."""
        return None if self.tokens is None else classify(self.values, self.tokens)

    @cached_property
    def code(self) -> np.ndarray:
        """The bytes with comments and literals replaced by spaces, uint8 (bytes,)."""
        if self.classes is None:
            return self.values
        return np.where(self.classes == ByteClass.CODE, self.values, np.uint8(ord(" ")))

    @cached_property
    def quotations(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Starts, ends and whether closed, as from :func:`charlens.text.brackets.quotations`.

        Where the kind has a lexer these are its string literals.
        """
        if self.tokens is None:
            return brackets.quotations(self.values, self.encoding)
        return brackets.string_literals(self.tokens)

    @cached_property
    def comments(self) -> tuple[np.ndarray, np.ndarray]:
        """Last byte of the opening and of the closing mark of each comment, int64 (comments,) each.

        Of a comment that ends with its line or with the text, the byte after it. None in prose.
        """
        if self.tokens is None:
            nothing = np.zeros(0, dtype=np.int64)
            return nothing, nothing
        comment = self.tokens.kind == ByteClass.COMMENT
        start = self.tokens.start[comment] + (self._kind.comment_mark - 1)
        return start, self.tokens.stop[comment] - self.tokens.closed[comment]

    def matched(self, pair: Pair) -> tuple[np.ndarray, np.ndarray]:
        """Opening and closing brackets of a pair, as :func:`charlens.text.brackets.matched`."""
        if pair not in self._matched:
            self._matched[pair] = brackets.matched(self.values, self.classes, pair)
        return self._matched[pair]

    def depth(self, *pairs: Pair) -> np.ndarray:
        """How many brackets of these pairs are open after each byte, int32 (bytes,)."""
        return brackets.depth_of(len(self), map(self.matched, pairs))
