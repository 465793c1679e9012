"""Corrections of several p-values."""

import numpy as np
from charlens.runtime.several_tests import holm
from hypothesis import given
from hypothesis import strategies as st


def test_holms_own_example() -> None:
    """The smallest times all, the next times one less, never falling."""
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]).tolist() == [1.0, 1.0]
    assert holm([]).tolist() == []


@given(st.lists(st.one_of(st.floats(0, 1), st.just(np.nan)), max_size=8))
def test_a_test_that_could_not_be_made_counts_for_nothing(p: list[float]) -> None:
    made = ~np.isnan(p)
    corrected = holm(p)
    np.testing.assert_array_equal(np.isnan(corrected), ~made)
    np.testing.assert_array_equal(corrected[made], holm(np.asarray(p)[made]))
