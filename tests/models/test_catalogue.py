"""The catalogue is light, complete, and the one place that knows which cells exist."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator

from charlens.models import catalogue
from charlens.models.families import FAMILIES, shapes_for
from charlens.models.names import context_id
from charlens.models.recurrent.cells import CELLS
from charlens.runtime.fingerprint import PACKAGE

RULES = PACKAGE.parent / "rules"
KNOWING = ("models/catalogue.py", "models/recurrent/cells_numba.py",
           "models/recurrent/cells_triton.py")  # fmt: skip
"""Modules that may name a cell: the catalogue and the fused kernels."""

NAMES = {*catalogue.CELLS, *(cell.title for cell in catalogue.CELLS.values()), catalogue.N_NN}
ID = re.compile(rf"({'|'.join(map(re.escape, [*catalogue.CELLS, catalogue.N_NN]))})-.*")


def quoted(source: str) -> Iterator[str]:
    """Every string of a program, parts of f-strings too, but for docstrings."""
    tree = ast.parse(source)
    prose = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and node not in prose and isinstance(node.value, str):
            yield node.value


def literals(source: str) -> list[str]:
    """Strings that are a cell's id or title, or a model id of it."""
    return [text for text in quoted(source) if text in NAMES or ID.fullmatch(text)]


def test_literals_are_recognised():
    source = '''
def f(x):
    """Not "lstm" here."""
    return x == "lstm", x.startswith("gru-"), f"lstm-3x{x}", "an RNN", ["RNN"], "n-nn-3"
'''
    assert sorted(literals(source)) == sorted(["lstm", "gru-", "RNN", "n-nn-3", "lstm-3x"])


def test_nothing_else_in_the_library_knows_which_cells_exist():
    known = {PACKAGE / name for name in KNOWING} | {*(PACKAGE / "paper").rglob("*.py")}
    wrong = {
        path.relative_to(PACKAGE).as_posix(): names
        for path in PACKAGE.rglob("*.py")
        if path not in known and (names := literals(path.read_text()))
    }
    assert wrong == {}


def test_no_rule_names_a_cell():
    for path in [*RULES.glob("*.smk"), PACKAGE.parents[1] / "Snakefile"]:
        lines = [line.partition("#")[0] for line in path.read_text().splitlines()]
        text = "\n".join(lines)
        assert not re.search(r"""["'{](lstm|rnn|gru|n-nn)\b|\[a-z\]\+-""", text), path


def test_every_cell_has_a_class_and_every_family_an_entry():
    of_family = [name for name, cell in catalogue.CELLS.items() if cell.family == "recurrent"]
    assert CELLS.keys() == {*of_family}
    assert {cell.family for cell in catalogue.CELLS.values()} <= catalogue.GRID_FAMILIES.keys()
    trained = {name for name, family in catalogue.CONTEXT_FAMILIES.items() if family.quantities}
    assert FAMILIES.keys() == catalogue.GRID_FAMILIES.keys() | trained
    for name, cell in catalogue.CELLS.items():
        (shape,) = shapes_for(f"{name}-1x8", 30)
        assert shape.gates == len(cell.blocks)


def test_facts_of_one_cell_go_together():
    colors = [cell.color for cell in catalogue.CELLS.values()]
    assert len({*colors}) == len(colors)
    for cell in catalogue.CELLS.values():
        assert cell.gates.keys() <= {*cell.blocks} & {*cell.quantities}
        assert {*cell.quantities} <= {*cell.blocks, "h", "c"}


def test_titles_of_context_families():
    assert [f.title for f in catalogue.CONTEXT_FAMILIES.values()] == ["n-gram", "n-NN"]
    assert context_id(catalogue.N_GRAM, 20) == "n-gram-20"


def test_asking_the_catalogue_loads_nothing_heavy():
    code = (
        "import sys, charlens.models.names, charlens.models.catalogue, charlens.study.cells\n"
        "print(*{'torch', 'pandas', 'numpy', 'matplotlib', 'pyarrow'} & sys.modules.keys())"
    )
    environment = os.environ | {"PYTHONPATH": str(PACKAGE.parent)}
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == []
