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
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problem = f"the byte {data[error.start]:#04x} is not UTF-8"
        for mark, name in _MARKS.items():
            if data.startswith(mark):
                problem = f"this is {name}"
        raise CharlensError(f"{path}, line {line}: {problem}; save the file as UTF-8") from None


def _from_yaml(text: str, path: Path) -> object:
    try:
        node = yaml.compose(text, yaml.SafeLoader)
        fault = next(_faults(node), None)
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
        cause = getattr(error, "problem", None) or str(error).splitlines()[0]
        if "'\\t'" in cause:
            cause = "tabs are not allowed here, use spaces"
        raise CharlensError(f"{path}{line_named}: not valid YAML: {cause}") from None


def _faults(node: yaml.Node | None, key: str = "") -> Iterator[str]:
    """What a parsed document says twice or reads as something else, line by line."""
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for name, value in node.value:
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
    kind = name.tag.rsplit(":", 1)[1]
    if not isinstance(name, yaml.ScalarNode):
        yield f"{_line(name)}: {key or 'the config'}: a list or mapping is no key"
    elif kind not in ("str", "merge"):
        read = {"bool": "true or false", "null": "nothing", "timestamp": "a date"}
        reason = f"YAML reads it as {read.get(kind, 'a number')}; put it into quotes"
        yield f"{_line(name)}: the key {name.value} is no text: {reason}"


def _misread(node: yaml.ScalarNode) -> str | None:
    """What YAML 1.1 makes of a number or date that people write and mean otherwise."""
    text, kind = node.value, node.tag.rsplit(":", 1)[1]
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
