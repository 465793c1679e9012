"""Which learning rate suits the families that AdamW trains, by validation on War and Peace.

    python benchmarks/learning_rates.py results/reference ../corpora --epochs 8 > rates.csv

Trains every model at every rate, each schedule as long as --epochs, and prints as CSV the least
validation loss (nats per character), its epoch and the seconds it took. The default of
`training.adamw.learning_rate` is chosen by it at size 64; a block of a grid may have its own. Seed
and rounding alone move so short a training of the LSTM by 0.08. With 8 epochs:
AdamW LSTM 2.227, 2.002, 1.890, 1.836, 1.842 at 1, 2, 4, 8, 16 thousandths, minGRU 2.172, 2.006,
1.879, 1.760 up to 8, Transformer 1.661, 1.577, 1.525 from 2 to 8; a weight decay of 0.01 in place
of 0.1 changes the LSTM's 1.836 to 1.844. All of that is with a momentum of 0.9, which does not suit
the LSTM: with 4 epochs, a rate of 8 and a decay of 0.01 it has 2.123, 1.792 and 1.721 at momenta of
0.9, 0.5 and 0, minGRU 1.857, 1.918 and 1.958.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from charlens.models.families import shapes_for
from charlens.training.settings import AdamWSettings, Training
from charlens.training.task import Task
from charlens.training.trainer import Trainer
from reference_texts import splits_again

CORPUS = "war_and_peace"


def main() -> None:
    """Print a line for each model and rate."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, help="a run with the corpus, results/reference")
    parser.add_argument("texts", type=Path, help="folder with the published files")
    parser.add_argument(
        "--models", nargs="+", default=["lstm_adamw-2x64", "mingru-2x64", "gpt-2x64"]
    )
    parser.add_argument("--rates", nargs="+", type=float, default=[2e-3, 4e-3, 8e-3, 16e-3])
    parser.add_argument("--decay", type=float, default=AdamWSettings().weight_decay)
    parser.add_argument("--momentum", type=float, default=AdamWSettings().momentum)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    corpus, splits = splits_again(arguments.run, arguments.texts, CORPUS)
    print("model,rate,epochs,val_loss,epoch,seconds", flush=True)
    for model in arguments.models:
        for rate in arguments.rates:
            settings = AdamWSettings(
                learning_rate=rate, weight_decay=arguments.decay, momentum=arguments.momentum
            )
            training = Training(epochs=arguments.epochs, device="cpu", adamw=settings)
            task = Task(model, shapes_for(model, corpus.k)[0], training, arguments.seed)
            start = time.monotonic()
            trained = Trainer(task, splits["train"], splits["val"]).run()
            shown = (f"{trained.val_loss:.4f}", trained.epoch, f"{time.monotonic() - start:.0f}")
            print(model, rate, arguments.epochs, *shown, sep=",", flush=True)


if __name__ == "__main__":
    main()
