"""Characters per second of one training step on one thread: charlens against torch.nn.

    python benchmarks/recurrence_vs_torch.py [--rounds 5] [--sizes 64 128 256 512] [--models ...]

All train the same model (``torch_peer``) on the same random window of B = T = 100: torch.nn in
float32, charlens in float32 and with ``precision: mixed``, whatever that means on this processor
(the first lines say). The three alternate, round by round, in one process; medians are printed.
Without ``--models`` the models are one-layer cells of the given widths.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

from charlens.models.families import shapes_for
from charlens.models.parameters import Shape
from charlens.models.precision import bfloat16_feature, choose_precision
from charlens.runtime.hardware import describe
from charlens.training.settings import Training
from charlens.training.task import Task
from charlens.training.trainer import Trainer
from torch_peer import PEERS, torch_step

BATCH = STEPS = 100
K = 87


def ours(shape: Shape, precision: str, codes: np.ndarray):
    """One training window of charlens, as the workflow runs it."""
    training = Training(device="cpu", precision=precision)
    windows = Trainer(Task("benchmark", shape, training, 1), codes, codes).windows
    windows.optimiser.start_epoch(0)

    def step() -> None:
        windows.start()
        windows.train_window()

    return step


def seconds(step, repeats: int) -> float:
    """Seconds per call over a few calls in a row."""
    started = time.perf_counter()
    for _ in range(repeats):
        step()
    return (time.perf_counter() - started) / repeats


def compare(label: str, shape: Shape, codes: np.ndarray, rounds: int) -> str:
    """One line of the table."""
    steps = [torch_step(shape, codes), ours(shape, "float32", codes), ours(shape, "mixed", codes)]
    for step in steps:
        step()
    times = [[seconds(step, 3) for step in steps] for _ in range(rounds)]
    peer, plain, mixed = (1000 * statistics.median(column) for column in zip(*times, strict=True))
    ratios = f"{peer / plain:11.2f}×{peer / mixed:7.2f}×{plain / mixed:9.2f}×"
    return f"{label:12}{shape.width:6}{peer:10.1f}{plain:10.1f}{mixed:8.1f}{ratios}"


def main() -> None:
    """Print what the processor offers, then one line per model."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sizes", type=int, nargs="+", default=[64, 128, 256, 512])
    parser.add_argument("--models", nargs="+", default=[], help="such as lstm-3x512")
    options = parser.parse_args()
    torch.set_num_threads(1)
    codes = np.random.default_rng(0).integers(0, K, (BATCH, STEPS + 1)).astype(np.uint8)
    print(f"{describe()['processor']}: bfloat16 products by {bfloat16_feature() or 'nothing'}")
    print(f"mixed trains in {choose_precision('mixed', torch.device('cpu'))}")
    print(f"torch {torch.__version__}, 1 thread, B = T = 100, K = {K}, medians of {options.rounds}")
    print(f"{'':18}{'milliseconds a window':>28}{'torch.nn ÷':>20}{'float32 ÷':>10}")
    columns = f"{'model':12}{'width':>6}{'torch.nn':>10}{'float32':>10}{'mixed':>8}"
    print(f"{columns}{'float32':>12}{'mixed':>8}{'mixed':>10}")
    if options.models:
        shapes = {model: shapes_for(model, K)[0] for model in options.models}
    else:
        shapes = {f"{c}-1x{n}": Shape(c, 1, n, K) for c in PEERS for n in options.sizes}
    for label, shape in shapes.items():
        print(compare(label, shape, codes, options.rounds), flush=True)


if __name__ == "__main__":
    main()
