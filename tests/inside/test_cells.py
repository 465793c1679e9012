"""Scores of cells and their ranking: against other people's measures and the dumped states."""

import numpy as np
import pandas as pd
import pytest
import torch
from charlens.inside.cells import score as cells
from charlens.inside.cells.ranking import best, strength, typical
from charlens.inside.cells.score import BINS, score
from charlens.inside.store import activations
from charlens.models.parameters import Layout, Shape, uniform_weights
from charlens.models.trained import load_trained
from charlens.text.corpus import Corpus, load_split
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score
from test_activations import dump, made

# Measures


def tallied(values, counts=(), flags=()):
    """One tally of values (positions, units), added in two portions."""
    n = len(values)
    counts, flags = np.array(counts, float).reshape(-1, n), np.array(flags, bool).reshape(-1, n)
    tally = cells._Tally(values.shape[1], list(range(len(counts))), list(range(len(flags))))
    for part in (slice(None, 7), slice(7, None)):
        tally.add(values[part], counts[:, part], flags[:, part])
    return tally


@settings(max_examples=50)
@given(st.integers(0, 10_000), st.integers(3, 400), st.sampled_from([0.02, 0.2, 1.0]))
def test_correlations_are_numpys(seed, n, spread):
    random = np.random.default_rng(seed)
    x = np.tanh(random.normal(random.uniform(-1, 1), spread, (n, 3))).astype(np.float32)
    y = np.stack([random.integers(0, 80, n), np.arange(n) % 7 + 100 * x[:, 1], np.arange(n)])
    r = tallied(x, counts=y).correlations()
    expected = np.corrcoef(y, x.T.astype(np.float64))[:3, 3:]
    np.testing.assert_allclose(r, expected, atol=1e-9)


def test_a_saturated_cell_is_scored():
    """What moves by a ten-thousandth only moves nevertheless."""
    random = np.random.default_rng(1)
    y = np.arange(5000) % 60
    x = (0.999 + 1e-6 * y + random.normal(0, 1e-5, 5000)).astype(np.float32)[:, None]
    expected = np.corrcoef(y, x[:, 0].astype(np.float64))[0, 1]
    assert tallied(x, counts=[y]).correlations().item() == pytest.approx(expected, abs=1e-4)
    assert expected > 0.8


def binned(x):
    return np.floor((x.astype(np.float64) + 1) * BINS / 2).clip(0, BINS - 1)


@settings(max_examples=50)
@given(st.integers(0, 10_000), st.integers(2, 1000), st.floats(0.05, 0.95))
def test_aucs_are_sklearns(seed, n, share):
    random = np.random.default_rng(seed)
    flags = random.random((2, n)) < share
    flags[:, :2] = [True, False]
    x = np.tanh(random.normal(0, 1, (n, 2)) + flags[0][:, None] * [1, -3]).astype(np.float32)
    areas = tallied(x, flags=flags).aucs()
    for concept, unit in np.ndindex(areas.shape):
        same = roc_auc_score(flags[concept], binned(x[:, unit]))
        assert areas[concept, unit] == pytest.approx(same, abs=1e-12)


@pytest.mark.parametrize("shift", [0.0, 0.3, -1.0])
def test_a_thousand_bins_are_fine_enough(shift):
    random = np.random.default_rng(4)
    flag = random.random(20_000) < 0.3
    x = np.tanh(random.normal(0, 0.7, 20_000) + shift * flag).astype(np.float32)[:, None]
    area = tallied(x, flags=[flag]).aucs().item()
    assert area == pytest.approx(roc_auc_score(flag, x[:, 0]), abs=1e-3)


def test_the_ends_of_the_scale():
    x = np.array([[-1.0, 1.0], [-1.0, 1.0], [1.0, -1.0], [0.0, 0.0]])
    flag = [[True, True, False, False]]
    assert tallied(x, flags=flag).aucs().tolist() == [[0, 1]]
    assert tallied(x[:, :1] * 0, flags=flag).aucs().tolist() == [[0.5]]


def test_what_is_constant_has_no_score():
    """Of constants whose sums are not exact, too: rounding is no correlation."""
    random = np.random.default_rng(0)
    levels = np.append(random.uniform(-1, 1, 40), [0.0, -1.0, 1.0]).astype(np.float32)
    x = np.column_stack([random.random(999), np.tile(levels, (999, 1))])
    varying, constant = np.arange(999), np.full(999, 17 / 3)
    r = tallied(x, counts=[varying, constant, 0 * constant]).correlations()
    assert np.isfinite(r[0, 0])
    assert np.isnan(r[0, 1:]).all()
    assert np.isnan(r[1:]).all()
    flags = [varying > 20, constant > 0, constant < 0]
    aucs = tallied(x, flags=flags).aucs()
    assert np.isfinite(aucs[0]).all()
    assert (aucs[0, 1:] == 0.5).all()
    assert np.isnan(aucs[1:]).all()


def test_strength():
    scores = pd.Series([-0.8, 0.8, 0.9, 0.1, 0.5, np.nan])
    measures = pd.Series(["correlation"] * 2 + ["auc"] * 4)
    values = strength(scores, measures)
    np.testing.assert_allclose(values, [0.8, 0.8, 0.8, 0.8, 0.0, np.nan])


# Ranking


