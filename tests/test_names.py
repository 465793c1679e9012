"""Variables, arguments and functions have names that say what they hold."""

import ast
from collections.abc import Iterator
from pathlib import Path

from workflow_runs import ROOT

VAGUE = {
    "each",
    "found",
    "here",
    "it",
    "kept",
    "said",
    "them",
    "theirs",
    "there",
    "they",
    "thing",
    "told",
    "wanted",
}
"""Words that fit any value, and so name none. Columns and keys of files may be called so."""

NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ExceptHandler, ast.MatchAs, ast.MatchStar)
"""What has a name of its own, or none."""


def names_given(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and name of whatever a module names: variables, arguments, functions, attributes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id if isinstance(node, ast.Name) else node.attr
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, NAMED) and node.name:
            yield node.lineno, node.name


def vague(source: str) -> list[tuple[int, str]]:
    """Line and name of what has a name that fits anything."""
    return [(line, name) for line, name in names_given(ast.parse(source)) if name in VAGUE]


def test_what_is_looked_for_is_seen() -> None:
    source = """
def told(found, *, kept=1):
    for each in range(3):
        self.there, (x, said) = each, (thing := 1, 2)
    return {here: row["found"] for here in x if row.found}
def sound(findings):
    return findings
"""
    lines = [(2, "told"), (2, "found"), (2, "kept"), (3, "each"), (4, "there"), (4, "said"),
             (4, "thing"), (5, "here")]  # fmt: skip
    assert sorted(vague(source)) == sorted(lines)


def test_names_say_what_they_hold() -> None:
    paths = [
        path
        for folder in ("workflow", "benchmarks", "tests", "profiles", ".ci")
        for path in sorted(Path(ROOT, folder).rglob("*.py"))
    ]
    assert len(paths) > 400
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in paths
        for line, name in vague(path.read_text(encoding="utf-8"))
    ]
    assert not wrong, "these names fit any value: " + ", ".join(wrong)
