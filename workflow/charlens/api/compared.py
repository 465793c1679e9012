"""Cross-entropies of several models side by side."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from charlens.analyses.cross_entropy import table as cross_entropy
from charlens.api.scored import Scores
from charlens.display import html
from charlens.errors import CharlensError
from charlens.files import csv_tables
from charlens.files.atomic import FilePath
from charlens.predictions import together


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """Cross-entropies of several models; made by :func:`compare`.

    Attributes:
        table: one row per model and corpus, the columns of the workflow's ``cross_entropy.csv``:
            ``cross_entropy`` and ``bootstrap_sd`` are nats per byte.
    """

    table: pd.DataFrame

    @cached_property
    def _shown(self) -> pd.DataFrame:
        columns = ["corpus", "model", "parameters", "characters"]
        return self.table[[*columns, "cross_entropy", "bits_per_character", "bootstrap_sd"]]

    def to_frame(self) -> pd.DataFrame:
        """The table."""
        return self.table

    def save(self, path: FilePath) -> None:
        """Write the table as CSV, numbers to nine digits."""
        csv_tables.write(self.table, path)

    def __repr__(self) -> str:
        return self._shown.to_string(index=False, float_format="{:.4f}".format, na_rep="–")

    def _repr_html_(self) -> str:
        rows = self._shown.astype(object).where(self._shown.notna(), None)
        return html.table(list(rows.columns), rows.itertuples(index=False))


def compare(
    predictions: Iterable[together.Predictions | FilePath], *, bootstrap: int = 100, seed: int = 1
) -> Comparison:
    """Test cross-entropy of several models, as in the workflow's ``cross_entropy.csv``.

    Args:
        predictions: results of :func:`predict` or :func:`ngram`, or probabilities files; of any
            number of corpora, each model of a corpus once.
        bootstrap: resamples of the test streams behind each standard deviation.
        seed: of the resamples; a config's ``seed`` gives the numbers of its run.

    Raises:
        CharlensError: nothing to compare, scores of a string, a model given twice, or predictions
            of one corpus that do not score the same characters.

    Example:
        >>> import charlens as cl
        >>> text = cl.corpus(b"the cat sat on the mat. " * 100, batch=4, unroll=20)
        >>> table = cl.compare([cl.ngram(text, 1), cl.ngram(text, 5)]).table
        >>> table.model.tolist(), table.characters.tolist()
        (['n-gram-1', 'n-gram-5'], [240, 240])
    """
    if isinstance(predictions, together.Predictions | str | Path):
        predictions = [predictions]
    sources = list(predictions)
    if not sources:
        raise CharlensError("compare: expected predictions of at least one model, found none")
    for source in sources:
        if isinstance(source, Scores):
            raise CharlensError(
                "compare: expected predictions of a corpus, found scores of a string; make them by "
                "predict(model, text) with a text made by charlens.corpus"
            )
    corpora = {
        s.corpus.name: s.corpus
        for s in sources
        if isinstance(s, together.Predictions) and s.corpus is not None
    }
    return Comparison(cross_entropy.table(sources, bootstrap, seed, list(corpora.values())))
