"""Which models a figure shows where the config leaves it open."""

from __future__ import annotations

from dataclasses import dataclass

from charlens.models.catalogue import CELLS, LSTM, WITH_NGRAM, gated_cells
from charlens.models.names import ModelId, parse, scored_id
from charlens.paper.definitions import BEST, DEEPEST
from charlens.study.config import Config
from charlens.study.sections.inside import ActivationDump, Intervention
from charlens.study.sections.names import (
    STREAMS_TO_INTERVENE,
    STREAMS_TO_JUDGE,
    WATCHED_CONTEXTS,
)


def _points(config: Config, corpus: str, cells: tuple[str, ...]) -> list[ModelId]:
    """The grid points of a corpus with one of some cells, in grid order."""
    points = (parse(model) for model in config.models(corpus))
    return [point for point in points if point is not None and point.cell in cells]


def has_networks(config: Config) -> bool:
    """Whether any corpus has recurrent models, or models from elsewhere to set beside them."""
    return any(config.models(name) or config.external_models(name) for name in config.corpora)


def has_seeds(config: Config) -> bool:
    """Whether networks of the grid are trained from several seeds."""
    return bool(config.further_seeds)


def compared_networks(config: Config) -> dict[str, tuple[str, ...]]:
    """Corpus -> networks whose trainings are compared cell by cell; at least two trainings."""
    corpora = config.universality.corpora
    chosen = {}
    for corpus in config.corpora if corpora is None else corpora:
        models, trainings = config.compared_trainings(corpus)
        if trainings > 1:
            chosen[corpus] = models
    return chosen


def has_contexts(config: Config) -> bool:
    """Whether any corpus has a model that Table 2 shows: recurrent, n-gram or n-NN."""
    return any(
        config.models(name) or config.n_gram_models(name) or config.n_nn_models(name)
        for name in config.corpora
    )


def audited_corpora(config: Config) -> tuple[str, ...]:
    """Corpora whose test text is looked for in their training text: those with a model."""
    named = config.leakage.corpora
    return tuple(
        corpus
        for corpus in (config.corpora if named is None else named)
        if config.models(corpus)
        or config.external_models(corpus)
        or config.n_gram_models(corpus)
        or config.n_nn_models(corpus)
    )


def compressed_corpora(config: Config) -> tuple[str, ...]:
    """Corpora that general compressors are tried on: those of Table 2."""
    named, names = config.compressors.corpora, config.compressors.names
    corpora = config.corpora if named is None else named
    shown = (
        name
        for name in corpora
        if config.models(name) or config.n_gram_models(name) or config.n_nn_models(name)
    )
    return tuple(shown) if names else ()


def lstm_models(config: Config, corpus: str) -> tuple[str, ...]:
    """Ids of a corpus's LSTMs, in grid order.

    One of them represents the recurrent networks where errors are compared, as in the paper
    (sections 4.3 and 4.4).
    """
    return tuple(map(str, _points(config, corpus, (LSTM,))))


def figure2_models(config: Config) -> dict[str, str]:
    """Corpus -> the model whose cells are searched: the LSTM with the largest budget.

    Of equal budgets the deepest. Corpora without an LSTM are left out.
    """
    if config.figure2.models is not None:
        return dict(config.figure2.models)
    models = {}
    for corpus in config.corpora:
        points = _points(config, corpus, (LSTM,))
        if points:
            models[corpus] = str(max(points, key=lambda p: (p.size, p.layers)))
    return models


def scored_models(config: Config, corpus: str) -> tuple[str, ...]:
    """Ids of a corpus's networks with scorers, in the order of the config, each once."""
    shown = figure2_models(config).get(corpus)
    models: dict[str, None] = {}
    for entry in config.scorers:
        model = entry.model or shown
        if entry.scorer == WITH_NGRAM and not config.n_gram_models(corpus):
            continue
        if entry.corpus in (None, corpus) and model in config.models(corpus):
            models[scored_id(model, entry.scorer)] = None
    return tuple(models)


