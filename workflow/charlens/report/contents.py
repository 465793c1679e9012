"""What the report shows and where: figures and tables by section of the paper.

Imported while the workflow is planned, so it loads nothing that takes time.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

COMPARING = "4.1 Comparing recurrent networks"
MECHANISMS = "4.2 Internal mechanisms"
LONG_RANGE = "4.3 Long-range interactions"
ERRORS = "4.4 Error analysis"
BESIDE = "The paper beside this run"


class Item(NamedTuple):
    """A figure or a table of the report.

    Attributes:
        section: of the paper.
        title: its name in the report's lists.
    """

    section: str
    title: str


FIGURES = {
    "figure1_left": Item(COMPARING, "Figure 1, left: test cross-entropy"),
    "figure1_right": Item(COMPARING, "Figure 1, right: networks that agree"),
    "figure2": Item(MECHANISMS, "Figure 2: cells that can be read"),
    "figure3": Item(MECHANISMS, "Figure 3: gates open and shut"),
    "figure_table2": Item(LONG_RANGE, "Table 2, drawn: length of context"),
    "figure4": Item(LONG_RANGE, "Figure 4: whose errors, which characters"),
    "figure5_left": Item(LONG_RANGE, "Figure 5, left: closing characters"),
    "figure5_right": Item(LONG_RANGE, "Figure 5, right: an LSTM in training"),
    "figure6": Item(ERRORS, "Figure 6: kinds of errors"),
    "figure6_bars": Item(ERRORS, "Figure 6, as bars"),
}
"""Figures by the name of their caption, ``workflow/report/{name}.rst``."""

TABLES = {
    "cross_entropy": Item(COMPARING, "Test cross-entropy (Figure 1, left)"),
    "agreement": Item(COMPARING, "Agreement of networks (Figure 1, right)"),
    "table2": Item(LONG_RANGE, "Length of context (Table 2)"),
    "error_overlap": Item(LONG_RANGE, "Overlap of errors (Figure 4, left)"),
    "advantage": Item(LONG_RANGE, "Advantage by character (Figure 4)"),
    "closings": Item(LONG_RANGE, "Closing characters (Figure 5, left)"),
    "dynamics": Item(LONG_RANGE, "An LSTM in training (Figure 5, right)"),
    "errors": Item(ERRORS, "Kinds of errors (Figure 6)"),
    "paper_vs_ours": Item(BESIDE, "Every number of the paper beside ours"),
}
"""Tables likewise."""


def as_image(name: str) -> dict[str, object]:
    """Arguments of Snakemake's ``report()`` for the PNG of a figure, a key of :data:`FIGURES`.

    Between it and the PDF the report has a switch, which stands at first on the label that comes
    first in the alphabet.
    """
    return _figure(name, "image")


def as_pdf(name: str) -> dict[str, object]:
    """The same for the PDF of a figure."""
    return _figure(name, "vector (PDF)")


def as_page(name: str) -> dict[str, object]:
    """The same for the page of a table, a key of :data:`TABLES`."""
    return _placed(name, TABLES[name], "Tables") | {"labels": {"table": TABLES[name].title}}


def _figure(name: str, form: str) -> dict[str, object]:
    item = FIGURES[name]
    return _placed(name, item, "Figures") | {"labels": {"figure": item.title, "shown as": form}}


def _placed(name: str, item: Item, kind: str) -> dict[str, object]:
    # Captions are found from workflow/rules, where the rules are.
    return {"caption": f"../report/{name}.rst", "category": item.section, "subcategory": kind}


class Found:
    """What this run found, in sentences for captions.

    A param of the rules whose outputs have captions: the captions ask it when the report is made.
    Snakemake does not record params of such a kind, so it re-runs nothing.
    """

    def __init__(self, results: str) -> None:
        self.results = results

    def __repr__(self) -> str:
        return f"what {self.results} holds"

    def about(self, name: str, *arguments: str) -> str:
        """Sentences in reStructuredText; see :data:`charlens.report.captions.SENTENCES`."""
        from charlens.report import captions  # planning can do without pandas and torch

        return captions.about(name, Path(self.results), *arguments)
