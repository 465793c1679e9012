"""The grid and the recipe of the default study, which a config gets where it says nothing.

They are those of ``config.yaml``, so that a config of three lines runs in minutes on two cores. The
paper's own are in ``config.paper.yaml``, and the defaults of
:class:`~charlens.training.settings.Training`. Who trains in a notebook gets those here, too.
"""

from __future__ import annotations

from itertools import product
from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator

from charlens.config_types import Integer, Section, Seeds, unique
from charlens.models.catalogue import LSTM, PAPER_CELLS
from charlens.models.names import ModelId
from charlens.study.cells import Cell
from charlens.training.settings import (
    AdamWSettings,
    AnnealAfter,
    AnnealFactor,
    Batch,
    Dropout,
    Epochs,
    LearningRate,
    Training,
    Unroll,
)


class GridBlock(Section):
    """The models of one block are the product of its three lists (paper, section 3)."""

    cells: Annotated[tuple[Cell, ...], Field(min_length=1), AfterValidator(unique)]
    """lstm, rnn and gru are the paper's; lstm_adamw, mingru and gpt are trained by AdamW."""
    layers: Annotated[
        tuple[Annotated[Integer, Field(ge=1, le=9)], ...],
        Field(min_length=1),
        AfterValidator(unique),
    ]
    """Numbers of layers."""
    sizes: Annotated[
        tuple[Annotated[Integer, Field(ge=1, le=4096)], ...],
        Field(min_length=1),
        AfterValidator(unique),
    ]
    """Parameter budgets, each named by the 1-layer LSTM with so many cells."""
    dropout: Dropout | None = None
    """Candidates of this block's models; null takes those of training."""
    adamw: AdamWSettings | None = None
    """What differs for this block's models from training.adamw; a key left out is as there."""
    seeds: Seeds | None = None
    """Trainings of this block's models, as the study's `seeds`, which null takes."""

    def models(self) -> tuple[str, ...]:
        """Model ids such as ``lstm-3x512``, cell by cell, then by layers, then by size."""
        combinations = product(self.cells, self.layers, self.sizes)
        return tuple(str(ModelId(*combination)) for combination in combinations)

    def training(self, general: Training) -> Training:
        """The training section of this block's models: the study's, with what differs here."""
        own: dict[str, Any] = {"dropout": self.dropout} if self.dropout else {}
        if self.adamw is not None:
            named = {key: getattr(self.adamw, key) for key in self.adamw.model_fields_set}
            own["adamw"] = general.adamw.model_copy(update=named)
        return general.model_copy(update=own)


DEFAULT_EPOCHS = 2
"""Passes over the training split; the schedule of the learning rate is made for so few."""

MOST_STREAMS = 2**15
"""Streams that a probabilities file can number, in 16 bits."""

DEFAULT_GRID = (
    GridBlock(cells=PAPER_CELLS, layers=(1, 2, 3), sizes=(64,)),
    GridBlock(cells=(LSTM,), layers=(1,), sizes=(128,)),
    GridBlock(cells=(LSTM,), layers=(1,), sizes=(32,), seeds=3),
)
"""Eleven models: every cell and depth at one budget, and one row of budgets; the smallest of them
from three seeds."""


class StudyTraining(Training):
    """Optimisation of every recurrent model; a short recipe unless the config says another.

    What is not listed here is the paper's (section 3.3).
    """

    epochs: Epochs = DEFAULT_EPOCHS
    """Passes over the training split; the paper's are 50."""
    batch: Annotated[Batch, Field(le=MOST_STREAMS)] = 20
    """Parallel streams; also how the corpus is laid out and split. The paper's are 100."""
    unroll: Unroll = 50
    """Steps of truncated back-propagation through time; also the block of the split. The paper's
    are 100."""
    learning_rate: LearningRate = 5e-3
    """The paper's is 0.002."""
    anneal_after: AnnealAfter = 1
    """Epochs at the full learning rate; the paper's 10 where `epochs` is more than 2."""
    anneal_factor: AnnealFactor = 0.5
    """Factor on the learning rate at every later epoch; the paper's 0.95 where `epochs` is more
    than 2: halved every time, nothing would be learnt after a few."""

    @model_validator(mode="before")
    @classmethod
    def _anneal_slowly_over_many_epochs(cls, values: object) -> object:
        """Take the paper's annealing for more epochs than the default study's."""
        if not isinstance(values, dict):
            return values
        epochs = values.get("epochs")
        if not isinstance(epochs, int) or epochs <= DEFAULT_EPOCHS:
            return values
        names = ("anneal_after", "anneal_factor")
        return {name: Training.model_fields[name].default for name in names} | values
