"""The verdicts on the hypotheses behind Figure 11, as a table and in words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from charlens.analyses.oracles.hypotheses import HYPOTHESES, WRITTEN, Hypothesis, Part
from charlens.analyses.oracles.sums import Sums
from charlens.analyses.seed_interval import half_width, pooled_variance
from charlens.display.markdown import table as markdown_table
from charlens.display.units import worded
from charlens.display.wording import listed, rst_corpus, signed
from charlens.files import csv_tables
from charlens.files.atomic import FilePath
from charlens.models import names as model_id
from charlens.models.divergence import LARGEST
from charlens.paper import texts
from charlens.runtime.resampling import interval

_ONE = "Each network is one training: what another would move is not in the intervals."
_SEVERAL = (
    "Where both networks were trained from several seeds, the number is the mean over trainings, "
    "and its second interval, over seeds, must be there as well; what another training would move "
    "is not in the other numbers."
)

CONFIRMED, REFUTED, UNDECIDED, NOT_TESTED = "confirmed", "refuted", "undecided", "not tested"

# One row per part of a hypothesis and model; one without a model where the study has none for it.
COLUMNS = {
    "corpus": "string",
    "hypothesis": "string",  # H1 to H5
    "part": "string",  # what must be so
    "model": "string",
    "other": "string",  # the model beside it
    "value": "float64",  # of model beside other; the mean over trainings of both
    "low": "float64",  # 95 % interval over streams of the test text
    "high": "float64",
    "seeds": "Int64",  # from how many both were trained
    "seed_low": "float64",  # 95 % interval over seeds; empty for a single one
    "seed_high": "float64",
    "unit": "string",
    "least": "float64",  # the value must be this at least
    "below": "float64",  # the value must be less than this
    "verdict": "string",  # confirmed, refuted, undecided or not tested
}
LATER = ("seeds", "seed_low", "seed_high")
"""Columns that tables of earlier versions lack."""


def table(
    streams: pd.DataFrame,
    bootstrap: int,
    seed: int,
    uniform: float = LARGEST,
    further: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Every part of every hypothesis on every model that it is about.

    Args:
        streams: of :func:`charlens.analyses.oracles.decade_streams.tables`.
        bootstrap: resamples of streams.
        seed: the config's.
        uniform: of :func:`charlens.models.divergence.uniform_loss`; models with a higher loss are
            left out.
        further: the second table of the same function, of trainings from other seeds.

    Returns:
        A frame with :data:`COLUMNS`.
    """
    sums = Sums(streams, bootstrap, seed, uniform)
    again = [
        Sums(part, bootstrap, seed, uniform)
        for _, part in (() if further is None else further.groupby("seed"))
    ]
    rows = [
        {"corpus": sums.corpus, "hypothesis": hypothesis.name, "part": part.words,
         "unit": worded(part.unit, streams), "least": part.least, "below": part.below, **row}
        for hypothesis in HYPOTHESES
        for part in hypothesis.parts
        for row in _rows(part, sums, again)
    ]  # fmt: skip
    return pd.DataFrame(rows).reindex(columns=list(COLUMNS)).astype(COLUMNS)


def _rows(part: Part, sums: Sums, again: Sequence[Sums]) -> Iterator[dict[str, object]]:
    """The cases of a part: of models that were trained several times the mean over trainings."""
    cases = list(part.cases(sums))
    if not cases:
        yield {"verdict": NOT_TESTED}
        return
    further = [{case[:2]: case.values for case in part.cases(own)} for own in again]
    trainings = [
        np.stack([case.values, *(own[case[:2]] for own in further if case[:2] in own)])
        for case in cases
    ]
    variance, freedom = pooled_variance([runs[:, 0] for runs in trainings])
    for case, runs in zip(cases, trainings, strict=True):
        values, count = runs.mean(0), len(runs)
        value = float(values[0])
        low, high = map(float, interval(values[1:], 0))
        half = half_width(float(variance) / count, freedom) if count > 1 else math.nan
        ends = (value - half, value + half)
        yield {"model": case.model, "other": case.other, "value": value, "seeds": count,
               "low": low, "high": high, "seed_low": ends[0], "seed_high": ends[1],
               "verdict": judge(part, value, (low, high), ends)}  # fmt: skip


