"""The folder from which an interrupted training continues.

It holds one state, replaced as training goes on, and the early checkpoints that Figure 5 needs. A
state is continued only by a run of the same identity (config, seed, data, library); anything else
starts from the beginning, with one exception: a state made on a GPU is not overwritten by a run
that finds no GPU.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from charlens.errors import CharlensError
from charlens.files.checkpoint import load_checkpoint, save_checkpoint
from charlens.runtime.device import why_no_gpu

log = logging.getLogger("charlens")


class ResumeFolder:
    """Checkpoints of one training.

    Args:
        folder: where they lie; made when something is saved.
        identity: what a state must share with the run that continues it, JSON-able.
    """

    def __init__(self, folder: Path, identity: Mapping[str, Any]) -> None:
        self.folder = folder
        self.identity: dict[str, Any] = json.loads(json.dumps(identity))  # as read from a file

    @property
    def state(self) -> Path:
        """The file of the state."""
        return self.folder / "state.safetensors"

    def save(self, tensors: Mapping[str, Tensor], progress: Mapping[str, Any]) -> None:
        """Replace the state.

        Args:
            tensors: weights, optimiser, recurrent states.
            progress: everything else, JSON-able.
        """
        save_checkpoint(self.state, tensors, {"identity": self.identity, "progress": progress})

    def load(self) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
        """The state's tensors and progress; None where there is nothing to continue.

        A damaged state and one of another identity are logged and not used.

        Raises:
            CharlensError: the state was made on a device that this run does not have.
        """
        if not self.state.is_file():
            return None
        try:
            tensors, metadata = load_checkpoint(self.state)
        except CharlensError as error:
            log.warning("%s; starting this model again from the beginning", error)
            return None
        saved = metadata.get("identity")
        if saved != self.identity:
            self._refuse_other_device(saved or {})
            log.warning("%s: belongs to another config; starting from the beginning", self.state)
            return None
        return tensors, metadata["progress"]

    def _refuse_other_device(self, saved: dict[str, Any]) -> None:
        """Raise an error if only the device differs: a GPU's failure must not cost its state."""
        mine = self.identity
        device, own_device = (run.get("training", {}).get("device") for run in (saved, mine))
        if saved == mine | {"training": mine["training"] | {"device": device}}:
            why = f" ({why_no_gpu()})" if device == "cuda" else ""
            raise CharlensError(
                f"{self.state}: half a training on {device}, which this run on {own_device} cannot "
                f"continue{why}; run on {device} again, or delete the file to start this model "
                "from the beginning"
            )

    def save_early(
        self, iteration: int, weights: Mapping[str, Tensor], candidates: Sequence[int]
    ) -> None:
        """Keep the weights after an iteration.

        Args:
            iteration: training windows done.
            weights: true shapes, each (M, ...).
            candidates: which candidate each of the M models is.
        """
        metadata = {"identity": self.identity, "candidates": list(candidates)}
        save_checkpoint(self._early(iteration), weights, metadata)

    def load_early(self, iteration: int, candidate: int) -> dict[str, Tensor] | None:
        """A candidate's weights after an iteration, each (1, ...).

        None if it had stopped before.
        """
        path = self._early(iteration)
        if not path.is_file():
            return None
        tensors, metadata = load_checkpoint(path)
        if candidate not in metadata["candidates"]:
            return None
        m = metadata["candidates"].index(candidate)
        return {name: tensor[m : m + 1] for name, tensor in tensors.items()}

    def _early(self, iteration: int) -> Path:
        return self.folder / f"iteration={iteration}.safetensors"
