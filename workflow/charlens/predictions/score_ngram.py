"""Fitting and scoring the n-gram baselines of one corpus, from files to files (paper, Table 2).

``n-gram-{n}`` is the model that sees n characters of context, so of order n + 1. All of a corpus's
n-gram models are one file, fitted once.

Two things are scored, one byte apart. The table of scores holds the paper's protocol: the *input*
bytes of the test split, its streams joined into one sequence. The probabilities files hold the
*targets*, so that their rows agree with those of every other model; their means may differ from the
table by about 1e-4 nats.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from charlens import __version__
from charlens.errors import CharlensError
from charlens.files import csv_tables
from charlens.files.atomic import FilePath
from charlens.models.catalogue import N_GRAM
from charlens.models.names import context_id
from charlens.models.ngram.file import load_ngram, save_ngram
from charlens.models.ngram.mixtures import Predictions
from charlens.models.ngram.model import NgramModel
from charlens.predictions.file import ProbabilityMetadata, write_probabilities
from charlens.predictions.loss import bootstrap_sd
from charlens.runtime.progress import progress, result
from charlens.runtime.randomness import generator
from charlens.text.corpus import Corpus, load_split

SCORES = {
    "corpus": "string",
    "corpus_sha256": "string",
    "model": "string",
    "n": "int64",  # characters of context
    "characters": "int64",
    "cross_entropy": "float64",  # nats per character, of the joined inputs
    "bootstrap_sd": "float64",  # nats per character
}
"""Columns of the table of scores, one row per n-gram model of one corpus."""

_log = logging.getLogger("charlens")


def fit_n_gram(inputs: Mapping[str, FilePath], output: FilePath, contexts: Sequence[int]) -> None:
    """Fit the n-gram models of every context length on a training split's inputs.

    Args:
        inputs: paths ``corpus`` (corpus.json) and ``train`` (.npy).
        output: the model file to write.
        contexts: numbers of context characters; the longest decides the model's highest order.

    Raises:
        CharlensError: a damaged input, or no or impossible context lengths.
    """
    _check(contexts)
    corpus = Corpus.load(inputs["corpus"])
    text = load_split(inputs["train"])[:, :-1].ravel()
    metadata = {
        "corpus": corpus.name,
        "corpus_sha256": corpus.sha256,
        "characters": len(text),
        "code_version": __version__,
    }
    model = NgramModel.fit(text, max(contexts) + 1, metadata=metadata)
    save_ngram(output, model)
    _log.info("%s: n-gram models fitted on %d characters", corpus.name, len(text))


def score_n_gram(
    inputs: Mapping[str, FilePath],
    outputs: Sequence[FilePath],
    scores: FilePath,
    contexts: Sequence[int],
    bootstrap: int,
    seed: int,
) -> None:
    """Write one probabilities file per context length, and the table of scores.

    Args:
        inputs: paths ``corpus`` (corpus.json), ``test`` (.npy) and ``model`` (of fit_n_gram).
        outputs: probabilities files to write, in the order of ``contexts``.
        scores: the table to write, a CSV file with the columns of :data:`SCORES`.
        contexts: numbers of context characters.
        bootstrap: number of resamples for the standard deviations.
        seed: the config's seed; resamples depend on it, the corpus and the model alone.

    Raises:
        CharlensError: a damaged input, a model of another corpus, or a context length that the
            model was not fitted for.
    """
    _check(contexts)
    corpus = Corpus.load(inputs["corpus"])
    model = fitted_on(corpus, inputs["model"])
    rows = load_split(inputs["test"])
    table = scores_of_inputs(corpus, model, rows, contexts, bootstrap, seed)
    orders = [n + 1 for n in contexts]
    by_order = model.predictions(rows[:, 1:].ravel(), orders, symbols=corpus.k)
    for order, path in zip(orders, outputs, strict=True):
        columns = columns_of(rows, by_order[order], np.array(corpus.vocabulary, np.uint8))
        write_probabilities(path, columns, provenance(corpus, model, order, seed))
    csv_tables.write(table, scores)
    best = table.loc[table["cross_entropy"].idxmin()]
    result(f"{best['cross_entropy']:.3f} nats per byte (test, {best['model']})")


def scores_of_inputs(
    corpus: Corpus,
    model: NgramModel,
    rows: np.ndarray,
    contexts: Sequence[int],
    bootstrap: int,
    seed: int,
) -> pd.DataFrame:
    """The table of scores, by the protocol of the paper's Table 2.

    Args:
        corpus: gives its name and checksum.
        model: fitted on the corpus's training split.
        rows: the test split, shape (B, length + 1).
        contexts: numbers of context characters.
        bootstrap: number of resamples for the standard deviations.
        seed: the config's seed.

    Returns:
        One row per context length with the columns of :data:`SCORES`.

    Raises:
        CharlensError: a context length that the model was not fitted for.
    """
    stream = np.repeat(np.arange(len(rows)), rows.shape[1] - 1)
    probability = model.probabilities(rows[:, :-1].ravel(), [n + 1 for n in contexts])
    entries = []
    with progress(len(contexts), f"{corpus.name} n-grams", "model") as bar:
        for n, values in zip(contexts, probability, strict=True):
            loss = -np.log(values)  # no n-gram model calls a byte impossible
            draws = generator(seed, "bootstrap", corpus.name, model_name(n))
            entry = (corpus.name, corpus.sha256, model_name(n), n, loss.size, loss.mean())
            entries.append((*entry, bootstrap_sd(loss, stream, bootstrap, draws)))
            bar.update()
    return pd.DataFrame(entries, columns=list(SCORES)).astype(SCORES)


def read_scores(path: FilePath) -> pd.DataFrame:
    """Read a table of scores.

    Raises:
        CharlensError: no such file, or not such a table.
    """
    return csv_tables.read(path, SCORES, "a table of n-gram scores", "n_gram_probabilities")


def model_name(n: int) -> str:
    """The id of the n-gram model with ``n`` characters of context."""
    return context_id(N_GRAM, n)


def _check(contexts: Sequence[int]) -> None:
    if not contexts or min(contexts) < 0:
        raise CharlensError(
            f"n-gram contexts: expected numbers of characters such as 1, 2, 20, found "
            f"{list(contexts)}; correct the config"
        )


def fitted_on(corpus: Corpus, path: FilePath) -> NgramModel:
    """Read the n-gram models of a corpus.

    Raises:
        CharlensError: a damaged file, or models of another corpus.
    """
    model = load_ngram(path)
    name, sha256 = (model.metadata.get(key) for key in ("corpus", "corpus_sha256"))
    if (name, sha256) != (corpus.name, corpus.sha256):
        raise CharlensError(
            f"{path}: fitted on another corpus ({name}, sha256 {str(sha256)[:12]}…; expected "
            f"{corpus.name}, {corpus.sha256[:12]}…); delete the model and run again to fit it anew"
        )
    return model


def columns_of(
    rows: np.ndarray, predicted: Predictions, vocabulary: np.ndarray
) -> dict[str, np.ndarray]:
    """The columns of a probabilities file from a split's rows, shape (B, length + 1)."""
    batch, length = rows.shape[0], rows.shape[1] - 1
    return {
        "position": np.arange(batch * length, dtype=np.int32),
        "stream": np.repeat(np.arange(batch, dtype=np.int16), length),
        "byte": vocabulary[rows[:, 1:].ravel()],
        "probability": predicted.probability,
        "entropy": predicted.entropy,
        "top_byte": vocabulary[predicted.top],
        # KenLM's probabilities of bytes never seen in training (each <unk>'s) may make all K sum
        # to more than 1; then the normalised maximum can fall below KenLM's value.
        "top_probability": np.maximum(predicted.top_probability, predicted.probability),
    }


def provenance(corpus: Corpus, model: NgramModel, order: int, seed: int) -> ProbabilityMetadata:
    """What a probabilities file says of an n-gram model."""
    return ProbabilityMetadata(
        corpus_sha256=corpus.sha256,
        model=model_name(order - 1),
        corpus=corpus.name,
        seed=seed,
        config={
            "smoothing": "modified Kneser-Ney",
            "order": order,
            "training_characters": len(model.text),
        },
        code_version=__version__,
    )
