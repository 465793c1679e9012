"""Test cross-entropies of committed networks again, in float64 by plain NumPy.

    python benchmarks/float64_losses.py results/reference ../corpora war_and_peace/lstm-3x512 ...

Shares with the library how weights are stored and how a text is cut, nothing else: the equations
of the paper are written out one time step after another. Prints each network's loss beside that of
its run's tables (``tables/cross_entropy.csv``, ``campaign.csv``), and ends with 1 where one differs
by more than 1e-6.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

from charlens.text.corpus import Corpus
from reference_texts import splits_again
from safetensors.numpy import load_file

ALLOWED = 1e-6


def sigmoid(x: np.ndarray) -> np.ndarray:
    """The logistic function."""
    return 1 / (1 + np.exp(-x))


def lstm(part: np.ndarray, w: np.ndarray, h: np.ndarray, c: np.ndarray) -> tuple:
    """One step (paper, section 3.1); gate blocks are o, i, f, g."""
    o, i, f, g = np.split(part + h @ w, 4, axis=1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def gru(part: np.ndarray, w: np.ndarray, h: np.ndarray, c: np.ndarray) -> tuple:
    """One step; blocks are r, z and the candidate, whose h is reset before the product."""
    n = h.shape[1]
    r, z = np.split(sigmoid(part[:, : 2 * n] + h @ w[:, : 2 * n]), 2, axis=1)
    candidate = np.tanh(part[:, 2 * n :] + (r * h) @ w[:, 2 * n :])
    return (1 - z) * h + z * candidate, c


def rnn(part: np.ndarray, w: np.ndarray, h: np.ndarray, c: np.ndarray) -> tuple:
    """One step."""
    return np.tanh(part + h @ w), c


STEPS = {"lstm": lstm, "gru": gru, "rnn": rnn}


def loss(cell: str, weights: dict[str, np.ndarray], codes: np.ndarray) -> float:
    """Mean cross-entropy in nats of the codes after each code, states carried along each stream.

    Args:
        cell: lstm, gru or rnn.
        weights: float64, without a leading axis.
        codes: (B, length + 1).
    """
    step, batch = STEPS[cell], len(codes)
    layers = sum(name.startswith("recurrent") for name in weights)
    h = [np.zeros((batch, weights[f"recurrent.{i}"].shape[0])) for i in range(layers)]
    c, total = [np.zeros_like(state) for state in h], 0.0
    for t in range(codes.shape[1] - 1):
        x = np.eye(weights["input.0"].shape[0])[codes[:, t]]
        for i in range(layers):
            part = x @ weights[f"input.{i}"] + weights[f"bias.{i}"]
            h[i], c[i] = step(part, weights[f"recurrent.{i}"], h[i], c[i])
            x = h[i]
        scores = x @ weights["decoder"] + weights["bias.decoder"]
        scores -= scores.max(1, keepdims=True)
        logp = scores - np.log(np.exp(scores).sum(1, keepdims=True))
        total -= logp[np.arange(batch), codes[:, t + 1]].sum()
    return total / codes[:, 1:].size


def known(run: Path, corpus: str, model: str) -> float:
    """The loss that the run's tables have."""
    for name, column in (
        ("tables/cross_entropy.csv", "cross_entropy"),
        ("campaign.csv", "test_loss"),
    ):
        if (run / name).is_file():
            table = pd.read_csv(run / name).set_index(["corpus", "model"])
            if (corpus, model) in table.index:
                return float(table.loc[(corpus, model), column])
    return float("nan")


def main() -> None:
    """Print one line per network."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, help="folder such as results/reference")
    parser.add_argument("texts", type=Path, help="folder with the published texts")
    parser.add_argument("networks", nargs="+", help="such as war_and_peace/lstm-3x512")
    arguments = parser.parse_args()
    cut: dict[str, tuple[Corpus, dict[str, np.ndarray]]] = {}
    wrong = 0
    for network in arguments.networks:
        name, _, model = network.partition("/")
        if name not in cut:
            cut[name] = splits_again(arguments.run, arguments.texts, name)
        file = arguments.run / name / "models" / f"{model}.safetensors"
        weights = {key: value[0].astype(np.float64) for key, value in load_file(file).items()}
        computed = loss(model.partition("-")[0], weights, cut[name][1]["test"].astype(np.int64))
        table = known(arguments.run, name, model)
        wrong += not abs(computed - table) <= ALLOWED
        print(
            f"{network:30} {computed:.7f}  tables {table:.7f}  {computed - table:+.1e}", flush=True
        )
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
