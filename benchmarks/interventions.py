"""Intervening on the cells of a finished run's networks (Figure 8), with seconds and memory.

    python benchmarks/interventions.py results/reference ../corpora war_and_peace/gru-1x64 ...

For runs that were committed without their splits, which are cut again from the text. Ranks the
cells, writes the tables and the figure that the workflow's rules make into the run's folder (or
into another, ``--to``), and prints what each network took.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

from charlens.display import style
from charlens.files import csv_tables
from charlens.files.atomic import write_text
from charlens.inside.cells import score
from charlens.inside.interventions import figure
from charlens.inside.interventions import table as causal_cells
from charlens.inside.interventions.causal import Tables
from charlens.inside.interventions.from_files import Labelled, Network, study_networks
from charlens.models.trained import load_trained
from charlens.study.sections.inside import Intervention
from charlens.text.whole_text import CorpusText
from reference_texts import KINDS, splits_again


def intervene(run: Path, texts: Path, name: str, models: list[str], settings: dict) -> Tables:
    """The tables of some networks of one corpus."""
    corpus, splits = splits_again(run, texts, name)
    text, codes = CorpusText.of(corpus, splits), splits["test"]
    labelled = Labelled.of(text, KINDS[name])
    inputs = {key: label[text.inputs] for key, label in labelled.labels.items()}
    networks = []
    for model in models:
        trained = load_trained(run / name / "models" / f"{model}.safetensors", corpus)
        ranking = score.score(trained, name, codes, inputs, corpus.unroll, "cpu")
        networks.append(Network(trained, ranking, settings))
    began, used = time.perf_counter(), time.process_time()
    tables = study_networks(networks, corpus, codes, labelled, corpus.unroll, "cpu", 1)
    print(
        f"{name}, {', '.join(models)}: {time.perf_counter() - began:.0f} s, "
        f"{time.process_time() - used:.0f} s of one core, at most "
        f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB"
    )
    return tables


def write(tables: dict[str, Tables], folder: Path) -> None:
    """Write what the rules ``intervene``, ``causal_cells`` and ``draw_figure8`` write."""
    paths: dict[str, list[Path]] = {name: [] for name in Tables._fields}
    for corpus, parts in tables.items():
        for name, table in parts._asdict().items():
            path = folder / corpus / "tables" / "interventions" / f"{name}.csv"
            if name == "effects":
                path = folder / "tables" / "interventions" / f"{corpus}.csv"
            csv_tables.write(table, path)
            paths[name].append(path)
    verdicts = causal_cells.table(paths["verdicts"])
    csv_tables.write(verdicts, folder / "tables" / "causal_cells.csv")
    write_text(folder / "tables" / "causal_cells.md", causal_cells.markdown(verdicts))
    numbers = figure.numbers(
        paths["verdicts"], paths["effects"], paths["newlines"], paths["excerpts"]
    )
    shown = folder / "figures"
    for name, table in numbers.items():
        csv_tables.write(table, shown / ("figure8.csv" if name == "csv" else f"figure8_{name}.csv"))
    style.save(figure.draw(*numbers.values()), shown / "figure8.pdf", shown / "figure8.png")


def main() -> None:
    """Intervene, write and say what it took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, help="folder such as results/reference")
    parser.add_argument("texts", type=Path, help="folder with the published texts")
    parser.add_argument("networks", nargs="+", help="such as war_and_peace/gru-1x64")
    parser.add_argument("--to", type=Path, help="folder to write into; the run's by default")
    parser.add_argument("--characters", type=int, default=Intervention().characters)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    models: dict[str, list[str]] = {}
    for network in arguments.networks:
        corpus, _, model = network.partition("/")
        models.setdefault(corpus, []).append(model)
    settings = Intervention(characters=arguments.characters).model_dump(mode="json")
    run, texts = arguments.run, arguments.texts
    tables = {name: intervene(run, texts, name, ids, settings) for name, ids in models.items()}
    write(tables, arguments.to or run)


if __name__ == "__main__":
    main()
