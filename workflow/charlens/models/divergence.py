"""Models that predict worse than a uniform guess.

The training of such a network has diverged, or its text cannot be predicted, as random bytes. Such
a model is shown with its number, and never counts as the best of anything. Loads neither NumPy nor
pandas, as the summary of a run asks it too.
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
    "worse than a uniform guess among the text's symbols, and never the best: the training of such "
    f"a network has diverged ({ADVICE}), or the text is as good as random"
)
"""What :data:`MARK` means, in words."""

SLACK = 1e-4
"""Nats that rounding in float32 may add to the loss of a uniform guess."""

NOTICEABLE = 0.1
"""Nats beyond a uniform guess that only a diverged training explains.

A network that has learnt nothing, as of random bytes, has a uniform guess's loss and little more.
"""


def uniform_loss(k: int) -> float:
    """The loss of a uniform guess among K symbols, nats per byte.

    Of a text with one symbol it is that of two: n-gram models keep probability for an unseen one.
    """
    return math.log(max(k, 2))


LARGEST = uniform_loss(256)
"""The same where the number of symbols is not known: there are no more bytes."""


def is_diverged(nats: float, uniform: float = math.nan) -> bool:
    """Whether a cross-entropy is worse than a uniform guess, or no number at all.

    Args:
        nats: per byte.
        uniform: of :func:`uniform_loss`; NaN where unknown.

    Example:
        >>> is_diverged(4.2, uniform_loss(65)), is_diverged(4.1, uniform_loss(65))
        (True, False)
    """
    limit = LARGEST if math.isnan(uniform) else uniform
    return not nats <= limit + SLACK


def warning(name: str, nats: float, k: int) -> str:
    """A line about a network that predicts worse than a uniform guess; empty where it does not.

    Args:
        name: of the network.
        nats: its best validation loss per byte.
        k: number of symbols of its text.
    """
    uniform = uniform_loss(k)
    if not is_diverged(nats, uniform):
        return ""
    losses = (
        f"the best validation loss is {nats:.4g} nats per byte, a uniform guess among {k} "
        f"symbols has {uniform:.4g}"
    )
    if nats <= uniform + NOTICEABLE:
        return f"{name}: learnt nothing: {losses}; is the text random, compressed or encrypted?"
    return f"{name}: its training diverged: {losses}; {ADVICE}"
