"""Hints for those who leave a part of a study out as other programs have it: ``explorer: no``."""

from __future__ import annotations

from collections.abc import Sequence

from charlens.study.schema_nodes import Schema, is_nullable, resolve

_NO = ("no", "none", "null", "off", "false", "never", "disabled")
_YES = ("yes", "on", "true", "auto", "all", "default", "enabled")
_SWITCHES = ("active", "disable", "disabled", "enable", "enabled", "make", "run", "show", "skip")
_WITHOUT_SECTION = ("figure11", "figures", "hypotheses", "manifest", "page", "report", "tables")
_BY_ANOTHER_SECTION = {"probes": "context: {corpora: []}", "training": "grid: []"}
_NAME_A_PART = "make a part of a study by its name: snakemake --cores all tables figure1"


def instead(location: Sequence[str | int], value: object, node: Schema, schema: Schema) -> str:
    """Say what to write for a section or list that ``no`` was meant to leave out, ``yes`` to add.

    Args:
        location: the key, from the top.
        value: what the config has there.
        node: the schema of what belongs there.
        schema: the whole schema.
    """
    inner = resolve(node, schema)
    is_list, is_mapping = (inner.get("type") == kind for kind in ("array", "object"))
    if (is_list or is_mapping) and _is_one_of(value, _YES, (True,)):
        return "; for what is usual leave the key out" if "default" in node else ""
    if not _is_one_of(value, _NO, (None, False, [], {})):
        return ""
    if is_list:
        if not inner.get("minItems"):
            return "; for none write []"
        return _without_parent(location, schema)
    if is_mapping and "properties" not in inner:
        return "" if inner.get("minProperties") else "; for none write {}"
    if not is_mapping:
        return ""
    if is_nullable(node):
        return "; for none write null"
    is_part_of_a_study = len(location) == 1 and _is_of_a_study(schema)
    return _without(str(location[0]), inner, schema) if is_part_of_a_study else ""


def no_switch(location: Sequence[str | int], schema: Schema) -> str:
    """Say what to write instead of an unknown key such as ``explorer: {enabled: no}``."""
    *parents, key = location
    if len(parents) != 1 or str(key).lower() not in _SWITCHES or not _is_of_a_study(schema):
        return ""
    section = schema["properties"].get(parents[0])
    if section is None or "properties" not in resolve(section, schema):
        return ""
    return _without(str(parents[0]), resolve(section, schema), schema)


def no_section(location: Sequence[str | int], schema: Schema) -> str:
    """Say of an unknown key that names a result without settings how to do without it."""
    is_result = len(location) == 1 and str(location[0]).lower() in _WITHOUT_SECTION
    return f"; it has no settings; {_NAME_A_PART}" if is_result and _is_of_a_study(schema) else ""


def means_nothing(value: str) -> bool:
    """Whether a name, of a folder say, is a word for none that YAML takes for a string."""
    return value.lower() in _NO


def _is_of_a_study(schema: Schema) -> bool:
    """Whether a schema is a study's: what a notebook may say of a training is explained as well."""
    return "corpora" in schema["properties"]


def _without_parent(location: Sequence[str | int], schema: Schema) -> str:
    """What to write for a list that cannot be empty, where its whole section can be left out."""
    name = str(location[0])
    if len(location) != 2 or name in _BY_ANOTHER_SECTION or not _is_of_a_study(schema):
        return ""
    section = resolve(schema["properties"].get(name, {}), schema)
    written = _empty(name, section, schema)
    return f"; for none write {written}" if written else ""


def _without(name: str, section: Schema, schema: Schema) -> str:
    """What to write in a config for a study without one of its sections."""
    written = _BY_ANOTHER_SECTION.get(name) or _empty(name, section, schema)
    if written:
        return f"; to leave it out write {written}"
    return f"; it cannot be left out; {_NAME_A_PART}"


def _empty(name: str, section: Schema, schema: Schema) -> str:
    """The section as a study without it has it; empty where no study can be without."""
    keys = section.get("properties", {})
    others = [f"{key}: null" for key, node in keys.items() if _is_section_or_null(node, schema)]
    for key in ("corpora", "models"):
        node = resolve(keys.get(key, {}), schema)
        limits = {"array": "minItems", "object": "minProperties"}
        kind = node.get("type")
        if kind in limits and limits[kind] not in node:
            written = "[]" if kind == "array" else "{}"
            return f"{name}: {{{', '.join([f'{key}: {written}', *others])}}}"
    return ""


def _is_section_or_null(node: Schema, schema: Schema) -> bool:
    return is_nullable(node) and "properties" in resolve(node, schema)


def _is_one_of(value: object, words: Sequence[str], others: Sequence[object]) -> bool:
    """Whether a value is a word in any case or one of some other values; 0 is False."""
    return value.lower() in words if isinstance(value, str) else value in others
