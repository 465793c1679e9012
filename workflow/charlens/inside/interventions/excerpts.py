"""A few lines of text with and without an intervention, for Figure 8.

Which lines is decided by the text alone: the first of the second half that have a target of each
kind, or else one of the first kind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from charlens.inside.interventions.clamps import HIGH, LOW, Job
from charlens.inside.interventions.classes import CharacterClass, Classes, full_name
from charlens.inside.interventions.excerpt_rows import COLUMNS
from charlens.inside.interventions.jobs import JobList
from charlens.inside.interventions.runs import run
from charlens.inside.interventions.subjects import Subject
from charlens.models.trained import TrainedModel
from charlens.text.encodings import aligned
from charlens.text.splits import Codes

_WIDEST = 4  # bytes of a unit of an encoding, at most

BEFORE, AFTER = 48, 24
"""Characters shown before the target and from it on."""


def place_of(first: np.ndarray, second: np.ndarray) -> tuple[int, int] | None:
    """Where an excerpt starts.

    Args:
        first: whether each predicted byte is of the first target class, bool (B, length).
        second: the same of the second.

    Returns:
        Stream and first step; None where the first class does not come in the middle of a stream.
    """
    length = first.shape[1]
    places = [
        (int(stream), int(step) - BEFORE)
        for stream, step in zip(*np.nonzero(first), strict=True)
        if BEFORE <= step <= length - AFTER - _WIDEST
    ]
    for stream, start in places:
        if second[stream, start : start + BEFORE + AFTER].any():
            return stream, start
    return places[0] if places else None


def example(
    trained: TrainedModel,
    codes: Codes,
    vocabulary: Sequence[int],
    read: Mapping[str, CharacterClass],
    classes: Classes,
    subject: Subject,
    jobs: JobList,
    steps: int,
    device: str,
    encoding: str,
) -> pd.DataFrame:
    """Probabilities along an excerpt, left alone and clamped.

    Args:
        trained: the model.
        codes: vocabulary codes of the second half, uint8 (B, length + 1).
        vocabulary: the byte value of each code.
        read: classes over the predicted bytes, by :func:`full_name`.
        classes: of the concept.
        subject: the cell.
        jobs: knows what the clamps set it to.
        steps: window length; divides length.
        device: auto, cpu or cuda.
        encoding: of the text.

    Returns:
        One row per byte with the columns of :data:`COLUMNS` but corpus and model; empty where the
        text has no such place.
    """
    first, second = (read[full_name(subject.concept, t.name)].at for t in classes.targets)
    place = place_of(first, second)
    symbols = read[full_name(subject.concept, classes.targets[0].elsewhere)].symbols
    if place is None or not symbols:
        return pd.DataFrame(columns=list(COLUMNS))
    stream, start = place
    text = np.array(vocabulary, np.uint8)[codes[stream, 1:]]
    start += (aligned(text, encoding) - start) % len("\n".encode(encoding))
    shown = slice(start, start + BEFORE + AFTER)
    clamps = [jobs.jobs[jobs.add([subject.cell], mode, subject.concept)] for mode in (LOW, HIGH)]
    mine = np.flatnonzero(np.isin(vocabulary, symbols)).tolist()
    row = codes[[stream], : -(-shown.stop // steps) * steps + 1]
    alone, low, high = _probabilities(trained, row, clamps, mine, steps, device)[shown].T
    return pd.DataFrame(
        {
            "concept": subject.concept,
            "title": subject.title,
            "layer": subject.layer,
            "unit": subject.unit,
            "encoding": encoding,
            "symbols": " ".join(map(str, symbols)),
            "place": np.arange(BEFORE + AFTER),
            "byte": text[shown],
            "target": first[stream, shown],
            "p": alone,
            "p_low": low,
            "p_high": high,
        }
    )


def _probabilities(
    trained: TrainedModel,
    row: Codes,
    clamps: Sequence[Job],
    symbols: Sequence[int],
    steps: int,
    device: str,
) -> np.ndarray:
    """Of any of some symbols along one stream, (length, 1 + clamps): left alone, then clamped."""
    parts = [
        window.logs[..., symbols].exp().sum(-1)[:, :, 0].cpu().numpy()
        for window in run(trained, row, clamps, steps, device)
    ]
    return np.concatenate(parts)
