"""What a study is made of: the one source of truth for every key of ``config.yaml``.

``Config.load`` turns the plain mapping read from YAML into typed, immutable objects or raises one
:class:`~charlens.errors.CharlensError` line. Defaults are those of the default study
(:mod:`charlens.study.default_study`), so that a small config is a small study; the paper's are in
``config.paper.yaml``. ``python -m charlens.study.config`` exports the JSON Schema for
editors.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from charlens.config_types import (
    LARGEST_SEED,
    CorpusName,
    Encoding,
    Integer,
    RunName,
    Section,
    Seeds,
    Share,
    Text,
    empty_section,
    problem,
)
from charlens.errors import CharlensError
from charlens.files.atomic import atomic_path
from charlens.models.catalogue import N_GRAM, N_NN
from charlens.models.names import context_id
from charlens.study.consistency import check_consistency
from charlens.study.default_study import DEFAULT_GRID, GridBlock, StudyTraining
from charlens.study.explain import explain
from charlens.study.sections.analyses import (
    Context,
    Figure1,
    Figure4,
    Figure5,
    Figure6,
    Leakage,
    Probes,
)
from charlens.study.sections.inside import (
    ActivationDump,
    Cells,
    Explorer,
    Figure2,
    Figure3,
    Intervention,
    Universality,
)
from charlens.study.sections.models import NNN, Compressors, External, NGram, Scored
from charlens.study.sections.names import AnyContexts
from charlens.text.kinds import KINDS
from charlens.text.sources.any import Source
from charlens.training.settings import Training

SCHEMA_PATH = Path(__file__).parents[2] / "schemas" / "config.schema.json"


Grid = tuple[GridBlock, ...]


class CorpusEntry(Section):
    """One corpus: where its bytes come from, how they are split, which models it gets."""

    source: Source
    """Where its bytes come from, in one of five ways."""
    split: Literal["streams", "position", "files"] = "streams"
    """streams: the paper's interleaved split; position: test text strictly after training text;
    files: the same with the cuts at ends of files, for a tree, whose files then lie on one side."""
    train: Share = 0.8
    """Fraction of the blocks used for training; what train and val leave is the test split."""
    val: Share = 0.1
    """Fraction used for validation."""
    kind: Literal[tuple(KINDS)] | None = None  # type: ignore[valid-type]
    """What quotes, comments and brackets mean in it; null guesses."""
    encoding: Encoding | None = None
    """How its characters are shown and its words and quotes are found; null guesses. Models read
    bytes, whatever it is."""
    grid: Grid | None = None
    """This corpus's own recurrent models; null takes the top-level grid, [] means none."""
    n_nn: AnyContexts | None = None
    """Context lengths of this corpus's own n-NNs; null takes those of `n_nn`, [] means none."""

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
            raise problem(f"source.{wrong.key}", wrong.value, wrong.message)
        return self

    @model_validator(mode="after")
    def _has_files_to_split_by(self) -> Self:
        if self.split == "files" and not self.source.joins_files:
            message = "expected streams or position: only source: {tree: ...} has files"
            raise problem("split", self.split, message)
        return self


