"""Blocks of a figure that go on in a second column, as those of a newspaper."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def two_columns(
    sections: Sequence[tuple[str, Sequence[T]]], height: Callable[[str | T], float]
) -> list[list[str | T]]:
    """Break blocks under the titles of their sections into two columns as equal as can be.

    Args:
        sections: a title and what is below it; no title where it is empty.
        height: of a title or a block.

    Returns:
        The columns from above, one where there is nothing to break. A section that is broken has
        its title again, ``(continued)``.

    Example:
        >>> two_columns([("A", [1]), ("B", [1, 2, 3, 4])], lambda block: 10)
        [['A', 1, 'B', 1], ['B (continued)', 2, 3, 4]]
    """
    blocks: list[str | T] = []
    for title, below in sections:
        blocks += [title, *below] if title else below
    best = [blocks]
    for cut in range(1, len(blocks)):
        first, second = blocks[:cut], blocks[cut:]
        if isinstance(first[-1], str):
            continue  # no title at the foot of a column
        titles = [block for block in first if isinstance(block, str)]
        if titles and not isinstance(second[0], str):
            second = [f"{titles[-1]} (continued)", *second]
        if tallest([first, second], height) <= tallest(best, height):  # of equals, more on the left
            best = [first, second]
    return best


def tallest(columns: Sequence[Sequence[T]], height: Callable[[T], float]) -> float:
    """Height of the tallest column."""
    return max(sum(map(height, column)) for column in columns)
