"""The evidence about the cells of one network, from files to files."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from charlens.files import parquet_tables
from charlens.files.atomic import FilePath
from charlens.inside.cells import ranking
from charlens.inside.cells.concepts import CONCEPTS
from charlens.inside.cells.search import label
from charlens.inside.evidence.assess import assess
from charlens.inside.evidence.question import Effort, Question
from charlens.models.trained import load_trained
from charlens.text import encoding_guess
from charlens.text.corpus import Corpus, load_split
from charlens.text.kinds import kind_of
from charlens.text.whole_text import load_text

_log = logging.getLogger("charlens")


def cell_evidence(
    inputs: Mapping[str, FilePath],
    outputs: Mapping[str, FilePath],
    kind: str | None,
    steps: int,
    device: str,
    seed: int,
    effort: Effort,
    encoding: str | None = None,
) -> None:
    """Compare the cells of a model with chance and with baselines.

    Args:
        inputs: paths ``corpus`` (corpus.json), ``train``, ``val``, ``test`` (.npy), ``model``
            (.safetensors) and ``ranking`` (:data:`charlens.inside.cells.ranking.COLUMNS`).
        outputs: paths ``cells`` and ``concepts`` (:mod:`charlens.inside.evidence.table`) and
            ``timescales`` (:mod:`charlens.inside.evidence.timescales`), Parquet tables.
        kind: a name in :data:`charlens.text.kinds.KINDS`; None guesses from the text.
        steps: window length; divides the stream length.
        device: auto, cpu or cuda.
        seed: the config's seed.
        effort: how much to compute.
        encoding: of the text; None guesses.

    Raises:
        CharlensError: a damaged input, or a model of another corpus.
    """
    corpus = Corpus.load(inputs["corpus"])
    text, codes = load_text(corpus, inputs), load_split(inputs["test"])
    encoding = encoding_guess.of_corpus(encoding, corpus, codes)
    evidence = assess(
        Question(
            load_trained(inputs["model"], corpus),
            corpus.name,
            codes,
            text.text[text.inputs],
            label(text, kind or kind_of(text.text), encoding),
            ranking.read(inputs["ranking"]),
            steps,
            device,
            seed,
            effort,
        )
    )
    parquet_tables.write(evidence.cells, outputs["cells"])
    parquet_tables.write(evidence.concepts, outputs["concepts"])
    parquet_tables.write(evidence.timescales, outputs["timescales"])
    for row in evidence.concepts.itertuples():
        _log.info(
            "%s: layer %d, cell %d, strength %.3f [%.3f, %.3f], all cells %.3f, latches %.3f",
            CONCEPTS[row.concept].title,
            row.best_layer,
            row.best_unit,
            row.strength,
            row.low,
            row.high,
            row.probe,
            row.latch_95,
        )
