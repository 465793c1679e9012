"""Which characters a cell should matter for, by the concept it follows: fixed before looking.

A concept has two *target* classes, each with a prediction. Where the symbol of a target comes, one
of the two clamps must make it less likely: the network that is made to believe it is outside a
quotation does not expect the closing quote. Where the symbol does not come and the concept has the
opposite value, the other clamp must make it more likely. An ablation shows that a cell is used;
that both predictions hold, with their signs, shows what it means to the network. All remaining
characters are *other*; of the cell of a concept they should hardly notice.

A concept without a rule of its own here has its beginnings and its ends as targets.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from charlens.inside.interventions.clamps import HIGH, LOW
from charlens.text.c_lexer import ByteClass
from charlens.text.lexed import LexedText

_NEWLINES, _BLANKS, _SPACES = b"\n\r", b" \t", b" \t\n\r\f\v"

LEAST_SHARE = 0.1
"""A byte is a symbol of a concept's beginnings if this share of them at least has it."""


AT_A_SPACE = "no line end, a space"
"""The class of spaces, whose symbols are what ends a line."""


@dataclass(frozen=True, eq=False)
class CharacterClass:
    """Predicted characters that are looked at together.

    Attributes:
        at: whether each byte, as the one predicted, is of the class, bool.
        symbols: byte values whose probability is followed; none follows that of the byte that
            comes.
    """

    at: np.ndarray
    symbols: tuple[int, ...] = ()


class Target(NamedTuple):
    """A class with a prediction.

    Attributes:
        name: of the class where the symbol comes.
        hurt_by: the clamp that must make it less likely there.
        elsewhere: the class where it does not come and the opposite clamp must make it likelier.
        other: the class that must hardly change.
    """

    name: str
    hurt_by: str
    elsewhere: str
    other: str

    @property
    def raised_by(self) -> str:
        """The opposite clamp."""
        return HIGH if self.hurt_by == LOW else LOW


@dataclass(frozen=True, eq=False)
class Classes:
    """The classes of a concept by name, and its two targets."""

    classes: dict[str, CharacterClass]
    targets: tuple[Target, Target]


Rule = Callable[[LexedText, np.ndarray], Classes]
"""From a text and the label of each byte after reading it, (bytes,), to classes of its bytes."""

RULES: dict[str, Rule] = {}
"""Rules by the name of the concept."""


def rule(*concepts: str) -> Callable[[Rule], Rule]:
    """Register the function below for some concepts."""

    def register(classes: Rule) -> Rule:
        RULES.update(dict.fromkeys(concepts, classes))
        return classes

    return register


def classes_of(concept: str, text: LexedText, label: np.ndarray) -> Classes:
    """The classes of a concept, over all bytes of a text.

    Args:
        concept: its name.
        text: the text and its kind.
        label: its value after each byte, bool or a count, (bytes,).
    """
    return RULES.get(concept, beginnings_and_ends)(text, label)


def full_name(concept: str, name: str) -> str:
    """The name of a class among those of all concepts."""
    return f"{concept}: {name}"


def claims(label: np.ndarray) -> dict[str, np.ndarray]:
    """Where a label is low and where it is high: the characters whose mean a clamp takes.

    Of a yes or no, "no" and "yes". Of a count, its lowest and its highest tenth, or all that is
    above the lowest where most is equal.

    Args:
        label: of any shape.

    Returns:
        Bool arrays of that shape, by the name of the clamp.
    """
    if label.dtype == bool:
        return {LOW: ~label, HIGH: label}
    least, most = np.quantile(label, [0.1, 0.9])
    return {LOW: label <= least, HIGH: (label >= most) & (label > least)}


def _before(values: np.ndarray) -> np.ndarray:
    """What comes before each byte; zero before the first."""
    return np.concatenate([np.zeros(min(1, len(values)), values.dtype), values[:-1]])


def _is(values: np.ndarray, symbols: bytes) -> np.ndarray:
    return np.isin(values, np.frombuffer(symbols, np.uint8))


def _at(places: np.ndarray, size: int) -> np.ndarray:
    marks = np.zeros(size, bool)
    marks[places[places < size]] = True
    return marks


def _symbols(values: np.ndarray, at: np.ndarray) -> tuple[int, ...]:
    """The bytes that are common among those of a class, at least its commonest."""
    counts = np.bincount(values[at], minlength=256)
    return tuple(np.flatnonzero(counts >= max(LEAST_SHARE * counts.sum(), 1)).tolist())


