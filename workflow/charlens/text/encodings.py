"""Encodings of texts: which one a text has, and which bytes make up each of its characters.

Models read bytes, whatever they stand for. An encoding is needed only where people read a text, and
where a label is about its characters: quotes, words, punctuation.
"""

from __future__ import annotations

import codecs
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from charlens.config_types import text_encoding
from charlens.files.atomic import FilePath
from charlens.text.c_lexer import Text, byte_values
from charlens.text.corpus import Codes, Corpus, load_split

UTF_8 = "utf-8"

ESCAPED = 0xDC00
"""A byte *b* that is no part of a character is decoded to the code point ``ESCAPED + b``."""

SAMPLE = 1 << 20
"""Bytes of a text that a guess looks at."""

_DETECTED = 1 << 16  # bytes that charset-normalizer looks at: a page or two would do
_ERRORS = "charlens.bytes"
_log = logging.getLogger("charlens")


def _escape(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    return "".join(chr(ESCAPED + byte) for byte in wrong), error.end


codecs.register_error(_ERRORS, _escape)


@dataclass(frozen=True, eq=False)
class Decoded:
    """A text as characters.

    Attributes:
        text: the characters; a byte that is no part of one is ``chr(ESCAPED + byte)``.
        encoding: how they are encoded.
    """

    text: str
    encoding: str

    @cached_property
    def code_points(self) -> np.ndarray:
        """The number of each character, uint32 (characters,)."""
        data = self.text.encode("utf-32-le", "surrogatepass")
        return np.frombuffer(data, np.uint32)

    @cached_property
    def bounds(self) -> np.ndarray:
        """First byte of each character, and last the number of bytes, int64 (characters + 1,)."""
        sizes = np.zeros(self.code_points.size + 1, np.int64)
        sizes[1:] = self._sizes()
        return np.cumsum(sizes)

    def _sizes(self) -> np.ndarray:
        points = self.code_points
        escaped = (points >= ESCAPED) & (points < ESCAPED + 256)
        if self.encoding == UTF_8:
            sizes = 1 + (points >= 0x80) + (points >= 0x800) + (points >= 0x10000)
        else:
            distinct, which = np.unique(np.where(escaped, 0, points), return_inverse=True)
            encoded = [chr(point).encode(self.encoding) for point in distinct.tolist()]
            sizes = np.array([len(data) for data in encoded], np.int64)[which]
        return np.where(escaped, 1, sizes)

    def by_byte(self, values: np.ndarray) -> np.ndarray:
        """Repeat a value per character for each of its bytes: (characters,) to (bytes,)."""
        return np.repeat(values, np.diff(self.bounds))


def decode(text: Text, encoding: str = UTF_8) -> Decoded:
    r"""Read bytes as characters. Together these cover every byte once.

    Args:
        text: the text; its first byte begins a character.
        encoding: a name that Python knows, of an encoding without states.

    Raises:
        CharlensError: the text is neither bytes nor uint8.

    Example:
        >>> decode("né\n".encode("latin-1"), "latin-1").text
        'né\n'
        >>> decode("한".encode()[:2]).bounds.tolist()
        [0, 1, 2]
    """
    data = byte_values(text).tobytes()
    return Decoded(data.decode(encoding, _ERRORS), encoding)


def guess(text: Text | np.ndarray) -> str:
    """The encoding of a text, by its first bytes; UTF-8 where they are no text at all.

    Args:
        text: any part of the text, or several, uint8 (streams, bytes). Each may begin and end
            within a character.

    Raises:
        CharlensError: the text is neither bytes nor uint8.

    Example:
        >>> guess("déjà vu".encode())
        'utf-8'
    """
    streams = np.atleast_2d(byte_values(text) if isinstance(text, bytes) else text)
    streams = streams[: max(1, SAMPLE // max(streams.shape[1], 1)), :SAMPLE]
    sample = byte_values(streams.ravel())
    if not sample.size or (sample.max() < 128 and sample.min() > 0):
        return UTF_8
    wide = _wide(sample)
    if wide is not None:
        return wide
    return UTF_8 if _is_utf_8(streams) else _detected(np.concatenate([*map(_whole, streams)]))


def _wide(sample: np.ndarray) -> str | None:
    """UTF-16 if every other byte of ASCII, or of every line end, is a zero; else None."""
    if sample.min() > 0:
        return None
    data, zeros = sample.tobytes(), [float(np.mean(sample[i::2] == 0)) for i in range(2)]
    likely: dict[str, tuple[int, bool]] = {}
    for encoding, code, first in (("utf-16-be", b"\x00\n", 0), ("utf-16-le", b"\n\x00", 1)):
        places = np.array([match.start() for match in re.finditer(code, data)])
        odd = 0.5
        if places.size > 0.8 * data.count(b"\n") > 1:
            odd = float(np.mean(places % 2))
        if abs(odd - 0.5) > 0.4:  # all at odd places, or all at even ones
            start = int(odd > 0.5)  # the sample may begin in the middle of a character
        elif zeros[first] > 0.3 and zeros[1 - first] < 0.02:
            start = 0
        else:
            continue
        # The other way round, a text of one script looks the same but for its blanks.
        blanks = np.isin(decode(data[start:], encoding).code_points, (ord(" "), ord("\n")))
        likely[encoding] = (int(np.count_nonzero(blanks)), start == 0)
    return max(likely, key=likely.__getitem__) if likely else None


def _is_utf_8(streams: np.ndarray) -> bool:
    """Whether the bytes are UTF-8, but for characters cut at the ends and a few bytes within."""
    wrong = several = 0
    for stream in streams:
        points = decode(stream).code_points[3:-3]
        escaped = int(np.count_nonzero((points >= ESCAPED) & (points < ESCAPED + 256)))
        wrong += escaped
        several += int(np.count_nonzero(points >= 128)) - escaped
    return wrong <= several // 50


def _whole(stream: np.ndarray) -> np.ndarray:
    """A stream from its first to its last byte after which no character goes on."""
    ends = np.flatnonzero(stream < 48)
    return stream[ends[0] : ends[-1]] if ends.size > 1 else stream


_HIRAGANA = re.compile("[\u3041-\u3096]")

# The encodings in which most texts come that are not UTF-8; of equally likely ones the first.
_LIKELY = [
    "cp1252", "cp1250", "cp1254", "gb18030", "big5", "cp932", "euc_jp", "cp949",
    "cp1255", "cp1253", "cp1256", "cp1251", "koi8_r",
]  # fmt: skip


def _detected(sample: np.ndarray) -> str:
    """What charset-normalizer takes the text for; UTF-8 where it finds no text."""
    from charset_normalizer import from_bytes

    logging.getLogger("charset_normalizer").setLevel(logging.ERROR)
    likely: dict[str, tuple[bool, float, float]] = {}
    for match in from_bytes(sample[:_DETECTED].tobytes(), cp_isolation=_LIKELY):
        # Only Japanese, read rightly, is full of hiragana.
        other = len(_HIRAGANA.findall(str(match))) < 0.1 * len(str(match))
        for name in (match.encoding, *match.could_be_from_charset):
            likely.setdefault(name, (other, round(match.chaos, 2), -round(match.coherence, 1)))
    ranked = [name for name in _LIKELY if name in likely]
    return text_encoding(min(ranked, key=likely.__getitem__)) if ranked else UTF_8


def of_corpus(configured: str | None, corpus: Corpus, test: Codes) -> str:
    """The encoding in which a corpus is shown: the config's, else guessed, and named in the log.

    Args:
        configured: what the config says of it; None guesses.
        corpus: its description.
        test: vocabulary codes of its test split, uint8 (streams, length + 1).
    """
    vocabulary = np.array(corpus.vocabulary, np.uint8)
    if vocabulary.size == 0 or (vocabulary.max() < 128 and vocabulary.min() > 0):
        return UTF_8  # ASCII, whatever else it may be called
    if configured is not None:
        return configured
    encoding = guess(vocabulary[test])
    _log.info(
        "%s: its bytes are shown as %s, a guess; if it is wrong, set corpora.%s.encoding",
        corpus.name,
        encoding.upper(),
        corpus.name,
    )
    return encoding


def of_corpora(
    configured: Mapping[str, str | None], corpora: Sequence[FilePath], tests: Sequence[FilePath]
) -> dict[str, str]:
    """The same of several corpora, by their names.

    Args:
        configured: what the config says of each, by name.
        corpora: paths of their descriptions (corpus.json).
        tests: of their test splits (.npy).

    Raises:
        CharlensError: a damaged file.
    """
    names = {}
    for path, test in zip(corpora, tests, strict=True):
        corpus = Corpus.load(path)
        names[corpus.name] = of_corpus(configured.get(corpus.name), corpus, load_split(test))
    return names


def aligned(text: Text, encoding: str) -> int:
    """Index of the first byte that begins a character: above 0 where a text is cut within one.

    Args:
        text: a part of a text, uint8 (bytes,) or bytes.
        encoding: its encoding.

    Raises:
        CharlensError: the text is neither bytes nor uint8.
    """
    data = byte_values(text).ravel()[:4096].tobytes()
    unit = len("\n".encode(encoding))
    if unit == 1:
        return 0
    newlines = [sum(_units(data[i:], encoding, "\n\r ,.")) for i in range(unit)]
    return int(np.argmax(newlines))


def _units(data: bytes, encoding: str, characters: str) -> list[int]:
    decoded = data.decode(encoding, "replace")
    return [decoded.count(character) for character in characters]


def line_starts(text: np.ndarray, encoding: str = UTF_8) -> np.ndarray:
    r"""Places of the bytes that begin a line, other than the first: int64 (lines,).

    A line ends with a line feed; in a text that has more carriage returns without one, with those.

    Args:
        text: one stream, uint8 (bytes,).
        encoding: its encoding.

    Example:
        >>> line_starts(np.frombuffer(b"a\r\nb\nc", np.uint8)).tolist()
        [3, 5]
        >>> line_starts(np.frombuffer(b"a\rb\rc", np.uint8)).tolist()
        [2, 4]
    """
    first = aligned(text, encoding)
    unit = len("\n".encode(encoding))
    if unit == 1:
        ends = np.flatnonzero(text[:-1] == line_end(text)) + 1
        return ends
    decoded = decode(text[first:], encoding)
    ends = decoded.code_points == ord("\n")
    return decoded.bounds[1:][ends] + first if ends.any() else np.zeros(0, np.int64)


def line_end(text: np.ndarray) -> int:
    r"""The byte that ends lines: a line feed, or a carriage return where that comes more often.

    Args:
        text: uint8, any shape; carriage returns before a line feed do not count, nor does one at
            the end, whose line feed may be cut off.

    Example:
        >>> line_end(np.frombuffer(b"one line\r", np.uint8)) == ord("\n")
        True
    """
    flat = text.ravel()
    feeds, returns = flat == ord("\n"), flat == ord("\r")
    alone = np.count_nonzero(returns[:-1] & ~feeds[1:])
    return ord("\r") if alone > np.count_nonzero(feeds) else ord("\n")
