"""Whether the sections of a study fit one another: corpora and models that keys name are there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from typing import TYPE_CHECKING, Any

from charlens.config_types import problem
from charlens.models.catalogue import CELLS, LSTM, N_GRAM, N_NN, WITH_NGRAM
from charlens.models.names import context_id, is_kept_for_baselines, parse
from charlens.paper.definitions import BEST, DEEPEST
from charlens.study.cells import Wanted, any_cell, cell_with_gates, cell_with_states, quantities_of
from charlens.study.explain import did_you_mean, show
from charlens.study.sections.names import (
    STREAMS_TO_INTERVENE,
    STREAMS_TO_JUDGE,
    WATCHED_CONTEXTS,
)

if TYPE_CHECKING:
    from charlens.study.config import Config

# Folders that results/{run}/ holds beside the corpora, so no corpus may be called so.
RESERVED_CORPUS_NAMES = ("benchmarks", "explorer", "figures", "report", "tables")

_WITH_CORPORA = (
    "n_gram", "compressors", "n_nn", "figure4", "figure5", "context", "universality", "leakage",
)  # fmt: skip
"""Sections that name corpora under a key of that name."""


def check_consistency(study: Config) -> None:
    """Check what one section of a study says of another.

    Raises:
        ValueError: pydantic's, with the key, the value found and what is allowed.
    """
    if study.run == "reference":
        raise problem("run", "reference", "this name is kept for the committed reference run")
    for name in study.corpora:
        if name in RESERVED_CORPUS_NAMES:
            reserved = ", ".join(RESERVED_CORPUS_NAMES)
            raise problem(f"corpora.{name}", name, f"names kept for results: {reserved}")
    for path, corpus in _named_corpora(study):
        if corpus not in study.corpora:
            allowed = ", ".join(study.corpora)
            raise problem(path, corpus, f"expected one of the corpora: {allowed}")
    for path, corpus, model, kind in _named_models(study):
        points = (parse(name) for name in study.models(corpus))
        models = [str(point) for point in points if point and point.cell in kind.cells]
        if model not in models:
            allowed = ", ".join(models) or "it has none"
            raise problem(path, model, f"expected {kind.words} of {corpus}: {allowed}")
    _check_models(study)
    _check_blocks(study)
    _check_seeds(study)
    _check_activations(study)
    _check_interventions(study)
    _check_streams(study)
    _check_external(study)
    _check_scorers(study)
    _check_figure1(study)
    _check_context(study)
    _check_universality(study)
    _check_compared(study)
    _check_dynamics(study)


def _named_corpora(study: Config) -> Iterator[tuple[str, str]]:
    """Every key that names a corpus, and the name."""
    for section in _WITH_CORPORA:
        names = getattr(study, section).corpora
        yield from ((f"{section}.corpora", name) for name in names or ())
    yield from ((f"activations[{i}].corpus", d.corpus) for i, d in enumerate(study.activations))
    for i, entry in enumerate(study.interventions):
        if entry.corpus is not None:
            yield f"interventions[{i}].corpus", entry.corpus
    yield from ((f"external[{i}].corpus", e.corpus) for i, e in enumerate(study.external))
    for i, scored in enumerate(study.scorers):
        if scored.corpus is not None:
            yield f"scorers[{i}].corpus", scored.corpus
    yield from (("figure2.models", name) for name in study.figure2.models or {})
    for section in ("cells", "explorer"):
        named = getattr(study, section).models or {}
        yield from ((f"{section}.models", name) for name in named)
    dynamics = study.figure5.dynamics
    for path, name in (
        ("figure1.tsne_corpus", study.figure1.tsne_corpus),
        ("figure3.corpus", study.figure3.corpus),
        ("figure5.dynamics.corpus", dynamics.corpus if dynamics else None),
        ("figure6.corpus", study.figure6.corpus),
    ):
        if name is not None:
            yield path, name


def _named_models(study: Config) -> Iterator[tuple[str, str, str, Wanted]]:
    """Every key that names a model for a figure, its corpus, the model, and what it must be."""
    for corpus, model in (study.figure2.models or {}).items():
        yield f"figure2.models.{corpus}", corpus, model, any_cell()
    for section in ("cells", "explorer"):
        for corpus, models in (getattr(study, section).models or {}).items():
            for i, model in enumerate(models):
                yield f"{section}.models.{corpus}[{i}]", corpus, model, any_cell()
    for i, entry in enumerate(study.interventions):
        if entry.corpus and entry.model:
            yield f"interventions[{i}].model", entry.corpus, entry.model, cell_with_states()
    for i, scored in enumerate(study.scorers):
        if scored.corpus and scored.model:
            yield f"scorers[{i}].model", scored.corpus, scored.model, any_cell()
    first = next(iter(study.corpora))
    for i, model in enumerate(study.figure3.models or ()):
        yield f"figure3.models[{i}]", study.figure3.corpus or first, model, cell_with_gates()
    dynamics = study.figure5.dynamics
    if dynamics and dynamics.model:
        having = (name for name in study.corpora if dynamics.model in study.models(name))
        corpus = dynamics.corpus or next(having, first)
        yield "figure5.dynamics.model", corpus, dynamics.model, any_cell()


def _check_models(study: Config) -> None:
    """A study has something to compare."""
    kinds = study.models, study.n_gram_models, study.n_nn_models, study.external_models
    if not any(models(corpus) for models in kinds for corpus in study.corpora):
        message = (
            "and no n-gram models, n-NNs or models from elsewhere, so there is nothing to do; "
            "expected a model, such as {cells: [lstm], layers: [1], sizes: [64]} in the grid"
        )
        raise problem("grid", [], message)


def _check_blocks(study: Config) -> None:
    """Every model has one recipe and one list of seeds, whatever blocks name it."""
    for name, entry in study.corpora.items():
        grid = "grid" if entry.grid is None else f"corpora.{name}.grid"
        earlier: dict[tuple[str, str], Any] = {}
        for i, block in enumerate(study.blocks(name)):
            training = block.training(study.training)
            chosen: dict[str, Any] = {"dropout": list(training.dropout)}
            chosen |= {f"adamw.{key}": value for key, value in training.adamw}
            if block.seeds is not None:
                chosen["seeds"] = list(study.listed(block.seeds))
            for key, model in product(chosen, block.models()):
                before = earlier.setdefault((key, model), chosen[key])
                if before != chosen[key]:
                    message = f"but an earlier block has {model} with {show(before)}"
                    raise problem(f"{grid}[{i}].{key}", chosen[key], message)


def _check_seeds(study: Config) -> None:
    """Lists of seeds hold the one whose networks the figures show."""
    lists = [("seeds", study.seeds)]
    grids = {"grid": study.grid}
    grids |= {f"corpora.{name}.grid": entry.grid or () for name, entry in study.corpora.items()}
    for path, blocks in grids.items():
        lists += [(f"{path}[{i}].seeds", block.seeds or 1) for i, block in enumerate(blocks)]
    for path, seeds in lists:
        if not isinstance(seeds, int) and study.seed not in seeds:
            why = f"expected `seed`, {study.seed}, among them: figures of one network show that one"
            raise problem(path, list(seeds), why)


def _check_activations(study: Config) -> None:
    seen = set()
    for i, dump in enumerate(study.activations):
        path, letters = f"activations[{i}]", quantities_of(dump.model)
        if (dump.corpus, dump.model) in seen:  # both would be written to one folder
            raise problem(f"{path}.model", dump.model, "expected each model once per corpus")
        seen.add((dump.corpus, dump.model))
        if not letters:
            message = f"expected a recurrent model or an n-NN{_misspelt(dump.model)}"
            raise problem(f"{path}.model", dump.model, message)
        for j, letter in enumerate(dump.quantities or ()):
            if letter not in tuple(letters):
                message = f"expected a quantity of {dump.model}: {', '.join(letters)}"
                raise problem(f"{path}.quantities[{j}]", letter, message)


def _check_interventions(study: Config) -> None:
    seen = set()
    for i, entry in enumerate(study.interventions):
        path = f"interventions[{i}]"
        if entry.model and not entry.corpus:
            raise problem(f"{path}.model", entry.model, "expected its corpus too")
        if entry.cells and not entry.model:
            message = "expected the corpus and the model whose cells these are too"
            raise problem(f"{path}.cells", [*map(list, entry.cells)], message)
        if (entry.corpus, entry.model) in seen:
            raise problem(path, entry.model, "expected each model once per corpus")
        seen.add((entry.corpus, entry.model))
        point = parse(entry.model or "")
        for j, (layer, unit) in enumerate(entry.cells or ()):
            if point is not None and layer > point.layers:
                layers = f"layers 1 to {point.layers}" if point.layers > 1 else "layer 1 alone"
                message = f"but {entry.model} has the {layers}; expected [layer, unit]"
                raise problem(f"{path}.cells[{j}]", [layer, unit], message)


def _check_streams(study: Config) -> None:
    """Networks named for analyses of cells have streams to choose cells on and to judge them on."""
    named = [("cells.models", STREAMS_TO_JUDGE)] if study.cells.models else []
    named += [
        (f"interventions[{i}]", STREAMS_TO_INTERVENE)
        for i, entry in enumerate(study.interventions)
        if entry.corpus
    ]
    for key, streams in named:
        if study.training.batch < streams:
            message = f"expected {streams} or more, which {key} needs"
            raise problem("training.batch", study.training.batch, message)


def _check_external(study: Config) -> None:
    seen = set()
    for i, entry in enumerate(study.external):
        path = f"external[{i}].model"
        if is_kept_for_baselines(entry.model):
            examples = f"{context_id(N_GRAM, 7)} and {context_id(N_NN, 3)}"
            message = f"but names like {examples} are kept for the baselines"
            raise problem(path, entry.model, message)
        if entry.model in study.models(entry.corpus):
            raise problem(path, entry.model, "expected a name that no model of ours has")
        if (entry.corpus, entry.model) in seen:
            raise problem(path, entry.model, "expected each name once per corpus")
        seen.add((entry.corpus, entry.model))


def _check_scorers(study: Config) -> None:
    """A scorer names a network that some corpus has, and has what it mixes the network with."""
    for i, entry in enumerate(study.scorers):
        path = f"scorers[{i}]"
        corpora = [entry.corpus] if entry.corpus else list(study.corpora)
        models = {model for corpus in corpora for model in study.models(corpus)}
        if entry.model and entry.model not in models:
            point = parse(entry.model)
            hint = "" if point and point.cell in CELLS else _misspelt(entry.model)
            message = f"expected a recurrent model of the study{hint}"
            raise problem(f"{path}.model", entry.model, message)
        with_both = any(study.models(name) and study.n_gram_models(name) for name in corpora)
        named = entry.corpus or entry.model
        if named and entry.scorer == WITH_NGRAM and not with_both:
            message = f"expected recurrent and n-gram models of {' or '.join(corpora)}"
            raise problem(f"{path}.scorer", entry.scorer, message)


def _check_figure1(study: Config) -> None:
    count = len(study.models(study.tsne_corpus)) if study.tsne_corpus else 0
    if count == 0 and study.figure1.tsne_corpus:
        message = "expected a corpus with recurrent models (its grid is empty)"
        raise problem("figure1.tsne_corpus", study.tsne_corpus, message)
    perplexity = study.figure1.perplexity
    if perplexity is not None and 0 < count <= perplexity:
        allowed = f"expected less than {count}, the number of models of {study.tsne_corpus}"
        raise problem("figure1.perplexity", perplexity, allowed)


def _check_context(study: Config) -> None:
    """Models are recurrent ones; that no corpus has one may be meant, so that is only noted."""
    for i, model in enumerate(study.context.models or ()):
        point = parse(model)
        if point is None or point.cell not in CELLS:
            message = f"expected a recurrent model{_misspelt(model)}"
            raise problem(f"context.models[{i}]", model, message)


def _check_universality(study: Config) -> None:
    """Models are networks of a corpus's grid; any corpus may lack some of them."""
    grids = dict.fromkeys(m for corpus in study.corpora for m in study.models(corpus))
    for i, model in enumerate(study.universality.models or ()):
        if model not in grids:
            allowed = ", ".join(grids) or "it has none"
            message = f"expected a network of the study: {allowed}"
            raise problem(f"universality.models[{i}]", model, message)
    section = study.universality
    asked = section.models is not None or bool(section.corpora)
    corpora = study.corpora if section.corpora is None else section.corpora
    if asked and not any(study.compared_trainings(corpus)[1] > 1 for corpus in corpora):
        key = "corpora" if section.models is None else "models"
        message = "expected networks with two trainings or more on one text; name another, or write"
        raise problem(f"universality.{key}", list(getattr(section, key)), f"{message} seeds: 2")


