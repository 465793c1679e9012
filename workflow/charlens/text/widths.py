"""How many bytes a character of a text has, on average."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from charlens.files.atomic import FilePath
from charlens.text.code_points import code_points
from charlens.text.corpus import Corpus, load_split
from charlens.text.encoding_guess import of_corpus


def widths(
    corpora: Iterable[Corpus | FilePath],
    tests: Iterable[FilePath],
    encodings: Mapping[str, str | None] | None = None,
) -> dict[str, float]:
    """Bytes of a character in the test text of each corpus, on average, by its name.

    Args:
        corpora: descriptions, or their files (corpus.json).
        tests: the test split (.npy) of each.
        encodings: what is known of the encodings of corpora; None guesses.

    Raises:
        CharlensError: a damaged file.
    """
    by_name = {}
    for source, path in zip(corpora, tests, strict=True):
        corpus = source if isinstance(source, Corpus) else Corpus.load(source)
        test = load_split(path)
        encoding = of_corpus((encodings or {}).get(corpus.name), corpus, test)
        targets = np.array(corpus.vocabulary, np.uint8)[test[:, 1:]]
        stream = np.repeat(np.arange(len(targets)), targets.shape[1])
        count = len(code_points(targets.ravel(), stream, encoding).start)
        by_name[corpus.name] = targets.size / count
    return by_name
