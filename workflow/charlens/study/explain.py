"""One-line messages for errors in a config: the key, the value, what is allowed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from charlens.models.catalogue import RNN
from charlens.study import left_out
from charlens.study.schema_nodes import Schema, is_nullable, resolve

_LIMITS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "greater than {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "less than {}",
}


def explain(error: ValidationError, schema: Schema) -> str:
    """Describe the first fault of a validation in one line, and count the others.

    Args:
        error: what pydantic found.
        schema: JSON Schema of the validated object, the source of what is allowed.
    """
    details = error.errors()
    places = [detail["loc"] for detail in details]
    # A list with a bad item is also reported as too short: keep the report of the item only.
    details = [
        detail
        for detail, place in zip(details, places, strict=True)
        if not any(len(other) > len(place) and other[: len(place)] == place for other in places)
    ]
    # A misspelt key gives two errors, unknown and missing: the first names the user's spelling.
    details.sort(key=lambda detail: detail["type"] != "extra_forbidden")
    details = [detail for detail in details if not _is_misspelt(detail, details)]
    line, others = _one(details[0], schema), len(details) - 1
    return line if not others else f"{line} (and {others} more fault{'s' * (others != 1)})"


def _is_misspelt(missing: Mapping[str, Any], details: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a missing key is there under another name, which is a fault of its own."""
    *parents, key = missing["loc"] or ("",)
    unknown = [detail["loc"] for detail in details if detail["type"] == "extra_forbidden"]
    return missing["type"] == "missing" and any(
        list(place[:-1]) == parents and bool(did_you_mean(place[-1], [key])) for place in unknown
    )


def _one(detail: Mapping[str, Any], schema: Schema) -> str:
    kind, location, value = detail["type"], detail["loc"], detail["input"]
    context = detail.get("ctx", {})
    if kind == "charlens":
        path = ".".join(part for part in (_dotted(location), context["path"]) if part)
        return f"{path}: found {show(context['found'])}, {context['message']}"
    if kind == "extra_forbidden":
        *parents, key = location
        path = ".".join(filter(None, [_dotted(parents), _shortened(str(key))]))
        known = _keys(_node(schema, parents), schema)
        hint = left_out.no_section(location, schema) or left_out.no_switch(location, schema)
        hint = hint or did_you_mean(key, known) or _belongs(location, schema)
        return f"{path}: unknown key (value {show(value)}){hint}; allowed: {', '.join(known)}"
    path = _dotted(location) or "the whole config"
    node = _node(schema, location)
    expected = f"expected {_describe(node, schema)}"
    if kind == "string_too_long":
        expected = f"expected at most {context['max_length']} characters"
    if kind == "missing":
        return f"{path}: missing, {expected}"
    if kind == "union_tag_not_found" and isinstance(value, Mapping):
        kinds = [_keys(option, schema)[0] for option in resolve(node, schema)["oneOf"]]
        hint = "".join(did_you_mean(key, kinds) for key in value)
        return f"{path}: found the keys {_listed(value)}, {expected}{hint}"
    hint = left_out.instead(location, value, node, schema)
    hint = hint or (_nothing(location, node) if value is None else "")
    node = resolve(node, schema)
    hint = hint or did_you_mean(value, node.get("enum", ()))
    hint = hint or _as_text(value, node) or _as_number(value, node)
    return f"{path}: found {show(value)}, {expected}{hint}"


def _as_text(value: object, node: Schema) -> str:
    """Say how YAML is given text that looks like something else: ``no``, ``1.10``."""
    is_text = node.get("type") == "string"
    plain = isinstance(value, bool | int | float)
    return (
        '; to YAML this is no text unless it is in quotes, such as "no"'
        if is_text and plain
        else ""
    )


def _nothing(location: Sequence[str | int], node: Schema) -> str:
    """Say what to write for null, which YAML reads where nothing is written as well."""
    if location and isinstance(location[-1], int):
        return "; leave it out of the list or give a value"
    may_be_left_out = "default" in node
    return "; leave the key out or give it a value" if may_be_left_out else "; give it a value"


