"""Measuring the memory of a finished run's networks: context curves, closings, probes (Figure 9).

    python benchmarks/memory.py results/reference ../corpora --models lstm-2x64 gru-1x64

For runs that were committed without their splits, which are cut again from the text. Writes the
tables and figures of Figure 9 into the run's folder and prints seconds and memory for each model.
The n-gram models are fitted again.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

import pandas as pd
from charlens.analyses import subjects
from charlens.analyses.context_curve import figure as curves_figure
from charlens.analyses.context_curve import table as curves_table
from charlens.analyses.context_curve.measure import measure
from charlens.analyses.memory import discrimination, probes
from charlens.analyses.memory import figure as memory_figure
from charlens.analyses.memory.measure import Memory
from charlens.analyses.subjects import NGram
from charlens.display import style
from charlens.files import csv_tables
from charlens.files.atomic import write_text
from charlens.models.catalogue import N_GRAM
from charlens.models.names import context_id
from charlens.models.ngram.model import NgramModel
from charlens.study.sections.analyses import Context, Probes
from reference_texts import FILES, KINDS, splits_again

TABLES = {
    "context": ("context_curve", curves_table),
    "closing_memory": ("closing_memory", discrimination),
    "probes": ("memory_probes", probes),
}
SEED, N = 1, 20


def measure_corpus(run: Path, texts: Path, name: str, models: list[str]) -> None:
    """Write the tables of one corpus's models."""
    corpus, splits = splits_again(run, texts, name)
    context, settings = Context(), Probes()
    memory = Memory(corpus, splits, KINDS[name], SEED)
    for model in [*models, context_id(N_GRAM, N)]:
        began = time.process_time()
        if model == context_id(N_GRAM, N):
            fit = NgramModel.fit(splits["train"][:, :-1].ravel(), N + 1)
            subject: subjects.Subject = NGram(model, fit, N)
        else:
            path = run / name / "models" / f"{model}.safetensors"
            subject = subjects.load(path, corpus, model, "cpu")
        seconds = [time.process_time() - began]
        lengths, starts = context.lengths, (*context.starts, "mean")
        of = (subject, corpus, splits["test"], lengths, starts, context.anchors, True, SEED)
        frames = {"context": measure(*of)}
        seconds.append(time.process_time() - began)
        frames["closing_memory"] = memory.closings(subject, settings.bins)
        seconds.append(time.process_time() - began)
        frames["probes"] = memory.probes(subject, settings.distances, settings.contexts)
        seconds.append(time.process_time() - began)
        for folder, frame in frames.items():
            csv_tables.write(frame, run / name / "tables" / folder / f"{model}.csv")
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        steps = " ".join(f"{second:.1f}" for second in seconds)
        print(f"{name} {model}: {steps} s of processor time, {most:.0f} MB so far", flush=True)


def join(run: Path, models: list[str]) -> None:
    """Write the tables of all corpora, and the figures."""
    joined = {}
    for folder, (name, module) in TABLES.items():
        paths = [
            run / corpus / "tables" / folder / f"{model}.csv"
            for corpus in FILES
            for model in (*models, context_id(N_GRAM, N))
        ]
        frames = [module.read(path) for path in paths if path.exists()]
        joined[name] = pd.concat(frames, ignore_index=True)
        csv_tables.write(joined[name], run / "tables" / f"{name}.csv")
        write_text(run / "tables" / f"{name}.md", module.markdown(joined[name]))
        print(*module.sentences(joined[name]), sep="\n")
    figures = {
        "figure9": curves_figure.draw(joined["context_curve"]),
        "figure9_memory": memory_figure.draw(joined["closing_memory"], joined["memory_probes"]),
    }
    for name, figure in figures.items():
        style.save(figure, run / "figures" / f"{name}.pdf", run / "figures" / f"{name}.png")


def main() -> None:
    """Measure the models that are named, or all of size 64."""
    cells = [f"{cell}-{layers}x64" for cell in ("lstm", "rnn", "gru") for layers in (1, 2, 3)]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, help="folder such as results/reference")
    parser.add_argument("texts", type=Path, help="folder with the texts")
    parser.add_argument("--corpora", nargs="*", default=list(FILES))
    parser.add_argument("--models", nargs="*", default=cells)
    given = parser.parse_args()
    torch.set_num_threads(1)
    for name in given.corpora:
        measure_corpus(given.run, given.texts, name, given.models)
    join(given.run, given.models)


if __name__ == "__main__":
    main()
