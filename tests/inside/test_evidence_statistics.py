"""Nulls, intervals and time constants of cells against sampling, scikit-learn and closed forms."""

import numpy as np
import pytest
from charlens.inside.evidence import intervals, nulls, timescales
from charlens.inside.evidence.keeping import Keeping
from charlens.inside.evidence.nulls import Measured, weights_of
from charlens.inside.evidence.traces import Traces
from charlens.runtime.resampling import interval, resample_streams
from scipy import stats
from sklearn.metrics import roc_auc_score


def smooth(random, rows, length, phi=0.999):
    """Independent AR(1) series, (rows, length): slow, so that unrelated ones correlate."""
    noise = random.standard_normal((rows, length))
    series = np.empty((rows, length))
    series[:, 0] = noise[:, 0]
    for t in range(1, length):
        series[:, t] = phi * series[:, t - 1] + np.sqrt(1 - phi**2) * noise[:, t]
    return series


def products(values, labels):
    measured = Measured.of(labels)
    return measured, measured.products(weights_of(values, measured.measure))


@pytest.fixture
def random():
    return np.random.default_rng(4)


def test_the_trace_is_the_score(random):
    """AUC as scikit-learn's, with ties, to 1e-12; r as numpy's."""
    values = np.round(random.uniform(-1, 1, (3, 8, 50)), 1)
    flags, counts = random.random((2, 8, 50)) < 0.3, random.standard_normal((2, 8, 50))
    for labels in (flags, counts):
        measured, s = products(values, labels)
        scores = measured.scores(np.trace(s, axis1=2, axis2=3))
        for cell in range(3):
            for concept in range(2):
                x, y = values[cell].ravel(), labels[concept].ravel()
                of = roc_auc_score(y, x) if y.dtype == bool else np.corrcoef(x, y)[0, 1]
                assert scores[cell, concept] == pytest.approx(of, abs=1e-12)


@pytest.mark.parametrize("binary", [False, True])
def test_z_is_that_of_fifty_thousand_permutations(random, binary):
    values = smooth(random, 10, 80)[None]
    labels = smooth(random, 10, 80)[None]
    _, s = products(values, labels > 0 if binary else labels)
    sums = nulls.permuted_sums(s[0], nulls.permutations(10, 50_000, random))[0]
    expected = (np.trace(s[0, 0]) - sums.mean()) / sums.std()
    assert nulls.z_scores(s)[0, 0] == pytest.approx(expected, rel=0.02, abs=0.02)


def test_of_unrelated_smooth_series_p_is_uniform_and_shuffling_characters_is_not(random):
    streams, length = 20, 150
    label = smooth(random, streams, length) > 0
    values = np.stack([smooth(random, streams, length) for _ in range(150)])
    measured, s = products(values, label[None])
    observed = measured.strengths(measured.scores(np.trace(s, axis1=2, axis2=3)))[:, 0]
    sums = nulls.permuted_sums(s[:, 0], nulls.permutations(streams, 999, random))
    p = nulls.p_values(observed, measured.strengths(measured.scores(sums[:, None])[:, 0]))
    assert stats.kstest(p, "uniform").pvalue > 0.01
    assert (nulls.false_discovery_rates(p) < 0.05).mean() <= 0.05
    by_character = 1 / np.sqrt(3 * length * streams * label.mean() * (1 - label.mean()))
    naive = nulls.two_sided_tail(observed / by_character)
    assert (naive < 0.05).mean() > 0.6  # calls most of them significant


def test_a_cell_that_follows_the_label_is_significant_and_a_constant_one_is_not(random):
    label = smooth(random, 20, 150, 0.9) > 0
    follows = label + 0.3 * smooth(random, 20, 150, 0.9)
    values = np.stack([follows, np.zeros((20, 150))])
    measured, s = products(values, label[None])
    observed = measured.strengths(measured.scores(np.trace(s, axis1=2, axis2=3)))
    sums = nulls.permuted_sums(s[:, 0], nulls.permutations(20, 999, random))[:, None]
    p = nulls.p_values(observed, measured.strengths(measured.scores(sums)))[:, 0]
    assert p[0] == 1 / 1000
    assert np.isnan([p[1], observed[1, 0], nulls.z_scores(s)[1, 0]]).all()
    q = nulls.false_discovery_rates(p)
    assert q[0] == p[0]
    assert np.isnan(q[1])


def test_resampled_scores_are_those_of_the_resampled_streams(random):
    values = (random.integers(0, 40, (2, 6, 30)) + 0.5) / 20 - 1  # one value to a bin
    counts, flags = random.standard_normal((2, 6, 30)), random.random((2, 6, 30)) < 0.4
    draws = resample_streams(6, 5, random)
    assert (draws.sum(1) == 6).all()
    r, area = intervals.correlations(values, counts, draws), intervals.areas(values, flags, draws)
    for i, times in enumerate(draws.astype(int)):
        rows = np.repeat(np.arange(6), times)
        for cell in range(2):
            for concept in range(2):
                x = values[cell, rows].ravel()
                of_r = np.corrcoef(x, counts[concept, rows].ravel())[0, 1]
                of_area = roc_auc_score(flags[concept, rows].ravel(), x)
                assert r[cell, concept, i] == pytest.approx(of_r, abs=1e-12)
                assert area[cell, concept, i] == pytest.approx(of_area, abs=1e-12)


