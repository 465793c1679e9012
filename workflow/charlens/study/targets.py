"""What can be made, for those who ask Snakemake for something else."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from charlens.errors import visible
from charlens.study.explain import did_you_mean

_MISSING = re.compile(r"No rule to produce (.*) \(if you use input ", re.DOTALL)


def explain_missing(targets: Sequence[str], results: str) -> Callable[[str], str | None]:
    """What says in one line that there is no such target, where an error of Snakemake does.

    Args:
        targets: names that can be made.
        results: the folder whose files can be made, too.
    """

    def explain(message: str) -> str | None:
        missing = _MISSING.search(message)
        if missing is None:
            return None
        hint = did_you_mean(missing[1], targets, likeness=0.75)
        there_are = f"there are {', '.join(targets)}, and files in {results}/"
        return f"charlens: error: {visible(missing[1])}: no such target{hint}; {there_are}"

    return explain
