"""Training a changed network on the kernel text, beside the reference run's learning curve.

    python benchmarks/kernel_variants.py linux_kernel_v4.1-rc6.txt gru-batch-50 [--epochs 10]

The reference run's GRUs and its LSTM-3 of size 64 lie further above the paper's kernel numbers than
the text explains. Each variant changes one thing that the paper may have done otherwise, and trains
the network from the same seed, at the paper's settings, on the same text. After every epoch its
validation loss is printed beside that of the committed network; a loss that is lower by what is to
be explained (0.03 to 0.06 nats) speaks for the change. Without the name of a variant all are
listed; ``as-committed`` changes nothing and must print differences of 0.

A short run says how fast a network learns, too: with twice the updates an epoch, or with gates that
start open, it may be ahead after 10 epochs and no better after 50. ``--keep FOLDER`` keeps the
state of a training, which then goes on if more epochs are asked for.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

from charlens.models import catalogue
from charlens.models.families import shapes_for
from charlens.models.parameters import Shape
from charlens.models.recurrent.cells import CELLS, GRU
from charlens.models.running import windows
from charlens.text.corpus import Corpus
from charlens.text.splits import split_streams
from charlens.training.settings import Training
from charlens.training.task import Keep, Task
from charlens.training.trainer import Trainer
from kernel_text import FOLDER, read

SHOWN = (1, 2, 5, 10, 20, 30, 40, 50)
"""The epochs of the table at the end."""


class ResetAfterGRU(GRU):
    """The GRU of cuDNN: n = tanh(W_x x + r ⊙ (W_g h)); the rest as in the paper.

    ``aux`` holds W_g h, of which r passes a share, where the paper's GRU has r ⊙ h.
    """

    def _forward(self, lane: int | slice, w: Tensor) -> None:
        n = self.width
        h, q = self.h[lane].unbind(-3), self.aux[lane].unbind(-3)
        for t, gates in enumerate(self.gates[lane].unbind(-3)):
            product = h[t] @ w
            gates[..., : 2 * n].add_(product[..., : 2 * n]).sigmoid_()
            q[t].copy_(product[..., 2 * n :])
            r, z, g = gates.chunk(3, -1)
            g.addcmul_(r, q[t]).tanh_()
            torch.lerp(h[t], g, z, out=h[t + 1])

    def _factors(self, lane: int | slice) -> None:
        r, z, g = self.gates[lane].chunk(3, -1)
        k_r, k_z, k_g = self.grad[lane].chunk(3, -1)
        before = self.h[:, : self.steps][lane]
        k_z.copy_((g - before) * z * (1 - z))
        k_g.copy_(z * (1 - g * g))
        k_r.copy_(self.aux[lane] * r * (1 - r))

    def _backward(self, lane: int | slice, w: Tensor, dh: Tensor) -> None:
        n = self.width
        dh, back = dh.unbind(-3), w.transpose(-1, -2).contiguous()
        for t, grad in reversed(list(enumerate(self.grad[lane].unbind(-3)))):
            r, z, _ = self.gates[lane][..., t, :, :].chunk(3, -1)
            d_r, _, d_g = grad.chunk(3, -1)
            grad[..., n:].unflatten(-1, (2, n)).mul_(dh[t].unsqueeze(-2))
            d_r.mul_(d_g)
            if t:
                arriving = torch.cat([grad[..., : 2 * n], d_g * r], -1)  # d loss / d (W h)
                dh[t - 1].add_(dh[t] * (1 - z)).add_(arriving @ back)

    def weight_gradient(self, out: Tensor) -> None:
        n = self.width
        arriving = self.grad.clone()
        arriving[..., 2 * n :].mul_(self.gates[..., :n])
        self._accumulate(self.h[:, : self.steps], arriving, out)


ADDED_CELLS = {"gru-reset-after": ResetAfterGRU}
"""Cells that the library does not have; known to it while a variant is trained."""


def bias(gate: str, value: float) -> Callable[[Shape, dict[str, Tensor]], None]:
    """Return what starts all biases of one gate, in every layer, at a value."""

    def change(shape: Shape, weights: dict[str, Tensor]) -> None:
        block = catalogue.CELLS[shape.cell].blocks.index(gate)
        for layer in range(shape.layers):
            weights[f"bias.{layer}"].unflatten(-1, (shape.gates, -1))[..., block, :].fill_(value)

    return change


@dataclass(frozen=True)
class Variant:
    """One change to a network of the reference run.

    Attributes:
        model: the network's id.
        words: what is changed.
        streams: how many streams are trained in parallel; a divisor of the text's 100.
        seed: of the initial weights.
        shape: fields of the architecture that differ, such as the width.
        start: changes the initial weights in place.
    """

    model: str
    words: str
    streams: int = 100
    seed: int = 1
    shape: dict[str, object] = field(default_factory=dict)
    start: Callable[[Shape, dict[str, Tensor]], None] = lambda shape, weights: None


VARIANTS = {
    "as-committed": Variant("gru-1x64", "nothing changed"),
    "gru-seed-2": Variant("gru-1x64", "another seed", seed=2),
    "gru-batch-50": Variant("gru-1x64", "50 parallel streams: twice the updates", streams=50),
    "lstm-forget-bias": Variant("lstm-3x64", "forget biases start at 1", start=bias("f", 1.0)),
    "gru-width-88": Variant("gru-1x64", "88 units instead of 77", shape={"width": 88}),
    "gru-reset-after": Variant(
        "gru-1x64", "reset gate after the product", shape={"cell": "gru-reset-after"}
    ),
    "gru-update-minus": Variant("gru-1x64", "update biases start at −1", start=bias("z", -1.0)),
    "gru-update-plus": Variant("gru-1x64", "update biases start at +1", start=bias("z", 1.0)),
}


class VariantTrainer(Trainer):
    """A training of one variant on the schedule of the reference run, however long.

    Args:
        variant: what to change.
        corpus: the text's description.
        splits: its codes by split, each (100, length + 1).
        epochs: how many to train.
        keep: folder for the state of the training, to go on later; None keeps none.
        report: called with the number of epochs done and the validation loss.
    """

    def __init__(
        self,
        variant: Variant,
        corpus: Corpus,
        splits: dict[str, np.ndarray],
        epochs: int,
        keep: Path | None,
        report: Callable[[int, float], None],
    ) -> None:
        (shape,) = shapes_for(variant.model, corpus.k)
        shape = Shape(**{**vars(shape), **variant.shape})
        self.validation, self.report = splits["val"], report
        train, val = (end_to_end(splits[part], variant.streams) for part in ("train", "val"))
        training = Training(epochs=epochs, device="cpu")
        task = Task(f"{corpus.name}/{variant.model}", shape, training, variant.seed)
        super().__init__(task, train, val, Keep(keep) if keep else None)
        model = self.windows.model
        variant.start(shape, model.weights)
        model.refresh()

    def identity(self, keep: Keep) -> dict[str, Any]:
        facts = super().identity(keep)
        facts["training"]["epochs"] = Training().epochs  # a longer training goes on from a shorter
        return facts

    def evaluate(self) -> list[float]:
        """Compute the validation loss over the text's own 100 streams, however many are trained."""
        model, loss = self.windows.model, 0.0
        weights = model.layout.unpack(model.flat)
        unroll = self.task.training.unroll
        for _, log_probabilities, targets in windows(model.shape, weights, self.validation, unroll):
            loss -= float(log_probabilities.gather(-1, targets.unsqueeze(-1)).sum())
        return [loss / self.validation[:, 1:].size]

    def _end_epoch(self) -> None:
        super()._end_epoch()
        self.report(self.history.epoch, self.history.losses()[-1])


