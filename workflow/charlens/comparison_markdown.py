"""The paper's numbers beside ours, for people."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd

from charlens import findings, paper, tolerances
from charlens.comparison import VERDICTS
from charlens.files import atomic_path

FilePath = str | os.PathLike[str]


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
    lines = [
        "Ours against Karpathy, Johnson & Fei-Fei (2015), by figure: how many numbers the paper "
        "has, how many of them this run has, and how many of those are within the tolerance, "
        "better (cross-entropies below the paper's by more than that), outside, or too vague to "
        "confirm the paper's.",
        "",
        f"| | {' | '.join(heads)} |",
        "|---|" + "---:|" * len(heads),
    ]
    rows = []
    for figure, printed in paper.counts().items():
        part = frame[frame["figure"] == figure]
        verdicts = [int((part["verdict"] == v).sum()) for v in VERDICTS]
        rows.append([printed, len(part), *verdicts, int((~part["comparable"]).sum())])
        lines.append(f"| {figure} | {' | '.join(map(str, rows[-1]))} |")
    sums = [str(sum(column)) for column in zip(*rows, strict=True)]
    return [*lines, f"| All | {' | '.join(sums)} |"]


def _other_cuts(frame: pd.DataFrame) -> list[str]:
    names = map(paper.corpus_title, frame.loc[~frame["papers_file"], "corpus"].unique())
    told = "is not the paper's file but another cut of that text: at best comparable, never equal."
    return [line for name in names for line in ("", f"Our {name} {told}")]


def _beside(part: pd.DataFrame) -> list[str]:
    if part.empty:
        return []
    lines = [
        "",
        "On another cut, the difference from the paper less that of the RNN-1 of the same size "
        "(what the cut does to all networks cancels):",
        "",
        "| Corpus | Quantity | Difference beside RNN-1 | Tolerance |",
        "|---|---|---:|---:|",
    ]
    for row in part.itertuples():
        cells = (
            paper.corpus_title(row.corpus),
            row.quantity,
            f"{row.relative:+.4f}".replace("-", "−"),
            f"{row.relative_tolerance:.2g}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _grid(part: pd.DataFrame, head: str, column: str) -> list[str]:
    lines = [
        f"| Corpus | Quantity | Unit | Ours | Paper | Difference | Tolerance | {head} |",
        "|---|---|---|---:|---:|---:|---:|---|",
    ]
    for row in part.itertuples():
        difference = f"{row.difference:+.4f}".replace("-", "−")
        ours, difference = ("–", "–") if np.isnan(row.ours) else (f"{row.ours:.4g}", difference)
        cells = (
            paper.corpus_title(row.corpus),
            row.quantity,
            row.unit,
            ours,
            f"{row.paper:.4g}",
            difference,
            f"{row.tolerance:.2g}",
            getattr(row, column),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def write_markdown(numbers: pd.DataFrame, found: pd.DataFrame, path: FilePath) -> None:
    """Write the numbers, then the findings, atomically.

    Args:
        numbers: of :func:`charlens.comparison.table`.
        found: of :func:`charlens.findings.table`.
        path: the file.
    """
    text = f"{markdown(numbers)}\n{findings.markdown(found)}"
    with atomic_path(path) as temporary:
        Path(temporary).write_text(text, encoding="utf-8")
