"""Tables of the evidence about cells, and what they say in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from charlens.display.markdown import table as markdown_table
from charlens.display.wording import listed, rst, rst_corpus, rst_model
from charlens.files import parquet_tables
from charlens.files.atomic import FilePath
from charlens.inside.cells import ranking
from charlens.inside.cells.concepts import CONCEPTS as KNOWN
from charlens.inside.cells.evidence_rows import BASELINES, COLUMNS, read
from charlens.models.names import title
from charlens.paper import texts

__all__ = ["COLUMNS", "markdown", "read", "sentences", "table"]

STATISTICS = {
    "low": "float64",  # 95 % interval of the strength on held-out text, over streams
    "high": "float64",
    "z": "float64",  # standard deviations from the mean over permutations of the streams
    "p": "float64",  # share of permutations at least as strong; both signs
    "q": "float64",  # false discovery rate over all cells and concepts of the network
    "p_max": "float64",  # share of permutations in which any cell is at least as strong
}

CELLS = (
    ranking.COLUMNS
    | STATISTICS
    | {
        "p_is_tail": "bool",  # p is a normal tail at z: no permutation came near
        "iat": "float64",  # integrated autocorrelation time, characters
    }
)
"""Columns of the evidence about every cell and concept; the statistics are of held-out text."""

SIGNIFICANT = 0.01
"""A best cell is significant whose false discovery rate is below it."""

BARS = tuple(BASELINES)
"""Baselines that the interval of a best cell must exceed."""


def interpretable(frame: pd.DataFrame) -> pd.Series:
    """Whether a concept's best cell is significant and its interval above every baseline.

    Args:
        frame: with the columns ``q``, ``low`` and those of :data:`BARS`.

    Returns:
        bool; false where there are no statistics.
    """
    bar = frame[list(BARS)].max(axis=1).fillna(np.inf)
    return (frame["q"] < SIGNIFICANT) & (frame["low"] > bar)


def table(paths: Iterable[FilePath]) -> pd.DataFrame:
    """The evidence about concepts of several models, one below the other.

    Raises:
        CharlensError: no such file, or not such a table.
    """
    frames = [read_concepts(path) for path in paths]
    if not frames:
        return pd.DataFrame(columns=list(COLUMNS)).astype(COLUMNS)
    return pd.concat(frames, ignore_index=True)


def read_cells(path: FilePath) -> pd.DataFrame:
    """Read the evidence about cells. Raises CharlensError: no such file, or not such a table."""
    return parquet_tables.read(path, CELLS, "evidence about cells", "cell_evidence")


def read_concepts(path: FilePath) -> pd.DataFrame:
    """Read the evidence about concepts. Raises CharlensError: no such file, or not such a table."""
    return parquet_tables.read(path, COLUMNS, "evidence about concepts", "cell_evidence")


def markdown(frame: pd.DataFrame) -> str:
    """The table of all models as Markdown, one section per model."""
    lines = [
        "# Are the cells real?",
        "",
        "Strength of the best cell for each concept on held-out text, |r| or |2 AUC − 1|, with its "
        "95 % interval over streams, beside what else reaches: the best cells of networks with "
        "initial or with shuffled weights (95th percentile), a linear function of the last three "
        "bytes, and this network's best cells for arbitrary latches (95th percentile). *All cells* "
        "is a linear probe; *one cell* is the best cell's share of it. **Bold** passes: more than "
        "chance, and its interval above every baseline.",
    ]
    head = ["Concept", "Cell", "Strength", "Untrained", "Shuffled", "3 bytes", "Latches"]
    head += ["All cells", "One cell", "Cells for 90 %", "q"]
    for (corpus, model), part in frame.groupby(["corpus", "model"], sort=False):
        lines += ["", f"## {texts.corpus_title(str(corpus))}: {title(str(model))}", ""]
        lines += markdown_table(head, [_row(row) for row in part.itertuples()], "llr")
    return "\n".join(lines) + "\n"


def _row(row) -> list[str]:
    interval = "" if np.isnan(row.low) else f" [{row.low:.2f}, {row.high:.2f}]"
    strength = f"{_number(row.strength)}{interval}"
    enough = "–" if np.isnan(row.probe) else ">20"
    return [
        KNOWN[row.concept].title,
        f"layer {row.best_layer}, {row.best_unit}",
        f"**{strength}**" if row.interpretable else strength,
        *map(_number, (row.untrained_95, row.shuffled_95, row.bytes_3, row.latch_95, row.probe)),
        "–" if np.isnan(row.localisation) else f"{row.localisation:.0%}".replace("%", " %"),
        enough if np.isnan(row.cells_for_90) else f"{row.cells_for_90:.0f}",
        "–" if np.isnan(row.q) else f"{row.q:.2g}",
    ]


def _number(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:.2f}"


def sentences(frame: pd.DataFrame) -> Iterator[str]:
    """Which concepts have a cell above every baseline, and how much that cell knows alone."""
    for (corpus, model), part in frame.groupby(["corpus", "model"], sort=False):
        passed = part[part["interpretable"]]
        titles = [
            f"{rst(KNOWN[row.concept].title)} (strength {row.strength:.2f}, "
            f"{row.localisation:.0%} of what all cells know)"
            for row in passed.itertuples()
        ]
        what = f"cells for {listed(titles)}" if titles else "no cell"
        yield (
            f"In {rst_model(model)} on {rst_corpus(corpus)}, {what} exceed"
            f"{'' if titles else 's'} chance and every baseline, of {len(part)} concepts."
        )
