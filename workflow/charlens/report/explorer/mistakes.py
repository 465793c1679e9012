"""Which oracle each error of a model falls to, at every position of a passage (Figure 6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from charlens.analyses.oracles import evidence, tally
from charlens.analyses.oracles.evidence import Evidence
from charlens.analyses.oracles.masks import Mask
from charlens.analyses.oracles.oracles import ORACLES
from charlens.files.atomic import FilePath
from charlens.predictions.file import read_probabilities
from charlens.text.corpus import Corpus
from charlens.text.splits import Codes


@dataclass(frozen=True)
class Mistakes:
    """What oracles know of one corpus.

    Attributes:
        known: what they know from the texts alone.
        ngram: probabilities of the bytes that came by the n-gram models that are oracles; zeros
            for those that the study lacks, which then remove nothing.
        threshold: below which a prediction is an error.
    """

    known: Mask
    ngram: np.ndarray
    threshold: float

    @classmethod
    def of(
        cls,
        corpus: Corpus,
        train: Codes,
        test: Codes,
        n_grams: Mapping[str, FilePath],
        threshold: float,
        definitions: str,
        encoding: str,
    ) -> Mistakes:
        """Ask the oracles about a corpus.

        Args:
            corpus: its description.
            train: vocabulary codes of the training split, uint8 (B, length + 1).
            test: of the test split.
            n_grams: id -> probabilities file.
            threshold: below which a prediction is an error.
            definitions: a name in :data:`charlens.analyses.oracles.oracles.DEFINITIONS`.
            encoding: of the text.

        Raises:
            CharlensError: a damaged file.
        """
        vocabulary = np.array(corpus.vocabulary, np.uint8)
        known = Evidence(vocabulary[train], vocabulary[test], encoding).known(definitions)
        size = corpus.sizes["test"]
        columns = {
            model: read_probabilities(path, ["probability"], corpus.sha256, size)
            for model, path in n_grams.items()
        }
        ngram = evidence.n_grams({m: own["probability"] for m, own in columns.items()}, size)
        return cls(known, ngram, threshold)

    def categories(self, probability: np.ndarray) -> np.ndarray:
        """One more than the index of each error's slice, 0 where there is none, uint8 (N,).

        Args:
            probability: of each byte of the test split, by the model.
        """
        masks = tally.removed(self.known, self.ngram, probability, self.threshold)
        return (tally.categories(masks, probability, self.threshold) + 1).astype(np.uint8)


def kinds() -> list[dict[str, Any]]:
    """Families of errors in the order of Figure 6, each with its slices in words."""
    return [{"family": oracle.family, "slices": list(oracle.titles)} for oracle in ORACLES.values()]
