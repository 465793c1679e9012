"""What a study does with its trained models: the config's sections on baselines and figures."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from charlens.config_values import CorpusName, Integer, Section, Text, increasing, number, unique

Contexts = Annotated[
    tuple[Annotated[Integer, Field(ge=1, le=250)], ...],
    Field(min_length=1),
    AfterValidator(increasing),
]
Corpora = tuple[CorpusName, ...] | None


class NGram(Section):
    """The n-gram baselines (paper, section 4.3 and Table 2)."""

    contexts: Contexts = (1, 2, 3, 4, 5, 6, 7, 8, 9, 20)
    """Context lengths n in characters; the n-gram model of the paper has order n + 1."""
    corpora: Corpora = None
    """Which corpora get them; null means all, [] none."""


class NNN(Section):
    """The n-NN baselines: one tanh layer over the last n characters (paper, section 4.3)."""

    contexts: Contexts = (1, 2, 3, 4, 5, 6, 7)
    """Context lengths n in characters."""
    widths: Annotated[
        tuple[Annotated[Integer, Field(ge=1, le=65_536)], ...],
        Field(min_length=1),
        AfterValidator(unique),
    ] = (128, 256, 512)
    """Numbers of hidden units to try; validation chooses one per model."""
    corpora: Corpora = None
    """Which corpora get them; null means all, [] none."""


ModelName = Annotated[Text, Field(pattern="^[a-z][a-z0-9_]*-[a-z0-9-]+$", examples=["lstm-3x512"])]


class ActivationDump(Section):
    """One model whose activations over the test split are kept (rule dump_activations)."""

    corpus: CorpusName
    model: ModelName
    quantities: Annotated[tuple[Text, ...], Field(min_length=1), AfterValidator(unique)] | None = (
        None
    )
    """By the paper's letters: h, c, i, f, o, g of an LSTM; h, r, z, n of a GRU; h of an RNN. Null
    keeps all."""
    positions: (
        Annotated[
            tuple[Annotated[Integer, Field(ge=0)], Annotated[Integer, Field(ge=1)]],
            AfterValidator(increasing),
        ]
        | None
    ) = None
    """First character and the one after the last, counted over the test split; null keeps all."""


class Figure1(Section):
    """Settings of the cross-entropy table and of the t-SNE of models."""

    bootstrap: Annotated[Integer, Field(ge=2)] = 100
    """Resamples behind each standard deviation."""
    perplexity: number(gt=0) | None = None
    """Of the t-SNE; null chooses it from the number of models."""
    tsne_corpus: CorpusName | None = None
    """Whose models the t-SNE shows; null takes the first corpus."""


class Figure2(Section):
    """Which networks are searched for cells that track something (paper, section 4.2)."""

    models: dict[CorpusName, ModelName] | None = None
    """One per corpus; null takes the LSTM with the largest budget of every corpus."""


class Figure3(Section):
    """Whose gates are looked at (paper, section 4.2)."""

    corpus: CorpusName | None = None
    """Null takes the first corpus with an LSTM or a GRU."""
    models: Annotated[tuple[ModelName, ...], Field(min_length=1), AfterValidator(unique)] | None = (
        None
    )
    """Null takes the deepest LSTM and the deepest GRU, of those the largest."""