def random_model(folder, cell="lstm", layers=2, width=4, length=40, **options):
    """A model in memory, the codes it runs over, made-up labels and its files."""
    options |= {"batch": 3, "length": length, "model": f"{cell}-2x4"}
    paths = made(folder, cell, layers, width, **options)
    codes = load_split(paths["test"])
    random = np.random.default_rng(3)
    flag = random.random((3, length)) < 0.3
    flag |= codes[:, :-1] == 2  # not noise alone
    labels = {
        "count": random.integers(0, 9, (3, length)) + 4.0 * flag,
        "flag": flag,
        "never": np.zeros((3, length), bool),
    }
    return load_trained(paths["model"], Corpus.load(paths["corpus"])), codes, labels, paths


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_scores_are_those_of_the_dumped_states(tmp_path, cell):
    """The first of 3 streams of 400 and the other two, each half on its own."""
    trained, codes, labels, paths = random_model(tmp_path, cell, length=400)
    ranking = score(trained, "text", codes, labels, 8, "cpu")
    assert list(ranking.columns) == list(cells.COLUMNS)
    assert len(ranking) == 3 * 2 * 4
    folder = dump(paths, tmp_path / "dump")
    for row in ranking.itertuples():
        value = activations(folder, row.layer, "c" if cell == "lstm" else "h", [row.unit])[:, 0]
        value = np.tanh(value.astype(np.float64)) if cell == "lstm" else value.astype(np.float64)
        for half, part in (("found", slice(0, 400)), ("held_out", slice(400, 1200))):
            mine = getattr(row, half)
            if row.concept == "count":
                y = labels["count"].ravel()[part]
                assert mine == pytest.approx(np.corrcoef(y, value[part])[0, 1], abs=3e-3)
            elif row.concept == "flag":
                y = labels["flag"].ravel()[part]
                assert mine == pytest.approx(roc_auc_score(y, value[part]), abs=6e-3)
            else:
                assert np.isnan(mine)


def test_best_first(tmp_path):
    trained, codes, labels, _ = random_model(tmp_path)
    ranking = score(trained, "text", codes, labels, 8, "cpu")
    for concept in ("count", "flag"):
        part = ranking[ranking["concept"] == concept]
        assert list(part["rank"]) == list(range(1, 9))
        assert part["strength_found"].is_monotonic_decreasing
        own = strength(part["found"], part["measure"])
        pd.testing.assert_series_equal(part["strength_found"], own, check_names=False)
        assert best(ranking, concept)["strength_found"] == part["strength_found"].max()


def test_the_held_out_half_has_no_say(tmp_path):
    """Whatever the second half of text and labels is, ranks and scores found stay."""
    trained, codes, labels, _ = random_model(tmp_path)
    before = score(trained, "text", codes, labels, 8, "cpu")
    held_out = np.arange(120).reshape(3, 40) >= 60
    changed = {
        name: y ^ held_out if y.dtype == bool else np.where(held_out, 50 - 3 * y, y)
        for name, y in labels.items()
    }
    other = np.array(codes)
    other[2] = np.random.default_rng(8).permutation(other[2])
    after = score(trained, "text", other, changed, 8, "cpu")
    chosen = ["concept", "layer", "unit", "found", "strength_found", "rank"]
    pd.testing.assert_frame_equal(before[chosen], after[chosen])
    assert not np.allclose(before["held_out"], after["held_out"], equal_nan=True)


def test_a_dead_cell_never_wins(tmp_path):
    shape = Shape("rnn", 1, 3, 5)
    weights = uniform_weights(Layout(shape), torch.Generator().manual_seed(1), 1.0)
    for name in ("input.0", "recurrent.0", "bias.0"):
        weights[name][..., 1] = 0  # h = 0 always
    trained, codes, labels, _ = random_model(tmp_path, "rnn", 1, 3, weights=weights)
    ranking = score(trained, "text", codes, labels, 8, "cpu").set_index(["concept", "unit"])
    assert np.isnan(ranking.loc[("count", 1), "found"])
    assert ranking.loc[("count", 1), "rank"] == 3
    assert ranking.loc[("flag", 1), "found"] == 0.5
    assert ranking.loc[("flag", 1), "rank"] == 3


def ranking(rows):
    """A table of strengths: (concept, layer, unit, found, held out)."""
    frame = pd.DataFrame(rows, columns=["concept", "layer", "unit", "found", "held_out"])
    frame = frame.assign(strength_found=frame["found"], strength_held_out=frame["held_out"])
    return frame.sort_values(["concept", "strength_found"], ascending=[True, False])


def test_the_typical_cell():
    """Best concepts at 0.9, 0.8, 0.5, 0.4 and 0.2: the third cell, for what it tracks best."""
    nan = np.nan
    frame = ranking(
        [("a", 1, 0, 0.9, 0.9), ("b", 1, 0, 0.3, 0.1), ("a", 1, 1, 0.8, 0.7), ("b", 1, 1, 0.1, 0),
         ("a", 2, 0, 0.45, 0.4), ("b", 2, 0, 0.5, 0.4), ("a", 2, 1, 0.4, 0.4), ("a", 2, 2, 0.2, 0),
         ("a", 2, 3, nan, nan)]
    )  # fmt: skip
    cell = typical(frame)
    assert (cell["concept"], cell["layer"], cell["unit"]) == ("b", 2, 0)


def test_the_typical_cell_can_be_judged():
    """A concept that the held-out half does not show leaves the cell its next one."""
    frame = ranking([("a", 1, 0, 0.9, np.nan), ("b", 1, 0, 0.3, 0.2)])
    assert typical(frame)["concept"] == "b"
