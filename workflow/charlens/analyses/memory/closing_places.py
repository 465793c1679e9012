"""Places of a text where a closing character may or may not be due, and how far back that began."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from charlens.text.corpus import Corpus
from charlens.text.kinds import KINDS
from charlens.text.lexed import LexedText
from charlens.text.whole_text import CorpusText

QUOTES = '""'

CUES = {QUOTES: b".,!?", "{}": b"\n"}
"""Bytes after which a closing character is likely by what is near, whether or not one is due.

A closing quote follows a comma or a full stop, a closing brace begins a line. Among such places
only the memory of the opening one tells which is which. In a block within a block the closing brace
comes after an indentation, so line starts count only where at most one block is open.
"""


@dataclass(frozen=True)
class Places:
    """Predicted characters of some streams; arrays (places,).

    Attributes:
        stream: which stream each lies in, int64.
        column: index of the target in its stream, int64.
        inside: whether a quotation or block is open before it, bool.
        distance: characters from where that state began to the target, int64: from the opening
            character, or outside from the last closing one.
        closing: whether the target is the closing character, bool.
        cued: whether the byte before it is one of :data:`CUES`, bool.
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

    The state must have begun inside the stream: what came before it, the network has not seen.

    Args:
        text: the whole text.
        inputs: index into it of every input byte, int64 (B, length).
    """
    pair, values = pair_of(text.kind), text.values
    depth, began = _quoted(text) if pair == QUOTES else _in_brackets(text, pair)
    cue = np.isin(values, np.frombuffer(CUES[pair], np.uint8)) & (depth <= 1)
    # What is open after an input byte is open before the target.
    visible = began[inputs] >= inputs[:, :1]
    stream, column = np.nonzero(visible)
    at = inputs[stream, column]
    closing = _closers(text, pair)
    return Places(
        stream,
        column,
        depth[at] > 0,
        at + 1 - began[at],
        closing[at + 1],
        cue[at],
    )


def _quoted(text: LexedText) -> tuple[np.ndarray, np.ndarray]:
    """1 in a quotation, its opening quote included, else 0; where that state began."""
    starts, ends, _ = text.quotations
    straight = text.values[starts] == ord('"')
    return _states(len(text), starts[straight], ends[straight])


def _states(size: int, starts: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """From intervals that do not overlap: [start, end) is inside."""
    change = np.full(size, -1, dtype=np.int64)
    change[starts] = starts
    ends = ends[ends < size]
    change[ends] = ends
    inside = np.zeros(size, dtype=bool)
    inside[starts] = True
    began = np.maximum.accumulate(change)
    return np.where(began >= 0, inside[began], False), began


def _in_brackets(text: LexedText, pair: str) -> tuple[np.ndarray, np.ndarray]:
    """How many brackets are open after each byte, and where that began.

    That is where the innermost one was opened, or outside where the last outermost one was closed.
    """
    opener, closer = text.matched((pair[0], pair[1]))
    began = np.full(len(text), -1, dtype=np.int64)
    depth = np.zeros(len(text), dtype=np.int32)
    opens = set(opener.tolist())
    events = np.sort(np.concatenate([opener, closer]))
    stack: list[int] = []
    stops = np.append(events[1:], len(text))
    for event, stop in zip(events.tolist(), stops.tolist(), strict=True):
        if event in opens:
            stack.append(event)
        else:
            stack.pop()
        depth[event:stop] = len(stack)
        began[event:stop] = stack[-1] if stack else event
    return depth, began


def _closers(text: LexedText, pair: str) -> np.ndarray:
    """The matched closing characters, bool (bytes,)."""
    result = np.zeros(len(text), dtype=bool)
    if pair == QUOTES:
        starts, ends, closed = text.quotations
        result[ends[closed & (text.values[starts] == ord('"'))]] = True
    else:
        result[text.matched((pair[0], pair[1]))[1]] = True
    return result
