"""What a run has measured: all of its tables that the paper has something to say about."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from charlens.analyses.agreement import table as agreement
from charlens.analyses.closings import table as closings
from charlens.analyses.context_length import table as table2
from charlens.analyses.cross_entropy import seeds
from charlens.analyses.cross_entropy import table as cross_entropy
from charlens.analyses.oracles import seeds as seed_errors
from charlens.analyses.oracles import table as oracles
from charlens.analyses.shared_errors import advantage, overlap
from charlens.analyses.training_dynamics import table as dynamics
from charlens.errors import CharlensError
from charlens.files.atomic import FilePath
from charlens.inside.cells import ranking as cells
from charlens.inside.evidence import table as evidence
from charlens.inside.gates import table as saturation
from charlens.inside.interventions import table as causal
from charlens.paper import texts
from charlens.text.corpus import Corpus


@dataclass(frozen=True)
class Tables:
    """What a run has measured: frames as their own modules read them, empty where it has none.

    Attributes:
        corpora: the run's corpora by name.
        agreement: corpus -> matrix of its models' agreement.
    """

    corpora: Mapping[str, Corpus]
    cross_entropy: pd.DataFrame
    seeds: pd.DataFrame
    table2: pd.DataFrame
    cells: pd.DataFrame
    evidence: pd.DataFrame
    causal: pd.DataFrame
    saturation: pd.DataFrame
    overlap: pd.DataFrame
    advantage: pd.DataFrame
    closings: pd.DataFrame
    dynamics: pd.DataFrame
    categories: pd.DataFrame
    eliminated: pd.DataFrame
    seed_errors: pd.DataFrame
    agreement: Mapping[str, pd.DataFrame]


_TABLES: dict[str, tuple[Callable[[FilePath], pd.DataFrame], Mapping[str, str]]] = {
    **{
        name: (module.read, module.COLUMNS)
        for name, module in {
            "cross_entropy": cross_entropy,
            "seeds": seeds,
            "table2": table2,
            "cells": cells,
            "evidence": evidence,
            "causal": causal,
            "saturation": saturation,
            "overlap": overlap,
            "advantage": advantage,
            "closings": closings,
            "dynamics": dynamics,
            "categories": oracles,
        }.items()
    },
    "eliminated": (oracles.read_eliminated, oracles.ELIMINATED),
    "seed_errors": (seed_errors.read_intervals, seed_errors.INTERVALS),
}
"""Field of :class:`Tables` -> how it is read, and its columns."""


def read(inputs: Mapping[str, FilePath | Sequence[FilePath]], agreement_corpus: str) -> Tables:
    """Read whatever tables a run has.

    Args:
        inputs: ``corpora``, the corpus.json files, and the tables by their names in
            :class:`Tables`: a path or a list of paths, left out or empty where there is none.
        agreement_corpus: the corpus behind ``agreement``.

    Raises:
        CharlensError: a damaged file, or a table of a corpus that is not among ``corpora``.
    """
    corpora = {c.name: c for c in map(Corpus.load, _paths(inputs, "corpora"))}
    frames = {}
    for name, (reader, dtypes) in _TABLES.items():
        parts = []
        for path in _paths(inputs, name):
            parts.append(reader(path))
            strange = sorted(set(parts[-1]["corpus"]) - set(corpora))
            if strange:
                raise CharlensError(
                    f"{path}: has the corpus {strange[0]}, expected one of "
                    f"{', '.join(corpora) or 'none'}; give its corpus.json too"
                )
        frames[name] = pd.concat(parts, ignore_index=True) if parts else _empty(dtypes)
    matrices = [agreement.read(path) for path in _paths(inputs, "agreement")]
    by_corpus = dict.fromkeys([agreement_corpus], matrices[0]) if matrices else {}
    return Tables(corpora=corpora, agreement=by_corpus, **frames)


def _paths(inputs: Mapping[str, FilePath | Sequence[FilePath]], name: str) -> list[FilePath]:
    paths = inputs.get(name, [])
    return [paths] if isinstance(paths, str | os.PathLike) else list(paths)


def _empty(dtypes: Mapping[str, str]) -> pd.DataFrame:
    return pd.DataFrame(columns=list(dtypes)).astype(dict(dtypes))


def is_papers_text(corpus: Corpus) -> bool:
    """Whether a corpus is the paper's text, if not its very file, divided as in the paper."""
    return corpus.split == "streams" and texts.is_same_text(corpus.name, corpus.bytes)


def is_own_file(tables: Tables, corpus: str) -> bool:
    """Whether a corpus of a run is the very file of the paper."""
    return texts.is_own_file(corpus, tables.corpora[corpus].bytes)
