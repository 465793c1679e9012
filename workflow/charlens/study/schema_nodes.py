"""Nodes of the config's JSON Schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]


def resolve(node: Schema, schema: Schema) -> Schema:
    """Follow references and step over "or null"."""
    while True:
        options = [option for option in node.get("anyOf", ()) if option.get("type") != "null"]
        if "$ref" in node:
            node = schema["$defs"][node["$ref"].rsplit("/", 1)[1]]
        elif len(options) == 1:
            node = options[0]
        else:
            return node


def is_nullable(node: Schema) -> bool:
    """Whether null is one of the values."""
    return any(option.get("type") == "null" for option in node.get("anyOf", ()))
