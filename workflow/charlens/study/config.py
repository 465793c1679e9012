"""What a study is made of: the one source of truth for every key of ``config.yaml``.

``Config.load`` turns the plain mapping read from YAML into typed, immutable objects or raises one
:class:`~charlens.errors.CharlensError` line. Defaults are those of the default study
(:mod:`charlens.study.default_study`), so that a small config is a small study; the paper's are in
``config.paper.yaml``. ``python -m charlens.study.config`` exports the JSON Schema for
editors.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from charlens.config_types import (
    CorpusName,
    Encoding,
    Integer,
    RunName,
    Section,
    Share,
    Text,
    empty_section,
    problem,
)
from charlens.errors import CharlensError
from charlens.files.atomic import atomic_path
from charlens.models.catalogue import CELLS, LSTM, N_GRAM, N_NN, WITH_NGRAM
from charlens.models.names import context_id, is_kept_for_baselines, parse
from charlens.paper.definitions import BEST, DEEPEST
from charlens.study.cells import Wanted, any_cell, cell_with_gates, quantities_of
from charlens.study.default_study import DEFAULT_GRID, GridBlock, StudyTraining
from charlens.study.explain import did_you_mean, explain
from charlens.study.sections import (
    NNN,
    ActivationDump,
    Cells,
    Context,
    Explorer,
    External,
    Figure1,
    Figure2,
    Figure3,
    Figure4,
    Figure5,
    Figure6,
    Intervention,
    NGram,
    Probes,
    Scored,
)
from charlens.text.kinds import KINDS
from charlens.text.sources.any import Source
from charlens.training.settings import Training

SCHEMA_PATH = Path(__file__).parents[2] / "schemas" / "config.schema.json"

# Folders that results/{run}/ holds beside the corpora, so no corpus may be called so.
RESERVED_CORPUS_NAMES = ("benchmarks", "explorer", "figures", "report", "tables")


Grid = tuple[GridBlock, ...]


class CorpusEntry(Section):
    """One corpus: where its bytes come from, how they are split, which models it gets."""

    source: Source
    split: Literal["streams", "position"] = "streams"
    """streams: the paper's interleaved split; position: test text strictly after training text."""
    train: Share = 0.8
    """Fraction of the blocks used for training; what train and val leave is the test split."""
    val: Share = 0.1
    kind: Literal[tuple(KINDS)] | None = None  # type: ignore[valid-type]
    """What quotes, comments and brackets mean in it; null guesses."""
    encoding: Encoding | None = None
    """How its characters are shown and its words and quotes are found; null guesses. Models read
    bytes, whatever it is."""
    grid: Grid | None = None
    """This corpus's own recurrent models; null takes the top-level grid, [] means none."""

    @model_validator(mode="after")
    def _leaves_a_test_split(self) -> Self:
        if self.train + self.val > 1 - 1e-9:
            total = round(self.train + self.val, 9)
            raise problem("val", self.val, f"expected train + val < 1, but they sum to {total}")
        return self

    @model_validator(mode="after")
    def _has_a_sound_source(self) -> Self:
        wrong = self.source.wrong()
        if wrong is not None:
            raise problem(f"source.{wrong.key}", wrong.found, wrong.message)
        return self


