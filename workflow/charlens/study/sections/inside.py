"""The config's sections on what is inside networks: activations, cells, gates, the explorer."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from charlens.config_types import CorpusName, Integer, Section, Text, increasing, unique
from charlens.study.sections.names import Corpora, ModelName, ModelNames


class ActivationDump(Section):
    """One model whose activations over the test split are kept (rule dump_activations).

    Left out where the study has no such model, so that a grid can be cut on the command line.
    """

    corpus: CorpusName
    """Over whose test split."""
    model: ModelName
    """A recurrent model of its grid."""
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


class Figure2(Section):
    """Which networks are searched for cells that track something (paper, section 4.2)."""

    models: dict[CorpusName, ModelName] | None = None
    """One recurrent model per corpus; null takes the LSTM with the largest budget of each."""


class Figure3(Section):
    """Whose gates are looked at (paper, section 4.2)."""

    corpus: CorpusName | None = None
    """Null takes the first corpus with an LSTM or a GRU."""
    models: ModelNames | None = None
    """LSTMs and GRUs; null takes the deepest of each, of those the largest."""


class Cells(Section):
    """What is asked of the cells that track something: chance, baselines, memory (Figure 7)."""

    models: (
        dict[
            CorpusName,
            ModelNames,
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


class Universality(Section):
    """Whether other trainings have the same cells (Figure 10)."""

    corpora: Corpora = None
    """Null takes all that have networks trained from several seeds, [] none."""
    models: ModelNames | None = None
    """Recurrent models, as far as a corpus has them, whatever their seeds; null takes those trained
    from several."""
    concept: Text | None = None
    """Whose cells are shown, a yes or no such as `inside_quotes`; null takes the first that the
    kind of text has."""
    rotations: Annotated[Integer, Field(ge=2, le=1000)] = 20
    """Random rotations of each network, the baseline of a match."""


class Explorer(Section):
    """The page on which cells and predictions can be looked at in a browser."""

    models: (
        dict[
            CorpusName,
            ModelNames,
        ]
        | None
    ) = None
    """Recurrent models by corpus, the one shown first first; null takes those that `cells` and
    `activations` name and, where that is a single one, the largest of another cell to compare with.
    {} makes no page."""
    positions: Annotated[Integer, Field(ge=100, le=1_000_000)] = 20_000
    """Characters of each corpus, the first of the half of the test text that chose no cell."""
