"""What the project says of itself: dependencies, what a wheel contains, `make help`, CI."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from contextlib import suppress
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from workflow_runs import TINY, copy_repository

ROOT = Path(__file__).parents[1]
PACKAGES = ("charlens", "snakemake_logger_plugin_charlens")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PART_OF = {"pydantic-core": "pydantic"}  # pydantic pins it to one version of its own


def normal(name: str) -> str:
    """The name of a distribution as registries compare it, without its version."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\s;\[<>=!~]", name, maxsplit=1)[0]).lower()


def listed(name: str) -> set[str]:
    """Distributions named in a requirements file."""
    lines = (ROOT / "envs" / name).read_text().splitlines()
    return {normal(line) for line in lines if line and not line.startswith("#")}


def imported(path: Path) -> set[str]:
    """Top-level modules that a file imports, inside functions too."""
    modules = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            modules.add(node.module)
    return {name.partition(".")[0] for name in modules}


def needed() -> dict[str, str]:
    """Distribution -> a file that imports it."""
    homes = packages_distributions()
    users = {}
    for package in PACKAGES:
        for path in (ROOT / "workflow" / package).rglob("*.py"):
            for module in imported(path) - set(sys.stdlib_module_names) - set(PACKAGES):
                name = normal(homes.get(module, [module])[0])
                users[PART_OF.get(name, name)] = str(path.relative_to(ROOT))
    return users


def declared() -> set[str]:
    groups = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    return {normal(entry) for group in groups for entry in group}


def test_what_the_library_imports_is_declared_and_the_other_way_round() -> None:
    users = needed()
    assert {name: users[name] for name in users.keys() - declared()} == {}
    assert declared() - users.keys() == set()


def test_what_is_declared_is_pinned_and_installed_by_conda_too() -> None:
    environment = yaml.safe_load((ROOT / "envs" / "environment.yaml").read_text())
    by_conda = {normal(entry) for entry in environment["dependencies"][-1]["pip"]}
    assert declared() <= listed("requirements.txt")
    assert declared() - {"triton"} <= listed("requirements.in")  # torch's CUDA builds bring triton
    assert declared() - {"triton"} <= by_conda
    assert by_conda <= listed("requirements.txt")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Names of the files in a wheel built from a copy of the sources."""
    folder = tmp_path_factory.mktemp("wheel")
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(ROOT / "workflow", folder / "workflow", ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "."], cwd=folder, check=True, capture_output=True)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as archive:
        return set(archive.namelist())


def test_a_wheel_contains_every_file_of_the_library(wheel: set[str]) -> None:
    library = ROOT / "workflow"
    files = {
        path.relative_to(library).as_posix()
        for package in PACKAGES
        for path in (library / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert "charlens/report/templates/run.html" in files
    assert files - wheel == set()
    assert any(name.endswith("share/charlens/config.schema.json") for name in wheel)


def test_windows_is_refused_in_one_line() -> None:
    code = "import os; os.name = 'nt'; import charlens"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "workflow")}
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True)
    assert run.returncode == 1
    assert b"WSL" in run.stderr.splitlines()[-1]
    assert not any("Windows" in words for words in PROJECT["classifiers"])


def test_make_help_shows_whole_descriptions() -> None:
    text = (ROOT / "Makefile").read_text()
    expected = dict(re.findall(r"^([a-z-]+):.*?  ## (.*)$", text, re.M))
    # Of a newcomer's shell, not of the make that may run these tests.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    run = subprocess.run(
        ["make", "help"], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    shown = dict(
        line.strip().removeprefix("make ").split(maxsplit=1) for line in run.stdout.splitlines()
    )
    assert shown == expected
    assert ":" in shown["run"]


def make_report(folder: Path, *variables: str) -> subprocess.CompletedProcess[str]:
    """Call ``make report`` in a copy of the repository, in the environment of these tests."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    environment |= {"PYTHONPATH": str(folder / "workflow"), "CUDA_VISIBLE_DEVICES": ""}
    command = ["make", "report", "CORES=1", *variables]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def test_a_report_before_the_run_is_answered_in_one_line(tmp_path: Path) -> None:
    folder = copy_repository(tmp_path / "charlens")
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    (folder / ".venv").mkdir()
    (folder / ".venv" / ".ready").touch()  # as if installed
    run = make_report(folder, f"CONFIG={TINY}")
    assert run.returncode == 2
    line, *rest = (run.stdout + run.stderr).splitlines()
    assert line == "charlens: a report needs a finished run of the same config: make run first"
    assert all(other.startswith("make: ") for other in rest)
    assert not (folder / "results" / "report.html").exists()
    (folder / "wrong.yaml").write_text("corpra: {}\n")  # any other fault is shown as it is
    run = make_report(folder, "CONFIG=wrong.yaml")
    assert run.returncode == 2
    assert "charlens: error: wrong.yaml: corpra: unknown key" in run.stderr
    assert "make run first" not in run.stderr


