"""The config's sections on models besides the grid of networks."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from charlens.config_types import (
    LONGEST_NAME,
    CorpusName,
    Integer,
    Section,
    Sha256,
    Text,
    matching,
    not_repeating,
    unique,
)
from charlens.models.catalogue import SCORERS
from charlens.study.sections.names import Contexts, Corpora


class NGram(Section):
    """The n-gram baselines (paper, section 4.3 and Table 2)."""

    contexts: Contexts = (1, 2, 3, 4, 5, 6, 7, 8, 9, 20)
    """Context lengths n in characters; the n-gram model of the paper has order n + 1."""
    corpora: Corpora = None
    """Which corpora get them; null means all, [] none."""


class NNN(Section):
    """The n-NN baselines: one tanh layer over the last n characters (paper, section 4.3)."""

    contexts: Contexts = (1, 2, 3, 4)
    """Context lengths n in characters; the paper's go to 7. A corpus can have its own."""
    widths: Annotated[
        tuple[Annotated[Integer, Field(ge=1, le=65_536)], ...],
        Field(min_length=1),
        AfterValidator(unique),
    ] = (128,)
    """Numbers of hidden units to try; validation chooses one per model."""
    corpora: Corpora = None
    """Which corpora get them; null means all, [] none."""


class Compressors(Section):
    """General compressors beside Table 2: what they need for the test text."""

    names: Annotated[tuple[Literal["xz", "zstd", "ppmd"], ...], AfterValidator(unique)] = (
        "xz",
        "zstd",
        "ppmd",
    )
    """Which of them."""
    corpora: Corpora = None
    """Which texts are compressed; null means all that Table 2 shows, [] none."""


ExternalName = Annotated[
    Text,
    matching(
        "^[a-z][a-z0-9_-]*$",
        "text of lower-case letters a-z, digits, - and _, a letter first",
        "my-model",
        LONGEST_NAME,
    ),
    AfterValidator(not_repeating),
]


class External(Section):
    """A model from elsewhere: its probabilities for the test split of one corpus."""

    corpus: CorpusName
    """Whose test split it predicts."""
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
