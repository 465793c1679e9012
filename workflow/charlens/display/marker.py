"""Marking the tables of some texts, for scripts that make several of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial

import pandas as pd

from charlens.display.units import marked
from charlens.files.atomic import FilePath
from charlens.text.corpus import Corpus
from charlens.text.widths import widths


def marker(
    corpora: Iterable[Corpus | FilePath],
    tests: Iterable[FilePath],
    encodings: Mapping[str, str | None] | None = None,
) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """A function that is :func:`charlens.display.units.marked` for the tables of some texts.

    Arguments and errors are those of :func:`charlens.text.widths.widths`.
    """
    return partial(marked, widths=widths(corpora, tests, encodings))
