"""Tables in Markdown: what is in a cell stays in it."""

from __future__ import annotations

import pytest
from charlens.display.markdown import table
from charlens.report.html import from_markdown


@pytest.mark.parametrize("text", ["its |r|", "a\\|b", "|", "`|`", "||", "x\\|y|z"])
def test_a_bar_does_not_end_a_cell(text: str) -> None:
    """A heading with bars once made the whole table raw text on the page."""
    html = from_markdown("\n".join(table(["model", text], [["a", text], [text, ""]], "lr")))
    assert (html.count("<th"), html.count("<td")) == (2 + html.count("<thead"), 4)
    assert html.count(text.replace("\\|", "|").strip("`")) == 3
