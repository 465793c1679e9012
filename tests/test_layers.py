"""The packages lie in layers, and no module imports one of a layer above its own.

Imports under ``if TYPE_CHECKING:`` do not count: they name a type and never run.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

from charlens.report.contents import ANALYSES, FIGURES
from charlens.runtime.fingerprint import PACKAGE, _imported_names, _module
from workflow_runs import ROOT

LAYERS = (
    {"__main__"},
    {"cli"},
    {"report", "api"},
    {"replication"},
    {"analyses", "inside", "study"},
    {"predictions", "training", "display"},
    {"models"},
    {"text", "runtime"},
    {"files"},
    {"paper", "config_types", "errors"},
)
"""Modules and packages from the top to the bottom. Those of one layer do not import each other."""

HEAVY = {"torch", "pandas", "matplotlib", "pyarrow", "sklearn", "pooch", "requests"}


def name_of(path: Path) -> str:
    """Dotted name of a module."""
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)


@cache
def imports() -> set[tuple[str, str]]:
    """Every import of a library module by another; a package's docstring imports nothing."""
    pairs = set()
    for path in PACKAGE.rglob("*.py"):
        names = _imported_names(ast.parse(path.read_bytes()), path)
        targets = {_module(*parts) for parts in names} - {None, path}
        targets = {target for target in targets if target.name != "__init__.py"}
        pairs |= {(name_of(path), name_of(target)) for target in targets}
    return pairs


def layer(name: str) -> int:
    room = name.split(".")[1]
    return next(i for i, rooms in enumerate(LAYERS) if room in rooms)


def test_no_module_imports_one_above_it_or_beside_it() -> None:
    wrong = {
        (source, target)
        for source, target in imports()
        if source.split(".")[1] != target.split(".")[1] and layer(source) >= layer(target)
    }
    assert wrong == set()


FOUNDATION = {"charlens.inside.": ["cells"]}
"""The folder that its neighbours build on: evidence and interventions are about ranked cells."""


def test_analyses_do_not_import_one_another() -> None:
    """What several need lies beside their folders, and knows none of them."""
    for package in ("charlens.analyses.", "charlens.inside."):
        for source, target in imports():
            if source.startswith(package) and target.startswith(package):
                folders = [name.removeprefix(package).split(".")[:-1] for name in (source, target)]
                allowed = ([], folders[0], FOUNDATION.get(package, []))
                assert folders[1] in allowed, f"{source} imports {target}"
                assert folders[0] != FOUNDATION.get(package) or folders[1] in ([], folders[0])


def test_only_the_replication_and_tables_with_a_column_paper_know_its_numbers() -> None:
    readers = {source for source, target in imports() if target == "charlens.paper.numbers"}
    assert {name.split(".")[1] for name in readers} == {"analyses", "replication"}
    for name in readers:
        if name.startswith("charlens.analyses."):
            text = (PACKAGE.parent / name.replace(".", "/")).with_suffix(".py").read_text()
            assert re.search(r'^    "paper\w*": "float64"', text, re.MULTILINE), name


def test_packages_hold_only_a_docstring() -> None:
    faces = [path for path in PACKAGE.rglob("__init__.py") if path.parent != PACKAGE]
    assert len(faces) > 20
    for face in faces:
        tree = ast.parse(face.read_bytes())
        assert len(tree.body) == 1, face
        assert len(ast.get_docstring(tree).split()) > 10, face


def loaded_by(imports: list[str], suspects: set[str]) -> list[str]:
    """Which of some packages a fresh Python has loaded after imports."""
    code = "\n".join([*imports, "import sys", f"print(*{suspects!r} & sys.modules.keys())"])
    environment = os.environ | {"PYTHONPATH": str(ROOT / "workflow")}
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    return run.stdout.split()


def test_planning_loads_neither_torch_nor_pandas() -> None:
    common = (ROOT / "workflow" / "rules" / "common.smk").read_text()
    lines = re.findall(r"^from charlens[^\n(]* import (?:\([^)]*\)|[^\n]*)", common, re.MULTILINE)
    assert len(lines) > 5
    assert loaded_by(lines, HEAVY) == []


def test_figures_tables_and_findings_load_no_torch() -> None:
    """They read files: its second of imports would be waited for in each of thirty jobs."""
    modules = {figure.module for figure in FIGURES.values()}
    modules |= {analysis.module for analysis in ANALYSES.values()}
    modules |= {"charlens.replication.findings", "charlens.report.run_page"}
    assert len(modules) > 20
    assert loaded_by([f"import {module}" for module in sorted(modules)], {"torch", "numba"}) == []
