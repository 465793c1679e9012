"""Which characters one model predicts better than another (paper, section 4.3 and Figure 4).

For every character: the mean probability that each of two models gave it where it came. That of a
character of several bytes is the product over them. The paper sets its LSTM against the 20-gram
model and shows the ten largest advantages each way. It states no minimum count; characters seen
once or twice would lead such a list, so rare ones are not ranked here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from charlens.analyses.contest import EXTERNAL, LSTM, Contest
from charlens.display.markdown import table as markdown_table
from charlens.display.wording import listed, rst, rst_corpus, rst_model, signed
from charlens.files import csv_tables
from charlens.files.atomic import FilePath
from charlens.models.names import title
from charlens.paper import numbers as paper
from charlens.paper import texts
from charlens.predictions.loss import run_of
from charlens.text.code_points import CodePoints, code_points, name_of

COLUMNS = {
    "corpus": "string",
    "role": "string",  # lstm or external: what the first model is
    "model": "string",
    "baseline": "string",  # the n-gram model
    "byte": "int64",  # value of the character's byte, of several the first
    "character": "string",  # its name, see charlens.text.code_points.name_of
    "count": "int64",  # in the test split
    "probability": "float64",  # mean probability of the character where it came, by the model
    "probability_se": "float64",
    "baseline_probability": "float64",  # the same by the baseline
    "baseline_se": "float64",
    "difference": "float64",  # probability - baseline_probability
    "difference_se": "float64",  # of the paired difference; standard errors need two runs of text
    "rank": "Int64",  # 1: the largest difference; empty for characters too rare to be ranked
    "paper_probability": "float64",
    "paper_baseline": "float64",
    "papers_file": "boolean",  # whether the corpus is the very file of the paper, where compared
    "chosen": "string",  # of an LSTM: why this one, a key of contest.REASONS
}
"""Columns of the table, one row per pair of models and character, by difference."""

LATER = ("chosen",)
"""Columns that tables of earlier versions lack."""

STANDARD_ERRORS = 2.0
"""A lead beyond so many of its standard errors is worth a word."""


class Means(NamedTuple):
    """A mean over the places of each distinct character; shapes (distinct,)."""

    mean: np.ndarray
    standard_error: np.ndarray  # NaN where it comes in a single run of text


def means_by_character(which: np.ndarray, values: np.ndarray, run: np.ndarray) -> Means:
    """Mean of ``values`` and its standard error by character.

    Neighbours depend on each other, so the error comes from how much runs of text differ: it is
    what resampling them would give, to first order (the linearised error of a ratio of sums).

    Args:
        which: of the distinct characters each one is, int64 (characters,); each comes.
        values: float64 (characters,).
        run: of text that each lies in, from 0, int64 (characters,), as of
            :func:`charlens.predictions.loss.run_of`.
    """
    count = np.bincount(which)
    mean = np.bincount(which, values) / count
    runs = int(run.max()) + 1
    pair, place = np.unique(which * runs + run, return_inverse=True)
    excess = np.bincount(place, values - mean[which]) ** 2  # of each character in each run
    squares, runs_with_it = np.bincount(pair // runs, excess), np.bincount(pair // runs)
    with np.errstate(invalid="ignore", divide="ignore"):
        error = np.sqrt(squares * runs / (runs - 1)) / count
    return Means(mean, np.where(runs_with_it > 1, error, np.nan))


def table(
    contests: Sequence[Contest],
    min_count: int,
    encodings: Mapping[str, str | None] | None = None,
) -> pd.DataFrame:
    """Every character of every corpus, by the LSTM and by each model from elsewhere.

    Args:
        contests: who competes, one per corpus.
        min_count: characters that come less often in the test split are not ranked.
        encodings: of the corpora by name; None, or nothing, guesses.

    Returns:
        The columns of :data:`COLUMNS`; within a pair of models the largest difference first.
    """
    parts = []
    for contest in contests:
        encoding = (encodings or {}).get(contest.corpus.name)
        text = code_points(contest.byte, contest.stream, encoding)
        competing = ((LSTM, contest.lstm), *((EXTERNAL, model) for model in contest.external))
        parts += [_compare(contest, text, role, model, min_count) for role, model in competing]
    frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))
    return frame[list(COLUMNS)].astype(COLUMNS)


def _compare(
    contest: Contest, text: CodePoints, role: str, model: str, min_count: int
) -> pd.DataFrame:
    left, right = (text.products(contest.probability[m]) for m in (model, contest.n_gram))
    run = run_of(contest.stream)[text.start]
    number, first, which, count = np.unique(
        text.number, return_index=True, return_inverse=True, return_counts=True
    )
    own, other, paired = (
        means_by_character(which, values, run) for values in (left, right, left - right)
    )
    seen = np.argsort(-paired.mean, kind="stable")
    ranked = count[seen] >= min_count
    rank = np.where(ranked, np.cumsum(ranked), 0)
    frame = pd.DataFrame(
        {
            "corpus": contest.corpus.name,
            "role": role,
            "model": model,
            "baseline": contest.n_gram,
            "byte": contest.byte[text.start[first[seen]]],
            "character": [name_of(point) for point in number[seen].tolist()],
            "count": count[seen],
            "probability": own.mean[seen],
            "probability_se": own.standard_error[seen],
            "baseline_probability": other.mean[seen],
            "baseline_se": other.standard_error[seen],
            "difference": paired.mean[seen],
            "difference_se": paired.standard_error[seen],
            "rank": pd.array(rank, "Int64"),
            "chosen": contest.chosen if role == LSTM else None,
        }
    )
    frame["rank"] = frame["rank"].mask(frame["rank"] == 0)
    return _beside_the_paper(frame, contest, role)


def _beside_the_paper(frame: pd.DataFrame, contest: Contest, role: str) -> pd.DataFrame:
    corpus = contest.corpus
    comparable = role == LSTM and corpus.split == "streams"
    printed = paper.character_probabilities(corpus.name) if comparable else {}
    pairs = [printed.get(character, (np.nan, np.nan)) for character in frame["character"]]
    frame[["paper_probability", "paper_baseline"]] = np.array(pairs).reshape(-1, 2)
    own = texts.is_own_file(corpus.name, corpus.bytes)
    frame["papers_file"] = pd.array([own if c in printed else None for c in frame["character"]],
                                    "boolean")  # fmt: skip
    return frame


def read(path: FilePath) -> pd.DataFrame:
    """Read a table made by :func:`table`, written by :func:`charlens.files.csv_tables.write`.

    Raises:
        CharlensError: no such file, or not such a table.
    """
    what = "a table of advantages by character"
    return csv_tables.read(path, COLUMNS, what, "advantage", LATER)


def largest(
    part: pd.DataFrame, characters: int, standard_errors: float = 0.0
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The characters on which each of two models is ahead most.

    Args:
        part: rows of one pair of models.
        characters: how many to give each way, at most.
        standard_errors: of the paired difference, which a lead must exceed; 0 takes every lead.

    Returns:
        Those with the model ahead, the largest advantage first, and those with the baseline ahead,
        the largest last: the paper's order.
    """
    ranked = part[part["rank"].notna()].sort_values("rank")
    if standard_errors:
        lead = ranked["difference"].abs()
        ranked = ranked[lead > standard_errors * ranked["difference_se"]]
    ahead = ranked[ranked["difference"] > 0].head(characters)
    return ahead, ranked[ranked["difference"] < 0].tail(characters)


