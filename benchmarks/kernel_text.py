"""The kernel text of the reference run, as codes, for the scripts about the kernel's numbers."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

from charlens.text.corpus import Corpus, encode

REFERENCE = Path(__file__).parents[1] / "results" / "reference"
FOLDER = REFERENCE / "linux_kernel"


def read(path: Path) -> tuple[Corpus, np.ndarray]:
    """Read the text and its description; stop if it is not the one that the run was trained on."""
    corpus = Corpus.load(FOLDER / "corpus.json")
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != corpus.sha256:
        sys.exit(f"{path}: not the text of the reference run (another sha256)")
    return corpus, encode(data)[0]
