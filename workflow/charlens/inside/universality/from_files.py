"""The comparison of a corpus's trainings, from files to files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from charlens.errors import CharlensError
from charlens.files import csv_tables, parquet_tables
from charlens.files.atomic import FilePath
from charlens.inside.cells.concepts import AUC, measure_of
from charlens.inside.cells.search import label
from charlens.inside.universality.compare import Question, compare
from charlens.models.trained import load_trained
from charlens.text import encoding_guess
from charlens.text.corpus import Corpus, load_split
from charlens.text.kinds import kind_of
from charlens.text.whole_text import load_text


def match_cells(
    inputs: Mapping[str, FilePath],
    trained: Sequence[tuple[int, FilePath]],
    outputs: Mapping[str, FilePath],
    config: Mapping[str, object],
) -> None:
    """Compare the trainings of a corpus's networks.

    Args:
        inputs: paths ``corpus`` (corpus.json), ``train``, ``val`` and ``test`` (.npy).
        trained: seed and weights of each training.
        outputs: paths ``cells`` and ``passage`` (Parquet) and ``pairs`` (CSV).
        config: ``kind`` and ``encoding`` of the text (None guesses), ``concept`` (None takes the
            first yes or no of its kind), ``rotations``, ``unroll``, ``device`` and ``seed``.

    Raises:
        CharlensError: a damaged input, a network of another corpus, a concept that this kind of
            text does not have.
    """
    corpus = Corpus.load(inputs["corpus"])
    text, codes = load_text(corpus, inputs), load_split(inputs["test"])
    encoding = encoding_guess.of_corpus(config["encoding"], corpus, codes)  # type: ignore[arg-type]
    labels = label(text, str(config["kind"] or kind_of(text.text)), encoding)
    concept = _concept(labels, config["concept"], corpus.name)
    made = compare(
        Question(
            corpus.name,
            [(seed, load_trained(path, corpus)) for seed, path in trained],
            codes,
            text.text[text.inputs],
            concept,
            labels[concept].astype(bool),
            int(str(config["unroll"])),
            str(config["device"]),
            int(str(config["seed"])),
            int(str(config["rotations"])),
        )
    )
    parquet_tables.write(made.cells, outputs["cells"])
    csv_tables.write(made.pairs, outputs["pairs"])
    parquet_tables.write(made.passage, outputs["passage"])


def _concept(labels: Mapping[str, np.ndarray], configured: object, corpus: str) -> str:
    flags = [name for name, values in labels.items() if measure_of(values) == AUC]
    if configured is None:
        return flags[0]
    if configured not in flags:
        raise CharlensError(
            f"universality.concept: found {configured!r}, expected a yes or no that {corpus} has: "
            f"{', '.join(flags)}"
        )
    return str(configured)
