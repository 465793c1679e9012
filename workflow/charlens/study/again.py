"""The config that made a run, from its manifest, to make the run again elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from charlens.files.atomic import FilePath
from charlens.runtime.manifest import NAME, read_manifest
from charlens.study.config import Config
from charlens.study.consistency import baseline_contexts
from charlens.study.sections.names import WATCHED_CONTEXTS


def config_of(results: FilePath) -> str:
    """The config of a run as YAML, with the keys that its own config left out.

    Earlier versions wrote contexts of baselines down that no model had, and left them out in
    silence. They are left out here, and a comment says so.

    Args:
        results: ``results/{run}``.

    Raises:
        CharlensError: no manifest that can be read, or a config that this version refuses.
    """
    origin = f"{Path(results) / NAME}: config"
    values: Any = read_manifest(results).get("config")
    comment = ""
    dynamics = _dynamics(values)
    if dynamics is not None:
        ran = _contexts_with_models(values, dynamics, origin)
        lost = ", ".join(str(n) for n in dynamics["contexts"] if n not in ran)
        if lost:
            comment = f"# Without figure5.dynamics.contexts {lost}: no model of the run had them.\n"
            values = _with_dynamics(values, _watching(dynamics, ran))
    config = Config.load(values, origin)
    dump = yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
    return comment + dump


def _dynamics(values: Any) -> dict[str, Any] | None:
    """The section ``figure5.dynamics`` of a manifest's config, if it lists contexts.

    None where it does not, or where the config is none, which loading it reports.
    """
    try:
        dynamics = dict(values["figure5"]["dynamics"])
        contexts = list(dynamics["contexts"])
    except (KeyError, TypeError, ValueError):
        return None
    return dynamics if all(isinstance(n, int) for n in contexts) else None


def _with_dynamics(values: dict[str, Any], dynamics: dict[str, Any] | None) -> dict[str, Any]:
    """The config with another section ``figure5.dynamics``."""
    return {**values, "figure5": {**values["figure5"], "dynamics": dynamics}}


def _contexts_with_models(
    values: dict[str, Any], dynamics: dict[str, Any], origin: str
) -> list[int]:
    """The contexts that some n-gram or n-NN of the watched corpus has, in their order."""
    config = Config.load(_with_dynamics(values, None), origin)
    named = dynamics.get("corpus")
    known = baseline_contexts(config, [named] if named in config.corpora else config.corpora)
    return [n for n in dynamics["contexts"] if n in known]


def _watching(dynamics: dict[str, Any], contexts: list[int]) -> dict[str, Any] | None:
    """The section with some of its contexts; None where none is left, so that nothing is watched.

    Where it had the default of its time it has the default of today.
    """
    if not contexts:
        return None
    was_default = dynamics["contexts"] == list(WATCHED_CONTEXTS)
    return {**dynamics, "contexts": None if was_default else contexts}
