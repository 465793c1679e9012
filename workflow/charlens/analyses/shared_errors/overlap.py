"""Which errors models share (paper, section 4.3 and Figure 4 left).

A character is an error of a model that gave it a probability below 0.5. The errors of three models
fall into seven regions by who makes them. The paper's three are LSTM, n-NN and n-gram; where a
corpus has no n-NN two are left, and every model from elsewhere makes one more three with LSTM and
n-gram.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from charlens.analyses.contest import EXTERNAL, LSTM, N_GRAM, N_NN, Contest, choice_sentences
from charlens.display.markdown import table as markdown_table
from charlens.display.units import worded
from charlens.display.wording import listed, rst_corpus, rst_model
from charlens.errors import CharlensError
from charlens.files import csv_tables
from charlens.files.atomic import FilePath
from charlens.models.names import title
from charlens.paper import numbers as paper
from charlens.paper import texts
from charlens.paper.definitions import ERROR_BELOW

THRESHOLD = ERROR_BELOW
"""A character is an error where its probability is below this."""

COLUMNS = {
    "corpus": "string",
    "trio": "string",  # roles joined by +: lstm+n-nn+n-gram, lstm+external+n-gram, lstm+n-gram
    "models": "string",  # their ids in the same order, joined by a space
    "region": "string",  # roles that make the error, as in the paper's file: lstm_only, lstm&n-nn
    "characters": "int64",
    "percent": "float64",  # of all test characters
    "paper": "float64",  # percent
    "papers_file": "boolean",  # whether the corpus is the very file of the paper, where compared
    "chosen": "string",  # why this LSTM, a key of contest.REASONS
}
"""Columns of the table, one row per region."""

LATER = ("chosen",)
"""Columns that tables of earlier versions lack."""


def regions(errors: Mapping[str, np.ndarray]) -> dict[str, int]:
    """Count the errors made by exactly these models, for every set of them.

    Args:
        errors: role -> whether each character is its error, bool (characters,).

    Returns:
        Region -> characters, in the paper's order: ``a_only``, …, ``a&b``, …, ``a&b&c``.
    """
    who = sum((made.astype(np.uint8) << i for i, made in enumerate(errors.values())), np.uint8(0))
    counts = np.bincount(who, minlength=2 ** len(errors))
    roles = list(errors)
    return {
        region_name([roles[i] for i in members]): int(counts[sum(1 << i for i in members)])
        for size in range(1, len(roles) + 1)
        for members in combinations(range(len(roles)), size)
    }


def region_name(roles: Sequence[str]) -> str:
    """The name of the errors made by these models and no other."""
    return "&".join(roles) if len(roles) > 1 else f"{roles[0]}_only"


def table(contests: Sequence[Contest]) -> pd.DataFrame:
    """The regions of every trio of every corpus, with the columns of :data:`COLUMNS`."""
    rows = [row for contest in contests for row in _contest_rows(contest)]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def _contest_rows(contest: Contest) -> Iterator[dict[str, Any]]:
    ends = {LSTM: contest.lstm}, {N_GRAM: contest.n_gram}
    yield from _rows(contest, ends[0] | ({N_NN: contest.n_nn} if contest.n_nn else {}) | ends[1])
    for model in contest.external:
        yield from _rows(contest, ends[0] | {EXTERNAL: model} | ends[1])


def _rows(contest: Contest, models: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """The rows of one trio or pair; ``models`` gives ids by role."""
    corpus = contest.corpus
    errors = {role: contest.probability[model] < THRESHOLD for role, model in models.items()}
    # The paper's regions are those of its own three kinds of model and of its own split.
    comparable = list(models) == [LSTM, N_NN, N_GRAM] and corpus.split == "streams"
    printed = paper.error_overlap(corpus.name) if comparable else {}
    for region, count in regions(errors).items():
        yield {
            "corpus": corpus.name,
            "trio": "+".join(models),
            "models": " ".join(models.values()),
            "region": region,
            "characters": count,
            "percent": 100 * count / contest.byte.size,
            "paper": printed.get(region),
            "papers_file": texts.is_own_file(corpus.name, corpus.bytes) if printed else None,
            "chosen": contest.chosen,
        }


def read(path: FilePath) -> pd.DataFrame:
    """Read a table made by :func:`table`, written by :func:`charlens.files.csv_tables.write`.

    Raises:
        CharlensError: no such file, not such a table, or one with regions missing.
    """
    frame = csv_tables.read(path, COLUMNS, "a table of error overlaps", "error_overlap", LATER)
    for (corpus, models), part in frame.groupby(["corpus", "models"], sort=False):
        roles = part["trio"].iloc[0].split("+")
        expected = list(regions({role: np.zeros(1, bool) for role in roles}))
        if list(part["region"]) != expected or len(models.split(" ")) != len(roles):
            raise CharlensError(
                f"{path}: {corpus}, {models}: regions are {', '.join(part['region'])}, expected "
                f"{', '.join(expected)}; delete the file and run again"
            )
    return frame


def totals(part: pd.DataFrame, column: str = "percent") -> list[float]:
    """All errors of each model of one trio, those it shares included, in the trio's order."""
    roles = part["trio"].iloc[0].split("+")
    members = [members_of(region) for region in part["region"]]
    return [
        float(part.loc[[role in some for some in members], column].sum(skipna=False))
        for role in roles
    ]


