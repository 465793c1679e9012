"""The losses of networks that were trained several times, by stream of the test split.

Two things move a mean test loss: the seed of the training, and which streams of text the test split
holds. The first is seen in the spread of the runs, the second by resampling whole streams.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from charlens.analyses.seed_interval import pooled_variance
from charlens.errors import CharlensError
from charlens.models import names as model_id
from charlens.models.divergence import is_diverged, uniform_loss
from charlens.predictions.contract import LOG
from charlens.predictions.loss import losses_of, runs
from charlens.predictions.together import Source, Together
from charlens.runtime.randomness import generator
from charlens.runtime.resampling import resample_streams
from charlens.text.corpus import Corpus


@dataclass
class Network:
    """One network of the grid and its trainings.

    Attributes:
        corpus: its corpus.
        model: its id.
        uniform: loss of a uniform guess, nats per character.
        lengths: characters of each run of text that is resampled, shape (texts,).
        sums: seed -> summed loss of each run of text, nats, shape (texts,).
    """

    corpus: str
    model: str
    uniform: float
    lengths: np.ndarray
    sums: dict[int, np.ndarray] = field(default_factory=dict)

    @property
    def cell(self) -> str:
        """Its cell, such as lstm."""
        return model_id.grid_point(self.model).cell

    @property
    def losses(self) -> np.ndarray:
        """Mean test loss of each training, nats per character, shape (seeds,)."""
        return np.array([sums.sum() for sums in self.sums.values()]) / self.lengths.sum()

    @property
    def mean(self) -> float:
        """Their mean."""
        return float(self.losses.mean())

    @property
    def is_sound(self) -> bool:
        """Whether none of its trainings diverged."""
        return not any(is_diverged(loss, self.uniform) for loss in self.losses)

    def resampled(self, times: np.ndarray) -> np.ndarray:
        """The mean over its trainings, on resampled text.

        Args:
            times: how often each run of text is drawn, shape (resamples, texts).

        Returns:
            Nats per character, shape (resamples,).
        """
        mean = np.mean(list(self.sums.values()), axis=0)
        return (times @ mean) / (times @ self.lengths)


def networks(
    runs_of: Mapping[int, Iterable[Source]], corpora: Sequence[Corpus]
) -> dict[str, list[Network]]:
    """Read the trainings of networks, one file at a time.

    Args:
        runs_of: seed -> probabilities files, or predictions in memory, of its trainings.
        corpora: those of the files, as they are now.

    Returns:
        Corpus -> its networks in the order in which they come; those of a single seed too.

    Raises:
        CharlensError: a file that is damaged, of another corpus, or of another seed than is said.
    """
    known: dict[tuple[str, str], Network] = {}
    for seed, sources in runs_of.items():
        for predicted in Together(corpora).read(
            sources, ["probability", "stream"], where_known=[LOG]
        ):
            made = predicted.metadata
            if made.seed != seed:
                raise CharlensError(
                    f"{predicted.path}: made with seed {made.seed}, expected {seed}; delete it "
                    "and run again"
                )
            edges = runs(predicted.columns["stream"])
            network = known.setdefault(
                (made.corpus, made.model),
                Network(made.corpus, made.model, _uniform(predicted.corpus), np.diff(edges)),
            )
            network.sums[seed] = np.add.reduceat(losses_of(predicted.columns), edges[:-1])
    by_corpus: dict[str, list[Network]] = {}
    for network in known.values():
        by_corpus.setdefault(network.corpus, []).append(network)
    return by_corpus


def _uniform(corpus: Corpus | None) -> float:
    return math.nan if corpus is None else uniform_loss(corpus.k)


@dataclass(frozen=True)
class Spread:
    """A standard deviation and its degrees of freedom."""

    sd: float
    freedom: int


def spreads(trained: Sequence[Network]) -> dict[str, Spread]:
    """The standard deviation of one training of each network of a corpus.

    Two or three trainings tell little of it, so it is pooled over the networks of a cell. A network
    with a training that diverged is left to itself.

    Args:
        trained: the networks of one corpus.

    Returns:
        Model id -> its spread; NaN where nothing was trained twice.
    """
    pools: dict[str, list[Network]] = {}
    for network in trained:
        pools.setdefault(network.cell if network.is_sound else network.model, []).append(network)
    return {
        network.model: pooled for pool in pools.values() for network, pooled in _with_spread(pool)
    }


def _with_spread(pool: Sequence[Network]) -> Iterator[tuple[Network, Spread]]:
    variance, freedom = pooled_variance([network.losses for network in pool])
    return ((network, Spread(math.sqrt(variance), freedom)) for network in pool)


def resamples(trained: Sequence[Network], count: int, seed: int) -> np.ndarray:
    """How often each run of a corpus's text is drawn, float64 (count, texts).

    All of its networks share them, so differences between networks are paired.
    """
    draws = generator(seed, "seeds", trained[0].corpus)
    return resample_streams(len(trained[0].lengths), count, draws)


def deviation(values: np.ndarray) -> float:
    """Standard deviation of resampled values; NaN where there are none, or one is infinite."""
    return float(np.std(values, ddof=1)) if len(values) > 1 else math.nan
