"""What the report shows: each analysis with its table, and each figure, by section of the paper.

Everything that lists analyses or figures asks this registry: the rules that draw and that make
pages, the targets of the workflow, the captions. The entries are in
:mod:`charlens.report.sections`. They are read while the workflow is planned, so they import nothing
that takes time; modules are named, not imported.
"""

from __future__ import annotations

from charlens.report.entries import Analysis, Figure
from charlens.report.sections import comparing, errors, long_range, mechanisms, replication

ANALYSES: dict[str, Analysis] = {
    **comparing.ANALYSES,
    **mechanisms.ANALYSES,
    **long_range.ANALYSES,
    **errors.ANALYSES,
    **replication.ANALYSES,
}
"""Analyses by name, in the order of the paper."""

FIGURES: dict[str, Figure] = {
    **comparing.FIGURES,
    **mechanisms.FIGURES,
    **long_range.FIGURES,
    **errors.FIGURES,
}
"""Figures by name, in the order of the paper."""

PAGES = {name: analysis for name, analysis in ANALYSES.items() if analysis.title}
"""Analyses whose table has a page in the report."""
