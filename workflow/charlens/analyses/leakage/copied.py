"""Which test characters lie in passages that the training text has, word for word or nearly."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from charlens.analyses.leakage.near import near_duplicates
from charlens.files import parquet_tables
from charlens.files.atomic import FilePath
from charlens.models.ngram.suffix_array import locate, suffix_array
from charlens.runtime.progress import result
from charlens.text.corpus import Corpus, load_split
from charlens.text.splits import Codes

DEPTH = 255
"""Longest match that is measured, bytes; longer ones count as this long."""

COLUMNS = {
    "stream": "int16",  # of the test split
    "length": "uint8",  # bytes from here on that the training text has, DEPTH at most
    "near": "bool",  # in a near duplicate of a passage of the training text
}
"""One row per test character, in the order of the probabilities files."""


def longest_matches(train: Codes, test: Codes, *, apart: bool = False) -> np.ndarray:
    """For each test character the longest passage from it on that the training text has.

    Args:
        train: vocabulary codes, uint8 (B, length + 1).
        test: the same of the test split. Its targets are looked for; no match runs on into the next
            stream.
        apart: training streams do not follow one another in the text, as in a split by streams, so
            no match runs on into the next one. Else they are joined.

    Returns:
        Bytes, at most :data:`DEPTH`, uint8 (B, length).

    Example:
        >>> train, test = np.array([[0, 1, 2, 3, 1, 0, 0]]), np.array([[3, 1, 2, 2]])
        >>> longest_matches(train.astype(np.uint8), test.astype(np.uint8)).tolist()
        [[2, 1, 1]]
    """
    text, targets = train[:, :-1], test[:, 1:]
    query = targets.ravel()
    # Codes from 2 on: 0 ends the text, 1 ends a stream. More values do not fit into a byte.
    kind = np.dtype(np.uint8 if max(text.max(), query.max()) < 253 else np.uint16)
    ended = text.astype(kind) + kind.type(2)
    if apart:
        ended = np.pad(ended, ((0, 0), (0, 1)), constant_values=1)
    ended = np.append(ended, kind.type(0))
    shifted = query.astype(kind) + kind.type(2)
    pad = int(max(ended.max(), shifted.max())) + 1
    start, _, length = locate(ended, suffix_array(ended, DEPTH), shifted, DEPTH, pad)
    lengths = np.empty(len(query), np.uint8)
    lengths[start] = length
    left = np.minimum(np.arange(targets.shape[1], 0, -1), DEPTH).astype(np.uint8)
    return np.minimum(lengths.reshape(targets.shape), left)


def covered(length: np.ndarray, least: int) -> np.ndarray:
    """Which characters lie in a passage of at least so many bytes that the training text has.

    Args:
        length: of :func:`longest_matches`, (B, length).
        least: bytes.

    Returns:
        bool, the same shape.

    Example:
        >>> covered(np.array([[1, 3, 2, 1, 0]]), 3).tolist()
        [[False, True, True, True, False]]
    """
    size = length.shape[1]
    reach = np.where(length >= least, np.arange(size) + length, 0)
    return np.maximum.accumulate(reach, axis=1) > np.arange(size)


def copied(inputs: Mapping[str, FilePath], output: FilePath) -> None:
    """Find copied passages of a corpus's test split, from files to a file.

    Args:
        inputs: paths ``corpus`` (corpus.json), ``train`` and ``test`` (.npy).
        output: the Parquet table to write, with :data:`COLUMNS`.

    Raises:
        CharlensError: a damaged input.
    """
    corpus = Corpus.load(inputs["corpus"])
    train, test = (load_split(inputs[part]) for part in ("train", "test"))
    length = longest_matches(train, test, apart=corpus.split == "streams")
    stream = np.repeat(np.arange(length.shape[0], dtype=np.int16), length.shape[1])
    near = near_duplicates(train, test)
    frame = pd.DataFrame({"stream": stream, "length": length.ravel(), "near": near.ravel()})
    parquet_tables.write(frame, output)
    share = covered(length, 30).mean()
    result(f"{corpus.name}: {share:.1%} of the test text in copies of 30 bytes or more")
