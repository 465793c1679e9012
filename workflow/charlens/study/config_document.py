"""A config as a YAML document, checked before anybody asks what its values mean.

Snakemake reads a config before the workflow sees it, and by YAML 1.1, where ``010`` is 8, ``1:30``
is 90 and ``no`` is false. What is read otherwise than it looks is refused here, with its line, and
so is a document that cannot be parsed, says something twice, or has no end: values too deep inside
each other, anchors that multiply or hold themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from charlens.errors import CharlensError

MAX_VALUES = 100_000
"""Most values of a config file, those behind its anchors counted where they are used."""
MAX_DEPTH = 50
"""Most lists and mappings inside each other."""

_OCTAL = re.compile(r"[-+]?0[0-7_]+")
_BASE_60 = re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?")


def parsed(text: str, path: Path) -> object:
    """The values of a document.

    Args:
        text: of the document.
        path: of its file, at the beginning of errors.

    Raises:
        CharlensError: a syntax error, an endless or huge document, a key given twice, a number or
            key that YAML reads as another; with the line number.
    """
    try:
        node = yaml.compose(text, yaml.SafeLoader)
        fault = _size_fault(node) or next(_faults(node), None)
        if fault:
            raise CharlensError(f"{path}, {fault}")
        return yaml.safe_load(text)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, int(error.position)) + 1
        cause = f"the character {error.character:#04x} is not allowed"
        raise CharlensError(f"{path}, line {line}: not valid YAML: {cause}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line_named = f", line {mark.line + 1}" if mark else ""
        raise CharlensError(f"{path}{line_named}: not valid YAML: {_cause(error)}") from None


def misread(text: str, key: str) -> str | None:
    """What one value of a config says twice or is read as otherwise; None where nothing is.

    Args:
        text: of the value.
        key: that it belongs to.

    Raises:
        yaml.YAMLError: the text is not YAML.
    """
    fault = next(_faults(yaml.compose(text, yaml.SafeLoader), key), None)
    return fault and fault.partition(": ")[2]  # without the line, for there is one


def _cause(error: Exception) -> str:
    """Why YAML cannot be read, and what to do where the parser's words do not say it."""
    if isinstance(error, RecursionError):
        return f"more than {MAX_DEPTH} lists and mappings are inside each other"
    cause = getattr(error, "problem", None) or str(error).splitlines()[0]
    if "'\\t'" in cause:
        return "tabs are not allowed here, use spaces"
    if "escape" in cause:
        return "a backslash in double quotes begins a special character; use single quotes"
    if "constructor for the tag" in cause:
        return f"nothing is known of {cause.partition('for ')[2]}; leave it out"
    if "integer string conversion" in cause:
        return "a number has too many digits"
    return str(cause)


def _size_fault(node: yaml.Node | None) -> str | None:
    """What makes a document endless or huge: depth, anchors inside themselves or multiplied.

    A node is looked at once, however often its anchor is used.
    """
    sizes: dict[int, int] = {}
    inside: set[int] = set()

    def measure(node: yaml.Node) -> str | None:
        if id(node) in inside:
            return f"{_line(node)}: the anchor there is used inside itself"
        if id(node) in sizes:
            return None
        inside.add(id(node))
        if len(inside) > MAX_DEPTH:
            most = f"more than {MAX_DEPTH} lists and mappings are inside each other"
            return f"{_line(node)}: {most}"
        for part in _parts(node):
            fault = measure(part)
            if fault:
                return fault
        inside.remove(id(node))
        sizes[id(node)] = 1 + sum(sizes[id(part)] for part in _parts(node))
        if sizes[id(node)] > MAX_VALUES:
            return f"{_line(node)}: more than {MAX_VALUES:,} values, anchors counted at each use"
        return None

    return measure(node) if node is not None else None


def _parts(node: yaml.Node) -> list[yaml.Node]:
    """The nodes directly inside one."""
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return node.value if isinstance(node, yaml.SequenceNode) else []


def _faults(node: yaml.Node | None, key: str = "") -> Iterator[str]:
    """What a parsed document says twice or reads as something else, line by line."""
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for name, value in node.value:
            yield from _decimal_comma(node, name, value)
            yield from _key_faults(name, key)
            if isinstance(name, yaml.ScalarNode):
                if name.value in seen:
                    twice = f"the key {name.value} is given twice; keep one of them"
                    yield f"{_line(name)}: {twice}"
                seen.add(name.value)
                yield from _faults(value, f"{key}.{name.value}" if key else name.value)
    elif isinstance(node, yaml.SequenceNode):
        for i, item in enumerate(node.value):
            yield from _faults(item, f"{key}[{i}]")
    elif isinstance(node, yaml.ScalarNode) and node.style is None:
        fault = _misread(node)
        if fault:
            yield f"{_line(node)}: {key}: {fault}"


def _key_faults(name: yaml.Node, key: str) -> Iterator[str]:
    kind = _kind(name)
    if not isinstance(name, yaml.ScalarNode):
        yield f"{_line(name)}: {key or 'the config'}: a list or mapping is no key"
    elif kind not in ("str", "merge"):
        read = {"bool": "true or false", "null": "nothing", "timestamp": "a date"}
        read |= {"int": "a number", "float": "a number"}
        reason = f"YAML reads it as {read.get(kind, 'something else')}; put it into quotes"
        yield f"{_line(name)}: the key {name.value} is no text: {reason}"


def _decimal_comma(node: yaml.MappingNode, name: yaml.Node, value: yaml.Node) -> Iterator[str]:
    """The key that a decimal comma makes: ``{rate: 0,1}`` is ``{rate: 0, 1: null}``."""
    is_number = _kind(name) in ("int", "float") and _kind(value) == "null"
    if node.flow_style and is_number and not value.value and name is not node.value[0][0]:
        cause = "a comma ends a value here; write numbers without commas, with a point"
        yield f"{_line(name)}: {cause} before decimals ({name.value} follows a comma)"


def _misread(node: yaml.ScalarNode) -> str | None:
    """What YAML 1.1 makes of a number or date that people write and mean otherwise."""
    text, kind = node.value, _kind(node)
    if kind == "timestamp":
        return f"found {text}, which YAML reads as a date; put it into quotes"
    if kind not in ("int", "float"):
        return None
    number = yaml.safe_load(text)
    if _BASE_60.fullmatch(text):
        return f"found {text}, which YAML reads in base 60 as {number}; write that, or use quotes"
    if _OCTAL.fullmatch(text) and number != 0:
        decimal = text.replace("_", "").lstrip("+0")
        return f"found {text}, which YAML reads in base 8 as {number}; write {number} or {decimal}"
    return None


def _kind(node: yaml.Node) -> str:
    """What YAML takes a node for: ``str``, ``int``; the tag of one that is marked otherwise."""
    return str(node.tag).rpartition(":")[2]


def _line(node: yaml.Node) -> str:
    return f"line {node.start_mark.line + 1}"
