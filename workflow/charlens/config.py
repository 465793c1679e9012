"""What a study is made of: the one source of truth for every key of ``config.yaml``.

``Config.load`` turns the plain mapping read from YAML into typed, immutable objects or raises one
:class:`~charlens.errors.CharlensError` line. Defaults are the paper's settings (section 3.3)
wherever the paper states one. ``python -m charlens.config`` exports the JSON Schema for editors.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from itertools import pairwise, product
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Strict,
    Tag,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from charlens.config_errors import explain
from charlens.errors import CharlensError
from charlens.files import atomic_path

SCHEMA_PATH = Path(__file__).parents[1] / "schemas" / "config.schema.json"

# Folders that results/{run}/ holds beside the corpora, so no corpus may be called so.
RESERVED_CORPUS_NAMES = ("benchmarks", "figures", "report", "tables")


def problem(path: str, found: object, message: str) -> PydanticCustomError:
    """A validation error that names ``path`` (dotted, below the validated object) by itself."""
    return PydanticCustomError(
        "charlens", "{message}", {"path": path, "found": found, "message": message}
    )


def _scientific(value: object) -> object:
    """Read ``1e-8`` as a number: YAML 1.1 calls it text because it has no decimal point."""
    if isinstance(value, str) and re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)[eE][+-]?\d+", value):
        return float(value)
    return value


def _empty(value: object) -> object:
    """A section whose keys are all commented out is None in YAML: it means the defaults."""
    return {} if value is None else value


def _unique(values: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(set(values)) < len(values):
        raise problem("", list(values), "expected each value once")
    return values


def _increasing(values: tuple[int, ...]) -> tuple[int, ...]:
    if any(later <= earlier for earlier, later in pairwise(values)):
        raise problem("", list(values), "expected numbers in increasing order, each once")
    return values


def _number(**limits: float) -> Any:
    """The type of a finite number within ``limits`` (gt, ge, lt, le)."""
    finite = Field(allow_inf_nan=False, **limits)  # type: ignore[arg-type]
    return Annotated[float, Strict(), finite, BeforeValidator(_scientific)]


Integer = Annotated[int, Strict()]
Text = Annotated[str, Strict(), Field(min_length=1)]
Bytes = Annotated[Integer, Field(ge=1)]
Cell = Literal["lstm", "rnn", "gru"]
Sha1 = Annotated[Text, Field(pattern="^[0-9a-fA-F]{40}$"), AfterValidator(str.lower)]
Sha256 = Annotated[Text, Field(pattern="^[0-9a-fA-F]{64}$"), AfterValidator(str.lower)]
Share = _number(gt=0, lt=1)
CorpusName = Annotated[Text, Field(pattern="^[a-z][a-z0-9_]*$", examples=["my_novel"])]
RunName = Annotated[Text, Field(pattern="^[A-Za-z0-9][A-Za-z0-9_-]*$", examples=["my-study"])]


class _Model(BaseModel):
    """Unknown keys are errors and values never change once checked."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class BuiltinSource(_Model):
    """Text present wherever the workflow runs; needs no network."""

    builtin: Literal["python_docs", "torch_headers"]
    """python_docs: English prose (documentation of Python and of the pinned packages);
    torch_headers: C++ source (the headers that ship with torch)."""
    limit_bytes: Annotated[Integer, Field(ge=10_000)] | None = None
    """Keep only so many bytes from the start; null keeps all."""


class PublishedSource(_Model):
    """A corpus of the paper, searched for in corpora_dir, then downloaded, always verified."""

    published: Literal["war_and_peace", "linux_kernel"]


class FileSource(_Model):
    """A text file of one's own: relative to the working folder, else to corpora_dir."""

    file: Text
    bytes: Bytes | None = None
    """Expected size; null accepts any."""
    sha256: Sha256 | None = None
    """Expected checksum; null accepts any."""


class UrlSource(_Model):
    """A file on the web; at least one checksum says which bytes are meant."""

    urls: Annotated[
        tuple[Annotated[Text, Field(pattern="^https?://", examples=["https://…"])], ...],
        Field(min_length=1),
    ]
    """Tried in this order."""
    filename: Annotated[Text, Field(pattern="^[A-Za-z0-9_][A-Za-z0-9._-]*$")]
    """Name under which corpora_dir is searched and the download is kept."""
    bytes: Bytes | None = None
    sha256: Sha256 | None = None
    git_blob_sha1: Sha1 | None = None
    """SHA-1 over ``blob <bytes>\\0`` and the bytes, as git computes it."""

    @model_validator(mode="after")
    def _has_checksum(self) -> Self:
        if self.sha256 is None and self.git_blob_sha1 is None:
            raise problem("sha256", None, "expected sha256 or git_blob_sha1, at least one of them")
        return self


class TreeSource(_Model):
    """The files of a source tree or archive, joined without separators in a seeded order."""

    tree: Text
    """Folder, .zip or .tar(.gz|.bz2|.xz): relative to the working folder, else to corpora_dir."""
    glob: Annotated[tuple[Text, ...], Field(min_length=1)] = ("**/*.c", "**/*.h")
    """Which files of the tree to take."""
    shuffle_seed: Annotated[Integer, Field(ge=0)] = 0
    """Seed of the shuffle of the sorted paths."""


