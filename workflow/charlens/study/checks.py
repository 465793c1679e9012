"""Faults that the checked mapping cannot show: syntax, repeated keys, files that are not there."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator, Mapping
from functools import partial
from pathlib import Path

import yaml

from charlens.config_types import LONGEST_NAME
from charlens.errors import CharlensError
from charlens.runtime.checksums import Checksums
from charlens.study.config import Config
from charlens.study.explain import show
from charlens.text.sources.own_file import find_path


class _RepeatedKeyError(Exception):
    pass


class _Loader(yaml.SafeLoader):
    """YAML keeps the last of two equal keys in silence; this loader does not."""

    def construct_mapping(
        self, node: yaml.MappingNode, deep: bool = False
    ) -> dict[Hashable, object]:
        seen = set()
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                continue
            key = (key_node.tag, key_node.value)
            if key in seen:
                raise _RepeatedKeyError(
                    f"line {key_node.start_mark.line + 1}: the key {key_node.value} is given twice"
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


def check_file(path: Path) -> None:
    """Check that a config file can be read and says nothing twice.

    Raises:
        CharlensError: missing or unreadable file, YAML syntax error, key given twice; with the
            line number.
    """
    try:
        values = yaml.load(path.read_text(encoding="utf-8"), _Loader)
    except FileNotFoundError:
        raise CharlensError(
            f"{path}: no such config file in {Path.cwd()}; name yours with --configfile"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise CharlensError(f"{path}: cannot be read as UTF-8 text ({error})") from None
    except _RepeatedKeyError as error:
        raise CharlensError(f"{path}, {error}; keep one of them") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        cause = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise CharlensError(f"{path}{line}: not valid YAML: {cause}") from None
    if not isinstance(values, dict):
        raise CharlensError(f"{path}: holds no keys, expected YAML such as `run: my-study`")


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
    except yaml.YAMLError:
        return value


def check_references(config: Config, origin: str = "config") -> None:
    """Check that the files and folders which a config names are there and of the right kind.

    Raises:
        CharlensError: the first one that is not, by its key.
    """
    for key, name, fault in _named_paths(config):
        try:
            said = fault()
        except RuntimeError:  # of expanduser
            said = f"but there is no home folder {show(name.partition('/')[0])}"
        except OSError as error:
            said = f"which cannot be looked at ({error.strerror})"
        if said:
            raise CharlensError(f"{origin}: {key}: found {show(name, 200)}, {said}")


def _named_paths(config: Config) -> Iterator[tuple[str, str, Callable[[], str | None]]]:
    """Every key that names a path, the path, and what says its fault."""
    folder = config.corpora_dir
    if folder is not None:
        yield "corpora_dir", folder, partial(_folder_fault, folder)
    for corpus, entry in config.corpora.items():
        name = entry.source.own_path()
        if name is not None:
            key = f"corpora.{corpus}.source.{entry.source.key()}"
            yield key, name, partial(entry.source.fault, folder)
    for i, external in enumerate(config.external):
        yield f"external[{i}].file", external.file, partial(_external_fault, external.file)


def _folder_fault(name: str) -> str | None:
    there = Path(name).expanduser().is_dir()
    return None if there else "expected a folder that exists, or null"


def _external_fault(name: str) -> str | None:
    there = Path(name).expanduser().is_file()
    return None if there else f"but there is no such file in {Path.cwd()}"


def own_contents(config: Config, corpus: str, checksums: Checksums) -> str | None:
    """Checksum of what a corpus reads of the user's: a text, an archive, files of a folder.

    None for sources that are pinned by a checksum or a package version.
    """
    source = config.corpora[corpus].source
    name = source.own_path()
    path = None if name is None else find_path(name, config.corpora_dir)
    return None if path is None else checksums.of(path, source.reads)


def watched_file(config: Config, corpus: str) -> str | None:
    """The user's own file behind a corpus, whose every change makes the corpus anew.

    None for sources that are pinned by a checksum or a package version, and for folders, whose
    time of change does not tell that a file deep inside has changed.
    """
    name = config.corpora[corpus].source.own_path()
    path = None if name is None else find_path(name, config.corpora_dir)
    return str(path) if path is not None and path.is_file() else None
