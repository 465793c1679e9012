"""Globs over the paths of a tree: ``**`` stands for any number of folders."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from charlens.errors import CharlensError


def parts_of(pattern: str) -> tuple[str, ...]:
    """The components of a glob.

    Raises:
        CharlensError: it has none, or leaves the tree.
    """
    parts = tuple(part for part in pattern.split("/") if part not in ("", "."))
    if not parts or ".." in parts:
        raise CharlensError(
            f"glob: expected a pattern inside the tree such as 'kernel/**/*.c', found {pattern!r}"
        )
    return parts


def matches(parts: Sequence[str], globs: Sequence[Sequence[str]]) -> bool:
    """Whether the components of a path match the components of one of the globs."""
    return any(_match(tuple(parts), glob) for glob in globs)


def _match(parts: Sequence[str], glob: Sequence[str]) -> bool:
    """Whether all of ``parts`` matches all of ``glob``.

    One pass over the glob with the set of places in the path that it may have reached, so that
    several ``**`` take no longer than their number times the depth of the path.
    """
    reached = {0}
    for piece in glob:
        if piece == "**":
            reached = _spread(reached, parts)
        else:
            reached = {at + 1 for at in reached if at < len(parts) and _same(parts[at], piece)}
        if not reached:
            return False
    return len(parts) in reached


def _spread(reached: set[int], parts: Sequence[str]) -> set[int]:
    """Every place from those reached on that no hidden folder separates from them."""
    spread: set[int] = set()
    for at in sorted(reached):
        while at not in spread:
            spread.add(at)
            if at == len(parts) or parts[at].startswith("."):
                break
            at += 1
    return spread


def _same(part: str, piece: str) -> bool:
    hidden = part.startswith(".") and not piece.startswith(".")
    return not hidden and fnmatchcase(part, piece)
