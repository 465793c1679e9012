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
