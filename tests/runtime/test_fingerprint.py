"""A fingerprint changes exactly when a module that the rule uses changes."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from charlens.runtime import fingerprint as module
from charlens.runtime.fingerprint import fingerprint, library_modules, script_fingerprint

FILES = {
    "charlens/__init__.py": '__version__ = "1"\n',
    "charlens/errors.py": "class CharlensError(Exception): ...\n",
    "charlens/runtime/__init__.py": '"""What surrounds the work."""\n',
    "charlens/runtime/job.py": "from charlens import unrelated\n",
    "charlens/study/__init__.py": "",
    "charlens/study/config.py": "from charlens import unrelated\n",
    "charlens/unrelated.py": "",
    "charlens/leaf.py": "import math\n",
    "charlens/late.py": "",
    "charlens/typing_only.py": "",
    "charlens/model.py": "from .leaf import x\n",
    "charlens/train.py": (
        "from __future__ import annotations\n"
        "from typing import TYPE_CHECKING\n"
        "import numpy as np\n"
        "from charlens import model as m, errors\n"
        "from charlens.study.config import Config\n"
        "if TYPE_CHECKING:\n"
        "    from charlens.typing_only import T\n"
        "def f():\n"
        "    from charlens.late import g\n"
    ),
    "charlens/figures/__init__.py": "WIDTH = 1\n",
    "charlens/figures/style.py": "",
    "charlens/figures/left.py": "from . import style\nfrom ..leaf import x\n",
    "charlens/cycle_a.py": "import charlens.cycle_b\n",
    "charlens/cycle_b.py": "import charlens.cycle_a\n",
    "charlens/version.py": "from charlens import __version__\n",
    "charlens/data/numbers.csv": "1,2\n",
    "scripts/train.py": (
        "from charlens.runtime.job import job\nwith job():\n    from charlens import train\n"
    ),
    "scripts/left.py": "import charlens.figures.left as figure\n",
}


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr(module, "PACKAGE", tmp_path / "charlens")
    module.forget()
    yield tmp_path
    module.forget()


def touched(library: Path, *names: str) -> set[str]:
    """Which files change the fingerprint of ``names`` when they are edited."""
    changing = set()
    for name in FILES:
        path = library / name
        module.forget()
        before = fingerprint(*names)
        path.write_text(FILES[name] + "\n# edited\n")
        module.forget()
        if fingerprint(*names) != before:
            changing.add(name.removeprefix("charlens/"))
        path.write_text(FILES[name])
    return changing


def test_every_module_behind_an_import_counts_and_no_other(library: Path) -> None:
    assert touched(library, "charlens.train") == {
        "train.py",
        "model.py",
        "leaf.py",
        "late.py",
    }
    assert touched(library, "charlens.leaf") == {"leaf.py"}


def test_packages_relative_imports_and_cycles(library: Path) -> None:
    assert touched(library, "charlens.figures.left") == {
        "figures/__init__.py",
        "figures/left.py",
        "figures/style.py",
        "leaf.py",
    }
    assert touched(library, "charlens.cycle_a") == {"cycle_a.py", "cycle_b.py"}
    assert touched(library, "charlens.version") == {"version.py"}


def test_a_package_counts_only_once_it_holds_more_than_a_docstring(library: Path) -> None:
    face = library / "charlens" / "figures" / "__init__.py"
    face.write_text('"""The figures."""\n')
    module.forget()
    before = fingerprint("charlens.figures.left")
    face.write_text('"""The figures of the paper."""\n')
    module.forget()
    assert fingerprint("charlens.figures.left") == before
    face.write_text('"""The figures of the paper."""\n\nWIDTH = 2\n')
    module.forget()
    assert fingerprint("charlens.figures.left") != before


def test_plumbing_names_modules_that_exist() -> None:
    assert all(module._module(*name.split(".")) for name in module.PLUMBING)


def test_data_files_count(library: Path) -> None:
    names = ("charlens.leaf", "charlens/data/numbers.csv")
    assert touched(library, *names) == {"leaf.py", "data/numbers.csv"}


def test_scripts_bring_their_imports_without_the_plumbing(library: Path) -> None:
    script = library / "scripts" / "train.py"
    assert library_modules(script) == (
        "charlens.late",
        "charlens.leaf",
        "charlens.model",
        "charlens.train",
    )
    before = script_fingerprint(script)
    (library / "charlens" / "runtime" / "job.py").write_text("# new\n")
    module.forget()
    assert script_fingerprint(script) == before
    text = script.read_text()
    script.write_text(text + "# new\n")
    module.forget()
    assert script_fingerprint(script) != before
    script.write_text(text)
    module.forget()
    assert script_fingerprint(script) == before
    (library / "charlens" / "leaf.py").write_text("# new\n")
    module.forget()
    assert script_fingerprint(script) != before
    assert script_fingerprint(script, "charlens/data/numbers.csv") != script_fingerprint(script)


def test_moving_the_checkout_changes_nothing(library: Path, monkeypatch) -> None:
    before = fingerprint("charlens.train")
    moved = library / "elsewhere" / "charlens"
    moved.parent.mkdir()
    (library / "charlens").rename(moved)
    monkeypatch.setattr(module, "PACKAGE", moved)
    module.forget()
    assert fingerprint("charlens.train") == before
    assert len(before) == 16


def test_a_lost_module_is_an_error(library: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"charlens\.lost"):
        fingerprint("charlens.lost")
    with pytest.raises(FileNotFoundError, match=r"lost\.csv"):
        fingerprint("charlens/data/lost.csv")


def test_nothing_is_imported_to_find_out() -> None:
    code = (
        "import sys; from charlens.runtime.fingerprint import fingerprint;"
        "fingerprint('charlens.study.config');"
        "assert 'charlens.study.config' not in sys.modules"
    )
    workflow = str(Path(__file__).parents[2] / "workflow")
    subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": workflow}, check=True)


def test_every_script_of_the_workflow_uses_the_library() -> None:
    for script in sorted((Path(__file__).parents[2] / "workflow" / "scripts").glob("*.py")):
        assert library_modules(script), script
