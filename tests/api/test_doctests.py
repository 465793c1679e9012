"""The examples in the docstrings of the notebook's verbs run, and every verb has one."""

import doctest
import importlib

import charlens as cl
import pytest

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
MODULES = (*sorted({f"charlens.api.{home}" for home in cl._HOMES.values()}),
           "charlens.text.characters")  # fmt: skip


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name):
    result = doctest.testmod(importlib.import_module(name), optionflags=FLAGS)
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize("verb", cl._HOMES)
def test_every_verb_says_what_it_takes_raises_and_how_it_is_used(verb):
    text = getattr(cl, verb).__doc__
    assert "Args:" in text
    assert "Raises:" in text
    assert f"cl.{verb}(" in text.split("Example:")[1]
