"""What a unit might follow in a text: labels per byte, to hold against its activations.

The paper's Figure 2 and section 4.2 name cells that follow the position in the line, quotes, if
conditions, comments and strings, nesting depth and the coming end of the line. Here each of these
is a label per byte: its value *after reading that byte*, as a unit's activation at a byte is that
after reading it. So an opening delimiter is inside and a closing one outside already; of a
delimiter of several bytes the last one decides.

- line_position: bytes since the last line end; 0 at the byte that completes a line end.
- line_end: the next byte begins a line end, CR LF, LF or CR. False at the last byte of the text.
- inside_quotes: prose, in a quotation, which may span lines (:func:`brackets.quotations`); C, in a
  string literal.
- inside_comment: C, in ``/* … */`` or ``// …``.
- inside_comment_or_string: C, either of the last two.
- if_condition: C, in the parentheses of an ``if (…)``, with all that they enclose; not of an
  ``#if``. A condition whose parenthesis is never closed is left out.
- nesting_depth: C, number of braces around (:func:`brackets.depth`).
- expression_depth: C, number of parentheses and square brackets around.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from charlens.errors import CharlensError
from charlens.text import brackets
from charlens.text import c_lexer as c_source
from charlens.text.c_lexer import ByteClass, Text
from charlens.text.kinds import KINDS


@dataclass(frozen=True)
class Concept:
    """A property of the bytes of a text.

    Attributes:
        name: its key in :data:`CONCEPTS` and :func:`labels`.
        title: its name for people.
        measure: how to compare it with a unit: ``correlation`` for a count, ``auc`` (the area
            under the receiver operating characteristic) for yes or no.
        kinds: the kinds of text it is defined for.
    """

    name: str
    title: str
    measure: str
    kinds: tuple[str, ...]


CONCEPTS: dict[str, Concept] = {
    concept.name: concept
    for concept in (
        Concept("line_position", "position in line", "correlation", KINDS),
        Concept("line_end", "about to end the line", "auc", KINDS),
        Concept("inside_quotes", "inside quotes", "auc", KINDS),
        Concept("inside_comment", "inside a comment", "auc", ("c",)),
        Concept("inside_comment_or_string", "inside a comment or string", "auc", ("c",)),
        Concept("if_condition", "inside an if condition", "auc", ("c",)),
        Concept("nesting_depth", "nesting depth of blocks", "correlation", ("c",)),
        Concept("expression_depth", "nesting depth of expressions", "correlation", ("c",)),
    )
}

# An if with its parenthesis, in code whose comments are blanked. With the # of an #if, to tell the
# two apart; a backslash joins lines.
_IF = re.compile(rb"(?P<directive>#[ \t]*+)?\bif(?:[\s\\]++constexpr\b)?[\s\\]*+\(")


def labels(text: Text, kind: str) -> dict[str, np.ndarray]:
    """The concepts of a text.

    Args:
        text: the text.
        kind: ``prose`` or ``c``.

    Returns:
        For each concept of that kind an array of shape (bytes,), in the order of :data:`CONCEPTS`:
        bool for a yes or no, float32 for a count.

    Raises:
        CharlensError: an unknown kind, or a text that is neither bytes nor uint8.
    """
    if kind not in KINDS:
        raise CharlensError(f"kind: expected {' or '.join(KINDS)}, found {kind!r}")
    found = _line_labels(c_source.byte_values(text))
    if kind == "c":
        found |= _c_labels(text)
    else:
        start, end, _ = brackets.quotations(text)
        found["inside_quotes"] = _inside(start, end, len(text))
    return {name: found[name] for name in CONCEPTS if name in found}


def _line_labels(values: np.ndarray) -> dict[str, np.ndarray]:
    feed, back = values == ord("\n"), values == ord("\r")
    feed_after_back = np.zeros(values.size, dtype=bool)
    feed_after_back[1:] = feed[1:] & back[:-1]
    begins = (feed & ~feed_after_back) | back
    completes = feed | back
    completes[:-1] &= ~feed_after_back[1:]  # the CR of CR LF does not
    place = np.arange(1, values.size + 1, dtype=np.int32)
    last = np.maximum.accumulate(np.where(completes, place, np.int32(0)))
    return {
        "line_position": (place - last).astype(np.float32),
        "line_end": np.append(begins[1:], np.zeros(min(values.size, 1), dtype=bool)),
    }


def _c_labels(text: Text) -> dict[str, np.ndarray]:
    size = len(text)
    tokens = c_source.tokens(text)
    classes = c_source.classify(text, tokens)
    start, end, _ = brackets.string_literals(tokens)
    strings = _inside(start, end, size)
    comment = tokens.kind == ByteClass.COMMENT
    # The second byte makes it a comment; the last of */ ends it.
    comments = _inside(
        tokens.start[comment] + 1, tokens.stop[comment] - tokens.closed[comment], size
    )
    expressions = (brackets.PARENTHESES, brackets.SQUARE_BRACKETS)
    return {
        "inside_quotes": strings,
        "inside_comment": comments,
        "inside_comment_or_string": comments | strings,
        "if_condition": _if_condition(text, classes),
        "nesting_depth": brackets.depth(text, classes).astype(np.float32),
        "expression_depth": brackets.depth(text, classes, expressions).astype(np.float32),
    }


def _if_condition(text: Text, classes: np.ndarray) -> np.ndarray:
    code = np.where(classes == ByteClass.CODE, c_source.byte_values(text), np.uint8(ord(" ")))
    conditions = [
        found.end() - 1 for found in _IF.finditer(code.tobytes()) if not found["directive"]
    ]
    opener, closer = brackets.matched(text, classes, brackets.PARENTHESES)
    of_if = np.isin(opener, np.array(conditions, dtype=np.int64))
    return _inside(opener[of_if], closer[of_if], len(text))


def _inside(start: np.ndarray, end: np.ndarray, size: int) -> np.ndarray:
    """True from each start to just before its end; bool, shape (size,)."""
    steps = np.zeros(size + 1, dtype=np.int32)
    np.add.at(steps, start, 1)
    np.subtract.at(steps, end, 1)
    return np.cumsum(steps[:size], dtype=np.int32) > 0
