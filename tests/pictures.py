"""Texts drawn with the expected mark of each byte below it."""


def picture(drawing: str) -> tuple[bytes, str]:
    """A text and the marks under it: every line of text is followed by a line of marks.

    ¶ stands for a line feed and ␍ for a carriage return, which have their marks as all bytes do.
    """
    lines = drawing.strip("\n").splitlines()
    for above, below in zip(lines[::2], lines[1::2], strict=True):
        assert len(above) == len(below), f"marks do not fit: {above}"
    text = "".join(lines[::2]).replace("¶", "\n").replace("␍", "\r")
    return text.encode("latin-1"), "".join(lines[1::2])
