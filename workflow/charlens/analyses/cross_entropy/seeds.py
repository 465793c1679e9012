"""The table of networks that were trained several times: each mean with two intervals.

One interval is over seeds: what another training of the network would give. The other is over text:
what other streams would give. They answer different questions and are never added up.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from charlens.analyses.cross_entropy import seed_differences as differences
from charlens.analyses.cross_entropy.seed_differences import read as read_differences
from charlens.analyses.cross_entropy.seed_runs import (
    Network,
    Spread,
    deviation,
    networks,
    resamples,
    spreads,
)
from charlens.analyses.seed_interval import half_width
from charlens.display.markdown import table as markdown_table
from charlens.display.units import per
from charlens.display.wording import cases, listed, number, rst_corpus, signed
from charlens.files import csv_tables
from charlens.files.atomic import FilePath
from charlens.models import names as model_id
from charlens.models.divergence import EXPLANATION, MARK, is_diverged
from charlens.paper import numbers as paper
from charlens.paper import texts
from charlens.predictions.together import Source
from charlens.text.corpus import Corpus

__all__ = [
    "COLUMNS",
    "LOSSES",
    "SeedTables",
    "markdown",
    "read",
    "read_differences",
    "read_losses",
    "sentences",
    "tables",
]

# One row per corpus and network; losses in nats per character. Empty where unknown.
COLUMNS = {
    "corpus": "string",
    "cell": "string",
    "layers": "int64",
    "size": "int64",
    "model": "string",
    "seeds": "int64",  # trainings
    "mean": "float64",  # over seeds
    "seed_sd": "float64",  # of one training, pooled over the networks of the cell
    "freedom": "int64",  # degrees of freedom behind seed_sd
    "seed_half_width": "float64",  # of the 95 % interval of the mean over seeds
    "text_sd": "float64",  # of the mean, over resampled test streams
    "paper": "float64",
    "difference": "float64",  # mean - paper
    "uniform": "float64",  # loss of a uniform guess
}

# One row per corpus, network and seed.
LOSSES = {
    "corpus": "string",
    "cell": "string",
    "layers": "int64",
    "size": "int64",
    "model": "string",
    "seed": "int64",
    "cross_entropy": "float64",  # of this training on the test split, nats per character
    "diverged": "bool",  # worse than a uniform guess
}


class SeedTables(NamedTuple):
    """What several trainings of networks give.

    Attributes:
        networks: :data:`COLUMNS`.
        losses: :data:`LOSSES`.
        differences: those of the module ``seed_differences``.
    """

    networks: pd.DataFrame
    losses: pd.DataFrame
    differences: pd.DataFrame


def tables(
    runs_of: Mapping[int, Iterable[Source]], bootstrap: int, seed: int, corpora: Sequence[Corpus]
) -> SeedTables:
    """Every network with its trainings, and the differences between networks.

    Args:
        runs_of: seed -> probabilities files, or predictions in memory, of its trainings.
        bootstrap: number of resamples of streams.
        seed: the config's; the resamples depend on it and the corpus.
        corpora: those of the files, as they are now.

    Returns:
        Frames with corpora in the order of the files, inside one by size, cell and layers.

    Raises:
        CharlensError: as ``networks`` of the module ``seed_runs``.
    """
    rows: list[dict[str, object]] = []
    pairs: list[dict[str, object]] = []
    losses: list[dict[str, object]] = []
    for trained in networks(runs_of, corpora).values():
        trained.sort(key=lambda network: model_id.sort_key(network.model))
        spread = spreads(trained)
        times = resamples(trained, bootstrap, seed)
        rows += [_row(network, spread[network.model], times) for network in trained]
        losses += [row for network in trained for row in _losses(network)]
        pairs += differences.rows(trained, spread, times)
    return SeedTables(
        pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS),
        pd.DataFrame(losses, columns=list(LOSSES)).astype(LOSSES),
        differences.frame(pairs),
    )


def _names(network: Network) -> dict[str, object]:
    point = model_id.grid_point(network.model)
    return {
        "corpus": network.corpus,
        "cell": point.cell,
        "layers": point.layers,
        "size": point.size,
        "model": network.model,
    }


def _losses(network: Network) -> Iterator[dict[str, object]]:
    for seed, loss in zip(network.sums, network.losses, strict=True):
        is_lost = is_diverged(loss, network.uniform)
        yield _names(network) | {"seed": seed, "cross_entropy": loss, "diverged": is_lost}


def _row(network: Network, spread: Spread, times: np.ndarray) -> dict[str, object]:
    point, count = model_id.grid_point(network.model), len(network.sums)
    printed = paper.cross_entropy(network.corpus, point.cell, point.layers, point.size)
    return _names(network) | {
        "seeds": count,
        "mean": network.mean,
        "seed_sd": spread.sd,
        "freedom": spread.freedom,
        "seed_half_width": half_width(spread.sd**2 / count, spread.freedom),
        "text_sd": deviation(network.resampled(times)),
        "paper": printed,
        "difference": math.nan if printed is None else network.mean - printed,
        "uniform": network.uniform,
    }


def read(path: FilePath) -> pd.DataFrame:
    """Read the first table of :func:`tables`, written by ``csv_tables.write``.

    Raises:
        CharlensError: no such file, or not such a table.
    """
    return csv_tables.read(path, COLUMNS, "a table of seeds", "seeds")


def read_losses(path: FilePath) -> pd.DataFrame:
    """Read the losses of single trainings; raises as :func:`read`."""
    return csv_tables.read(path, LOSSES, "a table of losses by seed", "seeds")


def markdown(made: SeedTables, bootstrap: int) -> str:
    """All tables for people, one section per corpus.

    Args:
        made: of :func:`tables`.
        bootstrap: number of resamples, for the text.
    """
    frame, losses, pairs = made
    lines = [
        "# Networks trained from several seeds",
        "",
        f"Test cross-entropy in nats per {per(frame)}, lower is better. *Seeds*: half of the 95 % "
        "interval of the mean over trainings, from the standard deviation of one training, pooled "
        "over the networks of a cell. *Text*: standard deviation of the mean over "
        f"{bootstrap} bootstrap resamples of the test streams. The dropout of each training is the "
        "one that its own validation chose.",
        *([f"{MARK}: {EXPLANATION}."] if losses["diverged"].any() else []),
    ]
    for corpus, part in frame.groupby("corpus", sort=False):
        lines += ["", f"## {texts.corpus_title(str(corpus))}", "", _spread_line(part), ""]
        lines += _markdown_networks(part, losses[losses["corpus"] == corpus])
        lines += differences.markdown(pairs[pairs["corpus"] == corpus])
    return "\n".join(lines) + "\n"


def _spread_line(part: pd.DataFrame) -> str:
    spreads = [f"{cell} {sd:.3f}" for cell, sd in _spreads(part)]
    return f"Standard deviation of one training: {', '.join(spreads)} nats per {per(part)}."


def _spreads(part: pd.DataFrame) -> list[tuple[str, float]]:
    """Each cell of a corpus with the standard deviation of one training of it.

    Its networks share one, but for those with a training that diverged. These have fewer degrees of
    freedom or, where only one other network is left, a larger spread.
    """
    lost = [is_diverged(row.mean, row.uniform) for row in part.itertuples()]
    ordered = part.assign(lost=lost).sort_values(
        ["lost", "freedom", "seed_sd"], ascending=[True, False, True], kind="stable"
    )
    sd = ordered.drop_duplicates("cell").set_index("cell")["seed_sd"]
    return [(model_id.cell_title(cell), sd[cell]) for cell in part["cell"].unique()]


def _markdown_networks(part: pd.DataFrame, losses: pd.DataFrame) -> list[str]:
    seeds = list(losses["seed"].unique())
    by_seed = {(r.model, r.seed): number(r.cross_entropy) + MARK * r.diverged
               for r in losses.itertuples()}  # fmt: skip
    rows = []
    for row in part.itertuples():
        shown = [by_seed.get((row.model, seed), "–") for seed in seeds]
        against = ["–", "–"]
        if not math.isnan(row.paper):
            against = [number(row.paper), signed(row.difference)]
        intervals = [_spread(row.seed_half_width), _spread(row.text_sd)]
        title = model_id.title(row.model)
        rows.append([title, *shown, f"**{number(row.mean)}**", *intervals, *against])
    head = ["Network", *(f"seed {s}" for s in seeds), "mean", "seeds", "text", "paper", "off by"]
    return markdown_table(head, rows, "lr")


def _spread(value: float) -> str:
    return "–" if math.isnan(value) else f"± {value:.3f}"


def sentences(frame: pd.DataFrame, pairs: pd.DataFrame | None = None) -> Iterator[str]:
    """What the seed moves, what the text does, and how many networks differ.

    Args:
        frame: made by :func:`tables` or :func:`read`.
        pairs: the differences, where they are at hand.
    """
    for corpus, part in frame.groupby("corpus", sort=False):
        spreads = [f"{sd:.3f} for the {cell}" for cell, sd in _spreads(part)]
        yield (
            f"On {rst_corpus(corpus)}, {_trainings(part['seeds'])}: one training has a standard "
            f"deviation of {', '.join(spreads)}; another sample of text has one of "
            f"{part['text_sd'].median():.3f} (median)."
        )
        printed = part[part["paper"].notna()]
        if len(printed):
            far = printed["difference"].abs().max()
            yield f"The means are at most {far:.3f} from the paper's numbers, one training each."
        if pairs is not None:
            yield from _differing(pairs[pairs["corpus"] == corpus])


def _trainings(seeds: pd.Series) -> str:
    """How many networks have how many trainings: ``3 trainings of 9 networks, 2 of one``."""
    counts = seeds.value_counts().sort_index(ascending=False)
    if len(counts) == 1:
        whose = "one network" if len(seeds) == 1 else f"each of {len(seeds)} networks"
        return f"{_times(int(counts.index[0]))} of {whose}"
    first, *others = counts.items()
    parts = [f"{_times(int(first[0]))} of {_networks(first[1])}"]
    parts += [f"{'one' if times == 1 else times} of {_count(many)}" for times, many in others]
    return listed(parts)


def _times(count: int) -> str:
    return "one training" if count == 1 else f"{count} trainings"


def _networks(count: int) -> str:
    return "one network" if count == 1 else f"{count} networks"


def _count(count: int) -> str:
    return "one" if count == 1 else f"{count}"


def _differing(pairs: pd.DataFrame) -> Iterator[str]:
    if len(pairs):
        apart = cases(int(pairs["differs"].sum()), len(pairs))
        yield f"Networks of one size differ by more than seeds and text explain in {apart}."
