"""The table of universality: for each network, what its trainings have in common."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from charlens.display.markdown import table as markdown_table
from charlens.display.wording import rst, rst_corpus, rst_model
from charlens.files import csv_tables
from charlens.files.atomic import FilePath
from charlens.inside.cells.concepts import CONCEPTS, CORRELATION, FLOORS
from charlens.inside.universality.rows import UNTRAINED, read_cells, read_pairs, read_passage
from charlens.models import names as model_id
from charlens.paper import texts

EXCESS, MATCH = 0.3, 0.7
"""A cell has a counterpart in another training where |r| and its excess over rotations exceed
these."""

QUANTILES = np.linspace(0, 1, 101)
"""Of the matches of all cells, in Figure 10."""

FOLLOWERS = 4
"""Networks whose cells Figure 10 shows on a passage: those that follow the concept best."""

# One row per corpus and network. Empty where there is no such pair of networks.
COLUMNS = {
    "corpus": "string",
    "model": "string",
    "seeds": "int64",  # trainings
    "cells": "int64",  # of each training
    "universal": "float64",  # share of cells with a counterpart in all other trainings but one
    "match_seeds": "float64",  # median |r| of the best match in another training of the network
    "rotated_seeds": "float64",  # the same in rotated trainings
    "match_others": "float64",  # in trainings of other networks
    "match_untrained": "float64",  # in networks of the same shape that learned nothing
    "cka_seeds": "float64",  # mean over pairs of trainings
    "cka_others": "float64",
    "cka_untrained": "float64",
    "svcca_seeds": "float64",
    "svcca_untrained": "float64",
    "concept": "string",
    "followers": "int64",  # trainings with a cell that follows the concept
    "weakest": "float64",  # |r| with the concept of the best cell, over trainings
    "strongest": "float64",
    "concept_match": "float64",  # mean r between these cells of two trainings
}


def table(
    cells: Sequence[FilePath], pairs: Sequence[FilePath], passages: Sequence[FilePath]
) -> pd.DataFrame:
    """One row per network, from the tables of each corpus (module ``rows``), in their order."""
    rows = [
        _row(model, read_cells(a), read_pairs(b), passage)
        for a, b, c in zip(cells, pairs, passages, strict=True)
        for passage in [read_passage(c)]
        for model in dict.fromkeys(passage["model"])
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def _row(
    model: str, cells: pd.DataFrame, pairs: pd.DataFrame, passage: pd.DataFrame
) -> dict[str, object]:
    cells = cells[cells["model"] == model]
    own, others = cells["other"] == model, cells["other_seed"] != UNTRAINED
    kinds = {"seeds": own & others, "others": ~own & others, "untrained": own & ~others}
    followers = passage[passage["model"] == model].drop_duplicates("seed")
    between = pairs[(pairs["model"] == model) & _kind(pairs, model, "seeds")]
    row = {
        "corpus": passage["corpus"].iloc[0],
        "model": model,
        "seeds": len(followers),
        "cells": len(
            cells[cells["seed"] == cells["seed"].iloc[0]][["layer", "unit"]].value_counts()
        ),
        "universal": float(universal(cells)["universal"].mean()) if kinds["seeds"].any() else None,
        "rotated_seeds": cells.loc[kinds["seeds"], "rotated"].median(),
        "concept": passage["concept"].iloc[0],
        "followers": int((followers["strength"] >= FLOORS[CORRELATION]).sum()),
        "weakest": followers["strength"].min(),
        "strongest": followers["strength"].max(),
        "concept_match": between["concept_r"].mean(),
    }
    for kind, rows in kinds.items():
        row[f"match_{kind}"] = cells.loc[rows, "r"].abs().median()
        alike = pairs[_kind(pairs, model, kind)]
        row |= {f"{name}_{kind}": alike[name].mean() for name in ("cka", "svcca")}
    return row


def _kind(pairs: pd.DataFrame, model: str, kind: str) -> pd.Series:
    """Which pairs are of a network and of one of a kind."""
    one, two = pairs["model"] == model, pairs["other"] == model
    learned = pairs["other_seed"] != UNTRAINED
    return {
        "seeds": one & two & learned,
        "others": (one ^ two) & learned,
        "untrained": one & two & ~learned,
    }[kind]


def universal(cells: pd.DataFrame) -> pd.DataFrame:
    """Which cells of a network have a counterpart in its other trainings.

    Args:
        cells: rows of one network, as of :func:`charlens.inside.universality.rows.read_cells`.

    Returns:
        One row per training and cell: ``counterparts``, in how many other trainings it has one, and
        ``universal``, whether that is all of them but one at most (of one or two, all).
    """
    own = (cells["other"] == cells["model"]) & (cells["other_seed"] != UNTRAINED)
    pairs = cells[own].assign(has=lambda x: (x["excess"] > EXCESS) & (x["r"].abs() > MATCH))
    grouped = pairs.groupby(["seed", "layer", "unit"])["has"]
    counted = grouped.agg(counterparts="sum", others="size").reset_index()
    needed = np.where(counted["others"] > 2, counted["others"] - 1, counted["others"])
    return counted.assign(universal=counted["counterparts"] >= needed)


def match_quantiles(cells: pd.DataFrame) -> pd.DataFrame:
    """Quantiles over cells of |r| with the best match, by whose cell that is."""
    own, learned = cells["other"] == cells["model"], cells["other_seed"] != UNTRAINED
    kinds = {
        "seeds": cells.loc[own & learned, "r"].abs(),
        "others": cells.loc[~own & learned, "r"].abs(),
        "untrained": cells.loc[own & ~learned, "r"].abs(),
        "rotated": cells.loc[own & learned if (own & learned).any() else learned, "rotated"],
    }
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "corpus": cells["corpus"].iloc[0],
                    "kind": kind,
                    "share": 1 - QUANTILES,  # of cells that are matched at least so well
                    "r": values.quantile(QUANTILES).to_numpy(),
                }
            )
            for kind, values in kinds.items()
            if len(values)
        ],
        ignore_index=True,
    )


def best_followers(passage: pd.DataFrame) -> pd.DataFrame:
    """The rows of the networks whose trainings follow the concept best."""
    strength = passage.drop_duplicates(["model", "seed"]).groupby("model", sort=False)["strength"]
    best = strength.median().sort_values(ascending=False, kind="stable").index[:FOLLOWERS]
    rank = {model: place for place, model in enumerate(best)}
    rows = passage[passage["model"].isin(best)]
    return rows.sort_values(["model", "seed", "place"], key=lambda x: x.map(rank).fillna(0)
                            if x.name == "model" else x, kind="stable")  # fmt: skip


def read(path: FilePath) -> pd.DataFrame:
    """Read a table made by :func:`table`, written by ``csv_tables.write``.

    Raises:
        CharlensError: no such file, or not such a table.
    """
    return csv_tables.read(path, COLUMNS, "a table of universality", "universality")


def markdown(frame: pd.DataFrame) -> str:
    """The table for people, one section per corpus."""
    lines = [
        "# Do other trainings have the same cells?",
        "",
        "*Match*: |r| of a cell with the best cell of another network, median over cells, on text "
        "that did not choose it; *rotated*: the same after random rotations of the other network. "
        f"A cell is *universal* where |r| is above {MATCH:g}, and {EXCESS:g} above that, in all "
        "other trainings of its network but one at most (of two, both). *CKA* and *SVCCA* compare "
        "whole networks; 1 is alike. *Untrained* networks have initial weights.",
    ]
    for corpus, part in frame.groupby("corpus", sort=False):
        lines += ["", f"## {texts.corpus_title(str(corpus))}", "", *_cells_table(part), ""]
        lines += [*_networks_table(part), "", *_concept_table(part)]
    return "\n".join(lines) + "\n"


def _cells_table(part: pd.DataFrame) -> list[str]:
    rows = [
        [
            model_id.title(row.model), row.seeds, row.cells, _percent(row.universal),
            *map(_two, (row.match_seeds, row.rotated_seeds, row.match_others, row.match_untrained)),
        ]
        for row in part.itertuples()
    ]  # fmt: skip
    head = ["Network", "trainings", "cells", "universal", "match: its trainings", "rotated"]
    return markdown_table([*head, "other networks", "untrained"], rows, "lr")


def _networks_table(part: pd.DataFrame) -> list[str]:
    rows = [
        [
            model_id.title(row.model),
            *map(_two, (row.cka_seeds, row.cka_others, row.cka_untrained)),
            *map(_two, (row.svcca_seeds, row.svcca_untrained)),
        ]
        for row in part.itertuples()
    ]
    head = ["Network", "CKA: its trainings", "other networks", "untrained", "SVCCA: its trainings"]
    return markdown_table([*head, "untrained"], rows, "lr")


def _concept_table(part: pd.DataFrame) -> list[str]:
    rows = [
        [
            model_id.title(row.model), f"{row.followers} of {row.seeds}",
            f"{_two(row.weakest)} to {_two(row.strongest)}", _two(row.concept_match),
        ]
        for row in part.itertuples()
    ]  # fmt: skip
    title = CONCEPTS[part["concept"].iloc[0]].title
    head = ["Network", f"trainings with a cell for: {title}", "its |r|", "r between trainings"]
    return markdown_table(head, rows, "lr")


def _two(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:z.2f}".replace("-", "−")


def _percent(share: float) -> str:
    return "–" if math.isnan(share) else f"{share:.0%}"


def sentences(frame: pd.DataFrame) -> Iterator[str]:
    """What trainings of a network share, and what chance and the text alone would give."""
    for corpus, part in frame.groupby("corpus", sort=False):
        several = part[part["seeds"] > 1]
        if several.empty:
            continue
        most = several.loc[several["universal"].idxmax()]
        yield (
            f"On {rst_corpus(corpus)} at most {most['universal']:.0%} of a network's cells have a "
            f"counterpart in its other trainings ({rst_model(most['model'])}): one with \\|r\\| "
            f"above {MATCH:g} that is also {EXCESS:g} more than a match in the same training "
            "rotated at random, whose cells are mixtures of all cells. The best match of a cell "
            f"has a median \\|r\\| of {several['match_seeds'].median():.2f}, against "
            f"{several['rotated_seeds'].median():.2f} in rotated trainings and "
            f"{several['match_untrained'].median():.2f} in networks that learned nothing."
        )
        yield f"{_followers(several)}."


def _followers(several: pd.DataFrame) -> str:
    """How many trainings have a cell for the concept, and how alike these cells are."""
    title = rst(CONCEPTS[several["concept"].iloc[0]].title)
    count, trainings = several["followers"].sum(), several["seeds"].sum()
    cell = f"a cell for “{title}” (\\|r\\| of {FLOORS[CORRELATION]:g} or more)"
    if not count:
        return f"None of {trainings} trainings has {cell}"
    words = f"{count} of {trainings} trainings {'has' if count == 1 else 'have'} {cell}"
    # Of other networks the mean is over cells too that do not follow it.
    alike = several.loc[several["followers"] == several["seeds"], "concept_match"]
    if alike.empty:
        return words
    return (
        f"{words}; where all trainings of a network have one, these correlate by up to "
        f"{alike.max():.2f} on average"
    )
