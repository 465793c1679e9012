"""The table of cross-entropies by length of context as Markdown."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from charlens.analyses import ranking
from charlens.analyses.context_length import compressors
from charlens.analyses.context_length.table import RECURRENT, SPLITS, TITLES
from charlens.display.markdown import table as markdown_table
from charlens.display.units import per, worded
from charlens.display.wording import number, signed
from charlens.models import names as model_id
from charlens.models.divergence import EXPLANATION, MARK, is_diverged
from charlens.paper import texts


def markdown(frame: pd.DataFrame, bootstrap: int, compressed: Sequence[pd.DataFrame] = ()) -> str:
    """The table as Markdown, laid out as in the paper, one section per source.

    Args:
        frame: as :func:`~charlens.analyses.context_length.table.table` makes it.
        bootstrap: the number of resamples, for the caption.
        compressed: tables of :mod:`charlens.analyses.context_length.compressors`.
    """
    what = per(frame)
    caption = (
        f"In nats per {what} (lower is better; divide by ln 2 ≈ 0.693 for bits), ± the standard "
        f"deviation over {bootstrap} bootstrap resamples of the test streams, against the "
        f"number n of context {what}s. **Bold**: the best of its row."
    )
    if frame["paper"].notna().any():
        caption += f" *Italic*: the paper's number. {texts.PAPERS_BOOTSTRAP}"
    if ranking.diverged(frame).any():
        caption += f" {MARK}: {EXPLANATION}."
    if frame["gap_to_streams"].notna().any():
        caption += (
            " The split by streams is the paper's and interleaves test text with training text; "
            "the split by position keeps them apart. The gap is position − streams of one model, "
            f"trained on both. They test on different {what}s, and the gap at n = 1 shows about "
            "how much of it is that alone."
        )
    if "files" in set(frame["split"]):
        caption += (
            " The split by files is by position too, with whole files in each part; its gap is "
            "files − streams."
        )
    lines = ["# Test cross-entropy by context length", "", caption]
    for source, part in frame.groupby("source", sort=False):
        lines += ["", f"## {texts.corpus_title(str(source))}", "", _counts(part)]
        if texts.is_other_version(part["papers_file"]):
            lines += ["", texts.ANOTHER_CUT]
        lines += _context_lines(part) + _recurrent_lines(part)
        beside = [one[one["corpus"].isin(part["corpus"])] for one in compressed]
        beneath = compressors.lines(pd.concat(beside)) if beside else []
        lines += [worded(line, part) for line in beneath]
    return "\n".join(lines) + "\n"


def _counts(part: pd.DataFrame) -> str:
    counts = part.drop_duplicates("split")
    sizes = [f"{row.characters:,} by {row.split}" for row in counts.itertuples()]
    return f"Test {per(part)}s: {', '.join(sizes)}."


def _context_lines(part: pd.DataFrame) -> list[str]:
    part = part[part["n"].notna()]
    if part.empty:
        return []
    ns = sorted({int(n) for n in part["n"]})
    rows = []
    for family in TITLES:
        own = part[part["family"] == family]
        head = TITLES[family]
        for split in SPLITS:
            by_context = {int(row.n): row for row in own[own["split"] == split].itertuples()}
            losses_ = [row.cross_entropy for row in by_context.values() if not _diverged(row)]
            best = min(losses_, default=math.nan)
            if by_context:
                rows.append([head, split, *(_entry(by_context.get(n), best) for n in ns)])
                head = ""
            for name, form, column in _BENEATH:
                values = {n: form(getattr(row, column)) for n, row in by_context.items()}
                if any(values.values()):
                    rows.append(["", name, *(values.get(n) or "–" for n in ns)])
    return ["", *markdown_table(["Model", "Split", *map(str, ns)], rows, "llr")]


def _entry(row: Any, best: float = math.nan) -> str:
    if row is None:
        return "–"
    value = number(row.cross_entropy) + MARK * _diverged(row)
    value = f"**{value}**" if row.cross_entropy == best else value
    return value if math.isnan(row.bootstrap_sd) else f"{value} ± {row.bootstrap_sd:.3f}"


def _diverged(row: Any) -> bool:
    return is_diverged(row.cross_entropy, row.uniform)


def _recurrent_lines(part: pd.DataFrame) -> list[str]:
    part = part[part["family"] == RECURRENT]
    if part.empty:
        return []
    rows = []
    for row in part.itertuples():
        rows.append([model_id.title(row.model), row.split, _entry(row)])
        beneath = [(name, form(getattr(row, column))) for name, form, column in _BENEATH]
        rows += [["", name, value] for name, value in beneath if value]
    return ["", *markdown_table([TITLES[RECURRENT], "Split", "Cross-entropy"], rows, "llr")]


def _printed(value: float) -> str:
    return "" if math.isnan(value) else f"*{number(value)}*"


def _signed(value: float) -> str:
    return "" if math.isnan(value) else signed(value)


# Rows beneath a row of cross-entropies, where there is something to say: name, form, column.
_BENEATH = (("*paper*", _printed, "paper"), ("gap", _signed, "gap_to_streams"))
