"""Tables for people as HTML pages that need nothing else, for Snakemake's report."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from pathlib import Path

from charlens.display.markdown import table as markdown_table
from charlens.errors import CharlensError
from charlens.files.atomic import FilePath, atomic_path
from charlens.report.contents import PAGES
from charlens.report.html import from_markdown, title_of
from charlens.report.layout import template


def page(markdown: str) -> str:
    """A whole HTML document that shows some Markdown.

    Args:
        markdown: of the kind that :mod:`charlens.report.html` reads; its first heading becomes
            the title.
    """
    body = from_markdown(markdown)
    return template("table.html").render(title=title_of(markdown), body=body)


def csv_markdown(path: FilePath, title: str) -> str:
    """A CSV table as Markdown under a heading, for tables that have no Markdown of their own.

    Columns after the first are set flush right, numbers with a decimal point to three decimals.
    """
    with open(path, encoding="utf-8", newline="") as stream:
        head, *rows = csv.reader(stream)
    shown = [[first, *map(_shorter, numbers)] for first, *numbers in rows]
    return "\n".join([f"# {title}", "", *markdown_table(head, shown, "lr")]) + "\n"


def _shorter(cell: str) -> str:
    return f"{float(cell):z.3f}" if re.fullmatch(r"-?\d+\.\d+(e-?\d+)?", cell) else cell


def table_markdown(source: FilePath, title: str) -> str:
    """The Markdown of a table.

    Args:
        source: a Markdown file, or a CSV file.
        title: heading of a CSV table.

    Raises:
        CharlensError: the table cannot be read.
    """
    try:
        if Path(source).suffix == ".csv":
            return csv_markdown(source, title)
        return Path(source).read_text(encoding="utf-8")
    except (OSError, ValueError, csv.Error) as error:
        raise CharlensError(
            f"{source}: cannot be read ({error}); delete it and run again"
        ) from error


def write_pages(results: FilePath, folder: FilePath, tables: Iterable[str], agreement: str) -> None:
    """Write the page of each table, ``{table}.html``, for Snakemake's report.

    Args:
        results: ``results/{run}``.
        folder: of the pages.
        tables: names of analyses in the registry.
        agreement: the corpus whose networks' agreement is shown.

    Raises:
        CharlensError: a table cannot be read.
    """
    Path(folder).mkdir(parents=True, exist_ok=True)
    for name in tables:
        source = Path(results, PAGES[name].page.format(corpus=agreement))
        write_page(source, Path(folder, f"{name}.html"), PAGES[name].title)


def write_page(source: FilePath, target: FilePath, title: str) -> None:
    """Write the page of a table, atomically.

    Args:
        source: a Markdown file, or a CSV file.
        target: the HTML file.
        title: heading of a CSV table.

    Raises:
        CharlensError: the table cannot be read.
    """
    text = page(table_markdown(source, title))
    with atomic_path(target) as temporary:
        temporary.write_text(text, encoding="utf-8")
