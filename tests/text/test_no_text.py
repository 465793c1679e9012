"""Files of well-known formats that hold no text as it is are refused; other bytes are texts."""

import bz2
import gzip
import lzma
import zipfile
from pathlib import Path

import pytest
from charlens.text.sources.formats import FORMATS
from charlens.text.sources.own_file import FileSource

TEXT = b"It was a dark and stormy night.\n" * 200


def fault(path: Path) -> str | None:
    return FileSource(file=str(path)).fault(None)


EXAMPLES = [
    ("compressed by gzip; unpack it", gzip.compress(TEXT)),
    ("compressed by bzip2; unpack it", bz2.compress(TEXT)),
    ("compressed by xz; unpack it", lzma.compress(TEXT)),
    ("a PDF document; save its text", b"%PDF-1.7\n" + TEXT),
    *((what, first + b"\0" * 99) for first, (what, _) in FORMATS.items() if first != b"BZh"),
]


# Named by the words alone: gzip writes the time into its bytes, and names must not change.
@pytest.mark.parametrize(("words", "data"), EXAMPLES, ids=[words for words, _ in EXAMPLES])
def test_a_format_that_is_no_text(tmp_path: Path, words: str, data: bytes) -> None:
    path = tmp_path / "story.txt"  # the content decides, not the name
    path.write_bytes(data)
    assert words in fault(path)


def test_a_zip_may_be_a_tree(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "notes.zip", "w") as archive:
        archive.writestr("a.txt", TEXT)
    assert fault(tmp_path / "notes.zip").endswith("or say tree: instead of file:")


@pytest.mark.parametrize("data", [TEXT, b"BZh4 is a name", b"PK, 7z and %PDF", bytes(range(256))])
def test_other_bytes_are_a_text(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "story.gz").write_bytes(data)
    assert fault(tmp_path / "story.gz") is None
