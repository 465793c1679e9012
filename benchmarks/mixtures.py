"""Networks of a finished run mixed with an n-gram model: cross-entropies alone and together.

    python benchmarks/mixtures.py results/reference ../corpora war_and_peace/lstm-2x64 ...

For runs that were committed without their splits, which are cut again from the text. The gate is
fitted on the validation split; everything printed is of the test split.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

from charlens.models.names import title
from charlens.models.ngram.model import NgramModel
from charlens.models.trained import load_trained
from charlens.predictions.score import predictions
from charlens.predictions.scorers.with_ngram import with_ngram
from reference_texts import splits_again

CONTEXT = 20


def main() -> None:
    """Fit, mix and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, help="folder such as results/reference")
    parser.add_argument("texts", type=Path, help="folder with the published texts")
    parser.add_argument("networks", nargs="+", help="such as war_and_peace/lstm-2x64")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    kinds = f"alone | {CONTEXT}-gram | together"
    print(f"| nats per character, errors | {kinds} | {kinds} | seconds |")
    print(f"|---|{'---|' * 7}")
    fits: dict[str, tuple] = {}
    for network in arguments.networks:
        name, _, model = network.partition("/")
        if name not in fits:
            corpus, splits = splits_again(arguments.run, arguments.texts, name)
            fitted = NgramModel.fit(splits["train"][:, :-1].ravel(), CONTEXT + 1)
            fits[name] = (corpus, splits, fitted)
        corpus, splits, fitted = fits[name]
        print(_row(arguments.run, corpus, splits, fitted, model), flush=True)


def _row(run: Path, corpus, splits, fitted: NgramModel, model: str) -> str:
    trained = load_trained(run / corpus.name / "models" / f"{model}.safetensors", corpus)
    codes, order = splits["test"], CONTEXT + 1
    vocabulary = np.array(corpus.vocabulary, np.uint8)
    alone = predictions(trained.shape, trained.weights, codes, vocabulary, corpus.unroll)
    n_gram = fitted.predictions(codes[:, 1:].ravel(), [order], symbols=corpus.k)[order]
    began = time.process_time()
    mixing = with_ngram(trained, corpus, fitted, order, corpus.unroll, "cpu")
    gate, _ = mixing.fitted(splits["val"])
    both = mixing.mixed(gate, codes)
    seconds = time.process_time() - began
    p = [columns.astype(float) for columns in (alone["probability"], n_gram.probability)]
    p.append(both["probability"].astype(float))
    losses = " | ".join(f"{-np.log(values).mean():.3f}" for values in p)
    errors = " | ".join(f"{(values < 0.5).mean():.1%}" for values in p)
    return f"| {corpus.name}, {title(model)} | {losses} | {errors} | {seconds:.0f} |"


if __name__ == "__main__":
    main()
