"""What it means that Snakemake finds a folder locked, for those who start a second run there."""

from __future__ import annotations

import os
import re
from pathlib import Path

_LOCKED = re.compile(r"^Error: Directory cannot be locked", re.MULTILINE)


def explain_locked(message: str) -> str | None:
    """One line for Snakemake's error that a folder is locked: by whom, and what to do.

    Args:
        message: an error of Snakemake, raised in the folder where this process works.

    Returns:
        None where the error is another one.
    """
    if not _LOCKED.search(message):
        return None
    from charlens.runtime.stopping import runs_in  # for a run that meets no lock, a needless import

    runs = [run.snakemake.pid for run in runs_in(Path.cwd()) if run.snakemake.pid != os.getpid()]
    if runs:
        which = "process " + " and ".join(map(str, sorted(runs)))
        return (
            f"charlens: error: a run goes on in this folder ({which}) and makes some of the same "
            "files; wait until it ends, or stop it: charlens stop"
        )
    return (
        "charlens: error: this folder is locked, though no run of yours goes on here on this "
        "machine; if none goes on elsewhere, an earlier one was killed: remove its lock with "
        "snakemake --unlock, then run again"
    )
