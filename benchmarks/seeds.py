"""How far the seed moves a network's test cross-entropy, beside the paper's number.

    python benchmarks/seeds.py results/paper results/seed2 results/seed3

Takes the folders of runs that differ in `run` and `seed` alone (`snakemake ... --config run=seed2
seed=2 -- results/seed2/tables/cross_entropy.csv`) and prints, as a Markdown table, every network
that two or more of them have: each run, their mean, the standard deviation of one run, and the
paper's number, one run too, with its distance from the mean. As two or three runs tell little of
a deviation, it is also pooled over the networks of each cell.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd

KEYS = ["corpus", "model"]


def losses(folders: list[Path]) -> pd.DataFrame:
    """Test cross-entropies, one row per network and one column per run, and the paper's."""
    tables = {
        folder.name: pd.read_csv(folder / "tables" / "cross_entropy.csv").set_index(KEYS)
        for folder in folders
    }
    frame = pd.DataFrame({name: table["cross_entropy"] for name, table in tables.items()})
    if frame.T.duplicated().any():
        sys.exit("two of these runs have the same numbers; their seeds must differ")
    papers = pd.concat([table["paper"] for table in tables.values()])
    frame["paper"] = papers[~papers.index.duplicated()]
    return frame[frame[list(tables)].notna().sum(axis=1) > 1]


def pooled(runs: pd.DataFrame) -> float:
    """Standard deviation of one run, from the spread of each network's runs around their mean."""
    squares = runs.sub(runs.mean(axis=1), axis=0).pow(2).to_numpy()
    freedom = runs.notna().sum(axis=1).sub(1).sum()
    return float(np.sqrt(np.nansum(squares) / freedom))


def main() -> None:
    """Print one table per corpus."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", type=Path, nargs="+", help="folders such as results/paper")
    table = losses(parser.parse_args().runs)
    for corpus, part in table.groupby("corpus", sort=False):
        runs = part.drop(columns="paper").dropna(axis="columns", how="all")
        cells = runs.index.get_level_values("model").str.split("-").str[0]
        spreads = [f"{c} {pooled(rows):.4f}" for c, rows in runs.groupby(cells)]
        print(f"\n{corpus}: one run has a standard deviation of {', '.join(spreads)} nats/char\n")
        print(f"| | {' | '.join(runs)} | mean | sd | paper | paper − mean |")
        print("|---" * (runs.shape[1] + 5) + "|")
        for (_, model), row in runs.iterrows():
            paper = part.loc[(corpus, model), "paper"]
            shown = ["" if np.isnan(x) else f"{x:.3f}" for x in row]
            shown += [f"{row.mean():.3f}", f"{row.std():.3f}", f"{paper:.3f}"]
            print(f"| {model} | {' | '.join(shown)} | {paper - row.mean():+.3f} |")


if __name__ == "__main__":
    main()
