"""The config's sections on the analyses of predictions."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from charlens.config_types import (
    CorpusName,
    Integer,
    Number,
    Section,
    Text,
    increasing,
    matching,
    opening_and_closing,
    unique,
)
from charlens.paper.definitions import BEST, ERROR_BELOW, ORACLE_DEFINITIONS
from charlens.study.sections.names import Contexts, Corpora, ModelName, ModelNames, Network


class Figure1(Section):
    """Settings of the cross-entropy table and of the t-SNE of models."""

    bootstrap: Annotated[Integer, Field(ge=2, le=100_000)] = 100
    """Resamples of test streams behind each standard deviation."""
    perplexity: Annotated[float, Number(gt=0)] | None = None
    """Of the t-SNE; null chooses it from the number of models."""
    tsne_corpus: CorpusName | None = None
    """Whose models the t-SNE shows; null takes the first corpus that has recurrent models."""


class Figure4(Section):
    """Whose errors overlap, and which characters each model is better at (paper, section 4.3)."""

    corpora: Corpora = None
    """Null takes all that have such an LSTM and n-gram models."""
    network: Network = BEST
    """best: the LSTM of the lowest validation loss; deepest: of the deepest LSTMs the one of the
    lowest test loss, as in the paper; or the name of an LSTM."""
    min_count: Annotated[Integer, Field(ge=1, le=1_000_000_000)] = 50
    """Characters that come less often in the test split are not ranked."""
    standard_errors: Annotated[float, Number(ge=0, le=100)] = 2.0
    """A character is shown where a lead is larger than so many of its standard errors; 0 shows all
    that are ranked."""
    characters: Annotated[Integer, Field(ge=1, le=256)] = 10
    """How many to show each way."""
    rows: Annotated[Integer, Field(ge=1, le=1000)] = 5
    """How many corpora the figure draws, one below the other; a model of yours has a row of its
    own and goes first. The tables have all."""


Pair = Annotated[
    Text,
    matching(r"^[^\s\x00-\x1f\x7f]{2}$", "two characters other than spaces", "{}"),
    AfterValidator(opening_and_closing),
]


class Dynamics(Section):
    """A network early in its training against trained baselines (paper, Figure 5 right)."""

    corpus: CorpusName | None = None
    """Null takes the first corpus with such a model and baselines."""
    model: ModelName | None = None
    """Of any cell; the paper's is an LSTM. It is watched while it trains, when nobody knows which
    will be the best: null takes the LSTM with the largest budget, of equal ones the deepest."""
    epochs: Annotated[Integer, Field(ge=1)] = 3
    """How long it is watched; at most training.epochs."""
    points_per_epoch: Annotated[Integer, Field(ge=1, le=100)] = 8
    """Checkpoints kept in each of these epochs."""
    contexts: Contexts | None = None
    """Context lengths of the n-NNs and n-gram models to compare with; null takes those from 1 to 4
    that exist."""


class Figure5(Section):
    """Closing brackets by distance, and training dynamics (paper, section 4.3)."""

    corpora: Corpora = None
    """Whose closing brackets; null takes all that have such an LSTM and n-gram models."""
    network: Network = BEST
    """Whose predictions of closing brackets, as for Figure 4: best, deepest or the name of an
    LSTM."""
    pairs: Annotated[tuple[Pair, ...], Field(min_length=1), AfterValidator(unique)] | None = None
    """Opening and closing characters, such as {} or （）; two quotes ("") for quotations in the
    double quotes of any script. Null takes braces in C and quotations in prose."""
    bins: Annotated[
        tuple[Annotated[Integer, Field(ge=0, le=1_000_000_000)], ...],
        Field(min_length=2),
        AfterValidator(increasing),
    ] = (0, 20, 40, 60, 80, 100, 125, 150, 200, 250, 300)
    """Borders of the groups of distances, in characters."""
    dynamics: Dynamics | None = Dynamics()
    """Null keeps no early checkpoints and draws no dynamics."""


class Figure6(Section):
    """Errors broken down by what would remove them (paper, section 4.4)."""

    corpus: CorpusName | None = None
    """Null takes the first corpus with an LSTM and n-gram models."""
    threshold: Annotated[float, Number(gt=0, lt=1)] = ERROR_BELOW
    """A character is an error where its probability is below this."""
    definitions: Literal[tuple(ORACLE_DEFINITIONS)] = "fitted"  # type: ignore[valid-type]
    """fitted: memory of words of five letters or more, three characters after a newline, which
    reproduces the paper's slices; stated: all words, one character, as its text reads."""


Start = Literal["swap", "zero", "mean"]


class Context(Section):
    """How far back predictions depend on the text: context curves (Figure 9).

    Its choice of models holds for probes, too.
    """

    corpora: Corpora = None
    """Null takes all that have recurrent models, [] none."""
    models: ModelNames | None = None
    """Recurrent models, as far as a corpus has them; null takes of each cell the one with the
    largest budget, of equal ones the deepest. The longest n-NN and n-gram model join them."""
    anchors: Annotated[Integer, Field(ge=20, le=1_000_000)] = 1000
    """Characters whose prediction is measured; rare classes get up to a tenth more of their own."""
    lengths: Annotated[
        tuple[Annotated[Integer, Field(ge=0, le=100_000)], ...],
        Field(min_length=2),
        AfterValidator(increasing),
    ] = (0, 1, 2, 3, 4, 5, 7, 10, 14, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700, 1000)
    """Characters of context; those that test streams are too short for are left out."""
    starts: Annotated[tuple[Start, ...], Field(min_length=1), AfterValidator(unique)] = (
        "swap",
        "zero",
    )
    """What stands in for the rest: the state after another stream, none, or a mean state."""
    classes: bool = True
    """Whether there are curves by class of character."""


class Probes(Section):
    """For how long quotations, comments, blocks and new words are remembered (Figure 9)."""

    contexts: Annotated[Integer, Field(ge=20, le=100_000)] = 200
    """Places of the test text where each probe is put in."""
    distances: Annotated[
        tuple[Annotated[Integer, Field(ge=1, le=100_000)], ...],
        Field(min_length=1),
        AfterValidator(increasing),
    ] = (10, 20, 50, 100, 200, 400, 800)
    """Characters until it is measured; met to a quarter."""
    bins: Annotated[
        tuple[Annotated[Integer, Field(ge=0, le=1_000_000_000)], ...],
        Field(min_length=2),
        AfterValidator(increasing),
    ] = (0, 20, 40, 60, 80, 100, 150, 200, 300, 500, 1000)
    """Borders of the groups of distances of the text's own closing characters."""


class Leakage(Section):
    """How much test text the training text has word for word, what that is worth (Figure 12)."""

    corpora: Corpora = None
    """Null takes all that have a model, [] none."""
    least: Annotated[Integer, Field(ge=2, le=255)] = 30
    """Bytes of a passage that counts as copied, where losses on copied text are compared."""
