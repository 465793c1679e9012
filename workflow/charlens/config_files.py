"""Faults that the checked mapping cannot show: syntax, repeated keys, files that are not there."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from pathlib import Path

import yaml

from charlens.config import Config
from charlens.config_sources import FileSource, TreeSource
from charlens.errors import CharlensError


class _RepeatedKeyError(Exception):
    pass


class _Loader(yaml.SafeLoader):
    """YAML keeps the last of two equal keys in silence; this loader does not."""

    def construct_mapping(
        self, node: yaml.MappingNode, deep: bool = False
    ) -> dict[Hashable, object]:
        seen = set()
        for key_node, _ in node.value:
            key = (key_node.tag, key_node.value) if isinstance(key_node, yaml.ScalarNode) else None
            if key in seen:
                raise _RepeatedKeyError(
                    f"line {key_node.start_mark.line + 1}: the key {key[1]} is given twice"
                )
            if key is not None:
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
        raise CharlensError(f"{path}: no such config file in {Path.cwd()}") from None
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


def find_file(name: str, corpora_dir: str | None) -> Path | None:
    """A user's file or folder: relative to the working folder, else to ``corpora_dir``."""
    path = Path(name).expanduser()
    folders = [Path()] + ([Path(corpora_dir).expanduser()] if corpora_dir else [])
    return next((folder / path for folder in folders if (folder / path).exists()), None)


def check_references(config: Config, origin: str = "config") -> None:
    """Check that the files and folders which a config names are there.

    Raises:
        CharlensError: the first one that is missing, by its key.
    """
    folder = config.corpora_dir
    if folder is not None and not Path(folder).expanduser().is_dir():
        raise CharlensError(
            f"{origin}: corpora_dir: found {folder!r}, expected a folder that exists, or null"
        )
    for name, entry in config.corpora.items():
        source = entry.source
        if isinstance(source, FileSource):
            key, wanted = "file", source.file
        elif isinstance(source, TreeSource):
            key, wanted = "tree", source.tree
        else:
            continue
        if find_file(wanted, folder) is None:
            searched = f"{Path.cwd()}" + (f" and in {folder}" if folder else "")
            raise CharlensError(
                f"{origin}: corpora.{name}.source.{key}: found {wanted!r}, "
                f"but there is no such {key} in {searched}"
            )
    for i, entry in enumerate(config.external):
        if not Path(entry.file).expanduser().is_file():
            raise CharlensError(
                f"{origin}: external[{i}].file: found {entry.file!r}, "
                f"but there is no such file in {Path.cwd()}"
            )


def watched_file(config: Config, corpus: str) -> str | None:
    """The user's own file behind a corpus, whose every change makes the corpus anew.

    None for sources that are pinned by a checksum or a package version, and for folders, whose
    time of change does not tell that a file deep inside has changed.
    """
    source = config.corpora[corpus].source
    if not isinstance(source, FileSource | TreeSource):
        return None
    found = find_file(
        source.file if isinstance(source, FileSource) else source.tree, config.corpora_dir
    )
    return str(found) if found is not None and found.is_file() else None
