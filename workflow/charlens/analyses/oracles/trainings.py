"""Predictions of networks that were trained several times, seed by seed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from charlens.errors import CharlensError
from charlens.predictions.contract import LOG
from charlens.predictions.together import Predictions, Source, Together
from charlens.text.corpus import Corpus

RunsOf = Mapping[int, Sequence[Source]]
"""Seed -> probabilities files, or predictions in memory, of the trainings from it."""


def by_seed(seeds: Iterable[int], sources: Iterable[Source]) -> RunsOf:
    """Sort trainings by seed.

    Args:
        seeds: of each training.
        sources: their probabilities files, in the same order.

    Raises:
        ValueError: there are not as many seeds as sources.

    Example:
        >>> by_seed([2, 3, 2], ["a.parquet", "b.parquet", "c.parquet"])
        {2: ['a.parquet', 'c.parquet'], 3: ['b.parquet']}
    """
    runs_of: dict[int, list[Source]] = {}
    for seed, source in zip(seeds, sources, strict=True):
        runs_of.setdefault(seed, []).append(source)
    return runs_of


def read(corpus: Corpus, runs_of: RunsOf) -> Iterator[tuple[int, Predictions]]:
    """Seed and predictions of each training, one in memory at a time.

    Args:
        corpus: that all were trained on.
        runs_of: as from :func:`by_seed`.

    Yields:
        The seed, and the predictions with the columns probability and stream, (N,) for N test
        characters.

    Raises:
        CharlensError: a damaged file, one of another corpus, or of another seed.
    """
    for seed, sources in runs_of.items():
        columns = ["probability", "stream"]
        for one in Together([corpus]).read(sources, columns, where_known=[LOG]):
            if one.metadata.seed != seed:
                raise CharlensError(
                    f"{one.path}: made with seed {one.metadata.seed}, expected {seed}; delete it "
                    "and run again"
                )
            yield seed, one
