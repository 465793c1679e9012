"""Numbers that the paper defines and several analyses need."""

from __future__ import annotations

from dataclasses import dataclass

ERROR_BELOW = 0.5
"""A character is an error where a model gave it a probability below this (section 4.4)."""

LARGEST = 512
"""The paper's largest size."""

LARGE, SMALL = f"lstm-3x{LARGEST}", "lstm-2x64"
"""The two models of Figure 6. The large one is that of Figures 4 and 5, too: on either corpus the
best LSTM of three layers."""

FIGURE6_MODELS = {LARGEST: LARGE, 64: SMALL}
"""The same by size."""

BEST, DEEPEST = "best", "deepest"
"""Which LSTM represents its kind where errors are compared (section 4.3): the best in validation,
or the paper's choice, the best of the deepest."""

ORACLE_CONTEXTS = tuple(range(1, 10))
"""Lengths of context of the n-gram models that serve as oracles (section 4.4), in characters."""

RETRAINED = 0.02
"""Nats per character: a network trained anew is at the paper's loss where it is this near it."""


@dataclass(frozen=True)
class OracleDefinitions:
    """What the paper leaves open about its oracles (section 4.4) and what moves its Figure 6.

    The defaults are those whose slices come closest to the paper's.

    Attributes:
        word: what a word is, by name.
        memory_letters: the shortest word that memory looks for.
        quotes: the bytes that are quotes.
        after_newline: how many characters after a line feed count as after a newline.
    """

    word: str = "letters"
    memory_letters: int = 5
    quotes: bytes = b'"'
    after_newline: int = 3


ORACLE_DEFINITIONS = {
    "fitted": OracleDefinitions(),
    "stated": OracleDefinitions(memory_letters=1, after_newline=1),
}
"""Definitions that a study can choose: the best fit, and the paper's words taken literally."""
