"""What oracles know of a corpus: its texts, and what the n-gram models among them predict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from charlens.analyses.oracles import tally
from charlens.analyses.oracles.masks import Mask
from charlens.analyses.oracles.oracles import DEFINITIONS, NGRAMS
from charlens.files.atomic import FilePath
from charlens.models.catalogue import N_GRAM
from charlens.models.names import context_id
from charlens.text.corpus import Corpus, load_split
from charlens.text.encoding_guess import of_corpus
from charlens.text.words import Bytes


@dataclass(frozen=True, eq=False)
class Evidence:
    """The texts of a corpus. N is the number of test characters.

    Attributes:
        train: byte values of the training split, uint8 (streams, length + 1).
        test: of the test split, the same.
        encoding: of the text.
    """

    train: Bytes
    test: Bytes
    encoding: str

    @classmethod
    def load(
        cls, corpus: Corpus, inputs: Mapping[str, FilePath], encoding: str | None = None
    ) -> Self:
        """Read the texts of a corpus.

        Args:
            corpus: its description.
            inputs: paths ``train`` and ``test`` (.npy).
            encoding: of the text; None guesses.

        Raises:
            CharlensError: a missing or damaged file.
        """
        vocabulary = np.array(corpus.vocabulary, np.uint8)
        train, test = (load_split(inputs[part]) for part in ("train", "test"))
        return cls(vocabulary[train], vocabulary[test], of_corpus(encoding, corpus, test))

    def known(self, definitions: str) -> Mask:
        """Which characters the oracles that know only the texts remove, (slices of texts, N).

        Args:
            definitions: a name in :data:`charlens.analyses.oracles.oracles.DEFINITIONS`.
        """
        chosen = DEFINITIONS[definitions]
        return tally.evidence(self.train, self.test, chosen, encoding=self.encoding)


def n_grams(
    probability: Mapping[str, npt.NDArray[np.float32]], size: int
) -> npt.NDArray[np.float32]:
    """P(correct) by the n-gram models that are oracles, float32 (models, N).

    Args:
        probability: of each test character by model, (N,) each. Models that are no oracles are
            left out; an oracle that is not there has zeros, so it removes nothing.
        size: N.
    """
    nothing = np.zeros(size, np.float32)
    return np.stack([probability.get(context_id(N_GRAM, n), nothing) for n in NGRAMS])
