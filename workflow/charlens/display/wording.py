"""Numbers and lists as people read them."""

from __future__ import annotations

import math
import re

from charlens.models import names
from charlens.paper import texts

UNKNOWN = "–"
"""In place of a number that does not exist, such as the mean of no characters."""


def number(value: float) -> str:
    """A cross-entropy as shown to people: three decimals, as in the paper; a dash where unknown."""
    if math.isnan(value):
        return UNKNOWN
    return f"{value:z.3f}".replace("-inf", "−∞").replace("inf", "∞")


def signed(value: float, decimals: int = 3) -> str:
    """A difference as shown to people, with a sign unless it rounds to zero; or a dash."""
    if math.isnan(value):
        return UNKNOWN
    shown = f"{value:+z.{decimals}f}".replace("-", "−").replace("inf", "∞")
    return shown.removeprefix("+") if round(value, decimals) == 0 else shown


def listed(items: list[str]) -> str:
    """Items in a sentence: ``a, b and c``."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def cases(some: int, total: int) -> str:
    """How many of all cases: ``2 of 9 cases``."""
    return f"{some} of {total} {'case' if total == 1 else 'cases'}"


def rst(text: str) -> str:
    """Escape a text so that reStructuredText shows exactly its characters."""
    return re.sub(r"([^\w\s]|_)", r"\\\1", text)


def rst_corpus(name: object) -> str:
    """The title of a corpus in reStructuredText."""
    return rst(texts.corpus_title(str(name)))


def rst_model(name: object) -> str:
    """The title of a model in reStructuredText."""
    return rst(names.title(str(name)))
