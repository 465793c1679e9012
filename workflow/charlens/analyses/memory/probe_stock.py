"""What probes are made of: places to put them, neutral text to follow them, words that are new."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from charlens.text.brackets import QUOTATION_MARKS
from charlens.text.c_lexer import ByteClass
from charlens.text.encodings import decode
from charlens.text.lexed import LexedText

WORD = 7
"""Letters of a new word."""

_BLANK_LINE = re.compile(rb"\r?\n[ \t]*\r?\n(?:[ \t]*\r?\n)*")
_WORD = re.compile(r"(?<=[\s。！？])\S", re.ASCII)
_SENTENCE_END = re.compile(r"[.!?](?=\s)|[。！？]", re.ASCII)
_TRIES = 40  # for one new word

Bytes = np.ndarray


@dataclass(frozen=True)
class Stock:
    """What a text offers to probes.

    Attributes:
        streams: byte values of the test streams, uint8 (B, length).
        stream: of each place where a probe may begin, int64 (places,).
        column: index into its stream of the byte that the probe would replace, int64 (places,).
        neutral: text that neither opens nor closes anything, uint8 (bytes,).
        starts: where stretches of it may begin, increasing, int64.
        stops: where they may end (one past the last byte), increasing, int64.
    """

    streams: Bytes
    stream: np.ndarray
    column: np.ndarray
    neutral: Bytes
    starts: np.ndarray
    stops: np.ndarray


def stock(lexed: LexedText, inputs: np.ndarray) -> Stock:
    """Look through the test split of a text.

    Args:
        lexed: the whole text.
        inputs: index into it of every input byte of the test split, int64 (B, length).
    """
    streams = lexed.values[inputs]
    if lexed.classes is None:
        eligible, pieces = _prose(lexed, inputs)
        space = " ".encode(lexed.encoding)
        # Models know no bytes that the text does not have: Japanese may have no spaces.
        neutral = (space if np.isin(list(space), lexed.values).all() else b"").join(pieces)
        starts, stops = _ends_of_prose(neutral, lexed.encoding)
    else:
        eligible, pieces = _code(lexed, inputs)
        neutral = b"".join(pieces)
        starts = np.array([m.start() for m in re.finditer(rb"(?m)^.", neutral)], np.int64)
        stops = np.array([m.end() for m in re.finditer(rb"\n", neutral)], np.int64)
    stream, column = np.nonzero(eligible)
    return Stock(
        streams,
        stream,
        column,
        np.frombuffer(neutral, np.uint8),
        starts,
        stops,
    )


def _ends_of_prose(neutral: bytes, encoding: str) -> tuple[np.ndarray, np.ndarray]:
    """First bytes of words, or of sentences where no spaces are written; ends of sentences."""
    decoded = decode(neutral, encoding)
    starts = np.array([m.start() for m in _WORD.finditer(decoded.text)], np.int64)
    stops = np.array([m.end() for m in _SENTENCE_END.finditer(decoded.text)], np.int64)
    return decoded.bounds[starts], decoded.bounds[stops]


def _prose(lexed: LexedText, inputs: np.ndarray) -> tuple[np.ndarray, list[bytes]]:
    """Beginnings of paragraphs outside quotations, and paragraphs without quotation marks."""
    quoted = np.zeros(len(lexed) + 1, dtype=np.int64)
    starts, ends, _ = lexed.quotations
    np.add.at(quoted, starts, 1)
    np.add.at(quoted, ends, -1)
    outside = np.cumsum(quoted)[:-1] == 0
    signs = np.isin(lexed.decoded.code_points, [ord(mark) for mark in QUOTATION_MARKS])
    inside_or_mark = ~outside | lexed.decoded.by_byte(signs)
    begins, pieces = np.zeros(len(lexed) + 1, dtype=bool), []
    for row in inputs:
        first, data = int(row[0]), lexed.values[row].tobytes()
        last = None
        for blank in _BLANK_LINE.finditer(data):
            begins[first + blank.end()] = outside[first + blank.end() - 1]
            if last is not None:
                pieces.append((first + last, data[last : blank.start()]))
            last = blank.end()
    neutral = [
        piece for place, piece in pieces if not inside_or_mark[place : place + len(piece)].any()
    ]
    return begins[inputs], neutral


def _code(lexed: LexedText, inputs: np.ndarray) -> tuple[np.ndarray, list[bytes]]:
    """Lines outside all braces after a blank one, and plain lines of code within one pair of them.

    So a brace that a probe opens before these lines is the one that they would be in.
    """
    assert lexed.classes is not None
    plain = lexed.classes == ByteClass.CODE
    depth = lexed.depth(("{", "}"))
    top = depth == 0
    begins, pieces = np.zeros(len(lexed) + 1, dtype=bool), []
    for row in inputs:
        first, data = int(row[0]), lexed.values[row].tobytes()
        for blank in _BLANK_LINE.finditer(data):
            at = first + blank.end() - 1
            begins[at + 1] = top[at] and plain[at]
        start = data.find(b"\n") + 1
        while start and (stop := data.find(b"\n", start) + 1):
            line = data[start:stop]
            is_code = plain[first + start : first + stop].all() and depth[first + start] == 1
            if line.strip() and is_code and not set(b"{}#\\\"'") & set(line):
                pieces.append(line)
            start = stop
    return begins[inputs], pieces


def stretches(
    stock: Stock, distance: int, count: int, generator: np.random.Generator
) -> list[bytes]:
    """Neutral stretches of about a length, each from a start to a stop.

    Args:
        stock: has the neutral text.
        distance: the length in bytes; met to a quarter of it, and to :data:`SLACK`.
        count: how many to draw; the same one may be drawn twice.
        generator: of the draws.

    Returns:
        ``count`` stretches; none where the text offers none.
    """
    if not len(stock.stops) or not len(stock.starts):
        return []
    after = np.searchsorted(stock.stops, stock.starts + distance)
    candidates = np.stack([after - 1, after]).clip(0, len(stock.stops) - 1)
    miss = np.abs(stock.stops[candidates] - stock.starts - distance)
    nearest = stock.stops[candidates[miss.argmin(axis=0), np.arange(len(after))]]
    fitting = np.flatnonzero(miss.min(axis=0) <= min(distance / 4, SLACK))
    if not len(fitting):
        return []
    chosen = generator.choice(fitting, count)
    data = stock.neutral.tobytes()
    return [data[stock.starts[i] : nearest[i]] for i in chosen]


SLACK = 25
"""Bytes by which a stretch may be longer or shorter than asked."""


def new_words(train: bytes, count: int, generator: np.random.Generator) -> list[bytes]:
    """Words of lower-case ASCII letters that look like the text's and do not occur in it.

    Each letter is drawn from what follows the three before it somewhere in the text: a letter
    4-gram model without smoothing.

    Args:
        train: the training text.
        count: how many; fewer come back where the text has hardly any such words.
        generator: of the draws.
    """
    beginnings = [m.start() + 1 for m in re.finditer(rb"[^A-Za-z][a-z]{3}", train)]
    words: list[bytes] = []
    for _ in range(_TRIES * count if beginnings else 0):
        if len(words) == count:
            break
        word = _word_like(train, beginnings[generator.integers(len(beginnings))], generator)
        if len(word) == WORD and word not in train and word not in words:
            words.append(word)
    return words


def _word_like(train: bytes, begin: int, generator: np.random.Generator) -> bytes:
    """A word of :data:`WORD` letters, or the shorter one that could not be continued."""
    word = train[begin : begin + 3]
    while len(word) < WORD:
        at, letter = int(generator.integers(len(train))), b""
        for _ in range(8):
            at = train.find(word[-3:], at)
            letter = train[at + 3 : at + 4] if at >= 0 else b""
            if letter.isalpha() and letter.islower():
                break
            at = at + 1 if at >= 0 else 0  # from the beginning after the end
        if not (letter.isalpha() and letter.islower()):
            return word
        word += letter
    return word