# The key that tells the kinds of source apart -> its class. Tags are bracketed to stay
# distinguishable from keys in pydantic's error locations.
_SOURCES: dict[str, type[_Model]] = {
    "builtin": BuiltinSource,
    "published": PublishedSource,
    "file": FileSource,
    "urls": UrlSource,
    "tree": TreeSource,
}


def _source_tag(value: object) -> str | None:
    if isinstance(value, Mapping):
        keys = [key for key in _SOURCES if key in value]
    else:
        keys = [key for key, kind in _SOURCES.items() if isinstance(value, kind)]
    return f"({keys[0]})" if len(keys) == 1 else None


Source = Annotated[
    Annotated[BuiltinSource, Tag("(builtin)")]
    | Annotated[PublishedSource, Tag("(published)")]
    | Annotated[FileSource, Tag("(file)")]
    | Annotated[UrlSource, Tag("(urls)")]
    | Annotated[TreeSource, Tag("(tree)")],
    Discriminator(_source_tag),
]


class GridBlock(_Model):
    """The models of one block are the product of its three lists (paper, section 3)."""

    cells: Annotated[tuple[Cell, ...], Field(min_length=1), AfterValidator(_unique)]
    layers: Annotated[
        tuple[Annotated[Integer, Field(ge=1, le=9)], ...],
        Field(min_length=1),
        AfterValidator(_unique),
    ]
    sizes: Annotated[
        tuple[Annotated[Integer, Field(ge=1, le=4096)], ...],
        Field(min_length=1),
        AfterValidator(_unique),
    ]
    """Parameter budgets, each named by the 1-layer LSTM with so many cells."""

    def models(self) -> tuple[str, ...]:
        """Model ids such as ``lstm-3x512``, cell by cell, then by layers, then by size."""
        combinations = product(self.cells, self.layers, self.sizes)
        return tuple(f"{cell}-{layers}x{size}" for cell, layers, size in combinations)


Grid = Annotated[tuple[GridBlock, ...], Field(min_length=1)]
PAPER_GRID = GridBlock(cells=("lstm", "rnn", "gru"), layers=(1, 2, 3), sizes=(64, 128, 256, 512))


class CorpusEntry(_Model):
    """One corpus: where its bytes come from, how they are split, which models it gets."""

    source: Source
    split: Literal["streams", "position"] = "streams"
    """streams: the paper's interleaved split; position: test text strictly after training text."""
    train: Share = 0.8
    """Fraction of the blocks used for training; what train and val leave is the test split."""
    val: Share = 0.1
    grid: tuple[GridBlock, ...] | None = None
    """This corpus's own recurrent models; null takes the top-level grid, [] means none."""

    @model_validator(mode="after")
    def _leaves_a_test_split(self) -> Self:
        if self.train + self.val > 1 - 1e-9:
            total = round(self.train + self.val, 9)
            raise problem("val", self.val, f"expected train + val < 1, but they sum to {total}")
        return self


