"""Make the lost and damaged files of a run anew.

Snakemake makes what a target needs only where the target itself is older or missing, so a lost
file from the middle of a study is "Nothing to be done". A run's manifest knows every file.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from charlens.errors import CharlensError
from charlens.files.atomic import FilePath
from charlens.runtime.manifest import Difference

_FOLDERS = ("report", "explorer", "*/activations/*")
"""Outputs of rules that are folders, in a folder of results: what they lost is made with them."""


def targets(differences: Sequence[Difference]) -> list[str]:
    """Outputs of rules that have to be made anew, relative to the folder of the run, each once.

    Args:
        differences: of :func:`charlens.runtime.manifest.differences`. Files that are not in the
            manifest are nobody's loss.
    """
    names = [_output(difference.name) for difference in differences if difference.is_lost]
    return list(dict.fromkeys(names))


def _output(name: str) -> str:
    """The output of a rule that a file is or lies in."""
    folders = [str(path) for path in PurePosixPath(name).parents]
    for folder in folders:
        if any(_is_like(folder, pattern) for pattern in _FOLDERS):
            return folder
    return name


def _is_like(folder: str, pattern: str) -> bool:
    return folder.count("/") == pattern.count("/") and PurePosixPath(folder).match(pattern)


def rebuild(results: FilePath, lost: Sequence[Difference], options: Sequence[str]) -> int:
    """Move damaged files aside, as ``NAME.damaged``, and run Snakemake for all that are lost.

    Args:
        results: ``results/{run}``.
        lost: what differs from the manifest.
        options: of Snakemake: at least the config of the run (``--configfile mine.yaml``), unless
            it is the default study.

    Returns:
        The exit status of Snakemake; 0 where nothing is lost.

    Raises:
        CharlensError: no workflow beside the results, or a file that cannot be moved.
    """
    folder = Path(results).resolve()
    outputs = targets(lost)
    if not outputs:
        return 0
    base = folder.parents[1]
    if folder.parent.name != "results" or not _has_workflow(base):
        raise CharlensError(
            f"{results}: is not in a folder results/ beside a Snakefile; rebuild where the "
            "workflow ran"
        )
    paths = [str((folder / name).relative_to(base)) for name in outputs]
    snakemake = [sys.executable, "-m", "snakemake", *_with_cores(options)]
    summary = subprocess.run(
        [*snakemake, "--summary", "--", *paths], cwd=base, stdout=subprocess.PIPE, text=True
    )
    if summary.returncode:
        return summary.returncode  # before anything is moved: a config that is wrong loses nothing
    for difference in lost:
        path = folder / difference.name
        if difference.is_lost and path.exists() and difference.name in outputs:
            _move_aside(path)
    rules = _rules(summary.stdout, set(paths))
    # Other rules stay out: with a new corpus.json Snakemake would train all networks again.
    allowed = ["--allowed-rules", *rules] if rules else []
    return subprocess.run([*snakemake, *allowed, "--force", "--", *paths], cwd=base).returncode


def _rules(summary: str, outputs: set[str]) -> list[str]:
    """The rules that make outputs, from the table that ``snakemake --summary`` prints."""
    rows = [line.split("\t") for line in summary.splitlines()]
    head = next((row for row in rows if row[0] == "output_file"), [])
    if "rule" not in head:
        return []
    rule = head.index("rule")
    return sorted({row[rule] for row in rows if row[0] in outputs and len(row) > rule})


def _has_workflow(folder: Path) -> bool:
    return any((folder / name).is_file() for name in ("Snakefile", "workflow/Snakefile"))


def _move_aside(path: Path) -> None:
    try:
        os.replace(path, path.with_name(f"{path.name}.damaged"))
    except OSError as error:
        raise CharlensError(f"{path}: cannot be moved aside ({error.strerror})") from error


def _with_cores(options: Sequence[str]) -> list[str]:
    """The options, with all cores unless they say how many."""
    names = {option.partition("=")[0] for option in options}
    if names & {"--cores", "-c", "--jobs", "-j", "--workflow-profile"}:
        return list(options)
    return ["--cores", "all", *options]
