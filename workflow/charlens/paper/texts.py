"""The two texts of the paper: their titles and sizes, and whether a corpus is one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

_TITLES = {"war_and_peace": "War and Peace", "linux_kernel": "Linux Kernel"}
_BYTES = {"war_and_peace": 3_258_246, "linux_kernel": 6_206_996}


def is_own_file(corpus: str, size: int) -> bool:
    """Whether a corpus of that name and size in bytes is the file of the paper.

    Another version of the kernel's sources can replace the paper's file; numbers are then
    comparable, not equal.
    """
    return _BYTES.get(corpus) == size


def is_same_text(corpus: str, size: int) -> bool:
    """Whether it is the paper's file or another cut of its text: within 1 % of its size in bytes.

    A corpus cut short, as for a trial run, has the paper's name but not its numbers.
    """
    return abs(size - _BYTES.get(corpus, 0)) <= _BYTES.get(corpus, -1) / 100


def is_other_version(papers_file: pd.Series) -> bool:
    """Whether a column ``papers_file`` is false anywhere; it is empty without a paper's number."""
    return bool((papers_file == False).any())  # noqa: E712 - ~ does not take an empty value


ANOTHER_CUT = "The paper used another cut of this text: comparable, not equal."
"""Remark beside a number of such a text and the paper's."""

PAPERS_BOOTSTRAP = (
    "The paper's own errors (below 4e-3) resample single characters; ours resample streams, "
    "because losses of neighbours depend on each other, and are larger."
)
"""Remark beside bootstrap errors where the paper's numbers are shown."""


def bytes_of(corpus: str) -> int:
    """Size of the paper's file in bytes, of ``war_and_peace`` or ``linux_kernel``."""
    return _BYTES[corpus]


def corpus_title(corpus: str) -> str:
    """A corpus's name for people: the paper's title, or ``Python docs`` for ``python_docs``."""
    text = corpus.removesuffix("_position")  # as config.paper.yaml calls the stricter split
    if text in _TITLES:
        return _TITLES[text] + ", by position" * (text != corpus)
    return corpus.replace("_", " ").capitalize()
