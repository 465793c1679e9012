"""Reading the predictions of several models that are to be compared.

A model may come once, and all files of one corpus must score the same test characters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from charlens.errors import CharlensError
from charlens.files.atomic import FilePath
from charlens.predictions.file import ProbabilityMetadata, read_metadata, read_probabilities
from charlens.text.corpus import Corpus


@dataclass(frozen=True)
class Predictions:
    """What one model predicted.

    Attributes:
        path: the file.
        metadata: what the file says of the model.
        corpus: its corpus, None where the reader was not given it.
        columns: ``byte`` and the columns asked for, each of shape (characters,).
    """

    path: FilePath
    metadata: ProbabilityMetadata
    corpus: Corpus | None
    columns: dict[str, np.ndarray]


class Together:
    """Reads predictions that are to be compared, one file at a time.

    Args:
        corpora: those that the files belong to, as they are now: files made on another version of
            one are refused.
        others: whether files of other corpora are accepted too.
    """

    def __init__(self, corpora: Iterable[Corpus] = (), others: bool = False) -> None:
        self._corpora = {corpus.name: corpus for corpus in corpora}
        self._others = others
        self._paths: dict[tuple[str, str], FilePath] = {}
        self._same = SameTestSet()

    def admit(self, path: FilePath, corpus: str, model: str) -> Corpus | None:
        """Note that a file holds a model, and return the corpus it belongs to, if it is known.

        Raises:
            CharlensError: a corpus that is not accepted, or a model that came before.
        """
        if corpus not in self._corpora and not self._others:
            raise CharlensError(
                f"{path}: belongs to the corpus {corpus}, expected one of "
                f"{', '.join(self._corpora) or 'none'}; give its corpus.json too"
            )
        if (corpus, model) in self._paths:
            raise CharlensError(
                f"{path}: model {model} on {corpus} is already in {self._paths[corpus, model]}; "
                "give each model once"
            )
        self._paths[corpus, model] = path
        return self._corpora.get(corpus)

    def read(
        self,
        paths: Iterable[FilePath],
        columns: Sequence[str],
        wanted: Callable[[FilePath, ProbabilityMetadata], bool] | None = None,
    ) -> Iterator[Predictions]:
        """Read files in their order.

        Args:
            paths: probabilities files.
            columns: the columns to read besides ``byte``.
            wanted: says by path and metadata whether a file is to be read; by default all are.

        Raises:
            CharlensError: as :meth:`admit`; an unreadable file, one without a column that is asked
                for, one made on another version of its corpus, or one that scores other characters
                than the files before it.
        """
        for path in paths:
            metadata = read_metadata(path)
            if wanted is not None and not wanted(path, metadata):
                continue
            corpus = self.admit(path, metadata.corpus, metadata.model)
            expected = (corpus.sha256, corpus.sizes["test"]) if corpus else (None, None)
            values = read_probabilities(path, ["byte", *columns], *expected)
            self._same.check(path, metadata, values["byte"])
            yield Predictions(path, metadata, corpus, values)


class SameTestSet:
    """Refuses files that cannot be compared: same corpus name, but not the same test characters."""

    def __init__(self) -> None:
        self._first: dict[str, tuple[FilePath, ProbabilityMetadata, np.ndarray]] = {}

    def check(self, path: FilePath, metadata: ProbabilityMetadata, byte: np.ndarray) -> None:
        """Compare a file with the first one of its corpus.

        Args:
            path: the file, to be named if it is refused.
            metadata: as read from it.
            byte: its ``byte`` column, shape (characters,).

        Raises:
            CharlensError: another corpus checksum, another length, or other characters.
        """
        first_path, first, bytes_ = self._first.setdefault(metadata.corpus, (path, metadata, byte))
        remedy = f"evaluate both models on one {metadata.corpus} and run again"
        if metadata.corpus_sha256 != first.corpus_sha256:
            raise CharlensError(
                f"{path}: corpus sha256 {metadata.corpus_sha256}, expected {first.corpus_sha256} "
                f"as in {first_path}; {remedy}"
            )
        if len(byte) != len(bytes_):
            raise CharlensError(
                f"{path}: holds {len(byte)} characters, expected {len(bytes_)} as in "
                f"{first_path}; {remedy}"
            )
        different = byte != bytes_
        if different.any():
            row = int(np.argmax(different))
            raise CharlensError(
                f"{path}: row {row}: byte is {byte[row]}, expected {bytes_[row]} as in "
                f"{first_path}; {remedy}"
            )
