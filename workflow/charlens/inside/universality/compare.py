"""Compare all trainings of a corpus's networks with each other, cell by cell and as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pandas as pd

from charlens.inside.universality.covariances import Covariances, covariances
from charlens.inside.universality.matches import Matches, correlation, matches, rotated_matches
from charlens.inside.universality.passage import Follower, passage_rows
from charlens.inside.universality.rows import CELLS, PAIRS, PASSAGE, UNTRAINED
from charlens.inside.universality.similarity import linear_cka, svcca, whitened
from charlens.inside.untrained import untrained
from charlens.models.names import grid_point
from charlens.models.trained import TrainedModel
from charlens.runtime.progress import progress
from charlens.runtime.randomness import generator
from charlens.text.splits import Codes


@dataclass(frozen=True)
class Member:
    """One network of a comparison.

    Attributes:
        network: with its weights.
        seed: of its training; ``UNTRAINED`` where it has none.
        columns: where its cells lie among those of all members.
        layers: layer of each cell, from 1, (cells,).
        units: its number in the layer, from 0, (cells,).
    """

    network: TrainedModel
    seed: int
    columns: slice
    layers: np.ndarray
    units: np.ndarray

    @property
    def key(self) -> tuple[str, int]:
        """Its id and seed."""
        return self.network.model, self.seed

    def place(self, index: int) -> tuple[int, int]:
        """Layer and unit of one of its cells; (0, −1) of none."""
        return (int(self.layers[index]), int(self.units[index])) if index >= 0 else (0, -1)


@dataclass(frozen=True)
class Comparison:
    """What came of it: frames with the columns of :mod:`charlens.inside.universality.rows`."""

    cells: pd.DataFrame
    pairs: pd.DataFrame
    passage: pd.DataFrame


@dataclass(frozen=True)
class Question:
    """What is compared.

    Attributes:
        corpus: name of the corpus.
        trained: the networks, each with the seed of its training.
        codes: vocabulary codes of the test split, uint8 (B, length + 1).
        text: byte values of its inputs, uint8 (B, length).
        concept: name of the concept whose cells are looked at.
        inside: the concept at each input byte, bool (B, length).
        steps: window length; divides the stream length.
        device: auto, cpu or cuda.
        seed: the config's seed.
        rotations: random rotations of each network.
    """

    corpus: str
    trained: Sequence[tuple[int, TrainedModel]]
    codes: Codes
    text: np.ndarray
    concept: str
    inside: np.ndarray
    steps: int
    device: str
    seed: int
    rotations: int


def members(question: Question) -> list[Member]:
    """All trainings, then one network of each shape that learned nothing."""
    shapes = {network.model: network for _, network in question.trained}
    networks = [
        *question.trained,
        *((UNTRAINED, _untrained(network, question.seed)) for network in shapes.values()),
    ]
    everyone, start = [], 0
    for seed, network in networks:
        width = network.shape.width
        count = grid_point(network.model).layers * width
        layers, units = np.divmod(np.arange(count), width)
        everyone.append(Member(network, seed, slice(start, start + count), layers + 1, units))
        start += count
    return everyone


def _untrained(network: TrainedModel, seed: int) -> TrainedModel:
    return replace(network, weights=next(untrained(network, seed, 1)))


def compare(question: Question) -> Comparison:
    """Compare every training with every other one and with networks that learned nothing."""
    everyone = members(question)
    shared = covariances(
        [member.network for member in everyone],
        question.inside[None].astype(np.float32),
        question.codes,
        question.steps,
        question.device,
    )
    followers = _followers(everyone, shared)
    matched = dict(_all_matches(question, everyone, shared))
    by_key = {member.key: member for member in everyone}
    cells = [
        _cell_rows(question.corpus, by_key[a], by_key[b], match)
        for (a, b), match in matched.items()
    ]
    pairs = list(_pair_rows(question.corpus, everyone, shared, matched, followers))
    trained = [followers[member.key] for member in everyone if member.seed != UNTRAINED]
    passage = passage_rows(
        trained, question.codes, question.text, question.inside, question.steps, question.device
    )
    named = passage.assign(corpus=question.corpus, concept=question.concept)
    return Comparison(
        pd.concat(cells, ignore_index=True)[list(CELLS)].astype(CELLS),
        pd.DataFrame(pairs, columns=list(PAIRS)).astype(PAIRS),
        named[list(PASSAGE)].astype(PASSAGE),
    )


Key = tuple[str, int]
"""Id of a network and seed of its training."""


def _all_matches(
    question: Question, everyone: Sequence[Member], shared: Covariances
) -> Iterator[tuple[tuple[Key, Key], Matches]]:
    """Matches of the cells of each training in every other network."""
    trained = [member for member in everyone if member.seed != UNTRAINED]
    cells, chance = slice(0, trained[-1].columns.stop), {}
    with progress(len(everyone), "matching cells", "network") as bar:
        for other in everyone:
            draws = generator(question.seed, "rotations", question.corpus, *other.key)
            chance[other.key] = rotated_matches(
                shared, cells, other.columns, question.rotations, draws
            )
            bar.update(1)
    for a in trained:
        for b in everyone:
            if a is not b:
                rotated = chance[b.key][a.columns]
                yield (a.key, b.key), matches(shared, a.columns, b.columns, rotated)


def _cell_rows(corpus: str, a: Member, b: Member, match: Matches) -> pd.DataFrame:
    best, paired = (
        np.array([b.place(int(index)) for index in indices])
        for indices in (match.best, match.paired)
    )
    return pd.DataFrame(
        {
            "corpus": corpus,
            "model": a.network.model,
            "seed": a.seed,
            "layer": a.layers,
            "unit": a.units,
            "other": b.network.model,
            "other_seed": b.seed,
            "best_layer": best[:, 0],
            "best_unit": best[:, 1],
            "r": match.r,
            "rotated": match.rotated,
            "excess": match.excess,
            "paired_layer": paired[:, 0],
            "paired_unit": paired[:, 1],
            "paired_r": match.paired_r,
        }
    )


def _pair_rows(
    corpus: str,
    everyone: Sequence[Member],
    shared: Covariances,
    matched: Mapping[tuple[Key, Key], Matches],
    followers: Mapping[Key, Follower],
) -> Iterator[dict[str, object]]:
    white = {m.key: whitened(shared.both[m.columns, m.columns]) for m in everyone}
    for a, b in combinations(everyone, 2):
        if a.seed == UNTRAINED:
            continue
        match = matched[a.key, b.key]
        one, two = followers[a.key], followers[b.key]
        r = correlation(shared.judged, slice(one.column, one.column + 1),
                        slice(two.column, two.column + 1))[0, 0]  # fmt: skip
        yield {
            "corpus": corpus,
            "model": a.network.model,
            "seed": a.seed,
            "other": b.network.model,
            "other_seed": b.seed,
            "cka": linear_cka(shared.both, a.columns, b.columns),
            "svcca": svcca(shared.both[a.columns, b.columns], white[a.key], white[b.key]),
            "median_match": float(np.median(np.abs(match.r))),
            "median_rotated": float(np.median(match.rotated)),
            "mean_paired": float(np.nanmean(np.abs(match.paired_r))),
            "concept_r": r * one.sign * two.sign,
        }


def _followers(everyone: Sequence[Member], shared: Covariances) -> dict[Key, Follower]:
    """The cell of each network that follows the concept best, chosen on one half."""
    label = slice(everyone[-1].columns.stop, everyone[-1].columns.stop + 1)
    result = {}
    for member in everyone:
        chosen = correlation(shared.chosen, member.columns, label)[:, 0]
        judged = correlation(shared.judged, member.columns, label)[:, 0]
        best = int(np.abs(chosen).argmax())
        layer, unit = member.place(best)
        result[member.key] = Follower(
            member.network, member.seed, layer, unit, member.columns.start + best,
            float(np.abs(judged[best])), 1.0 if chosen[best] >= 0 else -1.0,
        )  # fmt: skip
    return result
