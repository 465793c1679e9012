"""A corpus's text put together again from its splits, and where the test split lies in it.

Lexical analyses (quotes, comments, brackets) must see what comes before a test stream, so they read
the whole text once and then look at the test characters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from charlens.files.atomic import FilePath
from charlens.text.corpus import SPLITS, Corpus, load_split


@dataclass(frozen=True)
class CorpusText:
    """A text and the places of its test split.

    Attributes:
        text: byte values of the corpus up to its unused tail, and the byte that follows (the last
            target: the first byte of all where no tail is left, as in char-rnn), uint8 (bytes,).
        inputs: index into ``text`` of every input byte of the test split, int64 (B, length).
    """

    text: np.ndarray
    inputs: np.ndarray

    @property
    def targets(self) -> np.ndarray:
        """Index of every predicted byte, int64 (B, length)."""
        return self.inputs + 1


def load_text(corpus: Corpus, paths: Mapping[str, FilePath]) -> CorpusText:
    """Put a corpus's text together.

    Args:
        corpus: the description of the corpus.
        paths: paths ``train``, ``val`` and ``test`` (.npy).

    Raises:
        CharlensError: a missing or damaged split.
    """
    splits = [load_split(paths[part]) for part in SPLITS]
    parts = [rows[:, :-1] for rows in splits]
    test = parts[-1]
    if corpus.split == "streams":
        rows = np.concatenate(parts, axis=1)
        codes = rows.ravel()
        inputs = np.arange(rows.size).reshape(rows.shape)[:, -test.shape[1] :]
    else:
        codes = np.concatenate([part.ravel() for part in parts])
        inputs = np.arange(len(codes) - test.size, len(codes)).reshape(test.shape)
    vocabulary = np.array(corpus.vocabulary, np.uint8)
    return CorpusText(vocabulary[np.append(codes, splits[-1][-1, -1])], inputs)
