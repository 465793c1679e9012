"""What is asked of the cells of one network, and how much is computed to answer it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from charlens.inside.cells.ranking import Labels
from charlens.models.trained import TrainedModel
from charlens.runtime.randomness import generator
from charlens.text.splits import Codes


@dataclass(frozen=True)
class Effort:
    """How much is computed.

    Attributes:
        permutations: of streams, behind each p.
        bootstrap: resamples of streams, behind each interval.
        untrained: networks of each kind that learned nothing.
        controls: arbitrary properties of the text, at most.
    """

    permutations: int = 2000
    bootstrap: int = 2000
    untrained: int = 20
    controls: int = 200


@dataclass(frozen=True)
class Question:
    """What is asked of one network.

    Attributes:
        trained: the network.
        corpus: name of its corpus.
        codes: vocabulary codes of the test split, uint8 (B, length + 1).
        text: byte values of its inputs, uint8 (B, length).
        labels: the concepts at its input bytes; a bool or a number each.
        ranking: its cells (:func:`charlens.inside.cells.score.score`).
        steps: window length; divides length.
        device: auto, cpu or cuda.
        seed: the config's seed.
        effort: how much to compute.
    """

    trained: TrainedModel
    corpus: str
    codes: Codes
    text: np.ndarray
    labels: Labels
    ranking: pd.DataFrame
    steps: int
    device: str
    seed: int
    effort: Effort = Effort()

    @property
    def chosen(self) -> slice:
        """Streams on which cells were chosen."""
        return slice(0, len(self.text) // 2)

    @property
    def judged(self) -> slice:
        """Streams on which they are judged."""
        return slice(len(self.text) // 2, len(self.text))

    def groups(self) -> Iterator[tuple[list[str], np.ndarray]]:
        """Concepts of one measure: their names, and their labels (concepts, B, length)."""
        for is_flag in (False, True):
            names = [n for n, label in self.labels.items() if (label.dtype == bool) == is_flag]
            if names:
                yield names, np.stack([self.labels[name] for name in names])

    def random(self, *purpose: str) -> np.random.Generator:
        """A generator for one purpose, the same for all networks of the corpus."""
        return generator(self.seed, "evidence", self.corpus, *purpose)
