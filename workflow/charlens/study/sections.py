"""What a study does with its trained models: the config's sections on baselines and figures."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from charlens.config_types import (
    LONGEST_NAME,
    CorpusName,
    Integer,
    Number,
    Section,
    Sha256,
    Text,
    increasing,
    matching,
    opening_and_closing,
    unique,
)
from charlens.models.catalogue import LSTM, SCORERS
from charlens.models.names import EXAMPLE
from charlens.paper.definitions import BEST, DEEPEST, ERROR_BELOW, ORACLE_DEFINITIONS

Contexts = Annotated[
    tuple[Annotated[Integer, Field(ge=1, le=250)], ...],
    Field(min_length=1),
    AfterValidator(increasing),
]
Corpora = Annotated[tuple[CorpusName, ...], AfterValidator(unique)] | None


class NGram(Section):
    """The n-gram baselines (paper, section 4.3 and Table 2)."""

    contexts: Contexts = (1, 2, 3, 4, 5, 6, 7, 8, 9, 20)
    """Context lengths n in characters; the n-gram model of the paper has order n + 1."""
    corpora: Corpora = None
    """Which corpora get them; null means all, [] none."""


class Compressors(Section):
    """General compressors beside Table 2: what they need for the test text."""

    names: Annotated[tuple[Literal["xz", "zstd", "ppmd"], ...], AfterValidator(unique)] = (
        "xz",
        "zstd",
        "ppmd",
    )
    corpora: Corpora = None
    """Which texts are compressed; null means all that Table 2 shows, [] none."""


class NNN(Section):
    """The n-NN baselines: one tanh layer over the last n characters (paper, section 4.3)."""

    contexts: Contexts = (1, 2, 3, 4)
    """Context lengths n in characters; the paper's go to 7."""
    widths: Annotated[
        tuple[Annotated[Integer, Field(ge=1, le=65_536)], ...],
        Field(min_length=1),
        AfterValidator(unique),
    ] = (128,)
    """Numbers of hidden units to try; validation chooses one per model."""
    corpora: Corpora = None
    """Which corpora get them; null means all, [] none."""


ModelName = Annotated[
    Text,
    matching("^[a-z][a-z0-9_]*-[a-z0-9-]+$", "the name of a model", EXAMPLE, LONGEST_NAME),
]
ExternalName = Annotated[
    Text,
    matching(
        "^[a-z][a-z0-9_-]*$",
        "text of lower-case letters, digits, - and _, a letter first",
        "my-model",
        LONGEST_NAME,
    ),
]


class ActivationDump(Section):
    """One model whose activations over the test split are kept (rule dump_activations).

    Left out where the study has no such model, so that a grid can be cut on the command line.
    """

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
    dtype: Literal["float32", "float16"] = "float32"
    """Of the columns; values have half precision in both. float16 is a tenth smaller on disk, but
    pandas' sums, means and standard deviations of such columns overflow."""


class Cells(Section):
    """What is asked of the cells that track something: chance, baselines, memory (Figure 7)."""

    models: (
        dict[
            CorpusName,
            Annotated[tuple[ModelName, ...], Field(min_length=1), AfterValidator(unique)],
        ]
        | None
    ) = None
    """Recurrent models by corpus; null takes those whose cells Figure 2 shows."""
    permutations: Annotated[Integer, Field(ge=100, le=100_000)] = 2000
    """Of the test streams, behind each p value."""
    bootstrap: Annotated[Integer, Field(ge=100, le=100_000)] = 2000
    """Resamples of the test streams, behind each interval."""
    untrained: Annotated[Integer, Field(ge=2, le=1000)] = 20
    """Networks with initial weights, and as many with shuffled ones."""
    controls: Annotated[Integer, Field(ge=10, le=10_000)] = 200
    """Arbitrary properties of the text, at most, for each concept."""


Mode = Literal["low", "high", "mean", "zero", "resample"]
"""A way to intervene on a cell: :data:`charlens.inside.interventions.clamps.MODES`."""


class Intervention(Section):
    """Networks whose cells are set to values while they read the test split (Figure 8).

    A cell that follows something may cause predictions or go along with them.
    """

    corpus: CorpusName | None = None
    """Null takes every corpus that Figure 2 shows cells of."""
    model: ModelName | None = None
    """A recurrent model of the corpus; null takes the one whose cells Figure 2 shows."""
    cells: (
        Annotated[
            tuple[
                tuple[Annotated[Integer, Field(ge=1)], Annotated[Integer, Field(ge=0)]],
                ...,
            ],
            Field(min_length=1),
            AfterValidator(unique),
        ]
        | None
    ) = None
    """Layer, from 1, and unit of each; null takes the best cell of each concept."""
    concepts: Annotated[tuple[Text, ...], Field(min_length=1), AfterValidator(unique)] | None = None
    """What cells may follow, by the names in tables/cells; null takes those that Figure 2 shows."""
    modes: Annotated[tuple[Mode, ...], Field(min_length=1), AfterValidator(unique)] = (
        "low",
        "high",
        "resample",
        "mean",
    )
    """low, high: the cell's mean where the concept is absent and where it is present; mean: its
    overall mean; zero; resample: what it did in another stream. low and high are always added."""
    controls: Annotated[Integer, Field(ge=1, le=10_000)] = 50
    """Other cells of the layer to compare with; all where there are at most twice as many."""
    characters: Annotated[Integer, Field(ge=1)] = 40_000
    """Characters of the held-out half that are read under each intervention, at most."""
    bootstrap: Annotated[Integer, Field(ge=2, le=100_000)] = 2_000
    """Resamples of streams behind each interval."""