def evidence_models(config: Config) -> dict[str, tuple[str, ...]]:
    """Corpus -> the models whose cells are compared with chance and baselines."""
    if config.cells.models is not None:
        return dict(config.cells.models)
    if config.training.batch < STREAMS_TO_JUDGE:
        return {}
    return {corpus: (model,) for corpus, model in figure2_models(config).items()}


def interventions(config: Config) -> dict[str, dict[str, Intervention]]:
    """Corpus -> model -> what is done to its cells, in the order of the corpora.

    An entry without a model is about the one whose cells Figure 2 shows, one without a corpus about
    those of all corpora. The more a later entry names the more it counts. Nothing where there are
    too few streams.
    """
    if config.training.batch < STREAMS_TO_INTERVENE:
        return {}
    shown = figure2_models(config)
    chosen: dict[str, dict[str, Intervention]] = {corpus: {} for corpus in config.corpora}
    by_detail = sorted(config.interventions, key=lambda e: (bool(e.corpus), bool(e.model)))
    for entry in by_detail:
        for corpus in [entry.corpus] if entry.corpus else config.corpora:
            model = entry.model or shown.get(corpus)
            if model is not None:
                chosen[corpus][model] = entry
    return {corpus: models for corpus, models in chosen.items() if models}


def few_streams(config: Config) -> tuple[str, ...]:
    """A note for each analysis of cells that the study has too few streams for."""
    needed = {"cells": STREAMS_TO_JUDGE, "interventions": STREAMS_TO_INTERVENE}
    batch = config.training.batch
    return tuple(
        f"{section}: left out, as {streams} streams are needed and training.batch is {batch}"
        for section, streams in needed.items()
        if batch < streams and figure2_models(config) and getattr(config, section)
    )


def figure3_models(config: Config) -> tuple[str, tuple[str, ...]]:
    """The corpus and the models whose gates are looked at: the deepest of each cell with gates.

    Of equal depths the one with the largest budget; none where the study has no such cell.
    """
    named = config.figure3.corpus
    for corpus in [named] if named else config.corpora:
        if config.figure3.models:
            return corpus, config.figure3.models
        deepest = []
        for cell in gated_cells():
            points = _points(config, corpus, (cell,))
            if points:
                deepest.append(str(max(points, key=lambda p: (p.layers, p.size))))
        if deepest:
            return corpus, tuple(deepest)
    return next(iter(config.corpora)), ()


@dataclass(frozen=True)
class Watched:
    """The model whose training is watched (paper, Figure 5 right).

    Attributes:
        corpus: its corpus; empty where nothing is watched.
        model: its id.
        epochs: after how many epochs its weights are kept, in increasing order.
        n_nn: context lengths of the n-NNs it is compared with.
        n_gram: context lengths of the n-gram models it is compared with.
    """

    corpus: str = ""
    model: str = ""
    epochs: tuple[float, ...] = ()
    n_nn: tuple[int, ...] = ()
    n_gram: tuple[int, ...] = ()


def watched(config: Config) -> Watched:
    """The model named, else the largest LSTM, of the first corpus that has it and baselines.

    Weights are kept while it trains, so which network will be the best cannot decide.
    """
    dynamics = config.figure5.dynamics
    if dynamics is None:
        return Watched()
    contexts = dynamics.contexts or WATCHED_CONTEXTS
    for corpus in [dynamics.corpus] if dynamics.corpus else config.corpora:
        points = _points(config, corpus, (LSTM,))
        n_nn, n_gram = (
            tuple(n for n in known if n in contexts)
            for known in (config.n_nn_contexts(corpus), config.n_gram_contexts(corpus))
        )
        eligible = dynamics.model in config.models(corpus) if dynamics.model else points
        if not eligible or not (n_nn or n_gram):
            continue
        model = dynamics.model or str(max(points, key=lambda p: (p.size, p.layers)))
        last = min(dynamics.epochs, config.training.epochs) * dynamics.points_per_epoch
        epochs = tuple((i + 1) / dynamics.points_per_epoch for i in range(last))
        return Watched(corpus, model, epochs, n_nn, n_gram)
    return Watched()


