"""Numbers in the documents' tables of networks are those of the reference run and of the paper."""

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from charlens.models.names import title
from charlens.paper import numbers

ROOT = Path(__file__).parents[1]
TABLES = ROOT / "results" / "reference" / "tables"

NUMBER = re.compile(r"\(?\b\d+\.\d+\b")
NETWORK = re.compile(r"\b(?:LSTM|RNN|GRU|minGRU|Transformer)-\d\b(?: \(\d+\))?")

Values = dict[str, list[float]]


def by_network(values: pd.Series) -> Values:
    """Values of models by the network in their titles, with its size and without."""
    grouped = defaultdict(list)
    for model, value in values.items():
        for network in NETWORK.findall(title(model)):
            grouped[network].append(value)
            grouped[network.partition(" ")[0]].append(value)
    return grouped


@cache
def ours() -> Values:
    """Cross-entropies, means over seeds, errors in all and by kind of the reference run."""
    losses = pd.read_csv(TABLES / "cross_entropy.csv").set_index("model")["cross_entropy"]
    means = pd.read_csv(TABLES / "seeds.csv").set_index("model")["mean"]
    kinds = pd.read_csv(TABLES / "decade.csv").set_index("model")
    kinds = kinds.loc[kinds["category"] != "closing", "percent"]
    return by_network(pd.concat([losses, means, kinds, kinds.groupby("model").sum()]))


@cache
def papers() -> Values:
    """The paper's cross-entropies."""
    rows = (row for row in numbers.rows("figure1_cross_entropy") if row["cross_entropy"])
    losses = {
        (f"{row['cell']}-{row['layers']}x{row['size']}", row["corpus"]): row["cross_entropy"]
        for row in rows
    }
    return by_network(pd.Series(losses, dtype=float).droplevel(1))


def tables(document: str) -> Iterator[list[list[str]]]:
    """The tables of a Markdown text as rows of cells, heads first, without the rules."""
    for block in re.findall(r"(?:^\|.*\n)+", document, re.MULTILINE):
        lines = [line.strip("|").split("|") for line in block.splitlines()]
        yield [
            [cell.strip() for cell in line] for line in lines if line[0].strip("-: ") or line[1:]
        ]


def claims(document: str) -> Iterator[tuple[str, str, bool]]:
    """Network, number as it is written and whether it is the paper's, from tables of losses.

    A table names its networks in its head, or one or two at the beginning of each row.
    """
    for heads, *rows in tables(document):
        columns = {i: head for i, head in enumerate(heads) if NETWORK.fullmatch(head)}
        for row in rows:
            named = NETWORK.match(row[0])
            for i, cell in enumerate(row):
                network = columns.get(i) or (named and named[0])
                for number in NUMBER.findall(cell) if network else ():
                    is_papers = number.startswith("(") or "paper" in row[0]
                    yield network, number.strip("("), is_papers


def wrong(document: str) -> list[str]:
    """The claims that no number of that network bears out."""
    return [
        f"{network}: {number}"
        for network, number, is_papers in claims(document)
        if not any(
            f"{value:.{len(number.partition('.')[2])}f}" == number
            for value in (papers() if is_papers else ours())[network]
        )
    ]


@pytest.mark.parametrize(
    ("name", "least"),
    [("README.md", 40), ("docs/numbers.md", 100), ("results/reference/README.md", 40)],
)
def test_numbers_of_networks_are_those_of_the_reference_run(name: str, least: int) -> None:
    document = (ROOT / name).read_text(encoding="utf-8").partition("## What n-grams still know")[0]
    assert len(list(claims(document))) >= least
    assert wrong(document) == []


def test_a_stale_number_is_seen() -> None:
    table = "| | LSTM-3 | GRU-3 |\n|---|---|---|\n| 512 | 1.087 (1.082) | 1.075 (1.078) |\n"
    assert wrong(table) == ["GRU-3: 1.078"]
    assert wrong("| | all |\n|---|---|\n| LSTM-2 (64) | 56.4 |\n| GRU-2 (128) | 48.9 |\n") == [
        "GRU-2 (128): 48.9"
    ]
