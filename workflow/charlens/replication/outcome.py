"""What came of putting a finding of the paper to a corpus."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """What came of a finding on one corpus.

    Attributes:
        corpus: its name.
        holds: whether the finding's criterion is met; None where the numbers cannot say, such as
            a share of the errors of a model that makes none.
        evidence: the numbers behind it, or why they cannot say.
        comparable: whether the models are the paper's; the text is looked at elsewhere.
    """

    corpus: str
    holds: bool | None
    evidence: str
    comparable: bool = True
