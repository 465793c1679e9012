"""Corpora, models and lengths of context, as several sections of the config name them."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from charlens.config_types import (
    LONGEST_NAME,
    CorpusName,
    Integer,
    Text,
    increasing,
    matching,
    unique,
)
from charlens.models.catalogue import LSTM
from charlens.models.names import EXAMPLE
from charlens.paper.definitions import BEST, DEEPEST

Lengths = tuple[Annotated[Integer, Field(ge=1, le=250)], ...]
AnyContexts = Annotated[Lengths, AfterValidator(increasing)]
Contexts = Annotated[Lengths, Field(min_length=1), AfterValidator(increasing)]

WATCHED_CONTEXTS = (1, 2, 3, 4)
"""Context lengths that Figure 5 right compares with where the config names none."""

STREAMS_TO_JUDGE, STREAMS_TO_INTERVENE = 2, 4
"""Test streams, as many as training.batch, that evidence about cells and interventions need: some
to choose cells on, others to judge them on."""

Corpora = Annotated[tuple[CorpusName, ...], AfterValidator(unique)] | None

ModelName = Annotated[
    Text,
    matching("^[a-z][a-z0-9_]*-[a-z0-9-]+$", "the name of a model", EXAMPLE, LONGEST_NAME),
]

ModelNames = Annotated[tuple[ModelName, ...], Field(min_length=1), AfterValidator(unique)]
"""At least one, each once."""

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
