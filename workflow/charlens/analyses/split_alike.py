"""Which corpora differ in how their text is split and in nothing else."""

from __future__ import annotations

from charlens.text.corpus import Corpus


def are_split_alike(one: Corpus, other: Corpus) -> bool:
    """Whether two corpora have one text and equal fractions, so that models of both compare.

    Other fractions would be another question: how much training text is worth.
    """
    return all(getattr(one, k) == getattr(other, k) for k in ("sha256", "train", "val"))
