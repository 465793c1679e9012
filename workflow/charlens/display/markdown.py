"""Tables in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_RULES = {"l": "---", "r": "---:"}


def table(head: Sequence[str], rows: Iterable[Sequence[object]], align: str) -> list[str]:
    """Lines of a table.

    Args:
        head: the names of the columns.
        rows: one cell per column each; a bar inside a cell must be escaped already.
        align: ``l`` or ``r`` for each column, flush left or right; the last letter also stands for
            all further columns.
    """
    rules = [_RULES[letter] for letter in align.ljust(len(head), align[-1])[: len(head)]]
    return [
        _line(head),
        f"|{'|'.join(rules)}|",
        *map(_line, rows),
    ]


def _line(cells: Sequence[object]) -> str:
    return "|" + "".join(f" {cell} |" if cell != "" else " |" for cell in cells)
