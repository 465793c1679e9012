"""Config files as people write them: encoding, syntax, repeated keys, values YAML reads otherwise.

Snakemake reads a config before the workflow sees it, and by YAML 1.1, where ``010`` is 8, ``1:30``
is 90 and ``no`` is false. What is read otherwise than it looks is refused here, with its line.
"""

from __future__ import annotations

import codecs
import json
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from charlens.config_types import LONGEST_NAME
from charlens.errors import CharlensError

MAX_SIZE = 10_000_000
"""Most bytes of a config file."""

_MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
MAX_VALUES = 100_000
"""Most values of a config file, those behind its anchors counted where they are used."""
MAX_DEPTH = 50
"""Most lists and mappings inside each other."""

_OCTAL = re.compile(r"[-+]?0[0-7_]+")
_BASE_60 = re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?")


def check_file(path: Path) -> None:
    """Check that a config file can be read, says nothing twice and means what it looks like.

    Raises:
        CharlensError: missing or unreadable file, YAML syntax error, key given twice, number or key
            that YAML reads as another; with the line number.
    """
    text = _read(path)
    try:
        values = json.loads(text, object_pairs_hook=_each_once)
    except (ValueError, RecursionError):  # not JSON, so YAML; tabs are allowed in JSON alone
        values = _from_yaml(text, path)
    except CharlensError as error:
        raise CharlensError(f"{path}: {error}") from None
    if not isinstance(values, dict) or not values:
        raise CharlensError(f"{path}: holds no keys, expected YAML such as `run: my-study`")


def _each_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """The mapping of a JSON object; of two equal keys JSON keeps the last in silence."""
    keys = [key for key, _ in pairs]
    twice = [key for key in keys if keys.count(key) > 1]
    if twice:
        raise CharlensError(f"the key {twice[0]} is given twice; keep one of them")
    return dict(pairs)


def _read(path: Path) -> str:
    try:
        status = path.stat()
        if stat.S_ISCHR(status.st_mode) or stat.S_ISBLK(status.st_mode):
            raise CharlensError(f"{path}: is a device, which may have no end; name a config file")
        if stat.S_ISFIFO(status.st_mode):
            raise CharlensError(
                f"{path}: is a pipe, which can be read once; write it to a file and name that"
            )
        if status.st_size > MAX_SIZE:
            raise CharlensError(
                f"{path}: has {status.st_size:,} bytes, too many for a config ({MAX_SIZE:,} at "
                "most); name a config file"
            )
        data = path.read_bytes()
    except FileNotFoundError:
        raise CharlensError(
            f"{path}: no such config file in {Path.cwd()}; name yours with --configfile"
        ) from None
    except OSError as error:
        raise CharlensError(f"{path}: cannot be read ({error.strerror})") from None
    encoding = _other_encoding(data)
    if encoding:
        raise CharlensError(f"{path}, line 1: this is {encoding}; save the file as UTF-8")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problem = f"the byte {data[error.start]:#04x} is not UTF-8"
        raise CharlensError(f"{path}, line {line}: {problem}; save the file as UTF-8") from None


def _other_encoding(data: bytes) -> str | None:
    """An encoding that shows by its mark or, without one, by a zero beside the first letter."""
    for mark, name in _MARKS.items():
        if data.startswith(mark):
            return name
    return "UTF-16" if len(data) > 1 and data[:2].count(0) == 1 else None


def _from_yaml(text: str, path: Path) -> object:
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


def run_named_after(path: Path) -> str:
    """The name of a study whose config does not say ``run``: that of the config's file.

    Example:
        >>> run_named_after(Path("texts/my novel.yaml"))
        'my-novel'
    """
    return re.sub("[^A-Za-z0-9_-]+", "-", path.stem).strip("-_")[:LONGEST_NAME] or "study"


def typed(value: object) -> object:
    """Values of ``snakemake --config``, where numbers inside a mapping or list arrive as text."""
    if isinstance(value, Mapping):
        return {key: typed(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [typed(inner) for inner in value]
    try:
        return yaml.safe_load(value) if isinstance(value, str) else value
    except (yaml.YAMLError, ValueError):
        return value


def check_value(key: str, text: str) -> None:
    """Check the value of one ``--config key=value`` as a file's values are checked.

    Raises:
        CharlensError: not YAML, or read as something else than it looks.
    """
    try:
        fault = next(_faults(yaml.compose(text, yaml.SafeLoader), key), None)
    except yaml.YAMLError:
        return  # text such as "a: b: c", which Snakemake takes as it is
    if fault:
        raise CharlensError(f"--config: {fault.partition(': ')[2]}")
