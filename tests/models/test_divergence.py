"""What counts as worse than a uniform guess, and what is said of it."""

from __future__ import annotations

import math

import pytest
from charlens.models.divergence import is_diverged, uniform_loss, warning


@pytest.mark.parametrize("nats", [5.548, 5.6])
def test_a_network_of_random_bytes_has_learnt_nothing_but_not_diverged(nats: float) -> None:
    line = warning("noise/lstm-1x8", nats, 256)
    assert line.startswith("noise/lstm-1x8: learnt nothing: ")
    assert "a uniform guess among 256 symbols has 5.545" in line
    assert "random, compressed or encrypted?" in line
    assert "learning_rate" not in line


@pytest.mark.parametrize("nats", [5.7, 7e5, math.inf, math.nan])
def test_a_loss_far_beyond_a_uniform_guess_is_of_a_diverged_training(nats: float) -> None:
    line = warning("novel/lstm-1x8", nats, 256)
    assert "its training diverged" in line
    assert "lower training.learning_rate" in line


def test_no_line_where_the_network_predicts() -> None:
    assert warning("novel/lstm-1x8", 5.5, 256) == ""


def test_n_grams_of_a_text_with_one_symbol_are_as_good_as_they_can_be() -> None:
    """They keep a little probability for a character that has not come yet."""
    assert uniform_loss(1) == math.log(2)
    assert not is_diverged(0.0004, uniform_loss(1))
    assert is_diverged(0.8, uniform_loss(1))
