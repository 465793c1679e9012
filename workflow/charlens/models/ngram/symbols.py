"""Texts for the n-gram models: codes of the symbols, and the places to predict."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from charlens.errors import CharlensError
from charlens.models.ngram.kneser_ney import FIRST_BYTE, SENTENCE_END, SENTENCE_START

Text = bytes | npt.NDArray[np.uint8]
Codes = npt.NDArray[np.unsignedinteger]


def symbols_of(text: Text, what: str) -> npt.NDArray[np.uint8]:
    """A text as uint8 of shape (n,).

    Raises:
        CharlensError: anything but bytes or a one-dimensional uint8 array.
    """
    if isinstance(text, bytes | bytearray | memoryview):
        return np.frombuffer(text, dtype=np.uint8)
    if getattr(text, "dtype", None) != np.uint8 or text.ndim != 1:
        form = f"{getattr(text, 'dtype', type(text).__name__)} {getattr(text, 'shape', '')}"
        raise CharlensError(
            f"{what}: expected bytes or uint8 of shape (n,), found {form.strip()}; join streams "
            "in order (rows[:, :-1].ravel())"
        )
    return np.asarray(text)


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The symbols that occur in a training text, and their codes."""

    symbols: npt.NDArray[np.uint8]  # (V,), increasing

    @property
    def unknown(self) -> int:
        """The code of a symbol that does not occur."""
        return FIRST_BYTE + len(self.symbols)

    @cached_property
    def code_of(self) -> Codes:
        """Code of each possible symbol, shape (256,); uint8 if all codes fit, else uint16."""
        dtype: type[np.unsignedinteger] = np.uint8 if self.unknown < 256 else np.uint16
        codes: Codes = np.full(256, self.unknown, dtype=dtype)
        codes[self.symbols] = np.arange(FIRST_BYTE, self.unknown)
        return codes

    def column(self, codes: Codes) -> Codes:
        """Columns of codes in tables by code; ``<unk>`` has that of ``<s>``, never predicted."""
        columns = codes.copy()
        columns[codes == self.unknown] = SENTENCE_START
        return columns

    def beginning(self, text: npt.NDArray[np.uint8]) -> Codes:
        """``<s>`` and the codes of a text, shape (n + 1,)."""
        codes = np.empty(len(text) + 1, dtype=self.code_of.dtype)
        codes[0] = SENTENCE_START
        codes[1:] = self.code_of[text]
        return codes

    def sentence(self, text: npt.NDArray[np.uint8]) -> Codes:
        """``<s>``, the codes of a text, and ``</s>``, shape (n + 2,)."""
        return np.append(self.beginning(text), self.code_of.dtype.type(SENTENCE_END))


@dataclass(frozen=True, eq=False)
class Windows:
    """Places in a sequence of codes where a symbol is to be predicted from all codes before it.

    Several sentences may follow one another. No context reaches back into another sentence: it
    would contain ``<s>``, which the training text has at its beginning only.
    """

    codes: Codes  # (m,)
    ends: npt.NDArray[np.int64]  # (n,), different: the context of place i is codes[: ends[i]]

    @cached_property
    def place_of(self) -> npt.NDArray[np.int64]:
        """Which place's context ends at each code, shape (m + 1,); −1 where none does."""
        places = np.full(len(self.codes) + 1, -1, dtype=np.int64)
        places[self.ends] = np.arange(len(self.ends))
        return places


def places_along(vocabulary: Vocabulary, text: npt.NDArray[np.uint8]) -> Windows:
    """Predict each symbol of a sentence from those before it."""
    return Windows(vocabulary.beginning(text), np.arange(1, len(text) + 1))


def places_after(vocabulary: Vocabulary, contexts: list[npt.NDArray[np.uint8]]) -> Windows:
    """Predict what follows each of several sentence beginnings."""
    pieces = [vocabulary.beginning(context) for context in contexts]
    ends = np.cumsum([len(piece) for piece in pieces], dtype=np.int64)
    codes = np.concatenate(pieces) if pieces else vocabulary.beginning(np.zeros(0, np.uint8))
    return Windows(codes, ends)
