"""HTML from the Markdown of tables and the reStructuredText of captions.

A character of a corpus can never become markup: only what the workflow writes is read (headings,
paragraphs, lists, tables, bold, italic, code, and ``<br>`` in a cell); everything else is shown
unchanged. Links, pictures and raw HTML are not read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from html.parser import HTMLParser

from docutils.core import publish_parts
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

_READ = ("heading", "list", "table", "emphasis", "backticks", "escape")
_BREAK = escape("<br>")


class _Renderer(RendererHTML):
    """Tables that scroll by themselves, and ``<br>`` where a cell has two lines."""

    def text(self, tokens: Sequence[Token], idx: int, options: object, env: object) -> str:
        return escape(tokens[idx].content).replace(_BREAK, "<br>")

    def table_open(self, tokens: Sequence[Token], idx: int, options: object, env: object) -> str:
        return '<div class="table" tabindex="0"><table>\n'

    def table_close(self, tokens: Sequence[Token], idx: int, options: object, env: object) -> str:
        return "</table></div>\n"


def from_markdown(text: str, deeper: int = 0, titled: bool = True) -> str:
    """An HTML fragment that shows Markdown.

    Args:
        text: of the kind the module reads.
        deeper: levels by which headings are lowered.
        titled: whether the heading of the first level is shown.
    """
    parser = MarkdownIt("zero", renderer_cls=_Renderer).enable(list(_READ))
    shown: list[Token] = []
    in_title = False
    for token in parser.parse(text):
        if token.type.startswith("heading_") and token.tag == "h1" and not titled:
            in_title = token.type == "heading_open"
            continue
        if in_title:
            continue
        if token.type.startswith("heading_"):
            token.tag = f"h{min(6, int(token.tag[1]) + deeper)}"
        shown.append(token)
    return str(parser.renderer.render(shown, parser.options, {}))


def title_of(text: str) -> str:
    """The first heading of Markdown without its marks; ``Table`` where there is none."""
    match = re.search(r"^#{1,6} +(.+)$", text, re.MULTILINE)
    return match[1].strip() if match else "Table"


def rows_of(text: str) -> int:
    """Rows of all tables of Markdown, headings and rules not counted."""
    lines = text.splitlines()
    rules = sum(re.fullmatch(r"\|(:?-{3,}:?\|)+", line.strip()) is not None for line in lines)
    return sum(line.startswith("|") for line in lines) - 2 * rules


def from_rst(text: str) -> str:
    """An HTML fragment that shows reStructuredText, as captions are written in."""
    settings = {"raw_enabled": False, "file_insertion_enabled": False, "smart_quotes": False}
    return str(publish_parts(text, writer="html5", settings_overrides=settings)["body"])


def plain(fragment: str) -> str:
    """The text that an HTML fragment shows, on one line."""
    parser = _Plain()
    parser.feed(fragment)
    parser.close()
    return " ".join("".join(parser.pieces).split())


class _Plain(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)
