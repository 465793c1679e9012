"""Characters per second of one training step on one thread: charlens against torch.nn.

    python benchmarks/recurrence_vs_torch.py [--rounds 5] [--sizes 64 128 256]

Both train the same one-layer model (``torch_peer``) on the same random window of B = T = 100. The
two alternate, round by round, in one process; medians are printed.
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

from charlens.models.parameters import Shape
from charlens.study.config import Training
from charlens.training.trainer import Trainer
from torch_peer import PEERS, torch_step

BATCH = STEPS = 100
K = 87


def ours(cell: str, width: int, codes: np.ndarray):
    """One training window of charlens, as the workflow runs it."""
    training = Training(device="cpu")
    run = Trainer("benchmark", Shape(cell, 1, width, K), training, 1, codes, codes)
    run.rate.fill_(training.learning_rate)

    def step() -> None:
        run.cursor.zero_()
        run._train_window()

    return step


def seconds(step, repeats: int) -> float:
    """Seconds per call over a few calls in a row."""
    started = time.perf_counter()
    for _ in range(repeats):
        step()
    return (time.perf_counter() - started) / repeats


def main() -> None:
    """Print one line per cell and size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sizes", type=int, nargs="+", default=[64, 128, 256])
    options = parser.parse_args()
    torch.set_num_threads(1)
    codes = np.random.default_rng(0).integers(0, K, (BATCH, STEPS + 1)).astype(np.uint8)
    print(f"torch {torch.__version__}, 1 thread, B = T = 100, K = {K}, medians of {options.rounds}")
    print(f"{'cell':6}{'width':>6}{'charlens':>12}{'torch.nn':>12}  characters/s   ratio")
    for cell in PEERS:
        for width in options.sizes:
            pair = (ours(cell, width, codes), torch_step(Shape(cell, 1, width, K), codes))
            for step in pair:
                step()
            times = [[seconds(step, 3) for step in pair] for _ in range(options.rounds)]
            own, peer = (statistics.median(column) for column in zip(*times, strict=True))
            rates = [BATCH * STEPS / value for value in (own, peer)]
            print(f"{cell:6}{width:6}{rates[0]:12,.0f}{rates[1]:12,.0f}{peer / own:22.2f}×")


if __name__ == "__main__":
    main()
