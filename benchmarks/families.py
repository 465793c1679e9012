"""What a training window costs by family, on one thread.

    python benchmarks/families.py [--rounds 5] [--precision float32] [lstm-2x64 gpt-2x64]

All train on the same random window of B = T = 100, round by round in one process. Printed are
medians of milliseconds of CPU time, and how many times those of the first model they are.
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
from recurrence_vs_torch import BATCH, STEPS, K, ours

MODELS = ["lstm-2x64", "lstm_adamw-2x64", "mingru-2x64", "gpt-2x64"]
REPEATS = 4


def milliseconds(step) -> float:
    """CPU time of a call, over a few calls in a row."""
    started = time.process_time()
    for _ in range(REPEATS):
        step()
    return 1000 * (time.process_time() - started) / REPEATS


def main() -> None:
    """Print a line per model."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", default=MODELS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--precision", default="float32", choices=("float32", "mixed"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    codes = np.random.default_rng(0).integers(0, K, (BATCH, STEPS + 1)).astype(np.uint8)
    steps = [ours(shapes_for(m, K)[0], options.precision, codes) for m in options.models]
    for step in steps:
        step()
    times = [[milliseconds(step) for step in steps] for _ in range(options.rounds)]
    medians = [statistics.median(column) for column in zip(*times, strict=True)]
    print(f"{'model':18}{'ms a window':>12}{'÷ first':>9}")
    for model, median in zip(options.models, medians, strict=True):
        print(f"{model:18}{median:12.1f}{median / medians[0]:8.2f}×")


if __name__ == "__main__":
    main()
