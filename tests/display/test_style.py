"""What figures share."""

import pytest
from charlens.display.style import log_ticks


@pytest.mark.parametrize(
    ("low", "high", "values", "ticks"),
    [
        (1, 1000, [1, 7, 1000], [1, 10, 100, 1000]),
        (4, 2500, [5, 2000], [10, 100, 1000]),
        (8, 50, [10, 40], [10, 20, 50]),
        (1, 5, [1, 2, 5], [1, 2, 5]),
        (11.2, 19, [14, 15.2], [14, 15.2]),
        (22.4, 35, [28], [28]),  # a text with a single distance
        (16, 25, [20, 20], [20]),
        (100_000, 2_000_000, [200_000], [100_000, 1_000_000]),
    ],
)
def test_a_logarithmic_axis_says_its_numbers(low, high, values, ticks) -> None:
    assert log_ticks(low, high, values) == ticks


@pytest.mark.parametrize("factor", [1.0, 1.3, 4.0, 90.0])
def test_no_axis_is_without_a_number(factor) -> None:
    for start in range(1, 400):
        values = [start, start * factor]
        ticks = log_ticks(0.8 * start, 1.25 * start * factor, values)
        assert 1 <= len(ticks) <= 5
        assert len(ticks) > 1 or factor == 1.0
        assert all(0.8 * start <= tick <= 1.25 * start * factor for tick in ticks)
