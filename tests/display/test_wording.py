"""Numbers as people read them, those that do not exist included."""

from __future__ import annotations

import math

import pytest
from charlens.display.wording import number, signed


@pytest.mark.parametrize(
    ("value", "plain", "with_sign"),
    [
        (1.23456, "1.235", "+1.235"),
        (-0.5, "-0.500", "−0.500"),
        (-0.0004, "0.000", "0.000"),
        (0.0004, "0.000", "0.000"),
        (-0.0006, "-0.001", "−0.001"),
        (0.0, "0.000", "0.000"),
        (math.inf, "∞", "+∞"),
        (-math.inf, "−∞", "−∞"),
        (math.nan, "–", "–"),
    ],
)
def test_numbers_have_three_decimals_or_a_sign_of_their_own(
    value: float, plain: str, with_sign: str
) -> None:
    assert number(value) == plain
    assert signed(value) == with_sign


def test_a_difference_has_as_many_decimals_as_asked_and_no_sign_where_they_are_zero() -> None:
    assert [signed(value, 1) for value in (0.04, -0.04, 0.06, -2.0)] == [
        "0.0",
        "0.0",
        "+0.1",
        "−2.0",
    ]
    assert signed(0.00004, 4) == "0.0000"
