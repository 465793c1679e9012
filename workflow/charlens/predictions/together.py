"""Reading the predictions of several models that are to be compared, from files or from memory.

A model may come once, and all files of one corpus must score the same test characters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from charlens.errors import CharlensError
from charlens.files.atomic import FilePath
from charlens.predictions.file import (
    ProbabilityMetadata,
    column_names,
    read_metadata,
    read_probabilities,
)
from charlens.predictions.loss import losses_of
from charlens.text.corpus import Corpus


@dataclass(frozen=True)
class Predictions:
    """What one model predicted.

    Attributes:
        path: the file; of predictions in memory a name for them, used in errors.
        metadata: what is known of the model.
        corpus: its corpus, None where the reader was not given it.
        columns: columns of the probabilities file by name, each of shape (characters,): ``byte``
            and the columns asked for, or all that the model gives.
    """

    path: FilePath
    metadata: ProbabilityMetadata
    corpus: Corpus | None
    columns: dict[str, np.ndarray]

    @property
    def loss(self) -> float:
        """Mean cross-entropy of the test bytes, nats per byte."""
        return float(losses_of(self.columns).mean())

    def select(
        self, columns: Sequence[str], corpus_sha256: str | None = None, rows: int | None = None
    ) -> dict[str, np.ndarray]:
        """Some of the columns; arguments and errors as of ``read_probabilities``."""
        if corpus_sha256 not in (None, self.metadata.corpus_sha256):
            raise CharlensError(
                f"{self.path}: made on a corpus with sha256 {self.metadata.corpus_sha256}, "
                f"expected {corpus_sha256}; evaluate {self.metadata.model} on this corpus again"
            )
        if rows not in (None, len(self.columns["byte"])):
            raise CharlensError(
                f"{self.path}: holds {len(self.columns['byte'])} characters, expected {rows}; "
                f"evaluate {self.metadata.model} on the whole test split"
            )
        for name in columns:
            if name not in self.columns:
                raise CharlensError(
                    f"{self.path}: {self.metadata.model} has no column {name}, which is needed "
                    f"here; it has {', '.join(self.columns)}"
                )
        return {name: self.columns[name] for name in columns}


def load(path: FilePath, corpus: Corpus) -> Predictions:
    """Read everything that a probabilities file of a corpus holds.

    Raises:
        CharlensError: as ``read_probabilities``; a file made on another version of the corpus.
    """
    columns = read_probabilities(path, None, corpus.sha256, corpus.sizes["test"])
    return Predictions(path, read_metadata(path), corpus, columns)


Source = FilePath | Predictions
"""Where the predictions of one model come from: a probabilities file, or memory."""


class Together:
    """Reads predictions that are to be compared, one model at a time.

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
        sources: Iterable[Source],
        columns: Sequence[str],
        selected: Callable[[FilePath, ProbabilityMetadata, Sequence[str]], bool] | None = None,
        where_known: Sequence[str] = (),
    ) -> Iterator[Predictions]:
        """Read predictions in their order.

        Args:
            sources: probabilities files, or predictions in memory.
            columns: the columns to read besides ``byte``.
            selected: whether a model is read, by its path, its metadata and the names of its
                columns; by default all are.
            where_known: columns to read of those models that have them.

        Raises:
            CharlensError: as :meth:`admit`; an unreadable file, one without a column that is asked
                for, one made on another version of its corpus, or one that scores other characters
                than the files before it.
        """
        for source in sources:
            path, metadata = _identity(source)
            if selected is not None and not selected(path, metadata, _names(source)):
                continue
            corpus = self.admit(path, metadata.corpus, metadata.model)
            expected = (corpus.sha256, corpus.sizes["test"]) if corpus else (None, None)
            more = [name for name in where_known if name in _names(source)]
            values = _reader(source)(["byte", *columns, *more], *expected)
            self._same.check(path, metadata, values["byte"])
            yield Predictions(path, metadata, corpus, values)


def _identity(source: Source) -> tuple[FilePath, ProbabilityMetadata]:
    if isinstance(source, Predictions):
        return source.path, source.metadata
    return source, read_metadata(source)


def _names(source: Source) -> tuple[str, ...]:
    """Names of the columns there are."""
    return tuple(source.columns) if isinstance(source, Predictions) else column_names(source)


def _reader(source: Source) -> Callable[..., dict[str, np.ndarray]]:
    """What reads columns; called as :meth:`Predictions.select` is."""
    if isinstance(source, Predictions):
        return source.select
    return partial(read_probabilities, source)


class SameTestSet:
    """Refuses files of one corpus name that score different test characters."""

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
