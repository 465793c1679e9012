"""The encoding of a text, guessed from its bytes."""

from __future__ import annotations

import codecs
import logging
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from charlens.config_types import text_encoding
from charlens.files.atomic import FilePath
from charlens.text import latin_alphabets
from charlens.text.c_lexer import Text, byte_values
from charlens.text.corpus import Corpus, load_split
from charlens.text.encodings import ESCAPED, UTF_8, decode
from charlens.text.shifted import SHIFTED
from charlens.text.splits import Codes

if TYPE_CHECKING:
    from charset_normalizer import CharsetMatch

SAMPLE = 1 << 20
"""Bytes of a text that a guess looks at."""

_DETECTED = 1 << 16  # bytes that charset-normalizer looks at: a page or two would do
_DAMAGED = 500  # of so many bytes beyond ASCII one may be no character
_log = logging.getLogger("charlens")


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
    if not sample.size:
        return UTF_8
    if sample.max() < 128 and sample.min() > 0:
        return _shifted(streams)
    wide = _wide(streams) if streams.shape[1] > 1 else None
    if wide is not None:
        return wide
    return UTF_8 if _is_utf_8(streams) else _detected(np.concatenate([*map(_whole, streams)]))


_PIECE = 1 << 16  # bytes
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}


def of_whole(data: bytes) -> str:
    r"""The encoding of a whole text; empty for ASCII.

    Of a long text the guess looks where most bytes are beyond ASCII: its beginning may have none.

    Args:
        data: the text, from its first byte.

    Example:
        >>> of_whole("naïve\n".encode("utf-16")), of_whole(b"plain")
        ('utf-16-le', '')
    """
    values = np.frombuffer(data, np.uint8)
    seven_bits = data.isascii() and b"\0" not in data
    if values.size > SAMPLE and not seven_bits:
        pieces = values[: values.size // _PIECE * _PIECE].reshape(-1, _PIECE)
        beyond = np.count_nonzero(pieces >= 128, axis=1)
        chosen = np.argsort(-beyond, kind="stable")[: SAMPLE // _PIECE]
        encoding = guess(pieces[np.sort(chosen)])
    else:
        encoding = guess(data)
    if seven_bits and encoding == UTF_8:
        return ""
    if encoding[:6] in ("utf-16", "utf-32"):
        return next((name for mark, name in _MARKS.items() if data.startswith(mark)), encoding)
    return encoding


_LEAST_SHIFTED = 0.05  # of the characters; a few between marks may be an accident


def _shifted(streams: np.ndarray) -> str:
    """The encoding of seven bits whose marks a text has; UTF-8, which ASCII is, without them."""
    data = streams.tobytes()
    for name, shifts in SHIFTED.items():
        if all(mark in data for mark in shifts.ends):
            points = np.concatenate([decode(row, name).code_points for row in streams])
            escaped = np.count_nonzero((points >= ESCAPED) & (points < ESCAPED + 256))
            several = np.count_nonzero(points >= 128) - escaped
            if several > _LEAST_SHIFTED * points.size and escaped <= several // 50:
                return name
    return UTF_8


def _wide(streams: np.ndarray) -> str | None:
    """UTF-32 or UTF-16, with its byte order, or None where a text is in neither.

    UTF-32 if groups of four bytes are numbers of characters. UTF-16 if every other byte of ASCII,
    or of every line end, is a zero, or if the bytes are hardly anything but text in it. Streams
    may begin within a character, in UTF-16 all of them or every other one.
    """
    if streams.min() > 0:
        return None
    wider = _wider(streams)
    if wider is not None:
        return wider
    turns = streams[:, :-1].copy()
    turns[1::2] = streams[1::2, 1:]
    even = max(turns.shape[1] // 2 * 2, 1)
    likely: dict[str, tuple[int, bool]] = {}
    for sample in (streams[:, :even].ravel(), turns[:, :even].ravel()):
        for encoding, blanks in _wide_sample(sample).items():
            likely[encoding] = max(blanks, likely.get(encoding, blanks))
    return max(likely, key=likely.__getitem__) if likely else None


def _wider(streams: np.ndarray) -> str | None:
    """UTF-32 of the byte order in which a text has more blanks; None where it has neither."""
    likely = {}
    for encoding, order in (("utf-32-be", slice(None)), ("utf-32-le", slice(None, None, -1))):
        fits = [_in_fours(stream, order) for stream in streams]
        if None not in fits:
            likely[encoding] = tuple(map(sum, zip(*filter(None, fits), strict=True)))
    return max(likely, key=likely.__getitem__) if likely else None


def _in_fours(stream: np.ndarray, order: slice) -> tuple[int, bool] | None:
    """Blanks of a text in UTF-32, and whether a character begins it; None if it is none.

    Args:
        stream: uint8 (bytes,).
        order: puts the highest byte of four first.
    """
    for start in range(min(4, stream.size // 8)):
        four = stream[start : start + (stream.size - start) // 4 * 4].reshape(-1, 4)[:, order]
        possible = (four[:, 0] == 0) & (four[:, 1] <= 0x10)
        if np.mean(possible) > 0.99:
            places = np.array([1 << 24, 1 << 16, 1 << 8, 1], np.uint32)
            points = four[possible].astype(np.uint32) @ places
            if _share_of_no_text(points) < 0.01:
                return int(np.count_nonzero(np.isin(points, _BLANKS))), start == 0
    return None


def _share_of_no_text(points: np.ndarray) -> float:
    """How many of some characters are none of text, line ends and tabs apart."""
    distinct, counts = np.unique(points, return_counts=True)
    usual = [ord(mark) for mark in "\n\r\t"]
    wrong = [
        point not in usual and unicodedata.category(chr(point)) in _NO_TEXT
        for point in distinct.tolist()
    ]
    return float(counts[wrong].sum() / counts.sum())


_BLANKS = [ord(" "), ord("\n"), ord("。")]


def _wide_sample(sample: np.ndarray) -> dict[str, tuple[int, bool]]:
    """Blanks of a text in UTF-16 of each byte order it may have, and whether it begins there."""
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
            starts = [i for i in range(2) if _reads_as_text(data[i:], encoding)]
            if not starts:
                continue
            start = starts[0]
        # The other way round, a text of one script looks the same but for its blanks.
        blanks = np.isin(decode(data[start:], encoding).code_points, _BLANKS)
        likely[encoding] = (int(np.count_nonzero(blanks)), start == 0)
    return likely


def _reads_as_text(data: bytes, encoding: str) -> bool:
    """Whether bytes, many of them not of ASCII text, are nearly all characters in an encoding.

    Chinese has neither many spaces nor, in its letters, bytes that tell where a character begins.
    Read the other way round, a line feed is U+0A00 and a comma U+0CFF, which are no characters.
    """
    values = np.frombuffer(data, np.uint8)
    printed = (values >= 32) & (values < 128)
    if np.mean(printed | np.isin(values, [0, 9, 10, 11, 12, 13])) > 0.9:
        return False
    points = decode(data, encoding).code_points
    breaks = np.isin(points, [ord(mark) for mark in "\n\r\t"]).any()
    return bool(breaks) and _share_of_no_text(points) <= 0.002


_NO_TEXT = ("Cc", "Cn", "Co", "Cs")


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
_NARROW_KATAKANA = re.compile("[\uff66-\uff9f]")

# The encodings in which most texts come that are not UTF-8; of equally likely ones the first.
_LIKELY = [
    "cp1252", "iso8859_2", "cp1250", "cp1254", "gb18030", "big5", "cp932", "euc_jp", "cp949",
    "cp1255", "cp1253", "cp1256", "cp1251", "koi8_r", "koi8_u", "cp866", "iso8859_5", "iso8859_6",
    "cp874", "mac_roman",
]  # fmt: skip
# Where Western text has Icelandic letters, cp1254 has those of Turkish, which has few others.
_ONLY_TURKISH = list("ğışĞİŞ".encode("cp1254"))
_TURKISH = [*_ONLY_TURKISH, *"çöüÇÖÜ".encode("cp1254")]
# Bytes 80 to 9F: ISO 8859 has no characters there, that of old Macs many.
_NONE_THERE = ("iso8859_2", "iso8859_5", "iso8859_6")
_MOST_THERE = ("mac_roman",)


def _detected(sample: np.ndarray) -> str:
    """By the alphabets of Latin letters, else by charset-normalizer; UTF-8 if it is no text."""
    latin = latin_alphabets.best(sample, _possible(sample)) if _has_no_controls(sample) else None
    if latin is not None:
        return text_encoding(latin)
    sample = _whole(sample[:_DETECTED])
    names = _possible(sample)
    likely: dict[str, tuple[int, float, float]] = {}
    for match in _matches(sample, names):
        odd = _oddness(str(match))
        for name in (match.encoding, *match.could_be_from_charset):
            likely.setdefault(name, (odd, round(match.chaos, 2), -round(match.coherence, 1)))
    ranked = [name for name in names if name in likely]
    return text_encoding(min(ranked, key=likely.__getitem__)) if ranked else UTF_8


def _matches(sample: np.ndarray, names: Sequence[str]) -> list[CharsetMatch]:
    """What charset-normalizer says of the encodings that a text may have."""
    from charset_normalizer import from_bytes

    logging.getLogger("charset_normalizer").setLevel(logging.ERROR)
    data = sample.tobytes()
    texts = {data: list(names)}
    for name in names:
        # One damaged byte in a million would exclude the right encoding.
        wrong = data.decode(name, "replace").count("\ufffd")
        if 0 < wrong <= np.count_nonzero(sample >= 0x80) // _DAMAGED:
            texts.setdefault(data.decode(name, "ignore").encode(name), []).append(name)
    thresholds = (0.2, 0.5) if _has_no_controls(sample) else (0.2,)
    for threshold in thresholds:
        # Rightly read, texts with many accents, such as Turkish, look odd to it, too.
        matches = [
            match
            for text, isolated in texts.items()
            for match in from_bytes(text, cp_isolation=isolated, threshold=threshold)
        ]
        if matches:
            break
    return matches


def _oddness(text: str) -> int:
    """0 for text full of hiragana: only Japanese, read rightly, is; 2 for narrow katakana."""
    if len(_HIRAGANA.findall(text)) >= 0.1 * len(text):
        return 0
    return 2 if len(_NARROW_KATAKANA.findall(text)) > 0.2 * len(text) else 1


def _possible(sample: np.ndarray) -> list[str]:
    """The encodings of :data:`_LIKELY` that the bytes of a text do not exclude."""
    high = sample[sample >= 0x80]
    in_c1 = np.count_nonzero(high < 0xA0) / max(high.size, 1)
    excluded = [*(_NONE_THERE if in_c1 else ()), *(_MOST_THERE if in_c1 < 0.1 else ())]
    letters = high[high >= 0xC0]
    if np.mean(np.isin(letters, _TURKISH) if letters.size else [False]) > 0.9:
        turkish = np.isin(letters, _ONLY_TURKISH).any()
        excluded += ["cp1252", "iso8859_2", "cp1250"] if turkish else ["cp1254"]
    return [name for name in _LIKELY if name not in excluded]


def _has_no_controls(sample: np.ndarray) -> bool:
    controls = (sample < 32) & ~np.isin(sample, [9, 10, 12, 13])
    return not controls.any()


def of_corpus(configured: str | None, corpus: Corpus, test: Codes) -> str:
    """The encoding in which a corpus is shown: the config's, else guessed, and named in the log.

    Args:
        configured: what the config says of it; None guesses.
        corpus: its description.
        test: vocabulary codes of its test split, uint8 (streams, length + 1).
    """
    vocabulary = np.array(corpus.vocabulary, np.uint8)
    of_seven_bits = not vocabulary.size or (vocabulary.max() < 128 and vocabulary.min() > 0)
    if configured is not None and (configured in SHIFTED or not of_seven_bits):
        return configured
    # Without a guess from the whole text, from the predicted bytes: tables that know nothing but
    # predictions guess from the same ones.
    encoding = corpus.encoding or guess(vocabulary[test[:, 1:]])
    if of_seven_bits and encoding == UTF_8:
        return UTF_8  # ASCII, whatever else it may be called
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
