"""The split by files: against a slow search for the cuts, and file by file."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from charlens.errors import CharlensError
from charlens.text.blocks import cuts
from charlens.text.corpus import prepare
from charlens.text.splits import split_files
from hypothesis import given
from hypothesis import strategies as st

SIZES = st.lists(st.integers(0, 40), max_size=12).filter(lambda sizes: sum(map(bool, sizes)) > 2)
PERCENTS = st.tuples(st.integers(5, 80), st.integers(5, 15))


def slow_cuts(sizes, train, val):
    """The nearest end for train, one after another; then the nearest for val among what is left."""
    files = [size for size in sizes if size > 0]
    first, second = None, None
    for count in range(1, len(files) - 1):
        end = sum(files[:count])
        if first is None or abs(end - train * sum(files)) < abs(first[1] - train * sum(files)):
            first = count, end
    for count in range(first[0] + 1, len(files)):
        end, target = sum(files[:count]), (train + val) * sum(files)
        if second is None or abs(end - target) < abs(second - target):
            second = end
    return first[1], second


@given(SIZES, PERCENTS)
def test_the_cuts_are_the_nearest_ends_of_files(sizes, percents):
    ends = cuts(sizes, percents[0] / 100, percents[1] / 100)
    assert ends == slow_cuts(sizes, *(Fraction(percent, 100) for percent in percents))


@given(SIZES, PERCENTS, st.integers(1, 3), st.integers(1, 4))
def test_no_file_is_in_two_parts_and_targets_follow_inputs(sizes, percents, batch, unroll):
    """Codes that tell their place in the text, by two digits."""
    shares = percents[0] / 100, percents[1] / 100
    edges = (0, *cuts(sizes, *shares), sum(sizes))
    lengths = [stop - start for start, stop in pairwise(edges)]
    index = np.arange(sum(sizes))
    low, high = ((index % 256).astype(np.uint8), (index // 256).astype(np.uint8))
    if min(lengths) <= batch * unroll:
        with pytest.raises(CharlensError, match="each needs more than batch x unroll"):
            split_files(low, sizes, batch, unroll, *shares)
        return
    split = [split_files(digit, sizes, batch, unroll, *shares).values() for digit in (low, high)]
    file_of = np.repeat(np.arange(len(sizes)), sizes)
    files = []
    for least, most, start, length in zip(*split, edges, lengths, strict=False):
        place = least + 256 * most.astype(int)
        blocks = (length - 1) // (batch * unroll)
        assert place.shape == (batch, blocks * unroll + 1)
        assert (place[:, :-1].ravel() == start + np.arange(batch * unroll * blocks)).all()
        assert (place[:, 1:] == place[:, :-1] + 1).all()
        files.append(set(file_of[place].ravel().tolist()))
    assert len(set.union(*files)) == sum(map(len, files))


def test_a_large_file_takes_what_it_takes():
    assert cuts([10, 900, 50, 40], 0.8, 0.1) == (910, 960)
    assert cuts([900, 50, 50], 0.1, 0.1) == (900, 950)
    assert cuts([50, 50, 900], 0.8, 0.1) == (50, 100)
    assert cuts([30, 40, 20, 10], 0.5, 0.4) == (30, 90)  # 30 and 70 are equally near to 50


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ((), "its files hold 0 bytes and its text 1,000"),
        ([600, 399], "its files hold 999 bytes"),
        ([600, 0, 400], "at least 3 files that are not empty, found 2"),
        ([800, 101, 99], "give 800/101/99 bytes to train/validation/test"),
        ([800, 100, 100], "more than batch x unroll = 10 x 10"),
    ],
)
def test_files_that_cannot_be_split_are_reported_in_one_line(sizes, message):
    with pytest.raises(CharlensError, match=message) as caught:
        prepare(b"x" * 1000, "mine", "a tree", "files", 10, 10, 0.8, 0.1, sizes)
    assert str(caught.value).startswith("corpora.mine: a tree: ")
    assert "\n" not in str(caught.value)