def test_ci_runs_the_script_on_the_pythons_that_the_project_names() -> None:
    job = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())["jobs"]["run"]
    assert {"run": ".ci/run"} in job["steps"]
    versions = {
        f"Programming Language :: Python :: {v}" for v in job["strategy"]["matrix"]["python"]
    }
    assert versions <= set(PROJECT["classifiers"])


# --- profiles/slurm/cancel.sh ---


def cancel(folder: Path, **programs: str) -> subprocess.CompletedProcess:
    """Run the script in a folder where only some of Slurm's commands are there."""
    commands = folder / "bin"
    commands.mkdir()
    for name in ("sh", "awk", "id", "sort", "sleep", "grep", "cat"):
        (commands / name).symlink_to(shutil.which(name))
    for name, body in programs.items():
        (commands / name).write_text(f"#!{shutil.which('sh')}\n{body}\n")
        (commands / name).chmod(0o755)
    script = ROOT / "profiles" / "slurm" / "cancel.sh"
    return subprocess.run(
        ["sh", str(script)],
        cwd=folder,
        env={"PATH": str(commands)},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("programs", "words"),
    [
        ({}, "no squeue here"),
        ({"squeue": ":"}, "no scancel here"),
        ({"squeue": "exit 1", "scancel": ":"}, "squeue failed"),
        ({"squeue": 'echo "7 $PWD"', "scancel": "exit 1"}, "scancel failed"),
    ],
)
def test_cancel_says_what_of_slurm_is_missing(
    tmp_path: Path, programs: dict[str, str], words: str
) -> None:
    run = cancel(tmp_path, **programs)
    assert run.returncode == 1
    assert run.stderr.count("\n") == 1
    assert run.stderr.startswith("charlens: error: ")
    assert words in run.stderr


def test_cancel_ends_the_jobs_of_this_folder_alone(tmp_path: Path) -> None:
    (tmp_path / "queue").write_text(f"7 {tmp_path}\n8 {tmp_path}/other\n9 {tmp_path}\n")
    run = cancel(
        tmp_path,
        squeue=f'cat "{tmp_path}/queue"',
        scancel=f'echo "$@" > "{tmp_path}/cancelled"; : > "{tmp_path}/queue"',
    )
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "cancelled").read_text() == "7 9\n"


def submodules_by_attribute() -> set[str]:
    """Modules of other packages that the library reaches by attributes, not by an import of them.

    Such as ``numpy.fft`` where a file says ``import numpy as np`` and ``np.fft.rfft``.
    """
    reached = set()
    for path in sorted((ROOT / "workflow").rglob("*.py")):
        tree = ast.parse(path.read_bytes())
        names, imported = {}, set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    imported.add(alias.name)
                    top = alias.name.partition(".")[0]
                    names[alias.asname or top] = alias.name if alias.asname else top
            elif isinstance(node, ast.ImportFrom) and not node.level:
                for alias in node.names:
                    imported.add(f"{node.module}.{alias.name}")
                    names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        for node in ast.walk(tree):
            parts = []
            while isinstance(node, ast.Attribute):
                parts.append(node.attr)
                node = node.value
            if parts and isinstance(node, ast.Name) and node.id in names:
                module = names[node.id]
                for part in reversed(parts):
                    module += f".{part}"
                    if not any(f"{name}.".startswith(f"{module}.") for name in imported):
                        reached.add(module)
    others = {module for module in reached if not module.startswith("charlens.")}
    return {module for module in others if is_module(module)}


def is_module(name: str) -> bool:
    with suppress(ImportError, AttributeError, ValueError):
        return importlib.util.find_spec(name) is not None
    return False


def test_a_module_that_nobody_imports_is_there_with_its_package() -> None:
    """Jobs of the tests are forks of a process with many imports, where more modules are loaded."""
    reached = submodules_by_attribute()
    assert "numpy.fft" in reached
    code = """
import importlib, sys
for name in sys.argv[1:]:  # each after its own package, before larger ones that load it
    module = importlib.import_module(name.partition(".")[0])
    for part in name.split(".")[1:]:
        module = getattr(module, part)
"""
    late = ["pyarrow", "pandas", "torch"]  # which import the others
    order = sorted(reached, key=lambda name: (name.startswith(tuple(late)), name))
    done = subprocess.run([sys.executable, "-c", code, *order], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
