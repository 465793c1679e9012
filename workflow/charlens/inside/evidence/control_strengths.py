"""How well the best cell tracks arbitrary properties of the text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from charlens.inside.cells.concepts import CORRELATION
from charlens.inside.evidence.controls import ByteFunctions, Controls
from charlens.inside.evidence.nulls import Measured, scores, strengths, weights_of
from charlens.inside.evidence.traces import CELLS_AT_ONCE, Traces

Key = tuple[str, str]
"""A concept and a kind of control."""

LABELS_AT_ONCE = 50
"""Controls that are looked at together, which bounds memory."""

CELLS_TOGETHER = 2 * CELLS_AT_ONCE
"""Cells that share the making of the labels."""


@dataclass(frozen=True)
class Streams:
    """Some streams of a text and what its cells hold there.

    Attributes:
        part: which streams.
        values: of the cells there.
        text: input bytes there, uint8 (positions,).
    """

    part: slice
    values: Traces
    text: np.ndarray

    @classmethod
    def of(cls, part: slice, values: Traces, text: np.ndarray) -> Streams:
        """Take them from all streams: values, and text as uint8 (streams, length)."""
        return cls(part, values.of_streams(part), text[part].ravel())


def best_of_controls(
    controls: Mapping[Key, Controls], chosen: Streams, judged: Streams
) -> dict[Key, np.ndarray]:
    """Strength of the best cell for each control, chosen on one half and judged on the other.

    Args:
        controls: by concept and kind.
        chosen: where the best cell is chosen.
        judged: where it is judged.

    Returns:
        From 0 to 1, (controls,) for each key; NaN where cells or controls are constant.
    """
    first, second = (_strengths(controls, streams) for streams in (chosen, judged))
    best = {key: np.where(np.isnan(s), -1.0, s).argmax(0) for key, s in first.items()}
    return {key: s[best[key], np.arange(s.shape[1])] for key, s in second.items()}


def _strengths(controls: Mapping[Key, Controls], streams: Streams) -> dict[Key, np.ndarray]:
    """Strength of every cell for every control on some streams, (cells, controls)."""
    chunks: dict[Key, list[np.ndarray]] = {key: [] for key in controls}
    for _, chunk in streams.values.chunks(CELLS_TOGETHER):
        for measure in dict.fromkeys(of_key.measure for of_key in controls.values()):
            weights = _weights(chunk, measure)
            by_byte = np.stack([np.bincount(streams.text, w, minlength=256) for w in weights])
            for key, of_key in controls.items():
                if of_key.measure != measure:
                    continue
                if isinstance(of_key, ByteFunctions):
                    chunks[key].append(_of_bytes(of_key, by_byte, streams.text))
                else:
                    chunks[key].append(_of_labels(of_key, weights, streams.part))
    return {key: np.concatenate(parts) for key, parts in chunks.items()}


def _weights(values: np.ndarray, measure: str) -> np.ndarray:
    """:func:`weights_of` cells, float64 (cells, positions), a few at a time to spare memory."""
    weights = np.empty((len(values), values[0].size))
    for start in range(0, len(values), CELLS_AT_ONCE):
        some = slice(start, start + CELLS_AT_ONCE)
        weights[some] = weights_of(values[some], measure).reshape(-1, weights.shape[1])
    return weights


def _of_labels(controls: Controls, weights: np.ndarray, streams: slice) -> np.ndarray:
    """Strengths (cells, controls) by sums over all positions."""
    columns = [np.empty((len(weights), 0))]
    for labels in controls.batches(LABELS_AT_ONCE, streams):
        measured = Measured.of(labels)
        sums = weights @ measured.labels.reshape(len(labels), -1).T
        columns.append(measured.strengths(measured.scores(sums)))
    return np.concatenate(columns, axis=1)


def _of_bytes(controls: ByteFunctions, by_byte: np.ndarray, text: np.ndarray) -> np.ndarray:
    """Strengths (cells, controls) from the sums of the weights at each byte, (cells, 256)."""
    counts, tables = np.bincount(text, minlength=256), controls.tables.astype(np.float64)
    positive = tables @ counts
    if controls.measure == CORRELATION:
        tables -= positive[:, None] / text.size
        spread = np.sqrt(tables**2 @ counts / text.size)
        tables /= np.where(spread > 0, spread, np.nan)[:, None]
    sums = by_byte @ tables.T
    return strengths(controls.measure, scores(controls.measure, sums, text.size, positive))
