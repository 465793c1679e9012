"""How far the seed moves a network's test cross-entropy, beside the paper's number.

    python benchmarks/seeds.py results/paper results/seed2 results/seed3

Takes the folders of runs that differ in `run` and `seed` alone (`snakemake ... --config run=seed2
seed=2 -- results/seed2/tables/cross_entropy.csv`) and prints, as a Markdown table, every network
that two or more of them have: each run, their mean, the standard deviation of one run, and the
paper's number with its distance from the mean. That is in standard deviations of one run, pooled
over all networks of the corpus, for the paper's number is one run too.
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
    found = pd.DataFrame({name: table["cross_entropy"] for name, table in tables.items()})
    if found.T.duplicated().any():
        sys.exit("two of these runs have the same numbers; their seeds must differ")
    papers = pd.concat([table["paper"] for table in tables.values()])
    found["paper"] = papers[~papers.index.duplicated()]
    return found[found[list(tables)].notna().sum(axis=1) > 1]


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
        runs = part.drop(columns="paper")
        spread = pooled(runs)
        print(f"\n{corpus}: one run has a standard deviation of {spread:.4f} nats/char\n")
        print(f"| | {' | '.join(runs)} | mean | sd | paper | paper − mean, in sd |")
        print("|---" * (runs.shape[1] + 5) + "|")
        for (_, model), row in runs.iterrows():
            paper = part.loc[(corpus, model), "paper"]
            shown = ["" if np.isnan(x) else f"{x:.3f}" for x in row]
            shown += [f"{row.mean():.3f}", f"{row.std():.3f}", f"{paper:.3f}"]
            print(f"| {model} | {' | '.join(shown)} | {(paper - row.mean()) / spread:+.1f} |")


if __name__ == "__main__":
    main()
