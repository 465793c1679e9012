"""The exceptions users may see."""

from __future__ import annotations

import os
from pathlib import Path


class CharlensError(Exception):
    """A problem the user can act on, told in one line.

    The message names the file or config key, what was expected, what was found and what to do.
    Anything else that escapes is a bug in charlens and keeps its traceback.
    """


class DamagedFileError(CharlensError):
    """A file that charlens made does not hold what it wrote there.

    A job of the workflow that meets one moves it aside, so that the next run makes it anew.

    Args:
        path: the file.
        message: one line as of any CharlensError.
    """

    def __init__(self, path: str | os.PathLike[str], message: str) -> None:
        super().__init__(message)
        self.path = Path(path)
