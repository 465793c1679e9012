"""The paper's numbers and findings beside ours, for people."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from charlens.display.markdown import table as markdown_table
from charlens.display.wording import UNKNOWN, listed, rst, signed
from charlens.files import csv_tables
from charlens.files.atomic import FilePath
from charlens.paper import numbers as paper
from charlens.paper import texts
from charlens.replication import compare, findings, shuffled, tolerances
from charlens.replication.number import VERDICTS


def markdown(numbers: pd.DataFrame, outcomes: pd.DataFrame) -> str:
    """The numbers as Markdown, then the findings.

    Args:
        numbers: of :func:`charlens.replication.compare.table`.
        outcomes: of :func:`charlens.replication.findings.table`.
    """
    return f"{numbers_markdown(numbers)}\n{findings.markdown(outcomes)}"


def numbers_markdown(frame: pd.DataFrame) -> str:
    """Counts by figure, tolerances, comparable numbers, then the others."""
    lines = ["# The paper's numbers beside ours", ""]
    if frame.empty:
        return "\n".join([*lines, "This run has none of the numbers of the paper."]) + "\n"
    lines += _summary(frame) + _other_cuts(frame)
    lines += ["", "## Tolerances", "", *(f"- {text}" for text in tolerances.EXPLANATIONS)]
    for figure, part in frame[frame["comparable"]].groupby("figure", sort=False):
        chance = shuffled.sentences(part)
        lines += ["", f"## {figure}", *(line for words in chance for line in ("", words))]
        lines += ["", *_grid(part, "Verdict", "verdict")]
        lines += _beside(part[part["relative"].notna()])
    others = frame[~frame["comparable"]]
    if len(others):
        lines += [
            "",
            "## Not comparable",
            "",
            "Numbers of other models or texts than the paper's: no verdict is due on them.",
        ]
    for figure, part in others.groupby("figure", sort=False):
        lines += ["", f"### {figure}", "", *_grid(part, "Why", "remark")]
    return "\n".join(lines) + "\n"


def _summary(frame: pd.DataFrame) -> list[str]:
    heads = ["In the paper", "Here", *(v.capitalize() for v in VERDICTS), "Not comparable"]
    text = (
        "Ours against Karpathy, Johnson & Fei-Fei (2015), by figure: how many numbers the paper "
        "has, how many of them this run has, and how many of those are within the tolerance, "
        "better (cross-entropies below the paper's by more than that), outside, or too vague to "
        "confirm the paper's."
    )
    counts = {}
    for figure, printed in paper.counts().items():
        part = frame[frame["figure"] == figure]
        verdicts = [int((part["verdict"] == v).sum()) for v in VERDICTS]
        counts[figure] = [printed, len(part), *verdicts, int((~part["comparable"]).sum())]
    rows = [[figure, *numbers] for figure, numbers in counts.items()]
    rows.append(["All", *map(sum, zip(*counts.values(), strict=True))])
    return [text, "", *markdown_table(["", *heads], rows, "lr")]


def _other_cuts(frame: pd.DataFrame) -> list[str]:
    names = map(texts.corpus_title, frame.loc[~frame["papers_file"], "corpus"].unique())
    words = "is not the paper's file but another cut of that text: at best comparable, never equal."
    return [line for name in names for line in ("", f"Our {name} {words}")]


def _beside(part: pd.DataFrame) -> list[str]:
    """The table of differences beside the RNN-1 of the same text and size; nothing where none."""
    if part.empty:
        return []
    heads = ["Corpus", "Quantity", "Difference beside RNN-1", "Tolerance"]
    rows = [
        (
            texts.corpus_title(row.corpus),
            row.quantity,
            signed(row.relative, 4),
            f"{row.relative_tolerance:.2g}",
        )
        for row in part.itertuples()
    ]
    words = (
        "On another cut, the difference from the paper less that of the RNN-1 of the same size "
        "(what the cut does to all networks cancels):"
    )
    return ["", words, "", *markdown_table(heads, rows, "llrr")]


def _grid(part: pd.DataFrame, head: str, column: str) -> list[str]:
    rows = []
    for row in part.itertuples():
        ours = UNKNOWN if np.isnan(row.ours) else f"{row.ours:.4g}"
        cells = (
            texts.corpus_title(row.corpus),
            row.quantity,
            row.unit,
            ours,
            f"{row.paper:.4g}",
            signed(row.difference, 4),
            f"{row.tolerance:.2g}",
            getattr(row, column),
        )
        rows.append(cells)
    heads = ["Corpus", "Quantity", "Unit", "Ours", "Paper", "Difference", "Tolerance", head]
    return markdown_table(heads, rows, "lllrrrrl")


def read(path: FilePath) -> pd.DataFrame:
    """Read the numbers. Raises CharlensError: no such file, or not such a table."""
    return csv_tables.read(path, compare.COLUMNS, "a table of the paper's numbers", "paper_vs_ours")


def read_findings(path: FilePath) -> pd.DataFrame:
    """Read the findings. Raises CharlensError: no such file, or not such a table."""
    return csv_tables.read(path, findings.COLUMNS, "a table of findings", "paper_vs_ours")


def sentences(numbers: pd.DataFrame, outcomes: pd.DataFrame) -> Iterator[str]:
    """How many numbers and findings of the paper this run confirms."""
    compared = numbers.loc[numbers["comparable"], "verdict"]
    if len(numbers):
        counted = {verdict: int((compared == verdict).sum()) for verdict in VERDICTS}
        counts = [f"{count} {v}" for v, count in counted.items() if count or v != "vague"]
        yield (
            f"{len(numbers)} numbers of the paper are here too; {len(compared)} can be compared, "
            f"of which {listed(counts)}."
        )
        yield from shuffled.in_brief(numbers)
    else:
        yield "This run has none of the paper's numbers: other texts, or other networks."
    yield from _findings_in_brief(outcomes)


def _findings_in_brief(outcomes: pd.DataFrame) -> Iterator[str]:
    """The findings on the paper's texts and models, then how far they carry to this run's own."""
    due = outcomes.loc[outcomes["comparable"], "verdict"].value_counts(sort=False)
    if set(due.index) - {findings.NOT_TESTED}:
        shares = listed([f"{n} {rst(str(verdict))}" for verdict, n in due.items()])
        yield f"Findings, text by text: {shares}."
    elif len(due):
        yield "None of the paper's findings can be tested on its own texts and models."
    others = outcomes.loc[~outcomes["comparable"], "verdict"]
    others = others[others != findings.NOT_TESTED]
    if len(others):
        holding = (others == findings.REPRODUCED).sum()
        yield f"On other texts or models than the paper's {holding} of {len(others)} hold."
