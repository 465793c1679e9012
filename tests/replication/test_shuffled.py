"""What agreement is worth: the paper's own numbers in each other's places."""

from __future__ import annotations

import math
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from charlens.replication import compare, shuffled
from hypothesis import given
from hypothesis import strategies as st


def numbers(papers, tolerance, **columns) -> pd.DataFrame:
    """Comparable numbers, all within, of one model unless ``columns`` say otherwise."""
    count = len(papers)
    rows = {"figure": "Figure 5 left", "corpus": "linux_kernel", "model": "n-gram-20"}
    rows |= {"unit": "probability", "ours": papers, "paper": papers, "difference": 0.0}
    rows |= {"quantity": [f"q{i}" for i in range(count)], "tolerance": tolerance}
    rows |= {"relative": math.nan, "relative_tolerance": math.nan, "verdict": "within"}
    rows |= {"comparable": True, "papers_file": True, "remark": None}
    return pd.DataFrame(rows | columns)[list(compare.COLUMNS)].astype(compare.COLUMNS)


def by_hand(papers, tolerance) -> float:
    """The mean over all orders of how many are near enough."""
    orders = list(permutations(papers))
    return sum(
        abs(p - mine) <= t + 1e-9
        for order in orders
        for p, mine, t in zip(order, papers, tolerance, strict=True)
    ) / len(orders)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 5)), min_size=2, max_size=5))
def test_the_mean_over_all_orders(rows) -> None:
    papers, tolerance = (np.array(column) / 10 for column in zip(*rows, strict=True))
    (group,) = shuffled.groups(numbers(papers, tolerance)).itertuples()
    assert group.numbers == group.near == len(rows)
    assert group.shuffled == pytest.approx(by_hand(papers, tolerance))


def test_numbers_judged_beside_another_too() -> None:
    """Each network but the RNN-1, whose place another number comes to as well."""
    papers, tolerance, relative_tolerance = [1.40, 1.36, 1.31, 1.44], 0.05, 0.03
    models = ["rnn-1x64", "rnn-2x64", "gru-1x64", "lstm-3x64"]
    relative = [math.nan, 0.0, 0.0, 0.0]
    frame = numbers(
        papers,
        tolerance,
        figure="Figure 1",
        model=models,
        relative=relative,
        relative_tolerance=relative_tolerance,
    )
    orders = [np.array(order) - papers for order in permutations(papers)]
    near = [
        np.abs(off) <= tolerance + 1e-9 if i == 0 else
        (np.abs(off) <= tolerance + 1e-9) & (np.abs(off - off0) <= relative_tolerance + 1e-9)
        for i in range(4)
        for off, off0 in [(np.array([o[i] for o in orders]), np.array([o[0] for o in orders]))]
    ]  # fmt: skip
    (group,) = shuffled.groups(frame).itertuples()
    assert (group.kind, group.numbers) == ("recurrent", 4)
    assert group.shuffled == pytest.approx(np.mean(near, axis=1).sum())
    assert group.shuffled < by_hand(papers, [tolerance] * 4)


def test_close_numbers_say_little_and_distant_ones_much() -> None:
    """As the 20-gram's of Figure 5, with all of which a constant 0.345 agrees."""
    close = numbers([0.30, 0.35, 0.37, 0.29, 0.40], 0.13, verdict="vague")
    distant = numbers([0.1, 0.3, 0.5, 0.7, 0.9], 0.05, figure="Figure 4 right", model="lstm-3x512")
    distant.loc[0, "verdict"] = "outside"
    assert list(shuffled.sentences(pd.concat([close, distant], ignore_index=True))) == [
        "Figure 5 left: 5 of 5 numbers are near enough; were the paper's own shuffled among "
        "themselves, 5.0 of 5 would be on average.",
        "Figure 4 right: 4 of 5 numbers are near enough; were the paper's own shuffled among "
        "themselves, 1.0 of 5 would be on average.",
    ]
    assert list(shuffled.in_brief(pd.concat([close, distant], ignore_index=True))) == [
        "Near enough are: Figure 5 left 5 of 5 (5.0) and Figure 4 right 4 of 5 (1.0); in brackets, "
        "how many would be on average were the paper's own numbers shuffled among themselves."
    ]


def test_what_is_shuffled_together() -> None:
    """Models of one kind where each has one number; else the numbers of one model."""
    table2 = numbers(
        [2.4, 1.9, 1.6, 1.5, 1.4],
        0.01,
        figure="Table 2",
        model=["n-gram-1", "n-gram-2", "n-nn-1", "n-nn-2", "n-nn-3"],
    )
    pies = numbers([1, 2, 3, 4], 0.1, figure="Figure 6", model=["lstm-2x64", "lstm-3x512"] * 2)
    alone = numbers([0.5], 0.1)
    others = numbers([1.0, 2.0], 0.1, comparable=False, verdict=None)
    groups = shuffled.groups(pd.concat([table2, pies, alone, others], ignore_index=True))
    assert list(zip(groups["figure"], groups["kind"], groups["numbers"], strict=True)) == [
        ("Table 2", "n-gram", 2),
        ("Table 2", "n-nn", 3),
        ("Figure 6", "lstm-2x64", 2),
        ("Figure 6", "lstm-3x512", 2),
    ]
    assert (groups["shuffled"] == 1).all()
    assert shuffled.groups(others).empty
    assert list(shuffled.sentences(others)) == list(shuffled.in_brief(others)) == []
