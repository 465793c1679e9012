"""Losses on copied text and off it, summed by run of the test text, and resampled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from charlens.analyses.leakage.copied import covered
from charlens.predictions.loss import run_of
from charlens.runtime.randomness import generator
from charlens.runtime.resampling import resample_streams
from charlens.text.corpus import Corpus


@dataclass
class Sums:
    """Losses of one model by run of text, nats.

    Attributes:
        on: on copies, (runs,).
        off: elsewhere, (runs,).
    """

    on: np.ndarray
    off: np.ndarray


@dataclass
class AuditedText:
    """What is known of the test text of a corpus.

    Attributes:
        corpus: its description.
        run: of text that each character lies in, int64 (N,).
        copy: whether it is in a copy, bool (N,).
        on: characters of each run on copies, (runs,).
        off: elsewhere, (runs,).
        times: how often each run is drawn in each resample, (resamples, runs).
        streams: of the test split, each as long as the others.
    """

    corpus: Corpus
    run: np.ndarray
    copy: np.ndarray
    on: np.ndarray
    off: np.ndarray
    times: np.ndarray
    streams: int

    @classmethod
    def of(
        cls, corpus: Corpus, frame: pd.DataFrame, least: int, bootstrap: int, seed: int
    ) -> AuditedText:
        """Read a table of copies.

        Args:
            corpus: its description.
            frame: columns ``stream`` and ``length`` of :mod:`charlens.analyses.leakage.copied`.
            least: bytes of a copy.
            bootstrap: resamples of runs of text.
            seed: the config's.
        """
        rows = by_stream(frame)
        copy = covered(rows, least).ravel()
        run = run_of(frame["stream"].to_numpy())
        on, off = (np.bincount(run, weights, run[-1] + 1) for weights in (copy, ~copy))
        draws = generator(seed, "leakage", corpus.name)
        times = resample_streams(len(on), bootstrap, draws)
        return cls(corpus, run, copy, on, off, times, len(rows))

    @property
    def once(self) -> np.ndarray:
        """Each run once: the text as it is, (1, runs)."""
        return np.ones((1, len(self.on)))

    def sums(self, loss: np.ndarray) -> Sums:
        """Sum a model's losses, (N,)."""
        parts = (np.where(self.copy, loss, 0), np.where(self.copy, 0, loss))
        return Sums(*(np.bincount(self.run, part, len(self.on)) for part in parts))

    def gains(self, sums: Sums, times: np.ndarray) -> np.ndarray:
        """Loss off copies less that on them, for each resample of the runs of text."""
        pairs = ((sums.on, self.on), (sums.off, self.off))
        with np.errstate(divide="ignore", invalid="ignore"):
            on, off = ((times @ losses) / (times @ size) for losses, size in pairs)
        return off - on

    def means(self, sums: Sums, times: np.ndarray) -> np.ndarray:
        """Loss of all characters for each resample, nats per character."""
        return (times @ (sums.on + sums.off)) / (times @ (self.on + self.off))


def by_stream(frame: pd.DataFrame) -> np.ndarray:
    """Lengths of copies as one row per stream."""
    streams = int(frame["stream"].iloc[-1]) + 1
    return frame["length"].to_numpy().reshape(streams, -1)