def judge(
    part: Part,
    value: float,
    text: tuple[float, float],
    seeds: tuple[float, float] = (math.nan, math.nan),
) -> str:
    """The verdict on a number with its intervals.

    Args:
        part: says where the number must be.
        value: NaN where there is nothing to compute it from.
        text: ends of the interval over streams; NaN where there is none.
        seeds: the same over seeds; NaN for a single training.
    """
    if math.isnan(value):
        return NOT_TESTED
    if math.isnan(text[0]):
        return UNDECIDED
    ends = {part.holds(end) for end in (*text, *seeds) if not math.isnan(end)}
    if len(ends) == 2:
        return UNDECIDED
    return CONFIRMED if ends.pop() else REFUTED


def overall(frame: pd.DataFrame) -> dict[str, str]:
    """The verdict on each hypothesis: refuted by any of its cases, confirmed by all."""
    return {
        str(name): together(
            [together(list(cases["verdict"])) for _, cases in part.groupby("part", sort=False)]
        )
        for name, part in frame.groupby("hypothesis", sort=False)
    }


def together(verdicts: Sequence[str]) -> str:
    """One verdict from several.

    >>> together(["confirmed", "not tested"]), together(["confirmed", "refuted", "undecided"])
    ('not tested', 'refuted')
    """
    for verdict in (REFUTED, NOT_TESTED, UNDECIDED):
        if verdict in verdicts:
            return verdict
    return CONFIRMED


def read(path: FilePath) -> pd.DataFrame:
    """Read a table made by :func:`table`, written by ``csv_tables.write``.

    Raises:
        CharlensError: no such file, or not such a table.
    """
    return csv_tables.read(path, COLUMNS, "a table of hypotheses", "hypotheses", LATER)


def markdown(frame: pd.DataFrame) -> str:
    """Hypotheses and verdicts, for people."""
    corpus = texts.corpus_title(str(frame["corpus"].iloc[0]))
    verdicts = overall(frame)
    lines = [
        f"# What later models were expected to fix: {corpus}",
        "",
        f"Written down on {WRITTEN}, before the later families were trained and before Figure 11 "
        "was made; for learning while reading (H1) and the mixture (H4) there were pilots on parts "
        "of the text. A hypothesis is confirmed where the 95 % intervals of all its numbers, over "
        "streams of the test text, are where it says, and refuted where one of them is wholly "
        f"elsewhere. {_SEVERAL if (frame['seeds'] > 1).any() else _ONE}",
    ]
    for hypothesis in HYPOTHESES:
        part = frame[frame["hypothesis"] == hypothesis.name]
        lines += ["", f"## {hypothesis.name}: {verdicts[hypothesis.name]}", "", hypothesis.words]
        lines += ["", *_grid(hypothesis, part)]
    return "\n".join(lines) + "\n"


def _grid(hypothesis: Hypothesis, frame: pd.DataFrame) -> list[str]:
    rows = []
    for part in hypothesis.parts:
        for row in frame[frame["part"] == part.words].itertuples():
            if pd.isna(row.model):
                rows.append([part.words, f"needs {part.needs}", "–", NOT_TESTED])
                continue
            models = f"{model_id.title(row.model)} beside {model_id.title(row.other)}"
            rows.append([part.words, models, _number(row), f"**{row.verdict}**"])
    return markdown_table(["What must be so", "Models", "Number", "Verdict"], rows, "l")


def _number(row: Any) -> str:
    value, low, high, unit = (getattr(row, name) for name in ("value", "low", "high", "unit"))
    if math.isnan(value):
        return "–"
    decimals = 1 if unit.startswith("%") else 3
    shown = f"{signed(value, decimals)}{_interval(low, high, decimals)} {unit}"
    if math.isnan(row.seed_low):
        return shown
    return f"{shown}; {row.seeds} seeds{_interval(row.seed_low, row.seed_high, decimals)}"


def _interval(low: float, high: float, decimals: int) -> str:
    ends = (signed(end, decimals) for end in (low, high))
    return "" if math.isnan(low) else f" [{', '.join(ends)}]"


def sentences(frame: pd.DataFrame) -> Iterator[str]:
    """Which hypotheses were confirmed, refuted, undecided and not tested."""
    verdicts = overall(frame)
    names = {
        verdict: [name for name, own in verdicts.items() if own == verdict]
        for verdict in (CONFIRMED, REFUTED, UNDECIDED, NOT_TESTED)
    }
    shown = [f"{verdict}: {listed(some)}" for verdict, some in names.items() if some]
    yield (
        f"Hypotheses written down beforehand, on {rst_corpus(frame['corpus'].iloc[0])}: "
        f"{'; '.join(shown)}."
    )
