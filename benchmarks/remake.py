"""Make results/reference again from its committed weights, by the workflow, without training.

    python benchmarks/remake.py ../corpora [--cores 2] [--checkpoints DIR] [--targets NAME ...]
                                [--reuse PATTERN ...]

Cuts the texts, puts the committed weights and curves beside them and runs
benchmarks/reference.yaml: tables, figures, the report and the explorer land in results/remade.
Whole runs are then copied to results/reference, less what is large and quick to make again
(splits, probabilities, n-grams). ``--checkpoints`` names the early weights of the LSTM-3 of
Figure 5 (right), which are not committed; without them that figure stays as it is. ``--reuse``
takes committed tables as they are, such as ``'*/tables/*/lstm-3x512.*'``: for whoever added a
network, and knows that neither those networks nor the code behind their tables changed.
"""

from __future__ import annotations

import argparse
import filecmp
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

import yaml
from charlens.files import notes
from charlens.paper import numbers
from charlens.report.explorer import site
from charlens.report.summary import EXPLORER
from charlens.runtime import manifest
from charlens.study.config import Config
from compare_again import refresh_checksums

ROOT = Path(__file__).parents[1]
CONFIG = ROOT / "benchmarks" / "reference.yaml"
REFERENCE, REMADE = ROOT / "results" / "reference", ROOT / "results" / "remade"
_HIDDEN = shutil.ignore_patterns(".*")


def study() -> Config:
    """The study of reference.yaml."""
    return Config.load(yaml.safe_load(CONFIG.read_text(encoding="utf-8")), CONFIG.name)


def snakemake(arguments: argparse.Namespace, targets: list[str]) -> None:
    """Run the workflow; what is newer than its inputs is not made again, whoever made it."""
    values = [f"corpora_dir={arguments.texts.resolve()}"]
    if arguments.checkpoints is None:
        values.append("figure5={dynamics: null}")
    command = ["snakemake", "--cores", str(arguments.cores), "--configfile", str(CONFIG)]
    command += ["--rerun-triggers", "mtime", "--config", *values]
    plan = subprocess.run(
        [*command, "--dry-run", "--", *targets],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    trainings = re.findall(r"^(train\w*) +\d+$", plan.stdout, re.M)
    if trainings:
        sys.exit(f"the rules {', '.join(sorted(set(trainings)))} would run: something is missing")
    command += ["--", *targets]
    if subprocess.run(command, cwd=ROOT, check=False).returncode:
        sys.exit("the workflow failed; what it said is above")


def place(checkpoints: Path | None) -> None:
    """Copy weights and curves beside the splits, as if they had just been trained."""
    config, missing = study(), []
    for corpus in config.corpora:
        for model in (*config.models(corpus), *config.n_nn_models(corpus)):
            folders = [""] + [f"seeds/{s}/" for s in config.further_seeds_of(corpus, model)]
            for name in (
                f"{corpus}/{folder}{kind}/{model}.{form}"
                for folder in folders
                for kind, form in (("curves", "parquet"), ("models", "safetensors"))
            ):
                if not (REFERENCE / name).is_file():
                    missing.append(name)
                    continue
                _put(REFERENCE / name, REMADE / name)
    if missing:
        more = f" ({len(missing)} files are missing)"
        sys.exit(f"{REFERENCE}: has no {missing[0]}{more}; train it, or change {CONFIG}")
    watched = config.figure5.dynamics
    if checkpoints is not None and watched is not None:
        to = REMADE / str(watched.corpus) / "checkpoints" / str(watched.model)
        shutil.copytree(checkpoints, to, dirs_exist_ok=True, copy_function=_put)


def _put(source: str | Path, target: str | Path) -> None:
    """Copy weights that differ, with the date of today; what was made of the others stays."""
    placed = Path(target)
    if not (placed.is_file() and filecmp.cmp(source, placed, shallow=False)):
        _copy(Path(source), placed)


def _copy(source: Path, target: Path) -> None:
    """Copy a file and note its checksum, in place of that of what an earlier run wrote there."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    notes.note([target])


def reuse(patterns: list[str]) -> None:
    """Put committed tables beside the rest, newer than what they were made from."""
    now = time.time()  # one for all, as some are made from others
    for pattern in patterns:
        tables = sorted(path for path in REFERENCE.glob(pattern) if path.is_file())
        if not tables:
            sys.exit(f"--reuse: {REFERENCE} has no {pattern}")
        for table in tables:
            placed = REMADE / table.relative_to(REFERENCE)
            _copy(table, placed)
            os.utime(placed, (now, now))


def publish(checkpoints: Path | None) -> None:
    """Copy the run over the committed one; files that the run no longer makes are deleted."""
    for name in ("tables", "figures"):
        old = {p.name for p in (REFERENCE / name).iterdir() if p.is_file()}
        new = {p.name for p in (REMADE / name).iterdir() if p.is_file()}
        for stale in old - new:
            of_dynamics = stale.startswith(("dynamics.", "figure5_right."))
            if not (of_dynamics and checkpoints is None):
                (REFERENCE / name / stale).unlink()
        shutil.copytree(REMADE / name, REFERENCE / name, ignore=_HIDDEN, dirs_exist_ok=True)
    for corpus in study().corpora:
        shutil.rmtree(REFERENCE / corpus / "tables", ignore_errors=True)
        tables = REFERENCE / corpus / "tables"
        shutil.copytree(REMADE / corpus / "tables", tables, ignore=_HIDDEN)
        shutil.copyfile(REMADE / corpus / "corpus.json", REFERENCE / corpus / "corpus.json")
    shutil.copyfile(REMADE / "report.html", REFERENCE / "report.html")
    # The page in one file, where the report and `charlens explore` look for it.
    (REFERENCE / EXPLORER).parent.mkdir(exist_ok=True)
    shutil.copyfile(REMADE / "explorer" / site.ONE_FILE, REFERENCE / EXPLORER)
    made = json.loads((REMADE / manifest.NAME).read_text(encoding="utf-8"))
    made["config"]["corpora_dir"] = None  # a folder of the machine that made it
    how = "python benchmarks/remake.py, from committed weights"
    made = {"partial": _partial(), "how": how} | made
    (REFERENCE / manifest.NAME).write_text(json.dumps(made), encoding="utf-8")
    refresh_checksums(REFERENCE)


def _partial() -> str:
    """How much of the paper's grid there is; later networks are no part of it."""
    config = study()
    grid = {
        (row["corpus"], f"{row['cell']}-{row['layers']}x{row['size']}")
        for row in numbers.rows("figure1_cross_entropy")
    }
    ours = {(corpus, model) for corpus in config.corpora for model in config.models(corpus)}
    return f"{len(grid & ours)} of the {len(grid)} grid points"


def main() -> None:
    """Cut, place, run and, where everything was asked for, publish."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("texts", type=Path, help="folder with the published texts")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--checkpoints", type=Path, help="early weights of the watched LSTM")
    parser.add_argument("--targets", nargs="+", default=[], help="figures or files, not all")
    parser.add_argument("--reuse", nargs="+", default=[], help="committed tables to keep")
    arguments = parser.parse_args()
    snakemake(arguments, ["corpora"])
    place(arguments.checkpoints)
    reuse(arguments.reuse)
    snakemake(arguments, arguments.targets or ["all"])
    if not arguments.targets:
        publish(arguments.checkpoints)


if __name__ == "__main__":
    main()
