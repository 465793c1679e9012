"""charlens: what character-level language models learn, and where they fail.

A re-run, from corpus to last figure, of Karpathy, Johnson & Fei-Fei (2015), *Visualizing and
Understanding Recurrent Networks*, arXiv:1506.02078.

In a notebook (``docs/notebook.md``)::

    import charlens as cl

    text = cl.corpus("novel.txt")
    model = cl.train("lstm-2x64", text, epochs=2)
    cl.compare([cl.predict(model, text), cl.ngram(text, 5)])

Each verb loads what it needs when it is first used; ``import charlens`` alone loads no numeric
library.
"""

import os
from typing import TYPE_CHECKING

if os.name == "nt":  # locks, signals and file names are POSIX's
    raise ImportError(
        "charlens does not run on Windows itself; run it in WSL, Linux inside Windows"
    )

if TYPE_CHECKING:  # for editors and type checkers, which do not run __getattr__
    from charlens.api.activations import activations
    from charlens.api.cells import cells
    from charlens.api.compared import compare
    from charlens.api.interventions import intervene
    from charlens.api.models import load, train
    from charlens.api.predicted import ngram, predict
    from charlens.api.runs import open_run
    from charlens.api.texts import corpus

__version__ = "0.1.0"

_HOMES = {
    "corpus": "texts",
    "train": "models",
    "load": "models",
    "predict": "predicted",
    "ngram": "predicted",
    "compare": "compared",
    "activations": "activations",
    "cells": "cells",
    "intervene": "interventions",
    "open_run": "runs",
}
"""The public verbs, and the module of ``charlens.api`` that each lives in."""

__all__ = [
    "__version__",
    "activations",
    "cells",
    "compare",
    "corpus",
    "intervene",
    "load",
    "ngram",
    "open_run",
    "predict",
    "train",
]


def __getattr__(name: str) -> object:
    """Load a verb on first use (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"charlens has no {name!r}; it has {', '.join(_HOMES)}")
    import importlib

    return getattr(importlib.import_module(f"charlens.api.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
