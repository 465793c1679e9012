"""Shares of credit against sums over all orders."""

from fractions import Fraction
from itertools import combinations, permutations
from math import factorial

import numpy as np
import pytest
from charlens.analyses.oracles.shapley import extremes, pattern_counts, shapley, shares
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

MASKS = arrays(bool, st.tuples(st.integers(1, 4), st.integers(0, 30)))


def peel(masks, order):
    """Errors by oracle, one error at a time."""
    counts = [0] * len(masks)
    for error in masks.T:
        for oracle in order:
            if error[oracle]:
                counts[oracle] += 1
                break
    return counts


def value(masks, coalition):
    """Errors removed by the union of a coalition's oracles."""
    return int(masks[list(coalition)].any(axis=0).sum())


def test_pattern_counts():
    masks = np.array([[1, 1, 0, 0, 1], [0, 1, 0, 1, 1], [0, 0, 0, 0, 1]], dtype=bool)
    assert pattern_counts(masks).tolist() == [1, 1, 1, 1, 0, 0, 0, 1]


def test_by_hand():
    # Two errors only the first removes, six both, one neither.
    counts = np.array([1, 2, 0, 6])
    assert shares(counts, [0, 1]).tolist() == [8, 0]
    assert shares(counts, [1, 0]).tolist() == [2, 6]
    assert shapley(counts).tolist() == [5, 3]
    least, most = extremes(counts)
    assert least.tolist() == [2, 0]
    assert most.tolist() == [8, 6]
    assert counts.tolist() == [1, 2, 0, 6]


@given(MASKS)
def test_against_all_orders(masks):
    counts, oracles = pattern_counts(masks), range(len(masks))
    slow = {order: peel(masks, order) for order in permutations(oracles)}
    for order, expected in slow.items():
        assert shares(counts, order).tolist() == expected
    least, most = extremes(counts)
    for oracle in oracles:
        errors = [expected[oracle] for expected in slow.values()]
        assert (least[oracle], most[oracle]) == (min(errors), max(errors))
        mean = Fraction(sum(errors), len(errors))
        assert shapley(counts)[oracle] == pytest.approx(float(mean), rel=1e-12)
    assert shapley(counts).sum() == pytest.approx(masks.any(axis=0).sum(), rel=1e-12)


def test_six_families_by_the_definition_of_the_value():
    masks = np.random.default_rng(0).random((6, 200)) < 0.4
    masks[5] = True
    expected = []
    for oracle in range(6):
        others = [i for i in range(6) if i != oracle]
        total = Fraction(0)
        for size in range(6):
            weight = Fraction(factorial(size) * factorial(5 - size), factorial(6))
            for coalition in combinations(others, size):
                total += weight * (value(masks, (*coalition, oracle)) - value(masks, coalition))
        expected.append(float(total))
    np.testing.assert_allclose(shapley(pattern_counts(masks)), expected, rtol=1e-12)


@given(st.lists(st.integers(0, 10**12), min_size=64, max_size=64))
def test_six_oracles_share_all_there_is(values):
    counts = np.array(values)
    least, most = extremes(counts)
    fair = shapley(counts)
    assert fair.sum() == pytest.approx(counts[1:].sum(), rel=1e-12)
    assert (least <= fair * (1 + 1e-12)).all()
    assert (fair <= most * (1 + 1e-12)).all()
    assert shares(counts, [3, 1, 0, 5, 2, 4]).sum() == counts[1:].sum()


def test_no_errors():
    counts = pattern_counts(np.zeros((6, 0), dtype=bool))
    assert counts.tolist() == [0] * 64
    assert shapley(counts).tolist() == [0] * 6
