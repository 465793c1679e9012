"""Errors divided among oracles: masks, the slice of each error, and tables of both (Figure 6)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from charlens.analyses.oracles.masks import THRESHOLD, Mask
from charlens.analyses.oracles.oracles import (
    FITTED,
    NGRAMS,
    ORACLES,
    Scores,
    Texts,
    family_of,
    slices,
)
from charlens.analyses.oracles.shapley import extremes, pattern_counts, shapley, shares
from charlens.errors import CharlensError
from charlens.paper.definitions import OracleDefinitions
from charlens.text.encodings import UTF_8
from charlens.text.words import Bytes, History, joined_history


def evidence(
    train: Bytes,
    test: Bytes,
    definitions: OracleDefinitions | None = None,
    history: History | None = None,
    encoding: str = UTF_8,
) -> Mask:
    """Which characters the oracles that know only the texts remove.

    Args:
        train: byte values of the training split, uint8 (streams, length + 1).
        test: of the test split, the same; N predicted characters.
        definitions: :data:`FITTED` by default.
        history: :func:`charlens.text.words.joined_history` by default.
        encoding: of the texts.

    Returns:
        bool, shape (slices, N): the rows of :func:`slices` that have ``of_texts``.

    Raises:
        CharlensError: an unknown definition of a word.
    """
    history = history or joined_history(test, encoding)
    texts = Texts(train, test, definitions or FITTED, history, encoding)
    return np.vstack(
        [
            oracle.of_texts(texts).reshape(len(oracle.names), texts.targets.size)
            for oracle in ORACLES.values()
            if oracle.of_texts is not None
        ]
    )


def removed(
    known: Mask,
    ngram: npt.NDArray[np.floating],
    probability: npt.NDArray[np.floating],
    threshold: float = THRESHOLD,
) -> Mask:
    """Which characters each oracle removes from a model's errors.

    Args:
        known: of :func:`evidence`, (slices of texts, N).
        ngram: probabilities of the correct character by the n-gram models with :data:`NGRAMS`
            characters of context, (models, N). Such an oracle is right above the threshold, at any
            threshold.
        probability: by the model, (N,).
        threshold: below which a character is an error.

    Returns:
        bool, shape (slices, N), rows as :func:`slices`.

    Raises:
        CharlensError: the arrays are not of the same characters, or not all n-grams are there.
    """
    size, rows = known.shape[1], len(NGRAMS)
    if ngram.shape != (rows, size) or probability.shape != (size,):
        raise CharlensError(
            f"oracles: expected probabilities of {size} characters by the model and {rows} n-gram "
            f"models, found shapes {probability.shape} and {ngram.shape}; score all of them on "
            "the same test split"
        )
    scores, masks, used = Scores(ngram, probability, threshold), [], 0
    for oracle in ORACLES.values():
        count = len(oracle.names)
        if oracle.of_scores is not None:
            masks.append(oracle.of_scores(scores).reshape(count, size))
        else:
            masks.append(known[used : used + count])
            used += count
    return np.vstack(masks)


def categories(
    masks: Mask, probability: npt.NDArray[np.floating], threshold: float = THRESHOLD
) -> npt.NDArray[np.int8]:
    """The oracle that each error falls to: the first that removes it.

    Args:
        masks: of :func:`removed` at the same threshold, (slices, N).
        probability: of the correct character by the model, (N,).
        threshold: below which a character is an error.

    Returns:
        int8, shape (N,): index into :func:`slices`; −1 where there is no error.
    """
    return np.where(probability < threshold, masks.argmax(axis=0), -1).astype(np.int8)


# Tables


def table(category: npt.NDArray[np.int8]) -> pd.DataFrame:
    """Errors by category: one pie of Figure 6.

    Args:
        category: of each character, of :func:`categories`, (N,).

    Returns:
        ``oracle``, ``family``, ``errors`` and ``percent`` of all errors, in the order applied; NaN
        percent of a model without errors.
    """
    errors = _errors(category)
    return _by_oracle(errors=errors, percent=_percent(errors, errors.sum()))


def differences(large: npt.NDArray[np.int8], small: npt.NDArray[np.int8]) -> pd.DataFrame:
    """Errors eliminated by scaling up, by category (paper, section 4.4).

    Args:
        large: of :func:`categories` for the larger model, (N,).
        small: for the smaller one.

    Returns:
        ``oracle``, ``family``, ``errors_small``, ``errors_large``, ``eliminated`` (small minus
        large) and ``percent`` of all that were eliminated; NaN where the larger model makes as many
        errors as the smaller one, or more.

    Raises:
        CharlensError: the models were not scored on the same number of characters.
    """
    if len(large) != len(small):
        raise CharlensError(
            f"oracles: expected two models scored on the same characters, found {len(large)} and "
            f"{len(small)} of them; score both on one test split"
        )
    before, after = _errors(small), _errors(large)
    gone = before - after
    share = _percent(gone, gone.sum())
    return _by_oracle(errors_small=before, errors_large=after, eliminated=gone, percent=share)


def by_family(masks: Mask) -> Mask:
    """Whether any oracle of each family removes a character: (slices, N) to (families, N)."""
    families = np.array(family_of())
    return np.stack([masks[families == family].any(axis=0) for family in ORACLES])


def order_table(
    known: Mask,
    ngram: npt.NDArray[np.floating],
    probability: npt.NDArray[np.floating],
    thresholds: Sequence[float] = (0.3, 0.4, 0.5, 0.6, 0.7),
) -> pd.DataFrame:
    """How much the order of the families and the threshold matter.

    Arguments and errors as for :func:`removed`, at each threshold.

    Returns:
        Per threshold and family: ``errors_paper_order``; percent of all errors in the paper's order
        (``percent_paper_order``), as a mean over all orders (``percent_shapley``), and the least
        and the most over all orders (``percent_min``, ``percent_max``). As boost removes every
        error, it takes most of a mean over orders: ``percent_shapley_before_boost`` is the mean
        over the orders of the other families, boost taking what they leave.
    """
    frames = []
    for threshold in thresholds:
        errors = probability < threshold
        masks = by_family(removed(known, ngram, probability, threshold)[:, errors])
        counts = pattern_counts(masks)
        ordered, (least, most) = shares(counts, range(len(masks))), extremes(counts)
        total = int(errors.sum())
        columns = {
            "threshold": threshold,
            "family": list(ORACLES),
            "errors_paper_order": ordered,
            "percent_paper_order": _percent(ordered, total),
            "percent_shapley": _percent(shapley(counts), total),
            "percent_shapley_before_boost": _percent(_before_boost(masks), total),
            "percent_min": _percent(least, total),
            "percent_max": _percent(most, total),
        }
        frames.append(pd.DataFrame(columns))
    return pd.concat(frames, ignore_index=True)


def _before_boost(masks: Mask) -> npt.NDArray[np.float64]:
    values = shapley(pattern_counts(masks[:-1]))
    return np.append(values, masks.shape[1] - values.sum())


def _errors(category: npt.NDArray[np.int8]) -> npt.NDArray[np.int64]:
    return np.bincount(category[category >= 0], minlength=len(slices()))


def _percent(part: npt.NDArray, total: int) -> npt.NDArray[np.float64]:
    """Percent of a total; NaN where there is nothing to be a part of."""
    return 100 * part / total if total > 0 else np.full(len(part), np.nan)


def _by_oracle(**columns: npt.NDArray) -> pd.DataFrame:
    return pd.DataFrame({"oracle": slices(), "family": family_of(), **columns})
