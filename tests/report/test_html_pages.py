"""Tables for people as HTML: what is markup, and that nothing else becomes any."""

import re
from html.parser import HTMLParser

import pytest
from charlens.errors import CharlensError
from charlens.report.html import from_markdown, from_rst, plain, rows_of
from charlens.report.pages import csv_markdown, page, write_page, write_pages
from hypothesis import given
from hypothesis import strategies as st

TAGS = {
    *("html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "ul", "ol", "li", "div"),
    *("table", "thead", "tbody", "tr", "th", "td", "strong", "em", "code", "br"),
}


class Seen(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attributes: list) -> None:
        self.tags.append(tag)
        self.attributes += attributes
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "title"):
            self.text += data


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a **b c** d", "a <strong>b c</strong> d"),
        ("1.469 ± 0.003<br>*1.449*", "1.469 ± 0.003<br><em>1.449</em>"),
        ("**n-NN**, *paper*", "<strong>n-NN</strong>, <em>paper</em>"),
        ("2 * 3 * 4", "2 * 3 * 4"),
        ("`<s>` is", "<code>&lt;s&gt;</code> is"),
        ("`*` and `**`", "<code>*</code> and <code>**</code>"),
        ("`` ` ``", "<code>`</code>"),
        ("`\\`", "<code>\\</code>"),
        ("python_docs_", "python_docs_"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("<img src=x onerror=y>", "&lt;img src=x onerror=y&gt;"),
    ],
)
def test_markup_within_a_line(text: str, html: str) -> None:
    assert from_markdown(text) == f"<p>{html}</p>\n"
    cell = text.replace("|", "\\|")
    assert f"<td>{html}</td>" in from_markdown(f"| a |\n|---|\n| {cell} |")


TABLE = (
    "# Errors & more\n\nOne line\nand another.\n\n- first\n- **second**\n\n"
    "## Python docs\n| Name | Count |\n|---|---:|\n| `\\|` | 3 |\n| | *4* |\n"
)


def test_a_page() -> None:
    html = re.sub(r"\s*\n\s*", "", page(TABLE))
    assert "<title>Errors &amp; more</title>" in html
    assert "<h1>Errors &amp; more</h1><p>One lineand another.</p>" in html
    assert "<ul><li>first</li><li><strong>second</strong></li></ul>" in html
    right = '<th style="text-align:right">Count</th>'
    assert f"<thead><tr><th>Name</th>{right}</tr></thead>" in html
    assert '<tr><td><code>|</code></td><td style="text-align:right">3</td></tr>' in html
    assert '<tr><td></td><td style="text-align:right"><em>4</em></td></tr>' in html


def test_a_table_inside_a_page_has_lower_headings_and_no_title() -> None:
    html = from_markdown(TABLE, deeper=2, titled=False)
    assert "Errors &amp; more" not in html
    assert "<h4>Python docs</h4>" in html
    assert rows_of(TABLE) == 2
    assert rows_of(TABLE + "\ntext\n\n| a |\n|---|\n| 1 |\n") == 3
    assert rows_of("no table") == 0


def test_captions_become_html_and_plain_text() -> None:
    html = from_rst("**This run.** 2 < 3 on ``<s>``.")
    assert html.startswith("<p><strong>This run.</strong> 2 &lt; 3 on")
    assert plain(html) == "This run. 2 < 3 on <s>."
    assert "system-message" not in html


@given(st.text(st.sampled_from("<>&\"'`*|\\#- \nab/=")))
def test_no_text_becomes_markup(text: str) -> None:
    seen = Seen(page(text))
    assert set(seen.tags) <= TAGS
    known = {"lang", "charset", "class", "name", "content", "tabindex", "style", "start"}
    assert {key for key, _ in seen.attributes} <= known
    styles = {value for key, value in seen.attributes if key == "style"}
    assert styles <= {f"text-align:{side}" for side in ("left", "right", "center")}
    assert seen.open == []


@given(
    st.text(
        st.characters(
            exclude_characters="`*_\\|#-+<\r\n=", exclude_categories=["Nd", "Cc"], codec="utf-8"
        ),
        max_size=30,
    )
)
def test_plain_text_is_shown_as_it_stands(text: str) -> None:
    lines = [line for line in text.splitlines() if line.strip()]
    assert Seen(page(text)).text.split() == " ".join(lines).split()


def test_a_csv_table(tmp_path) -> None:
    (tmp_path / "t.csv").write_text(
        "model,lstm-1x8,n\nlstm-1x8,0.99754321,4\n<b>,1e-3,\nc,-0.0001,\n"
    )
    text = csv_markdown(tmp_path / "t.csv", "Agreement")
    assert text.splitlines() == [
        "# Agreement",
        "",
        "| model | lstm-1x8 | n |",
        "|---|---:|---:|",
        "| lstm-1x8 | 0.998 | 4 |",
        "| <b> | 1e-3 | |",
        "| c | 0.000 | |",
    ]
    write_page(tmp_path / "t.csv", tmp_path / "t.html", "Agreement")
    html = (tmp_path / "t.html").read_text(encoding="utf-8")
    right = '<td style="text-align:right">'
    assert f"<td>&lt;b&gt;</td>{right}1e-3</td>{right}</td>" in html.replace("\n", "")


def test_pages_of_the_registrys_tables(tmp_path) -> None:
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "closings.md").write_text("# Closings\n\n| a |\n|---|\n| 1 |\n")
    write_pages(tmp_path, tmp_path / "report", ["closings"], "prose")
    assert "<td>1</td>" in (tmp_path / "report" / "closings.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "data"), [("t.md", b"\xff"), ("t.csv", b""), ("no.md", None)])
def test_a_table_that_cannot_be_read(tmp_path, name: str, data: bytes | None) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(CharlensError, match=rf"{name}: cannot be read .*; delete it"):
        write_page(tmp_path / name, tmp_path / "t.html", "T")
    assert not (tmp_path / "t.html").exists()
