"""Where a corpus's bytes may come from: the ``source`` of a corpus in the config."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Annotated, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from charlens.config_types import Bytes, Integer, Section, Sha1, Sha256, Text, matching, problem


class BuiltinSource(Section):
    """Text present wherever the workflow runs; needs no network."""

    builtin: Literal["python_docs", "torch_headers"]
    """python_docs: English prose (documentation of Python and of the pinned packages);
    torch_headers: C++ source (the headers that ship with torch)."""
    limit_bytes: Annotated[Integer, Field(ge=10_000)] | None = None
    """Keep only so many bytes from the start; null keeps all."""


class PublishedSource(Section):
    """A corpus of the paper, searched for in corpora_dir, then downloaded, always verified."""

    published: Literal["war_and_peace", "linux_kernel"]


class FileSource(Section):
    """A text file of one's own: relative to the working folder, else to corpora_dir."""

    file: Text
    bytes: Bytes | None = None
    """Expected size; null accepts any."""
    sha256: Sha256 | None = None
    """Expected checksum; null accepts any."""


class UrlSource(Section):
    """A file on the web; at least one checksum says which bytes are meant."""

    urls: Annotated[
        tuple[
            Annotated[
                Text, matching("^https?://", "an address that starts with http:// or https://")
            ],
            ...,
        ],
        Field(min_length=1),
    ]
    """Tried in this order."""
    filename: Annotated[
        Text,
        matching(
            "^[A-Za-z0-9_][A-Za-z0-9._-]*$",
            "a file name of letters, digits, ., - and _, without a folder",
            longest=200,
        ),
    ]
    """Name under which corpora_dir is searched and the download is kept."""
    bytes: Bytes | None = None
    sha256: Sha256 | None = None
    git_blob_sha1: Sha1 | None = None
    """SHA-1 over ``blob <bytes>\\0`` and the bytes, as git computes it."""

    @model_validator(mode="after")
    def _has_checksum(self) -> Self:
        if self.sha256 is None and self.git_blob_sha1 is None:
            raise problem("sha256", None, "expected sha256 or git_blob_sha1, at least one of them")
        return self


class TreeSource(Section):
    """The files of a source tree or archive, joined without separators in a seeded order."""

    tree: Text
    """Folder, .zip or .tar(.gz|.bz2|.xz): relative to the working folder, else to corpora_dir."""
    glob: Annotated[tuple[Text, ...], Field(min_length=1)] = ("**/*.c", "**/*.h")
    """Which files of the tree to take."""
    shuffle_seed: Annotated[Integer, Field(ge=0)] = 0
    """Seed of the shuffle of the sorted paths."""

    def outside(self) -> tuple[int, str] | None:
        """The first pattern that leaves the tree, and its place in the list."""
        for i, pattern in enumerate(self.glob):
            path = PurePosixPath(pattern)
            if path.is_absolute() or not path.parts or ".." in path.parts:
                return i, pattern
        return None


# The key that tells the kinds of source apart -> its class. Tags are bracketed to stay
# distinguishable from keys in pydantic's error locations.
_SOURCES: dict[str, type[Section]] = {
    "builtin": BuiltinSource,
    "published": PublishedSource,
    "file": FileSource,
    "urls": UrlSource,
    "tree": TreeSource,
}


def _source_tag(value: object) -> str | None:
    if isinstance(value, Mapping):
        keys = [key for key in _SOURCES if key in value]
    else:
        keys = [key for key, kind in _SOURCES.items() if isinstance(value, kind)]
    return f"({keys[0]})" if len(keys) == 1 else None


Source = Annotated[
    Annotated[BuiltinSource, Tag("(builtin)")]
    | Annotated[PublishedSource, Tag("(published)")]
    | Annotated[FileSource, Tag("(file)")]
    | Annotated[UrlSource, Tag("(urls)")]
    | Annotated[TreeSource, Tag("(tree)")],
    Discriminator(_source_tag),
]
