"""Errors by oracle of networks that were trained several times: each training, and two intervals.

As of losses, one interval is over seeds, what another training would give, and one over text, what
other streams would; they are never added up.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from charlens.analyses.oracles import oracles, tally, trainings
from charlens.analyses.oracles.averaged import ALL, ERRORS, FAMILY, ORACLE
from charlens.analyses.oracles.evidence import Evidence, n_grams
from charlens.analyses.oracles.table import papers
from charlens.analyses.oracles.trainings import RunsOf
from charlens.analyses.seed_interval import half_width, pooled_variance
from charlens.display.wording import rst_corpus, rst_model
from charlens.files import csv_tables
from charlens.files.atomic import FilePath
from charlens.models import names as model_id
from charlens.models.divergence import is_diverged, uniform_loss
from charlens.predictions.loss import losses_of, run_of
from charlens.predictions.together import Together
from charlens.runtime.randomness import generator
from charlens.runtime.resampling import interval, resample_streams
from charlens.text.corpus import Corpus

# One row per training and oracle.
COLUMNS = {
    "corpus": "string",
    "model": "string",
    "seed": "int64",
    "characters": "int64",  # of the test split
    "oracle": "string",
    "family": "string",
    "errors": "int64",
    "percent": "float64",  # of the errors of this training
}

# One row per network and oracle, family of oracles, and all errors.
INTERVALS = {
    "corpus": "string",
    "model": "string",
    "seeds": "int64",  # trainings
    "level": "string",  # oracle, family or all
    "name": "string",  # of the oracle or family
    "mean": "float64",  # over trainings, percent of the errors; of the characters for all errors
    "least": "float64",  # of the trainings
    "most": "float64",
    "seed_sd": "float64",  # of one training, pooled over the networks of the cell
    "freedom": "int64",  # degrees of freedom behind seed_sd
    "seed_low": "float64",  # 95 % interval of the mean over seeds
    "seed_high": "float64",
    "text_low": "float64",  # 95 % interval of the mean over streams of the test text
    "text_high": "float64",
    "paper": "float64",  # its LSTM of the same budget, one training
}


def tables(
    inputs: Mapping[str, Any],
    runs_of: RunsOf,
    threshold: float,
    definitions: str,
    bootstrap: int,
    seed: int,
    encoding: str | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Break down the errors of every training.

    Args:
        inputs: paths ``corpus`` (corpus.json), ``train`` and ``test`` (.npy); ``n_grams``, a list
            of probabilities files of the n-gram models that are oracles.
        runs_of: seed -> probabilities files of its trainings.
        threshold: a character is an error where its probability is below this.
        definitions: a name in :data:`charlens.analyses.oracles.oracles.DEFINITIONS`.
        bootstrap: resamples of streams.
        seed: the config's.
        encoding: of the text; None guesses.

    Returns:
        Frames with :data:`COLUMNS` and :data:`INTERVALS`, networks in the order of tables.

    Raises:
        CharlensError: a damaged input, one of another corpus, or of another seed.
    """
    corpus = Corpus.load(inputs["corpus"])
    known = Evidence.load(corpus, inputs, encoding).known(definitions)
    read = Together([corpus]).read(inputs["n_grams"], ["probability"])
    ngram = n_grams({o.metadata.model: o.columns["probability"] for o in read}, known.shape[1])
    counts: dict[str, dict[int, np.ndarray]] = {}
    lengths, diverged = np.zeros(0, np.int64), set[str]()
    for own, one in trainings.read(corpus, runs_of):
        p, run = one.columns["probability"], run_of(one.columns["stream"])
        category = tally.categories(tally.removed(known, ngram, p, threshold), p, threshold)
        counts.setdefault(one.metadata.model, {})[own] = _by_run(category, run)
        lengths = np.bincount(run)
        if is_diverged(float(losses_of(one.columns).mean()), uniform_loss(corpus.k)):
            diverged.add(one.metadata.model)
    counts = {model: counts[model] for model in sorted(counts, key=model_id.sort_key)}
    times = resample_streams(len(lengths), bootstrap, generator(seed, "seeds", corpus.name))
    return (
        _trainings(corpus.name, counts, int(lengths.sum())),
        _intervals(corpus.name, counts, diverged, lengths, times),
    )


def _by_run(category: np.ndarray, run: np.ndarray) -> np.ndarray:
    """Errors by run of text and slice, (runs, slices)."""
    size, wrong = len(oracles.slices()), category >= 0
    flat = np.bincount(run[wrong] * size + category[wrong], minlength=(run[-1] + 1) * size)
    return flat.reshape(-1, size)


def _trainings(
    corpus: str, counts: Mapping[str, Mapping[int, np.ndarray]], characters: int
) -> pd.DataFrame:
    rows = {"oracle": oracles.slices(), "family": oracles.family_of()}
    parts = []
    for model, by_seed in counts.items():
        for seed, errors in by_seed.items():
            total = errors.sum(0)
            facts = {"corpus": corpus, "model": model, "seed": seed, "characters": characters}
            shares = {"errors": total, "percent": _percent(total, total.sum())}
            parts.append(pd.DataFrame(rows | shares).assign(**facts))
    frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))
    return frame[list(COLUMNS)].astype(COLUMNS)


