"""A corpus made from its source: get its bytes, split them, write the files that others read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from charlens.files.atomic import FilePath
from charlens.text.blocks import FILES
from charlens.text.corpus import Corpus, prepare, save_split
from charlens.text.encoding_guess import of_whole
from charlens.text.sources.any import file_hashes, file_sizes, read
from charlens.text.sources.kind import SourceKind
from charlens.text.splits import SPLITS


def write_corpus(
    source: SourceKind,
    folders: tuple[str | Path | None, str | Path],
    name: str,
    split: str,
    layout: tuple[int, int, float, float],
    contents: str,
    outputs: Mapping[str, FilePath],
) -> Corpus:
    """Get the bytes of a corpus, verify, describe and split them.

    Args:
        source: an object of one of :data:`charlens.text.sources.any.KINDS`.
        folders: of corpus files searched before the network, and where downloads are kept.
        name: of the corpus in the config.
        split: ``streams``, ``position`` or ``files``.
        layout: streams, characters per block, fractions of the blocks for training and validation.
        contents: SHA-256 of the user's own file, archive or folder; empty for other sources.
        outputs: path of the description under ``json``, of each split under its name.

    Returns:
        The description.

    Raises:
        CharlensError: as :func:`charlens.text.sources.any.read` and
            :func:`charlens.text.corpus.prepare`.
    """
    data, origin = read(source, *folders)
    sizes = file_sizes(source, *folders) if split == FILES else ()
    corpus, splits = prepare(data, name, origin, split, *layout, file_sizes=sizes)
    for part in SPLITS:
        save_split(outputs[part], splits[part])
    hashes = file_hashes(source, *folders)
    corpus = replace(corpus, contents=contents, files=hashes, encoding=of_whole(data))
    corpus.save(outputs["json"])
    return corpus
