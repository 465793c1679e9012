"""Which cells of a network track a concept (paper, section 4.2 and Figure 2), found by search.

Every cell is scored against every concept on the first half of the test split and again on the
second, which had no say in the choice. A cell's value is tanh(c), as in the paper's figure, or h
for cells without c. A count is scored by Pearson's correlation, a yes/no concept by the area under
the ROC curve (AUC: the chance that the value at a random "yes" exceeds that at a random "no"); the
strengths |r| and |2 AUC − 1| put both on one scale from 0 (unrelated) to 1.

One pass over the split, memory bounded by the window: sums for correlations, histograms for AUCs.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numba
import numpy as np
import pandas as pd
import torch

from charlens.inside.cells.concepts import AUC, CORRELATION, measure_of
from charlens.inside.cells.ranking import COLUMNS, HALVES, Labels, halves, strength
from charlens.models.language_model import LanguageModel
from charlens.models.running import observing
from charlens.models.trained import TrainedModel
from charlens.runtime.progress import progress
from charlens.text.splits import Codes

BINS = 1000
"""Bins of the histograms of values from −1 to 1; values in one bin count as tied."""


def cell_values(model: LanguageModel, m: int = 0) -> list[torch.Tensor]:
    """The value of every cell in the window just run, (T, B, n) per layer, from −1 to 1.

    Args:
        model: after a window.
        m: which of its M networks.
    """
    layers = [(layer.get("c", layer["h"])[m], "c" in layer) for layer in model.quantities()]
    return [torch.tanh(values) if is_c else values for values, is_c in layers]


def windows_of_cells(
    trained: TrainedModel, codes: Codes, steps: int, device: str, name: str
) -> Iterator[tuple[slice, list[np.ndarray]]]:
    """Run a model over streams: the window's place and the cells' values, (B, T, n) per layer.

    Args:
        trained: the model.
        codes: vocabulary codes, uint8 (B, length + 1).
        steps: window length T; divides length.
        device: auto, cpu or cuda.
        name: of model and text, for the progress bar.
    """
    model = trained.ready(codes.shape[0], steps, device)
    with progress(codes[:, 1:].size, name, "bytes") as bar:
        for place, inputs, _ in observing(model, codes):
            yield place, [v.transpose(0, 1).cpu().numpy() for v in cell_values(model)]
            bar.update(inputs.numel())


class _Tally:
    """What is kept of one layer on one half: sums and histograms over positions."""

    def __init__(self, units: int, counts: Sequence[str], flags: Sequence[str]) -> None:
        self.counts, self.flags = list(counts), list(flags)
        self.n = 0
        self.x, self.xx = np.zeros(units), np.zeros(units)
        self.y, self.yy = np.zeros(len(counts)), np.zeros(len(counts))
        self.xy = np.zeros((len(counts), units))
        self.all = np.zeros((units, BINS), np.int64)
        self.positive = np.zeros((len(flags), units, BINS), np.int64)

    def add(self, values: np.ndarray, counts: np.ndarray, flags: np.ndarray) -> None:
        """Add positions: values (positions, units), counts and flags (concepts, positions)."""
        x = values.astype(np.float64)
        self.n += len(x)
        self.x += x.sum(0)
        self.xx += np.einsum("pu,pu->u", x, x)
        self.y += counts.sum(1)
        self.yy += np.einsum("cp,cp->c", counts, counts)
        self.xy += counts @ x
        _count(x, flags, self.all, self.positive)

    def correlations(self) -> np.ndarray:
        """Pearson's r, (concepts, units); NaN where either is constant."""
        covariance = self.xy - np.outer(self.y, self.x) / self.n
        x, y = self.xx - self.x**2 / self.n, self.yy - self.y**2 / self.n
        # Differences of sums cannot tell a smaller spread from rounding.
        constant = np.logical_or.outer(y <= 1e-10 * self.yy, x <= 1e-10 * self.xx)
        with np.errstate(divide="ignore", invalid="ignore"):
            r = covariance / np.sqrt(np.outer(y, x))
        return np.where(constant, np.nan, np.clip(r, -1, 1))

    def aucs(self) -> np.ndarray:
        """Areas under the ROC curve, (concepts, units); NaN where a concept is constant."""
        negative = self.all - self.positive
        below = negative.cumsum(-1) - negative
        wins = (self.positive * (below + negative / 2)).sum(-1)
        pairs = self.positive.sum(-1) * negative.sum(-1)
        with np.errstate(invalid="ignore"):
            return np.where(pairs == 0, np.nan, wins / np.maximum(pairs, 1))


def _count(x: np.ndarray, flags: np.ndarray, everywhere: np.ndarray, positive: np.ndarray) -> None:
    """Add values (positions, units) to the histograms of all positions and of those of a flag."""
    of_flag, where = np.nonzero(flags)
    starts = np.searchsorted(of_flag, np.arange(len(flags) + 1))
    _fill(x, where, starts, everywhere, positive)


