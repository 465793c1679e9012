"""The docs site: every page is in its menu, every name of its reference is there, all is pinned."""

import re
from importlib import import_module
from pathlib import Path

import charlens
import pytest
import yaml

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
NAMES = re.findall(r"^::: ([\w.]+)$", (DOCS / "reference.md").read_text(), re.M)


def test_every_page_is_in_the_menu() -> None:
    menu = yaml.safe_load((ROOT / "mkdocs.yml").read_text())["nav"]
    pages = [page for entry in menu for page in entry.values()]
    assert sorted(pages) == sorted(path.name for path in DOCS.glob("*.md"))


@pytest.mark.parametrize("name", NAMES)
def test_names_of_the_reference_exist_and_are_described(name: str) -> None:
    module, _, member = name.rpartition(".")
    described = getattr(import_module(module), member, None) or import_module(name)
    assert described.__doc__


def test_the_reference_has_every_verb_of_the_notebook() -> None:
    assert set(charlens.__all__) - {"__version__"} <= {name.rpartition(".")[2] for name in NAMES}


def test_what_builds_the_site_is_pinned() -> None:
    lines = (ROOT / "envs" / "requirements-docs.txt").read_text().splitlines()
    assert [line for line in lines if not line.startswith("#") and "==" not in line] == []
    assert {"mkdocs-material", "mkdocstrings"} <= {line.partition("==")[0] for line in lines}
