"""The config that made a run, from its manifest, to make the run again elsewhere."""

from __future__ import annotations

from pathlib import Path

import yaml

from charlens.files.atomic import FilePath
from charlens.runtime.manifest import NAME, read_manifest
from charlens.study.config import Config


def config_of(results: FilePath) -> str:
    """The config of a run as YAML, with the keys that its own config left out.

    Args:
        results: ``results/{run}``.

    Raises:
        CharlensError: no manifest that can be read, or a config that this version refuses.
    """
    values = read_manifest(results).get("config")
    config = Config.load(values, f"{Path(results) / NAME}: config")
    return yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
