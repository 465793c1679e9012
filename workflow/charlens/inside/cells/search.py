"""The search for interpretable cells in one network, from files to files (Figure 2)."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from charlens.files import parquet_tables
from charlens.files.atomic import FilePath
from charlens.inside.cells.concepts import labels
from charlens.inside.cells.examples import examples
from charlens.inside.cells.ranking import Labels
from charlens.inside.cells.score import score
from charlens.models.trained import load_trained
from charlens.text import encoding_guess, encodings
from charlens.text.corpus import Corpus, load_split
from charlens.text.kinds import kind_of
from charlens.text.whole_text import CorpusText, load_text

_log = logging.getLogger("charlens")


def search_cells(
    inputs: Mapping[str, FilePath],
    outputs: Mapping[str, FilePath],
    kind: str | None,
    steps: int,
    device: str,
    encoding: str | None = None,
) -> None:
    """Rank the cells of a model by every concept, and show the best ones on held-out text.

    Args:
        inputs: paths ``corpus`` (corpus.json), ``train``, ``val``, ``test`` (.npy) and ``model``
            (.safetensors).
        outputs: paths ``ranking`` (:data:`charlens.inside.cells.ranking.COLUMNS`) and ``examples``
            (:data:`charlens.inside.cells.excerpts.COLUMNS`), Parquet tables.
        kind: a name in :data:`charlens.text.kinds.KINDS`; None guesses from the text.
        steps: window length; divides the stream length.
        device: auto, cpu or cuda.
        encoding: of the text; None guesses.

    Raises:
        CharlensError: a damaged input, or a model of another corpus.
    """
    corpus = Corpus.load(inputs["corpus"])
    trained = load_trained(inputs["model"], corpus)
    codes = load_split(inputs["test"])
    text = load_text(corpus, inputs)
    encoding = encoding_guess.of_corpus(encoding, corpus, codes)
    concepts = label(text, kind or kind_of(text.text), encoding)
    ranking = score(trained, corpus.name, codes, concepts, steps, device)
    parquet_tables.write(ranking, outputs["ranking"])
    shown = examples(
        trained,
        corpus.name,
        codes,
        text.text[text.inputs],
        concepts,
        ranking,
        steps,
        device,
        encoding,
    )
    parquet_tables.write(shown, outputs["examples"])
    for row in shown.drop_duplicates("panel").itertuples():
        _log.info(
            "%s: layer %d, cell %d, %s %.3f found, %.3f held out",
            row.panel,
            row.layer,
            row.unit,
            row.measure,
            row.found,
            row.held_out,
        )


def label(text: CorpusText, kind: str, encoding: str = encodings.UTF_8) -> Labels:
    """The concepts of a kind of text at the input bytes of its test split."""
    concepts = labels(text.text, kind, encoding)
    return {name: values[text.inputs] for name, values in concepts.items()}
