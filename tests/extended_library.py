"""A copy of the library with edits: what a new entry of a registry does in a fresh process."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from workflow_runs import ROOT


def run_with(
    folder: Path, files: Mapping[str, str], edits: Mapping[str, Mapping[str, str]], code: str
) -> str:
    """Run Python code with an edited copy of the library.

    Args:
        folder: where to copy the library, and the working folder of the code.
        files: new files of the package, path -> content.
        edits: files to change, path -> texts that are there once -> what replaces each.
        code: what to run.

    Returns:
        What it printed.
    """
    package = folder / "library" / "charlens"
    source = ROOT / "workflow" / "charlens"
    shutil.copytree(source, package, ignore=shutil.ignore_patterns("__pycache__"))
    for name, content in files.items():
        assert not (package / name).exists()
        (package / name).write_text(content, encoding="utf-8")
    for name, replaced in edits.items():
        text = (package / name).read_text(encoding="utf-8")
        for old, new in replaced.items():
            assert text.count(old) == 1, f"{name}: {old!r} is there {text.count(old)} times"
            text = text.replace(old, new)
        (package / name).write_text(text, encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder / "library")},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout
