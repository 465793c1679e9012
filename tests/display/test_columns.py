"""Blocks that go on in a second column."""

import pytest
from charlens.display.columns import tallest, two_columns


def height(block):
    return 1 if isinstance(block, str) else block


@pytest.mark.parametrize(
    ("sections", "columns"),
    [
        ([("A", [2])], [["A", 2]]),  # nothing to break
        ([("A", [2, 2, 2])], [["A", 2, 2], ["A (continued)", 2]]),  # of equals, more on the left
        ([("A", [3]), ("B", [2])], [["A", 3], ["B", 2]]),
        ([("A", [1, 1]), ("B", [9])], [["A", 1, 1], ["B", 9]]),
        ([("", [3, 3, 3]), ("", [7])], [[3, 3, 3], [7]]),  # without titles
        ([("A", [1]), ("B", [2, 2, 2])], [["A", 1, "B", 2], ["B (continued)", 2, 2]]),
    ],
)
def test_columns_are_as_equal_as_can_be(sections, columns):
    assert two_columns(sections, height) == columns


def test_no_column_ends_with_a_title():
    for first in range(1, 9):
        for second in range(1, 9):
            sections = [("A", [1] * first), ("B", [1] * second)]
            columns = two_columns(sections, height)
            assert not any(isinstance(column[-1], str) for column in columns)
            blocks = [b for column in columns for b in column if not isinstance(b, str)]
            assert blocks == [1] * (first + second)
            assert tallest(columns, height) <= (first + second + 3) / 2 + 1
