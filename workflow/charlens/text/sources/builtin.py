"""Two corpora that are present wherever the workflow runs, so that it needs no network.

Both are read from installed files, never by importing them, in an order that depends on names and
seeds alone: the same pinned versions give the same bytes on every machine.
"""

from __future__ import annotations

import ast
import hashlib
import random
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from charlens.config_types import Integer
from charlens.errors import CharlensError
from charlens.text.sources.kind import BytesAndOrigin, Folders, SourceKind

PROSE_PACKAGES = ("matplotlib", "numpy", "pandas", "scipy", "sklearn")
"""Import names of pinned packages with much prose in their docstrings."""

PROSE_BYTES = 1_200_000
"""The prose corpus ends with the first file that brings it to this size."""

TORCH_FOLDERS = ("c10/core", "c10/util", "torch/csrc/api/include/torch/data")
"""Below torch/include. Plain C++ that the CPU and the CUDA wheels of one version share byte for
byte (compared for torch 2.13.0); c10/cuda, c10/macros and caffe2 hold files that are generated or
shipped according to the build."""

_DISTRIBUTIONS = {"sklearn": "scikit-learn"}
_SHUFFLE_SEED = 0


def python_docs() -> tuple[bytes, str]:
    """English prose about programming: Python's help topics and docstrings.

    Paragraphs of prose (see :func:`_is_prose`), wrapped at about 70 columns, from
    ``pydoc_data.topics`` and from the docstrings of ``PROSE_PACKAGES``. Every paragraph occurs
    once, because documentation repeats itself word for word far more than other prose does.
    It depends on the Python version through the topics.

    Returns:
        ASCII bytes, about ``PROSE_BYTES``, and a description.

    Raises:
        CharlensError: a package is not installed.
    """
    seen: set[str] = set()
    texts = {f"topic/{name}": _prose(text, seen) for name, text in _topics().items()}
    total = sum(map(len, texts.values()))
    for name, path in _modules():
        if total >= PROSE_BYTES:
            break
        texts[name] = "".join(_prose(text, seen) for text in _docstrings(path))
        total += len(texts[name])
    data = "".join(texts[name] for name in sorted(texts, key=_scramble)).encode("ascii")
    packages = ", ".join(f"{_DISTRIBUTIONS.get(p, p)} {_version(p)}" for p in PROSE_PACKAGES)
    python = ".".join(map(str, sys.version_info[:3]))
    return data, f"built in: documentation of Python {python}, {packages}"


def torch_headers() -> tuple[bytes, str]:
    """C++ source: the ASCII headers in ``TORCH_FOLDERS``, sorted, shuffled with a seed and joined.

    Returns:
        ASCII bytes, about 1.25 MB, and a description.

    Raises:
        CharlensError: torch is not installed or ships without headers.
    """
    root = _folder("torch") / "include"
    contents = {}
    for folder in TORCH_FOLDERS:
        headers = list(root.joinpath(folder).rglob("*.h"))
        if not headers:
            raise CharlensError(
                f"corpus torch_headers: torch {_version('torch')} has no headers in {folder}; "
                "install the version in envs/requirements.txt or choose another corpus"
            )
        for path in headers:
            data = path.read_bytes()
            if data.isascii():
                contents[path.relative_to(root).as_posix()] = data
    order = sorted(contents)
    random.Random(_SHUFFLE_SEED).shuffle(order)
    description = f"built in: {len(order)} C++ headers of torch {_version('torch')}"
    return b"".join(contents[name] for name in order), description


BUILTIN: dict[str, Callable[[], tuple[bytes, str]]] = {
    "python_docs": python_docs,
    "torch_headers": torch_headers,
}


class BuiltinSource(SourceKind):
    """Text present wherever the workflow runs; needs no network."""

    local: ClassVar[bool] = True

    builtin: Literal[tuple(BUILTIN)]  # type: ignore[valid-type]
    """python_docs: English prose (documentation of Python and of the pinned packages);
    torch_headers: C++ source (the headers that ship with torch)."""
    limit_bytes: Annotated[Integer, Field(ge=10_000)] | None = None
    """Keep only so many bytes from the start; null keeps all."""

    def read(self, folders: Folders) -> BytesAndOrigin:
        data, description = BUILTIN[self.builtin]()
        if self.limit_bytes is not None and self.limit_bytes < len(data):
            data = data[: self.limit_bytes]
            description += f", the first {len(data):,} bytes"
        return data, description


def _scramble(name: str) -> bytes:
    """A sort key that mixes all files, and keeps doing so when one is added or removed."""
    return hashlib.sha256(name.encode()).digest()


def _folder(package: str) -> Path:
    """Where a package lies, found without importing it."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise CharlensError(
            f"builtin corpus: the Python package {package} is not installed; "
            "install envs/requirements.txt (make run does) or choose another corpus"
        )
    return Path(spec.submodule_search_locations[0])


def _version(package: str) -> str:
    # The local part names the build (2.13.0+cpu), not the sources.
    return version(_DISTRIBUTIONS.get(package, package)).partition("+")[0]


def _topics() -> dict[str, str]:
    """The texts behind ``help("…")``, by topic."""
    path = _folder("pydoc_data") / "topics.py"
    try:
        for statement in ast.parse(path.read_bytes()).body:
            if isinstance(statement, ast.Assign):
                return ast.literal_eval(statement.value)
    except (OSError, SyntaxError, ValueError):
        pass
    raise CharlensError(
        "corpus python_docs: this Python has no readable pydoc_data/topics.py; use a complete "
        "Python installation or choose another corpus"
    )


def _modules() -> list[tuple[str, Path]]:
    """Name and path of every module of the prose packages outside tests, scrambled."""
    modules = []
    for package in PROSE_PACKAGES:
        root = _folder(package)
        for path in root.rglob("*.py"):
            name = f"{package}/{path.relative_to(root).as_posix()}"
            if "/tests/" not in name:
                modules.append((name, path))
    return sorted(modules, key=lambda item: _scramble(item[0]))


def _docstrings(path: Path) -> Iterator[str]:
    """The docstrings of one module in the order of its lines, their indentation removed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # invalid escapes in other people's strings
        try:
            tree = ast.parse(path.read_bytes())
        except (SyntaxError, ValueError):
            return  # templates and test data that only look like Python
    kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    owners = [node for node in ast.walk(tree) if isinstance(node, kinds)]
    for owner in (tree, *sorted(owners, key=lambda node: node.lineno)):
        text = ast.get_docstring(owner)
        if text:
            yield text


def _prose(text: str, seen: set[str]) -> str:
    """The paragraphs of prose in ``text`` that are not in ``seen``, each followed by a blank line.

    Adds them to ``seen``.
    """
    paragraphs = []
    for paragraph in re.split(r"\n(?:[ \t]*\n)+", text.rstrip()):
        if paragraph not in seen and _is_prose(paragraph):
            seen.add(paragraph)
            paragraphs.append(paragraph + "\n\n")
    return "".join(paragraphs)


def _is_prose(paragraph: str) -> bool:
    """Whether a paragraph is running text: three lines or more, mostly letters, no code."""
    if paragraph.count("\n") < 2 or not paragraph.isascii():
        return False
    if ">>>" in paragraph or "::" in paragraph:  # examples; directives such as formulas
        return False
    marks = "".join(paragraph.split())
    return sum(map(str.isalpha, marks)) >= 0.85 * len(marks)