class Figure1(Section):
    """Settings of the cross-entropy table and of the t-SNE of models."""

    bootstrap: Annotated[Integer, Field(ge=2, le=100_000)] = 100
    """Resamples of test streams behind each standard deviation."""
    perplexity: Annotated[float, Number(gt=0)] | None = None
    """Of the t-SNE; null chooses it from the number of models."""
    tsne_corpus: CorpusName | None = None
    """Whose models the t-SNE shows; null takes the first corpus that has recurrent models."""


class Figure2(Section):
    """Which networks are searched for cells that track something (paper, section 4.2)."""

    models: dict[CorpusName, ModelName] | None = None
    """One recurrent model per corpus; null takes the LSTM with the largest budget of each."""


class Figure3(Section):
    """Whose gates are looked at (paper, section 4.2)."""

    corpus: CorpusName | None = None
    """Null takes the first corpus with an LSTM or a GRU."""
    models: Annotated[tuple[ModelName, ...], Field(min_length=1), AfterValidator(unique)] | None = (
        None
    )
    """LSTMs and GRUs; null takes the deepest of each, of those the largest."""


class External(Section):
    """A model from elsewhere: its probabilities for the test split of one corpus."""

    corpus: CorpusName
    model: ExternalName
    """Its name in tables and figures."""
    file: Text
    """Parquet or CSV with the columns position and probability; others of the probabilities
    contract (stream, byte, entropy in nats, top_byte, top_probability) are used if present. Or a
    .npy array of the probabilities alone, in the order of the test split."""
    corpus_sha256: Sha256 | None = None
    """Checksum of the corpus that was scored, compared with ours; null trusts the file."""


class Scored(Section):
    """A trained network that predicts in another way than alone."""

    scorer: Literal[tuple(SCORERS)]  # type: ignore[valid-type]
    """ngram: mixed with the n-gram model of the longest context by how sure each is; the weights
    are fitted on the validation split. cache: mixed with what followed its own states of the last
    3,000 characters when they were like the present one. dynamic: after each 20 characters its
    weights take a gradient step on them (dynamic evaluation). The last two adapt to the test
    text."""
    corpus: CorpusName | None = None
    """Its corpus; null: all that have the network and what the scorer needs."""
    model: Text | None = None
    """The network; null: the one whose cells Figure 2 shows."""


Network = Annotated[
    Text,
    matching(
        f"^({BEST}|{DEEPEST}|{LSTM}-[0-9]+x[0-9]+)$",
        f"{BEST}, {DEEPEST} or the name of an LSTM",
        EXAMPLE,
        LONGEST_NAME,
    ),
]
"""Which LSTM is set against the n-gram and n-NN models."""


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


Pair = Annotated[
    Text,
    matching("^[!-~]{2}$", "two ASCII characters other than spaces", "{}"),
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
    contexts: Contexts = (1, 2, 3, 4)
    """Context lengths of the n-NNs and n-gram models to compare with, as far as they exist."""


class Figure5(Section):
    """Closing brackets by distance, and training dynamics (paper, section 4.3)."""

    corpora: Corpora = None
    """Whose closing brackets; null takes all that have such an LSTM and n-gram models."""
    network: Network = BEST
    """Whose predictions of closing brackets, as for Figure 4: best, deepest or the name of an
    LSTM."""
    pairs: Annotated[tuple[Pair, ...], Field(min_length=1), AfterValidator(unique)] | None = None
    """Opening and closing characters, such as {} or (); two quotes for quotations. Null takes
    braces in C and quotations in prose."""
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
    models: Annotated[tuple[ModelName, ...], Field(min_length=1), AfterValidator(unique)] | None = (
        None
    )
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


class Universality(Section):
    """Whether other trainings have the same cells (Figure 10)."""

    corpora: Corpora = None
    """Null takes all that have networks trained from several seeds, [] none."""
    models: Annotated[tuple[ModelName, ...], Field(min_length=1), AfterValidator(unique)] | None = (
        None
    )
    """Recurrent models, as far as a corpus has them, whatever their seeds; null takes those trained
    from several."""
    concept: Text | None = None
    """Whose cells are shown, a yes or no such as `inside_quotes`; null takes the first that the
    kind of text has."""
    rotations: Annotated[Integer, Field(ge=2, le=1000)] = 20
    """Random rotations of each network, the baseline of a match."""


class Leakage(Section):
    """How much test text the training text has word for word, what that is worth (Figure 12)."""

    corpora: Corpora = None
    """Null takes all that have a model, [] none."""
    least: Annotated[Integer, Field(ge=2, le=255)] = 30
    """Bytes of a passage that counts as copied, where losses on copied text are compared."""


class Explorer(Section):
    """The page on which cells and predictions can be looked at in a browser."""

    models: (
        dict[
            CorpusName,
            Annotated[tuple[ModelName, ...], Field(min_length=1), AfterValidator(unique)],
        ]
        | None
    ) = None
    """Recurrent models by corpus, the one shown first first; null takes those that `cells` and
    `activations` name and, where that is a single one, the largest of another cell to compare with.
    {} makes no page."""
    positions: Annotated[Integer, Field(ge=100, le=1_000_000)] = 20_000
    """Characters of each corpus, the first of the half of the test text that chose no cell."""