def _as_number(value: object, node: Schema) -> str:
    """Say how YAML is given a number that arrived as text: ``"3"``, ``0,1``."""
    if node.get("type") not in ("integer", "number") or not isinstance(value, str):
        return ""
    if re.fullmatch(r"[+-]?(0|[1-9]\d*)(\.\d+)?", value):
        return "; write the number without quotes"
    if re.fullmatch(r"[+-]?\d+(,\d+)+(\.\d+)?", value):
        return "; write numbers without commas, with a point before decimals"
    return ""


def _dotted(location: Sequence[str | int]) -> str:
    """``('corpora', 'x', 'source', '(file)', 'bytes')`` -> ``corpora.x.source.bytes``."""
    text = ""
    for part in location:
        if isinstance(part, int):
            text += f"[{part}]"
        elif not _is_marker(part):
            name = _shortened(str(part))
            text += f".{name}" if text else name
    return text


def _shortened(key: str) -> str:
    name = _seen(key)
    return name if len(name) <= 60 else f"{name[:57]}..."


def _seen(key: str) -> str:
    """A key, in quotes and with escapes where part of it would not be seen."""
    return key if key and key == key.strip() and key.isprintable() else repr(key)


def _is_marker(part: str | int) -> bool:
    """Whether a location part is pydantic's own: a union's tag or ``[key]``."""
    return isinstance(part, str) and (part == "[key]" or part[:1] + part[-1:] == "()")


def show(value: object, longest: int = 60) -> str:
    """Spell a value as YAML does, shortened."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    text = " ".join(repr(value).split())
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


def _listed(keys: Iterable[object]) -> str:
    return ", ".join(map(str, keys)) or "nothing"


# Words for the same thing elsewhere, which look like none of ours or like one that means another.
_OTHER_WORDS = {
    "gpu": "cuda",
    "nvidia": "cuda",
    "fp32": "float32",
    "single": "float32",
    "amp": "mixed",
    "bf16": "mixed",
    "bfloat16": "mixed",
    "tanh": RNN,
    "vanilla": RNN,
    "random": "streams",
    "lr": "learning_rate",
    "bptt": "unroll",
    "ngram": "n_gram",
    "nnn": "n_nn",
    # What a run says that it does, and its figures, by the sections that they have.
    "errors": "figure6",
    "evidence": "cells",
    "figure7": "cells",
    "figure8": "interventions",
    "figure9": "context",
    "figure10": "universality",
    "figure12": "leakage",
    "gates": "figure3",
    "memory": "context",
    "oracles": "figure6",
    "report": "page",
    "saturation": "figure3",
}


def did_you_mean(word: object, allowed: Sequence[object], likeness: float = 0.6) -> str:
    """The allowed word that ``word`` misspells or stands for elsewhere; empty if there is none."""
    if word in allowed:
        return ""
    words, text = [str(value) for value in allowed], str(word)
    meant = _OTHER_WORDS.get(text.lower().replace("-", ""))
    meant = next((name for name in words if name.lower() == text.lower()), meant)
    if meant not in words:
        likely = [name for name in words if not _another_word(text, name)]
        meant = next(iter(get_close_matches(text, likely, n=1, cutoff=likeness)), None)
    return f"; did you mean {meant}?{_other_letter(text, meant)}" if meant else ""


def _other_letter(word: str, name: str) -> str:
    """Name the first letter of a word that looks like, but is none of, those of an ASCII name."""
    letter = next((letter for letter in word if not letter.isascii()), "")
    if not letter or not name.isascii():
        return ""
    return f" ({_seen(letter)} is {unicodedata.name(letter, f'U+{ord(letter):04X}')})"


def _another_word(word: str, name: str) -> bool:
    """Whether a word differs from a name by more than a slip of the fingers.

    Another number is another thing (``float16`` is not ``float32``), and so are other letters in a
    word of three (``tpu``, ``cpu``), unless two of them have changed places.
    """
    digits = [[letter for letter in text if letter.isdigit()] for text in (word, name)]
    short = len(name) <= 3 and len(word) == len(name)
    other_number = all(digits) and digits[0] != digits[1]
    return other_number or (short and sorted(word) != sorted(name))


def _belongs(location: Sequence[str | int], schema: Schema) -> str:
    """Suggest the section of a key that was written one level too high."""
    *parents, key = location
    sections = []
    for name, node in resolve(_node(schema, parents), schema).get("properties", {}).items():
        section = resolve(node, schema)
        if any(key in _keys(kind, schema) for kind in section.get("oneOf", [section])):
            sections.append(name)
    return f"; did you mean {sections[0]}: {{{key}: ...}}?" if len(sections) == 1 else ""


def _node(schema: Schema, location: Sequence[str | int]) -> Schema:
    """The schema of the value at ``location``; empty where the schema does not know it."""
    node, keys_of = schema, schema
    for part in location:
        node = resolve(node, schema)
        if part == "[key]":
            node = _any_key(keys_of)
        elif _is_marker(part) and "oneOf" in node:
            tag = str(part)[1:-1]
            node = next(kind for kind in node["oneOf"] if tag in _keys(kind, schema))
        elif isinstance(part, int) and node.get("type") == "array":
            places = node.get("prefixItems", ())
            node = places[part] if part < len(places) else node.get("items", {})
        else:
            keys_of = node
            node = node.get("properties", {}).get(part) or _any_value(node)
    return node


def _any_value(mapping: Schema) -> Schema:
    """The schema of the values of a mapping whose keys are the user's own names."""
    patterns = list(mapping.get("patternProperties", {}).values())
    return mapping.get("additionalProperties") or (patterns[0] if patterns else {})


