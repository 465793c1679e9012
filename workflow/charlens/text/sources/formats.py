"""Well-known formats that hold no text as it is, by their first bytes."""

from __future__ import annotations

from pathlib import Path

_COMPRESSED = "unpack it and name the text in it"
_ARCHIVE = "unpack it and name the text in it, or say tree: instead of file:"
_DOCUMENT = "save its text as a text file and name that"

FORMATS: dict[bytes, tuple[str, str]] = {
    b"\x1f\x8b\x08": ("compressed by gzip", _COMPRESSED),
    b"BZh": ("compressed by bzip2", _COMPRESSED),
    b"\xfd7zXZ\x00": ("compressed by xz", _COMPRESSED),
    b"\x28\xb5\x2f\xfd": ("compressed by zstd", _COMPRESSED),
    b"7z\xbc\xaf\x27\x1c": ("a 7z archive", _COMPRESSED),
    b"Rar!\x1a\x07": ("a RAR archive", _COMPRESSED),
    b"PK\x03\x04": ("a zip archive, or a document that is one", _ARCHIVE),
    b"%PDF-": ("a PDF document", _DOCUMENT),
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": ("an old Office document", _DOCUMENT),
    b"\x89PNG\r\n\x1a\n": ("a PNG image", _DOCUMENT),
    b"\xff\xd8\xff": ("a JPEG image", _DOCUMENT),
}
"""First bytes of formats that hold no text as it is: what they are, what to do."""


def no_text(path: Path) -> str | None:
    """The format of a file that is none of text, by its first bytes, as the end of a sentence.

    Other bytes are a text, whatever they are. A file that cannot be read is left to its reader.
    """
    try:
        with path.open("rb") as file:
            start = file.read(max(map(len, FORMATS)))
    except OSError:
        return None
    for first, (what, remedy) in FORMATS.items():
        # A text may begin with the letters BZh: bzip2 has a digit and another mark behind them.
        if start.startswith(first) and (first != b"BZh" or start[4:7] == b"1AY"):
            return f"which is {what}; {remedy}"
    return None
