"""Docstrings as the docs site reads them: `Example:` is a section, roles are code."""

import re
from typing import Any

import griffe


class Docstrings(griffe.Extension):
    """Rewrite each docstring before mkdocstrings parses it."""

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        """Take Sphinx's words for what Markdown and griffe call otherwise."""
        if obj.docstring:
            text = re.sub(r"^(\s*)Example:$", r"\1Examples:", obj.docstring.value, flags=re.M)
            obj.docstring.value = re.sub(r":\w+:`~?([^`]+)`", r"`\1`", text.replace("``", "`"))
