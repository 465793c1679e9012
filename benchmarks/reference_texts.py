"""The texts of a run that was committed without its splits: cut again from the published files."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

from charlens.text.corpus import Corpus, prepare
from charlens.text.splits import Codes

FILES = {"war_and_peace": "warpeace_input.txt", "linux_kernel": "linux_kernel_v4.1-rc6.txt"}
KINDS = {"war_and_peace": "prose", "linux_kernel": "c"}
_STRICTER = "_position"  # ends the name of a text that is split by position


def splits_again(run: Path, texts: Path, name: str) -> tuple[Corpus, dict[str, Codes]]:
    """A run's corpus and its splits; exits with one line where the text is another.

    Args:
        run: folder such as results/reference.
        texts: folder with the published files.
        name: of the corpus.
    """
    corpus = Corpus.load(run / name / "corpus.json")
    cut = (corpus.split, corpus.batch, corpus.unroll, corpus.train, corpus.val)
    file = texts / FILES[name.removesuffix(_STRICTER)]
    again, splits = prepare(file.read_bytes(), name, corpus.source, *cut)
    if again.sha256 != corpus.sha256:
        sys.exit(f"{file}: not the text of {run / name}")
    return corpus, splits
