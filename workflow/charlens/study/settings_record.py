"""The settings that a run's results were made with, kept beside them.

Two configs may carry one name: the same file with ``--config seed=2``, or two files that say
``run: mine``. The second would write over the first's results, or mix with them. So a run keeps its
settings in ``results/{run}/settings.json``, and planning compares them. More corpora and more
models in the same run are welcome; another seed, recipe or split is another study.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from charlens.errors import CharlensError
from charlens.files.atomic import write_text
from charlens.runtime.machine_faults import machine_fault
from charlens.study.config import Config
from charlens.study.explain import show

NAME = "settings.json"

_OF_A_CORPUS = {"source", "split", "train", "val"}
_NOT_OF_RESULTS = {"device", "dropout", "adamw"}  # the last two differ by block of the grid


def settings(config: Config) -> dict[str, Any]:
    """What decides a run's models: dotted key -> value, as JSON has it."""
    flat: dict[str, Any] = {"seed": config.seed, "n_nn.widths": list(config.n_nn.widths)}
    training = config.training.model_dump(mode="json", exclude=_NOT_OF_RESULTS)
    flat |= {f"training.{key}": value for key, value in training.items()}
    for name, corpus in config.corpora.items():
        entry = corpus.model_dump(mode="json", include=_OF_A_CORPUS)
        flat |= {f"corpora.{name}.{key}": value for key, value in entry.items()}
        for model in config.models(name):
            own = config.training_of(name, model)
            flat[f"dropout of {name}'s {model}"] = list(own.dropout)
            flat |= {f"adamw.{key} of {name}'s {model}": value for key, value in own.adamw}
    return flat


def check_settings(config: Config, folder: Path) -> None:
    """Refuse to write results over those of other settings.

    Args:
        config: the study to plan.
        folder: ``results/{run}``; one without models has nothing to lose.

    Raises:
        CharlensError: the first key that differs, its two values and what to do.
    """
    before = _recorded(folder)
    now = settings(config)
    differing = [key for key in now if key in before and before[key] != now[key]]
    if not differing or not any(folder.glob("*/models/*")):
        return
    key, more = differing[0], len(differing) - 1
    others = f" ({more} more keys differ)" if more else ""
    raise CharlensError(
        f"{folder} holds results made with {key} = {show(before[key])}, this config has"
        f" {show(now[key])}{others}; give this one a name of its own (--config run=NAME, or run: in"
        f" the config), or delete {folder / NAME} to replace those results"
    )


def record_settings(config: Config, folder: Path) -> None:
    """Keep the settings beside the results; those of corpora that left the config stay.

    Raises:
        CharlensError: the folder of results cannot be written.
    """
    values = _recorded(folder) | settings(config)
    text = json.dumps(values, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    path = folder / NAME
    try:
        if not path.exists() or path.read_bytes() != text.encode():
            write_text(path, text)
    except OSError as error:
        reason = machine_fault(error) or f"cannot be written ({error.strerror}); check the folder"
        raise CharlensError(f"{path}: {reason}") from error


def _recorded(folder: Path) -> dict[str, Any]:
    """The recorded settings; none where there is no record, or none that can be read."""
    with suppress(OSError, ValueError, RecursionError):
        values = json.loads((folder / NAME).read_text(encoding="utf-8"))
        return values if isinstance(values, dict) else {}
    return {}
