"""What a network loses at the start of each test stream, where its states are zero.

    python benchmarks/cold_start.py results/reference ../corpora mingru-2x64 lstm-2x64 gpt-2x64

Prints as CSV the mean loss of War and Peace's test characters (nats) by their place in the stream,
from states of zero. For a minimal GRU a second row starts from the mean of its states instead.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

import numpy as np
import torch
from charlens.models.mingru import MinGRU, MinGRUShape
from charlens.models.running import observing, windows
from charlens.models.trained import TrainedModel, load_trained
from charlens.text.corpus import Codes
from reference_texts import splits_again
from torch import Tensor

CORPUS, STEPS = "war_and_peace", 100
EDGES = (0, 20, 100, None)


def losses(trained: TrainedModel, codes: Codes) -> np.ndarray:
    """Loss of each target, nats, float32 (length, streams)."""
    weights = {name: torch.as_tensor(values) for name, values in trained.weights.items()}
    read = windows(trained.shape, weights, codes, STEPS)
    return np.vstack([-logs.gather(-1, targets[..., None])[..., 0].numpy().reshape(STEPS, -1)
                      for _, logs, targets in read])  # fmt: skip


def mean_states(trained: TrainedModel, codes: Codes) -> list[Tensor]:
    """Mean state of each unit over a text, (units,) for each layer of a minimal GRU."""
    model = trained.ready(len(codes), STEPS, "cpu")
    read = observing(model, codes)
    layers = [[layer["h"].mean((0, 1, 2)) for layer in model.quantities()] for _ in read]
    return [torch.stack(means).mean(0) for means in zip(*layers, strict=True)]


def started(trained: TrainedModel, codes: Codes) -> Iterator[tuple[str, np.ndarray]]:
    """Losses from states of zero and, of a minimal GRU, from its mean states."""
    yield "zero", losses(trained, codes)
    if isinstance(trained.shape, MinGRUShape):
        means = mean_states(trained, codes)

        def reset(model: MinGRU) -> None:
            for state, mean in zip(model.states, means, strict=True):
                state.copy_(mean)

        with patch.object(MinGRU, "reset", reset):
            yield "mean state", losses(trained, codes)


def main() -> None:
    """Print a row for each network and start."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, help="results/reference")
    parser.add_argument("texts", type=Path, help="folder with the published files")
    parser.add_argument("models", nargs="+")
    arguments = parser.parse_args()
    corpus, splits = splits_again(arguments.run, arguments.texts, CORPUS)
    print("model,start,first 20,next 80,later,all")
    for name in arguments.models:
        weights = arguments.run / CORPUS / "models" / f"{name}.safetensors"
        for start, nats in started(load_trained(weights, corpus), splits["test"]):
            parts = [nats[first:stop] for first, stop in pairwise(EDGES)]
            shown = [f"{part.mean():.3f}" for part in (*parts, nats)]
            print(name, start, *shown, sep=",", flush=True)


if __name__ == "__main__":
    main()
