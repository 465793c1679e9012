"""How sure the score of each cell is: an interval, and how often chance does as well."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd

from charlens.inside.cells.concepts import CORRELATION
from charlens.inside.evidence import intervals, nulls, table
from charlens.inside.evidence.nulls import Measured, weights_of
from charlens.inside.evidence.question import Question
from charlens.inside.evidence.traces import Traces
from charlens.runtime.resampling import interval, resample_streams

_log = logging.getLogger("charlens")


def judged_cells(question: Question, values: Traces) -> pd.DataFrame:
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
