"""Seeds for every random draw: a function of the config's seed and of what the draw is for.

Deriving instead of sharing one generator makes a result independent of the order in which jobs
run and of which other jobs exist.
"""

from __future__ import annotations

import hashlib
import json

import numpy as np


def derive_seed(seed: int, *purpose: str | int) -> int:
    """A 63-bit non-negative seed for one purpose, fit for any library that wants an integer.

    Args:
        seed: the config's seed.
        purpose: what the draw is for, e.g. ``("bootstrap", "war_and_peace", "lstm-1x64")``. The
            parts are kept apart: ``("ab", "c")`` and ``("a", "bc")`` give different seeds.
    """
    return int.from_bytes(_digest(seed, *purpose)[:8], "big") >> 1


def generator(seed: int, *purpose: str | int) -> np.random.Generator:
    """An independent numpy generator for one purpose; arguments as in :func:`derive_seed`."""
    entropy = int.from_bytes(_digest(seed, *purpose), "big")
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(entropy)))


def _digest(seed: int, *purpose: str | int) -> bytes:
    return hashlib.sha256(json.dumps([seed, *purpose]).encode()).digest()
