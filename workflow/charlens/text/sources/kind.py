"""What every kind of source has in common: keys in the config, reading, looking before running."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path, PurePosixPath
from typing import ClassVar, NamedTuple

from charlens.config_types import Section

BytesAndOrigin = tuple[bytes, str]
"""The bytes of a corpus, never empty, and where they came from in words."""


class Folders(NamedTuple):
    """Where files are looked for and kept.

    Attributes:
        corpora: folder of corpus files that is searched before the network; None for none.
        downloads: folder where downloads are kept.
    """

    corpora: Path | None
    downloads: Path


class Wrong(NamedTuple):
    """A value of a source that its type cannot refuse.

    Attributes:
        key: where it is, such as ``glob[0]``.
        value: what the config has.
        message: what was expected.
    """

    key: str
    value: object
    message: str


class SourceKind(Section):
    """A kind of source. Its fields are its keys in the config; the first one names the kind.

    The first field has no default and is a key of no other kind.
    """

    local: ClassVar[bool] = False
    """Whether the bytes come with the installation, whatever folders are searched."""
    joins_files: ClassVar[bool] = False
    """Whether the text is joined from the user's files, so that it can be split by files."""

    @classmethod
    def key(cls) -> str:
        """The key of the config that says which kind a source is."""
        return next(iter(cls.model_fields))

    @abstractmethod
    def read(self, folders: Folders) -> BytesAndOrigin:
        """The bytes, and a description that names no paths of this machine.

        Raises:
            CharlensError: the source is missing, unreadable, empty or not what was declared.
        """

    def file_hashes(self, folders: Folders) -> dict[str, str]:
        """SHA-256 of every file that a text is joined from, by name; empty for a single file.

        An archive that carries no checksum (a plain tar) changes unnoticed but for these.

        Raises:
            CharlensError: as :meth:`read`.
        """
        return {}

    def file_sizes(self, folders: Folders) -> list[int]:
        """Bytes of every file that a text is joined from, in order; empty for a single file.

        Raises:
            CharlensError: as :meth:`read`.
        """
        return []

    def wrong(self) -> Wrong | None:
        """The first value that the types of the fields let pass although it cannot be meant."""
        return None

    def own_path(self) -> str | None:
        """The user's own file or folder as the config names it by :meth:`key`; None without one."""
        return None

    def size(self, corpora_dir: str | None) -> int | None:
        """Bytes of the text, where that is known without reading it.

        Raises:
            RuntimeError, OSError: as :meth:`fault`.
        """
        return None

    def sizes(self, corpora_dir: str | None) -> tuple[int, ...] | None:
        """Bytes of each file that a text is joined from, in order, where known without reading.

        Raises:
            RuntimeError, OSError: as :meth:`fault`.
            CharlensError: the tree is damaged, too large or has no such file.
        """
        return None

    def reads(self, name: PurePosixPath) -> bool:
        """Whether a file below :meth:`own_path`, if that is a folder, is part of the text."""
        return True

    def fault(self, corpora_dir: str | None) -> str | None:
        """What is wrong with :meth:`own_path` before anything runs, as the end of a sentence.

        Raises:
            RuntimeError: the path starts with ``~`` and a user that does not exist.
            OSError: the system cannot look the path up.
        """
        return None
