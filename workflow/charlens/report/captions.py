"""Captions of the report: what is shown, what the paper found, and what this run found.

All captions are made from one template, ``workflow/report/item.rst``, and the registry
:mod:`charlens.report.contents`. Imported while the workflow is planned: the sentences about a run
need pandas, which is loaded only when the report is made.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from charlens.files.width import WIDTH
from charlens.report import summary
from charlens.report.contents import ANALYSES, FIGURES, PAGES
from charlens.report.entries import Analysis, Figure

TEMPLATE = "../report/item.rst"  # from workflow/rules, where the rules are


def as_image(figure: Figure) -> dict[str, object]:
    """Arguments of Snakemake's ``report()`` for the PNG of a figure.

    The report has a switch between it and the PDF, which begins with the label that comes first in
    the alphabet.
    """
    return _figure(figure, "image")


def as_pdf(figure: Figure) -> dict[str, object]:
    """The same for the PDF of a figure."""
    return _figure(figure, "vector (PDF)")


def _figure(figure: Figure, form: str) -> dict[str, object]:
    return {
        "caption": TEMPLATE,
        "category": figure.section,
        "subcategory": "Figures",
        "labels": {"figure": figure.title, "shown as": form},
    }


PAGE_IN_REPORT = {
    "caption": TEMPLATE,
    "category": lambda wildcards: PAGES[wildcards.table].section,
    "subcategory": "Tables",
    "labels": lambda wildcards: {"table": PAGES[wildcards.table].title},
}
"""The same for the page of a table, by the wildcard ``table``: its name in the registry."""


class Caption:
    """The caption of a figure or of a page, for the template.

    A param of the rule that makes it. Snakemake does not record params of such a kind, so it
    re-runs nothing. It passes params on to scripts, so the caption holds only the name of its
    entry, which can be pickled.

    Args:
        entry: the figure or the analysis.
        results: the run's folder, ``results/{run}``.
        corpus: the one whose networks' agreement is shown.
        made: names of the analyses of the study.
    """

    def __init__(
        self, entry: Analysis | Figure, results: str, corpus: str, made: Iterable[str]
    ) -> None:
        self.name, self.results, self.corpus = entry.name, results, corpus
        self.made = frozenset(made)
        self.of_figure = isinstance(entry, Figure)

    def __repr__(self) -> str:
        return f"caption of {self.entry.title}"

    @property
    def entry(self) -> Analysis | Figure:
        """The figure or the analysis."""
        return FIGURES[self.name] if self.of_figure else ANALYSES[self.name]

    @property
    def shows(self) -> str:
        """What a reader sees; :func:`shows` of the entry."""
        return shows(self.entry, Path(self.results), self.corpus)

    @property
    def unit(self) -> str:
        """The unit of losses in the run."""
        return summary.unit(summary.scores(Path(self.results), seeds=False))[0]

    @property
    def paper(self) -> str:
        """What the paper found."""
        return self.entry.paper

    @property
    def run(self) -> str:
        """What this run found; :func:`sentences` of the analyses that are shown."""
        return "\n".join(map(self._sentences, self.entry.analyses))

    def _sentences(self, analysis: Analysis) -> str:
        return sentences(analysis, Path(self.results), self.corpus, self.made)

    def of(self, wildcards: object) -> Caption:
        """The caption itself: that of a file of a rule that makes one entry."""
        return self

    def about(self, name: str) -> str:
        """What this run found in another analysis; empty where the study does not have it.

        Args:
            name: of the analysis in the registry.
        """
        return self._sentences(ANALYSES[name]) if name in self.made else ""


class Captions:
    """The captions of the tables, all of which one rule makes, for the template.

    Args:
        by_name: the caption of each table by its name.
    """

    def __init__(self, by_name: Mapping[str, Caption]) -> None:
        self.by_name = dict(by_name)

    def __repr__(self) -> str:
        return "captions of tables"

    def of(self, wildcards: Any) -> Caption:
        """The caption of one of the files, by the wildcard ``table``."""
        return self.by_name[wildcards.table]

    def about(self, name: str) -> str:
        """What this run found in another analysis, by its name in the registry."""
        return next(iter(self.by_name.values())).about(name)


def shows(entry: Analysis | Figure, results: Path, corpus: str = "") -> str:
    """What a reader sees, in reStructuredText; numbers are per byte where those of tables are.

    Args:
        entry: of the registry.
        results: the run's folder.
        corpus: as of :func:`sentences`.

    Raises:
        CharlensError: a table is missing or damaged.
    """
    from charlens.display.units import worded

    frames = [frame for a in entry.analyses for frame in _tables(a, results, corpus)]
    frames += [frame for a in entry.analyses for frame in _widths(a, results, corpus)]
    return worded(entry.shows, *frames)


def sentences(
    analysis: Analysis, results: Path, corpus: str = "", made: Collection[str] = ()
) -> str:
    """What a run found, in reStructuredText, computed from the tables of an analysis.

    Args:
        analysis: an entry of the registry.
        results: the run's folder.
        corpus: stands for ``{corpus}`` in the names of tables. The sentences of an analysis of one
            corpus name it, so its function takes it too.
        made: names of the analyses that the study has, which alone may say something beside this
            one: a folder can still have tables of a study before it was changed.

    Raises:
        CharlensError: a table is missing or damaged.
    """
    from charlens.display.units import worded

    frames = _tables(analysis, results, corpus)
    beside = {
        name: _tables(ANALYSES[name], results, corpus)[0]
        for name in analysis.beside
        if name in made
    }
    module = import_module(analysis.module)
    of_one = [corpus] if _of_one_corpus(analysis) else []
    text = " ".join(module.sentences(*frames, *of_one, **beside))
    return worded(text, *frames, *_widths(analysis, results, corpus))


def _tables(analysis: Analysis, results: Path, corpus: str) -> list[Any]:
    module = import_module(analysis.module)
    return [
        getattr(module, reader)(results / path.format(corpus=corpus))
        for path, reader in analysis.sources.items()
    ]


def _widths(analysis: Analysis, results: Path, corpus: str) -> list[Any]:
    """How many bytes a character has, where the tables of an analysis have no place for it.

    That of agreement is a square of models. Nothing is known before the run has other tables.
    """
    import pandas as pd

    if not _of_one_corpus(analysis):
        return []
    of_corpus = [s.width for s in summary.scores(results, seeds=False) if s.corpus == corpus]
    return [pd.DataFrame({WIDTH: of_corpus})] if of_corpus else []


def _of_one_corpus(analysis: Analysis) -> bool:
    return any("{corpus}" in path for path in analysis.sources)
