"""Texts in memory: a corpus with its splits, and any bytes that a model is to read."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

from charlens.display import html
from charlens.errors import CharlensError
from charlens.study.default_study import StudyTraining
from charlens.text.blocks import block_counts
from charlens.text.characters import Character, characters
from charlens.text.corpus import Corpus, decode, prepare
from charlens.text.encoding_guess import guess
from charlens.text.kinds import kind_of
from charlens.text.sources.own_file import read_bytes, searched
from charlens.text.splits import SCHEMES, Codes
from charlens.text.whole_text import CorpusText

BATCH, UNROLL = StudyTraining().batch, StudyTraining().unroll
"""Streams, and characters per block, of a config that leaves them out."""

WINDOW = 100
"""Characters that a network reads at once where no corpus says how many."""

LEAST_BLOCKS = 100
"""Blocks that each stream should have, so that an epoch has updates enough to learn from."""

AnyText = str | bytes | os.PathLike[str]
"""A text as a user gives it: characters, bytes, or a path."""


@dataclass(frozen=True, eq=False, repr=False)
class Text:
    """A corpus in memory; made by :func:`corpus`.

    Attributes:
        corpus: what ``corpus.json`` records: name, size, alphabet, streams, split.
        splits: ``train``, ``val`` and ``test``, vocabulary codes, each uint8
            (streams, length + 1): inputs are ``[:, :-1]``, targets ``[:, 1:]``.
    """

    corpus: Corpus
    splits: Mapping[str, Codes]

    @cached_property
    def whole(self) -> CorpusText:
        """The text put together again, and where its test split lies."""
        return CorpusText.of(self.corpus, self.splits)

    @property
    def kind(self) -> str:
        """``prose`` or ``c``, guessed from the text."""
        return kind_of(self.whole.text)

    def __repr__(self) -> str:
        c = self.corpus
        sizes = "/".join(f"{c.sizes[part]:,}" for part in ("train", "val", "test"))
        return (
            f"Text {c.name!r}: {c.bytes:,} bytes, {c.k} distinct; {streams(c.batch)}, blocks of "
            f"{c.unroll}; train/val/test {sizes} ({c.split})"
        )

    def _repr_html_(self) -> str:
        c, data = self.corpus, decode(self.splits["test"][0, :-1], self.corpus.vocabulary)
        shown = html.beginning(data)[:300]
        plain = html.coloured_text(shown, [0.0] * len(shown), len(data), [""] * len(shown))
        rows = [(c.name, c.bytes, c.k, c.batch, c.unroll, *c.sizes.values())]
        names = ["text", "bytes", "distinct", "streams", "block", "train", "val", "test"]
        return html.table(names, rows) + "<p>The first test stream:</p>" + plain


def corpus(
    source: AnyText,
    *,
    split: str = "streams",
    batch: int | None = None,
    unroll: int | None = None,
    train: float = 0.8,
    val: float = 0.1,
    name: str | None = None,
) -> Text:
    """Read a text, find its alphabet and split it. A character is a byte.

    Args:
        source: a path; or the text itself, as ``bytes`` or as a string. A string that names a file
            is a path, and so is one that looks like a file's name (``novel.txt``).
        split: ``streams``, as in the paper (each stream gives its first part to train, the next to
            val, the rest to test), or ``position`` (all of test after all of val after all of
            train).
        batch: parallel streams. By default 20, those of a config that leaves ``training`` out, or
            fewer (with a warning) where the text is shorter than 100,000 bytes: else an epoch would
            have too few updates to learn from. The paper's are 100.
        unroll: characters per block: how far gradients go back in training. By default 50, as in
            such a config, or fewer where the text is very short. The paper's are 100.
        train: fraction of the blocks to train on.
        val: fraction of the blocks to validate on; the rest is the test split.
        name: what to call the text; by default the file's name without its ending, or ``text``.

    Returns:
        A :class:`Text`.

    Raises:
        CharlensError: no such file, an unknown split, impossible fractions, or a text too short.

    Example:
        >>> import charlens as cl
        >>> cl.corpus(b"the cat sat on the mat. " * 100, batch=4, unroll=20)
        Text 'text': 2,400 bytes, 11 distinct; 4 streams, blocks of 20; train/val/test 1,920/240/240 (streams)
    """  # noqa: E501
    data, called, origin = read(source)
    name = name or Path(called).stem
    if split not in SCHEMES:
        raise CharlensError(f"split: expected {' or '.join(SCHEMES)}, found {split!r}")
    if not (train > 0 and val > 0 and train + val < 1):
        raise CharlensError(
            f"train, val: expected fractions above 0 that leave a test split, found {train}, {val}"
        )
    layout = _layout(len(data), train, val, batch, unroll)
    if layout is None:
        raise CharlensError(
            f"{name}: {len(data):,} bytes are too few to split into train, validation and test"
            f"{_of(batch, unroll)}; use a longer text{_perhaps_a_path(source)}"
        )
    if (batch is None and layout.batch < BATCH) or (unroll is None and layout.unroll < UNROLL):
        warnings.warn(
            f"{name}: {len(data):,} bytes are few: {streams(layout.batch)} in blocks of "
            f"{layout.unroll} instead of the workflow's {BATCH} in blocks of {UNROLL}",
            stacklevel=2,
        )
    return Text(*prepare(data, name, origin, split, *layout, train, val))


class Layout(NamedTuple):
    """How a text is cut."""

    batch: int
    unroll: int


def _layout(
    size: int, train: float, val: float, batch: int | None, unroll: int | None
) -> Layout | None:
    """The streams and blocks asked for, or ones that suit a short text; None where none do."""
    streams = batch or min(BATCH, max(1, size // ((unroll or UNROLL) * LEAST_BLOCKS)))
    blocks = [unroll] if unroll else range(UNROLL, 0, -1)
    if min(streams, *blocks) < 1:
        return None
    fits = (b for b in blocks if min(block_counts(size, streams, b, train, val)) >= 1)
    first = next(fits, None)
    return Layout(streams, first) if first else None


def streams(count: int) -> str:
    """A number of streams in words."""
    return f"{count} stream{'s' * (count != 1)}"


def _of(batch: int | None, unroll: int | None) -> str:
    asked = [f"{n} {what}" for n, what in ((batch, "streams"), (unroll, "bytes per block")) if n]
    return f" of {', '.join(asked)}" if asked else ""


def _perhaps_a_path(source: AnyText) -> str:
    return f" ({source!r} names no file)" if isinstance(source, str) and len(source) < 256 else ""


def read(source: AnyText, *, paths: bool = True) -> tuple[bytes, str, str]:
    """The bytes of a text.

    Args:
        source: characters, bytes, or a path.
        paths: whether a string may be a path.

    Returns:
        The bytes, a name for them, and where they came from, in words.

    Raises:
        CharlensError: a file that does not exist or cannot be read, or something else than a text.
    """
    if isinstance(source, bytes | bytearray):
        return bytes(source), "text", "bytes in memory"
    if isinstance(source, str) and not (paths and _is_path(source)):
        if not paths and _is_path(source) and Path(source).is_file():
            warnings.warn(
                f"{source!r} is read as a string; for the file of this name give "
                f"pathlib.Path({source!r})",
                stacklevel=4,
            )
        return source.encode("utf-8", "surrogateescape"), "text", "a string in memory"
    if not isinstance(source, str | os.PathLike):
        raise CharlensError(
            f"text: expected a path, a string or bytes, found {type(source).__name__}"
        )
    path = Path(source).expanduser()
    if not path.exists():
        otherwise = ", or give the text itself as bytes" if isinstance(source, str) else ""
        raise CharlensError(f"{path}: no such file{searched(path)}; correct the path{otherwise}")
    return read_bytes(path), path.name, path.name


def _is_path(source: str) -> bool:
    try:
        if Path(source).expanduser().exists():
            return bool(source)
    except (OSError, ValueError, RuntimeError):  # too long for a name, or no name at all
        return False
    return re.fullmatch(r"\S{0,250}([/\\]\S+|\.\w{1,8})", source) is not None


@dataclass(frozen=True, eq=False)
class Reading:
    """Bytes that a model reads, one window after another.

    Attributes:
        name: of the text.
        text: the bytes and the places of those that the model reads, (streams, n).
        codes: vocabulary codes of the model, uint8 (streams, length + 1), n ≤ length; beyond n
            they have no meaning.
        steps: window length; divides length.
    """

    name: str
    text: CorpusText
    codes: Codes
    steps: int

    @property
    def bytes(self) -> np.ndarray:
        """The bytes read, uint8 (streams, n)."""
        return self.text.text[self.text.inputs]

    @property
    def encoding(self) -> str:
        """A guess, by stream: joined, one that ends within a character would shift the next."""
        return guess(self.bytes)


def reading(
    text: Text | AnyText,
    vocabulary: tuple[int, ...],
    unroll: int = WINDOW,
    *,
    cut: bool = False,
    skip_unknown: bool = False,
) -> Reading:
    """The test split of a corpus, or a whole text as one stream, in the codes of a model.

    Args:
        text: a corpus; or characters or bytes; or a path object (a string is no path here).
        vocabulary: byte values that the model knows, in increasing order.
        unroll: window length for a whole text.
        cut: end a whole text with its last complete window, instead of filling up that window.
        skip_unknown: leave characters that the model does not know out of a whole text.

    Raises:
        CharlensError: an empty text, or one with bytes that the model does not know.
    """
    if isinstance(text, Text):
        c = text.corpus
        values = np.array(c.vocabulary, np.uint8)[text.splits["test"]]
        return Reading(c.name, text.whole, encoded(values, vocabulary, c.name), c.unroll)
    data, name, _ = read(text, paths=False)
    if skip_unknown:
        data = known(data, vocabulary, name)
    if not data:
        raise CharlensError(f"{name}: expected at least one character, found an empty text")
    values = np.frombuffer(data, np.uint8)
    steps = min(len(values), unroll)
    if cut:
        values = values[: len(values) // steps * steps]
    rows = np.zeros((1, -(-len(values) // steps) * steps + 1), np.uint8)
    rows[0, : len(values)] = encoded(values, vocabulary, name, otherwise=OR_SKIP)
    return Reading(name, CorpusText(values, np.arange(len(values))[None]), rows, steps)


_OR_REMOVE = "remove them, or train on a text that has them"
OR_SKIP = (
    "leave them out (skip_unknown=True, in a shell --skip-unknown), or train on a text that has "
    "them"
)
"""What to do about characters that a model does not know in a text that is no corpus."""


def known(data: bytes, vocabulary: tuple[int, ...], name: str) -> bytes:
    """A text without the characters that a model does not know; warns of how many they are.

    A character of several bytes goes as a whole: a part of it would be another character.

    Raises:
        CharlensError: the model knows none of its characters.
    """
    unknown = _unknown(data, vocabulary)
    if not unknown:
        return data
    keep = np.ones(len(data), bool)
    for part in unknown:
        keep[part.start : part.stop] = False
    if not keep.any():
        raise CharlensError(
            f"{name}: the model knows none of its characters; train on a text that has them"
        )
    count = len(unknown)
    warnings.warn(
        f"{name}: {count:,} character{'s' * (count != 1)} left out, with bytes that the model "
        f"never saw in training: {_few(unknown)}",
        stacklevel=4,
    )
    return np.frombuffer(data, np.uint8)[keep].tobytes()


def _unknown(data: bytes, vocabulary: tuple[int, ...]) -> list[Character]:
    """The characters with a byte that a vocabulary does not have, wherever they come."""
    alphabet = frozenset(vocabulary)
    if alphabet.issuperset(data):
        return []
    parts = characters(data)
    return [part for part in parts if not alphabet.issuperset(data[part.start : part.stop])]


def _few(unknown: Sequence[Character]) -> str:
    """The first few different ones, in quotes."""
    different = list(dict.fromkeys(part.text for part in unknown))
    more = f" and {len(different) - 5} more" if len(different) > 5 else ""
    return f"{', '.join(map(repr, different[:5]))}{more}"


def encoded(
    values: np.ndarray, vocabulary: tuple[int, ...], name: str, otherwise: str = _OR_REMOVE
) -> Codes:
    """Vocabulary codes of byte values, of the same shape; warns of other line ends.

    Args:
        values: bytes, uint8.
        vocabulary: byte values in increasing order.
        name: of the text.
        otherwise: what to do about a byte that the vocabulary does not have.

    Raises:
        CharlensError: a byte that the vocabulary does not have.
    """
    if unknown := _unknown(values.tobytes(), vocabulary):
        if {part.text for part in unknown} == {"\r"}:
            otherwise = r"write its lines with \n alone, as those of that text are"
        raise CharlensError(
            f"{name}: has characters with bytes that the model never saw in training: "
            f"{_few(unknown)}; {otherwise}"
        )
    if ord("\r") in vocabulary and (values == ord("\n")).any() and not (values == ord("\r")).any():
        warnings.warn(
            rf"{name}: its lines end in \n, those that the model learned from in \r\n, so every "
            r"end of a line surprises it; replace \n by \r\n",
            stacklevel=4,
        )
    code_of = np.zeros(256, np.uint8)
    code_of[list(vocabulary)] = np.arange(len(vocabulary))
    return code_of[values]
