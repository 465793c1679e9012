"""The context curves of one model, from its corpus and its weights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from charlens.analyses.context_curve import anchors, losses
from charlens.analyses.context_curve.table import NONE, absent, table
from charlens.analyses.subjects import NGram, Subject
from charlens.runtime.randomness import generator
from charlens.text.corpus import Corpus
from charlens.text.encodings import UTF_8
from charlens.text.splits import Codes


def measure(
    subject: Subject,
    corpus: Corpus,
    codes: Codes,
    lengths: Sequence[int],
    starts: Sequence[str],
    count: int,
    by_class: bool,
    seed: int,
    encoding: str = UTF_8,
) -> pd.DataFrame:
    """Measure the context curves of a model on the test split of its corpus.

    All models of a corpus are measured at the same characters, from the same swapped histories and
    with the same resamples of streams.

    Args:
        subject: the model.
        corpus: its corpus.
        codes: the test split, uint8 (B, length + 1).
        lengths: of context in characters, increasing; those that streams are too short for are
            left out.
        starts: of :func:`charlens.analyses.context_curve.losses.network_losses`.
        count: characters to predict.
        by_class: whether there are curves by class of character.
        seed: the config's seed.
        encoding: of the text.

    Returns:
        Rows with the columns of :data:`charlens.analyses.context_curve.table.COLUMNS`. Where the
        test streams are too short for context curves, one row that says so.
    """
    lengths = anchors.usable(lengths, codes)
    if len(lengths) < 2:
        note = (
            f"test streams of {codes.shape[1] - 1} characters are too short: {anchors.LEAST} are "
            "needed, and two of context.lengths"
        )
        return absent(corpus, subject.model, note)
    vocabulary = np.array(corpus.vocabulary, np.uint8)

    def draws(purpose: str) -> np.random.Generator:
        return generator(seed, "context", purpose, corpus.name)

    asked = (lengths[-1], count, by_class, draws("anchors"), encoding)
    places = anchors.draw(codes, vocabulary, *asked)
    if isinstance(subject, NGram):
        measured = {NONE: losses.n_gram_losses(subject.fit, subject.n, codes, places, lengths)}
    else:
        measured = losses.network_losses(
            subject.shape,
            subject.weights,
            codes,
            places,
            lengths,
            starts,
            draws("swap"),
            device=subject.device,
            name=f"{corpus.name}/{subject.model} context",
        )
    return table(corpus, subject.model, measured, places, lengths, draws("bootstrap"))
