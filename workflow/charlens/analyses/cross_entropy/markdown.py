"""The table of test cross-entropies as Markdown."""

from __future__ import annotations

import math

import pandas as pd

from charlens.analyses import ranking
from charlens.analyses.cross_entropy.averaged import SEED_NOTE, SEEDS, seed_spread
from charlens.analyses.cross_entropy.layout import CorpusPart, grid_columns, layouts, shown
from charlens.display.markdown import table as markdown_table
from charlens.display.units import per
from charlens.display.wording import number
from charlens.models import names as model_id
from charlens.models.divergence import EXPLANATION, MARK
from charlens.paper import texts


def markdown(frame: pd.DataFrame, bootstrap: int) -> str:
    """The table as Markdown, laid out as in the paper, one section per corpus.

    Args:
        frame: as :func:`~charlens.analyses.cross_entropy.table.table` makes it.
        bootstrap: the number of resamples, for the caption.
    """
    has_paper = frame["paper"].notna().any()
    lines = [
        "# Test cross-entropy",
        "",
        f"In nats per {per(frame)} (lower is better; divide by ln 2 ≈ 0.693 for bits), ± the "
        f"standard deviation over {bootstrap} bootstrap resamples of the test streams. **Bold**: "
        "the best of its row. Models in one row have nearly the same number of parameters."
        + (f" *Italic*: the paper's number. {texts.PAPERS_BOOTSTRAP}" if has_paper else "")
        + (f" {SEED_NOTE}" if SEEDS in frame else "")
        + (f" {MARK}: {EXPLANATION}." if ranking.diverged(frame).any() else ""),
    ]
    for layout in layouts(frame):
        title = texts.corpus_title(layout.corpus)
        lines += ["", f"## {title}", "", _counts(layout), ""]
        if layout.other_cut:
            lines += [texts.ANOTHER_CUT, ""]
        lines += _grid(layout, grid_columns(frame))
        lines += _others(layout)
    return "\n".join(lines) + "\n"


def _counts(layout: CorpusPart) -> str:
    if layout.code_points is None:
        return f"{layout.characters:,} test characters."
    return (
        f"{layout.characters:,} test bytes, which are {layout.code_points:,} characters: in nats "
        "per byte and, after it, per character (/char), the sum over its bytes."
    )


def _grid(layout: CorpusPart, columns: list[tuple[str, int]]) -> list[str]:
    if not layout.grid:
        return []
    heads = [f"{model_id.cell_title(cell)}-{layers}" for cell, layers in columns]
    rows = []
    for size, entries in layout.grid:
        several = sum(entry is not None for entry in entries) > 1  # the only one is no best
        per = layout.code_points is not None
        rows.append([size, *(_entry(entry, several, per) for entry in entries)])
    return markdown_table(["Size", *heads], rows, "r")


def _entry(row, several: bool = True, per_character: bool = False) -> str:
    if row is None:
        return "–"
    value = shown(row)
    if row.best_in_row and several:
        value = f"**{value}**"
    spread = "" if math.isnan(row.bootstrap_sd) else f" ± {row.bootstrap_sd:.3f}"
    printed = "" if math.isnan(row.paper) else f"<br>*{number(row.paper)}*"
    longer = f"<br>{number(row.nats_per_code_point)}/char" if per_character else ""
    over_seeds = seed_spread(row) and f"<br>{seed_spread(row)} seeds"
    return value + spread + over_seeds + longer + printed


def _others(layout: CorpusPart) -> list[str]:
    if not layout.others:
        return []
    per = layout.code_points is not None
    rows = [[model_id.title(row.model), _entry(row, per_character=per)] for row in layout.others]
    return ["", *markdown_table(["Other models", "Cross-entropy"], rows, "lr")]
