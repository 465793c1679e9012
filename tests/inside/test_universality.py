"""Comparing the cells of trainings: copies, permuted and rotated ones, chance, files, figure."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from charlens.errors import CharlensError
from charlens.files import csv_tables, parquet_tables
from charlens.inside.cells.ranking import halves
from charlens.inside.universality import compare as comparing
from charlens.inside.universality import figure, table
from charlens.inside.universality.compare import Question, compare
from charlens.inside.universality.covariances import Covariances, Sums, columns_of, covariances
from charlens.inside.universality.from_files import match_cells
from charlens.inside.universality.matches import (
    Matches,
    correlation,
    matches,
    rotated_matches,
    rotation,
)
from charlens.inside.universality.passage import LENGTH, find_passage
from charlens.inside.universality.rows import UNTRAINED, read_cells, read_pairs, read_passage
from charlens.inside.universality.similarity import linear_cka, svcca, whitened
from charlens.models.trained import load_trained
from charlens.text.corpus import Corpus, load_split
from matplotlib.figure import Figure
from small_run import make_run, prose

A, B = slice(0, 6), slice(6, 12)


def states(seed: int, positions: int = 4000, cells: int = 6) -> np.ndarray:
    """Cells that depend on each other and differ in how much they move."""
    draw = np.random.default_rng(seed)
    mixed = draw.normal(size=(positions, cells)) @ draw.normal(size=(cells, cells))
    return np.tanh(mixed / 3 + draw.normal(size=cells))


def covariances_of(one: np.ndarray, two: np.ndarray) -> Covariances:
    both = np.hstack([one, two])
    half = len(both) // 2
    parts = (both[:half], both[half:], both)
    return Covariances(*(np.cov(part, rowvar=False, bias=True) for part in parts))


def matched(
    shared: Covariances, a: slice, b: slice, rotations: int, draws: np.random.Generator
) -> Matches:
    """Match cells, with rotations of the other network drawn for them alone."""
    return matches(shared, a, b, rotated_matches(shared, a, b, rotations, draws))


def alike(covariance: np.ndarray, a: slice, b: slice) -> float:
    return svcca(covariance[a, b], whitened(covariance[a, a]), whitened(covariance[b, b]))


def test_sums_give_numpys_covariance_whatever_the_mean() -> None:
    values = (states(1) * 0.01 + 0.95).astype(np.float32)
    one, two = (Sums(6, values[:10].mean(0)) for _ in range(2))
    for start in range(0, 4000, 500):
        (one if start < 2000 else two).add(values[start : start + 500])
    expected = np.cov(values.astype(np.float64), rowvar=False, bias=True)
    np.testing.assert_allclose(one.covariance(two), expected, rtol=1e-4, atol=1e-10)
    first = np.cov(values[:2000].astype(np.float64), rowvar=False, bias=True)
    np.testing.assert_allclose(one.turned_into_covariance(), first, rtol=1e-4, atol=1e-10)


def test_a_permuted_copy_is_matched_cell_by_cell() -> None:
    one = states(2)
    order = np.random.default_rng(3).permutation(6)
    match = matched(covariances_of(one, -one[:, order]), A, B, 5, np.random.default_rng(0))
    np.testing.assert_allclose(match.r, -1, atol=1e-9)
    assert (order[match.best] == np.arange(6)).all()
    assert (match.paired == match.best).all()
    assert (match.excess > 0).all()


def test_a_rotated_copy_is_as_alike_as_a_network_and_its_cells_are_no_better_than_chance() -> None:
    one = states(4, 20_000, 40)
    scaled = (one - one.mean(0)) / one.std(0)
    turned = scaled @ rotation(40, np.random.default_rng(5))
    a, b = slice(0, 40), slice(40, 80)
    covariance = covariances_of(scaled, turned)
    assert linear_cka(covariance.both, a, b) == pytest.approx(1, abs=1e-9)
    assert alike(covariance.both, a, b) == pytest.approx(1, abs=1e-6)
    match = matched(covariance, a, b, 20, np.random.default_rng(0))
    assert abs(np.mean(match.excess)) < 0.05
    assert not ((match.excess > table.EXCESS) & (np.abs(match.r) > table.MATCH)).any()


def test_chance_is_what_single_rotations_give_and_the_same_whoever_shares_them() -> None:
    one, two = states(14), states(15)
    covariance = covariances_of(one, two)
    chance = rotated_matches(covariance, slice(0, 12), B, 3, np.random.default_rng(2))
    alone = rotated_matches(covariance, A, B, 3, np.random.default_rng(2))
    np.testing.assert_allclose(chance[A], alone, rtol=1e-12)
    draws, half, expected = np.random.default_rng(2), len(one) // 2, []
    for _ in range(3):
        turned = two / two[:half].std(0) @ rotation(6, draws)
        chosen, judged = (
            np.abs(np.corrcoef(one[part], turned[part], rowvar=False)[A, B])
            for part in (slice(0, half), slice(half, None))
        )
        expected.append(judged[range(6), chosen.argmax(1)])
    np.testing.assert_allclose(alone, np.mean(expected, axis=0), rtol=1e-9)


def test_unrelated_networks_are_unlike_and_a_choice_does_not_flatter() -> None:
    covariance = covariances_of(states(6, 20_000), states(7, 20_000))
    assert linear_cka(covariance.both, A, B) < 0.01
    match = matched(covariance, A, B, 20, np.random.default_rng(0))
    assert np.abs(match.r).max() < 0.05


def test_a_slow_computation_gives_the_same_similarities() -> None:
    one, two = states(8, 500), np.hstack([states(8, 500)[:, :3], states(9, 500)[:, :3]])
    covariance = covariances_of(one, two).both
    x, y = one - one.mean(0), two - two.mean(0)
    k, m = x @ x.T, y @ y.T  # Kornblith et al.: alignment of the two kernels
    expected = (k * m).sum() / np.sqrt((k * k).sum() * (m * m).sum())
    assert linear_cka(covariance, A, B) == pytest.approx(expected, rel=1e-9)
    bases = []
    for z in (x, y):
        u, s, _ = np.linalg.svd(z, full_matrices=False)
        count = int(np.searchsorted(np.cumsum(s**2) / (s**2).sum(), 0.99)) + 1
        bases.append(u[:, :count])
    expected = np.linalg.svd(bases[0].T @ bases[1], compute_uv=False).mean()
    assert alike(covariance, A, B) == pytest.approx(expected, rel=1e-6)
    assert correlation(covariance, A, B)[1, 2] == pytest.approx(
        np.corrcoef(one[:, 1], two[:, 2])[0, 1]
    )


def test_a_cell_that_does_not_move_matches_nothing() -> None:
    one, two = states(10), states(11)
    one[:, 0], two[:, 5] = 0.5, -1.0
    match = matched(covariances_of(one, two), A, B, 3, np.random.default_rng(0))
    assert match.r[0] == 0
    assert np.isfinite(match.rotated).all()


def test_cells_left_over_have_no_pair() -> None:
    one, two = states(12), states(13, cells=4)
    match = matched(
        covariances_of(one, two), slice(0, 6), slice(6, 10), 2, np.random.default_rng(0)
    )
    assert sorted(match.paired)[:2] == [-1, -1]
    assert np.isnan(match.paired_r).sum() == 2
    assert len(set(match.paired[match.paired >= 0])) == 4


# --- networks ---


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("universality")
    make_run(folder, prose())
    return folder / "novel"


def question(run: Path, *seeds: int, concept: str = "inside_quotes") -> Question:
    corpus = Corpus.load(run / "corpus.json")
    network = load_trained(run / "models" / "lstm-2x8.safetensors", corpus)
    codes = load_split(run / "test.npy")
    vocabulary = np.array(corpus.vocabulary, np.uint8)
    text = vocabulary[codes[:, :-1]]
    inside = (text == ord('"')).cumsum(1) % 2 == 1
    trained = [
        (seed, network if seed == 1 else comparing._untrained(network, seed)) for seed in seeds
    ]
    return Question("novel", trained, codes, text, concept, inside, 20, "cpu", 1, 3)


def test_covariances_of_networks_are_those_of_their_kept_states(run: Path) -> None:
    asked = question(run, 1, 2)
    networks = [network for _, network in asked.trained]
    made = covariances(networks, asked.inside[None], asked.codes, asked.steps, "cpu", warm_up=20)
    values = []
    for network in networks:
        windows = columns_of([network], asked.codes, 20, "cpu")
        values.append(np.concatenate([cells for _, cells in windows], axis=1))
    values = np.concatenate([*values, asked.inside[..., None].astype(np.float32)], axis=2)
    first = halves(*asked.inside.shape)
    first[:, :20] = False
    used = values[first].astype(np.float64)
    np.testing.assert_allclose(made.chosen, np.cov(used, rowvar=False, bias=True), atol=1e-6)


def test_a_training_beside_itself_has_every_cell_again(run: Path) -> None:
    asked = question(run, 1)
    twice = replace(asked, trained=[(1, asked.trained[0][1]), (2, asked.trained[0][1])])
    made = compare(twice)
    networks, label = [network for _, network in asked.trained], asked.inside[None]
    variance = np.diag(covariances(networks, label, asked.codes, asked.steps, "cpu").chosen)[:-1]
    own = made.cells[made.cells["other_seed"] == 2]
    moving = own[variance > 1e-4]  # rounding decides among cells that hardly move
    assert len(moving) > 5
    np.testing.assert_allclose(moving["r"], 1, atol=1e-4)
    assert (moving["best_unit"] == moving["unit"]).all()
    pair = made.pairs[(made.pairs["seed"] == 1) & (made.pairs["other_seed"] == 2)].iloc[0]
    assert pair["cka"] == pytest.approx(1, abs=1e-4)
    assert pair["concept_r"] == pytest.approx(1, abs=1e-4)
    assert set(made.pairs["other_seed"]) == {2, UNTRAINED}
    one, two = (made.passage[made.passage["seed"] == seed]["value"] for seed in (1, 2))
    np.testing.assert_array_equal(one.to_numpy(), two.to_numpy())


def test_the_same_question_has_the_same_answer(run: Path) -> None:
    one, two = compare(question(run, 1, 2)), compare(question(run, 1, 2))
    pd.testing.assert_frame_equal(one.cells, two.cells)
    pd.testing.assert_frame_equal(one.pairs, two.pairs)


def test_the_passage_begins_and_ends_a_quotation_on_text_that_chose_nothing() -> None:
    inside = np.zeros((4, 1000), bool)
    inside[0, 300:360] = True  # of the half that chooses
    inside[3, 500:560] = True
    assert find_passage(inside) == (3, 475)
    assert find_passage(np.zeros((4, 1000), bool)) == (2, 200)
    stream, start = find_passage(np.zeros((1, 40), bool))
    assert stream == 0
    assert 0 <= start < 40
    assert start + LENGTH >= 40


def test_files_table_and_figure(run: Path, tmp_path: Path) -> None:
    inputs = {name: run / f"{name}.npy" for name in ("train", "val", "test")}
    inputs["corpus"] = run / "corpus.json"
    weights = run / "models" / "lstm-2x8.safetensors"
    outputs = {"cells": tmp_path / "c.parquet", "pairs": tmp_path / "p.csv"}
    outputs["passage"] = tmp_path / "t.parquet"
    config = {"kind": "prose", "encoding": None, "concept": None, "rotations": 3}
    config |= {"unroll": 20, "device": "cpu", "seed": 1}
    match_cells(inputs, [(1, weights), (2, weights), (3, weights)], outputs, config)
    paths = [[outputs[name]] for name in ("cells", "pairs", "passage")]
    frame = table.table(*paths)
    row = frame.iloc[0]
    assert (row["seeds"], row["cells"], row["concept"]) == (3, 12, "inside_quotes")
    assert row["match_seeds"] == pytest.approx(1, abs=1e-3)
    assert row["cka_untrained"] < row["cka_seeds"]
    csv_tables.write(frame, tmp_path / "universality.csv")
    pd.testing.assert_frame_equal(table.read(tmp_path / "universality.csv"), frame)
    assert "of 3" in table.markdown(frame)
    sentences = " ".join(table.sentences(frame))
    assert "3 of 3 trainings have a cell for “inside quotes”" in sentences
    assert r"one with \|r\| above 0.7 that is also 0.3 more than a match in the same" in sentences
    numbers = figure.numbers(*paths)
    drawn = figure.draw(*numbers.values())
    assert len(drawn.axes) == 4
    labels = [text.get_text() for axes in drawn.axes for text in axes.texts]
    assert sum("LSTM-2 (8), seed 2" in label for label in labels) >= 2  # once a line of text
    (explained,) = [label for label in labels if label.startswith("Blue: ")]
    assert "orange: its lowest" in explained, "the colour of Figures 2 and 10"
    with pytest.raises(CharlensError, match=r"universality.concept: found 'moods', expected a yes"):
        match_cells(inputs, [(1, weights)], outputs, config | {"concept": "moods"})


COUNTED = r" trainings {} a cell for “inside quotes” (\|r\| of 0.3 or more)"


@pytest.mark.parametrize(
    ("followers", "words"),
    [
        ((0, 0), "None of 6" + COUNTED.format("has") + "."),
        ((1, 0), "1 of 6" + COUNTED.format("has") + "."),
        ((2, 2), "4 of 6" + COUNTED.format("have") + "."),
        (
            (2, 3),
            "5 of 6" + COUNTED.format("have") + "; where all trainings of a network have one, "
            "these correlate by up to 0.25 on average.",
        ),
    ],
)
def test_only_cells_that_there_are_are_compared(followers: tuple, words: str) -> None:
    row = dict.fromkeys(table.COLUMNS, 0.5) | {"corpus": "novel", "concept": "inside_quotes"}
    row |= {"seeds": 3, "cells": 8}
    rows = [
        row | {"model": model, "followers": count, "concept_match": match}
        for model, count, match in zip(
            ("lstm-1x8", "gru-1x8"), followers, (0.75, 0.25), strict=True
        )
    ]
    frame = pd.DataFrame(rows).astype(table.COLUMNS)
    assert list(table.sentences(frame))[1] == words


def test_networks_trained_once_have_as_much_room_as_others() -> None:
    seeds = [("a", 1), ("a", 2), ("a", 3), ("b", 1)]
    columns = ["model", "seed", "other", "other_seed", "cka"]
    pairs = pd.DataFrame(
        [(*one, *two, 0.5) for one, two in combinations(seeds, 2)], columns=columns
    )
    drawn = Figure()
    figure.draw_cka(drawn, (0.1, 0.1, 0.8, 0.8), pairs)
    mesh = drawn.axes[0].collections[0]
    np.testing.assert_allclose(drawn.axes[0].get_yticks(), [0.5, 1.5])
    np.testing.assert_allclose(mesh.get_coordinates()[0, :, 0], [0, 1 / 3, 2 / 3, 1, 2])
    assert (mesh.get_array() == np.where(np.eye(4), 1, 0.5)).all()


def test_a_cell_is_universal_by_all_trainings_but_one(tmp_path: Path) -> None:
    rows = []
    for seed in (1, 2, 3, 4):
        for other in {1, 2, 3, 4} - {seed}:
            for unit, missing in ((0, set()), (1, {4}), (2, {3, 4})):
                good = not {seed, other} & missing
                rows.append({"model": "m", "seed": seed, "layer": 1, "unit": unit, "other": "m",
                             "other_seed": other, "r": 0.9 if good else 0.1,
                             "excess": 0.5 if good else 0.0})  # fmt: skip
    counted = table.universal(pd.DataFrame(rows)).set_index(["seed", "unit"])
    assert counted.loc[(1, 0), "universal"]
    assert counted.loc[(1, 1), "universal"]  # in 2 and 3, not in 4
    assert not counted.loc[(4, 1), "universal"]
    assert not counted.loc[(1, 2), "universal"]


def test_its_tables_are_read_again(run: Path, tmp_path: Path) -> None:
    made = compare(question(run, 1, 2))
    for frame, write, read, name in (
        (made.cells, parquet_tables.write, read_cells, "a.parquet"),
        (made.pairs, csv_tables.write, read_pairs, "b.csv"),
        (made.passage, parquet_tables.write, read_passage, "c.parquet"),
    ):
        write(frame, tmp_path / name)
        again = read(tmp_path / name)
        assert list(again.columns) == list(frame.columns)
        assert len(again) == len(frame)