class Config(Section):
    """A whole study."""

    run: RunName = "study"
    """Name of this config: everything it makes lies in results/{run}/. The workflow takes the name
    of the config's file where this is left out."""
    seed: Annotated[Integer, Field(ge=0, le=LARGEST_SEED)] = 1
    """From it every random draw follows."""
    seeds: Seeds = 1
    """How many times each network of the grid is trained, with the seeds `seed`, `seed` + 1 and so
    on; or the list of the seeds, `seed` among them. Figures of one network show that of `seed`;
    n-NNs are trained once."""
    corpora_dir: Text | None = None
    """Folder searched for corpus files before the network."""
    corpora: Annotated[dict[CorpusName, CorpusEntry], Field(min_length=1)]
    """The texts by their names."""
    grid: Grid = DEFAULT_GRID
    """Models of every corpus without a grid of its own: the union of the blocks; [] means none.
    Left out, it is as in config.yaml."""
    training: Annotated[StudyTraining, BeforeValidator(empty_section)] = StudyTraining()
    n_gram: Annotated[NGram, BeforeValidator(empty_section)] = NGram()
    compressors: Annotated[Compressors, BeforeValidator(empty_section)] = Compressors()
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
    universality: Annotated[Universality, BeforeValidator(empty_section)] = Universality()
    leakage: Annotated[Leakage, BeforeValidator(empty_section)] = Leakage()
    explorer: Annotated[Explorer, BeforeValidator(empty_section)] = Explorer()
    external: tuple[External, ...] = ()
    """Models from elsewhere that join the tables and figures by their probabilities."""
    scorers: tuple[Scored, ...] = ()
    """Other ways to predict with trained networks; they join the tables as {model}+{scorer}."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        check_consistency(self)
        return self

    @property
    def further_seeds(self) -> tuple[int, ...]:
        """Seeds, besides ``seed``, that any network of the grid is trained with, in order."""
        seeds = {
            seed
            for corpus in self.corpora
            for model in self.models(corpus)
            for seed in self.further_seeds_of(corpus, model)
        }
        return tuple(sorted(seeds))

    def further_seeds_of(self, corpus: str, model: str) -> tuple[int, ...]:
        """The same of one network of a corpus's grid."""
        asked = [block.seeds for block in self.blocks(corpus) if model in block.models()]
        seeds = next((own for own in asked if own is not None), self.seeds)
        return tuple(seed for seed in self.listed(seeds) if seed != self.seed)

    def compared_trainings(self, corpus: str) -> tuple[tuple[str, ...], int]:
        """Networks of a corpus that `universality` compares, and how many trainings they have."""
        named = self.universality.models
        models = [
            model
            for model in self.models(corpus)
            if (self.further_seeds_of(corpus, model) if named is None else model in named)
        ]
        return tuple(models), sum(1 + len(self.further_seeds_of(corpus, m)) for m in models)

    def listed(self, seeds: int | tuple[int, ...]) -> tuple[int, ...]:
        """The seeds of so many trainings, ``seed`` first; a list of them as it is."""
        return tuple(range(self.seed, self.seed + seeds)) if isinstance(seeds, int) else seeds

    @property
    def tsne_corpus(self) -> str:
        """The corpus whose models the t-SNE shows; empty where no corpus has recurrent models."""
        having = (corpus for corpus in self.corpora if self.models(corpus))
        return self.figure1.tsne_corpus or next(having, "")

    def models(self, corpus: str) -> tuple[str, ...]:
        """Model ids of one corpus in grid order, each once."""
        blocks = self.blocks(corpus)
        return tuple(dict.fromkeys(model for block in blocks for model in block.models()))

    def blocks(self, corpus: str) -> tuple[GridBlock, ...]:
        """The grid of one corpus: its own, or else that of the study."""
        own = self.corpora[corpus].grid
        return self.grid if own is None else own

    def training_of(self, corpus: str, model: str) -> Training:
        """The training section for one model: what its block says otherwise in place."""
        blocks = self.blocks(corpus)
        block = next((block for block in blocks if model in block.models()), None)
        return self.training if block is None else block.training(self.training)

    def block_of(self, corpus: str, model: str) -> int:
        """Place, in its corpus's grid, of the first block that has a model; 0 where none has."""
        blocks = enumerate(self.blocks(corpus))
        return next((i for i, block in blocks if model in block.models()), 0)

    def external_models(self, corpus: str) -> tuple[str, ...]:
        """Names of a corpus's models from elsewhere, in the order of the config."""
        return tuple(entry.model for entry in self.external if entry.corpus == corpus)

    def n_gram_models(self, corpus: str) -> tuple[str, ...]:
        """Ids of a corpus's n-gram models: ``n-gram-1``, …"""
        return tuple(context_id(N_GRAM, n) for n in self.n_gram_contexts(corpus))

    def n_gram_contexts(self, corpus: str) -> tuple[int, ...]:
        """Context lengths of a corpus's n-gram models."""
        return _contexts(self.n_gram, corpus)

    def n_nn_models(self, corpus: str) -> tuple[str, ...]:
        """Ids of a corpus's n-NN models: ``n-nn-1``, …"""
        return tuple(context_id(N_NN, n) for n in self.n_nn_contexts(corpus))

    def n_nn_contexts(self, corpus: str) -> tuple[int, ...]:
        """Context lengths of a corpus's n-NNs."""
        own = self.corpora[corpus].n_nn
        return _contexts(self.n_nn, corpus) if own is None else own

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


def _contexts(section: NGram | NNN, corpus: str) -> tuple[int, ...]:
    applies = section.corpora is None or corpus in section.corpora
    return section.contexts if applies else ()


@cache
def schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of the config file, made once; not to be changed."""
    document = Config.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **document}


def schema_text() -> str:
    """The exported schema, byte for byte."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    with atomic_path(SCHEMA_PATH) as temporary:
        temporary.write_text(schema_text(), encoding="utf-8")
    print(f"wrote {SCHEMA_PATH}")
