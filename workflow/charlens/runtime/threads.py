"""How many threads torch computes with on a CPU: one, where nobody asks for more.

Torch takes all cores by default. The products of a recurrent network are many and small, and after
each the threads wait for one another; where another process has one of the cores they wait for it
too. On two busy cores an epoch of an LSTM-1 (64) that takes 2 s on one thread took more than 240 s
on two, and one of an LSTM-1 (256) 31 s and more than 240 s.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from charlens.errors import CharlensError


@contextmanager
def threads(count: int = 1) -> Iterator[None]:
    """Let torch compute with so many threads in the body, and after it with as many as before.

    Args:
        count: from 1.

    Raises:
        CharlensError: the count is no whole number from 1.

    Example:
        >>> before = torch.get_num_threads()
        >>> with threads(1):
        ...     torch.get_num_threads()
        1
        >>> torch.get_num_threads() == before
        True
    """
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        raise CharlensError(f"threads: expected a whole number from 1, found {count!r}")
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
