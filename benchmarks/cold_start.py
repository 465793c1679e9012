"""What a network loses at the start of each test stream, where it knows nothing of the text before.

    python benchmarks/cold_start.py results/reference ../corpora mingru-2x64 lstm-2x64 gpt-2x64

Prints as CSV the mean loss of War and Peace's test characters (nats) by their place in the stream.
"""

from __future__ import annotations

import argparse
import sys
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

import numpy as np
import torch
from charlens.models.running import windows
from charlens.models.trained import TrainedModel, load_trained
from charlens.text.splits import Codes
from reference_texts import splits_again

CORPUS, STEPS = "war_and_peace", 100
EDGES = (0, 20, 100, None)


def losses(trained: TrainedModel, codes: Codes) -> np.ndarray:
    """Loss of each target, nats, float32 (length, streams)."""
    weights = {name: torch.as_tensor(values) for name, values in trained.weights.items()}
    read = windows(trained.shape, weights, codes, STEPS)
    return np.vstack([-logs.gather(-1, targets[..., None])[..., 0].numpy().reshape(STEPS, -1)
                      for _, logs, targets in read])  # fmt: skip


def main() -> None:
    """Print a row for each network."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, help="results/reference")
    parser.add_argument("texts", type=Path, help="folder with the published files")
    parser.add_argument("models", nargs="+")
    arguments = parser.parse_args()
    corpus, splits = splits_again(arguments.run, arguments.texts, CORPUS)
    print("model,first 20,next 80,later,all")
    for name in arguments.models:
        weights = arguments.run / CORPUS / "models" / f"{name}.safetensors"
        nats = losses(load_trained(weights, corpus), splits["test"])
        parts = [nats[first:stop] for first, stop in pairwise(EDGES)]
        print(name, *[f"{part.mean():.3f}" for part in (*parts, nats)], sep=",", flush=True)


if __name__ == "__main__":
    main()
