"""The paper's numbers beside a run's own, with a verdict on each.

Every number of ``paper/data`` that a run has too becomes one row
(:mod:`charlens.replication.figures`). A verdict is given only where both sides speak of the same
thing: the paper's text, divided as in the paper, and a model of the paper's budget and depth. All
other rows are kept, marked as not comparable, with the reason. What a number may differ by is in
:mod:`charlens.replication.tolerances`.
"""

from __future__ import annotations

import math

import pandas as pd

from charlens.paper import texts
from charlens.replication import tolerances
from charlens.replication.figures import FIGURES
from charlens.replication.number import Number
from charlens.replication.run_tables import Tables, is_papers_text
from charlens.text.corpus import Corpus

CORPORA = ("war_and_peace", "linux_kernel")
"""The corpora that the paper has numbers of."""

COLUMNS = {
    "figure": "string",
    "corpus": "string",
    "model": "string",  # ours; several ids are joined by spaces
    "quantity": "string",
    "unit": "string",
    "ours": "float64",
    "paper": "float64",
    "difference": "float64",  # ours - paper
    "tolerance": "float64",
    "relative": "float64",  # the difference less that of another model; NaN where none is due
    "relative_tolerance": "float64",
    "verdict": "string",  # one of number.VERDICTS; empty where not comparable
    "comparable": "bool",
    "papers_file": "bool",  # whether our corpus is the very file of the paper
    "remark": "string",  # why not comparable, or why there is no number
}
"""Columns of the table, one row per number."""


def table(tables: Tables) -> pd.DataFrame:
    """Every number of the paper that a run has too, with the columns of :data:`COLUMNS`."""
    rows = [
        _finished(number, tables.corpora[number.corpus])
        for figure in FIGURES
        for number in figure(tables)
        if number.corpus in CORPORA and tables.corpora[number.corpus].split == "streams"
    ]
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)
    vague = tolerances.is_vague(frame["tolerance"], frame["paper"])
    vague &= frame["verdict"].eq("within").fillna(False).astype(bool)
    return frame.assign(verdict=frame["verdict"].mask(vague, "vague"))


def _finished(number: Number, corpus: Corpus) -> dict[str, object]:
    remark, difference = number.remark, number.ours - number.paper
    if not is_papers_text(corpus):
        remark = f"our text has {corpus.bytes:,} bytes, the paper's {texts.bytes_of(corpus.name):,}"
    return {
        **{key: value for key, value in number._asdict().items() if key in COLUMNS},
        "difference": difference,
        "verdict": None if remark else number.judged,
        "comparable": not remark,
        "papers_file": texts.is_own_file(corpus.name, corpus.bytes),
        "remark": remark or ("not reached" if math.isnan(number.ours) else None),
    }
