"""The kinds of source of a corpus, and the bytes of a corpus whatever its source.

To add a kind, write a class like the others (:class:`charlens.text.sources.kind.SourceKind`) in a
module of its own and add a line to :data:`KINDS`. The config accepts its keys, planning looks at
its file, and the rule reads it. Planning reads the module, so libraries that it needs for reading
(of networks, above all) are imported inside functions.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Union

from pydantic import Discriminator, Tag

from charlens.text.sources.builtin import BuiltinSource
from charlens.text.sources.kind import Folders, SourceKind
from charlens.text.sources.own_file import FileSource
from charlens.text.sources.tree import TreeSource
from charlens.text.sources.web import PublishedSource, UrlSource

log = logging.getLogger(__name__)

KINDS: tuple[type[SourceKind], ...] = (
    BuiltinSource,
    PublishedSource,
    FileSource,
    UrlSource,
    TreeSource,
)


def _tag(value: object) -> str | None:
    """The kind of a source: the only one whose key a mapping has, or whose object it is."""
    if isinstance(value, Mapping):
        keys = [kind.key() for kind in KINDS if kind.key() in value]
    else:
        keys = [kind.key() for kind in KINDS if isinstance(value, kind)]
    return f"({keys[0]})" if len(keys) == 1 else None


# Tags are bracketed to stay distinguishable from keys in pydantic's error locations.
Source: Any = Annotated[
    Union[tuple(Annotated[kind, Tag(f"({kind.key()})")] for kind in KINDS)],  # noqa: UP007
    Discriminator(_tag),
]
"""The ``source`` of a corpus in the config: one of :data:`KINDS`."""


def read(
    source: SourceKind, corpora_dir: str | Path | None, download_dir: str | Path
) -> tuple[bytes, str]:
    """Get the bytes of a corpus.

    Args:
        source: an object of one of :data:`KINDS`.
        corpora_dir: folder of corpus files searched before the network.
        download_dir: folder where downloads are kept.

    Returns:
        The bytes, never empty, and where they came from in words (no paths of this machine).

    Raises:
        CharlensError: the source is missing, unreadable, empty or not what was declared.

    Example:
        >>> source = BuiltinSource(builtin="python_docs")
        >>> data, _ = read(source, None, "downloads")  # doctest: +SKIP
        >>> len(data) > 1_000_000  # doctest: +SKIP
        True
    """
    folders = _folders(corpora_dir, download_dir)
    if folders.corpora is not None and not folders.corpora.is_dir():
        log.warning("corpora_dir %s: no such folder, looking elsewhere", folders.corpora)
    return source.read(folders)


def file_hashes(
    source: SourceKind, corpora_dir: str | Path | None, download_dir: str | Path
) -> dict[str, str]:
    """SHA-256 of every file that a text is joined from, by name; empty for a single file.

    Arguments and errors are those of :func:`read`.
    """
    return source.file_hashes(_folders(corpora_dir, download_dir))


def file_sizes(
    source: SourceKind, corpora_dir: str | Path | None, download_dir: str | Path
) -> list[int]:
    """Bytes of every file that a text is joined from, in order; empty for a single file.

    Arguments and errors are those of :func:`read`.
    """
    return source.file_sizes(_folders(corpora_dir, download_dir))


def _folders(corpora_dir: str | Path | None, download_dir: str | Path) -> Folders:
    own = None if corpora_dir is None else Path(corpora_dir).expanduser()
    return Folders(own, Path(download_dir))
