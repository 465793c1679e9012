"""The tables of leakage: how much test text is copied, and what that is worth to each model."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from charlens.analyses.leakage import distance
from charlens.analyses.leakage.copied import COLUMNS as COPIED
from charlens.analyses.leakage.copied import covered
from charlens.analyses.leakage.distance import by_bin
from charlens.analyses.leakage.gaps import add_gaps, add_generalisation
from charlens.analyses.leakage.sums import AuditedText, Sums, by_stream
from charlens.display.wording import listed, number, rst_corpus, rst_model
from charlens.files import csv_tables, parquet_tables
from charlens.files.atomic import FilePath
from charlens.models import names as model_id
from charlens.models.catalogue import N_GRAM
from charlens.predictions.contract import LOG
from charlens.predictions.loss import losses_of
from charlens.predictions.together import Source, Together
from charlens.runtime.resampling import interval
from charlens.text.corpus import Corpus

LENGTHS = (20, 30, 50, 100, 200)
"""Bytes of a copied passage, at least."""

# One row per corpus.
COLUMNS = {
    "corpus": "string",
    "split": "string",
    "characters": "int64",
    "mean_match": "float64",  # bytes, from a character on, that the training text has; 255 at most
    **{f"copied_{least}": "float64" for least in LENGTHS},  # share of the test characters
    "near": "float64",  # share in near duplicates of passages of 300 bytes
}
LATER = ("near",)

# One row per corpus and model; losses in nats per character, intervals of 95 % over streams.
MODELS = {
    "corpus": "string",
    "split": "string",
    "model": "string",
    "least": "int64",  # bytes of a copy
    "on": "float64",  # loss on copied text; empty where there is none
    "off": "float64",  # loss elsewhere
    "gain": "float64",  # off - on
    "low": "float64",
    "high": "float64",
    "baseline": "string",  # the longest n-gram model, which can only memorise
    "beyond": "float64",  # the baseline's gain - this model's
    "beyond_low": "float64",
    "beyond_high": "float64",
    "split_gap": "float64",  # on rows of other splits: loss less that by streams
    "beyond_text": "float64",  # the same less that of the 1-gram model: harder text
    "split_gap_low": "float64",
    "split_gap_high": "float64",
    "beyond_text_low": "float64",
    "beyond_text_high": "float64",
    "train": "float64",  # loss on training text; empty where no epoch has it
    "generalisation": "float64",  # loss on the test text - that
}
LATER_OF_MODELS = (
    "split_gap_low",
    "split_gap_high",
    "beyond_text_low",
    "beyond_text_high",
    "train",
    "generalisation",
)
"""Columns that tables of earlier versions lack, as :data:`LATER`."""


class LeakageTables(NamedTuple):
    """What an audit gives.

    Attributes:
        copied: :data:`COLUMNS`.
        models: :data:`MODELS`.
        distances: those of :mod:`charlens.analyses.leakage.distance`.
    """

    copied: pd.DataFrame
    models: pd.DataFrame
    distances: pd.DataFrame


def tables(
    copies: Iterable[tuple[str, FilePath]],
    probabilities: Iterable[Source],
    corpora: Sequence[Corpus],
    least: int,
    bootstrap: int,
    seed: int,
    curves: Mapping[tuple[str, str], FilePath] | None = None,
) -> LeakageTables:
    """How much is copied, and the losses of all models on it and off it.

    Args:
        copies: name and table of copies (:mod:`charlens.analyses.leakage.copied`) of each corpus.
        probabilities: probabilities files, or predictions in memory, of these corpora.
        corpora: those of the files, as they are now.
        least: bytes of a copy, for the losses.
        bootstrap: resamples of streams.
        seed: the config's.
        curves: learning curves of networks, by corpus and model.

    Raises:
        CharlensError: an unreadable file, or one of another corpus.
    """
    known = {corpus.name: corpus for corpus in corpora}
    rows, audited = [], {}
    for name, path in copies:
        frame = parquet_tables.read(path, COPIED, "a table of copied text", "copied")
        rows.append(_copied_row(known[name], frame))
        audited[name] = AuditedText.of(known[name], frame, least, bootstrap, seed)
    losses: dict[str, dict[str, Sums]] = {name: {} for name in audited}
    binned: dict[str, dict[str, np.ndarray]] = {name: {} for name in audited}
    for predicted in Together(corpora).read(probabilities, ["probability"], where_known=[LOG]):
        name, model = predicted.metadata.corpus, predicted.metadata.model
        loss = losses_of(predicted.columns)
        losses[name][model] = audited[name].sums(loss)
        binned[name][model] = by_bin(loss, audited[name].streams)
    models = [
        row for name, text in audited.items() for row in _model_rows(text, losses[name], least)
    ]
    add_gaps(models, losses, audited)
    add_generalisation(models, losses, audited, curves or {})
    near = [
        row
        for name, text in audited.items()
        for row in _distance_rows(text, binned[name], bootstrap, seed)
    ]
    return LeakageTables(
        pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS),
        pd.DataFrame(models, columns=list(MODELS)).astype(MODELS),
        pd.DataFrame(near, columns=list(distance.COLUMNS)).astype(distance.COLUMNS),
    )


def _distance_rows(
    text: AuditedText, losses: Mapping[str, np.ndarray], bootstrap: int, seed: int
) -> Iterator[dict[str, object]]:
    corpus, length = text.corpus, len(text.copy) // text.streams
    copied = by_bin(text.copy, text.streams)
    yield from distance.rows(corpus.name, corpus.split, copied, losses, length, bootstrap, seed)


def _copied_row(corpus: Corpus, frame: pd.DataFrame) -> dict[str, object]:
    length = by_stream(frame)
    shares = {f"copied_{least}": float(covered(length, least).mean()) for least in LENGTHS}
    row = {"corpus": corpus.name, "split": corpus.split, "characters": length.size}
    near = float(frame["near"].mean())
    return row | {"mean_match": float(length.mean()), **shares, "near": near}


def _model_rows(
    text: AuditedText, losses: Mapping[str, Sums], least: int
) -> Iterator[dict[str, object]]:
    baseline = _longest(losses)
    for model in sorted(losses, key=model_id.sort_key):
        sums = losses[model]
        gain, draws = float(text.gains(sums, text.once)[0]), text.gains(sums, text.times)
        low, high = interval(draws, 0)
        row = {
            "corpus": text.corpus.name,
            "split": text.corpus.split,
            "model": model,
            "least": least,
            "on": float(sums.on.sum() / text.on.sum()) if text.on.any() else math.nan,
            "off": float(sums.off.sum() / text.off.sum()) if text.off.any() else math.nan,
            "gain": gain,
            "low": float(low),
            "high": float(high),
            "baseline": baseline,
        }
        if baseline is not None and baseline != model:
            other = losses[baseline]
            ends = interval(text.gains(other, text.times) - draws, 0)
            row["beyond"] = float(text.gains(other, text.once)[0]) - gain
            row["beyond_low"], row["beyond_high"] = (float(end) for end in ends)
        yield row


def _longest(losses: Mapping[str, Sums]) -> str | None:
    """The n-gram model with the longest context."""
    n_grams = [model for model in losses if (model_id.context_model(model) or ("",))[0] == N_GRAM]
    return max(n_grams, key=model_id.sort_key, default=None)


def read(path: FilePath) -> pd.DataFrame:
    """Read the first table of :func:`tables`, written by ``csv_tables.write``.

    Raises:
        CharlensError: no such file, or not such a table.
    """
    return csv_tables.read(path, COLUMNS, "a table of copied text", "leakage", LATER)


def read_models(path: FilePath) -> pd.DataFrame:
    """Read the second table; raises as :func:`read`."""
    what = "a table of losses on copied text"
    return csv_tables.read(path, MODELS, what, "leakage", LATER_OF_MODELS)


def sentences(frame: pd.DataFrame, models: pd.DataFrame | None = None) -> Iterator[str]:
    """How much is copied, and which models gain most there.

    Args:
        frame: made by :func:`tables` or :func:`read`.
        models: the losses, where they are at hand.
    """
    for row in frame.itertuples():
        yield (
            f"On {rst_corpus(row.corpus)} {row.copied_30:.1%} of the test characters lie in "
            f"passages of 30 bytes or more that the training text has word for word, "
            f"{row.copied_100:.1%} in such of 100."
        )
    if models is None:
        return
    for corpus, part in models[models["gain"].notna()].groupby("corpus", sort=False):
        best = part.sort_values("gain", ascending=False, kind="stable")
        ends = best.iloc[[0, -1]] if len(best) > 1 else best
        gains = [f"{rst_model(r.model)} {number(r.gain)}" for r in ends.itertuples()]
        yield f"Lower losses on copied text on {rst_corpus(corpus)}, nats: {listed(gains)}."
