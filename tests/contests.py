"""Contests with made-up probabilities, for the tests of Figures 4 and 5."""

from __future__ import annotations

import numpy as np
from charlens.analyses.contest import Contest
from charlens.text.corpus import Corpus
from probability_files import sha256

KERNEL_BYTES, PROSE_BYTES = 6_208_197, 3_258_246


def a_corpus(name: str, test: int, split: str = "streams", size: int | None = None) -> Corpus:
    """A corpus as prepared, without its splits; the paper's by name unless ``size`` is given."""
    known = {"linux_kernel": KERNEL_BYTES, "war_and_peace": PROSE_BYTES}
    sizes = {"train": 8 * test, "val": test, "test": test}
    size = size or known.get(name, 10 * test)
    return Corpus(name, "test", size, 256, sha256(name), split, 10, 10,
                  0.8, 0.1, sizes, tuple(range(256)))  # fmt: skip


def a_contest(
    byte: np.ndarray, name: str = "war_and_peace", *, n_nn: bool = True, split: str = "streams",
    external: tuple[str, ...] = (), seed: int = 0, size: int | None = None,
) -> Contest:  # fmt: skip
    """A contest of random probabilities, float32, on given characters."""
    random = np.random.default_rng(seed)
    models = ["lstm-3x512", *["n-nn-7"] * n_nn, "n-gram-20", *external]
    return Contest(
        corpus=a_corpus(name, len(byte), split, size),
        byte=byte,
        probability={model: random.random(len(byte), dtype=np.float32) for model in models},
        lstm="lstm-3x512",
        n_nn="n-nn-7" if n_nn else None,
        n_gram="n-gram-20",
        external=external,
    )
