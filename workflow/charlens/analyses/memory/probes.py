"""The table of probes: for how long what was put into a text still matters.

In each pair of texts one has had something put in and the other has not
(:mod:`charlens.analyses.memory.probe_texts`). The effect is the difference of the log-probabilities
of what would close or continue it, in nats per byte of that: 0 once it is forgotten. No
training, no labels: the pairs share all that follows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from charlens.analyses.memory.probe_texts import PROBES, Pairs
from charlens.analyses.stream_bootstrap import interval, resampled_means
from charlens.display.markdown import table as markdown_table
from charlens.display.units import per
from charlens.display.wording import listed, rst_corpus, rst_model, signed
from charlens.files import csv_tables
from charlens.files.atomic import FilePath
from charlens.models.names import title
from charlens.paper import texts
from charlens.runtime.resampling import resample_streams
from charlens.text.corpus import Corpus

COLUMNS = {
    "corpus": "string",
    "probe": "string",
    "model": "string",
    "unroll": "int64",  # steps that training unrolls
    "distance": "int64",  # bytes since what was put in; met to a quarter
    "n": "int64",  # pairs of texts
    "effect": "float64",  # log-probability with it less that without, nats per byte measured
    "low": "float64",  # 95 % interval, from resampled streams
    "high": "float64",
    "with": "float64",  # mean log-probability where it was put in
    "without": "float64",
    "note": "string",  # why there are no pairs; else empty
}
"""Columns of the table, one row per probe, model and distance."""

RESAMPLES = 1000
"""Bootstrap resamples of the streams behind each interval."""


def row(
    corpus: Corpus,
    probe: str,
    model: str,
    distance: int,
    pairs: Pairs | str,
    scores: tuple[np.ndarray, np.ndarray] | None,
    generator: np.random.Generator,
) -> dict[str, Any]:
    """One row of the table.

    Args:
        corpus: that the texts were made from.
        probe: its name.
        model: its id.
        distance: in bytes.
        pairs: the texts, or why there are none.
        scores: log-probabilities with and without what was put in, (pairs,) each.
        generator: draws the resamples of streams.
    """
    known = {"corpus": corpus.name, "probe": probe, "model": model, "unroll": corpus.unroll}
    known |= {"distance": distance, "n": 0, "note": None}
    if isinstance(pairs, str) or scores is None:
        return known | {"note": pairs}
    opened, control = scores
    effects = (opened - control)[:, None]
    drawn = resample_streams(corpus.batch, RESAMPLES, generator)
    low, high = interval(resampled_means(effects, pairs.stream, drawn), pairs.stream)
    means = {"with": opened.mean(), "without": control.mean()}
    return known | means | {"n": len(effects), "effect": effects.mean(), "low": low[0],
                            "high": high[0]}  # fmt: skip


def table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """The table of rows made by :func:`row`."""
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def read(path: FilePath) -> pd.DataFrame:
    """Read a table made by :func:`table`, written by :func:`charlens.files.csv_tables.write`.

    Raises:
        CharlensError: no such file, or not such a table.
    """
    return csv_tables.read(path, COLUMNS, "a table of probes", "memory_probes")


def title_of(probe: str) -> str:
    """A probe in words: ``an opened quotation``."""
    return PROBES[probe].title if probe in PROBES else probe


def markdown(frame: pd.DataFrame) -> str:
    """Effects by distance, for people."""
    lines = [
        "# Probes of memory",
        "",
        "Pairs of texts of which one has had something put in d bytes ago. Effect: "
        "log-probability of what would close or continue it, with it less without, in nats per "
        f"{per(frame)} [95 % interval over streams]. 0 is forgotten. Distances are met to a "
        "quarter of them.",
    ]
    for (corpus, probe), part in frame.groupby(["corpus", "probe"], sort=False):
        name = texts.corpus_title(str(corpus))
        lines += ["", f"## {name}: {title_of(str(probe))}", ""]
        made = part[part["n"] > 0]
        for note, missing in part[part["n"] == 0].groupby("note", sort=False):
            distances = ", ".join(map(str, sorted(set(missing["distance"]))))
            lines += [f"Not measured at a distance of {distances}: {note}.", ""]
        if len(made):
            lines += _grid(made)
        else:
            lines.pop()
    return "\n".join(lines) + "\n"


def _grid(made: pd.DataFrame) -> list[str]:
    models = list(dict.fromkeys(made["model"]))
    body = []
    for distance, rows in made.groupby("distance", sort=True):
        of = rows.set_index("model")
        cells = [_cell(of.loc[model]) if model in of.index else "–" for model in models]
        body.append([distance, rows["n"].iloc[0], *cells])
    return markdown_table(["Distance", "Pairs", *map(title, models)], body, "r")


def _cell(of: pd.Series) -> str:
    ends = "" if np.isnan(of["low"]) else f" [{of['low']:z.2f}, {of['high']:z.2f}]"
    return f"{of['effect']:z.2f}{ends}".replace("-", "−")


LEAST = 0.01
"""Nats per byte; a smaller effect is no memory, however sure."""


def remembered(part: pd.DataFrame) -> int:
    """The distance up to which there is an effect, its interval without 0; 0 if at none.

    Either sign counts: what was put in may make its end less likely for now.

    Args:
        part: the rows of one probe and model.
    """
    last = 0
    for entry in part[part["n"] > 0].sort_values("distance").itertuples():
        if not (entry.low > 0 or entry.high < 0) or abs(entry.effect) < LEAST:
            break
        last = int(entry.distance)
    return last


def sentences(frame: pd.DataFrame) -> Iterator[str]:
    """For how long each model remembers what was put in."""
    for (corpus, probe), part in frame.groupby(["corpus", "probe"], sort=False):
        where, what = rst_corpus(corpus), title_of(str(probe))
        if not (part["n"] > 0).any():
            yield f"On {where}, {what} could not be tried: {part['note'].iloc[0]}."
            continue
        yield f"On {where}, {what} is remembered {'; '.join(_by_distance(part))}."


def _by_distance(part: pd.DataFrame) -> Iterator[str]:
    """How long each model remembers what was put in: those with one distance together."""
    made = part[part["n"] > 0]
    last = {model: remembered(rows) for model, rows in made.groupby("model", sort=False)}
    ends = made.groupby("model")["distance"].agg(["min", "max"])
    for distance in sorted({d for d in last.values() if d}, reverse=True):
        for is_end in (True, False):
            models = [
                _with_effect(made, str(model), distance)
                for model, own in last.items()
                if own == distance and (ends.loc[model, "max"] == distance) == is_end
            ]
            if models:
                end = "the longest tried" if is_end else "and not at the next distance"
                yield f"{distance} bytes later, {end}, by {listed(models)}"
    for distance, rows in ends[[last[model] == 0 for model in ends.index]].groupby("min"):
        forgetful = [rst_model(model) for model in last if model in rows.index]
        yield f"not even {distance} bytes later by {listed(forgetful)}"


def _with_effect(made: pd.DataFrame, model: str, distance: int) -> str:
    at = made[(made["model"] == model) & (made["distance"] == distance)]
    return f"{rst_model(model)} ({signed(at['effect'].iloc[0], 2)} nats)"