def _check_compared(study: Config) -> None:
    """Corpora named for Figures 4 to 6 have the models whose errors these compare."""
    named = [
        *(("figure4.corpora", corpus) for corpus in study.figure4.corpora or ()),
        *(("figure5.corpora", corpus) for corpus in study.figure5.corpora or ()),
        *([("figure6.corpus", study.figure6.corpus)] if study.figure6.corpus else ()),
    ]
    _check_networks(study)
    for path, corpus in named:
        points = map(parse, study.models(corpus))
        if not any(point is not None and point.cell == LSTM for point in points):
            raise problem(path, corpus, "expected a corpus with an LSTM in its grid")
        if not study.n_gram_models(corpus):
            raise problem(path, corpus, "expected a corpus with n-gram models")


def _check_networks(study: Config) -> None:
    """An LSTM named for Figure 4 or 5 is one of their corpora's."""
    for section in ("figure4", "figure5"):
        network, corpora = getattr(study, section).network, getattr(study, section).corpora
        if network in (BEST, DEEPEST):
            continue
        having = [name for name in corpora or study.corpora if network in study.models(name)]
        if not having or (corpora and len(having) < len(corpora)):
            where = f" of {', '.join(corpora)}" if corpora else ""
            lstms = [
                model
                for name in corpora or study.corpora
                for model in study.models(name)
                if model.startswith(f"{LSTM}-")
            ]
            known = ", ".join(dict.fromkeys(lstms)) or "it has none"
            message = f"expected {BEST}, {DEEPEST} or an LSTM{where}: {known}"
            raise problem(f"{section}.network", network, message)