class Config(Section):
    """A whole study."""

    run: RunName = "study"
    """Name of this config: everything it makes lies in results/{run}/. The workflow takes the name
    of the config's file where this is left out."""
    seed: Annotated[Integer, Field(ge=0)] = 1
    corpora_dir: Text | None = None
    """Folder searched for corpus files before the network."""
    corpora: Annotated[dict[CorpusName, CorpusEntry], Field(min_length=1)]
    grid: Grid = DEFAULT_GRID
    """Models of every corpus without a grid of its own: the union of the blocks; [] means none."""
    training: Annotated[StudyTraining, BeforeValidator(empty_section)] = StudyTraining()
    n_gram: Annotated[NGram, BeforeValidator(empty_section)] = NGram()
    n_nn: Annotated[NNN, BeforeValidator(empty_section)] = NNN()
    activations: tuple[ActivationDump, ...] = ()
    """Models whose hidden states and gates are kept as Parquet files."""
    cells: Annotated[Cells, BeforeValidator(empty_section)] = Cells()
    interventions: tuple[Intervention, ...] = (Intervention(),)
    """Models whose cells are set to values while they run; [] for none."""
    figure1: Annotated[Figure1, BeforeValidator(empty_section)] = Figure1()
    figure2: Annotated[Figure2, BeforeValidator(empty_section)] = Figure2()
    figure3: Annotated[Figure3, BeforeValidator(empty_section)] = Figure3()
    figure4: Annotated[Figure4, BeforeValidator(empty_section)] = Figure4()
    figure5: Annotated[Figure5, BeforeValidator(empty_section)] = Figure5()
    figure6: Annotated[Figure6, BeforeValidator(empty_section)] = Figure6()
    context: Annotated[Context, BeforeValidator(empty_section)] = Context()
    probes: Annotated[Probes, BeforeValidator(empty_section)] = Probes()
    explorer: Annotated[Explorer, BeforeValidator(empty_section)] = Explorer()
    external: tuple[External, ...] = ()
    """Models from elsewhere that join the tables and figures by their probabilities."""
    scorers: tuple[Scored, ...] = ()
    """Other ways to predict with trained networks; they join the tables as {model}+{scorer}."""

    @model_validator(mode="after")
    def _references(self) -> Self:
        if self.run == "reference":
            raise problem("run", "reference", "this name is kept for the committed reference run")
        for name in self.corpora:
            if name in RESERVED_CORPUS_NAMES:
                reserved = ", ".join(RESERVED_CORPUS_NAMES)
                raise problem(f"corpora.{name}", name, f"names kept for results: {reserved}")
        for path, corpus in self._named_corpora():
            if corpus not in self.corpora:
                allowed = ", ".join(self.corpora)
                raise problem(path, corpus, f"expected one of the corpora: {allowed}")
        for path, corpus, model, wanted in self._named_models():
            points = (parse(name) for name in self.models(corpus))
            there = [str(point) for point in points if point and point.cell in wanted.cells]
            if model not in there:
                allowed = ", ".join(there) or "it has none"
                raise problem(path, model, f"expected {wanted.words} of {corpus}: {allowed}")
        self._check_models()
        self._check_dropout()
        self._check_activations()
        self._check_interventions()
        self._check_external()
        self._check_scorers()
        self._check_figure1()
        self._check_context()
        self._check_compared()
        self._check_dynamics()
        return self

    def _named_corpora(self) -> Iterator[tuple[str, str]]:
        """Every key that names a corpus, and the name."""
        for section in ("n_gram", "n_nn", "figure4", "figure5", "context"):
            names = getattr(self, section).corpora
            yield from ((f"{section}.corpora", name) for name in names or ())
        yield from ((f"activations[{i}].corpus", d.corpus) for i, d in enumerate(self.activations))
        for i, entry in enumerate(self.interventions):
            if entry.corpus is not None:
                yield f"interventions[{i}].corpus", entry.corpus
        yield from ((f"external[{i}].corpus", e.corpus) for i, e in enumerate(self.external))
        for i, scored in enumerate(self.scorers):
            if scored.corpus is not None:
                yield f"scorers[{i}].corpus", scored.corpus
        yield from (("figure2.models", name) for name in self.figure2.models or {})
        for section in ("cells", "explorer"):
            named = getattr(self, section).models or {}
            yield from ((f"{section}.models", name) for name in named)
        dynamics = self.figure5.dynamics
        for path, name in (
            ("figure1.tsne_corpus", self.figure1.tsne_corpus),
            ("figure3.corpus", self.figure3.corpus),
            ("figure5.dynamics.corpus", dynamics.corpus if dynamics else None),
            ("figure6.corpus", self.figure6.corpus),
        ):
            if name is not None:
                yield path, name

    def _named_models(self) -> Iterator[tuple[str, str, str, Wanted]]:
        """Every key that names a model for a figure, its corpus, the model, and what it must be."""
        for corpus, model in (self.figure2.models or {}).items():
            yield f"figure2.models.{corpus}", corpus, model, any_cell()
        for section in ("cells", "explorer"):
            for corpus, models in (getattr(self, section).models or {}).items():
                for i, model in enumerate(models):
                    yield f"{section}.models.{corpus}[{i}]", corpus, model, any_cell()
        for i, entry in enumerate(self.interventions):
            if entry.corpus and entry.model:
                yield f"interventions[{i}].model", entry.corpus, entry.model, any_cell()
        for i, scored in enumerate(self.scorers):
            if scored.corpus and scored.model:
                yield f"scorers[{i}].model", scored.corpus, scored.model, any_cell()
        first = next(iter(self.corpora))
        for i, model in enumerate(self.figure3.models or ()):
            yield f"figure3.models[{i}]", self.figure3.corpus or first, model, cell_with_gates()
        dynamics = self.figure5.dynamics
        if dynamics and dynamics.model:
            having = (name for name in self.corpora if dynamics.model in self.models(name))
            corpus = dynamics.corpus or next(having, first)
            yield "figure5.dynamics.model", corpus, dynamics.model, any_cell()

    def _check_models(self) -> None:
        """A study has something to compare."""
        kinds = self.models, self.n_gram_models, self.n_nn_models, self.external_models
        if not any(models(corpus) for models in kinds for corpus in self.corpora):
            message = (
                "and no n-gram models, n-NNs or models from elsewhere, so there is nothing to do; "
                "expected a model, such as {cells: [lstm], layers: [1], sizes: [64]} in the grid"
            )
            raise problem("grid", [], message)

    def _check_dropout(self) -> None:
        """Every model has one list of dropout candidates, whatever blocks name it."""
        for name, entry in self.corpora.items():
            own = entry.grid is not None
            lists: dict[str, tuple[float, ...]] = {}
            for i, block in enumerate(self._blocks(name)):
                path = f"corpora.{name}.grid[{i}]" if own else f"grid[{i}]"
                rates = block.dropout or self.training.dropout
                for model in block.models():
                    if lists.setdefault(model, rates) != rates:
                        message = f"but an earlier block has {model} with {list(lists[model])}"
                        raise problem(f"{path}.dropout", list(rates), message)

    def _check_activations(self) -> None:
        seen = set()
        for i, dump in enumerate(self.activations):
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

    def _check_interventions(self) -> None:
        seen = set()
        for i, entry in enumerate(self.interventions):
            path = f"interventions[{i}]"
            if entry.model and not entry.corpus:
                raise problem(f"{path}.model", entry.model, "expected its corpus too")
            if entry.cells and not entry.model:
                message = "expected the corpus and the model whose cells these are too"
                raise problem(f"{path}.cells", [*map(list, entry.cells)], message)
            if (entry.corpus, entry.model) in seen:
                raise problem(path, entry.model, "expected each model once per corpus")
            seen.add((entry.corpus, entry.model))

    def _check_external(self) -> None:
        seen = set()
        for i, entry in enumerate(self.external):
            path = f"external[{i}].model"
            if is_kept_for_baselines(entry.model):
                examples = f"{context_id(N_GRAM, 7)} and {context_id(N_NN, 3)}"
                message = f"but names like {examples} are kept for the baselines"
                raise problem(path, entry.model, message)
            if entry.model in self.models(entry.corpus):
                raise problem(path, entry.model, "expected a name that no model of ours has")
            if (entry.corpus, entry.model) in seen:
                raise problem(path, entry.model, "expected each name once per corpus")
            seen.add((entry.corpus, entry.model))

    def _check_scorers(self) -> None:
        """A scorer names a network that some corpus has, and has what it mixes the network with."""
        for i, entry in enumerate(self.scorers):
            path = f"scorers[{i}]"
            corpora = [entry.corpus] if entry.corpus else list(self.corpora)
            models = {model for corpus in corpora for model in self.models(corpus)}
            if entry.model and entry.model not in models:
                point = parse(entry.model)
                hint = "" if point else _misspelt(entry.model)
                message = f"expected a recurrent model of the study{hint}"
                raise problem(f"{path}.model", entry.model, message)
            with_both = any(self.models(name) and self.n_gram_models(name) for name in corpora)
            named = entry.corpus or entry.model
            if named and entry.scorer == WITH_NGRAM and not with_both:
                message = f"expected recurrent and n-gram models of {' or '.join(corpora)}"
                raise problem(f"{path}.scorer", entry.scorer, message)

    def _check_figure1(self) -> None:
        count = len(self.models(self.tsne_corpus)) if self.tsne_corpus else 0
        if count == 0 and self.figure1.tsne_corpus:
            message = "expected a corpus with recurrent models (its grid is empty)"
            raise problem("figure1.tsne_corpus", self.tsne_corpus, message)
        perplexity = self.figure1.perplexity
        if perplexity is not None and 0 < count <= perplexity:
            allowed = f"expected less than {count}, the number of models of {self.tsne_corpus}"
            raise problem("figure1.perplexity", perplexity, allowed)

    def _check_context(self) -> None:
        """Models are recurrent ones; that no corpus has one may be meant, so that is only noted."""
        for i, model in enumerate(self.context.models or ()):
            point = parse(model)
            if point is None or point.cell not in CELLS:
                message = f"expected a recurrent model{_misspelt(model)}"
                raise problem(f"context.models[{i}]", model, message)

    def _check_compared(self) -> None:
        """Corpora named for Figures 4 to 6 have the models whose errors these compare."""
        named = [
            *(("figure4.corpora", corpus) for corpus in self.figure4.corpora or ()),
            *(("figure5.corpora", corpus) for corpus in self.figure5.corpora or ()),
            *([("figure6.corpus", self.figure6.corpus)] if self.figure6.corpus else ()),
        ]
        self._check_networks()
        for path, corpus in named:
            points = map(parse, self.models(corpus))
            if not any(point is not None and point.cell == LSTM for point in points):
                raise problem(path, corpus, "expected a corpus with an LSTM in its grid")
            if not self.n_gram_models(corpus):
                raise problem(path, corpus, "expected a corpus with n-gram models")

    def _check_networks(self) -> None:
        """An LSTM named for Figure 4 or 5 is one of their corpora's."""
        for section in ("figure4", "figure5"):
            network, corpora = getattr(self, section).network, getattr(self, section).corpora
            if network in (BEST, DEEPEST):
                continue
            having = [name for name in corpora or self.corpora if network in self.models(name)]
            if not having or (corpora and len(having) < len(corpora)):
                where = f" of {', '.join(corpora)}" if corpora else ""
                message = f"expected {BEST}, {DEEPEST} or an LSTM{where}"
                raise problem(f"{section}.network", network, message)

    def _check_dynamics(self) -> None:
        """Baselines named for the training dynamics are among those of its corpus."""
        dynamics = self.figure5.dynamics
        if dynamics is None or not dynamics.model_fields_set & {"corpus", "model", "contexts"}:
            return
        corpora = [dynamics.corpus] if dynamics.corpus else list(self.corpora)
        known = {
            n
            for corpus in corpora
            for section, models in (
                (self.n_gram, self.n_gram_models(corpus)),
                (self.n_nn, self.n_nn_models(corpus)),
            )
            if models
            for n in section.contexts
        }
        wanted = dynamics.contexts
        named = "contexts" in dynamics.model_fields_set
        if not known.intersection(wanted) or (named and not known.issuperset(wanted)):
            having = ", ".join(map(str, sorted(known))) or "it has none"
            message = (
                f"expected contexts of n-gram or n-NN models of {', '.join(corpora)}: {having}"
            )
            raise problem("figure5.dynamics.contexts", list(wanted), message)

    @property
    def tsne_corpus(self) -> str:
        """The corpus whose models the t-SNE shows; empty where no corpus has recurrent models."""
        having = (corpus for corpus in self.corpora if self.models(corpus))
        return self.figure1.tsne_corpus or next(having, "")

    def models(self, corpus: str) -> tuple[str, ...]:
        """Model ids of one corpus in grid order, each once."""
        blocks = self._blocks(corpus)
        return tuple(dict.fromkeys(model for block in blocks for model in block.models()))

    def _blocks(self, corpus: str) -> tuple[GridBlock, ...]:
        own = self.corpora[corpus].grid
        return self.grid if own is None else own

    def training_of(self, corpus: str, model: str) -> Training:
        """The training section for one model: its block's dropout candidates in place."""
        for block in self._blocks(corpus):
            if model in block.models() and block.dropout:
                return self.training.model_copy(update={"dropout": block.dropout})
        return self.training

    def block_of(self, corpus: str, model: str) -> int:
        """Place, in its corpus's grid, of the first block that has a model; 0 where none has."""
        blocks = enumerate(self._blocks(corpus))
        return next((i for i, block in blocks if model in block.models()), 0)

    def external_models(self, corpus: str) -> tuple[str, ...]:
        """Names of a corpus's models from elsewhere, in the order of the config."""
        return tuple(entry.model for entry in self.external if entry.corpus == corpus)

    def n_gram_models(self, corpus: str) -> tuple[str, ...]:
        """Ids of a corpus's n-gram models: ``n-gram-1``, …"""
        return _baselines(N_GRAM, self.n_gram, corpus)

    def n_nn_models(self, corpus: str) -> tuple[str, ...]:
        """Ids of a corpus's n-NN models: ``n-nn-1``, …"""
        return _baselines(N_NN, self.n_nn, corpus)

    @classmethod
    def load(cls, values: object, origin: str = "config") -> Self:
        """Check a mapping read from YAML.

        Args:
            values: the mapping, as a YAML reader returns it.
            origin: what to call it in an error, such as the name of the file.

        Raises:
            CharlensError: one line with the dotted key, the value found and what is allowed.
        """
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise CharlensError(f"{origin}: {explain(error, schema())}") from None


def _misspelt(model: str) -> str:
    """The same model of a cell whose name is like the one given."""
    shape = model.partition("-")[2]
    points = (parse(f"{cell}-{shape}") for cell in CELLS)
    return did_you_mean(model, list(filter(None, points)), likeness=0.75)


def _baselines(name: str, section: NGram | NNN, corpus: str) -> tuple[str, ...]:
    wanted = section.corpora is None or corpus in section.corpora
    return tuple(context_id(name, n) for n in section.contexts) if wanted else ()


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of the config file."""
    document = Config.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **document}


def schema_text() -> str:
    """The exported schema, byte for byte."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    with atomic_path(SCHEMA_PATH) as temporary:
        temporary.write_text(schema_text(), encoding="utf-8")
    print(f"wrote {SCHEMA_PATH}")
