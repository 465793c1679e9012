"""The table of closing characters beyond the horizon of training (after the paper's Figure 5).

The paper's measure, the mean probability of a closing character where it comes, cannot show a
memory: a comma or a full stop gives most closing quotes away, whatever is remembered. So two things
are measured that what is near cannot decide:

* the AUC of log P(closer), of all its bytes together, among places after such a cue, inside against
  outside a quotation or block, by how far back the opening character is: 0.5 without memory;
* at the same distance, the log-odds of the closer where it comes less those where it does not.

Places are those of the validation and the test split whose state began in the same stream.
Networks of few parameters fit both alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from charlens.analyses.memory.auc import areas, wins
from charlens.analyses.memory.closing_places import QUOTES, Places, pair_of
from charlens.analyses.stream_bootstrap import interval, resampled_means
from charlens.display.markdown import table as markdown_table
from charlens.display.wording import listed, rst_corpus, rst_model
from charlens.files import csv_tables
from charlens.files.atomic import FilePath
from charlens.models.names import title
from charlens.paper import texts
from charlens.runtime.resampling import resample_streams
from charlens.text.corpus import Corpus

COLUMNS = {
    "corpus": "string",
    "pair": "string",  # opening and closing character
    "model": "string",
    "unroll": "int64",  # steps that training unrolls
    "from": "int64",  # the bin's borders: from <= distance < to, in bytes
    "to": "int64",
    "inside": "int64",  # places after a cue, inside, in the bin
    "outside": "int64",  # places after a cue, outside, at any distance
    "auc": "float64",  # of log P(closer), inside against outside; empty for few places
    "auc_low": "float64",  # 95 % interval, from resampled streams
    "auc_high": "float64",
    "closings": "int64",  # in the bin
    "others": "int64",  # places inside, in the bin, where something else comes
    "discrimination": "float64",  # log-odds of the closer at closings less those at the others
    "discrimination_low": "float64",
    "discrimination_high": "float64",
}
"""Columns of the table, one row per bin."""

RESAMPLES = 500
"""Bootstrap resamples of the streams behind each interval."""

FEWEST = 10
"""Of fewer places nothing is computed."""

NOT_THERE = "none whose opening character lies in the same stream"


def table(
    corpus: Corpus,
    model: str,
    kind: str,
    places: Places,
    scores: np.ndarray,
    bins: Sequence[int],
    generator: np.random.Generator,
) -> pd.DataFrame:
    """How well one model tells open from closed, by distance.

    Args:
        corpus: of the places.
        model: its id.
        kind: of the text.
        places: of the validation and test streams.
        scores: log P(closer) at each, (places,).
        bins: increasing borders of the groups of distances, in bytes.
        generator: draws the resamples of streams.
    """
    streams = int(places.stream.max(initial=0)) + 1
    drawn = resample_streams(streams, RESAMPLES, generator)
    outside = places.cued & ~places.inside
    known = {"corpus": corpus.name, "pair": pair_of(kind), "model": model, "unroll": corpus.unroll}
    rows = []
    for low, high in pairwise(bins):
        inside = places.inside & (places.distance >= low) & (places.distance < high)
        after_cue = inside & places.cued
        rows.append(
            known
            | {"from": low, "to": high}
            | _area(places.stream, scores, after_cue, outside, drawn)
            | _odds(places.stream, scores, inside & places.closing, inside & ~places.closing, drawn)
        )
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def _area(
    stream: np.ndarray, scores: np.ndarray, inside: np.ndarray, outside: np.ndarray, drawn: Any
) -> dict[str, float]:
    row: dict[str, float] = {"inside": int(inside.sum()), "outside": int(outside.sum())}
    if min(row.values()) < FEWEST:
        return row
    streams = drawn.shape[1]
    positives, negatives = (
        np.bincount(stream[side], minlength=streams) for side in (inside, outside)
    )
    pairs = wins(scores[inside], stream[inside], scores[outside], stream[outside], streams)
    (area,) = areas(pairs, positives, negatives, np.ones((1, streams)))
    low, high = interval(areas(pairs, positives, negatives, drawn)[:, None], stream[inside])
    return row | {"auc": area, "auc_low": low[0], "auc_high": high[0]}


def _odds(
    stream: np.ndarray, scores: np.ndarray, closing: np.ndarray, other: np.ndarray, drawn: Any
) -> dict[str, float]:
    row: dict[str, float] = {"closings": int(closing.sum()), "others": int(other.sum())}
    if min(row.values()) < FEWEST:
        return row
    odds = log_odds(scores)[:, None]
    sides = [resampled_means(odds[side], stream[side], drawn) for side in (closing, other)]
    low, high = interval(sides[0] - sides[1], stream[closing])
    difference = odds[closing].mean() - odds[other].mean()
    ends = {"discrimination_low": low[0], "discrimination_high": high[0]}
    return row | {"discrimination": difference} | ends


def log_odds(log_probability: np.ndarray) -> np.ndarray:
    """ln p − ln(1 − p), float64; a p of 1 is taken as the largest float below it."""
    p = np.minimum(np.exp(log_probability.astype(np.float64)), 1 - np.finfo(np.float64).epsneg)
    return log_probability - np.log1p(-p)


def read(path: FilePath) -> pd.DataFrame:
    """Read a table made by :func:`table`, written by :func:`charlens.files.csv_tables.write`.

    Raises:
        CharlensError: no such file, or not such a table.
    """
    return csv_tables.read(path, COLUMNS, "a table of remembered closings", "closing_memory")


def pair_words(pair: str) -> str:
    """What a pair encloses, in words: ``quotation``."""
    return "quotation" if pair == QUOTES else "block"


def markdown(frame: pd.DataFrame) -> str:
    """Both measures by distance, for people."""
    lines = [
        "# Closing characters beyond the horizon",
        "",
        "AUC of log P(closing character) among places after a cue (in prose after . , ! ? and "
        "their like, in C at the beginning of a line), inside against outside a quotation or "
        "block, by the distance of the opening character: 0.5 is no memory, 1 a perfect one. "
        "Discrimination: log-odds of the closing character where it comes, less those at other "
        "places of the same distance. A character of several bytes is taken as a whole; distances "
        "are in bytes, as are the steps that training unrolls. In brackets 95 % intervals over "
        "streams.",
    ]
    for (corpus, pair), part in frame.groupby(["corpus", "pair"], sort=False):
        unroll, what = part["unroll"].iloc[0], pair_words(str(pair))
        name = texts.corpus_title(str(corpus))
        lines += ["", f"## {name}: {what}s", ""]
        if not part[["inside", "closings", "others"]].any(axis=None):
            lines.append(f"This text has no {what}s: {NOT_THERE}.")
            continue
        lines.append(f"Training unrolled {unroll} steps.")
        measures = [("auc", "inside"), ("discrimination", "closings")]
        if not part["inside"].any():
            lines.append(f"No AUC: no place inside {what}s comes after a cue.")
            del measures[0]
        for value, count in measures:
            models = list(dict.fromkeys(part["model"]))
            rows = [_row(group, value, count) for _, group in part.groupby("from", sort=True)]
            head = ["Distance", count.capitalize(), *map(title, models)]
            lines += ["", f"{'AUC' if value == 'auc' else 'Discrimination'}:", ""]
            lines += markdown_table(head, rows, "lr")
    return "\n".join(lines) + "\n"


def _row(group: pd.DataFrame, value: str, count: str) -> list[str]:
    first = group.iloc[0]
    cells = [f"{first['from']}–{first['to']}", f"{first[count]:,}"]
    for _, row in group.iterrows():
        ends = f" [{row[f'{value}_low']:.2f}, {row[f'{value}_high']:.2f}]"
        shown = f"{row[value]:.2f}{'' if np.isnan(row[f'{value}_low']) else ends}"
        cells.append("–" if np.isnan(row[value]) else shown.replace("-", "−"))
    return cells


def sentences(frame: pd.DataFrame) -> Iterator[str]:
    """Which models tell open from closed beyond the steps unrolled, and which do not."""
    for (corpus, pair), part in frame.groupby(["corpus", "pair"], sort=False):
        what, where = pair_words(str(pair)), rst_corpus(corpus)
        unroll = int(part["unroll"].iloc[0])
        far = part[(part["from"] >= unroll) & part["auc"].notna()]
        if far.empty:
            places = part[part["from"] >= unroll].drop_duplicates("from")["inside"].sum()
            yield (
                f"On {where} too few {what}s reach further than the {unroll} steps unrolled: "
                f"{places} places in all, where {FEWEST} at one distance are needed."
            )
            continue
        nearest = far[far["from"] == far["from"].min()]
        low, high = nearest["from"].iloc[0], nearest["to"].iloc[0]
        areas = [f"{rst_model(row.model)} {row.auc:.2f}" for row in nearest.itertuples()]
        yield (
            f"On {where}, AUC of telling inside from outside, {low} to {high} bytes after a {what} "
            f"began: {listed(areas)}."
        )