@numba.njit(cache=True)
def _fill(
    x: np.ndarray,
    where: np.ndarray,
    starts: np.ndarray,
    everywhere: np.ndarray,
    positive: np.ndarray,
) -> None:
    """Fill histograms unit by unit, whose bins then stay in the cache: three times as fast.

    Args:
        x: values, (positions, units).
        where: positions of the first flag, then of the next, and so on.
        starts: where in them each flag begins, (flags + 1,).
        everywhere: histograms of all positions, (units, BINS).
        positive: histograms of those of each flag, (flags, units, BINS).
    """
    places = np.empty(x.shape[0], np.int64)
    for unit in range(x.shape[1]):
        for position in range(x.shape[0]):
            value = (x[position, unit] + 1) * (BINS / 2)
            # A value that is not a number counts as the lowest.
            places[position] = min(int(value), BINS - 1) if value > 0 else 0
        for place in places:
            everywhere[unit, place] += 1
        for flag in range(len(starts) - 1):
            for position in where[starts[flag] : starts[flag + 1]]:
                positive[flag, unit, places[position]] += 1


def _flat(labels: np.ndarray) -> np.ndarray:
    """Labels (concepts, …) as (concepts, positions); there may be no concept of a measure."""
    return labels.reshape(len(labels), math.prod(labels.shape[1:]))


def _streams_or_mask(inside: np.ndarray) -> slice | np.ndarray:
    """Neighbouring streams as a slice, which copies nothing; else the mask itself."""
    streams = np.flatnonzero(inside.any(1))
    if not len(streams):
        return slice(0, 0)
    part = slice(int(streams[0]), int(streams[-1]) + 1)
    return part if inside[part].all() else inside


class Tallies:
    """What is kept of all layers of a network on both halves of a split.

    Args:
        labels: the concepts at every input byte, (B, length).
        batch, length: streams, and bytes in each.
    """

    def __init__(self, labels: Labels, batch: int, length: int) -> None:
        self._first_half = halves(batch, length)
        names = {
            measure: [name for name, label in labels.items() if measure_of(label) == measure]
            for measure in (CORRELATION, AUC)
        }
        self._counts, self._flags = (
            np.array([labels[name] for name in names[measure]], kind).reshape(-1, batch, length)
            for measure, kind in ((CORRELATION, np.float64), (AUC, np.bool_))
        )
        self._names = names
        self._of: dict[tuple[int, str], _Tally] = {}

    def add(self, place: slice, layers: Sequence[np.ndarray]) -> None:
        """Add a window: its place in the streams and the cells' values, (B, T, n) per layer."""
        for half, rows in zip(HALVES, (self._first_half, ~self._first_half), strict=True):
            inside = _streams_or_mask(rows[:, place])
            counts, flags = (
                _flat(labels[:, :, place][:, inside]) for labels in (self._counts, self._flags)
            )
            for layer, values in enumerate(layers, 1):
                units = values.shape[-1]
                if (layer, half) not in self._of:
                    kinds = (self._names[CORRELATION], self._names[AUC])
                    self._of[layer, half] = _Tally(units, *kinds)
                self._of[layer, half].add(values[inside].reshape(-1, units), counts, flags)

    def ranking(self, corpus: str, model: str) -> pd.DataFrame:
        """One row per concept and cell with the columns of :data:`COLUMNS`, best first."""
        return _ranked(corpus, model, self._of)


def score(
    trained: TrainedModel, corpus: str, codes: Codes, labels: Labels, steps: int, device: str
) -> pd.DataFrame:
    """Score every cell against every concept on both halves of the test split.

    Args:
        trained: the model.
        corpus: name of its corpus.
        codes: vocabulary codes of the test split, uint8 (B, length + 1).
        labels: the concepts at its input bytes; a bool is scored by AUC, a number by correlation.
        steps: window length; divides length.
        device: auto, cpu or cuda.

    Returns:
        One row per concept and cell with the columns of :data:`COLUMNS`, best first.
    """
    tallies = Tallies(labels, codes.shape[0], codes.shape[1] - 1)
    name = f"{corpus}/{trained.model} cells"
    for place, layers in windows_of_cells(trained, codes, steps, device, name):
        tallies.add(place, layers)
    return tallies.ranking(corpus, trained.model)


def _ranked(corpus: str, model: str, tallies: dict[tuple[int, str], _Tally]) -> pd.DataFrame:
    parts = []
    for layer in sorted({layer for layer, _ in tallies}):
        of_half = {half: tallies[layer, half] for half in HALVES}
        for measure, names in (
            (CORRELATION, of_half["found"].counts),
            (AUC, of_half["found"].flags),
        ):
            scores = {
                half: tally.correlations() if measure == CORRELATION else tally.aucs()
                for half, tally in of_half.items()
            }
            for index, concept in enumerate(names):
                columns = {half: values[index] for half, values in scores.items()}
                part = pd.DataFrame(columns | {"unit": np.arange(len(columns["found"]))})
                parts.append(part.assign(concept=concept, measure=measure, layer=layer))
    frame = pd.concat(parts, ignore_index=True).assign(corpus=corpus, model=model)
    for half in HALVES:
        frame[f"strength_{half}"] = strength(frame[half], frame["measure"])
    ordered = frame.sort_values(
        ["concept", "strength_found", "layer", "unit"], ascending=[True, False, True, True]
    )
    ordered["rank"] = ordered.groupby("concept").cumcount() + 1
    return ordered[list(COLUMNS)].astype(COLUMNS).reset_index(drop=True)
