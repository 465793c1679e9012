"""Comparing a finished run's tables with the paper's numbers again, with the tolerances of today.

    python benchmarks/compare_again.py results/reference

Makes ``paper_vs_ours.csv``, ``paper_vs_ours.md`` and ``findings.csv`` from the tables that lie in
the folder of a run, as the workflow's rule does, and brings the checksums in its manifest up to
date. For runs that were committed without the files that the workflow would need to make them.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

from charlens.files import csv_tables
from charlens.files.atomic import write_text
from charlens.replication import compare as comparison
from charlens.replication import findings, run_tables
from charlens.replication.markdown import markdown
from charlens.runtime import manifest

TABLES = {
    "corpora": "*/corpus.json",
    "cross_entropy": "tables/cross_entropy.csv",
    "seeds": "tables/seeds.csv",
    "table2": "tables/table2.csv",
    "agreement": "*/tables/agreement.csv",
    "cells": "*/tables/cells/*.parquet",
    "evidence": "tables/evidence.csv",
    "causal": "tables/causal_cells.csv",
    "saturation": "*/tables/saturation/*.csv",
    "overlap": "tables/error_overlap.csv",
    "advantage": "tables/advantage.csv",
    "closings": "tables/closings.csv",
    "dynamics": "tables/dynamics.csv",
    "categories": "tables/error_categories.csv",
    "eliminated": "tables/errors_eliminated.csv",
    "seed_errors": "tables/seed_error_intervals.csv",
}
"""Where a run has what the rule ``paper_vs_ours`` reads."""


def compare(run: Path) -> None:
    """Write the three files into the run's ``tables``."""
    made = json.loads((run / manifest.NAME).read_text(encoding="utf-8"))
    order = list(made["config"]["corpora"])  # of rows that come from one file per corpus

    def rank(path: Path) -> int:
        folder = path.relative_to(run).parts[0]
        return order.index(folder) if folder in order else -1

    inputs = {name: sorted(run.glob(pattern), key=rank) for name, pattern in TABLES.items()}
    shown = (made["config"].get("figure2") or {}).get("models")
    if shown:  # of all ranked networks the workflow compares those of Figure 2
        paths = (
            run / corpus / "tables/cells" / f"{model}.parquet" for corpus, model in shown.items()
        )
        inputs["cells"] = [path for path in paths if path.is_file()]
    of = [path.parents[1].name for path in inputs["agreement"]]
    tables = run_tables.read(inputs, of[0] if of else "")
    numbers, outcomes = comparison.table(tables), findings.table(tables)
    csv_tables.write(numbers, run / "tables" / "paper_vs_ours.csv")
    csv_tables.write(outcomes, run / "tables" / "findings.csv")
    write_text(run / "tables" / "paper_vs_ours.md", markdown(numbers, outcomes))


def refresh_checksums(run: Path) -> None:
    """Write the checksums of the run's files into its manifest, all else in it left alone."""
    path = run / manifest.NAME
    values = json.loads(path.read_text(encoding="utf-8"))
    values["files"] = manifest._checksums(run)
    path.write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def main() -> None:
    """Compare again and say what changed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, help="folder such as results/reference")
    run = parser.parse_args().run
    compare(run)
    for line in manifest.verify(run):
        print(line)
    refresh_checksums(run)


if __name__ == "__main__":
    main()
