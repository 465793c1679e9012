"""The page of a run: one HTML file with its results, in the order of the paper.

Each figure has its caption below it: what is shown, what this run found, what the paper found.
Pictures are inside the file, so it opens anywhere; the links to files beside it work where it lies.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from charlens.errors import CharlensError
from charlens.files.atomic import FilePath, atomic_path
from charlens.models.divergence import EXPLANATION, MARK
from charlens.models.names import title as model_title
from charlens.paper.texts import corpus_title
from charlens.report import summary
from charlens.report.captions import sentences, shows
from charlens.report.contents import ANALYSES, FIGURES
from charlens.report.entries import Analysis, Figure
from charlens.report.html import from_markdown, from_rst, plain, rows_of
from charlens.report.layout import template
from charlens.report.pages import table_markdown
from charlens.text.corpus import Corpus

TOP = ("figure2", "figure1_left")
"""Figures of which the first that a run has is the picture on top."""

BRIEF = ("cross_entropy", "table2", "paper_vs_ours")
"""Analyses whose findings are given in brief."""

LONG = 60  # rows from which a table is shown when asked for
_ALT = 300  # characters of an alternative text
_PIXELS_PER_POINT = 1.8  # a figure's pixels for one of the page: its text has the page's size


@dataclass(frozen=True)
class Picture:
    """A figure inside the page: ``data`` is a data address, sizes are in pixels of the page."""

    data: str
    alt: str
    width: int
    height: int


@dataclass
class Entry:
    """A figure or a table of the page; texts are HTML.

    Attributes:
        anchor: the fragment of its address.
        title: its heading.
        shows: what a reader sees.
        outcome: what this run found; empty where a figure of the same analysis says it.
        paper: what the paper found, or the same.
        picture: of a figure.
        table: of a table.
        rows: of the table.
        files: name and relative address of each file behind it.
    """

    anchor: str
    title: str
    shows: str
    outcome: str
    paper: str
    picture: Picture | None = None
    table: str = ""
    rows: int = 0
    files: list[tuple[str, str]] = field(default_factory=list)

    @property
    def long(self) -> bool:
        """Whether the table is shown when asked for only."""
        return self.rows >= LONG


@dataclass
class PageSection:
    """A section of the paper with its entries."""

    anchor: str
    title: str
    entries: list[Entry]


@dataclass(frozen=True)
class _Run:
    """What the page asks of a run.

    Attributes:
        folder: ``results/{run}``.
        figures: names in the registry of the figures that it has.
        tables: names of its analyses whose tables are shown.
        agreement: the corpus whose networks' agreement is shown.
    """

    folder: Path
    figures: Sequence[str]
    tables: Sequence[str]
    agreement: str

    def shows(self, entry: Analysis | Figure) -> str:
        """What a reader sees, as HTML."""
        return from_rst(shows(entry, self.folder, self.agreement))

    def outcome_of(self, analysis: Analysis) -> str:
        """What the run found, in reStructuredText."""
        return sentences(analysis, self.folder, self.agreement, self.tables)


def write_run_page(
    results: FilePath,
    target: FilePath,
    figures: Sequence[str],
    tables: Sequence[str],
    corpora: Sequence[str],
    agreement: str,
    explorer: bool = False,
) -> None:
    """Write the page of a run, atomically.

    Args:
        results: ``results/{run}``; the page belongs into it.
        target: the HTML file.
        figures: names in the registry of the figures that the run has.
        tables: names of its analyses whose tables are shown.
        corpora: names of its texts.
        agreement: the corpus whose networks' agreement is shown.
        explorer: whether the run has an explorer, to which the page then leads.

    Raises:
        CharlensError: a table, a figure or a corpus is missing or damaged.
    """
    folder = Path(results)
    run = _Run(folder, figures, tables, agreement)
    sections = list(_sections(run))
    entries = {entry.anchor: entry for section in sections for entry in section.entries}
    html = template("run.html").render(
        run=folder.name,
        explorer=summary.EXPLORER if explorer else None,
        top=next((entries[name] for name in TOP if name in entries), None),
        sections=sections,
        best=_best(folder, "seeds" in tables),
        brief=[from_rst(run.outcome_of(ANALYSES[name])) for name in BRIEF if name in tables],
        texts=[_text(folder / name / "corpus.json") for name in corpora],
    )
    with atomic_path(target) as temporary:
        temporary.write_text(html, encoding="utf-8")


def _sections(run: _Run) -> Iterator[PageSection]:
    titles = dict.fromkeys(analysis.section for analysis in ANALYSES.values())
    for number, title in enumerate(titles, 1):
        entries = list(_entries(run, title))
        if entries:
            yield PageSection(f"section{number}", title, entries)


def _entries(run: _Run, section: str) -> Iterator[Entry]:
    """Figures of a section, and each table after the last figure of its analysis."""
    shown = [FIGURES[name] for name in FIGURES if name in run.figures]
    shown = [figure for figure in shown if figure.section == section]
    waiting = [a for n, a in ANALYSES.items() if n in run.tables and a.section == section]
    pictured = {analysis.name for figure in shown for analysis in figure.analyses}
    for at, figure in enumerate(shown):
        yield _figure(run, figure)
        later = {a.name for other in shown[at + 1 :] for a in other.analyses}
        for analysis in figure.analyses:
            if analysis in waiting and analysis.name not in later:
                waiting.remove(analysis)
                yield _table(run, analysis, with_outcome=False)
    for analysis in waiting:
        yield _table(run, analysis, with_outcome=analysis.name not in pictured)


def _figure(run: _Run, figure: Figure) -> Entry:
    outcome = " ".join(map(run.outcome_of, figure.analyses))
    names = [f"figures/{figure.name}.{form}" for form in ("png", "pdf", "csv")]
    return Entry(
        anchor=figure.name,
        title=figure.title,
        shows=run.shows(figure),
        outcome=from_rst(f"**This run.** {outcome}"),
        paper=from_rst(f"**The paper.** {figure.paper}"),
        picture=_picture(run.folder / names[0], f"{figure.title}. {plain(from_rst(outcome))}"),
        files=_files(run.folder, names),
    )


def _table(run: _Run, analysis: Analysis, with_outcome: bool) -> Entry:
    page = analysis.page.format(corpus=run.agreement)
    markdown = table_markdown(run.folder / page, analysis.title)
    outcome = run.outcome_of(analysis) if with_outcome else ""
    names = dict.fromkeys([page, *(name.format(corpus=run.agreement) for name in analysis.sources)])
    return Entry(
        anchor=f"table-{analysis.name}",
        title=analysis.title,
        shows=run.shows(analysis),
        outcome=from_rst(f"**This run.** {outcome}") if with_outcome else "",
        paper=from_rst(f"**The paper.** {analysis.paper}") if with_outcome else "",
        table=from_markdown(markdown, deeper=2, titled=False),
        rows=rows_of(markdown),
        files=_files(run.folder, list(names)),
    )


def _files(folder: Path, names: Sequence[str]) -> list[tuple[str, str]]:
    return [(Path(name).name, quote(name)) for name in names if (folder / name).is_file()]


def _picture(path: Path, text: str) -> Picture:
    try:
        data = path.read_bytes()
        if data[1:4] != b"PNG":
            raise ValueError("not a PNG picture")
        width, height = struct.unpack(">II", data[16:24])
    except (OSError, ValueError, struct.error) as error:
        raise CharlensError(f"{path}: cannot be read ({error}); delete it and run again") from error
    alt = text if len(text) <= _ALT else text[:_ALT].rsplit(" ", 1)[0] + " …"
    address = "data:image/png;base64," + base64.b64encode(data).decode()
    return Picture(
        address, alt, round(width / _PIXELS_PER_POINT), round(height / _PIXELS_PER_POINT)
    )


def _best(folder: Path, seeds: bool) -> dict[str, object]:
    """The best model of each kind and text, for the template."""
    scores = summary.scores(folder, seeds)
    kinds, rows = summary.kinds_of(scores), []
    for corpus, row in summary.best(scores).items():
        least = summary.lowest(row.values())
        cells = [
            {
                "nats": row[kind].value,
                "name": model_title(row[kind].model),
                "lowest": row[kind].nats == least and len(row) > 1,
            }
            if kind in row
            else None
            for kind in kinds
        ]
        rows.append((corpus_title(corpus), cells))
    shown = [score for row in summary.best(scores).values() for score in row.values()]
    explanation = f"{MARK}: {EXPLANATION}." if any(score.diverged for score in shown) else ""
    nats, wide = summary.unit(scores)
    explanation = " ".join(filter(None, [explanation, wide]))
    return {"kinds": kinds, "rows": rows, "explanation": explanation, "unit": nats}


def _text(path: Path) -> dict[str, str]:
    corpus = Corpus.load(path)
    return {
        "title": corpus_title(corpus.name),
        "source": corpus.source,
        "split": f"by {corpus.split}",
        "bytes": f"{corpus.bytes:,}",
        "distinct": f"{corpus.k}",
        "test": f"{corpus.sizes['test']:,}",
    }
