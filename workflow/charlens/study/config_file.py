"""Config files and values as people give them, checked before Snakemake reads them.

A file must be one, of a size that configs have, and UTF-8. What is wrong with the document in it,
:mod:`charlens.study.config_document` says.
"""

from __future__ import annotations

import codecs
import json
import re
import stat
from collections.abc import Mapping
from pathlib import Path

import yaml

from charlens.config_types import LONGEST_NAME
from charlens.errors import CharlensError
from charlens.study import config_document

MAX_SIZE = 10_000_000
"""Most bytes of a config file."""

_MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}


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
        values = config_document.parsed(text, path)
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
        fault = config_document.misread(text, key)
    except yaml.YAMLError:
        return  # text such as "a: b: c", which Snakemake takes as it is
    if fault:
        raise CharlensError(f"--config: {fault}")