def shown(frame: pd.DataFrame, characters: int, standard_errors: float = 0.0) -> pd.DataFrame:
    """The rows that are :func:`largest`, of every pair of models."""
    parts = [part for _, part in frame.groupby(["corpus", "model"], sort=False)]
    halves = (half for part in parts for half in largest(part, characters, standard_errors))
    return pd.concat(halves) if parts else frame


def markdown(frame: pd.DataFrame, characters: int, standard_errors: float = 0.0) -> str:
    """The largest advantages as Markdown, one section per pair of models.

    Args:
        frame: made by :func:`table` or :func:`read`.
        characters: how many to show each way.
        standard_errors: as for :func:`largest`.
    """
    least = f" beyond {standard_errors:g} standard errors" if standard_errors else ""
    lines = [
        "# Advantage by character",
        "",
        "Mean probability of the correct character where it came, and the difference ± its "
        f"standard error over test streams (paired); the {characters} largest differences{least} "
        "each way. `<s>` is the space.",
    ]
    for (corpus, model), part in frame.groupby(["corpus", "model"], sort=False):
        names = title(model), title(part["baseline"].iloc[0])
        lines += ["", f"## {texts.corpus_title(str(corpus))}: {names[0]} against {names[1]}"]
        if texts.is_other_version(part["papers_file"]):
            lines += ["", texts.ANOTHER_CUT]
        compared = bool(part["paper_probability"].notna().any())
        head = ["Character", "Count", names[0], names[1], "Difference", *["*paper*"] * compared]
        rows = pd.concat(largest(part, characters, standard_errors)).itertuples()
        lines += ["", *markdown_table(head, [_cells(row, compared) for row in rows], "lr")]
    return "\n".join(lines) + "\n"


def _cells(row, compared: bool) -> list[str]:
    name = "`|`".replace("|", r"\|") if row.character == "|" else f"`{row.character}`"
    name = "`` ` ``" if row.character == "`" else name
    difference = signed(row.difference)
    cells = [name, f"{row.count:,}", f"{row.probability:.3f}", f"{row.baseline_probability:.3f}"]
    known = not np.isnan(row.difference_se)
    cells.append(f"{difference} ± {row.difference_se:.3f}" if known else difference)
    if compared:
        known = not np.isnan(row.paper_probability)
        cells.append(f"*{row.paper_probability:.2f}, {row.paper_baseline:.2f}*" if known else "–")
    return cells


def sentences(frame: pd.DataFrame) -> Iterator[str]:
    """The three characters on which each of two models leads most, beyond two standard errors."""
    for (corpus, model), part in frame.groupby(["corpus", "model"], sort=False):
        ahead, behind = largest(part, 3, STANDARD_ERRORS)
        sides = (model, ahead), (part["baseline"].iloc[0], behind.iloc[::-1])
        leads = [
            f"{rst_model(name)} leads most on {listed([_lead(row) for row in most.itertuples()])}"
            for name, most in sides
            if len(most)
        ]
        if leads:
            yield f"On {rst_corpus(corpus)}, {'; '.join(leads)}."


def _lead(row) -> str:
    return f"“{rst(row.character)}” (by {abs(row.difference):.3f})"
