"""Snakemake's error of a locked folder, in one line."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from charlens.runtime import stopping
from charlens.runtime.locked import explain_locked
from snakemake.exceptions import LockException

ERROR = f"LockException:\n{LockException()}"


@pytest.mark.parametrize(
    ("pids", "says"),
    [
        ([], "no run of yours goes on here on this machine; if none goes on elsewhere, an earlier"),
        ([12], "a run goes on in this folder (process 12) and makes some of the same files; wait"),
        ([12, 7], "(process 7 and 12)"),
    ],
)
def test_a_lock_says_whose_it_is_and_what_to_do(monkeypatch, pids: list[int], says: str) -> None:
    """The process that asks is itself a run in the folder."""
    runs = [SimpleNamespace(snakemake=SimpleNamespace(pid=pid)) for pid in [os.getpid(), *pids]]
    monkeypatch.setattr(stopping, "runs_in", lambda folder: runs if folder == Path.cwd() else [])
    line = explain_locked(ERROR)
    assert line is not None
    assert says in line
    assert "\n" not in line
    assert ("charlens stop" in line, "snakemake --unlock" in line) == (bool(pids), not pids)


def test_other_errors_are_left_as_they_are() -> None:
    assert explain_locked("MissingInputException in rule a:\nNo rule") is None
