"""The session in docs/notebook.md runs, and prints what the page says.

Run as a program, this file writes the outputs into the page anew.
"""

import ast
import re
import warnings
from pathlib import Path

import pytest
from charlens.errors import CharlensError

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "notebook.md"
BLOCK = re.compile(r"```python\n(?P<code>.*?)```\n\n```text\n(?P<output>.*?)```", re.DOTALL)

NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")
CLOSE = {"rel": 0.25, "abs": 0.05}
"""How far a number may be from the page's: libraries and the help of Python change."""

# Rounding decides which of many cells is the best, so whether it is high or low where the answer is
# yes, and how likely a single character is.
CELL = re.compile(r"(?<=cell )\d+|(?<= )(high|low)$|; low for yes$", re.MULTILINE)
SINGLE = re.compile(r"for_yes$|probability\s+nats$", re.MULTILINE)


def shown(code, names):
    """What a notebook prints under a cell: warnings in a line each, then its result."""
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always", UserWarning)
        output = result(code, names)
    lines = [f"{warning.category.__name__}: {warning.message}\n" for warning in warned]
    return "".join(lines) + output


def result(code, names):
    """The value of a cell's last expression, or the error in one line."""
    *body, last = ast.parse(code).body
    try:
        exec(compile(ast.Module(body, []), str(PAGE), "exec"), names)
        if not isinstance(last, ast.Expr):
            exec(compile(ast.Module([last], []), str(PAGE), "exec"), names)
            return ""
        value = eval(compile(ast.Expression(last.value), str(PAGE), "eval"), names)
        return f"{value!r}\n"
    except CharlensError as error:
        return f"CharlensError: {error}\n"


def session():
    """Yields the code, the page's output and the output now of every block."""
    names = {}
    for block in BLOCK.finditer(PAGE.read_text(encoding="utf-8")):
        yield block["code"], block["output"], shown(block["code"], names)


def compare(expected, actual):
    """Equal words, and numbers nearly so; those of single cells and characters only have a place.

    Raises:
        AssertionError: they differ.
    """
    expected, actual = (CELL.sub(" ", text) for text in (expected, actual))
    assert [NUMBER.sub("#", x).split() for x in expected.splitlines()] == [
        NUMBER.sub("#", x).split() for x in actual.splitlines()
    ]
    if SINGLE.search(expected):
        return
    numbers = ([float(n.replace(",", "")) for n in NUMBER.findall(t)] for t in (expected, actual))
    for expected_number, actual_number in zip(*numbers, strict=True):
        assert actual_number == pytest.approx(expected_number, **CLOSE)


def test_the_page(monkeypatch):
    monkeypatch.chdir(ROOT)
    blocks = list(session())
    assert sum(len(code.splitlines()) for code, _, _ in blocks) >= 15
    for code, expected, actual in blocks:
        assert expected, f"no output in the page under\n{code}"
        try:
            compare(expected, actual)
        except AssertionError as error:
            pytest.fail(f"{code}\n{error}\n\nThe page:\n{expected}\nNow:\n{actual}")


def test_the_session_holds_every_verb():
    import charlens

    code = "".join(block["code"] for block in BLOCK.finditer(PAGE.read_text(encoding="utf-8")))
    text = PAGE.read_text(encoding="utf-8")
    for verb in charlens._HOMES:
        assert f"cl.{verb}(" in (text if verb == "load" else code), verb


@pytest.mark.parametrize(
    ("expected", "actual"),
    [("a 1.00 b", "a 1.50 b"), ("a 1 b", "c 1 b"), ("1 2", "1"), ("x", ""), ("1,000", "2,000")],
)
def test_differences_are_seen(expected, actual):
    with pytest.raises(AssertionError):
        compare(expected, actual)


def test_a_warning_is_part_of_the_output():
    code = "import warnings\nwarnings.warn('few bytes')\n7"
    assert shown(code, {}) == "UserWarning: few bytes\n7\n"


def test_small_differences_are_not():
    compare("layer 1, cell 12; 1.000 nats, 1,000 bytes", "layer 1, cell 7; 1.010 nats, 1,001 bytes")
    compare("found for_yes\n 0.9 high\n", "found for_yes\n 0.8 low\n")
    compare("cell 1; AUC = 0.9 here\n", "cell 2; AUC = 0.8 here; low for yes\n")


def write():
    """Put today's outputs into the page."""
    outputs = iter([output for _, _, output in session()])
    text = PAGE.read_text(encoding="utf-8")

    def block(match):
        return f"```python\n{match['code']}```\n\n```text\n{next(outputs)}```"

    PAGE.write_text(BLOCK.sub(block, text), encoding="utf-8")


if __name__ == "__main__":
    write()
