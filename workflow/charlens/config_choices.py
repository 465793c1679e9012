"""Which models a figure shows where the config leaves it open."""

from __future__ import annotations

from charlens.config import Config
from charlens.model_id import ModelId, parse


def _points(config: Config, corpus: str, cells: tuple[str, ...]) -> list[ModelId]:
    """The grid points of a corpus with one of some cells, in grid order."""
    points = (parse(model) for model in config.models(corpus))
    return [point for point in points if point is not None and point.cell in cells]


def figure2_models(config: Config) -> dict[str, str]:
    """Corpus -> the model whose cells are searched: the LSTM with the largest budget.

    Of equal budgets the deepest. Corpora without an LSTM are left out.
    """
    if config.figure2.models is not None:
        return dict(config.figure2.models)
    found = {}
    for corpus in config.corpora:
        points = _points(config, corpus, ("lstm",))
        if points:
            found[corpus] = str(max(points, key=lambda p: (p.size, p.layers)))
    return found


def figure3_models(config: Config) -> tuple[str, tuple[str, ...]]:
    """The corpus and the models whose gates are looked at: the deepest LSTM and the deepest GRU.

    Of equal depths the one with the largest budget; none where the study has neither cell.
    """
    named = config.figure3.corpus
    for corpus in [named] if named else config.corpora:
        if config.figure3.models:
            return corpus, config.figure3.models
        deepest = []
        for cell in ("lstm", "gru"):
            points = _points(config, corpus, (cell,))
            if points:
                deepest.append(str(max(points, key=lambda p: (p.layers, p.size))))
        if deepest:
            return corpus, tuple(deepest)
    return next(iter(config.corpora)), ()