def _percent(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """NaN where there is nothing to be a part of."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(whole > 0, 100 * part / whole, np.nan)


def _levels() -> tuple[list[str], list[str], np.ndarray]:
    """Level and name of each row of a network, and which slices it sums, (slices, rows - 1)."""
    slices, families = oracles.slices(), oracles.family_of()
    sums = np.column_stack(
        [np.eye(len(slices)), *([f == family for f in families] for family in oracles.ORACLES)]
    )
    names = [*slices, *oracles.ORACLES, ERRORS]
    levels = [ORACLE] * len(slices) + [FAMILY] * len(oracles.ORACLES) + [ALL]
    return levels, names, sums


def _shares(errors: np.ndarray, characters: np.ndarray) -> np.ndarray:
    """Percent of all rows of a network: errors (..., slices), characters (...)."""
    total = errors.sum(-1)
    parts = errors @ _levels()[2]
    return np.concatenate(
        [_percent(parts, total[..., None]), _percent(total, characters)[..., None]], axis=-1
    )


def _intervals(
    corpus: str,
    counts: Mapping[str, Mapping[int, np.ndarray]],
    diverged: Collection[str],
    lengths: np.ndarray,
    times: np.ndarray,
) -> pd.DataFrame:
    """The second table; a network with a training that diverged is left to itself."""
    values = {
        model: np.stack([_shares(errors.sum(0), lengths.sum()) for errors in by_seed.values()])
        for model, by_seed in counts.items()
    }
    parts = []
    for model, by_seed in counts.items():
        own = values[model]
        variance, freedom = pooled_variance([values[m] for m in _alike(model, values, diverged)])
        mean = own.mean(0)
        half = np.array([half_width(v, freedom) for v in variance / len(own)])
        drawn = [_shares(times @ errors, times @ lengths) for errors in by_seed.values()]
        low, high = interval(np.mean(drawn, axis=0), 0)
        levels, names, _ = _levels()
        columns = {
            "level": levels, "name": names, "mean": mean, "least": own.min(0), "most": own.max(0),
            "seed_sd": np.sqrt(variance), "seed_low": mean - half, "seed_high": mean + half,
            "text_low": low, "text_high": high, "paper": _papers(corpus, model),
        }  # fmt: skip
        facts = {"corpus": corpus, "model": model, "seeds": len(own), "freedom": freedom}
        parts.append(pd.DataFrame(columns).assign(**facts))
    frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(INTERVALS))
    return frame[list(INTERVALS)].astype(INTERVALS)


def _alike(model: str, models: Iterable[str], diverged: Collection[str]) -> list[str]:
    """The networks whose trainings have one spread: those of its cell."""
    cell = model_id.grid_point(model).cell
    sound = [m for m in models if m not in diverged and model_id.grid_point(m).cell == cell]
    return [model] if model in diverged else sound


def _papers(corpus: str, model: str) -> np.ndarray:
    """The paper's shares for all rows of a network; its number of all errors is a rounded one.

    NaN for a family with a slice that the paper does not have.
    """
    slices, families = papers(corpus, model), np.array(oracles.family_of())
    of_families = [slices[families == family].sum() for family in oracles.ORACLES]
    return np.concatenate([slices, of_families, [np.nan]])


def read(path: FilePath) -> pd.DataFrame:
    """Read the errors of every training.

    Raises:
        CharlensError: no such file, or not such a table.
    """
    return csv_tables.read(path, COLUMNS, "a table of errors by seed", "seed_errors")


def read_intervals(path: FilePath) -> pd.DataFrame:
    """Read the intervals of the shares of errors; raises as :func:`read`."""
    return csv_tables.read(path, INTERVALS, "a table of intervals of errors", "seed_errors")


def sentences(intervals: pd.DataFrame) -> Iterator[str]:
    """How far another training, and other text, would move the shares of the smallest network."""
    if intervals.empty:
        return
    part = intervals[intervals["model"] == intervals["model"].iloc[0]]
    total = part[part["level"] == ALL].iloc[0]
    families = part[part["level"] == FAMILY]
    seeds = (families["seed_high"] - families["seed_low"]).max() / 2
    text = (families["text_high"] - families["text_low"]).max() / 2
    yield (
        f"{total['seeds']} trainings of {rst_model(total['model'])} on "
        f"{rst_corpus(total['corpus'])} get {total['least']:.1f} to {total['most']:.1f} % of the "
        "test characters wrong."
    )
    if not math.isnan(seeds) and not math.isnan(text):
        yield (
            "The share of each kind of error is known to ± "
            f"{seeds:.1f} points over seeds and ± {text:.1f} over text, or better."
        )
