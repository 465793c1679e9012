"""General compressors as yardsticks: what a test text costs them after its training text.

A compressor is a model of text that adapts as it reads. It has no probabilities to compare
character by character, so it has one number for a whole text: the bytes by which the compressed
training text grows where the test text follows it. It learns from test text too, which no network
here may do.
"""

from __future__ import annotations

import lzma
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from charlens.display.markdown import table as markdown_table
from charlens.display.wording import number
from charlens.files import csv_tables
from charlens.files.atomic import FilePath
from charlens.runtime.progress import progress, result
from charlens.text.corpus import Corpus, load_split
from charlens.text.splits import Codes


@dataclass(frozen=True)
class Compressor:
    """A compressor at its strongest setting that is quick enough.

    Attributes:
        title: its name for people.
        setting: how it is run, for the table.
        size: bytes that a text has after compression.
    """

    title: str
    setting: str
    size: Callable[[bytes], int]


def _xz(data: bytes) -> int:
    chain = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME}]
    return len(lzma.compress(data, format=lzma.FORMAT_RAW, filters=chain))


def _zstd(data: bytes) -> int:
    import pyarrow as pa

    return len(pa.Codec("zstd", compression_level=22).compress(data))


def _ppmd(data: bytes) -> int:
    import pyppmd

    return len(pyppmd.compress(data, max_order=16, mem_size=512 << 20))


COMPRESSORS = {
    "xz": Compressor("xz", "-9e", _xz),
    "zstd": Compressor("zstd", "-22", _zstd),
    "ppmd": Compressor("PPMd", "variant I, order 16, 512 MB", _ppmd),
}
"""Compressors by the name that the config has for them."""

# One row per compressor of a corpus.
COLUMNS = {
    "corpus": "string",
    "split": "string",
    "compressor": "string",
    "setting": "string",
    "characters": "int64",  # of the test text
    "train_bytes": "int64",  # of the training text, compressed
    "both_bytes": "int64",  # of training and test text, compressed
    "cross_entropy": "float64",  # nats per character
}


def compress(
    inputs: Mapping[str, FilePath], output: FilePath, names: Sequence[str] = tuple(COMPRESSORS)
) -> None:
    """Compress a corpus's training text without and with its test text, from files to a file.

    Args:
        inputs: paths ``corpus`` (corpus.json), ``train`` and ``test`` (.npy).
        output: the CSV table to write, with :data:`COLUMNS`.
        names: keys of :data:`COMPRESSORS`.

    Raises:
        CharlensError: a damaged input.
    """
    corpus = Corpus.load(inputs["corpus"])
    train, test = (load_split(inputs[part]) for part in ("train", "test"))
    frame = compressed(corpus, train, test, names)
    csv_tables.write(frame, output)
    if len(frame):
        best = frame.loc[frame["cross_entropy"].idxmin()]
        title = COMPRESSORS[best["compressor"]].title
        result(f"{best['cross_entropy']:.3f} nats per byte (test, {title})")


def compressed(corpus: Corpus, train: Codes, test: Codes, names: Sequence[str]) -> pd.DataFrame:
    """The table of one corpus.

    Args:
        corpus: its description.
        train: vocabulary codes of the training split, uint8 (B, length + 1). Streams are joined, as
            for n-gram models.
        test: the same of the test split.
        names: keys of :data:`COMPRESSORS`.
    """
    vocabulary = np.array(corpus.vocabulary, np.uint8)
    before, after = (vocabulary[part[:, :-1].ravel()].tobytes() for part in (train, test))
    rows = []
    with progress(len(names), f"{corpus.name} compressors", "compressor") as bar:
        for name in names:
            compressor = COMPRESSORS[name]
            alone, both = compressor.size(before), compressor.size(before + after)
            nats = (both - alone) * 8 * math.log(2) / len(after)
            made = (name, compressor.setting, len(after), alone, both, nats)
            rows.append((corpus.name, corpus.split, *made))
            bar.update()
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def read(path: FilePath) -> pd.DataFrame:
    """Read a table written by :func:`compress`.

    Raises:
        CharlensError: no such file, or not such a table.
    """
    return csv_tables.read(path, COLUMNS, "a table of compressors", "compress")


def lines(frame: pd.DataFrame) -> list[str]:
    """Rows of some corpora, of one text, as a Markdown table."""
    if frame.empty:
        return []
    rows = [
        [f"{COMPRESSORS[r.compressor].title} ({r.setting})", r.split, number(r.cross_entropy)]
        for r in frame.itertuples()
    ]
    why = (
        "Compressors, for comparison: nats per character by which the training text grows, "
        "compressed, where the test text follows it. They adapt to the test text as they read it."
    )
    return ["", why, "", *markdown_table(["Compressor", "Split", "Whole text"], rows, "llr")]
