"""Faults that the checked mapping cannot show: files and folders that are not there."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from charlens.errors import CharlensError
from charlens.runtime.checksums import Checksums
from charlens.study.config import Config, CorpusEntry
from charlens.study.explain import show
from charlens.study.left_out import means_nothing
from charlens.text.blocks import (
    FILES,
    block_counts,
    file_block_counts,
    files_too_short,
    too_short,
)
from charlens.text.sources.own_file import MAX_TREE, find_path, searched, too_large


def check_references(config: Config, origin: str = "config") -> None:
    """Check that the files and folders which a config names are there and of the right kind.

    Raises:
        CharlensError: the first one that is not, by its key.
    """
    for key, name, fault in _named_paths(config):
        try:
            reason = fault()
        except RuntimeError:  # of expanduser
            reason = f"but there is no home folder {show(name.partition('/')[0])}"
        except OSError as error:
            reason = f"which cannot be looked at ({error.strerror})"
        if reason:
            raise CharlensError(f"{origin}: {key}: found {show(name, 200)}, {reason}")
    tests = _test_sizes(config, origin)
    for i, dump in enumerate(config.activations):
        if dump.positions and dump.positions[1] > tests.get(dump.corpus, math.inf):
            raise CharlensError(
                f"{origin}: activations[{i}].positions: found {list(dump.positions)}, but the test "
                f"split of {dump.corpus} has {tests[dump.corpus]:,} characters"
            )


def check_probabilities(config: Config, origin: str = "config") -> None:
    """Check that files of probabilities can fit the test splits that they score.

    Their first bytes are read, by the libraries that jobs read them with: once while planning.

    Raises:
        CharlensError: the first one that cannot, by its key.
    """
    if not config.external:
        return
    from charlens.predictions.external_file import check_start

    tests = _test_sizes(config, origin)
    for i, external in enumerate(config.external):
        path = Path(external.file).expanduser()
        try:
            check_start(path, tests.get(external.corpus))
        except CharlensError as error:
            raise CharlensError(f"{origin}: external[{i}].file: {error}") from error


def _test_sizes(config: Config, origin: str) -> dict[str, int]:
    """Characters of the test splits of texts of a known size, which must be long enough."""
    batch, unroll = config.training.batch, config.training.unroll
    tests = {}
    for corpus, entry in config.corpora.items():
        try:
            blocks = _blocks(entry, config.corpora_dir, batch, unroll)
        except CharlensError as error:
            raise CharlensError(f"{origin}: corpora.{corpus}: {error}") from error
        if blocks is not None:
            tests[corpus] = blocks[-1] * batch * unroll
    return tests


def _blocks(
    entry: CorpusEntry, corpora_dir: str | None, batch: int, unroll: int
) -> tuple[int, int, int] | None:
    """Blocks of train, val and test, at least one in each; None for a text of unknown size."""
    shares = batch, unroll, entry.train, entry.val
    if entry.split == FILES:
        sizes = entry.source.sizes(corpora_dir)
        if sizes is None:
            return None
        if problem := files_too_short(sizes, *shares):
            raise CharlensError(problem)
        return file_block_counts(sizes, *shares)
    size = entry.source.size(corpora_dir)
    if size is None:
        return None
    blocks = block_counts(size, *shares)
    if min(blocks) < 1:
        raise CharlensError(f"the text {too_short(size, *shares)}")
    return blocks


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
    if Path(name).expanduser().is_dir():
        return None
    hint = "; for none write null" if means_nothing(name) else ", or null"
    return f"expected a folder that exists{hint}"


def _external_fault(name: str) -> str | None:
    path = Path(name).expanduser()
    if not path.exists():
        return f"but there is no such file{searched(name)}"
    if not path.is_file():
        return "which is not a file but a folder, a device or a pipe"
    return too_large(path, MAX_TREE)


def own_contents(config: Config, corpus: str, checksums: Checksums) -> str | None:
    """Checksum of what a corpus reads of the user's: a text, an archive, files of a folder.

    None for sources that are pinned by a checksum or a package version.
    """
    source = config.corpora[corpus].source
    name = source.own_path()
    path = None if name is None else find_path(name, config.corpora_dir)
    return None if path is None else checksums.of(path, source.reads)


def changed_sources(config: Config, results: Path, checksums: Checksums) -> list[str]:
    """One line for each text or archive of the user's that is not the one its corpus came from.

    A plain tar holds no checksum of its files, so a damaged one is another text without an error.

    Args:
        config: the study.
        results: ``results/{run}``; a corpus that is not there yet is new, not changed.
        checksums: of the files as they are now.
    """
    lines = []
    for corpus in config.corpora:
        path, made = watched_file(config, corpus), results / corpus / "corpus.json"
        if path is None or not made.is_file():
            continue
        try:  # not Corpus.load, which needs NumPy
            before = json.loads(made.read_text(encoding="utf-8")).get("contents")
        except (OSError, ValueError, AttributeError, RecursionError):
            continue  # damaged: the job that reads it says so
        if before and before != own_contents(config, corpus, checksums):
            lines.append(
                f"charlens: corpora.{corpus}: {path} has changed since {made} was made from it; "
                "all that comes from it is made again"
            )
    return lines


def watched_file(config: Config, corpus: str) -> str | None:
    """The user's own file behind a corpus, whose every change makes the corpus anew.

    None for sources that are pinned by a checksum or a package version, and for folders, whose
    time of change does not tell that a file deep inside has changed.
    """
    name = config.corpora[corpus].source.own_path()
    path = None if name is None else find_path(name, config.corpora_dir)
    return str(path) if path is not None and path.is_file() else None
