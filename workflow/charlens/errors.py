"""The exceptions users may see."""

from __future__ import annotations

import os
import re
from pathlib import Path

# Controls, halves of surrogate pairs (of a file name that is not UTF-8), separators of lines and
# paragraphs, and marks that turn the direction of what follows.
_UNPRINTABLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def visible(text: str, allowed: str = "") -> str:
    r"""A text for a terminal, with escapes for what would break its line or control the terminal.

    Args:
        text: perhaps with names that other people chose.
        allowed: characters that stay as they are, such as the line breaks of a page.

    Example:
        >>> print(visible("a\nb.txt"))
        a\nb.txt
    """

    def escape(match: re.Match[str]) -> str:
        character = match[0]
        return character if character in allowed else ascii(character)[1:-1]

    return _UNPRINTABLE.sub(escape, text)


class CharlensError(Exception):
    """A problem the user can act on, described in one line.

    The message names the file or config key, what was expected, what was found and what to do.
    Anything else that escapes is a bug in charlens and keeps its traceback. Names in it may hold
    anything: what is no text for a terminal is escaped.
    """

    def __init__(self, message: str) -> None:
        super().__init__(visible(message))


class DamagedFileError(CharlensError):
    """A file that charlens made does not hold what it wrote there.

    A job of the workflow that meets one moves it aside, so that the next run makes it anew.

    Args:
        path: the file.
        what: one line that names it and says what is wrong with it.
    """

    def __init__(self, path: str | os.PathLike[str], what: str) -> None:
        super().__init__(f"{what}; delete it and run again")
        self.path, self.what = Path(path), visible(what)
