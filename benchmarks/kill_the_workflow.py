"""Kill the workflow at random moments until it is done, and compare with an undisturbed run.

    python benchmarks/kill_the_workflow.py [--kills 20] [--seed 1] [--target all]

Two copies of this checkout run the tiny study. One runs through; in the other everything, Snakemake
and its jobs, is killed with SIGKILL after a random time, unlocked and started again, until it has
been killed often enough and is done. Every result must equal the undisturbed one, byte for byte
(timings aside). Prints each kill with the rules it hit.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from workflow_runs import copy_repository

STUDY = ("--configfile", "tests/config.tiny.yaml")
TIMINGS = ("benchmarks", "manifest.json")


def start(folder: Path, *arguments: str) -> subprocess.Popen:
    # Snakemake's own output says of each job that it begins and that it is done.
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "--verbose", *STUDY, *arguments]
    return subprocess.Popen(
        command,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=open(folder / "stderr.txt", "w"),
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        env=os.environ | {"CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"},
    )


def run(folder: Path, *arguments: str) -> float:
    """Run to the end; seconds."""
    began = time.monotonic()
    if start(folder, *arguments).wait() != 0:
        sys.exit((folder / "stderr.txt").read_text())
    return time.monotonic() - began


def running(folder: Path) -> list[str]:
    """Rules that had been started and not finished."""
    text = (folder / "stderr.txt").read_text()
    begun = re.findall(r"^localrule (\w+):", text, re.M)
    for rule in re.findall(r"Finished jobid: \d+ \(Rule: (\w+)\)", text):
        if rule in begun:
            begun.remove(rule)
    return begun


def checksums(folder: Path) -> dict[str, str]:
    results = folder / "results"
    return {
        path.relative_to(results).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(results.rglob("*"))
        if path.is_file() and not any(part in TIMINGS for part in path.parts)
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--target", default="all")
    options = parser.parse_args()
    draw = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as temporary:
        calm, killed = (copy_repository(Path(temporary, name)) for name in ("calm", "killed"))
        seconds = run(calm, "--", options.target)
        print(f"undisturbed: {seconds:.0f} s", flush=True)
        hit: dict[str, int] = {}
        for kill in range(1, options.kills + 1):
            child = start(killed, "--", options.target)
            # Starting takes some seconds; a run that ends before its time is begun anew.
            time.sleep(draw.uniform(2, 12))
            done = child.poll() is not None
            if not done:
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            rules = running(killed)
            for rule in rules:
                hit[rule] = hit.get(rule, 0) + 1
            print(f"kill {kill}: {'done before' if done else ', '.join(rules) or 'planning'}")
            subprocess.run(
                [sys.executable, "-m", "snakemake", *STUDY, "--unlock"],
                cwd=killed,
                capture_output=True,
                check=True,
            )
            if done:
                shutil.rmtree(killed / "results")
        run(killed, "--", options.target)
        expected, actual = checksums(calm), checksums(killed)
        different = [n for n in expected.keys() | actual.keys() if expected.get(n) != actual.get(n)]
        print(f"rules hit: {hit}")
        print(f"{len(expected)} files, {len(different)} different: {sorted(different)}")
        sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
