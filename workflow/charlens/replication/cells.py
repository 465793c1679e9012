"""The paper's findings about single cells (section 4.2, Figure 2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from charlens.inside.cells import concepts
from charlens.inside.cells.concepts import CONCEPTS, PaperCell
from charlens.models import names as model_id
from charlens.models.catalogue import LSTM
from charlens.paper.definitions import LARGEST
from charlens.replication.outcome import Outcome
from charlens.replication.run_tables import Tables

CORRELATION = 0.7  # |r| from which a cell tracks a count
AUC = 0.9  # and, either way, a yes or no


def tracked() -> dict[str, PaperCell]:
    """Concept -> the cell of the paper's Figure 2 that follows it, in the figure's order."""
    return {name: c.paper for name, c in CONCEPTS.items() if c.paper is not None}


def tracks(concept: str) -> Callable[[Tables], Iterator[Outcome]]:
    """A test of whether a single cell keeps track of a concept.

    The cell is the best one on half of the test text; what counts is its score on the other half.
    """

    def test(tables: Tables) -> Iterator[Outcome]:
        frame = tables.cells[(tables.cells["concept"] == concept) & (tables.cells["rank"] == 1)]
        for row in frame.dropna(subset=["held_out"]).itertuples():
            point = model_id.grid_point(row.model)
            score, least = abs(row.held_out), CORRELATION
            score_text = f"r = {row.held_out:.2f}".replace("-", "−")
            if row.measure == concepts.AUC:
                score, least = max(row.held_out, 1 - row.held_out), AUC
                score_text = f"AUC = {score:.2f}"
            evidence = f"{point.label}: layer {row.layer}, cell {row.unit}, {score_text}"
            theirs = point.cell == LSTM and point.size == LARGEST
            yield Outcome(row.corpus, bool(score >= least), evidence, theirs)

    return test
