"""The exceptions users may see."""

from __future__ import annotations

import os
from pathlib import Path


class CharlensError(Exception):
    """A problem the user can act on, described in one line.

    The message names the file or config key, what was expected, what was found and what to do.
    Anything else that escapes is a bug in charlens and keeps its traceback.
    """


class DamagedFileError(CharlensError):
    """A file that charlens made does not hold what it wrote there.

    A job of the workflow that meets one moves it aside, so that the next run makes it anew.

    Args:
        path: the file.
        what: one line that names it and says what is wrong with it.
    """

    def __init__(self, path: str | os.PathLike[str], what: str) -> None:
        super().__init__(f"{what}; delete it and run again")
        self.path, self.what = Path(path), what
