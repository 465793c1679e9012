"""Test cross-entropies of committed networks again, in float64 by plain NumPy.

    python benchmarks/float64_losses.py results/reference ../corpora war_and_peace/lstm-3x512 ...

Shares with the library how weights are stored and how a text is cut, nothing else: the equations
of the papers are written out one time step, or one stream, after another. Prints each network's
loss beside that of its run's tables (``tables/cross_entropy.csv``, ``campaign.csv``), and ends with
1 where one differs by more than 1e-6.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import erf

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


def mingru(part: np.ndarray, w: None, h: np.ndarray, c: np.ndarray) -> tuple:
    """One step (Feng et al. 2024, appendix B); blocks are z and the candidate."""
    gate, candidate = np.split(part, 2, axis=1)
    z, n = sigmoid(gate), np.where(candidate >= 0, candidate + 0.5, sigmoid(candidate))
    return (1 - z) * h + z * n, c


STEPS = {"lstm": lstm, "lstm_adamw": lstm, "gru": gru, "rnn": rnn, "mingru": mingru}


def recurrent_losses(cell: str, w: dict[str, np.ndarray], codes: np.ndarray) -> Iterator[float]:
    """Losses summed over the streams at each step, states carried along."""
    step, batch = STEPS[cell], len(codes)
    layers = sum(name.startswith("input") for name in w)
    blocks = 2 if cell == "mingru" else w["input.0"].shape[1] // w["recurrent.0"].shape[0]
    zero = np.zeros(w["input.0"].shape[1] // blocks)
    h = [np.tile(w.get(f"start.{i}", zero), (batch, 1)) for i in range(layers)]
    c = [np.zeros_like(state) for state in h]
    for t in range(codes.shape[1] - 1):
        x = np.eye(w["input.0"].shape[0])[codes[:, t]]
        for i in range(layers):
            part = x @ w[f"input.{i}"] + w[f"bias.{i}"]
            h[i], c[i] = step(part, w.get(f"recurrent.{i}"), h[i], c[i])
            x = h[i]
        yield summed_loss(x @ w["decoder"] + w["bias.decoder"], codes[:, t + 1])


def transformer_losses(w: dict[str, np.ndarray], codes: np.ndarray) -> Iterator[float]:
    """Losses summed over each stream, whose characters all see the 128 before them."""
    head, sees, length = 16, 128, codes.shape[1] - 1
    heads = w["mixed.0"].shape[0] // head
    angles = np.outer(np.arange(length), 10_000.0 ** (-np.arange(0, head, 2) / head))
    turn = np.exp(1j * angles)[:, None]
    distance = np.arange(length)[:, None] - np.arange(length)
    visible = (distance >= 0) & (distance <= sees)

    def rotated(x: np.ndarray) -> np.ndarray:
        pairs = (x[..., : head // 2] + 1j * x[..., head // 2 :]) * turn
        return np.concatenate([pairs.real, pairs.imag], -1)

    def normed(x: np.ndarray, gain: np.ndarray) -> np.ndarray:
        return x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-6) * (1 + gain)

    for row in codes:
        x = w["embedding"][row[:-1]]
        for i in range(sum(name.startswith("up.") for name in w)):
            parts = normed(x, w[f"gain.attention.{i}"]) @ w[f"attention.{i}"]
            query, key, value = parts.reshape(length, 3, heads, head).swapaxes(0, 1)
            query, key, mixed = rotated(query), rotated(key), np.empty_like(value)
            for k in range(heads):
                weights = query[:, k] @ key[:, k].T / np.sqrt(head)
                weights = np.exp(np.where(visible, weights, -np.inf) - weights.max(1)[:, None])
                mixed[:, k] = weights @ value[:, k] / weights.sum(1)[:, None]
            x = x + mixed.reshape(length, -1) @ w[f"mixed.{i}"]
            inner = normed(x, w[f"gain.mlp.{i}"]) @ w[f"up.{i}"]
            x = x + inner * (1 + erf(inner / np.sqrt(2))) / 2 @ w[f"down.{i}"]
        yield summed_loss(normed(x, w["gain.decoder"]) @ w["decoder"] + w["bias.decoder"], row[1:])


def summed_loss(scores: np.ndarray, codes: np.ndarray) -> float:
    """Cross-entropy in nats of each row's code, summed over the rows."""
    scores = scores - scores.max(1, keepdims=True)
    logp = scores - np.log(np.exp(scores).sum(1, keepdims=True))
    return -float(logp[np.arange(len(codes)), codes].sum())


def loss(family: str, weights: dict[str, np.ndarray], codes: np.ndarray) -> float:
    """Mean cross-entropy in nats of the codes after each code.

    Args:
        family: the first part of a model's name, such as lstm or gpt.
        weights: float64, without a leading axis.
        codes: (B, length + 1).
    """
    if family == "gpt":
        return sum(transformer_losses(weights, codes)) / codes[:, 1:].size
    return sum(recurrent_losses(family, weights, codes)) / codes[:, 1:].size


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