def members_of(region: str) -> list[str]:
    """The roles behind the name of a region: the inverse of :func:`region_name`."""
    return region.split("&") if "&" in region else [region.removesuffix("_only")]


def markdown(frame: pd.DataFrame) -> str:
    """The table as Markdown, one section per trio."""
    lines = [
        "# Whose errors overlap",
        "",
        f"Percent of all test characters to which exactly these models, and no other of the "
        f"section, gave a probability below {THRESHOLD:g}.",
    ]
    for (corpus, models), part in frame.groupby(["corpus", "models"], sort=False):
        names = dict(zip(part["trio"].iloc[0].split("+"), map(title, models.split()), strict=True))
        compared = bool(part["paper"].notna().any())
        lines += ["", f"## {texts.corpus_title(str(corpus))}: {', '.join(names.values())}", ""]
        if compared:
            lines += [_caveat(part), ""]
        rows = [
            [
                " and ".join(names[role] for role in members_of(row.region)),
                f"{row.characters:,}",
                f"{row.percent:.1f}",
                _paper(row.paper),
            ]
            for row in part.itertuples()
        ]
        rows += [
            [f"all of {name}", f"{count:,.0f}", f"{ours:.1f}", _paper(printed)]
            for name, count, ours, printed in zip(
                names.values(),
                totals(part, "characters"),
                totals(part),
                totals(part, "paper"),
                strict=True,
            )
        ]
        head = ["Errors of", "Test characters", "%", "*paper*"]
        columns = len(head) if compared else len(head) - 1
        lines += markdown_table(head[:columns], [row[:columns] for row in rows], "lr")
    return worded("\n".join(lines) + "\n", frame)


def _caveat(part: pd.DataFrame) -> str:
    text = "The paper does not name the corpus of its numbers; their totals fit this one."
    if not part["papers_file"].all():
        text += " It used another cut of this text: comparable, not equal."
    return text


def _paper(value: float) -> str:
    return "–" if np.isnan(value) else f"*{value:.1f}*"


def sentences(frame: pd.DataFrame) -> Iterator[str]:
    """Which LSTM is compared; how many errors each model makes, alone and with the others."""
    yield from choice_sentences(frame.assign(model=frame["models"].str.split(" ").str[0]))
    for (corpus, models), part in frame.groupby(["corpus", "models"], sort=False):
        names, ids = part["trio"].iloc[0].split("+"), models.split(" ")
        percent = part.set_index("region")["percent"]
        shares = [
            f"{rst_model(model)} {total:.1f} % (alone {percent[region_name([role])]:.1f} %)"
            for role, model, total in zip(names, ids, totals(part), strict=True)
        ]
        shared = percent[region_name(names)]
        yield (
            f"Errors on {rst_corpus(corpus)}, of all test characters: {listed(shares)}; "
            f"{shared:.1f} % are errors of all."
        )
