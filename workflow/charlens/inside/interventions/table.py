"""The verdicts on the cells of all networks: a table, for people and in sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from charlens.display.markdown import table as markdown_table
from charlens.display.wording import cases, listed, rst, rst_corpus, rst_model, signed
from charlens.files import csv_tables
from charlens.files.atomic import FilePath
from charlens.inside.interventions.clamps import EVERY
from charlens.inside.interventions.frames import joined
from charlens.inside.interventions.verdicts import CAUSAL, COLUMNS
from charlens.models.names import title
from charlens.paper import texts

__all__ = ["COLUMNS", "markdown", "read", "sentences", "table"]

_MOST = 1000
"""Ratios above are shown as this: the effect on other characters is as good as none."""


def table(paths: Sequence[FilePath]) -> pd.DataFrame:
    """The verdicts of several corpora in one table, with the columns of :data:`COLUMNS`.

    Args:
        paths: tables of :func:`charlens.inside.interventions.verdicts.table`, one per corpus.

    Raises:
        CharlensError: a table is missing or damaged.
    """
    return joined(map(read, paths), COLUMNS)


def read(path: FilePath) -> pd.DataFrame:
    """Read a table of verdicts. Raises CharlensError: no such file, or not such a table."""
    return csv_tables.read(path, COLUMNS, "a table of verdicts on cells", "intervene")


def ratio_text(ratio: float) -> str:
    """How many times as large an effect is, for people: ``108``, ``2.8``, ``> 1000``."""
    if ratio != ratio:
        return "–"
    if ratio > _MOST:
        return f"> {_MOST}"
    return (f"{ratio:.0f}" if abs(ratio) >= 10 else f"{ratio:z.1f}").replace("-", "−")


def markdown(frame: pd.DataFrame) -> str:
    """The table as Markdown, one section per network."""
    lines = [
        "# What the cells do",
        "",
        "The best cell of each concept is set to the value it has where the concept is absent "
        "(low) or present (high) while the network reads held-out text. Given are the probability "
        "of the byte that comes, before and after, the change of the loss in nats "
        "[95 % interval over streams], that change over the change on other characters, and the "
        "rank among other cells of the layer. A cell is causal if at both targets the probability "
        "moves as predicted, down where the symbol comes and up where it does not, if no other "
        "cell costs as much there, and if the loss there is at least five times that elsewhere. "
        "p: how often chance alone would give such a rank, corrected for the number of concepts; "
        "for the first of n cells it is 1/n at least, so the verdict asks for the three, not for a "
        "small p. Kept: characters for which more than half of a change at a single step remains "
        f"[95 % interval], followed up to {EVERY}. Line: change of the predicted length of lines "
        "for each column by which a cell that follows them is moved on.",
    ]
    for (corpus, model), part in frame.groupby(["corpus", "model"], sort=False):
        lines += ["", f"## {texts.corpus_title(str(corpus))}, {title(str(model))}", ""]
        head = ["Concept", "Cell", "Target", "Clamped", "Characters", "P before", "P after"]
        head += ["Δ loss", "Ratio", "As predicted", "Rank", "p", "Verdict", "Kept", "Line"]
        lines += markdown_table(head, [*map(_cells, part.to_dict("records"))], "lrllr")
    if frame.empty:
        lines += ["", "No network of this study has cells that follow something."]
    return "\n".join(lines) + "\n"


def _cells(row: Mapping[str, Any]) -> list[str]:
    moved = {(True, True): "both", (True, False): "fall", (False, True): "rise"}
    loss = row["delta_loss"]
    known = loss == loss  # there are characters of the class
    before_after = [f"{row[p]:.3f}" if known else "–" for p in ("p", "p_clamped")]
    return [
        row["title"],
        f"layer {row['layer']}, {row['unit']}",
        row["class"],
        row["mode"],
        f"{row['n']:,}",
        *before_after,
        _with_interval(row),
        ratio_text(row["specificity"]),
        moved.get((row["fall"], row["rise"]), "neither"),
        f"{row['cell_rank']} of {row['controls'] + 1}",
        f"{row['p_rank']:.3f}",
        row["verdict"],
        _with_interval(row, "memory", "memory_low", "memory_high", "{:.0f}".format),
        _with_interval(row, "slope", "slope_low", "slope_high"),
    ]


def _with_interval(
    row: Mapping[str, Any],
    value: str = "delta_loss",
    low: str = "low",
    high: str = "high",
    shown: Callable[[float], str] = signed,
) -> str:
    if row[value] != row[value]:
        return "–"
    return f"{shown(row[value])} [{shown(row[low])}, {shown(row[high])}]"


def _others(count: int) -> str:
    return "the one other cell compared" if count == 1 else f"any of {count} other cells"


def sentences(frame: pd.DataFrame) -> Iterator[str]:
    """Which cells are shown to cause what their concepts predict, and how much."""
    for (corpus, model), part in frame.groupby(["corpus", "model"], sort=False):
        cells = part.drop_duplicates(["layer", "unit", "concept"])
        causal = cells[cells["verdict"] == CAUSAL]
        first = [
            f"{rst(row['title'])} (more harm than by {_others(row['controls'])})"
            for row in causal.to_dict("records")
        ]
        yield (
            f"In {rst_model(model)} on {rst_corpus(corpus)} the best cell of a concept is shown to "
            f"cause what the concept predicts in {cases(len(causal), len(cells))}"
            f"{': ' + listed(first) if first else ''}."
        )
        largest = part[part["verdict"] == CAUSAL].nlargest(1, "delta_loss")
        for row in largest.to_dict("records"):
            yield (
                f"The largest effect: with the cell for {rst(row['title'])} (layer {row['layer']}, "
                f"cell {row['unit']}) clamped {row['mode']}, the probability of the right byte at "
                f"{rst(row['class'])} goes from {row['p']:.3f} to {row['p_clamped']:.3f} "
                f"({signed(row['delta_loss'])} nats; elsewhere {signed(row['other_loss'])})."
            )