class Training(_Model):
    """Optimisation of every recurrent model (paper, section 3.3)."""

    epochs: Annotated[Integer, Field(ge=1)] = 50
    batch: Annotated[Integer, Field(ge=1)] = 100
    """Parallel streams; also how the corpus is laid out and split."""
    unroll: Annotated[Integer, Field(ge=1)] = 100
    """Steps of truncated back-propagation through time; also the block of the split."""
    learning_rate: _number(gt=0) = 2e-3
    rmsprop_decay: _number(ge=0, lt=1) = 0.95
    epsilon: _number(gt=0) = 1e-8
    """Added to RMSProp's root mean square."""
    anneal_after: Annotated[Integer, Field(ge=0)] = 10
    """Epochs at the full learning rate."""
    anneal_factor: _number(gt=0, le=1) = 0.95
    """Factor on the learning rate at every later epoch."""
    clip: _number(gt=0) = 5.0
    """Every element of the gradient is clamped to [-clip, clip]."""
    init_range: _number(gt=0) = 0.08
    """Weights start uniform in [-init_range, init_range]."""
    dropout: Annotated[
        tuple[_number(ge=0, lt=1), ...],
        Field(min_length=1),
        AfterValidator(_unique),
    ] = (0.0,)
    """Candidates; validation chooses one per model."""
    patience: Annotated[Integer, Field(ge=1)] | None = None
    """Epochs without improvement before stopping; null never stops (the best epoch is kept)."""
    checkpoint_iterations: Annotated[
        tuple[Annotated[Integer, Field(ge=1)], ...], AfterValidator(_increasing)
    ] = ()
    """Iterations after which an early checkpoint is kept."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    precision: Literal["float32", "mixed"] = "float32"
    """mixed: float16 operands, float32 accumulation and weights, on CUDA only."""

    @model_validator(mode="after")
    def _mixed_needs_cuda(self) -> Self:
        if self.precision == "mixed" and self.device == "cpu":
            raise problem("precision", "mixed", "expected float32 when training.device is cpu")
        return self


Contexts = Annotated[
    tuple[Annotated[Integer, Field(ge=1, le=250)], ...],
    Field(min_length=1),
    AfterValidator(_increasing),
]
Corpora = tuple[CorpusName, ...] | None


class NGram(_Model):
    """The n-gram baselines (paper, section 4.3 and Table 2)."""

    contexts: Contexts = (1, 2, 3, 4, 5, 6, 7, 8, 9, 20)
    """Context lengths n in characters; the n-gram model of the paper has order n + 1."""
    corpora: Corpora = None
    """Which corpora get them; null means all, [] none."""


class NNN(_Model):
    """The n-NN baselines: one tanh layer over the last n characters (paper, section 4.3)."""

    contexts: Contexts = (1, 2, 3, 4, 5, 6, 7)
    """Context lengths n in characters."""
    widths: Annotated[
        tuple[Annotated[Integer, Field(ge=1, le=65_536)], ...],
        Field(min_length=1),
        AfterValidator(_unique),
    ] = (128, 256, 512)
    """Numbers of hidden units to try; validation chooses one per model."""
    corpora: Corpora = None
    """Which corpora get them; null means all, [] none."""


class Figure1(_Model):
    """Settings of the cross-entropy table and of the t-SNE of models."""

    bootstrap: Annotated[Integer, Field(ge=2)] = 100
    """Resamples behind each standard deviation."""
    perplexity: _number(gt=0) | None = None
    """Of the t-SNE; null chooses it from the number of models."""
    tsne_corpus: CorpusName | None = None
    """Whose models the t-SNE shows; null takes the first corpus."""


class Config(_Model):
    """A whole study."""

    run: RunName
    """Name of this config: everything it makes lies in results/{run}/."""
    seed: Annotated[Integer, Field(ge=0)] = 1
    corpora_dir: Text | None = None
    """Folder searched for corpus files before the network."""
    corpora: Annotated[dict[CorpusName, CorpusEntry], Field(min_length=1)]
    grid: Grid = (PAPER_GRID,)
    """Models of every corpus without a grid of its own: the union of the blocks."""
    training: Annotated[Training, BeforeValidator(_empty)] = Training()
    n_gram: Annotated[NGram, BeforeValidator(_empty)] = NGram()
    n_nn: Annotated[NNN, BeforeValidator(_empty)] = NNN()
    figure1: Annotated[Figure1, BeforeValidator(_empty)] = Figure1()

    @model_validator(mode="after")
    def _references(self) -> Self:
        if self.run == "reference":
            raise problem("run", "reference", "this name is kept for the committed reference run")
        for name in self.corpora:
            if name in RESERVED_CORPUS_NAMES:
                reserved = ", ".join(RESERVED_CORPUS_NAMES)
                raise problem(f"corpora.{name}", name, f"names kept for results: {reserved}")
        named = self.figure1.tsne_corpus
        if named is not None and named not in self.corpora:
            allowed = ", ".join(self.corpora)
            raise problem("figure1.tsne_corpus", named, f"expected one of the corpora: {allowed}")
        for section, names in (("n_gram", self.n_gram.corpora), ("n_nn", self.n_nn.corpora)):
            for name in names or ():
                if name not in self.corpora:
                    allowed = ", ".join(self.corpora)
                    message = f"expected names among the corpora: {allowed}"
                    raise problem(f"{section}.corpora", name, message)
        count = len(self.models(self.tsne_corpus))
        if count == 0:
            message = "expected a corpus with recurrent models (its grid is empty)"
            raise problem("figure1.tsne_corpus", self.tsne_corpus, message)
        perplexity = self.figure1.perplexity
        if perplexity is not None and perplexity >= count:
            allowed = f"expected less than {count}, the number of models of {self.tsne_corpus}"
            raise problem("figure1.perplexity", perplexity, allowed)
        return self

    @property
    def tsne_corpus(self) -> str:
        """The corpus whose models the t-SNE shows."""
        return self.figure1.tsne_corpus or next(iter(self.corpora))

    def models(self, corpus: str) -> tuple[str, ...]:
        """Model ids of one corpus in grid order, each once."""
        own = self.corpora[corpus].grid
        grid = self.grid if own is None else own
        return tuple(dict.fromkeys(model for block in grid for model in block.models()))

    def n_gram_models(self, corpus: str) -> tuple[str, ...]:
        """Ids of a corpus's n-gram models: ``n-gram-1``, …"""
        return _baselines("n-gram", self.n_gram, corpus)

    def n_nn_models(self, corpus: str) -> tuple[str, ...]:
        """Ids of a corpus's n-NN models: ``n-nn-1``, …"""
        return _baselines("n-nn", self.n_nn, corpus)

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


def _baselines(name: str, section: NGram | NNN, corpus: str) -> tuple[str, ...]:
    wanted = section.corpora is None or corpus in section.corpora
    return tuple(f"{name}-{n}" for n in section.contexts) if wanted else ()


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
