"""Evidence about the cells of a finished run's networks (Figure 7), with seconds and memory.

    python benchmarks/evidence.py results/reference ../corpora war_and_peace/gru-1x64 ...

For runs that were committed without their splits, which are cut again from the text. Ranks the
cells, compares them with chance and with baselines, writes ``tables/evidence.csv``, ``.md``,
Figure 7 and the rankings without concepts into the run's folder (or into another, ``--to``), and
prints what each network took.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from pathlib import Path

import pandas as pd
import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

from charlens.display import style
from charlens.files import csv_tables, parquet_tables
from charlens.files.atomic import write_text
from charlens.inside.cells import score
from charlens.inside.cells.concepts import labels
from charlens.inside.evidence import figure, table
from charlens.inside.evidence.assess import Evidence, assess
from charlens.inside.evidence.question import Question
from charlens.models.trained import load_trained
from charlens.text.whole_text import CorpusText
from reference_texts import KINDS, splits_again


def evidence(run: Path, texts: Path, name: str, models: list[str]) -> dict[str, Evidence]:
    """The evidence about some networks of one corpus."""
    corpus, splits = splits_again(run, texts, name)
    text, codes = CorpusText.of(corpus, splits), splits["test"]
    inputs = {key: of[text.inputs] for key, of in labels(text.text, KINDS[name]).items()}
    shown, made = text.text[text.inputs], {}
    for model in models:
        began, used = time.perf_counter(), time.process_time()
        trained = load_trained(run / name / "models" / f"{model}.safetensors", corpus)
        ranking = score.score(trained, name, codes, inputs, corpus.unroll, "cpu")
        asked = (trained, name, codes, shown, inputs, ranking, corpus.unroll, "cpu", 1)
        made[model] = assess(Question(*asked))
        print(
            f"{name}, {model}: {time.perf_counter() - began:.0f} s, "
            f"{time.process_time() - used:.0f} s of one core, at most "
            f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB",
            flush=True,
        )
    return made


def main() -> None:
    """Ask, write and say what it took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, help="folder such as results/reference")
    parser.add_argument("texts", type=Path, help="folder with the published texts")
    parser.add_argument("networks", nargs="+", help="such as war_and_peace/gru-1x64")
    parser.add_argument("--to", type=Path, help="folder to write into; the run's by default")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    folder, models = arguments.to or arguments.run, {}
    for network in arguments.networks:
        corpus, _, model = network.partition("/")
        models.setdefault(corpus, []).append(model)
    concepts = []
    for corpus, ids in models.items():
        for model, made in evidence(arguments.run, arguments.texts, corpus, ids).items():
            concepts.append(made.concepts)
            path = folder / corpus / "tables" / "timescales" / f"{model}.parquet"
            parquet_tables.write(made.timescales, path)
    together = pd.concat(concepts, ignore_index=True)
    csv_tables.write(together, folder / "tables" / "evidence.csv")
    write_text(folder / "tables" / "evidence.md", table.markdown(together))
    csv_tables.write(together, folder / "figures" / "figure7.csv")
    style.save(figure.draw(together), folder / "figures" / "figure7.pdf",
               folder / "figures" / "figure7.png")  # fmt: skip


if __name__ == "__main__":
    main()
