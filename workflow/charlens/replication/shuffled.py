"""How well the paper's own numbers would do in the wrong places: what agreement by chance is worth.

Where the paper's numbers of a kind lie closer together than a tolerance, any number in their midst
agrees with all of them, and that ours do says little. So the paper's numbers are shuffled among
themselves, within their group (one figure, text and model, or kind of model where a figure has one
number of each), and judged as ours are. What comes out is exact, no sample: over all orders every
number comes equally often to every place. Numbers count that are near enough, vague ones too.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from charlens.display.wording import listed
from charlens.models import names as model_id
from charlens.models.catalogue import RNN

BESIDE = f"{RNN}-1"
"""The network beside which the others of its size are judged on another cut of a text."""

NEAR = ("within", "vague")
"""Verdicts on numbers within their tolerance."""

_KEYS = ["figure", "corpus", "kind", "unit"]


def groups(frame: pd.DataFrame) -> pd.DataFrame:
    """Groups of two numbers or more.

    Args:
        frame: of :func:`charlens.replication.compare.table`.

    Returns:
        A row per group: ``figure``, ``corpus``, ``kind``, ``unit``; ``numbers`` in it, how many of
        ours are ``near``, and ``shuffled``, how many of the paper's would be on average.
    """
    compared = frame[frame["comparable"]]
    compared = compared.assign(kind=_kinds(compared))
    rows = [
        (*key, len(part), int(part["verdict"].isin(NEAR).sum()), _expected(part))
        for key, part in compared.groupby(_KEYS, sort=False)
        if len(part) > 1
    ]
    return pd.DataFrame(rows, columns=[*_KEYS, "numbers", "near", "shuffled"])


def sentences(frame: pd.DataFrame) -> Iterator[str]:
    """A sentence per figure, in plain words. ``frame`` is as for :func:`groups`."""
    for figure, part in groups(frame).groupby("figure", sort=False):
        numbers, near, shuffled = (part[name].sum() for name in ("numbers", "near", "shuffled"))
        yield (
            f"{figure}: {near} of {numbers} numbers are near enough; were the paper's own shuffled "
            f"among themselves, {shuffled:.1f} of {numbers} would be on average."
        )


def in_brief(frame: pd.DataFrame) -> Iterator[str]:
    """The same of all figures in a sentence; none where there are no numbers."""
    sums = groups(frame).groupby("figure", sort=False)[["numbers", "near", "shuffled"]].sum()
    shares = [
        f"{figure} {near} of {numbers} ({shuffled:.1f})"
        for figure, numbers, near, shuffled in sums.itertuples()
    ]
    if shares:
        yield (
            f"Near enough are: {listed(shares)}; in brackets, how many would be on average were "
            "the paper's own numbers shuffled among themselves."
        )


def _kinds(frame: pd.DataFrame) -> list[str]:
    """The model, or what models of one number each have in common."""
    alone = ~frame.duplicated(["figure", "corpus", "model", "unit"], keep=False)
    return [
        (model_id.context_model(model) or ("recurrent", None))[0] if single else model
        for model, single in zip(frame["model"], alone, strict=True)
    ]


def _expected(part: pd.DataFrame) -> float:
    """How many of a group's numbers are within where the paper's are shuffled, on average."""
    paper = part["paper"].to_numpy()
    off = paper - paper[:, None]  # [place, number that comes there]
    within = np.abs(off) <= part["tolerance"].to_numpy()[:, None] + 1e-9
    share = within.mean(axis=1)
    for i, beside in _beside(part):
        # Another number comes to the place beside, every pair of different ones equally often.
        gap = off[i][:, None] - off[beside]
        both = within[i][:, None] & (np.abs(gap) <= part["relative_tolerance"].iloc[i] + 1e-9)
        np.fill_diagonal(both, False)
        share[i] = both.sum() / (both.size - len(both))
    return float(share.sum())


def _beside(part: pd.DataFrame) -> Iterator[tuple[int, int]]:
    """Places judged beside another, and that one's place."""
    points = [model_id.parse(model) for model in part["model"]]
    place = {model: i for i, model in enumerate(part["model"])}
    for i in np.flatnonzero(part["relative"].notna()):
        point = points[i]
        if point is not None:
            yield int(i), place[f"{BESIDE}x{point.size}"]
