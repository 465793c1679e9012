"""All evidence about the cells of one network, from its traces and the labels of a text."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from charlens.inside.cells.concepts import CORRELATION
from charlens.inside.cells.ranking import Labels
from charlens.inside.evidence import intervals, networks, nulls, table, timescales
from charlens.inside.evidence.control_strengths import Key, Streams, best_of_controls
from charlens.inside.evidence.controls import Controls, Latches, functions_of_the_byte
from charlens.inside.evidence.nulls import Measured, weights_of
from charlens.inside.evidence.probes import ByteProbe, CellProbe
from charlens.inside.evidence.traces import Traces, traces
from charlens.models.trained import TrainedModel
from charlens.runtime.randomness import generator
from charlens.runtime.resampling import interval, resample_streams
from charlens.text.corpus import Codes

_log = logging.getLogger("charlens")

PROBED_CONTROLS = 20
"""Controls that a linear probe is fitted to as well, for its own selectivity."""


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
class Evidence:
    """What is known of the cells of one network.

    Attributes:
        cells: one row per concept and cell (:data:`charlens.inside.evidence.table.CELLS`).
        concepts: one row per concept (:data:`charlens.inside.evidence.table.COLUMNS`).
        timescales: one row per cell (:data:`charlens.inside.evidence.timescales.COLUMNS`).
    """

    cells: pd.DataFrame
    concepts: pd.DataFrame
    timescales: pd.DataFrame


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


def assess(question: Question) -> Evidence:
    """Compute all evidence.

    Texts of fewer than 20 test streams have no statistics: their columns are empty.
    """
    name = f"{question.corpus}/{question.trained.model} evidence"
    with TemporaryDirectory(prefix="charlens-") as folder:
        values, keeping = traces(
            question.trained, question.codes, question.steps, question.device, name, Path(folder)
        )
        decoder = question.trained.weights["decoder"][0].norm(dim=1).numpy()
        times = timescales.table(question.corpus, question.trained.model, values, keeping, decoder)
        cells = _cells(question, values).merge(times[["layer", "unit", "iat"]])
        return Evidence(cells[list(table.CELLS)], _concepts(question, values, cells), times)


# -- every cell ----------------------------------------------------------------------------


def _cells(question: Question, values: Traces) -> pd.DataFrame:
    """The ranking with an interval, z, p, q and p of the maximum for each row."""
    streams = len(question.text)
    keys = ["concept", "layer", "unit"]
    if streams < nulls.FEWEST_STREAMS:
        _log.info(
            "%s: %d test streams; intervals and p values of cells need %d",
            question.corpus,
            streams,
            nulls.FEWEST_STREAMS,
        )
        return question.ranking.assign(**dict.fromkeys(table.STATISTICS, np.nan), p_is_tail=False)
    parts = [part for group in question.groups() for part in _measured(question, values, *group)]
    judged = question.ranking.merge(pd.concat(parts), on=keys, how="left")
    return judged.assign(q=nulls.false_discovery_rates(judged["p"].to_numpy()))


def _measured(
    question: Question, values: Traces, names: list[str], labels: np.ndarray
) -> list[pd.DataFrame]:
    """Statistics of all cells for the concepts of one measure, a frame for each."""
    judged, labels = values.of_streams(question.judged), labels[:, question.judged]
    measured, streams = Measured.of(labels), labels.shape[1]
    random = question.random("permutations")
    orders = nulls.permutations(streams, question.effort.permutations, random)
    draws = resample_streams(streams, question.effort.bootstrap, question.random("bootstrap"))
    columns: dict[str, list[np.ndarray]] = {}
    strongest = np.zeros((len(names), len(orders)))
    resampled = intervals.areas if measured.measure != CORRELATION else intervals.correlations
    for _, chunk in judged.chunks():
        products = measured.products(weights_of(chunk, measured.measure))
        observed = measured.strengths(measured.scores(np.trace(products, axis1=2, axis2=3)))
        pairs = np.ascontiguousarray(products.reshape(-1, streams, streams))
        sums = nulls.permuted_sums(pairs, orders).reshape(*observed.shape, -1)
        permuted = measured.strengths(measured.scores(sums))
        strongest = np.fmax(strongest, np.fmax.reduce(permuted, axis=0))
        low, high = interval(measured.strengths(resampled(chunk, labels, draws)), axis=-1)
        z, p = nulls.z_scores(products), nulls.p_values(observed, permuted)
        part = {"observed": observed, "z": z, "p": p, "low": low, "high": high}
        for name, array in part.items():
            columns.setdefault(name, []).append(array)
    arrays = {name: np.concatenate(parts) for name, parts in columns.items()}  # (cells, concepts)
    tail = nulls.two_sided_tail(arrays["z"])
    at_floor = (arrays["p"] <= 1 / (1 + len(orders))) & (tail < arrays["p"])
    arrays["p"] = np.where(at_floor, tail, arrays["p"])
    observed = arrays.pop("observed")
    arrays["p_max"] = nulls.p_values(observed, strongest[None])
    return [
        pd.DataFrame(
            {n: array[:, i] for n, array in arrays.items()} | {"p_is_tail": at_floor[:, i]}
        ).assign(concept=concept, layer=values.layer, unit=values.unit)
        for i, concept in enumerate(names)
    ]


# -- every concept -------------------------------------------------------------------------


def _concepts(question: Question, values: Traces, cells: pd.DataFrame) -> pd.DataFrame:
    """The best cell of each concept beside its baselines, and what a probe on all cells gets."""
    best = cells[cells["rank"] == 1].set_index("concept")
    baselines = {
        kind: _by_concept(_untrained(question, kind), (0.5, 0.95)) for kind in networks.KINDS
    }
    probe = CellProbe(values.of_streams(question.chosen))
    latches, count = Latches(question.text), question.effort.controls
    controls: dict[Key, Controls] = {}
    for concept, label in question.labels.items():
        random = question.random("latches", concept)
        controls[concept, "latch"] = latches.like(label, count, random)
        random = question.random("bytes", concept)
        controls[concept, "type"] = functions_of_the_byte(question.text, label, count, random)
    halves = (Streams.of(h, values, question.text) for h in (question.chosen, question.judged))
    strengths = best_of_controls(controls, *halves)
    rows = []
    for concept, label in question.labels.items():
        cell, like = best.loc[concept], controls[concept, "latch"]
        row = {"concept": concept, "measure": cell["measure"]}
        row |= {"best_layer": cell["layer"], "best_unit": cell["unit"]}
        row |= {"strength": cell["strength_held_out"]}
        row |= {name: cell[name] for name in ("low", "high", "p_max", "q")}
        for kind, of_concept in baselines.items():
            row[f"{kind}_median"], row[f"{kind}_95"] = of_concept.get(concept, (np.nan, np.nan))
        row |= {f"bytes_{last}": _bytes(question, label, last) for last in (1, 3)}
        for kind in ("latch", "type"):
            of_kind = _quantiles(strengths[concept, kind], (0.5, 0.95))
            row[f"{kind}_median"], row[f"{kind}_95"] = of_kind
        row["controls"] = len(like)
        row["selectivity"] = row["strength"] - row["latch_median"]
        row |= _probed(question, values, probe, label, like.first(PROBED_CONTROLS))
        row["localisation"] = _share(row["strength"], row["probe"])
        rows.append(row)
    frame = pd.DataFrame(rows).assign(corpus=question.corpus, model=question.trained.model)
    frame["interpretable"] = table.interpretable(frame)
    return frame[list(table.COLUMNS)].astype(table.COLUMNS)


def _untrained(question: Question, kind: str) -> pd.DataFrame:
    trained, count = question.trained, question.effort.untrained
    return networks.best_strengths(
        trained,
        networks.KINDS[kind](trained, question.seed, count),
        count,
        question.codes,
        question.labels,
        question.steps,
        question.device,
        f"{question.corpus}/{trained.model} {kind}",
    )


def _by_concept(
    strengths: pd.DataFrame, quantiles: tuple[float, ...]
) -> Mapping[str, tuple[float, ...]]:
    return {
        str(concept): _quantiles(part["strength"].to_numpy(), quantiles)
        for concept, part in strengths.groupby("concept")
    }


def _quantiles(values: np.ndarray, quantiles: tuple[float, ...]) -> tuple[float, ...]:
    """Quantiles of the numbers among some values; NaN where there are none."""
    known = values[~np.isnan(values)]
    return tuple(float(np.quantile(known, q)) if len(known) else np.nan for q in quantiles)


# -- probes --------------------------------------------------------------------------------


def _judge(predicted: np.ndarray, label: np.ndarray) -> float:
    """Strength with which a prediction follows a label, each (streams, length)."""
    measured = Measured.of(label[None])
    weights = weights_of(predicted[None], measured.measure).reshape(1, -1)
    sums = weights @ measured.labels.reshape(1, -1).T
    return float(measured.strengths(measured.scores(sums))[0, 0])


def _bytes(question: Question, label: np.ndarray, last: int) -> float:
    probe = ByteProbe(question.text, last, question.chosen, question.judged)
    (predicted,) = probe.predict(label[question.chosen][None])
    return _judge(predicted, label[question.judged])


def _probed(
    question: Question, values: Traces, probe: CellProbe, label: np.ndarray, controls: Controls
) -> dict[str, float]:
    """What all cells together know of a concept, and of its controls; how many cells are enough."""
    judged = values.of_streams(question.judged)
    target = probe.targets(label[question.chosen][None])
    (predicted,) = probe.predict(judged, probe.weights(target))
    whole = _judge(predicted, label[question.judged])
    of_controls = []
    for fitted, judging in zip(
        controls.batches(PROBED_CONTROLS, question.chosen),
        controls.batches(PROBED_CONTROLS, question.judged),
        strict=True,
    ):
        predictions = probe.predict(judged, probe.weights(probe.targets(fitted)))
        of_controls += [_judge(s, y) for s, y in zip(predictions, judging, strict=True)]
    (typical,) = _quantiles(np.array(of_controls), (0.5,))
    enough = np.nan
    for count, weights in enumerate(probe.forward_selection(target[:, 0]), 1):
        (some,) = probe.predict(judged, weights[:, None])
        if _judge(some, label[question.judged]) >= 0.9 * whole:
            enough = count
            break
    return {"probe": whole, "probe_selectivity": whole - typical, "cells_for_90": enough}


def _share(best: float, probe: float) -> float:
    """How much of what all cells know the best one knows, at most 1."""
    return min(1.0, best / probe) if probe > 0 else np.nan