def _any_key(mapping: Schema) -> Schema:
    """The schema of the keys of a mapping whose keys are the user's own names."""
    patterns = [{"pattern": pattern} for pattern in mapping.get("patternProperties", {})]
    return {"type": "string", **mapping.get("propertyNames", {}), **(patterns or [{}])[0]}


def _keys(node: Schema, schema: Schema) -> list[str]:
    return list(resolve(node, schema).get("properties", {}))


def _describe(node: Schema, schema: Schema) -> str:
    """Describe in words what a value may be."""
    nullable = is_nullable(node)
    node = resolve(node, schema)
    return _describe_kind(node, schema) + (" or null" if nullable else "")


def _describe_kind(node: Schema, schema: Schema) -> str:
    if "enum" in node or "const" in node:
        values = node.get("enum") or [node["const"]]
        return f"one of {', '.join(map(str, values))}"
    match node.get("type"):
        case "integer":
            return f"a whole number{_limits(node)}"
        case "number":
            return f"a number{_limits(node)}"
        case "string":
            example = "".join(f" (such as {value})" for value in node.get("examples", ()))
            return node.get("patternErrorMessage", "text") + example
        case "array":
            return _describe_list(node, schema)
        case "object" if "properties" in node:
            return f"a mapping with the keys {', '.join(node['properties'])}"
        case "object":
            return _describe_mapping(node, schema)
    if "oneOf" in node:
        kinds = [_keys(kind, schema)[0] for kind in node["oneOf"]]
        return f"a mapping with exactly one of the keys {', '.join(kinds)}"
    return "another value"


def _describe_mapping(node: Schema, schema: Schema) -> str:
    least = "non-empty " if node.get("minProperties") else ""
    value = resolve(_any_value(node), schema)
    example = next(iter(value.get("items", value).get("examples", ())), None)
    if example is None:
        return f"a {least}mapping of names to settings"
    (name,) = _any_key(node)["examples"]
    written = f"[{example}]" if value.get("type") == "array" else example
    return f"a {least}mapping such as {{{name}: {written}}}"


def _describe_list(node: Schema, schema: Schema) -> str:
    least, most = node.get("minItems", 0), node.get("maxItems")
    item = _describe(node.get("items") or node["prefixItems"][-1], schema)
    if least > 1:
        return f"a list of {least if least == most else f'at least {least}'}, each {item}"
    return f"a {'non-empty ' if least else ''}list, each {item}"


def _limits(node: Schema) -> str:
    words = [text.format(node[key]) for key, text in _LIMITS.items() if key in node]
    return f" {' and '.join(words)}" if words else ""
