"""The table of context curves: what the text before the last c characters is worth.

After Khandelwal et al. (2018), who replaced the context of word models. For a character t with at
least C characters before it in its stream, ℓ_c(t) is −ln p(x_t) of a model that knows the last c of
them only. The curve is Δ(c), the mean of ℓ_c(t) − ℓ_C(t): the same characters on both sides, so the
difficulty of the text cancels.

A recurrent network needs a state to start from. ``swap`` is the primary one: the state after a
stretch of another stream, a state such as the network really has. ``zero`` is what it has at the
beginning of a stream, where it may never have been trained to be: Δ(c) can rise with c. An n-gram
model needs none (start ``none``): with c characters the model of order c + 1 of the same fit
predicts.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from charlens.analyses.context_curve.anchors import Anchors
from charlens.analyses.context_curve.classes import ALL
from charlens.analyses.stream_bootstrap import interval, resampled_means
from charlens.display.markdown import table as markdown_table
from charlens.display.units import per
from charlens.display.wording import listed, number, rst, rst_corpus, rst_model
from charlens.files import csv_tables
from charlens.files.atomic import FilePath
from charlens.models.catalogue import N_GRAM, N_NN
from charlens.models.divergence import EXPLANATION, MARK, is_diverged, uniform_loss
from charlens.models.names import context_model, title
from charlens.paper import texts
from charlens.runtime.resampling import resample_streams
from charlens.text.corpus import Corpus

COLUMNS = {
    "corpus": "string",
    "model": "string",
    "unroll": "int64",  # steps that training unrolls; an n-gram model ignores them
    "start": "string",  # swap, zero or mean; none for an n-gram model
    "class": "string",  # of the characters predicted; all for every one
    "context": "int64",  # characters known, c
    "n": "int64",  # characters predicted
    "loss": "float64",  # nats per character
    "delta": "float64",  # loss less that of the longest context, nats per character
    "low": "float64",  # 95 % interval of delta, from resampled streams; empty for a single stream
    "high": "float64",
    "effective": "float64",  # least context from which on delta stays below NEGLIGIBLE
    "effective_low": "float64",  # 95 % interval of it
    "effective_high": "float64",
    "half_life": "float64",  # context at which delta is half of that with one character
    "uniform": "float64",  # loss of a uniform guess among the corpus's symbols; empty if unknown
    "note": "string",  # why nothing was measured, in the only row of the model; else empty
}
"""Columns of the table, one row per length of context.

