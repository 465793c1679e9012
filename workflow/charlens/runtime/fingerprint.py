"""One short hash of the library code that a rule depends on.

Snakemake re-runs a job when its script file is younger than its outputs, if only by a copy or a
change of branch, and it does not see the modules the script imports. A rule that carries the
fingerprint of script and modules as a parameter re-runs exactly when one of them changes, and the
profiles turn that other trigger (``code``) off. Imports are read from the syntax tree: nothing
is imported, so planning stays fast. A module imported by a computed name is not seen.
"""

from __future__ import annotations

import ast
import hashlib
import os
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1]

# Modules that cannot change what a script computes: logging, progress bars, errors, safe renaming,
# the version number (a file tells which version made it), and the config model, whose checked
# values reach every rule as parameters of their own. A test checks that each of them exists: a
# name that no longer does would exclude nothing, without an error.
PLUMBING = frozenset(
    {
        "charlens",
        "charlens.config_types",
        "charlens.errors",
        "charlens.files.atomic",
        "charlens.runtime.job",
        "charlens.runtime.messages",
        "charlens.runtime.progress",
        "charlens.runtime.signals",
        "charlens.study.checks",
        "charlens.study.choices",
        "charlens.study.command_line",
        "charlens.study.config",
        "charlens.study.config_document",
        "charlens.study.config_file",
        "charlens.study.explain",
        "charlens.study.sections.analyses",
        "charlens.study.sections.inside",
        "charlens.study.sections.models",
        "charlens.study.sections.names",
        "charlens.study.settings_record",
    }
)


def fingerprint(*names: str) -> str:
    """Hash of library modules, of all the library modules they import, and of data files.

    Args:
        names: modules such as ``charlens.training.trainer``, or data files of the package such as
            ``charlens/paper/data/table2_ngram.csv``.

    Returns:
        The first 16 hexadecimal digits of a SHA-256 over names and bytes.

    Raises:
        FileNotFoundError: there is no such module or data file.
    """
    return _hash(frozenset().union(*(_closure(_path(name)) for name in names)))


def script_fingerprint(script: Path, *names: str) -> str:
    """Hash of a script and of the library modules that it imports, less the :data:`PLUMBING`.

    ``names`` adds modules or data files which the script uses without importing them.
    """
    return _hash(_closure(script).union(*(_closure(_path(name)) for name in names)))


def library_modules(script: Path) -> tuple[str, ...]:
    """Dotted names of the library modules behind :func:`script_fingerprint`, sorted."""
    paths = (path.relative_to(PACKAGE.parent) for path in _closure(script) - {script})
    return tuple(sorted(".".join(path.with_suffix("").parts) for path in paths))


def forget() -> None:
    """Read every file again, for a process in which the library changes."""
    for remembered in (_line, _module, _imports, _is_bare):
        remembered.cache_clear()


def _hash(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(_line(path))
    return digest.hexdigest()[:16]


@cache
def _line(path: Path) -> bytes:
    """What a file adds to a hash: its name and its content."""
    content = hashlib.sha256(path.read_bytes()).hexdigest()
    name = Path(os.path.relpath(path, PACKAGE)).as_posix()
    return f"{name} {content}\n".encode()


def _path(name: str) -> Path:
    path = PACKAGE.parent / name if "/" in name else _module(*name.split("."))
    if path is None or not path.is_file():
        raise FileNotFoundError(f"{name}: no such module or file in {PACKAGE}")
    return path


@cache
def _module(*parts: str) -> Path | None:
    """File of the module ``charlens.a.b`` given as ``"charlens", "a", "b"``."""
    base = PACKAGE.parent.joinpath(*parts)
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None


def _closure(start: Path) -> frozenset[Path]:
    """``start`` and every library file it imports, directly or not, less the plumbing."""
    seen, waiting = {start}, [start]
    while waiting:
        new = set(_imports(waiting.pop())) - seen
        seen |= new
        waiting.extend(new)
    return frozenset(seen)


@cache
def _imports(path: Path) -> tuple[Path, ...]:
    if path.suffix != ".py":
        return ()
    tree = ast.parse(path.read_bytes(), filename=str(path))
    names = dict.fromkeys(tuple(parts) for parts in _imported_names(tree, path))
    modules = dict.fromkeys(_module(*parts) for parts in names if ".".join(parts) not in PLUMBING)
    return tuple(module for module in modules if module and module != path and not _is_bare(module))


@cache
def _is_bare(path: Path) -> bool:
    """Whether a package's ``__init__.py`` holds a docstring only, which computes nothing."""
    if path.name != "__init__.py":
        return False
    body = ast.parse(path.read_bytes(), filename=str(path)).body
    return all(isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) for node in body)


def _imported_names(tree: ast.AST, path: Path) -> Iterator[list[str]]:
    """Dotted names of possible library modules behind the import statements of a file."""
    for node in _runtime_statements(tree):
        if isinstance(node, ast.Import):
            candidates = [alias.name.split(".") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = _package(path, node.level) + (node.module or "").split(".")
            base = [part for part in base if part]
            candidates = []
            for alias in node.names:
                submodule = [*base, alias.name]
                candidates.append(submodule if _module(*submodule) else base)
        else:
            continue
        for parts in candidates:
            if parts[:1] == [PACKAGE.name]:
                yield parts
                # Importing a.b.c runs a/b/__init__.py too.
                yield from (parts[:end] for end in range(2, len(parts)))


def _package(path: Path, level: int) -> list[str]:
    """The package that ``level`` leading dots name in a file of the library."""
    if level == 0:
        return []
    parts = path.relative_to(PACKAGE.parent).parts[:-1]
    return list(parts[: len(parts) - level + 1])


def _runtime_statements(tree: ast.AST) -> Iterator[ast.AST]:
    """All statements except what ``if TYPE_CHECKING:`` guards, which never runs."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            waiting.extend(node.orelse)
            continue
        for block in ("body", "orelse", "finalbody", "handlers", "cases"):
            inner = getattr(node, block, ())
            waiting.extend(inner if isinstance(inner, list) else ())  # a lambda's is an expression