def test_the_bootstrap_agrees_with_obuchowskis_clustered_variance(random):
    """Obuchowski (1997), Nonparametric analysis of clustered ROC curve data."""
    streams = 60
    label = smooth(random, streams, 40, 0.9) > 0
    of_stream = 0.4 * random.standard_normal((streams, 1))
    values = np.tanh(0.5 * label + of_stream + 0.5 * random.standard_normal(label.shape))
    draws = resample_streams(streams, 4000, random)
    area = intervals.areas(values[None], label[None], draws)[0, 0]
    x, y = values[label], values[~label]
    wins = (x[:, None] > y).astype(float)
    auc, where = wins.mean(), np.broadcast_to(np.arange(streams)[:, None], label.shape)
    n = streams / (streams - 1)
    yes = [wins.mean(1)[where[label] == i] - auc for i in range(streams)]
    no = [wins.mean(0)[where[~label] == i] - auc for i in range(streams)]
    yes, no = (np.array([part.sum() for part in side]) for side in (yes, no))
    variance = n * ((yes**2).sum() / len(x) ** 2 + (no**2).sum() / len(y) ** 2)
    variance += 2 * n * (yes * no).sum() / (len(x) * len(y))
    assert area.std() == pytest.approx(np.sqrt(variance), rel=0.1)


def test_limits_hold_their_share():
    low, high = interval(np.linspace(0, 1, 1001)[None], axis=-1)
    assert (low[0], high[0]) == pytest.approx((0.025, 0.975))


def test_time_constants_of_known_series(random):
    for phi in (0.5, 0.95):
        times, capped = timescales.autocorrelation_times(smooth(random, 40, 4000, phi)[None])
        assert times[0] == pytest.approx((1 + phi) / (1 - phi), rel=0.15)
        assert not capped[0]
    trend = np.broadcast_to(np.repeat([0.0, 1.0], 50), (1, 4, 100))
    assert timescales.autocorrelation_times(trend)[1][0] == 0
    assert np.isnan(timescales.autocorrelation_times(np.ones((1, 2, 50)))[0][0])
    one, capped = timescales.autocorrelation_times(random.random((2, 5, 1)))  # streams of a byte
    assert one.tolist() == [1, 1]
    assert capped.all()
    assert timescales.write_rates(random.random((2, 5, 1))).tolist() == [0, 0]
    two, flat = random.integers(0, 2, (1, 5, 2000)), random.random((1, 5, 2000))
    assert timescales.bimodality(two)[0] == pytest.approx(1, abs=0.01)
    assert timescales.bimodality(flat)[0] == pytest.approx(5 / 9, abs=0.01)
    assert np.isnan(timescales.bimodality(np.ones((1, 2, 3)))[0])


def test_dwell_and_writes_of_a_switch():
    switch = np.tile(np.repeat([-1.0, 1.0], 10), (2, 6))[None] + 0.01
    assert timescales.dwell_times(switch)[0] == 10
    assert timescales.write_rates(switch)[0] == pytest.approx(11 / 119)


def test_half_lives_of_constant_gates():
    keeping = Keeping(2)
    keeping.add(np.stack([np.full(50, 0.5), np.full(50, 0.5 ** (1 / 30))]))
    keeping.add(np.stack([np.full(50, 0.5), np.full(50, 0.5 ** (1 / 30))]))
    mean, between = keeping.half_lives()
    assert mean == pytest.approx([1, 30])
    assert between == pytest.approx([1, 30], rel=0.005)
    shut = Keeping(1)
    shut.add(np.array([[0.0, 1.0]]))
    assert np.isfinite(shut.half_lives()).all()


def test_the_ranking_without_concepts_puts_a_slow_switch_first(random):
    fast = smooth(random, 8 * 20, 400, 0.3).reshape(8, 20, 400).clip(-1, 1)
    switch = np.where(smooth(random, 20, 400, 0.99) > 0, 0.9, -0.9)
    traces = Traces(
        np.concatenate([fast, switch[None]]).astype(np.float32),
        np.array([1] * 5 + [2] * 4),
        np.array([*range(5), *range(4)]),
    )
    table = timescales.table("text", "lstm-2x8", traces, None, np.arange(4.0))
    assert list(table.columns) == list(timescales.COLUMNS)
    first = table[table["rank"] == 1].iloc[0]
    assert (first["layer"], first["unit"]) == (2, 3)
    assert table.loc[table["layer"] == 1, "decoder_norm"].isna().all()
    assert list(table.loc[table["layer"] == 2, "decoder_norm"]) == [0, 1, 2, 3]