def _turns(
    values: np.ndarray,
    opening: np.ndarray,
    closing: np.ndarray,
    inside: np.ndarray,
    places: tuple[np.ndarray, np.ndarray],
    others: tuple[str, str],
) -> Classes:
    """Classes of a concept that opens and closes.

    Args:
        values: the bytes.
        opening: where it opens.
        closing: where it closes.
        inside: whether it was open before each byte.
        places: where an opening and where a closing could come, bool (bytes,) each.
        others: the class that must hardly change for the opening and for the closing.
    """
    rest = ~opening & ~closing
    opens, closes = _symbols(values, opening), _symbols(values, closing)
    could_open, could_close = places
    return Classes(
        {
            "opening": CharacterClass(opening),
            "closing": CharacterClass(closing),
            "no opening, inside": CharacterClass(rest & inside & could_open, opens),
            "no closing, outside": CharacterClass(rest & ~inside & could_close, closes),
            "inside": CharacterClass(rest & inside),
            "outside": CharacterClass(rest & ~inside),
            "other": CharacterClass(rest),
        },
        (
            Target("closing", LOW, "no closing, outside", others[1]),
            Target("opening", HIGH, "no opening, inside", others[0]),
        ),
    )


def beginnings_and_ends(text: LexedText, label: np.ndarray) -> Classes:
    """Where a yes or no begins and ends, or a count rises and falls.

    Of a clamp to "outside" what is outside must not notice anything, and of one to "inside" what is
    inside.
    """
    number = label.astype(np.float64)
    before = _before(number)
    opening, closing = number > before, number < before
    # Of an ending without a mark of its own, such as that of the text, nothing can be predicted.
    opening &= np.isin(text.values, _symbols(text.values, opening))
    closing &= np.isin(text.values, _symbols(text.values, closing))
    anywhere = np.ones(len(text), bool)
    return _turns(
        text.values, opening, closing, before > 0, (anywhere, anywhere), ("inside", "outside")
    )


@rule("inside_quotes")
def quotes(text: LexedText, label: np.ndarray) -> Classes:
    """Opening and closing quotes, and all else.

    Both may be the same byte. One could open after a space, and one could close after anything
    else.
    """
    start, end, closed = text.quotations
    opening, closing = _at(start, len(text)), _at(end[closed], len(text))
    after_space = _is(_before(text.values), _SPACES)
    places = (after_space, ~after_space)
    inside = _before(label).astype(bool)
    return _turns(text.values, opening, closing, inside, places, ("other", "other"))


@rule("line_position", "line_end")
def lines(text: LexedText, label: np.ndarray) -> Classes:
    """Line ends, spaces (which may become line ends where lines are wrapped), and all else."""
    feed, back = text.values == ord("\n"), text.values == ord("\r")
    end = back | (feed & ~_before(back))
    space = text.values == ord(" ")
    ends = _symbols(text.values, end)
    return Classes(
        {
            "line end": CharacterClass(end),
            "space": CharacterClass(space),
            AT_A_SPACE: CharacterClass(space, ends),
            "no space, a line end": CharacterClass(end, (ord(" "),)),
            "other": CharacterClass(~end & ~space),
        },
        (
            Target("line end", LOW, AT_A_SPACE, "other"),
            Target("space", HIGH, "no space, a line end", "other"),
        ),
    )


def _in_code(text: LexedText) -> np.ndarray:
    if text.classes is None:
        return np.ones(len(text), bool)
    return text.classes == ByteClass.CODE


@rule("if_condition", "expression_depth")
def parentheses(text: LexedText, label: np.ndarray) -> Classes:
    """Closing parentheses, semicolons (which no expression holds), and all else."""
    code, inside = _in_code(text), _before(label) > 0
    closing = code & inside & (text.values == ord(")"))
    semicolon = code & (text.values == ord(";"))
    rest = ~closing & ~semicolon
    return Classes(
        {
            ")": CharacterClass(closing),
            ";": CharacterClass(semicolon),
            "no ), outside": CharacterClass(rest & code & ~inside, (ord(")"),)),
            "no ;, inside": CharacterClass(rest & code & inside, (ord(";"),)),
            "other": CharacterClass(rest),
        },
        (
            Target(")", LOW, "no ), outside", "other"),
            Target(";", HIGH, "no ;, inside", "other"),
        ),
    )


@rule("nesting_depth")
def blocks(text: LexedText, label: np.ndarray) -> Classes:
    """Closing braces, the blanks that indent a line, and all else."""
    code, inside = _in_code(text), _before(label) > 0
    blank = _is(text.values, _BLANKS)
    closing = code & inside & (text.values == ord("}"))
    # In the indent: no byte but blanks since the line began.
    place = np.arange(len(text))
    starts = _is(_before(text.values), _NEWLINES) | (place == 0)
    line = np.maximum.accumulate(np.where(starts, place, 0))
    last_mark = np.maximum.accumulate(np.where(blank, -1, place))
    indent = blank & (last_mark < line)
    rest = ~closing & ~indent
    flat = rest & starts & ~inside & ~_is(text.values, _NEWLINES)
    return Classes(
        {
            "}": CharacterClass(closing),
            "indent": CharacterClass(indent),
            "no }, line start outside": CharacterClass(flat, (ord("}"),)),
            "no indent, line start outside": CharacterClass(flat, tuple(_BLANKS)),
            "other": CharacterClass(rest),
        },
        (
            Target("}", LOW, "no }, line start outside", "other"),
            Target("indent", LOW, "no indent, line start outside", "other"),
        ),
    )
