"""What a call of Snakemake names, checked before Snakemake reads it.

Snakemake answers a config file that it cannot read, or a ``--config`` that is no ``key=value``,
with a traceback or without the file's name. The profiles call :func:`check` while they are loaded,
which is before.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from charlens.errors import CharlensError
from charlens.study.config_file import check_file, check_value

_FILES = ("--configfile", "--configfiles")
_VALUES = ("--config", "-C")
_ENCODED = "base64//"  # by Snakemake itself, for its jobs


def check(arguments: Sequence[str]) -> None:
    """End with one line if a call's config files or values cannot be read.

    Args:
        arguments: those of Snakemake, ``sys.argv[1:]``.
    """
    try:
        for name in _given(arguments, _FILES):
            if not name.startswith(_ENCODED):
                _check_name(name)
        for entry in _given(arguments, _VALUES):
            if not entry.startswith(_ENCODED):
                _check_entry(entry)
    except CharlensError as error:
        print(f"charlens: error: {error}", file=sys.stderr)
        sys.exit(1)


def _given(arguments: Sequence[str], options: Sequence[str]) -> Iterator[str]:
    """Values of an option that takes several: all up to the next option."""
    taking = False
    for argument in arguments:
        name, equals, value = argument.partition("=")
        if argument.startswith("-") and len(argument) > 1:
            taking = name in options
            if taking and equals:
                yield value
        elif taking:
            yield argument


def _check_name(name: str) -> None:
    path = Path(name)
    if not path.suffix and not path.exists():
        raise CharlensError(
            f"{name}: no such config file; what to make, such as figure1, goes before --configfile"
        )
    check_file(path)


def _check_entry(entry: str) -> None:
    key, equals, value = entry.partition("=")
    if "." in key and re.fullmatch(r"[\w-]+(\.[\w-]+)+", key):
        first, *rest = key.split(".")
        inner = f"{rest[-1]}: {value or '...'}"
        for name in reversed(rest[:-1]):
            inner = f"{name}: {{{inner}}}"
        raise CharlensError(
            f"--config {entry}: keys have no dots there; write --config '{first}={{{inner}}}'"
        )
    if not equals or not re.fullmatch(r"[a-zA-Z_][\w-]*\w", key):
        raise CharlensError(
            f"--config {entry}: expected key=value, such as seed=2"
            " (names of files and figures go before --config and --configfile)"
        )
    check_value(key, value)
