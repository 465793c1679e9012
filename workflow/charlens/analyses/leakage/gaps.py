"""What a stricter split costs each model, and how much better it knows its training text.

Two texts are compared, so both are resampled, each by itself. What they differ in difficulty is
taken from a model that remembers nothing, the 1-gram.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from charlens.analyses.leakage.sums import AuditedText, Sums
from charlens.analyses.learning_curves import of_the_best
from charlens.analyses.split_alike import are_split_alike
from charlens.files.atomic import FilePath
from charlens.models.catalogue import N_GRAM
from charlens.models.divergence import is_diverged, uniform_loss
from charlens.models.names import context_id
from charlens.runtime.resampling import interval
from charlens.text.corpus import Corpus

WITHOUT_MEMORY = context_id(N_GRAM, 1)

STILL = 0.01
"""The loss of an epoch is that of its last weights, too, where it fell by no more than this."""

Losses = Mapping[str, Mapping[str, Sums]]


def add_gaps(
    rows: Sequence[dict[str, object]], losses: Losses, audited: Mapping[str, AuditedText]
) -> None:
    """Add what a stricter split costs each model that a split by streams of the text has too.

    Args:
        rows: of the table of losses, to be completed.
        losses: corpus -> model -> its losses.
        audited: the texts by corpus.
    """
    for row in rows:
        strict = str(row["corpus"])
        loose = _by_streams(audited[strict].corpus, audited)
        if row["split"] == "streams" or loose is None:
            continue
        gap = _gap(str(row["model"]), losses, audited, strict, loose)
        harder = _gap(WITHOUT_MEMORY, losses, audited, strict, loose)
        if gap is None:
            continue
        row |= _with_interval("split_gap", gap)
        if harder is not None:
            row |= _with_interval("beyond_text", gap - harder)


def _by_streams(corpus: Corpus, audited: Mapping[str, AuditedText]) -> str | None:
    """Name of the first corpus of the same text that is split by streams, in equal parts."""
    return next(
        (
            name
            for name, text in audited.items()
            if text.corpus.split == "streams" and are_split_alike(text.corpus, corpus)
        ),
        None,
    )


def _gap(
    model: str, losses: Losses, audited: Mapping[str, AuditedText], strict: str, loose: str
) -> np.ndarray | None:
    """Loss by a stricter split less that by streams, (1 + resamples,).

    None where a model is not in both, and where a training of it diverged.
    """
    if model not in losses[strict] or model not in losses[loose]:
        return None
    means = []
    for name in (strict, loose):
        text = audited[name]
        means.append(text.means(losses[name][model], np.vstack([text.once, text.times])))
        if is_diverged(float(means[-1][0]), uniform_loss(text.corpus.k)):
            return None
    size = min(map(len, means))
    return means[0][:size] - means[1][:size]


def _with_interval(name: str, values: np.ndarray) -> dict[str, object]:
    low, high = interval(values[1:], 0)
    return {name: float(values[0]), f"{name}_low": float(low), f"{name}_high": float(high)}


def add_generalisation(
    rows: Sequence[dict[str, object]],
    losses: Losses,
    audited: Mapping[str, AuditedText],
    curves: Mapping[tuple[str, str], FilePath],
) -> None:
    """Add each network's loss on its training text, and how much more it has on the test text.

    Args:
        rows: of the table of losses, to be completed.
        losses: corpus -> model -> its losses.
        audited: the texts by corpus.
        curves: learning curves, by corpus and model.

    Raises:
        CharlensError: a file that is no learning curve.
    """
    for row in rows:
        corpus, model = str(row["corpus"]), str(row["model"])
        path = curves.get((corpus, model))
        if path is None:
            continue
        text = audited[corpus]
        train = train_loss(path)
        test = float(text.means(losses[corpus][model], text.once)[0])
        row |= {"train": train, "generalisation": test - train}


def train_loss(path: FilePath) -> float:
    """Loss on the training text in the epoch of the lowest validation loss, nats per character.

    That is a mean over an epoch in which the weights moved. So it is NaN in the first epoch, where
    it fell by more than :data:`STILL` since the epoch before, and where dropout was on.

    Args:
        path: a learning curve.

    Raises:
        CharlensError: it is not one.
    """
    curve = of_the_best(path)
    best = curve.loc[curve["val_loss"].idxmin()]
    before = curve.loc[curve["epoch"] == best["epoch"] - 1, "train_loss"]
    if best["dropout"] > 0 or before.empty or before.item() - best["train_loss"] > STILL:
        return math.nan
    return float(best["train_loss"])
