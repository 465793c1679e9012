"""An explorer of a small run, and what its chunks hold."""

import json
import re
from pathlib import Path

import numpy as np
from charlens.report.explorer.build import Settings, Shown, chunks
from charlens.report.explorer.packing import unpack
from small_run import UNROLL

MODEL, RIVAL = "lstm-2x8", "n-gram-5"
SHOWN = Shown("novel", [MODEL], baseline=RIVAL, n_grams=["n-gram-2", RIVAL])
POSITIONS = 300


def settings(positions=POSITIONS):
    return Settings(positions, UNROLL, "cpu")


def chunks_of(run: Path, positions=POSITIONS) -> dict:
    """Chunks of a run's explorer, read from JSON."""
    return {name: json.loads(text) for name, text in chunks(run, [SHOWN], settings(positions))}


def values_of(chunk: dict, count: int) -> np.ndarray:
    """The values of a layer's units, (positions, units), as the page knows them."""
    scale = np.array(chunk["scales"])
    numbers = unpack(chunk["numbers"], (len(scale), count), differences=True).view(np.int8)
    return (numbers * (scale[:, None] / 127)).T


def taken(path: Path) -> tuple[str, dict]:
    """Name and value of a chunk in a script."""
    match = re.fullmatch(r"charlens\.take\('(.*?)',\n(.*)\n\);\n", path.read_text("utf-8"), re.S)
    return match[1], json.loads(match[2])
