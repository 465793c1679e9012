"""Tables for people as HTML pages of their own, which need nothing else (for the report).

Read is the Markdown that the workflow's tables are written in: headings, paragraphs, lists, tables
with their alignment, bold, italic, code and ``<br>``. Everything else is shown unchanged, so a
character of a corpus can never become markup.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby
from pathlib import Path

from charlens.display.markdown import table as markdown_table
from charlens.errors import CharlensError
from charlens.files.atomic import FilePath, atomic_path

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1e293b; margin: 1.5rem 2rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
p, li { max-width: 48rem; }
div.table { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.87rem; font-variant-numeric: tabular-nums; }
th { border-bottom: 1.5px solid #64748b; font-weight: 600; text-align: left; }
td { border-bottom: 1px solid #e2e8f0; vertical-align: top; }
th, td { padding: 0.2rem 0.7rem; }
.right { text-align: right; white-space: nowrap; }
code { background: #f1f5f9; padding: 0 0.2rem; white-space: pre-wrap; }
em { color: #64748b; }
"""

_CODE = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")
_BOLD = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")
_ITALIC = re.compile(r"\*(?=\S)(.+?)(?<=\S)\*")
_BAR = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r":?-{3,}:?")


def page(markdown: str) -> str:
    """A whole HTML document that shows some Markdown.

    Args:
        markdown: of the kind the module reads; its first heading becomes the title.
    """
    lines = markdown.splitlines()
    title = next((line.lstrip("# ") for line in lines if _kind(line) == "heading"), "Table")
    body = "\n".join(
        piece for kind, group in groupby(lines, _kind) for piece in _WRITERS[kind](list(group))
    )
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def inline(text: str) -> str:
    """Markup within a line: code, bold, italic and ``<br>``; everything else is escaped."""
    pieces, at = [], 0
    for match in _CODE.finditer(text):
        pieces += [_emphasised(text[at : match.start()]), f"<code>{_code(match[2])}</code>"]
        at = match.end()
    return "".join([*pieces, _emphasised(text[at:])])


def _emphasised(text: str) -> str:
    text = escape(text).replace("&lt;br&gt;", "<br>")
    return _ITALIC.sub(r"<em>\1</em>", _BOLD.sub(r"<strong>\1</strong>", text))


def _code(text: str) -> str:
    # A space on each side sets off backquotes.
    padded = text.startswith(" ") and text.endswith(" ") and text.strip()
    return escape(text[1:-1] if padded else text)


def _kind(line: str) -> str:
    if not line.strip():
        return "blank"
    if re.match(r"#{1,6} ", line):
        return "heading"
    if line.startswith("|"):
        return "table"
    return "list" if line.startswith("- ") else "paragraph"


def _headings(lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        marks, text = line.split(" ", 1)
        yield f"<h{len(marks)}>{inline(text.strip())}</h{len(marks)}>"


def _paragraph(lines: Sequence[str]) -> Iterator[str]:
    yield f"<p>{inline(' '.join(lines))}</p>"


def _list(lines: Sequence[str]) -> Iterator[str]:
    yield "<ul>"
    yield from (f"<li>{inline(line[2:])}</li>" for line in lines)
    yield "</ul>"


def _cells(line: str) -> list[str]:
    return [cell.strip().replace(r"\|", "|") for cell in _BAR.split(line.strip())[1:-1]]


def _table(lines: Sequence[str]) -> Iterator[str]:
    head, *body = (_cells(line) for line in lines)
    rule = body.pop(0) if body and all(map(_RULE.fullmatch, body[0])) else []
    right = [cell.endswith(":") for cell in rule]
    yield '<div class="table"><table>'
    yield f"<thead>{_row(head, 'th', right)}</thead>"
    yield "<tbody>"
    yield from (_row(cells, "td", right) for cells in body)
    yield "</tbody></table></div>"


def _row(cells: Sequence[str], tag: str, right: Sequence[bool]) -> str:
    aligned = [' class="right"' if i < len(right) and right[i] else "" for i in range(len(cells))]
    each = (f"<{tag}{a}>{inline(c)}</{tag}>" for a, c in zip(aligned, cells, strict=True))
    return f"<tr>{''.join(each)}</tr>"


_WRITERS = {
    "blank": lambda lines: iter(()),
    "heading": _headings,
    "list": _list,
    "paragraph": _paragraph,
    "table": _table,
}


def csv_markdown(path: FilePath, title: str) -> str:
    """A CSV table as Markdown under a heading, for tables that have no Markdown of their own.

    Columns after the first are set flush right, numbers with a decimal point to three decimals.
    """
    with open(path, encoding="utf-8", newline="") as stream:
        head, *rows = csv.reader(stream)
    shown = [[first, *map(_shorter, numbers)] for first, *numbers in rows]
    return "\n".join([f"# {title}", "", *markdown_table(head, shown, "lr")]) + "\n"


def _shorter(cell: str) -> str:
    return f"{float(cell):.3f}" if re.fullmatch(r"-?\d+\.\d+(e-?\d+)?", cell) else cell


def write_page(source: FilePath, target: FilePath, title: str) -> None:
    """Write the page of a table, atomically.

    Args:
        source: a Markdown file, or a CSV file.
        target: the HTML file.
        title: heading of a CSV table.

    Raises:
        CharlensError: the table cannot be read.
    """
    try:
        is_csv = Path(source).suffix == ".csv"
        text = csv_markdown(source, title) if is_csv else Path(source).read_text(encoding="utf-8")
    except (OSError, ValueError, csv.Error) as error:
        raise CharlensError(
            f"{source}: cannot be read ({error}); delete it and run again"
        ) from error
    with atomic_path(target) as temporary:
        temporary.write_text(page(text), encoding="utf-8")
