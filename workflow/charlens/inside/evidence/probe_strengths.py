"""How well linear probes follow a concept: on all cells of a network, and on the bytes alone."""

from __future__ import annotations

import numpy as np

from charlens.inside.evidence.controls import Controls
from charlens.inside.evidence.intervals import quantiles
from charlens.inside.evidence.nulls import Measured, weights_of
from charlens.inside.evidence.probes import ByteProbe, CellProbe
from charlens.inside.evidence.question import Question
from charlens.inside.evidence.traces import Traces

PROBED_CONTROLS = 20
"""Controls that a linear probe is fitted to as well, for its own selectivity."""


def _judge(predicted: np.ndarray, label: np.ndarray) -> float:
    """Strength with which a prediction follows a label, each (streams, length)."""
    measured = Measured.of(label[None])
    weights = weights_of(predicted[None], measured.measure).reshape(1, -1)
    sums = weights @ measured.labels.reshape(1, -1).T
    return float(measured.strengths(measured.scores(sums))[0, 0])


def strength_of_bytes(question: Question, label: np.ndarray, last: int) -> float:
    """Strength of a probe that knows the last bytes and nothing of the network.

    Args:
        question: the text.
        label: of the concept, (B, length).
        last: how many bytes it knows.
    """
    probe = ByteProbe(question.text, last, question.chosen, question.judged)
    (predicted,) = probe.predict(label[question.chosen][None])
    return _judge(predicted, label[question.judged])


def strength_of_cells(
    question: Question, values: Traces, probe: CellProbe, label: np.ndarray, controls: Controls
) -> dict[str, float]:
    """What all cells together know of a concept, and of its controls; how many cells are enough.

    Args:
        question: the text.
        values: of all cells.
        probe: on the chosen streams.
        label: of the concept, (B, length).
        controls: arbitrary properties that resemble it.

    Returns:
        Columns ``probe``, ``probe_selectivity`` and ``cells_for_90``, the number of cells with 90 %
        of the strength.
    """
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
    (typical,) = quantiles(np.array(of_controls), (0.5,))
    enough = np.nan
    for count, weights in enumerate(probe.forward_selection(target[:, 0]), 1):
        (some,) = probe.predict(judged, weights[:, None])
        if _judge(some, label[question.judged]) >= 0.9 * whole:
            enough = count
            break
    return {"probe": whole, "probe_selectivity": whole - typical, "cells_for_90": enough}