The effective context and the half-life repeat within a curve.
"""

LATER = ("uniform",)
"""Columns that tables of earlier versions lack."""

NEGLIGIBLE = 0.01
"""Nats per character; what is worth less does not count into the effective context."""

RESAMPLES = 1000
"""Bootstrap resamples of the streams behind each interval."""

NONE = "none"
"""Start of a model that needs no state."""


def table(
    corpus: Corpus,
    model: str,
    losses: Mapping[str, np.ndarray],
    anchors: Anchors,
    lengths: Sequence[int],
    generator: np.random.Generator,
) -> pd.DataFrame:
    """The context curves of one model.

    Args:
        corpus: of the characters.
        model: its id.
        losses: start -> losses in nats, (anchors, lengths).
        anchors: the characters that were predicted.
        lengths: of context, increasing; the last is C.
        generator: draws the resamples of streams.
    """
    drawn = resample_streams(corpus.batch, RESAMPLES, generator)
    rows: list[dict[str, Any]] = []
    for start, values in losses.items():
        for name, members in anchors.members.items():
            if len(members):
                curve = _curve(values[members], anchors.stream[members], lengths, drawn)
                known = {"corpus": corpus.name, "model": model, "unroll": corpus.unroll}
                known |= {"start": start, "class": name, "n": len(members)}
                known |= {"uniform": uniform_loss(corpus.k)}
                rows += [known | row for row in curve]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def absent(corpus: Corpus, model: str, note: str) -> pd.DataFrame:
    """The table of a model whose curves cannot be measured: one row that says why."""
    known = {"corpus": corpus.name, "model": model, "unroll": corpus.unroll, "start": NONE}
    row = known | {"class": ALL, "context": 0, "n": 0, "note": note}
    return pd.DataFrame([row], columns=list(COLUMNS)).astype(COLUMNS)


def _curve(
    losses: np.ndarray, stream: np.ndarray, lengths: Sequence[int], drawn: np.ndarray
) -> Iterator[dict[str, float]]:
    differences = losses - losses[:, -1:]
    delta = differences.mean(axis=0)
    resampled = resampled_means(differences, stream, drawn)
    low, high = interval(resampled, stream)
    known = resampled[~np.isnan(resampled).any(axis=1)]
    effects = np.array([[effective(curve, lengths)] for curve in known])
    ends = interval(effects, stream) if len(effects) else ([np.nan], [np.nan])
    whole = {
        "effective": effective(delta, lengths),
        "effective_low": ends[0][0],
        "effective_high": ends[1][0],
        "half_life": half_life(delta, lengths),
    }
    for column, c in enumerate(lengths):
        yield {
            "context": c,
            "loss": losses[:, column].mean(),
            "delta": delta[column],
            "low": low[column],
            "high": high[column],
        } | whole


def effective(delta: np.ndarray, lengths: Sequence[int]) -> int:
    """The least length from which on Δ stays below :data:`NEGLIGIBLE`.

    Example:
        >>> effective(np.array([0.5, 0.002, 0.02, 0.001, 0.0]), [1, 2, 5, 10, 20])
        10
    """
    counts = np.flatnonzero(delta >= NEGLIGIBLE)
    return int(lengths[counts[-1] + 1 if len(counts) else 0])


def half_life(delta: np.ndarray, lengths: Sequence[int]) -> float:
    """The length at which Δ first falls to half of Δ(1); between lengths by the logarithm.

    NaN without the length 1, or where one character is as good as all.

    Example:
        >>> round(half_life(np.array([1.0, 0.75, 0.25, 0.0]), [1, 2, 8, 16]), 6)
        4.0
    """
    if 1 not in lengths:
        return float("nan")
    first = list(lengths).index(1)
    if not delta[first] > 0:
        return float("nan")
    ratio, logs = delta[first:] / delta[first], np.log(np.asarray(lengths[first:], float))
    after = int(np.argmax(ratio <= 0.5))
    share = (ratio[after - 1] - 0.5) / (ratio[after - 1] - ratio[after])
    return float(np.exp(logs[after - 1] + share * (logs[after] - logs[after - 1])))


def read(path: FilePath) -> pd.DataFrame:
    """Read a table made by :func:`table`, written by :func:`charlens.files.csv_tables.write`.

    Raises:
        CharlensError: no such file, or not such a table.
    """
    return csv_tables.read(path, COLUMNS, "a table of context curves", "context_curve", LATER)


def primary(frame: pd.DataFrame) -> pd.DataFrame:
    """The curves that are compared: of networks those of one start, of n-gram models theirs.

    It is ``swap``; where the config leaves that out ``zero``, which n-NNs have too; else ``mean``.
    """
    starts = set(frame["start"])
    start = next((one for one in ("swap", "zero", "mean") if one in starts), NONE)
    return frame[frame["start"].isin([start, NONE])]


_SHOWN = (1, 2, 5, 10, 20, 50, 100, 200, 500)


def markdown(frame: pd.DataFrame) -> str:
    """Δ by length of context, then by class of character, for people."""
    what = per(frame)
    lines = [
        "# What the far past is worth",
        "",
        f"Δ(c): what a model loses, in nats per {what}, where it knows the last c {what}s "
        "only, against the longest context tried. The rest is replaced by the state after another "
        "text (swap), by none (zero), or by a mean state (mean). Effective context: the least c "
        f"tried from which on Δ stays below {NEGLIGIBLE} [95 % interval over streams]. Half-life: "
        "where Δ is half of Δ(1).",
    ]
    for corpus, part in frame.groupby("corpus", sort=False):
        unroll, longest = part["unroll"].iloc[0], part["context"].max()
        lines += ["", f"## {texts.corpus_title(str(corpus))}", ""]
        if not part["n"].any():
            lines.append(f"Not measured: {part['note'].iloc[0]}.")
            continue
        lines += [
            f"Training unrolled {unroll} steps; the longest context has {longest:,} {per(part)}s.",
            "",
            *_by_length(part[part["class"] == ALL]),
        ]
        if _diverged(part):
            lines += ["", f"{MARK}: {EXPLANATION}."]
        if (part["class"] != ALL).any():
            lines += ["", *_by_class(primary(part), int(unroll))]
    return "\n".join(lines) + "\n"


def _diverged(part: pd.DataFrame) -> set[str]:
    """Models of a corpus that predict worse than a uniform guess with the longest context."""
    longest = part[(part["class"] == ALL) & (part["context"] == part["context"].max())]
    return {str(row.model) for row in longest.itertuples() if is_diverged(row.loss, row.uniform)}


def _name(model: str, diverged: set[str]) -> str:
    return f"{title(model)} {MARK}" if model in diverged else title(model)


def _by_length(part: pd.DataFrame) -> list[str]:
    diverged = _diverged(part)
    lengths = [c for c in _SHOWN if c in set(part["context"])]
    head = ["Model", "Start", *map(str, lengths), "Effective context", "Half-life"]
    rows = []
    for (model, start), curve in part.groupby(["model", "start"], sort=False):
        delta = curve.set_index("context")["delta"]
        shown = [f"{delta[c]:z.3f}".replace("-", "−") for c in lengths]
        first = curve.iloc[0]
        half = "–" if np.isnan(first.half_life) else f"{first.half_life:.1f}"
        rows.append([_name(str(model), diverged), start, *shown, _effective(first), half])
    return markdown_table(head, rows, "llr")


def _effective(row: Any) -> str:
    """``70 [50, 100]``; of a model that sees n characters ``at most n`` where it would be more.

    Lengths are some that were tried, so the first that is enough may be more than a model sees.
    """
    reach = _reach(row.model)
    if row.effective > reach:
        return f"at most {reach:.0f}"
    if np.isnan(row.effective_low):
        return f"{row.effective:.0f}"
    high = min(row.effective_high, math.inf if np.isnan(reach) else reach)
    return f"{row.effective:.0f} [{row.effective_low:.0f}, {high:.0f}]"


def _by_class(part: pd.DataFrame, unroll: int) -> list[str]:
    """What lies further back than the unrolled steps is worth, by class."""
    beyond = [c for c in sorted(set(part["context"])) if c >= unroll]
    if not beyond or beyond[0] == part["context"].max():
        return []
    rows = part[part["context"] == beyond[0]]
    classes = list(dict.fromkeys(rows["class"]))
    body, diverged = [], _diverged(part)
    for model, curve in rows.groupby("model", sort=False):
        of = curve.set_index("class")
        body.append([_name(str(model), diverged), *(_cell(of, name) for name in classes)])
    return [
        f"Δ({beyond[0]}) by class of {per(part)} [95 % interval]:",
        "",
        *markdown_table(["Model", *classes], body, "lr"),
    ]


def _cell(of: pd.DataFrame, name: str) -> str:
    if name not in of.index:
        return "–"
    row = of.loc[name]
    ends = "" if np.isnan(row["low"]) else f" [{row['low']:z.3f}, {row['high']:z.3f}]"
    return f"{row['delta']:z.3f}{ends}".replace("-", "−")


def sentences(frame: pd.DataFrame) -> Iterator[str]:
    """How far back each model looks, and what a start without history costs."""
    for corpus, part in frame[frame["n"] == 0].groupby("corpus", sort=False):
        yield f"On {rst_corpus(corpus)}: {part['note'].iloc[0]}."
    every = frame[(frame["class"] == ALL) & (frame["n"] > 0)]
    for corpus, part in every.groupby("corpus", sort=False):
        part = part[~part["model"].isin(_diverged(part))]
        heads = primary(part).drop_duplicates("model")
        networks = heads[heads["model"].map(_reach).isna()]
        what = per(part)
        looks = [f"{rst_model(row.model)} {rst(_effective(row))}" for row in heads.itertuples()]
        yield f"On {rst_corpus(corpus)}, {what}s that models look back: {listed(looks)}."
        if len(networks):
            yield f"{_beyond_training(networks)}."
        cold = part[(part["start"] == "zero") & (part["context"] >= _WORDS)]
        cold = cold[cold["model"].isin(networks["model"])]
        if len(cold):
            worst = cold.loc[cold["delta"].idxmax()]
            yield (
                f"Started without any history, {rst_model(worst['model'])} still loses "
                f"{number(worst['delta'])} nats after {worst['context']} {what}s."
            )


def _beyond_training(networks: pd.DataFrame) -> str:
    """Which networks look back further than training unrolls."""
    steps = f"further than the {networks['unroll'].iloc[0]} steps that training unrolls"
    beyond = [rst_model(row.model) for row in networks.itertuples() if row.effective > row.unroll]
    if not beyond:
        return f"No network looks {steps}"
    return f"{listed(beyond)} {'looks' if len(beyond) == 1 else 'look'} {steps}"


_WORDS = 10  # characters; what a cold start costs before that is the cost of knowing little


def _reach(model: object) -> float:
    """Characters that a model can see at most; NaN for a network that reads on and on."""
    parts = context_model(str(model))
    return float(parts[1]) if parts and parts[0] in (N_GRAM, N_NN) else math.nan
