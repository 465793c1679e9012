"""The values of cells along the excerpts of Figure 2."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd

from charlens.inside.cells.concepts import CONCEPTS, panels
from charlens.inside.cells.excerpts import COLUMNS, Excerpt, candidates, choose
from charlens.inside.cells.ranking import Labels
from charlens.inside.cells.score import windows_of_cells
from charlens.models.trained import TrainedModel
from charlens.text.encodings import UTF_8
from charlens.text.splits import Codes

_log = logging.getLogger("charlens")


def examples(
    trained: TrainedModel,
    corpus: str,
    codes: Codes,
    text: np.ndarray,
    labels: Labels,
    ranking: pd.DataFrame,
    steps: int,
    device: str,
    encoding: str = UTF_8,
) -> pd.DataFrame:
    """The best cell of every concept, and a typical one, on excerpts of held-out text.

    Args:
        trained: the model.
        corpus: name of its corpus.
        codes: vocabulary codes of the test split, uint8 (B, length + 1).
        text: byte values of its inputs, uint8 (B, length).
        labels: the concepts at its input bytes.
        ranking: of :func:`charlens.inside.cells.score.score`.
        steps: window length; divides length.
        device: auto, cpu or cuda.
        encoding: of the text.

    Returns:
        One row per panel and byte with the columns of
        :data:`charlens.inside.cells.excerpts.COLUMNS`. A concept that never
        changes in an excerpt of the held-out half has no panel.
    """
    chosen = choose(labels, ranking, candidates(text, encoding))
    shown = {panel for panel, _, _ in chosen}
    for concept in (name for name in panels() if name in labels.keys() - shown):
        _log.info("%s: no excerpt shows %s", corpus, CONCEPTS[concept].title)
    traces = _traces(trained, corpus, codes, {e.stream for _, _, e in chosen}, steps, device)
    length = text.shape[1]
    parts = [
        _panel(panel, cell, excerpt, text[excerpt.stream], traces[excerpt.stream], length)
        for panel, cell, excerpt in chosen
    ]
    if not parts:
        return pd.DataFrame(columns=list(COLUMNS)).astype(COLUMNS)
    return pd.concat(parts, ignore_index=True)[list(COLUMNS)].astype(COLUMNS)


def _traces(
    trained: TrainedModel, corpus: str, codes: Codes, streams: set[int], steps: int, device: str
) -> dict[int, list[np.ndarray]]:
    """The values of all cells along some streams: stream -> (length, n) per layer."""
    if not streams:
        return {}
    chosen = sorted(streams)
    name = f"{corpus}/{trained.model} excerpts"
    windows = [v for _, v in windows_of_cells(trained, codes[chosen], steps, device, name)]
    layers = [np.concatenate(parts, axis=1) for parts in zip(*windows, strict=True)]
    return {stream: [layer[i] for layer in layers] for i, stream in enumerate(chosen)}


def _panel(
    panel: str,
    cell: pd.Series,
    excerpt: Excerpt,
    text: np.ndarray,
    trace: list[np.ndarray],
    length: int,
) -> pd.DataFrame:
    part = slice(excerpt.start, excerpt.stop)
    columns = ("corpus", "model", "concept", "measure", "layer", "unit", "found", "held_out")
    return pd.DataFrame(
        {
            **{key: cell[key] for key in columns},
            "panel": panel,
            "title": CONCEPTS[cell["concept"]].title,
            "position": np.arange(part.start, part.stop) + excerpt.stream * length,
            "byte": text[part],
            "value": trace[cell["layer"] - 1][part, cell["unit"]],
        }
    )
