"""The models that analyses run again, because a probabilities file does not hold what they ask.

A network can be read from any state; an n-gram model can be asked at any context.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from charlens.files.atomic import FilePath
from charlens.models.catalogue import N_GRAM
from charlens.models.names import context_model
from charlens.models.ngram.model import NgramModel
from charlens.models.parameters import Architecture
from charlens.models.trained import load_trained
from charlens.predictions.score_ngram import fitted_on
from charlens.runtime.device import choose_device
from charlens.text.corpus import Corpus


@dataclass(frozen=True)
class Network:
    """A trained network.

    Attributes:
        model: its id.
        shape: its architecture.
        weights: true shapes, each (1, ...).
        device: where it runs.
    """

    model: str
    shape: Architecture
    weights: dict[str, torch.Tensor]
    device: torch.device


@dataclass(frozen=True)
class NGram:
    """An n-gram model.

    Attributes:
        model: its id.
        fit: the models of all orders.
        n: its characters of context.
    """

    model: str
    fit: NgramModel
    n: int


Subject = Network | NGram


def load(path: FilePath, corpus: Corpus, model: str, device: str) -> Subject:
    """Read a model.

    Args:
        path: of a trained network, or of a corpus's n-gram models.
        corpus: that it was trained on.
        model: the id of the model, such as ``lstm-3x512`` or ``n-gram-20``.
        device: auto, cpu or cuda.

    Raises:
        CharlensError: a damaged file, a model of another corpus, or no such device.
    """
    family, n = context_model(model) or ("", 0)
    if family == N_GRAM:
        return NGram(model, fitted_on(corpus, path), n)
    trained = load_trained(path, corpus)
    return Network(model, trained.shape, trained.weights, choose_device(device))
