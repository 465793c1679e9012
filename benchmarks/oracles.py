"""Figure 6's slices under other definitions, beside the paper's; and what they cost.

    python benchmarks/oracles.py warpeace_input.txt lstm-1x64.safetensors [--paper lstm-2x64]

The corpus is split as in the paper (`streams`, 80/10/10). The model is a trained one of the run's
`models` folder; its errors are counted under the default definitions and with one thing changed at
a time, as a Markdown table in percent of all errors. `--paper` names the pie to compare with; "off"
is the sum of absolute differences over the 18 slices below the n-grams, which no definition moves.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

from charlens.analyses.oracles import oracles, tally
from charlens.analyses.oracles.oracles import ORACLES, Definitions, slices
from charlens.files.checkpoint import load_checkpoint
from charlens.models.families import shape_of
from charlens.models.ngram.model import NgramModel
from charlens.paper import numbers as paper
from charlens.predictions.score import predictions
from charlens.text.corpus import prepare
from charlens.text.words import WORDS, corpus_history

SPLIT = "streams"


def variants() -> Iterator[tuple[str, Definitions, bool]]:
    """Name, definitions, and whether memory is of the corpus itself."""
    default = Definitions()
    yield "default", default, False
    for word in WORDS:
        if word != default.word:
            yield f"word: {word}", replace(default, word=word), False
    for letters in (1, 3, 4, 6):
        yield f"memory: {letters}+ letters", replace(default, memory_letters=letters), False
    yield "memory: of the corpus", default, True
    for reach in (1, 2, 4):
        yield f"after newline: {reach}", replace(default, after_newline=reach), False
    yield "quotes: \" and '", replace(default, quotes=b"\"'"), False


def show(name: str, percent: np.ndarray, published: np.ndarray) -> None:
    first = len(ORACLES["n-gram"].names)
    cells = [f"{value:.2f}" for value in percent[first:]]
    print(f"| {name} | {' | '.join(cells)} | {abs(percent - published)[first:].sum():.2f} |")


def sensitivity(splits, ngram, probability, published) -> None:
    history = corpus_history(splits, SPLIT)
    names = slices()[len(ORACLES["n-gram"].names) :]
    print(f"| % of errors | {' | '.join(names)} | off |\n|{'---|' * (len(names) + 2)}")
    show("paper", published, published)
    for name, definitions, of_corpus in variants():
        remember = history if of_corpus else None
        known = tally.evidence(splits["train"], splits["test"], definitions, remember)
        masks = tally.removed(known, ngram, probability)
        by_slice = tally.table(tally.categories(masks, probability))
        show(name, by_slice["percent"].to_numpy(), published)


def cost(splits, ngram, probability) -> None:
    """Seconds of everything Figure 6 needs; how much it raises the process's peak memory."""
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    known = tally.evidence(splits["train"], splits["test"])
    middle = time.perf_counter()
    masks = tally.removed(known, ngram, probability)
    tally.table(tally.categories(masks, probability))
    last = time.perf_counter()
    frame = tally.order_table(known, ngram, probability)
    end, after = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        f"\n{probability.size:,} characters: evidence {middle - start:.2f} s, categories "
        f"{last - middle:.2f} s, five thresholds {end - last:.2f} s; peak memory "
        f"{after / 1024:.0f} MB, {(after - before) / 1024:.0f} MB of it for this\n"
    )
    print(frame.round(2).to_string(index=False), "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("model", type=Path)
    parser.add_argument("--paper", default="lstm-2x64", choices=["lstm-2x64", "lstm-3x512"])
    given = parser.parse_args()
    data = given.corpus.read_bytes()
    corpus, codes = prepare(data, "corpus", str(given.corpus), SPLIT, 100, 100, 0.8, 0.1)
    vocabulary = np.array(corpus.vocabulary, np.uint8)
    splits = {part: vocabulary[rows] for part, rows in codes.items()}
    weights, metadata = load_checkpoint(given.model)
    columns = predictions(shape_of(metadata), weights, codes["test"], vocabulary, 100)
    model = NgramModel.fit(codes["train"][:, :-1].ravel(), 10)
    ngram = model.probabilities(codes["test"][:, 1:].ravel(), [n + 1 for n in oracles.NGRAMS])
    rows = [row for row in paper.rows("figure6_oracles") if row["model"] == given.paper]
    published = np.array([float(row["percent_of_errors"]) for row in rows])
    cost(splits, ngram, columns["probability"])
    sensitivity(splits, ngram, columns["probability"], published)


if __name__ == "__main__":
    main()
