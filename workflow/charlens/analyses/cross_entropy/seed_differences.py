"""Differences between networks of one size, by the means of their trainings.

Both networks read the same text, so its part of the error is that of the paired difference. That of
the seeds is independent. Together they give a t-interval with Welch's degrees of freedom (Welch
1947); p-values are corrected for the number of pairs by the method of Holm (1979).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from charlens.analyses.cross_entropy.seed_runs import Network, Spread, deviation
from charlens.analyses.seed_interval import half_width
from charlens.display.markdown import table as markdown_table
from charlens.display.wording import signed
from charlens.files import csv_tables
from charlens.files.atomic import FilePath
from charlens.models import names as model_id
from charlens.runtime.several_tests import holm

# One row per pair of networks of one corpus and size; losses in nats per character.
COLUMNS = {
    "corpus": "string",
    "size": "int64",
    "model": "string",
    "other": "string",
    "difference": "float64",  # mean loss of model - mean loss of other
    "seed_se": "float64",  # standard error from the seeds
    "text_se": "float64",  # standard error from the text, of the paired difference
    "low": "float64",  # 95 % interval from both
    "high": "float64",
    "p": "float64",  # two-sided, that the difference is 0
    "p_holm": "float64",  # corrected for the pairs of this corpus and size
    "differs": "bool",  # p_holm below 0.05
}

LEVEL = 0.05
"""Share of families of pairs in which a difference may be claimed where there is none."""


def rows(
    trained: Sequence[Network], spread: Mapping[str, Spread], times: np.ndarray
) -> list[dict[str, object]]:
    """All pairs of networks of one size of a corpus; those without a spread are left out.

    Args:
        trained: the networks of the corpus.
        spread: standard deviation of one training of each.
        times: how often each run of text is drawn, shape (resamples, texts).
    """
    by_size: dict[int, list[Network]] = {}
    for network in trained:
        if network.is_sound and spread[network.model].freedom:
            by_size.setdefault(model_id.grid_point(network.model).size, []).append(network)
    made = []
    for size, group in by_size.items():
        pairs = [_pair(a, b, spread, times) for a, b in combinations(group, 2)]
        corrected = holm([float(str(pair["p"])) for pair in pairs])
        for pair, p in zip(pairs, corrected, strict=True):
            made.append(pair | {"size": size, "p_holm": p, "differs": p < LEVEL})
    return made


def frame(pairs: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    """Rows as a frame with :data:`COLUMNS`."""
    return pd.DataFrame(pairs, columns=list(COLUMNS)).astype(COLUMNS)


def read(path: FilePath) -> pd.DataFrame:
    """Read a table of differences, written by ``csv_tables.write``.

    Raises:
        CharlensError: no such file, or not such a table.
    """
    return csv_tables.read(path, COLUMNS, "a table of differences between networks", "seeds")


def _pair(
    a: Network, b: Network, spread: Mapping[str, Spread], times: np.ndarray
) -> dict[str, object]:
    difference = a.mean - b.mean
    seeds = _seed_parts(a, b, spread)
    text = deviation(a.resampled(times) - b.resampled(times))
    parts = [*seeds, (0.0 if math.isnan(text) else text**2, len(a.lengths) - 1)]
    variance, freedom = together(parts)
    reach = half_width(variance, freedom)
    return {
        "corpus": a.corpus,
        "model": a.model,
        "other": b.model,
        "difference": difference,
        "seed_se": math.sqrt(sum(part for part, _ in seeds)),
        "text_se": text,
        "low": difference - reach,
        "high": difference + reach,
        "p": two_sided(difference, variance, freedom),
    }


def _seed_parts(a: Network, b: Network, spread: Mapping[str, Spread]) -> list[tuple[float, int]]:
    """Variances of the two means, each with its degrees of freedom; one where both share one."""
    of_a, of_b = spread[a.model], spread[b.model]
    parts = [of_a.sd**2 / len(a.sums), of_b.sd**2 / len(b.sums)]
    if a.cell == b.cell:  # one estimate, so its error is not averaged out
        return [(sum(parts), of_a.freedom)]
    return [(parts[0], of_a.freedom), (parts[1], of_b.freedom)]


def together(parts: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The sum of independent variances, and its degrees of freedom (Welch–Satterthwaite).

    Args:
        parts: variances with their degrees of freedom; such without any, or of 0, add none.

    Example:
        >>> together([(1.0, 4), (1.0, 4)])
        (2.0, 8.0)
    """
    variance = sum(part for part, _ in parts)
    uncertain = sum(part**2 / freedom for part, freedom in parts if freedom)
    return variance, variance**2 / uncertain if uncertain else 0.0


def two_sided(difference: float, variance: float, freedom: float) -> float:
    """Probability of such a difference or a larger one, were the true one 0.

    Args:
        difference: that was measured.
        variance: of the difference.
        freedom: degrees of freedom behind it.
    """
    from scipy.stats import t

    if not variance or not freedom:
        return math.nan
    return float(2 * t.sf(abs(difference) / math.sqrt(variance), freedom))


def markdown(pairs: pd.DataFrame) -> Iterator[str]:
    """One matrix per size: the network of the row less that of the column."""
    for size, part in pairs.groupby("size", sort=False):
        models = list(dict.fromkeys([*part["model"], *part["other"]]))
        titles = [model_id.title(model).removesuffix(f" ({size})") for model in models]
        entry = {}
        for row in part.itertuples():
            entry[row.other, row.model] = _entry(-row.difference, row.differs)
        yield from (
            "",
            f"Size {size}: mean loss of the row's network less that of the column's. **Bold**: "
            f"they differ by more than seeds and text explain (p below {LEVEL:g} after Holm's "
            f"correction; pairs: {len(part)}).",
            "",
        )
        body = [
            [titles[i], *(entry.get((models[i], column), "") for column in models[:-1])]
            for i in range(1, len(models))
        ]
        yield from markdown_table(["", *titles[:-1]], body, "lr")


def _entry(difference: float, differs: bool) -> str:
    return f"**{signed(difference)}**" if differs else signed(difference)
