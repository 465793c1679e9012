"""Tables in Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_BAR = re.compile(r"(?<!\\)\|")
_RULES = {"l": "---", "r": "---:"}


def table(head: Sequence[str], rows: Iterable[Sequence[object]], align: str) -> list[str]:
    r"""Lines of a table.

    Args:
        head: the names of the columns.
        rows: one cell per column each. A bar inside a cell or a name is escaped, unless it is so
            already.
        align: ``l`` or ``r`` for each column, flush left or right; the last letter also stands for
            all further columns.

    Example:
        >>> print(*table(["network", "its |r|"], [["LSTM-1", 0.91]], "lr"), sep="\n")
        | network | its \|r\| |
        |---|---:|
        | LSTM-1 | 0.91 |
    """
    rules = [_RULES[letter] for letter in align.ljust(len(head), align[-1])[: len(head)]]
    return [
        _line(head),
        f"|{'|'.join(rules)}|",
        *map(_line, rows),
    ]


def _line(cells: Sequence[object]) -> str:
    escaped = (_BAR.sub(r"\\|", str(cell)) for cell in cells)
    return "|" + "".join(f" {cell} |" if cell else " |" for cell in escaped)
