"""The examples in docstrings run and give what they show; every verb of the notebook has one."""

import doctest
import importlib
from pathlib import Path

import charlens as cl
import pytest

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
PACKAGE = Path(cl.__file__).parent
VERBS = [f"charlens.api.{home}" for home in sorted(set(cl._HOMES.values()))]


WITH_EXAMPLES = [
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
    for path in sorted(PACKAGE.rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_run(name):
    result = doctest.testmod(importlib.import_module(name), optionflags=FLAGS)
    assert result.attempted > 0
    assert result.failed == 0


def test_every_module_of_verbs_has_examples():
    assert set(VERBS) <= set(WITH_EXAMPLES)


@pytest.mark.parametrize("verb", cl._HOMES)
def test_every_verb_says_what_it_takes_raises_and_how_it_is_used(verb):
    text = getattr(cl, verb).__doc__
    assert "Args:" in text
    assert "Raises:" in text
    assert f"cl.{verb}(" in text.split("Example:")[1]