def _check_dynamics(study: Config) -> None:
    """Baselines named for the training dynamics are among those of its corpus."""
    dynamics = study.figure5.dynamics
    if dynamics is None or not (dynamics.corpus or dynamics.model or dynamics.contexts):
        return
    corpora = [dynamics.corpus] if dynamics.corpus else list(study.corpora)
    known = baseline_contexts(study, corpora)
    contexts = dynamics.contexts or WATCHED_CONTEXTS
    if not known.intersection(contexts) or not known.issuperset(dynamics.contexts or ()):
        having = ", ".join(map(str, sorted(known))) or "it has none"
        message = f"expected contexts of n-gram or n-NN models of {', '.join(corpora)}: {having}"
        raise problem("figure5.dynamics.contexts", list(contexts), message)


def baseline_contexts(study: Config, corpora: Iterable[str]) -> set[int]:
    """Context lengths of the n-gram and n-NN models of some corpora."""
    return {
        n
        for corpus in corpora
        for n in (*study.n_gram_contexts(corpus), *study.n_nn_contexts(corpus))
    }


def _misspelt(model: str) -> str:
    """The same model of a cell whose name is like the one given."""
    shape = model.partition("-")[2]
    points = (parse(f"{cell}-{shape}") for cell in CELLS)
    return did_you_mean(model, list(filter(None, points)), likeness=0.75)
