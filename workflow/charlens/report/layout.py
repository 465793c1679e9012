"""The templates of HTML pages, in ``templates/``: Jinja2, every value escaped."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

FOLDER = Path(__file__).parent / "templates"


def template(name: str, folder: Path = FOLDER) -> Template:
    """A template by the name of its file. What is HTML already goes in with ``| safe``."""
    loader = FileSystemLoader(folder)
    return Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    ).get_template(name)
