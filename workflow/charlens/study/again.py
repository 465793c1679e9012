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
    values, comment = _with_baselines_that_ran(read_manifest(results).get("config"), origin)
    config = Config.load(values, origin)
    dump = yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
    return comment + dump


def _with_baselines_that_ran(values: Any, origin: str) -> tuple[Any, str]:
    """A manifest's config without contexts that no model has, and a comment on them."""
    try:
        figure5 = dict(values["figure5"])
        dynamics = dict(figure5["dynamics"])
        contexts = list(dynamics["contexts"])
    except (KeyError, TypeError, ValueError):
        return values, ""  # it says nothing of them, or is no config at all, which loading tells
    config = Config.load({**values, "figure5": {**figure5, "dynamics": None}}, origin)
    named = dynamics.get("corpus")
    known = baseline_contexts(config, [named] if named in config.corpora else config.corpora)
    ran = [n for n in contexts if n in known]
    if len(ran) == len(contexts) or not all(isinstance(n, int) for n in contexts):
        return values, ""
    # What was the default then is the default again; where nothing was left, nothing was watched.
    dynamics["contexts"] = None if contexts == list(WATCHED_CONTEXTS) else ran
    figure5["dynamics"] = dynamics if ran else None
    lost = ", ".join(str(n) for n in contexts if n not in known)
    comment = f"# Without figure5.dynamics.contexts {lost}: no model of the run had them.\n"
    return {**values, "figure5": figure5}, comment
