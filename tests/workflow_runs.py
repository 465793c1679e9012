"""Snakemake, run in a copy of the repository."""

import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
COPIED = ("Snakefile", "config.yaml", "config.paper.yaml", "profiles", "workflow", "envs", "tests")
TINY = "tests/config.tiny.yaml"


@dataclass
class Run:
    """What one call of Snakemake did."""

    code: int
    stdout: str
    stderr: str
    seconds: float

    @property
    def said(self) -> list[str]:
        """Lines on stderr, less the one about the profile."""
        lines = self.stderr.strip().splitlines()
        return [line for line in lines if not line.startswith("Using workflow specific profile")]

    @property
    def jobs(self) -> dict[str, int]:
        """Rule -> number of jobs planned, less the targets and what follows any change."""
        text = (self.stdout + self.stderr).split("Job stats:", 1)
        rows = re.findall(r"^(\w+) +(\d+)$", text[1].split("\n\n", 1)[0], re.M) if text[1:] else []
        targets = {
            "total",
            "all",
            "study",
            "activations",
            "tables",
            "corpora",
            "table_pages",
            "manifest",
        }
        targets |= {f"figure{number}" for number in range(1, 7)}
        return {rule: int(count) for rule, count in rows if rule not in targets}


def snakemake(folder: Path, *arguments: str) -> Run:
    start = time.monotonic()
    # Published corpora elsewhere on this machine, or a GPU, must not change what the tests see.
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"}
    environment.pop("PYTHONPATH", None)
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    return Run(done.returncode, done.stdout, done.stderr, time.monotonic() - start)


def copy_repository(folder: Path) -> Path:
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=ignored)
        else:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, folder / name)
    return folder
