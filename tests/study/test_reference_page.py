"""docs/reference.md has every key of the config, with its default and what it means.

Run as a program, this file writes the tables into the page anew.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from charlens.study.config import schema

PAGE = Path(__file__).parents[2] / "docs" / "reference.md"
TABLES = re.compile(r"(?<=<!-- keys -->\n).*?(?=<!-- end of keys -->)", re.DOTALL)

Node = dict[str, Any]


def references(node: Any, path: str) -> Iterator[tuple[str, str]]:
    """Names of the sections below a key's schema, and how the config reaches each."""
    if isinstance(node, list):
        for part in node:
            yield from references(part, path)
    elif isinstance(node, dict) and "$ref" in node:
        yield node["$ref"].rpartition("/")[2], path
    elif isinstance(node, dict):
        for name, part in node.items():
            inside = {"items": f"{path}[]", "patternProperties": f"{path}.NAME"}.get(name, path)
            if name != "default":
                yield from references(part, inside)


def sections(document: Node) -> Iterator[tuple[str, Node]]:
    """Every section of the config once, by the first path at which it may be, from the top."""
    waiting, met = [("", document)], set()
    while waiting:
        path, section = waiting.pop(0)
        yield path, section
        for key, node in section["properties"].items():
            for name, place in references(node, f"{path}.{key}".lstrip(".")):
                if name not in met:
                    met.add(name)
                    waiting.append((place, document["$defs"][name]))


def default_of(key: str, section: Node) -> str:
    """A key's default as YAML has it; nothing where it must be given, a word for a section's."""
    node = section["properties"][key]
    if key in section.get("required", ()):
        return ""
    if node["default"] and any(references(node, key)):
        return "below"
    return f"`{json.dumps(node['default'], ensure_ascii=False)}`"


def described(node: Node) -> str:
    """The description of a key or the first paragraph of a section's, in one line."""
    text = node.get("description", "").partition("\n\n")[0]
    return " ".join(text.replace("``", "`").split()).replace("|", r"\|")


def meaning(node: Node, document: Node) -> str:
    """What a key means; of one that is a section, what that is about."""
    name, _ = next(references(node, ""), ("", ""))
    return described(node) or described(document["$defs"].get(name, {}))


def tables(document: Node) -> str:
    """A heading, a sentence and a table of keys for each section."""
    lines = []
    for path, section in sections(document):
        title = f"### `{path}`" if path else "### The top level"
        if path.endswith(".source"):
            title += f" with `{section['required'][0]}`"
        lines += [title, "", described(section), "", "| key | default | |", "|---|---|---|"]
        for key, node in section["properties"].items():
            cells = f"`{key}`", default_of(key, section), meaning(node, document)
            lines.append(f"| {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(["", *lines])


def test_the_page_has_every_key_with_its_default_and_its_meaning() -> None:
    document = schema()
    page = TABLES.search(PAGE.read_text(encoding="utf-8"))[0]
    assert page == tables(document), "run `python tests/study/test_reference_page.py`"
    reached = [section["title"] for _, section in sections(document)]
    assert sorted(reached) == sorted([document["title"], *document["$defs"]])


def test_no_key_is_without_a_meaning() -> None:
    document = schema()
    unexplained = [
        f"{path}.{key}"
        for path, section in sections(document)
        for key, node in section["properties"].items()
        if not meaning(node, document)
    ]
    assert unexplained == []


if __name__ == "__main__":
    PAGE.write_text(TABLES.sub(lambda _: tables(schema()), PAGE.read_text("utf-8")), "utf-8")
