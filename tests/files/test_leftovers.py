"""What killed writers leave behind is swept, and nothing else is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from charlens.files.atomic import sweep

KILLED = """
import os, signal, sys
from charlens.files.atomic import atomic_path
with atomic_path(sys.argv[1]) as temporary:
    temporary.write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_files_of_killed_writers_are_swept(tmp_path: Path) -> None:
    run = tmp_path / "results" / "toy"
    for name in ("figures/figure6.pdf", "prose/models/lstm-1x8.safetensors", "no_suffix"):
        done = subprocess.run([sys.executable, "-c", KILLED, str(run / name)], check=False)
        assert done.returncode == -signal.SIGKILL
    left = [path for path in run.rglob("*") if path.is_file()]
    assert len(left) == 3
    assert sorted(sweep(run)) == sorted(left)
    assert not [path for path in run.rglob("*") if path.is_file()]
    assert sweep(run) == []


def test_everything_else_stays(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    run, elsewhere = tmp_path / "toy", tmp_path / "other"
    for folder in (run, elsewhere):
        folder.mkdir()
    staying = [
        run / f".table.{os.getpid()}.tmp.csv",  # of one that runs
        run / ".table.1.tmp.csv",  # of another user's that runs
        run / f"table.{gone.pid}.tmp.csv",
        run / f".table.{gone.pid}.csv",
        run / f".table.{gone.pid}.tmp.csv.gz",
        run / ".hidden",
        elsewhere / f".table.{gone.pid}.tmp.csv",
    ]
    for path in staying:
        path.write_text("x")
    (run / "link").symlink_to(elsewhere)
    assert sweep(run) == []
    assert all(path.is_file() for path in staying)
    assert sweep(tmp_path / "nowhere") == []
