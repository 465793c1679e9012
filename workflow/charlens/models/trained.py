"""A trained network as read from its file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import Tensor

from charlens.errors import CharlensError
from charlens.files.atomic import FilePath
from charlens.files.checkpoint import load_checkpoint
from charlens.models.families import build_model, shape_of
from charlens.models.language_model import LanguageModel
from charlens.models.parameters import Architecture
from charlens.runtime.device import choose_device
from charlens.text.corpus import Corpus


@dataclass(frozen=True)
class TrainedModel:
    """A trained model read from its file.

    Attributes:
        model: its id.
        shape: its architecture.
        weights: true shapes, each (1, ...).
        metadata: all that the file says of itself.
    """

    model: str
    shape: Architecture
    weights: dict[str, Tensor]
    metadata: dict[str, Any]

    def ready(self, batch: int, steps: int, device: str) -> LanguageModel[Any]:
        """The network with its weights, to read streams window by window.

        Args:
            batch: streams side by side.
            steps: window length.
            device: auto, cpu or cuda.

        Raises:
            CharlensError: a device that this machine does not have.
        """
        where = choose_device(device)
        model = build_model(self.shape, batch=batch, steps=steps, device=where, training=False)
        model.load(self.weights)
        return model

    @property
    def provenance(self) -> dict[str, Any]:
        """How it was trained, for the files made from it."""
        return {key: self.metadata[key] for key in ("dropout", "val_loss", "epoch", "training")}


def load_trained(path: FilePath, corpus: Corpus) -> TrainedModel:
    """Read a model and check that it was trained on a corpus.

    Raises:
        CharlensError: a damaged file, or a model of another corpus.
    """
    weights, metadata = load_checkpoint(path)
    if metadata["corpus_sha256"] != corpus.sha256:
        raise CharlensError(
            f"{path}: trained on another corpus (sha256 {metadata['corpus_sha256'][:12]}…, "
            f"{corpus.name} has {corpus.sha256[:12]}…); delete the model and run again to train "
            "it anew"
        )
    return TrainedModel(metadata["model"], shape_of(metadata), weights, metadata)
