"""The manifest of a run: its config, code, data and machine, and a checksum of every file."""

from __future__ import annotations

import csv
import json
import platform
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import Any

from charlens import __version__
from charlens.errors import CharlensError, DamagedFileError
from charlens.files.atomic import FilePath, atomic_path, sha256_file
from charlens.runtime.fingerprint import PACKAGE, fingerprint
from charlens.runtime.hardware import describe
from charlens.runtime.progress import progress

FORMAT = 1
NAME = "manifest.json"

PACKAGES = (
    "matplotlib",
    "matplotlib-venn",
    "numpy",
    "pandas",
    "pyarrow",
    "pydantic",
    "pydivsufsort",
    "safetensors",
    "scikit-learn",
    "scipy",
    "snakemake",
    "torch",
)
"""Packages whose version can change a result."""

# The manifest itself, and the settings that planning compares, which grow with the study.
_NOT_RESULTS = (NAME, "settings.json")


def write_manifest(results: FilePath, config: Mapping[str, Any]) -> None:
    """Write ``manifest.json`` into the folder of a run.

    Args:
        results: ``results/{run}``.
        config: the checked config, JSON-able.

    Raises:
        CharlensError: the disk is full or the folder cannot be written.
    """
    folder = Path(results)
    manifest = {
        "format": FORMAT,
        "run": config["run"],
        "seed": config["seed"],
        "config": dict(config),
        "corpora": _corpora(folder),
        "code": _code(),
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in PACKAGES},
        "hardware": describe(),
        "wall_seconds": _wall_seconds(folder / "benchmarks"),
        "files": _checksums(folder),
    }
    with atomic_path(folder / NAME) as temporary:
        temporary.write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", "utf-8")


@dataclass(frozen=True)
class Difference:
    """A file of a run that is not as its manifest says.

    Attributes:
        name: of the file, relative to the folder of the run.
        problem: in words.
        is_lost: whether what the manifest lists is gone, be it missing or changed.
    """

    name: str
    problem: str
    is_lost: bool


def differences(results: FilePath) -> list[Difference]:
    """Hash every file of a run again.

    Args:
        results: ``results/{run}``.

    Returns:
        The files that are missing, changed, or not in the manifest, by name.

    Raises:
        CharlensError: there is no manifest, or it cannot be read.
    """
    folder = Path(results)
    expected = read_manifest(folder)["files"]
    actual = _checksums(folder)
    different = []
    for name in sorted(expected.keys() | actual.keys()):
        if name not in actual:
            different.append(Difference(name, "missing", True))
        elif name not in expected:
            different.append(Difference(name, "not in the manifest", False))
        elif actual[name] != expected[name]:
            now, before = (files[name]["sha256"][:12] for files in (actual, expected))
            problem = f"changed (sha256 {now}…, the manifest says {before}…)"
            different.append(Difference(name, problem, True))
    return different


def verify(results: FilePath) -> list[str]:
    """One line for each of the :func:`differences` of a run; raises as that."""
    return [f"{Path(results) / file.name}: {file.problem}" for file in differences(results)]


def read_manifest(results: FilePath) -> dict[str, Any]:
    """The manifest of a run, ``results/{run}``.

    Raises:
        CharlensError: there is none, or it cannot be read.
    """
    path = Path(results) / NAME
    if path.exists() and not path.is_file():  # a pipe may never end
        raise CharlensError(f"{path}: expected a file, found a folder, a device or a pipe")
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CharlensError(
            f"{path}: cannot be read ({error.strerror}); run the whole workflow to make it"
        ) from error
    except (ValueError, RecursionError) as error:
        raise CharlensError(f"{path}: not JSON ({error}); run the workflow again") from error
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise CharlensError(f"{path}: not a manifest of format {FORMAT}; run the workflow again")
    fault = _files_fault(values.get("files"))
    if fault:
        raise CharlensError(f"{path}: {fault}; run the workflow again")
    return values


def _files_fault(files: object) -> str | None:
    """What is wrong with the list of files, if anything is: someone may have edited it."""
    if not isinstance(files, dict):
        return "has no list of files"
    for name, facts in files.items():
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\0" in name or not path.parts:
            return f"lists {name[:100]!r}, which is no file of the run"
        if not isinstance(facts, dict) or not isinstance(facts.get("sha256"), str):
            return f"has no sha256 of {name[:100]!r}"
    return None


def _files(folder: Path) -> Iterator[Path]:
    """Every result, in the order of names; hidden ones are temporary, damaged ones set aside."""
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if not path.is_file() or any(part.startswith(".") for part in parts):
            continue
        if path.suffix == ".damaged" or (len(parts) == 1 and parts[0] in _NOT_RESULTS):
            continue
        if _passes(parts):
            continue
        yield path


def _passes(parts: tuple[str, ...]) -> bool:
    """Whether a path is of a resume state, which comes and goes, or a timing, never twice the same.

    Both are known by their place, since a corpus may have the name of such a folder.
    """
    timing = parts[0] == "benchmarks" and parts[-1].endswith(".tsv")
    below = parts[3:] if parts[1:2] == ("seeds",) else parts[1:]  # {corpus}/seeds/{seed}
    return timing or below[:1] == ("resume",)


def _checksums(folder: Path) -> dict[str, dict[str, Any]]:
    paths = list(_files(folder))
    checksums = {}
    with progress(sum(path.stat().st_size for path in paths), "checksums", "B") as bar:
        for path in paths:
            size = path.stat().st_size
            name = path.relative_to(folder).as_posix()
            checksums[name] = {"bytes": size, "sha256": sha256_file(path)}
            bar.update(size)
    return checksums


def _corpora(folder: Path) -> dict[str, dict[str, Any]]:
    keys = ("source", "bytes", "sha256", "split", "sizes")
    corpora = {}
    for path in sorted(folder.glob("*/corpus.json")):
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            corpora[path.parent.name] = {key: values[key] for key in keys}
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise DamagedFileError(path, f"{path}: no description of a corpus ({error})") from error
    return corpora


def _code() -> dict[str, Any]:
    """Version, commit (where this is a git checkout) and a hash of all library modules."""
    names = [
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.name != "__init__.py"
    ]
    return {
        "version": __version__,
        "commit": _git("rev-parse", "HEAD"),
        "modified": bool(_git("status", "--porcelain", "--", ".")),
        "library": fingerprint(*names),
    }


def _git(*arguments: str) -> str | None:
    command = ["git", "-C", str(PACKAGE), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _wall_seconds(folder: Path) -> dict[str, float]:
    """Seconds of each job, from Snakemake's benchmark files: ``train/war_and_peace/lstm-1x64``."""
    seconds = {}
    for path in sorted(folder.rglob("*.tsv")):
        with path.open(encoding="utf-8", errors="replace", newline="") as stream:
            rows = list(csv.DictReader(stream, delimiter="\t"))
        name = path.relative_to(folder).with_suffix("").as_posix()
        with suppress(LookupError, ValueError, TypeError):  # no time is lost with a broken file
            seconds[name] = float(rows[-1]["s"])
    return seconds
