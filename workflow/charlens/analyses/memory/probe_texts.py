"""Probes of memory: pairs of texts that differ in something put in d bytes ago.

Both texts of a pair share the real text before, the neutral text after, and what is measured: the
probability of what would close or continue the thing that was put in. To add a probe, add an entry
to :data:`PROBES`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from charlens.analyses.memory.probe_stock import Stock, new_words, stretches
from charlens.text.lexed import LexedText
from charlens.text.marks import QUOTES, SPACES, marks

WARM = 200
"""Bytes of real text before a probe, less what neutral texts differ in length by."""

FEWEST = 10
"""Of fewer pairs nothing is computed."""


@dataclass(frozen=True)
class Probe:
    """Something that is put into a text, and what shows that it is remembered.

    Attributes:
        kinds: of text that it is for.
        opened: what is put in, given a new word.
        control: what stands in its place in the other text, given another new word.
        before: what follows the neutral text, given the new word.
        closing: what is then measured, given the new word.
        new_word: whether the probe has one.
        title: in words.
    """

    kinds: tuple[str, ...]
    title: str
    opened: Callable[[bytes], bytes]
    control: Callable[[bytes], bytes]
    closing: Callable[[bytes], bytes]
    before: Callable[[bytes], bytes] = lambda word: b""
    new_word: bool = False


PROBES: dict[str, Probe] = {
    "quotation": Probe(
        ("prose",),
        "an opened quotation",
        opened=lambda word: b'"',
        control=lambda word: b"",
        closing=lambda word: b'"',
    ),
    "comment": Probe(
        ("c",),
        "an opened comment",
        opened=lambda word: b"/*\n",
        control=lambda word: b"\n",
        closing=lambda word: b" */",
    ),
    "block": Probe(
        ("c",),
        "an opened block",
        opened=lambda word: b"{\n",
        control=lambda word: b"\n",
        closing=lambda word: b"}",
    ),
    "word in prose": Probe(
        ("prose",),
        "a new word",
        opened=lambda word: word + b". ",
        control=lambda word: word + b". ",
        before=lambda word: b" " + word[:2],
        closing=lambda word: word[2:],
        new_word=True,
    ),
    "word in code": Probe(
        ("c",),
        "a new word",
        opened=lambda word: b"\t" + word + b";\n",
        control=lambda word: b"\t" + word + b";\n",
        before=lambda word: b"\t" + word[:2],
        closing=lambda word: word[2:],
        new_word=True,
    ),
}
"""Probes by name. A copied word is measured from its third letter on: two say that it comes.

Quotations have the marks of the text, where it has any: :func:`probes_of`.
"""


@dataclass(frozen=True)
class Pairs:
    """Texts of one probe at one distance; all of one length.

    Attributes:
        opened: byte values, uint8 (pairs, characters).
        control: the same without what the probe puts in.
        closing: what is measured after both, uint8 (pairs, letters).
        stream: of the text before, int64 (pairs,).
    """

    opened: np.ndarray
    control: np.ndarray
    closing: np.ndarray
    stream: np.ndarray


def probes_of(text: LexedText) -> dict[str, Probe]:
    """The probes for a text, quotations in the marks, with the spaces within, that it has most."""
    probes = {name: probe for name, probe in PROBES.items() if text.kind in probe.kinds}
    if "quotation" in probes and (most := Counter(_enclosed(text)).most_common(1)):
        ((opening, before, closing), _), *_ = most
        probes["quotation"] = replace(
            probes["quotation"],
            opened=lambda word: opening,
            before=lambda word: before,
            closing=lambda word: closing,
        )
    return probes


def _enclosed(text: LexedText) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Of each quotation the opening mark with a space after it, a space before the end, the end."""
    data, matched = text.values.tobytes(), marks(text, QUOTES)
    spaces = [space.encode(text.encoding, "ignore") for space in SPACES]
    spaces = [space for space in spaces if space]
    for opener, wide, closer, width, _ in zip(*(part.tolist() for part in matched), strict=True):
        inner = data[opener + wide : closer]
        after = next((space for space in spaces if inner.startswith(space)), b"")
        before = next((space for space in spaces if inner.endswith(space)), b"")
        yield data[opener : opener + wide] + after, before, data[closer : closer + width]


def words_for(train: bytes, count: int, generator: np.random.Generator) -> list[bytes]:
    """New words for ``count`` pairs: one for each text of a pair."""
    return new_words(train, 2 * count, generator)


def pairs(
    probe: Probe,
    stock: Stock,
    words: list[bytes],
    distance: int,
    count: int,
    generator: np.random.Generator,
) -> Pairs | str:
    """Make the texts of a probe at one distance.

    Args:
        probe: an entry of :data:`PROBES`.
        stock: what the text offers.
        words: new words.
        distance: bytes between what is put in and what is measured, about.
        count: how many pairs, as far as the text has places for them.
        generator: of the draws.

    Returns:
        The pairs, or why there are none, in words.
    """
    places = np.flatnonzero(stock.column >= WARM)
    if len(places) < FEWEST:
        return f"{len(places)} places with {WARM} bytes before them, {FEWEST} are needed"
    if probe.new_word and len(words) < 2 * min(count, len(places)):
        return f"{len(words)} new words of ASCII letters could be made up, too few"
    chosen = generator.choice(places, min(count, len(places)), replace=False)
    between = stretches(stock, distance, len(chosen), generator)
    if not between:
        return f"no neutral stretch of about {distance} bytes"
    rows = []
    for i, (place, neutral) in enumerate(zip(chosen, between, strict=True)):
        word, other = (words[2 * i], words[2 * i + 1]) if probe.new_word else (b"", b"")
        past = stock.streams[stock.stream[place], : stock.column[place]].tobytes()
        after = neutral + probe.before(word)
        texts = (past + probe.opened(word) + after, past + probe.control(other) + after)
        rows.append((*texts, probe.closing(word)))
    length = WARM + min(len(neutral) for neutral in between)
    columns = zip(*rows, strict=True)
    opened, control = (_last(next(columns), length) for _ in range(2))
    closing = _last(next(columns), len(rows[0][2]))
    return Pairs(opened, control, closing, stock.stream[chosen])


def _last(texts: tuple[bytes, ...], length: int) -> np.ndarray:
    """The last characters of each text, uint8 (texts, length)."""
    return np.stack([np.frombuffer(text[-length:], np.uint8) for text in texts])