def end_to_end(rows: np.ndarray, streams: int) -> np.ndarray:
    """Join neighbouring streams of a split, so that fewer and longer ones are left.

    Where two are joined, the first character of the second takes the place of the one that followed
    the first in the text.

    Args:
        rows: codes, (100, length + 1).
        streams: how many to make; divides 100.
    """
    joined = rows[:, :-1].reshape(streams, -1)
    last = rows[rows.shape[0] // streams - 1 :: rows.shape[0] // streams, -1:]
    return np.concatenate([joined, last], axis=1)


def reference(model: str) -> pd.Series:
    """Validation losses of the committed network by epoch."""
    return pd.read_parquet(FOLDER / "curves" / f"{model}.parquet").set_index("epoch")["val_loss"]


def table(name: str, losses: dict[int, float]) -> str:
    """One variant's validation losses beside the reference's, as Markdown."""
    published = reference(VARIANTS[name].model)
    epochs = [epoch for epoch in SHOWN if epoch in losses]
    rows = {
        "epoch": [str(epoch) for epoch in epochs],
        VARIANTS[name].model: [f"{published[epoch]:.3f}" for epoch in epochs],
        VARIANTS[name].words: [f"{losses[epoch]:.3f}" for epoch in epochs],
        "difference": [f"{losses[epoch] - published[epoch]:+.3f}" for epoch in epochs],
    }
    lines = [f"| {head} | {' | '.join(cells)} |" for head, cells in rows.items()]
    return "\n".join([lines[0], "|---" * (len(epochs) + 1) + "|", *lines[1:]])


def train(name: str, text: Path, epochs: int, keep: Path | None = None) -> dict[int, float]:
    """Train a variant, printing each epoch; returns its validation losses by epoch."""
    corpus, codes = read(text)
    splits = split_streams(codes, corpus.batch, corpus.unroll, corpus.train, corpus.val)
    variant, published = VARIANTS[name], reference(VARIANTS[name].model)
    for cell, computing in ADDED_CELLS.items():
        catalogue.CELLS[cell], CELLS[cell] = computing.facts, computing

    def report(epoch: int, loss: float) -> None:
        beside = (
            f"{variant.model} as committed {published[epoch]:.4f}, {loss - published[epoch]:+.4f}"
        )
        print(f"{name}: epoch {epoch} of {epochs}: {loss:.4f}; {beside}", flush=True)

    folder = keep / name if keep else None
    run = VariantTrainer(variant, corpus, splits, epochs, folder, report)
    run.run()
    return {row["epoch"]: row["val_loss"] for row in run.history.curve}


def main() -> None:
    """Train the variants asked for, or list all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("text", type=Path, help="the kernel text of the reference run")
    parser.add_argument("variants", nargs="*", metavar="variant", help="none lists all")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--keep", type=Path, help="folder for states, to go on later")
    options = parser.parse_args()
    unknown = [name for name in options.variants if name not in VARIANTS]
    if unknown:
        sys.exit(f"{unknown[0]}: expected one of {', '.join(VARIANTS)}")
    if not options.variants:
        for name, variant in VARIANTS.items():
            print(f"{name:18} {variant.model}: {variant.words}")
    torch.set_num_threads(1)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    for name in options.variants:
        losses = train(name, options.text, options.epochs, options.keep)
        print(f"\n{table(name, losses)}\n", flush=True)


if __name__ == "__main__":
    main()
