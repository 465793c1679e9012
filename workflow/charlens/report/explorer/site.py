"""Writing an explorer: a folder whose chunks are loaded when needed, and all of it in one file."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from charlens.files.atomic import FilePath, write_text
from charlens.report.entries import EXPLORER_FILES
from charlens.report.layout import template

Chunk = tuple[str, str]
"""A name, ``{corpus}/{model}/{layer}/{letter}``, and what the page calls by it, JSON or packed."""

VALUE = "value"
"""Stands for a letter: tanh(c), or h."""

PAGE = Path(__file__).parent / "page"

FOLDER, ONE_FILE = "index.html", "explorer.html"
"""The page whose data lie beside it, and the page that holds its data."""

BUDGET = 10_000_000
"""Bytes of one model in the one file; gates that would go beyond are in the folder alone."""

SCRIPTS = [name for name in EXPLORER_FILES if name.endswith(".js")]


def write_site(target: FilePath, run: str, chunks: Iterable[Chunk]) -> None:
    """Write both forms of an explorer.

    Args:
        target: the folder ``explorer`` of a run; what is there is replaced.
        run: the run's name.
        chunks: of :func:`charlens.report.explorer.build.chunks`.

    Raises:
        CharlensError: the disk is full or the folder cannot be written.
    """
    folder = Path(target)
    shutil.rmtree(folder / "data", ignore_errors=True)
    inside: list[Chunk] = []
    names: list[str] = []
    used: dict[str, int] = {}
    for name, text in chunks:
        write_text(folder / "data" / file_name(name), f"charlens.take({name!r},\n{text}\n);\n")
        names.append(name)
        model = "/".join(name.split("/")[:2])
        used[model] = used.get(model, 0) + len(text.encode())
        if used[model] <= BUDGET or not _is_gate(name):
            inside.append((name, text))
        else:
            used[model] -= len(text.encode())
    write_text(folder / FOLDER, page(run, (), names))
    write_text(folder / ONE_FILE, page(run, inside, ()))


def page(run: str, chunks: Iterable[Chunk], beside: Sequence[str]) -> str:
    """The page, with some chunks inside and the names of those that lie beside it."""
    scripts = "\n".join((PAGE / name).read_text(encoding="utf-8") for name in SCRIPTS)
    style = (PAGE / "style.css").read_text(encoding="utf-8")
    page = template("page.html", PAGE)
    return page.render(run=run, style=style, scripts=scripts, chunks=chunks, beside=beside)


def inside(path: FilePath) -> list[Chunk]:
    """The chunks that a page in one file holds, in its order; nothing where it holds none."""
    pattern = r'<script type="application/json" data-chunk="(.*?)">(.*?)</script>'
    return re.findall(pattern, Path(path).read_text(encoding="utf-8"), re.DOTALL)


def file_name(chunk: str) -> str:
    """The file of a chunk: ``a/b/1/f`` becomes ``a.b.1.f.js``."""
    return chunk.replace("/", ".") + ".js"


def _is_gate(name: str) -> bool:
    return re.fullmatch(rf"[^/]+/[^/]+/\d+/(?!{VALUE}$).+", name) is not None
