"""What a unit might follow in a text: one function per concept, from a text to labels per byte.

The paper's Figure 2 and section 4.2 name cells that follow the position in the line, quotes, if
conditions, comments and strings, nesting depth and the coming end of the line. Here each of these
is a label per byte: its value *after reading that byte*, as a unit's activation at a byte is that
after reading it. So an opening delimiter is inside and a closing one outside already; of a
delimiter of several bytes the last one decides.

To add a concept, write its function here and decorate it with :func:`concept`. It takes a
:class:`~charlens.text.lexed.LexedText` and returns an array of shape (bytes,): bool for a yes or
no, float32 for a count. The search, the panels of Figure 2 and the claims of the paper that are
tested all follow from :data:`CONCEPTS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from charlens.text import brackets
from charlens.text.c_lexer import Text
from charlens.text.encodings import UTF_8
from charlens.text.kinds import KINDS
from charlens.text.lexed import LexedText

WAR_AND_PEACE, LINUX_KERNEL = "war_and_peace", "linux_kernel"
"""The paper's corpora."""

AUC, CORRELATION = "auc", "correlation"
"""Measures: the area under the receiver operating characteristic, and Pearson's correlation."""

FLOORS = {AUC: 0.7, CORRELATION: 0.3}
"""The least score on held-out text, either way, of a cell that is shown as one that follows a
concept: of many cells and concepts some come near it by chance."""


def follows(measure: str, score: float) -> bool:
    """Whether a cell's score on held-out text is at the floor or beyond, whatever its sign.

    Example:
        >>> follows(CORRELATION, -0.5), follows(AUC, 0.45), follows(AUC, 0.2)
        (True, False, True)
    """
    size = abs(score) if measure == CORRELATION else max(score, 1 - score)
    return bool(size >= FLOORS[measure])


LOW_FOR_YES = "low for yes"
"""Said of a cell whose AUC is below ½: it tells yes from no by being low."""


def is_low(measure: str, score: float) -> bool:
    """Whether a cell is low where the answer is yes: its AUC is below ½.

    Example:
        >>> is_low(AUC, 0.03), is_low(AUC, 0.97), is_low(CORRELATION, -0.8)
        (True, False, False)
    """
    return measure == AUC and bool(score < 0.5)


def score_text(measure: str, score: float, correlation: str = "r =", auc: str = "AUC =") -> str:
    """A score in words: ``r = −0.83``, ``AUC = 0.97``; an AUC below ½ is turned, and says so.

    Args:
        measure: one of the two.
        score: no NaN.
        correlation: what stands before a correlation.
        auc: what stands before an AUC.

    Example:
        >>> score_text(AUC, 0.03), score_text(CORRELATION, -0.834, "correlation")
        ('AUC = 0.97, low for yes', 'correlation −0.83')
    """
    if measure == CORRELATION:
        return f"{correlation} {score:z.2f}".replace("-", "−")
    if is_low(measure, score):
        return f"{auc} {1 - score:.2f}, {LOW_FOR_YES}"
    return f"{auc} {score:.2f}"


def measure_of(label: np.ndarray) -> str:
    """How to compare a label with a unit: by AUC if it is a yes or no, else by correlation.

    Args:
        label: a value for each byte, of any shape.
    """
    return AUC if label.dtype == bool else CORRELATION


class PaperCell(NamedTuple):
    """A cell that the paper shows in Figure 2.

    Attributes:
        tracks: what it keeps track of, in words that follow "keeps track of".
        corpus: the corpus it was found on.
    """

    tracks: str
    corpus: str


@dataclass(frozen=True)
class Concept:
    """A property of the bytes of a text.

    Attributes:
        name: its key in :data:`CONCEPTS` and :func:`labels`.
        title: its name for people.
        label: from a text to the label of each byte, (bytes,).
        only: the kinds of text it is defined for; None for all.
        lexed: whether it is defined only for kinds of text with a lexer.
        panel: whether Figure 2 shows the best cell for it.
        paper: the cell of the paper's Figure 2 that follows it; None where it names none.
    """

    name: str
    title: str
    label: Callable[[LexedText], np.ndarray]
    only: tuple[str, ...] | None = None
    lexed: bool = False
    panel: bool = False
    paper: PaperCell | None = None

    @property
    def kinds(self) -> tuple[str, ...]:
        """Names of the kinds of text that it is defined for."""
        return tuple(
            name
            for name, kind in KINDS.items()
            if (self.only is None or name in self.only) and (kind.lex is not None or not self.lexed)
        )

    @cached_property
    def measure(self) -> str:
        """How its labels are compared with a unit, as :func:`measure_of` them."""
        return measure_of(self.label(LexedText(b"", self.kinds[0])))

    @property
    def is_flag(self) -> bool:
        """Whether its labels are a yes or no."""
        return self.measure == AUC


CONCEPTS: dict[str, Concept] = {}
"""Concepts by name, in the order of the panels of the paper's Figure 2."""


def concept(
    name: str,
    *,
    title: str,
    kinds: tuple[str, ...] | None = None,
    lexed: bool = False,
    panel: bool = False,
    paper: PaperCell | None = None,
) -> Callable[[Callable[[LexedText], np.ndarray]], Callable[[LexedText], np.ndarray]]:
    """Register the function below as a concept.

    Args:
        name: a key that no other concept has.
        title: its name for people.
        kinds: the kinds of text it is defined for; None for all.
        lexed: whether it needs comments and literals, which kinds without a lexer lack.
        panel: whether Figure 2 shows the best cell for it.
        paper: the cell of the paper's Figure 2 that follows it, if it names one.

    Raises:
        ValueError: the name is taken.
    """

    def register(label: Callable[[LexedText], np.ndarray]) -> Callable[[LexedText], np.ndarray]:
        if name in CONCEPTS:
            raise ValueError(f"concept {name}: registered twice")
        CONCEPTS[name] = Concept(name, title, label, kinds, lexed, panel, paper)
        return label

    return register


