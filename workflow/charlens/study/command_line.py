"""What a call of Snakemake names, checked before Snakemake reads it.

Snakemake answers a config file that it cannot read, or a ``--config`` that is no ``key=value``,
with a traceback or without the file's name. The profiles call :func:`check` while they are loaded,
which is before.
"""

from __future__ import annotations

import re
import shlex
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
        for options in (_FILES, _VALUES):
            _check_once(arguments, options)
        for name in _given(arguments, _FILES):
            if not name.startswith(_ENCODED):
                _check_name(name)
        for entry in _given(arguments, _VALUES):
            if not entry.startswith(_ENCODED):
                _check_entry(entry)
        _check_keys(list(_given(arguments, _VALUES)))
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


def _check_once(arguments: Sequence[str], options: Sequence[str]) -> None:
    """Refuse an option that is given twice: Snakemake drops the values of the first in silence."""
    given = [argument for argument in arguments if argument.partition("=")[0] in options]
    if len(given) > 1:
        values = " ".join(map(shlex.quote, _given(arguments, options)))
        raise CharlensError(
            f"{' and '.join(dict.fromkeys(name.partition('=')[0] for name in given))} given "
            f"{'twice' if len(given) == 2 else f'{len(given)} times'}, of which Snakemake takes "
            f"the last alone; write it once: {options[0]} {values}"
        )


def _check_keys(entries: Sequence[str]) -> None:
    keys = [entry.partition("=")[0] for entry in entries]
    for key in keys:
        if keys.count(key) > 1 and not key.startswith(_ENCODED):
            raise CharlensError(f"--config: the key {key} is given twice; keep one of them")


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
