"""The paper's numbers and conclusions beside those of a run."""

from __future__ import annotations

from charlens.report.entries import Analysis, by_name

SECTION = "The paper beside this run"

ANALYSES = by_name(
    Analysis(
        "paper_vs_ours",
        SECTION,
        title="Every number of the paper beside ours",
        shows=(
            "Every number of the paper that this run produced too: ours, the paper's, the "
            "difference, and whether it is within the tolerance given there (cross-entropies below "
            "the paper's by more are better; a number is vague that may differ by more than a "
            "quarter of itself). How many of the paper's own numbers would be near enough in each "
            "other's places says what that is worth. Then each conclusion of the paper, with a "
            "verdict and the figure that shows it."
        ),
        paper=(
            "Its numbers are those printed, or measured off its graphics where none are printed. "
            "Numbers of networks or texts other than the paper's are listed apart, since they "
            "cannot be expected to agree."
        ),
        module="charlens.replication.markdown",
        sources={"tables/paper_vs_ours.csv": "read", "tables/findings.csv": "read_findings"},
    ),
)
