"""What rounding the operands of the decoder to bfloat16 costs a network in its first epochs.

    python benchmarks/rounded_decoder.py results/reference ../corpora lstm-2x128 --epochs 5

Trains a network on War and Peace by the paper's recipe three times: in float32, mixed as charlens
does it, and mixed with the decoder's operands rounded too. Prints as CSV the validation loss (nats)
after each epoch. On a processor without bfloat16 products there is nothing to compare.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import ExitStack, nullcontext
from pathlib import Path
from unittest.mock import patch

import charlens.training.trainer
from charlens.models import products
from charlens.models.families import shapes_for
from charlens.models.precision import FUSED_FLOAT32
from charlens.training.settings import Training
from charlens.training.task import Task
from charlens.training.trainer import Trainer
from reference_texts import splits_again

CORPUS = "war_and_peace"


def kinds() -> Iterator[tuple[str, list]]:
    """Names of the three trainings, and what is replaced in each."""
    float32 = patch.object(charlens.training.trainer, "choose_precision", lambda *_: FUSED_FLOAT32)
    yield "float32", [float32]
    yield "mixed", []
    yield "mixed, decoder rounded", [patch.object(products, "unrounded", nullcontext)]


def main() -> None:
    """Print a line for each epoch of each training."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, help="a run with the corpus, results/reference")
    parser.add_argument("texts", type=Path, help="folder with the published files")
    parser.add_argument("model")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    corpus, splits = splits_again(arguments.run, arguments.texts, CORPUS)
    training = Training(device="cpu", precision="mixed")
    shape = shapes_for(arguments.model, corpus.k)[0]
    task = Task(f"{CORPUS}/{arguments.model}", shape, training, arguments.seed)
    print("training,epoch,val_loss", flush=True)
    for kind, patches in kinds():
        with ExitStack() as replaced:
            for one in patches:
                replaced.enter_context(one)
            trainer = Trainer(task, splits["train"], splits["val"])
            for _ in range(arguments.epochs):
                trainer.run_epoch(lambda windows: None)
                last = trainer.history.curve[-1]
                print(kind, last["epoch"], f"{last['val_loss']:.4f}", sep=",", flush=True)


if __name__ == "__main__":
    main()
