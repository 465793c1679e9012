"""The paper's numbers beside ours, for people."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from charlens.display.markdown import table as markdown_table
from charlens.files.atomic import FilePath, atomic_path
from charlens.paper import numbers as paper
from charlens.paper import texts
from charlens.replication import findings, tolerances
from charlens.replication.compare import VERDICTS


def markdown(frame: pd.DataFrame) -> str:
    """The table as Markdown: counts by figure, tolerances, comparable numbers, then the others."""
    lines = ["# The paper's numbers beside ours", ""]
    if frame.empty:
        return "\n".join([*lines, "This run has none of the numbers of the paper."]) + "\n"
    lines += _summary(frame) + _other_cuts(frame)
    lines += ["", "## Tolerances", "", *(f"- {text}" for text in tolerances.TOLD)]
    for figure, part in frame[frame["comparable"]].groupby("figure", sort=False):
        lines += ["", f"## {figure}", "", *_grid(part, "Verdict", "verdict")]
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
    told = "is not the paper's file but another cut of that text: at best comparable, never equal."
    return [line for name in names for line in ("", f"Our {name} {told}")]


def _beside(part: pd.DataFrame) -> list[str]:
    """The table of differences beside the RNN-1 of the same text and size; nothing where none."""
    if part.empty:
        return []
    heads = ["Corpus", "Quantity", "Difference beside RNN-1", "Tolerance"]
    rows = [
        (
            texts.corpus_title(row.corpus),
            row.quantity,
            f"{row.relative:+.4f}".replace("-", "−"),
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
        difference = f"{row.difference:+.4f}".replace("-", "−")
        ours, difference = ("–", "–") if np.isnan(row.ours) else (f"{row.ours:.4g}", difference)
        cells = (
            texts.corpus_title(row.corpus),
            row.quantity,
            row.unit,
            ours,
            f"{row.paper:.4g}",
            difference,
            f"{row.tolerance:.2g}",
            getattr(row, column),
        )
        rows.append(cells)
    heads = ["Corpus", "Quantity", "Unit", "Ours", "Paper", "Difference", "Tolerance", head]
    return markdown_table(heads, rows, "lllrrrrl")


def write_markdown(numbers: pd.DataFrame, found: pd.DataFrame, path: FilePath) -> None:
    """Write the numbers, then the findings, atomically.

    Args:
        numbers: of :func:`charlens.replication.compare.table`.
        found: of :func:`charlens.replication.findings.table`.
        path: the file.
    """
    text = f"{markdown(numbers)}\n{findings.markdown(found)}"
    with atomic_path(path) as temporary:
        Path(temporary).write_text(text, encoding="utf-8")
