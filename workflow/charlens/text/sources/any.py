"""The bytes of a corpus, whatever its source: a file, the web, a source tree, the installation."""

from __future__ import annotations

import logging
from pathlib import Path

from charlens.errors import CharlensError
from charlens.text.sources.builtin import BUILTIN
from charlens.text.sources.kinds import (
    BuiltinSource,
    FileSource,
    PublishedSource,
    Source,
    TreeSource,
    UrlSource,
)
from charlens.text.sources.own_file import locate, verified
from charlens.text.sources.tree import read_tree
from charlens.text.sources.verify import Expected
from charlens.text.sources.web import PUBLISHED, find_or_download

log = logging.getLogger(__name__)


def read(
    source: Source, corpora_dir: str | Path | None, download_dir: str | Path
) -> tuple[bytes, str]:
    """Get the bytes of a corpus.

    Args:
        source: one of the classes of :mod:`charlens.text.sources.kinds`.
        corpora_dir: folder of corpus files searched before the network.
        download_dir: folder where downloads are kept.

    Returns:
        The bytes, never empty, and where they came from in words (no paths of this machine).

    Raises:
        CharlensError: the source is missing, unreadable, empty or not what was declared.
    """
    own = None if corpora_dir is None else Path(corpora_dir).expanduser()
    if own is not None and not own.is_dir():
        log.warning("corpora_dir %s: no such folder, looking elsewhere", own)
    match source:
        case BuiltinSource():
            data, description = BUILTIN[source.builtin]()
            if source.limit_bytes is not None and source.limit_bytes < len(data):
                data = data[: source.limit_bytes]
                description += f", the first {len(data):,} bytes"
            return data, description
        case PublishedSource():
            return find_or_download(PUBLISHED[source.published], own, Path(download_dir))
        case UrlSource():
            return find_or_download(source, own, Path(download_dir))
        case FileSource():
            path = locate(source.file, own)
            expected = Expected(source.bytes, source.sha256)
            return verified(path, expected, "correct the config"), f"file {path.name}"
        case TreeSource():
            path = locate(source.tree, own)
            data, count = read_tree(path, source.glob, source.shuffle_seed)
            if not data:
                raise CharlensError(f"{path}: the {count:,} files selected are all empty")
            return data, (
                f"tree {path.name}: {count:,} files matching {', '.join(source.glob)}, "
                f"shuffled with seed {source.shuffle_seed}"
            )
    raise TypeError(f"unknown source {source!r}")