def error_corpora(
    config: Config, named: tuple[str, ...] | None, network: str = BEST
) -> tuple[str, ...]:
    """Corpora whose errors are compared: by name, else all with an LSTM and n-gram models.

    Args:
        config: the study.
        named: those that the config names, if it does.
        network: best, deepest, or the name of the LSTM that they must have.
    """
    if named is not None:
        return named
    return tuple(
        corpus
        for corpus in config.corpora
        if config.n_gram_models(corpus)
        and any(network in (BEST, DEEPEST, model) for model in lstm_models(config, corpus))
    )


def compared_corpora(config: Config) -> tuple[str, ...]:
    """The corpora of Figure 4."""
    return error_corpora(config, config.figure4.corpora, config.figure4.network)


def closed_corpora(config: Config) -> tuple[str, ...]:
    """The corpora of Figure 5, left."""
    return error_corpora(config, config.figure5.corpora, config.figure5.network)


def figure6_corpus(config: Config) -> str:
    """The corpus whose errors are broken down; empty where none has an LSTM and n-gram models."""
    if config.figure6.corpus is not None:
        return config.figure6.corpus
    return next(iter(error_corpora(config, None)), "")


def seed_error_corpus(config: Config) -> str:
    """The same corpus where it has networks trained from several seeds; else empty."""
    corpus = figure6_corpus(config)
    has = (
        any(config.further_seeds_of(corpus, m) for m in config.models(corpus)) if corpus else False
    )
    return corpus if has else ""


def activation_dumps(config: Config) -> tuple[tuple[ActivationDump, ...], tuple[str, ...]]:
    """Whose activations are kept, and a note for each model that the study does not have."""
    made, notes = [], []
    for i, dump in enumerate(config.activations):
        if dump.model in (*config.models(dump.corpus), *config.n_nn_models(dump.corpus)):
            made.append(dump)
        else:
            missing = f"{dump.corpus} has no model {dump.model} in this study"
            notes.append(f"activations[{i}]: {missing}; nothing is kept of it")
    return tuple(made), tuple(notes)


def context_models(config: Config) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
    """Whose memory is measured: corpus -> ids, and a note for each name that no corpus has.

    Recurrent models come first, then the n-NN and the n-gram model with the longest context.
    Corpora without a recurrent model are left out.
    """
    chosen, named = {}, config.context.models
    corpora = config.corpora if config.context.corpora is None else config.context.corpora
    for corpus in corpora:
        networks = [model for model in config.models(corpus) if model in (named or ())]
        if named is None:
            networks = _largest_of_each_cell(config, corpus)
        baselines = (config.n_nn_models(corpus)[-1:], config.n_gram_models(corpus)[-1:])
        if networks:
            chosen[corpus] = (*networks, *baselines[0], *baselines[1])
    known = {model for models in chosen.values() for model in models}
    missing = [model for model in named or () if model not in known]
    notes = [f"context.models: no corpus has {model} in this study" for model in missing]
    return chosen, tuple(notes)


def explorer_models(config: Config) -> dict[str, tuple[str, ...]]:
    """Corpus -> the recurrent models that the explorer shows, the one shown first first.

    By default those whose cells are compared with chance and those whose activations are kept;
    where that is a single one, the largest of another cell joins it, to be compared with. Corpora
    without a recurrent model are left out.
    """
    if config.explorer.models is not None:
        return dict(config.explorer.models)
    chosen, judged = {}, evidence_models(config)
    for corpus in config.corpora:
        dumped = [dump.model for dump in config.activations if dump.corpus == corpus]
        models = [m for m in (*judged.get(corpus, ()), *dumped) if m in config.models(corpus)]
        largest = _largest_of_each_cell(config, corpus)
        if not models:
            models = largest[:1]
        others = [m for m in largest if _cell(m) not in map(_cell, models)]
        if len(set(models)) == 1:
            models += others[-1:]
        if models:
            chosen[corpus] = tuple(dict.fromkeys(models))
    return chosen


def _cell(model: str) -> str:
    return model.partition("-")[0]


def _largest_of_each_cell(config: Config, corpus: str) -> list[str]:
    points = [_points(config, corpus, (cell,)) for cell in CELLS]
    largest = (max(some, key=lambda p: (p.size, p.layers)) for some in points if some)
    return list(map(str, largest))
