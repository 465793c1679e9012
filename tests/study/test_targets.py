"""A target that no rule makes is answered by those that there are."""

import pytest
from charlens.study.targets import explain_missing

TARGETS = ["all", "figure1", "figure2", "figures", "page"]
SAYS = "{} (if you use input functions make sure that they don't raise unexpected exceptions)."


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("figur1", "figur1: no such target; did you mean figure1?; there are all, "),
        ("Figure1", "Figure1: no such target; did you mean figure1?; there are all, "),
        ("report", "report: no such target; did you mean page?; there are all, "),
        ("nothing (if any)", "nothing (if any): no such target; there are all, figure1, "),
        ("a\x1b[31mb", r"a\x1b[31mb: no such target; there are all, "),
        ("results/x/a.pdf", "results/x/a.pdf: no such target; there are all, "),
    ],
)
def test_what_is_missing_is_named_with_what_there_is(name: str, line: str) -> None:
    explain = explain_missing(TARGETS, "results/mine")
    printed = explain(f"MissingRuleException:\nNo rule to produce {SAYS.format(name)}")
    assert printed.startswith(f"charlens: error: {line}")
    assert printed.endswith(", page, and files in results/mine/")
    assert "\n" not in printed


def test_other_errors_are_left_as_they_are() -> None:
    assert explain_missing(TARGETS, "x")("MissingInputException in rule a:\nNo rule") is None
