"""What is known of an analysis and of a figure before it is made; see the registry, contents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from charlens.study.config import Config


@dataclass(frozen=True)
class Analysis:
    """A question of the paper, the table that answers it, and the page that shows the table.

    Attributes:
        name: of the table and of its page.
        section: of the paper.
        paper: what the paper found, in reStructuredText.
        module: has ``read(path)`` and ``sentences(*tables)``, what this run found.
        title: of the page in the report's lists; empty where only a figure shows the table.
        shows: what a reader sees on the page, in reStructuredText.
        page: the table for people inside the run's folder. ``{corpus}`` is the corpus of the
            agreement; its page is made from the CSV, all others from Markdown.
        sources: files inside the run's folder that the sentences are computed from, in order, and
            the function of ``module`` that reads each. By default the analysis's CSV table.
        beside: names of other analyses whose models a ranking must count too. Their tables are
            keyword arguments of ``sentences``, by name, where the run has them.
        when: whether a study has this analysis.
    """

    name: str
    section: str
    paper: str
    module: str
    title: str = ""
    shows: str = ""
    page: str = ""
    sources: Mapping[str, str] = field(default_factory=dict)
    beside: tuple[str, ...] = ()
    when: Callable[[Config], bool] = lambda study: True

    def __post_init__(self) -> None:
        if self.title and not self.page:
            object.__setattr__(self, "page", f"tables/{self.name}.md")
        if not self.sources:
            object.__setattr__(self, "sources", {f"tables/{self.name}.csv": "read"})

    @property
    def analyses(self) -> tuple[Analysis, ...]:
        """The analyses behind the page: this one."""
        return (self,)


@dataclass(frozen=True)
class Figure:
    """A figure of one or more analyses; section, the paper's findings and sentences are theirs.

    Attributes:
        name: of its files.
        title: its name in the report's lists.
        shows: what a reader sees, in reStructuredText.
        module: has ``numbers(**tables)`` and ``draw(*numbers)``.
        analyses: those that it shows.
    """

    name: str
    title: str
    shows: str
    module: str
    analyses: tuple[Analysis, ...]

    @property
    def section(self) -> str:
        """The section of the paper that it belongs to."""
        return self.analyses[0].section

    @property
    def paper(self) -> str:
        """What the paper found, in reStructuredText."""
        return " ".join(analysis.paper for analysis in self.analyses)

    def when(self, study: Config) -> bool:
        """Whether a study has what the figure shows."""
        return all(analysis.when(study) for analysis in self.analyses)


PAGE_TEMPLATES = ("run.html", "table.html", "style.css")
"""What pages are made of, in ``templates``: rules name them, for fingerprints see modules only."""

EXPLORER_FILES = (
    "page.html",
    "style.css",
    "data.js",
    "elements.js",
    "colours.js",
    "measures.js",
    "text.js",
    "find.js",
    "models.js",
    "reader.js",
    "units.js",
    "details.js",
    "causes.js",
    "character.js",
    "marks.js",
    "rivals.js",
    "painting.js",
    "state.js",
    "controls.js",
    "keys.js",
    "pointing.js",
    "main.js",
)
"""The same of the explorer, in ``explorer/page``; scripts in the order in which they are run."""

Entry = TypeVar("Entry", Analysis, Figure)


def by_name(*entries: Entry) -> dict[str, Entry]:
    """Entries of one kind by name, in their order."""
    return {entry.name: entry for entry in entries}
