"""The config's ``training`` section: the recipe of every recurrent model (paper, section 3.3)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from charlens.config_types import Integer, Number, Section, unique

Dropout = Annotated[
    tuple[Annotated[float, Number(ge=0, lt=1)], ...],
    Field(min_length=1),
    AfterValidator(unique),
]

Epochs = Annotated[Integer, Field(ge=1, le=100_000)]
Batch = Annotated[Integer, Field(ge=1)]
Unroll = Annotated[Integer, Field(ge=1)]
LearningRate = Annotated[float, Number(gt=0, le=10)]
AnnealAfter = Annotated[Integer, Field(ge=0)]
AnnealFactor = Annotated[float, Number(gt=0, le=1)]


class AdamWSettings(Section):
    """Optimisation of the families that AdamW trains (Loshchilov and Hutter 2019)."""

    learning_rate: LearningRate = 8e-3
    """The highest; it rises to it linearly, then falls to 0 as half a cosine."""
    warm_up: Annotated[float, Number(ge=0, lt=1)] = 0.02
    """Share of all updates in which the rate rises."""
    weight_decay: Annotated[float, Number(ge=0, le=10)] = 0.1
    """Of matrices; biases and gains have none."""
    momentum: Annotated[float, Number(ge=0, lt=1)] | None = None
    """Weight of the past in the mean of the gradients (beta 1); 0 takes the last gradient alone.
    Null is 0.5 for lstm_adamw, which 0.9 slows down, and 0.9 for the others."""


class Training(Section):
    """Optimisation of every network (paper, section 3.3).

    Defaults are the paper's; those of a config are in :mod:`charlens.study.default_study`.
    """

    epochs: Epochs = 50
    batch: Batch = 100
    """Parallel streams; also how the corpus is laid out and split."""
    unroll: Unroll = 100
    """Steps of truncated back-propagation through time; also the block of the split."""
    learning_rate: LearningRate = 2e-3
    rmsprop_decay: Annotated[float, Number(ge=0, lt=1)] = 0.95
    """Weight of the past in RMSProp's mean of squared gradients."""
    epsilon: Annotated[float, Number(ge=1e-30, le=1)] = 1e-8
    """Added to RMSProp's root mean square."""
    anneal_after: AnnealAfter = 10
    """Epochs at the full learning rate."""
    anneal_factor: AnnealFactor = 0.95
    """Factor on the learning rate at every later epoch."""
    clip: Annotated[float, Number(gt=0, le=1_000_000)] = 5.0
    """Every element of the gradient is clamped to [-clip, clip]."""
    init_range: Annotated[float, Number(gt=0, le=10)] = 0.08
    """Weights start uniform in [-init_range, init_range]."""
    adamw: AdamWSettings = AdamWSettings()
    """In place of the learning rate, annealing, RMSProp and clipping above."""
    dropout: Dropout = (0.0,)
    """Candidates; validation chooses one per model. A block of the grid may have its own."""
    patience: Annotated[Integer, Field(ge=1)] | None = None
    """Epochs without improvement after which a candidate stops; null never stops any. The best
    epoch is kept."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """auto takes a GPU where torch can use one."""
    precision: Literal["float32", "mixed"] = "float32"
    """Operands of large products in training. mixed: float16 on CUDA, bfloat16 on processors that
    multiply it natively, float32 on others; sums, weights and predictions are float32."""

    def with_momentum(self, momentum: float | None) -> Training:
        """The settings, with this momentum of AdamW unless they name one."""
        if momentum is None or self.adamw.momentum is not None:
            return self
        adamw = self.adamw.model_copy(update={"momentum": momentum})
        return self.model_copy(update={"adamw": adamw})
