"""A network mixed with another model by a gate that is fitted on the validation split."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from charlens.files.atomic import FilePath
from charlens.models.names import scored_id
from charlens.models.trained import TrainedModel
from charlens.predictions.file import ProbabilityMetadata, write_probabilities
from charlens.predictions.score import provenance
from charlens.predictions.scorers.distributions import Rows, entropies
from charlens.predictions.scorers.gate import Gate, fit_gate
from charlens.runtime.progress import progress, result
from charlens.text.corpus import Corpus
from charlens.text.splits import Codes

Pairs = Iterator[tuple[slice, np.ndarray, np.ndarray]]
"""Windows of all streams: the place in a stream, and the distributions of the network and of the
other model, each (B·T, K), stream by stream."""

_log = logging.getLogger("charlens")


@dataclass(frozen=True, eq=False)
class Mixing:
    """A network and what it is mixed with.

    Attributes:
        trained: the network.
        corpus: its corpus.
        scorer: key of :data:`charlens.models.catalogue.SCORERS`.
        pairs: what both models predict along a split, from its codes (B, length + 1).
    """

    trained: TrainedModel
    corpus: Corpus
    scorer: str
    pairs: Callable[[Codes], Pairs]

    @property
    def name(self) -> str:
        """The id of the mixture."""
        return scored_id(self.trained.model, self.scorer)

    def fitted(self, codes: Codes) -> tuple[Gate, float]:
        """The gate of the least loss on a split, and that loss in nats per character."""
        p, q, first, second = self._measured(codes)
        gate = fit_gate(p, q, first, second)
        low, high = gate.weights.min(), gate.weights.max()
        _log.info("%s: the network's share is %.2f to %.2f", self.name, low, high)
        share = gate(first, second)
        return gate, float(-np.log(share * p + (1 - share) * q).mean())

    def _measured(self, codes: Codes) -> np.ndarray:
        """Probabilities of what came and entropies, of the network and the other, (4, B·length)."""
        rows = Rows(codes, np.array(self.corpus.vocabulary, np.uint8))
        targets = codes[:, 1:].ravel()
        values = np.empty((4, len(targets)))
        with progress(len(targets), f"{self.corpus.name}/{self.name} validation", "bytes") as bar:
            for place, p, q in self.pairs(codes):
                at = rows.of_window(place)
                came = np.arange(len(at)), targets[at]
                values[:, at] = p[came], q[came], entropies(p), entropies(q)
                bar.update(len(at))
        return values

    def mixed(self, gate: Gate, codes: Codes) -> dict[str, np.ndarray]:
        """The columns of the mixture's probabilities file, rows in the order of the targets."""
        rows = Rows(codes, np.array(self.corpus.vocabulary, np.uint8))
        with progress(codes[:, 1:].size, f"{self.corpus.name}/{self.name}", "bytes") as bar:
            for place, p, q in self.pairs(codes):
                share = gate(entropies(p), entropies(q))[:, None]
                at = rows.of_window(place)
                rows.fill(at, share * p + (1 - share) * q)
                bar.update(len(at))
        return rows.columns

    def write(self, gate: Gate, codes: Codes, output: FilePath, **config: Any) -> None:
        """Write the mixture's predictions of a split.

        Args:
            gate: how much the network counts.
            codes: of the split.
            output: the probabilities file to write.
            config: what else the file says of how it was made.
        """
        columns = self.mixed(gate, codes)
        write_probabilities(output, columns, self._provenance(gate, config))
        loss = -np.log(columns["probability"].astype(np.float64)).mean()
        result(f"{loss:.3f} nats per byte (test, {self.name})")

    def _provenance(self, gate: Gate, config: dict[str, Any]) -> ProbabilityMetadata:
        made = provenance(self.trained, self.corpus)
        config = {"network": made.config, **config}
        config |= {"edges": gate.edges.tolist(), "weights": gate.weights.tolist()}
        return replace(made, model=self.name, config=config)


def by_stream(values: torch.Tensor) -> np.ndarray:
    """Values of a window, (T, B, K), stream by stream: float64 (B·T, K)."""
    return values.transpose(0, 1).flatten(0, 1).cpu().numpy().astype(np.float64)
