"""A corpus's text put together again from its splits, and the places of the test split in it.

Lexical analyses (quotes, comments, brackets) must see what comes before a test stream, so they read
the whole text once and then look at the test characters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

from charlens.errors import CharlensError
from charlens.files.atomic import FilePath
from charlens.text.blocks import FILES
from charlens.text.corpus import Corpus, load_split
from charlens.text.splits import SPLITS


@dataclass(frozen=True)
class CorpusText:
    """A text and the places of its test split.

    Attributes:
        text: byte values of the corpus up to its unused tail, and the byte that follows (the last
            target: the first byte of all where no tail is left, as in char-rnn), uint8 (bytes,).
            Of a split by files, what is left at the end of the training files is missing, too,
            and of the validation files.
        inputs: index into ``text`` of every input byte of the test split, int64 (B, length).
    """

    text: np.ndarray
    inputs: np.ndarray

    @property
    def targets(self) -> np.ndarray:
        """Index of every predicted byte, int64 (B, length)."""
        return self.inputs + 1

    @classmethod
    def of(cls, corpus: Corpus, splits: Mapping[str, np.ndarray]) -> Self:
        """Put a corpus's text together from its splits in memory.

        Args:
            corpus: the description of the corpus.
            splits: ``train``, ``val`` and ``test``, vocabulary codes, each uint8 (B, length + 1).
        """
        codes, inputs = joined(splits, corpus.split)
        vocabulary = np.array(corpus.vocabulary, np.uint8)
        return cls(vocabulary[np.append(codes, splits["test"][-1, -1])], inputs)


def load_text(corpus: Corpus, paths: Mapping[str, FilePath]) -> CorpusText:
    """Put a corpus's text together.

    Args:
        corpus: the description of the corpus.
        paths: paths ``train``, ``val`` and ``test`` (.npy).

    Raises:
        CharlensError: a missing or damaged split.
    """
    return CorpusText.of(corpus, {part: load_split(paths[part]) for part in SPLITS})


def joined(splits: Mapping[str, np.ndarray], split: str) -> tuple[np.ndarray, np.ndarray]:
    """The inputs of all splits in the order of the text, and the places of those of the test split.

    Args:
        splits: ``train``, ``val`` and ``test``, each (B, length + 1): codes or byte values.
        split: how the text was split, ``streams``, ``position`` or ``files``.

    Returns:
        The text, (bytes,), and indices into it, int64 (B, length).

    Raises:
        CharlensError: an unknown way to split.
    """
    parts = [splits[part][:, :-1] for part in SPLITS]
    test = parts[-1]
    if split == "streams":
        rows = np.concatenate(parts, axis=1)
        return rows.ravel(), np.arange(rows.size).reshape(rows.shape)[:, -test.shape[1] :]
    if split in ("position", FILES):
        text = np.concatenate([part.ravel() for part in parts])
        return text, np.arange(len(text) - test.size, len(text)).reshape(test.shape)
    raise CharlensError(f"split: expected streams, position or {FILES}, found {split!r}")
