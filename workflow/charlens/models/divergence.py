"""Models that predict worse than a uniform guess: the training of such a network has diverged.

Such a model is shown with its number, and never counts as the best of anything. Loads neither
NumPy nor pandas, as the summary of a run asks it too.
"""

from __future__ import annotations

import math

MARK = "†"
"""Beside the number of such a model."""

ADVICE = (
    "lower training.learning_rate or training.clip, of models that AdamW trains "
    "training.adamw.learning_rate"
)
"""What to do about it."""

EXPLANATION = (
    "worse than a uniform guess among the text's symbols: the training of such a network has "
    f"diverged ({ADVICE}), and it is never the best"
)
"""What :data:`MARK` means, in words."""

SLACK = 1e-4
"""Nats that rounding in float32 may add to the loss of a uniform guess."""


def uniform_loss(k: int) -> float:
    """The loss of a uniform guess among K symbols, nats per character."""
    return math.log(k)


LARGEST = uniform_loss(256)
"""The same where the number of symbols is not known: there are no more bytes."""


def is_diverged(nats: float, uniform: float = math.nan) -> bool:
    """Whether a cross-entropy is worse than a uniform guess, or no number at all.

    Args:
        nats: per character.
        uniform: of :func:`uniform_loss`; NaN where unknown.

    Example:
        >>> is_diverged(4.2, uniform_loss(65)), is_diverged(4.1, uniform_loss(65))
        (True, False)
    """
    limit = LARGEST if math.isnan(uniform) else uniform
    return not nats <= limit + SLACK


def warning(name: str, nats: float, k: int) -> str:
    """A line about a network whose training has diverged; empty where it has not.

    Args:
        name: of the network.
        nats: its best validation loss per character.
        k: number of symbols of its text.
    """
    if not is_diverged(nats, uniform_loss(k)):
        return ""
    return (
        f"{name}: its training diverged: the best validation loss is {nats:.4g} nats per "
        f"character, a uniform guess among {k} symbols has {uniform_loss(k):.4g}; {ADVICE}"
    )
