"""The tables of leakage: how much test text is copied, and what that is worth to each model."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from charlens.analyses.leakage.copied import COLUMNS as COPIED
from charlens.analyses.leakage.copied import covered
from charlens.display.wording import listed, number, rst_corpus, rst_model
from charlens.files import csv_tables, parquet_tables
from charlens.files.atomic import FilePath
from charlens.models import names as model_id
from charlens.models.catalogue import N_GRAM
from charlens.models.names import context_id
from charlens.predictions.contract import LOG
from charlens.predictions.loss import losses_of, run_of
from charlens.predictions.together import Source, Together
from charlens.runtime.randomness import generator
from charlens.runtime.resampling import interval, resample_streams
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
}

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
}

_WITHOUT_MEMORY = context_id(N_GRAM, 1)


@dataclass
class _Sums:
    """Losses of one model by run of text: on copies and off them, nats."""

    on: np.ndarray
    off: np.ndarray

    @property
    def mean(self) -> float:
        return float(self.on.sum() + self.off.sum())


@dataclass
class _Text:
    """What is known of a corpus: characters of each run of text, on copies and off them."""

    corpus: Corpus
    run: np.ndarray
    copy: np.ndarray
    on: np.ndarray
    off: np.ndarray


def tables(
    copies: Iterable[tuple[str, FilePath]],
    probabilities: Iterable[Source],
    corpora: Sequence[Corpus],
    least: int,
    bootstrap: int,
    seed: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """How much is copied, and the losses of all models on it and off it.

    Args:
        copies: name and table of copies (:mod:`charlens.analyses.leakage.copied`) of each corpus.
        probabilities: probabilities files, or predictions in memory, of these corpora.
        corpora: those of the files, as they are now.
        least: bytes of a copy, for the losses.
        bootstrap: resamples of streams.
        seed: the config's.

    Returns:
        Frames with :data:`COLUMNS` and :data:`MODELS`.

    Raises:
        CharlensError: an unreadable file, or one of another corpus.
    """
    known = {corpus.name: corpus for corpus in corpora}
    rows, about = [], {}
    for name, path in copies:
        frame = parquet_tables.read(path, COPIED, "a table of copied text", "copied")
        rows.append(_copied_row(known[name], frame))
        about[name] = _text(known[name], frame, least)
    losses: dict[str, dict[str, _Sums]] = {name: {} for name in about}
    for predicted in Together(corpora).read(probabilities, ["probability"], where_known=[LOG]):
        losses[predicted.metadata.corpus][predicted.metadata.model] = _sums(
            about[predicted.metadata.corpus], losses_of(predicted.columns)
        )
    models = [
        row
        for name, text in about.items()
        for row in _model_rows(text, losses[name], least, bootstrap, seed)
    ]
    _add_gaps(models, losses, about)
    return (
        pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS),
        pd.DataFrame(models, columns=list(MODELS)).astype(MODELS),
    )


def _by_stream(frame: pd.DataFrame) -> np.ndarray:
    """Lengths as one row per stream."""
    streams = int(frame["stream"].iloc[-1]) + 1
    return frame["length"].to_numpy().reshape(streams, -1)


def _copied_row(corpus: Corpus, frame: pd.DataFrame) -> dict[str, object]:
    length = _by_stream(frame)
    shares = {f"copied_{least}": float(covered(length, least).mean()) for least in LENGTHS}
    row = {"corpus": corpus.name, "split": corpus.split, "characters": length.size}
    return row | {"mean_match": float(length.mean()), **shares}


def _text(corpus: Corpus, frame: pd.DataFrame, least: int) -> _Text:
    copy = covered(_by_stream(frame), least).ravel()
    run = run_of(frame["stream"].to_numpy())
    on, off = (np.bincount(run, weights, run[-1] + 1) for weights in (copy, ~copy))
    return _Text(corpus, run, copy, on, off)


def _sums(text: _Text, loss: np.ndarray) -> _Sums:
    size = len(text.on)
    parts = (np.where(text.copy, loss, 0), np.where(text.copy, 0, loss))
    return _Sums(*(np.bincount(text.run, part, size) for part in parts))


def _gains(text: _Text, sums: _Sums, times: np.ndarray) -> np.ndarray:
    """Loss off copies less that on them, for each resample of the runs of text."""
    with np.errstate(divide="ignore", invalid="ignore"):
        on, off = ((times @ s) / (times @ n) for s, n in ((sums.on, text.on), (sums.off, text.off)))
    return off - on


def _model_rows(
    text: _Text, losses: Mapping[str, _Sums], least: int, bootstrap: int, seed: int
) -> Iterator[dict[str, object]]:
    name = text.corpus.name
    times = resample_streams(len(text.on), bootstrap, generator(seed, "leakage", name))
    once = np.ones((1, len(text.on)))
    baseline = _longest(losses)
    for model in sorted(losses, key=model_id.sort_key):
        sums = losses[model]
        gain, draws = float(_gains(text, sums, once)[0]), _gains(text, sums, times)
        low, high = interval(draws, 0)
        row = {
            "corpus": name,
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
            ends = interval(_gains(text, other, times) - draws, 0)
            row["beyond"] = float(_gains(text, other, once)[0]) - gain
            row["beyond_low"], row["beyond_high"] = (float(end) for end in ends)
        yield row


def _longest(losses: Mapping[str, _Sums]) -> str | None:
    """The n-gram model with the longest context."""
    n_grams = [model for model in losses if (model_id.context_model(model) or ("",))[0] == N_GRAM]
    return max(n_grams, key=model_id.sort_key, default=None)


def _add_gaps(
    rows: Sequence[dict[str, object]],
    losses: Mapping[str, Mapping[str, _Sums]],
    about: Mapping[str, _Text],
) -> None:
    """What a stricter split costs each model that a split by streams of the text has too."""
    by_streams = {
        text.corpus.sha256: name for name, text in about.items() if text.corpus.split == "streams"
    }
    for row in rows:
        strict = str(row["corpus"])
        loose = by_streams.get(about[strict].corpus.sha256)
        if row["split"] == "streams" or loose is None:
            continue
        model = str(row["model"])
        row["split_gap"] = _gap(model, losses, about, strict, loose)
        harder = _gap(_WITHOUT_MEMORY, losses, about, strict, loose)
        row["beyond_text"] = float(str(row["split_gap"])) - harder


def _gap(
    model: str,
    losses: Mapping[str, Mapping[str, _Sums]],
    about: Mapping[str, _Text],
    strict: str,
    loose: str,
) -> float:
    """Loss of a model by a stricter split less that by streams; NaN where it is not in both."""
    if model not in losses[strict] or model not in losses[loose]:
        return math.nan
    means = [losses[name][model].mean / len(about[name].run) for name in (strict, loose)]
    return means[0] - means[1]


def read(path: FilePath) -> pd.DataFrame:
    """Read the first table of :func:`tables`, written by ``csv_tables.write``.

    Raises:
        CharlensError: no such file, or not such a table.
    """
    return csv_tables.read(path, COLUMNS, "a table of copied text", "leakage")


def read_models(path: FilePath) -> pd.DataFrame:
    """Read the second table; raises as :func:`read`."""
    return csv_tables.read(path, MODELS, "a table of losses on copied text", "leakage")


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
