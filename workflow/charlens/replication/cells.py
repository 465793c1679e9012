"""The paper's findings about single cells (section 4.2, Figure 2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd

from charlens.inside.cells import concepts
from charlens.inside.cells.concepts import CONCEPTS, PaperCell
from charlens.inside.evidence.table import BARS
from charlens.models import names as model_id
from charlens.models.catalogue import LSTM
from charlens.paper.definitions import LARGEST
from charlens.replication.outcome import Outcome
from charlens.replication.run_tables import Tables

CORRELATION = 0.7  # |r| from which a cell tracks a count
LINE_POSITION, LINE_END = "line_position", "line_end"
AUC = 0.9  # and, either way, a yes or no


def tracked() -> dict[str, PaperCell]:
    """Concept -> the cell of the paper's Figure 2 that follows it, in the figure's order."""
    return {name: c.paper for name, c in CONCEPTS.items() if c.paper is not None}


def tracks(concept: str) -> Callable[[Tables], Iterator[Outcome]]:
    """A test of whether a single cell keeps track of a concept.

    The cell is the best one on half of the test text; what counts is its score on the other half.
    Where the run has baselines, the cell must exceed them: what the last bytes tell, or a network
    that learned nothing follows, no cell keeps track of. Whether it is shown to cause what it
    follows is part of the evidence only.
    """

    def test(tables: Tables) -> Iterator[Outcome]:
        frame = tables.cells[(tables.cells["concept"] == concept) & (tables.cells["rank"] == 1)]
        for row in frame.dropna(subset=["held_out"]).itertuples():
            point = model_id.grid_point(row.model)
            score, least = abs(row.held_out), CORRELATION
            score_text = f"r = {row.held_out:z.2f}".replace("-", "−")
            if row.measure == concepts.AUC:
                score, least = max(row.held_out, 1 - row.held_out), AUC
                score_text = f"AUC = {score:.2f}"
            evidence = f"{point.label}: layer {row.layer}, cell {row.unit}, {score_text}"
            exceeds, baselines = _beside_baselines(tables.evidence, row)
            evidence += baselines + _causal(tables.causal, row)
            like_the_papers = point.cell == LSTM and point.size == LARGEST
            if reason := _nothing_to_follow(tables.cells, row):
                yield Outcome(row.corpus, None, reason, like_the_papers)
                continue
            yield Outcome(row.corpus, bool(score >= least and exceeds), evidence, like_the_papers)

    return test


def _nothing_to_follow(cells: pd.DataFrame, row: Any) -> str:
    """Why a text has nothing that a cell could keep track of; empty where it has.

    The position in the line goes on growing in a text without lines, and is then that in the text.
    """
    ends = cells[(cells["corpus"] == row.corpus) & (cells["model"] == row.model)]
    ends = ends[ends["concept"] == LINE_END]
    without = row.concept == LINE_POSITION and len(ends) > 0 and ends["held_out"].isna().all()
    return "the text has no lines" if without else ""


def _of_cell(frame: pd.DataFrame, row: Any) -> pd.DataFrame:
    """The rows about one network and concept."""
    same = (frame["corpus"] == row.corpus) & (frame["model"] == row.model)
    return frame[same & (frame["concept"] == row.concept)]


def _beside_baselines(evidence: pd.DataFrame, row: Any) -> tuple[bool, str]:
    """Whether the cell is more than chance and than every baseline, in words too.

    Where a run has no baselines nothing speaks against the cell, and there is nothing to say.
    """
    known = _of_cell(evidence, row)
    known = known[(known["best_layer"] == row.layer) & (known["best_unit"] == row.unit)]
    known = known[known["low"].notna()]
    if known.empty:
        return True, ""
    one = known.iloc[0]
    exceeds = bool(one["interpretable"])
    bar, low, high = one[list(BARS)].max(), one["low"], one["high"]
    ends = f"strength {low:.2f} to {high:.2f}, highest baseline {bar:.2f}"
    return exceeds, f"; {'above' if exceeds else 'not above'} its baselines ({ends})"


def _causal(causal: pd.DataFrame, row: Any) -> str:
    """The verdict of intervening on the cell; empty where nobody did."""
    known = _of_cell(causal, row)
    known = known[(known["layer"] == row.layer) & (known["unit"] == row.unit)]
    return "" if known.empty else f"; {known['verdict'].iloc[0]}"
