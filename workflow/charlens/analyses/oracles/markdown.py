"""The tables behind Figure 6 for people, with the paper's numbers in brackets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import factorial

import numpy as np
import pandas as pd

from charlens.analyses.oracles import oracles
from charlens.display.markdown import table as markdown_table
from charlens.models import names as model_id
from charlens.paper import texts


def markdown(tables: Mapping[str, pd.DataFrame]) -> str:
    """Errors by category, eliminated errors, and what order and definitions do to them.

    Args:
        tables: ``categories``, ``eliminated``, ``orders`` and ``sensitivity`` as from
            :func:`charlens.analyses.oracles.table.tables`.
    """
    lines = [
        *_categories(tables["categories"]),
        *_eliminated(tables["eliminated"]),
        *_orders(tables["orders"]),
        *_sensitivity(tables["sensitivity"]),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _beside(ours: float, papers: float) -> str:
    return _shown(ours, ".2f") + ("" if np.isnan(papers) else f" ({papers:.2f})")


def _shown(value: float, form: str) -> str:
    """A share; a dash where it is one of nothing."""
    return "–" if np.isnan(value) else format(value, form)


def _categories(table: pd.DataFrame) -> list[str]:
    models = list(dict.fromkeys(table["model"]))
    parts = {model: table[table["model"] == model].set_index("oracle") for model in models}

    def rows() -> Iterator[list[str]]:
        totals = [(p["errors"].sum(), p["characters"].iloc[0]) for p in parts.values()]
        yield ["**all errors**", *(f"**{e:,}, {e / n:.1%}**" for e, n in totals)]
        for oracle in oracles.slices():
            slice_rows = (part.loc[oracle] for part in parts.values())
            yield [oracle, *(_beside(row["percent"], row["paper"]) for row in slice_rows)]

    corpus = texts.corpus_title(table["corpus"].iloc[0])
    return [
        "# Errors by what would remove them",
        "",
        f"## {corpus}",
        "",
        "Percent of each model's errors, oracles applied from top to bottom; in brackets the "
        "paper's LSTM of the same budget (± 0.1, its Figure 6).",
        "",
        *markdown_table(["oracle", *(model_id.title(model) for model in models)], rows(), "l"),
        "",
    ]


def _eliminated(table: pd.DataFrame) -> list[str]:
    if table.empty:
        return []
    small, large = (model_id.title(table[key].iloc[0]) for key in ("small", "large"))
    sums = table.groupby("family", sort=False)[["eliminated", "percent"]].sum(min_count=1)
    rows = (
        [str(f), f"{r['eliminated']:,.0f}", _shown(r["percent"], ".0f")] for f, r in sums.iterrows()
    )
    return [
        f"## Errors that {large} does not make any more, against {small}",
        "",
        "The paper, from its LSTM-2 (64) to its LSTM-3 (512): 44 thousand, 81 % of them n-gram.",
        "",
        *markdown_table(["family", "errors", "%"], rows, "l"),
        "",
    ]


def _orders(table: pd.DataFrame) -> list[str]:
    families = len(oracles.ORACLES)
    last = next(reversed(oracles.ORACLES))
    columns = {
        "percent_paper_order": "the paper's order",
        "percent_shapley": f"mean over all {factorial(families)} orders (Shapley)",
        "percent_shapley_before_boost": f"mean over {factorial(families - 1)} orders, {last} last",
        "percent_min": "least",
        "percent_max": "most",
    }
    rows = (
        [model_id.title(row["model"]), f"{row['threshold']:g}", row["family"]]
        + [_shown(row[column], ".1f") for column in columns]
        for _, row in table.iterrows()
    )
    return [
        "## How much the order of the oracles matters, and the threshold of an error",
        "",
        f"Percent of the model's errors at each threshold. {last.capitalize()} removes every "
        "error, so it takes most of a mean over all orders.",
        "",
        *markdown_table(["model", "error below", "family", *columns.values()], rows, "l"),
        "",
    ]


def _sensitivity(table: pd.DataFrame) -> list[str]:
    families = dict(zip(oracles.slices(), oracles.family_of(), strict=True))
    frame = table.assign(family=table["oracle"].map(families))
    frame = frame[frame["family"] != "n-gram"]
    frame["off"] = (frame["percent"] - frame["paper"]).abs()

    def rows() -> Iterator[list[str]]:
        for (model, name), part in frame.groupby(["model", "definitions"], sort=False):
            sums = part.groupby("family", sort=False)["percent"].sum(min_count=1)
            off = _shown(part["off"].sum(min_count=1), ".2f")
            yield [model_id.title(model), name, *(_shown(s, ".2f") for s in sums), off]

    printed = [o for o in oracles.ORACLES.values() if o.in_paper and o.family != "n-gram"]
    slices = sum(len(oracle.names) for oracle in printed)
    names = [family for family in oracles.ORACLES if family != "n-gram"]
    return [
        "## Other definitions",
        "",
        "Percent of the model's errors by family; off: sum of absolute differences from the "
        f"paper's {slices} slices. No definition moves the n-gram slices.",
        "",
        *markdown_table(["model", "definitions", *names, "off"], rows(), "l"),
        "",
    ]
