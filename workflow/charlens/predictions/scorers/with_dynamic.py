"""A network that goes on learning as it reads (``lstm-2x64+dynamic``; Krause et al. 2018).

Dynamic evaluation (1709.07432) predicts a segment of text, then takes one gradient step on it:

    θ ← θ − η g / (√m + ε) + λ (√m / mean √m) (θ₀ − θ),

g the gradient of the segment's mean loss, m its mean square over training text, θ₀ the trained
weights. The last term draws weights back, most those that gradients move most. Streams are read one
after another, each from its start, and weights are kept from stream to stream: a character is
predicted from nothing but test text before it. η and λ are chosen on the validation split.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch

from charlens.files.atomic import FilePath
from charlens.models.catalogue import WITH_DYNAMIC
from charlens.models.families import build_model
from charlens.models.names import scored_id
from charlens.models.trained import TrainedModel, load_trained
from charlens.predictions.file import write_probabilities
from charlens.predictions.score import provenance
from charlens.predictions.scorers.distributions import Rows
from charlens.runtime.device import choose_device
from charlens.runtime.progress import progress, result
from charlens.text.corpus import Corpus, load_split
from charlens.text.splits import Codes

LONGEST = 20
"""Characters of a segment, at most."""

RATES, DECAYS = (1e-4, 3e-4), (0.003, 0.01, 0.03)
"""Values of η and λ to choose from; η = 0, the network as it was trained, is tried too."""

EPSILON = 1e-4
"""ε: keeps weights whose gradients are tiny from moving far."""

MEASURED, TRIED = 20, 20
"""Streams of training text behind m, and of validation text behind the choice, at most."""

_log = logging.getLogger("charlens")


@dataclass(frozen=True)
class Rule:
    """How weights move.

    Attributes:
        rate: η.
        decay: λ.
    """

    rate: float = 0.0
    decay: float = 0.0


class Learner:
    """A network that reads streams and learns from them.

    Args:
        trained: the network; it is not changed.
        steps: window length of the splits, which segments divide.
        device: auto, cpu or cuda.
    """

    def __init__(self, trained: TrainedModel, steps: int, device: str) -> None:
        self.segment = max(n for n in range(1, min(LONGEST, steps) + 1) if steps % n == 0)
        where = choose_device(device)
        self.model = build_model(
            trained.shape, batch=1, steps=self.segment, device=where, training=True
        )
        self.model.load(trained.weights)
        self.k = trained.shape.k
        self._start = self.model.flat.clone()
        self._root = torch.zeros_like(self._start)
        self._pull = torch.zeros_like(self._start)

    def measure(self, codes: Codes) -> None:
        """Take the mean squares of gradients from some text.

        Args:
            codes: of training text, (B, length + 1).
        """
        total, count = torch.zeros_like(self._start), 0
        for _ in self._segments(codes, Rule()):
            total.addcmul_(self.model.grad, self.model.grad)
            count += 1
        self._root = (total / max(1, count)).sqrt_()
        self._pull = self._root / self._root.mean().clamp_min(1e-30)

    def read(self, codes: Codes, rule: Rule) -> Iterator[tuple[int, slice, np.ndarray]]:
        """Predict streams one after another and learn from each segment once it is predicted.

        Args:
            codes: (B, length + 1).
            rule: how weights move; they begin as trained.

        Yields:
            The stream, the place of a segment in it, and the distributions there, float64 (T, K).
        """
        self.model.flat.copy_(self._start)
        self.model.refresh()
        yield from self._segments(codes, rule)

    def _segments(self, codes: Codes, rule: Rule) -> Iterator[tuple[int, slice, np.ndarray]]:
        model, size = self.model, self.segment
        for stream, row in enumerate(codes):
            model.reset()
            for start in range(0, len(row) - 1, size):
                window = torch.from_numpy(row[start : start + size + 1].astype(np.int64))
                window = window.to(model.device)[:, None]
                logs = model.forward(window[:-1])[0, :, : self.k]
                p = logs.exp().cpu().numpy().astype(np.float64)
                model.backward(window[:-1], window[1:])
                model.grad.div_(size)
                yield stream, slice(start, start + size), p
                self._step(rule)
                model.carry()

    def _step(self, rule: Rule) -> None:
        if not rule.rate:
            return
        weights, back = self.model.flat, self._start - self.model.flat
        weights.sub_(self.model.grad / (self._root + EPSILON), alpha=rule.rate)
        weights.add_(back.mul_((rule.decay * self._pull).clamp_max_(1.0)))
        self.model.refresh()


def loss(learner: Learner, codes: Codes, rule: Rule, name: str) -> float:
    """Mean cross-entropy of streams that are learned from, nats per character.

    Args:
        learner: the network.
        codes: of the streams.
        rule: how weights move.
        name: shown beside the progress bar.
    """
    total = 0.0
    with progress(codes[:, 1:].size, name, "bytes") as bar:
        for stream, place, p in learner.read(codes, rule):
            came = codes[stream, 1:][place]
            total -= float(np.log(p[np.arange(len(came)), came]).sum())
            bar.update(len(came))
    return total / codes[:, 1:].size


def columns(learner: Learner, codes: Codes, rule: Rule, corpus: Corpus) -> dict[str, np.ndarray]:
    """The columns of the probabilities file, rows in the order of the targets.

    Args:
        learner: the network.
        codes: of the split.
        rule: how weights move.
        corpus: its corpus.
    """
    rows, length = Rows(codes, np.array(corpus.vocabulary, np.uint8)), codes.shape[1] - 1
    with progress(codes[:, 1:].size, f"{corpus.name} learning", "bytes") as bar:
        for stream, place, p in learner.read(codes, rule):
            rows.fill(np.arange(place.start, place.stop) + stream * length, p)
            bar.update(len(p))
    return rows.columns


def chosen(learner: Learner, val: Codes, name: str) -> tuple[Rule, float]:
    """The rule of the least loss on validation text, and that loss."""
    rules = [Rule(), *(Rule(rate, decay) for rate in RATES for decay in DECAYS)]
    losses = []
    for rule in rules:
        losses.append(loss(learner, val[:TRIED], rule, f"{name} validation"))
        values = (name, rule.rate, rule.decay, losses[-1])
        _log.info("%s: η = %g, λ = %g, %.4f nats per byte (validation)", *values)
    best = int(np.argmin(losses))
    return rules[best], losses[best]


def score_with_dynamic(
    inputs: Mapping[str, FilePath], output: FilePath, steps: int, device: str
) -> None:
    """Choose η and λ on the validation split and write predictions of the test split.

    Args:
        inputs: paths ``corpus`` (corpus.json), ``train``, ``val`` and ``test`` (.npy), ``model``.
        output: the probabilities file to write.
        steps: window length; divides the streams' lengths.
        device: auto, cpu or cuda.

    Raises:
        CharlensError: a damaged input, or a model of another corpus.
    """
    corpus = Corpus.load(inputs["corpus"])
    trained = load_trained(inputs["model"], corpus)
    train, val, test = (load_split(inputs[part]) for part in ("train", "val", "test"))
    name = f"{corpus.name}/{scored_id(trained.model, WITH_DYNAMIC)}"
    learner = Learner(trained, steps, device)
    learner.measure(train[:MEASURED, : val.shape[1]])  # no more of a stream than is chosen on
    rule, _ = chosen(learner, val, name)
    predicted = columns(learner, test, rule, corpus)
    made = provenance(trained, corpus)
    config = {"network": made.config, "rate": rule.rate, "decay": rule.decay}
    config |= {"segment": learner.segment}
    model = scored_id(trained.model, WITH_DYNAMIC)
    write_probabilities(output, predicted, replace(made, model=model, config=config))
    nats = -np.log(predicted["probability"].astype(np.float64)).mean()
    result(f"{nats:.3f} nats per byte (test, {model})")
