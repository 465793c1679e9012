"""Places of a text where a closing character may or may not be due, and how far back that began."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from charlens.text.corpus import Corpus
from charlens.text.kinds import KINDS
from charlens.text.lexed import LexedText
from charlens.text.marks import QUOTES, SPACES, Marks, first_bytes, marks
from charlens.text.whole_text import CorpusText

CUES = {QUOTES: ".,!?。，、．！？｡､،؟۔।", "{}": "\n"}
"""Characters after which a closing one is likely by what is near, whether or not one is due.

A closing quote follows a comma or a full stop, a closing brace begins a line. Among such places
only the memory of the opening one tells which is which. In a block within a block the closing brace
comes after an indentation, so line starts count only where at most one block is open. Where most
closing quotes follow a space, as in French, so do they after a cue.
"""


@dataclass(frozen=True)
class Places:
    """Predicted characters of some streams, at the first byte of each; arrays (places,).

    Attributes:
        stream: which stream each lies in, int64.
        column: index of the target in its stream, int64.
        inside: whether a quotation or block is open before it, bool.
        distance: bytes from where that state began to the target, int64: from the opening
            character, or outside from the last closing one.
        closing: whether the closing character begins at the target, bool.
        cued: whether the character before it is one of :data:`CUES`, bool.
    """

    stream: np.ndarray
    column: np.ndarray
    inside: np.ndarray
    distance: np.ndarray
    closing: np.ndarray
    cued: np.ndarray

    def shifted(self, streams: int) -> Places:
        """The same, their streams numbered from ``streams`` on."""
        return replace(self, stream=self.stream + streams)

    @classmethod
    def joined(cls, parts: Sequence[Places]) -> Places:
        """Places of several parts of a text, one after another."""
        columns = zip(*(vars(part).values() for part in parts), strict=True)
        return cls(*map(np.concatenate, columns))

    def __len__(self) -> int:
        return len(self.stream)


def pair_of(kind: str) -> str:
    """The opening and closing character that are looked at in a kind of text."""
    return KINDS[kind].pair


def held_out(corpus: Corpus, text: CorpusText, validation: int) -> list[np.ndarray]:
    """Index into the text of every input byte of the validation and the test split.

    Args:
        corpus: the description.
        text: its text.
        validation: characters of each validation stream.

    Returns:
        One array (B, length) where test streams continue validation streams, as in a split by
        streams; else one for each split.
    """
    test = text.inputs
    if corpus.split == "streams":
        return [np.hstack([test[:, :1] + np.arange(-validation, 0), test])]
    before = test[0, 0] - len(test) * validation
    return [before + np.arange(len(test) * validation).reshape(len(test), validation), test]


def find(text: LexedText, inputs: np.ndarray) -> Places:
    """The places where a network can know whether something is open.

    The state must have begun inside the stream: what came before it, the network has not seen. A
    closing character that the end of the stream cuts off is no place.

    Args:
        text: the whole text.
        inputs: index into it of every input byte, int64 (B, length).
    """
    pair = pair_of(text.kind)
    matched = marks(text, pair)
    depth, began = _quoted(text) if pair == QUOTES else _in_brackets(len(text), matched)
    begins = np.zeros(len(text) + 1, dtype=bool)
    begins[text.decoded.bounds] = True
    width = np.zeros(len(text), dtype=np.int64)
    width[matched.closer] = matched.width
    cue = _cues(text, matched, pair) & (depth <= 1)
    # What is open after an input byte is open before the target.
    visible = (began[inputs] >= inputs[:, :1]) & begins[inputs + 1]
    whole = inputs + width[inputs + 1] <= inputs[:, -1:] + 1
    stream, column = np.nonzero(visible & whole)
    at = inputs[stream, column]
    return Places(
        stream,
        column,
        depth[at] > 0,
        at + 1 - began[at],
        width[at + 1] > 0,
        cue[at],
    )


def closing_marks(text: LexedText) -> list[bytes]:
    """What closes in a text, each mark once and sorted; where nothing is closed, what would.

    None is the beginning of another, as a character with and without a change of its encoding's
    state after it would be.
    """
    pair, data = pair_of(text.kind), text.values.tobytes()
    matched = marks(text, pair)
    ends = zip(matched.closer.tolist(), (matched.closer + matched.width).tolist(), strict=True)
    distinct = {data[first:stop] for first, stop in ends} or {pair[1].encode(text.encoding)}
    return sorted(
        mark for mark in distinct if not any(mark.startswith(other) for other in distinct - {mark})
    )


def _cues(text: LexedText, matched: Marks, pair: str) -> np.ndarray:
    """Whether each byte is the last of a cue, or of the space after it, bool (bytes,)."""
    points, bounds = text.decoded.code_points, text.decoded.bounds
    cue = np.isin(points, [ord(character) for character in CUES[pair]])
    if pair == QUOTES and follow_spaces(text, matched):
        cue[1:] = cue[:-1] & _are_spaces(points[1:])
        cue[:1] = False
    result = np.zeros(len(text), dtype=bool)
    result[bounds[1:][cue] - 1] = True
    return result


def follow_spaces(text: LexedText, matched: Marks) -> bool:
    """Whether most closing marks of a text follow a space."""
    before = np.searchsorted(text.decoded.bounds, matched.closer) - 1
    return bool(_are_spaces(text.decoded.code_points[before]).sum() * 2 > len(before))


def _are_spaces(points: np.ndarray) -> np.ndarray:
    return np.isin(points, [ord(character) for character in SPACES])


def _quoted(text: LexedText) -> tuple[np.ndarray, np.ndarray]:
    """1 in a quotation from the last byte of its opening quote on, else 0; where that began."""
    starts, ends, _ = text.quotations
    ends = ends[ends < len(text)]
    known = np.concatenate([ends, starts])
    inside = np.repeat([0, 1], [len(ends), len(starts)])
    # Where one quotation ends as another opens, the latter counts.
    order = np.argsort(known, kind="stable")
    return _states(len(text), known[order], first_bytes(text.decoded, known[order]), inside[order])


def _states(
    size: int, known: np.ndarray, began: np.ndarray, depth: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Depth and beginning after each byte, from marks in the order of the text.

    Args:
        size: bytes of the text.
        known: last byte of each mark: from there on it counts, unless another one ends there, too.
        began: where the state after it began.
        depth: how many are open after it.
    """
    latest = np.full(size, -1, dtype=np.int64)
    latest[known] = np.arange(len(known))
    latest = np.maximum.accumulate(latest)
    return np.append(depth, 0)[latest], np.append(began, -1)[latest]


def _in_brackets(size: int, matched: Marks) -> tuple[np.ndarray, np.ndarray]:
    """How many brackets are open after each byte, and where that began.

    That is where the innermost one was opened, or outside where the last outermost one was closed.
    """
    first = np.concatenate([matched.opener, matched.closer])
    width = np.concatenate([matched.opener_width, matched.width])
    order = np.argsort(first)
    opens = order < len(matched.opener)
    stack: list[int] = []
    began, depth = [], []
    for place, is_opening in zip(first[order].tolist(), opens.tolist(), strict=True):
        if is_opening:
            stack.append(place)
        else:
            stack.pop()
        depth.append(len(stack))
        began.append(stack[-1] if stack else place)
    known = (first + width - 1)[order]
    return _states(size, known, np.array(began, np.int64), np.array(depth, np.int64))