def panels() -> tuple[str, ...]:
    """Names of the concepts that Figure 2 shows, in its order."""
    return tuple(name for name, concept in CONCEPTS.items() if concept.panel)


def labels(text: Text, kind: str, encoding: str = UTF_8) -> dict[str, np.ndarray]:
    """The concepts of a text.

    Args:
        text: the text.
        kind: a name in :data:`charlens.text.kinds.KINDS`.
        encoding: of the text.

    Returns:
        For each concept of that kind an array of shape (bytes,), in the order of :data:`CONCEPTS`:
        bool for a yes or no, float32 for a count.

    Raises:
        CharlensError: an unknown kind, or a text that is neither bytes nor uint8.

    Example:
        >>> labels(b'a "b" c', "prose")["inside_quotes"].tolist()
        [False, False, True, True, False, False, False]
    """
    lexed = LexedText(text, kind, encoding)
    return {name: c.label(lexed) for name, c in CONCEPTS.items() if kind in c.kinds}


@concept(
    "line_position",
    title="position in line",
    panel=True,
    paper=PaperCell("the position in the line", WAR_AND_PEACE),
)
def line_position(text: LexedText) -> np.ndarray:
    """Bytes since the last line end; 0 at the byte that completes a line end."""
    feed_after_back = _feed_after_back(text)
    completes = (text.values == ord("\n")) | (text.values == ord("\r"))
    completes[:-1] &= ~feed_after_back[1:]  # the CR of CR LF does not
    place = np.arange(1, len(text) + 1, dtype=np.int32)
    last = np.maximum.accumulate(np.where(completes, place, np.int32(0)))
    return (place - last).astype(np.float32)


@concept(
    "inside_quotes",
    title="inside quotes",
    panel=True,
    paper=PaperCell("being inside quotes", WAR_AND_PEACE),
)
def inside_quotes(text: LexedText) -> np.ndarray:
    """In a quotation, which may span lines (:func:`brackets.quotations`); C: a string literal."""
    start, end, _ = text.quotations
    return _inside(start, end, len(text))


# An if with its parenthesis, in code whose comments are blanked. With the # of an #if, to tell the
# two apart; a backslash joins lines.
_IF = re.compile(rb"(?P<directive>#[ \t]*+)?\bif(?:[\s\\]++constexpr\b)?[\s\\]*+\(")


@concept(
    "if_condition",
    title="inside an if condition",
    kinds=("c",),
    panel=True,
    paper=PaperCell("being inside the condition of an if", LINUX_KERNEL),
)
def if_condition(text: LexedText) -> np.ndarray:
    """In the parentheses of an ``if (…)``, with all that they enclose; not of an ``#if``.

    A condition whose parenthesis is never closed is left out.
    """
    matches = _IF.finditer(text.code.tobytes())
    conditions = [match.end() - 1 for match in matches if not match["directive"]]
    opener, closer = text.matched(brackets.PARENTHESES)
    of_if = np.isin(opener, np.array(conditions, dtype=np.int64))
    return _inside(opener[of_if], closer[of_if], len(text))


@concept("inside_comment", title="inside a comment", lexed=True)
def inside_comment(text: LexedText) -> np.ndarray:
    """In a comment; of C in ``/* … */`` or ``// …``."""
    return _inside(*text.comments, len(text))


@concept(
    "inside_comment_or_string",
    title="inside a comment or string",
    lexed=True,
    panel=True,
    paper=PaperCell("being inside a comment or string", LINUX_KERNEL),
)
def inside_comment_or_string(text: LexedText) -> np.ndarray:
    """In a comment or in a string literal."""
    return inside_comment(text) | inside_quotes(text)


@concept("nesting_depth", title="nesting depth of blocks", kinds=("c",), panel=True)
def nesting_depth(text: LexedText) -> np.ndarray:
    """Number of braces around (:func:`brackets.depth`)."""
    return text.depth(brackets.BRACES).astype(np.float32)


@concept(
    "expression_depth",
    title="nesting depth of expressions",
    lexed=True,
    panel=True,
    paper=PaperCell("how deeply an expression is nested", LINUX_KERNEL),
)
def expression_depth(text: LexedText) -> np.ndarray:
    """Number of parentheses and square brackets around."""
    return text.depth(brackets.PARENTHESES, brackets.SQUARE_BRACKETS).astype(np.float32)


@concept(
    "line_end",
    title="about to end the line",
    panel=True,
    paper=PaperCell("the coming end of the line", LINUX_KERNEL),
)
def line_end(text: LexedText) -> np.ndarray:
    """The next byte begins a line end, CR LF, LF or CR. False at the last byte of the text."""
    feed, back = text.values == ord("\n"), text.values == ord("\r")
    begins = (feed & ~_feed_after_back(text)) | back
    return np.append(begins[1:], np.zeros(min(len(text), 1), dtype=bool))


def _feed_after_back(text: LexedText) -> np.ndarray:
    """Where the LF of a CR LF is, bool (bytes,)."""
    feeds = np.zeros(len(text), dtype=bool)
    feeds[1:] = (text.values[1:] == ord("\n")) & (text.values[:-1] == ord("\r"))
    return feeds


def _inside(start: np.ndarray, end: np.ndarray, size: int) -> np.ndarray:
    """True from each start to just before its end; bool, shape (size,)."""
    steps = np.zeros(size + 1, dtype=np.int32)
    np.add.at(steps, start, 1)
    np.subtract.at(steps, end, 1)
    return np.cumsum(steps[:size], dtype=np.int32) > 0
