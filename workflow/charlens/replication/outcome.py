"""What came of putting a finding of the paper to a corpus."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """What came of a finding on one corpus.

    Attributes:
        corpus: its name.
        holds: whether the finding's criterion is met.
        evidence: the numbers behind it.
        comparable: whether the models are the paper's; the text is looked at elsewhere.
    """

    corpus: str
    holds: bool
    evidence: str
    comparable: bool = True
