"""Errors and bits of every model by kind of character and stream of the test split.

From these sums the difference of any two models follows, with an interval over streams: the table
of Figure 11 and the verdicts on its hypotheses are computed from them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from charlens.analyses.oracles import oracles, tally, trainings
from charlens.analyses.oracles.evidence import Evidence, n_grams
from charlens.analyses.oracles.oracles import ORACLES
from charlens.analyses.oracles.trainings import RunsOf
from charlens.files import parquet_tables
from charlens.files.atomic import FilePath
from charlens.models import names as model_id
from charlens.models.divergence import is_diverged
from charlens.predictions.contract import LOG
from charlens.predictions.loss import losses_of, run_of
from charlens.predictions.together import Predictions, Together
from charlens.text.corpus import Corpus
from charlens.text.encodings import UTF_8
from charlens.text.kinds import kind_of
from charlens.text.lexed import LexedText
from charlens.text.marks import QUOTES, marks
from charlens.text.whole_text import CorpusText, load_text

REST = "rest"
"""Characters that no oracle but the boost is about."""

CATEGORIES = (*list(ORACLES)[:-1], REST)
"""Kinds of characters in the order applied; each test character has one."""

CLOSINGS = "closing"
"""Braces and quotation marks that close what was opened in their stream. Each has one of
:data:`CATEGORIES`, too, so these rows add nothing to a sum over all kinds."""

# One row per model, run of the test text and category, in this order.
COLUMNS = {
    "corpus": "string",
    "model": "string",
    "run": "int64",  # of the test text: a stream, or a part of one where there are few
    "category": "string",  # of CATEGORIES, or CLOSINGS
    "characters": "int64",
    "errors": "int64",
    "bits": "float64",  # summed over the characters
}
FURTHER = {"seed": "int64"} | COLUMNS
"""The same of networks that were trained again, from other seeds."""


def tables(
    inputs: Mapping[str, Any],
    runs_of: RunsOf,
    threshold: float,
    definitions: str,
    encoding: str | None = None,
    kind: str | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Sums of errors and bits of all models of a corpus.

    Args:
        inputs: paths ``corpus`` (corpus.json), ``train``, ``val`` and ``test`` (.npy); ``models``,
            a list of probabilities files, the n-gram models that are oracles among them.
        runs_of: the networks that were trained again.
        threshold: a character is an error where its probability is below this.
        definitions: a name in :data:`charlens.analyses.oracles.oracles.DEFINITIONS`.
        encoding: of the text; None guesses.
        kind: of the text, ``prose`` or ``c``; None guesses.

    Returns:
        Frames with :data:`COLUMNS` and :data:`FURTHER`, models in the order of tables.

    Raises:
        CharlensError: a damaged input, one of another corpus, or of another seed.
    """
    corpus = Corpus.load(inputs["corpus"])
    read = list(
        Together([corpus]).read(inputs["models"], ["probability", "stream"], where_known=[LOG])
    )
    read.sort(key=lambda one: model_id.sort_key(one.metadata.model))
    probability = {one.metadata.model: one.columns["probability"] for one in read}
    evidence = Evidence.load(corpus, inputs, encoding)
    category = categories(evidence, probability, definitions)
    closes = closing(load_text(corpus, inputs), kind, evidence.encoding)
    run = run_of(read[0].columns["stream"])
    ones = _by_run(np.ones(len(run)), run, category, closes)

    def rows(one: Predictions) -> pd.DataFrame:
        wrong, bits = one.columns["probability"] < threshold, losses_of(one.columns) / math.log(2)
        errors, bits = (_by_run(values, run, category, closes) for values in (wrong, bits))
        return _rows(one.metadata.model, ones, errors, bits).assign(corpus=corpus.name)

    first = [rows(one) for one in read]
    again = [rows(one).assign(seed=seed) for seed, one in trainings.read(corpus, runs_of)]
    return _joined(first, COLUMNS), _joined(again, FURTHER)


def _joined(parts: Sequence[pd.DataFrame], columns: Mapping[str, str]) -> pd.DataFrame:
    frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(columns))
    return frame[list(columns)].astype(dict(columns))


def categories(
    evidence: Evidence, probability: Mapping[str, np.ndarray], definitions: str
) -> np.ndarray:
    """The category of each test character, an index into :data:`CATEGORIES`, int64 (N,).

    Args:
        evidence: the texts of the corpus.
        probability: P(correct) by model, (N,) each; n-gram models that are not there remove
            nothing.
        definitions: as of :func:`tables`.
    """
    known = evidence.known(definitions)
    size = known.shape[1]
    masks = tally.removed(known, n_grams(probability, size), np.zeros(size, np.float32))
    family = np.array([CATEGORIES.index(name) if name in CATEGORIES else len(CATEGORIES) - 1
                       for name in oracles.family_of()])  # fmt: skip
    return family[masks.argmax(axis=0)]


def closing(text: CorpusText, kind: str | None = None, encoding: str = UTF_8) -> np.ndarray:
    """Which test bytes close a brace or a quotation that their stream has opened, bool (N,).

    Args:
        text: the corpus's.
        kind: ``prose`` or ``c``; None guesses.
        encoding: of the text; all bytes of a closing mark count.
    """
    lexed = LexedText(text.text, kind or kind_of(text.text), encoding)
    opened_at = np.full(len(text.text), -1, np.int64)
    for pair in (QUOTES, "{}"):
        matched = marks(lexed, pair)
        for byte in range(matched.width.max(initial=0)):
            wide = matched.width > byte
            opened_at[matched.closer[wide] + byte] = matched.opener[wide]
    return (opened_at[text.targets] >= text.inputs[:, :1]).ravel()


def _by_run(
    values: np.ndarray, run: np.ndarray, category: np.ndarray, closes: np.ndarray
) -> np.ndarray:
    """Sums of values by run of text and category, closings last, float64 (runs, categories)."""
    size, runs = len(CATEGORIES), run[-1] + 1
    sums = np.bincount(run * size + category, values, runs * size).reshape(-1, size)
    return np.column_stack([sums, np.bincount(run, np.where(closes, values, 0), runs)])


def _rows(model: str, characters: np.ndarray, errors: np.ndarray, bits: np.ndarray) -> pd.DataFrame:
    runs, size = characters.shape
    return pd.DataFrame(
        {
            "model": model,
            "run": np.repeat(np.arange(runs), size),
            "category": np.tile([*CATEGORIES, CLOSINGS], runs),
            "characters": characters.ravel(),
            "errors": errors.ravel(),
            "bits": bits.ravel(),
        }
    )


def sound(streams: pd.DataFrame, uniform: float) -> list[str]:
    """The models that have not diverged, in the order of tables.

    Args:
        streams: of :func:`tables`.
        uniform: of :func:`charlens.models.divergence.uniform_loss`.
    """
    own = streams[streams["category"].isin(CATEGORIES)]
    names = []
    for model, part in own.groupby("model", sort=False):
        # Arrays, for a sum of pandas skips what is no number, and so would make a loss of 0.
        bits, characters = (part[name].to_numpy().sum() for name in ("bits", "characters"))
        if not is_diverged(math.log(2) * bits / characters, uniform):
            names.append(str(model))
    return names


def read_further(path: FilePath) -> pd.DataFrame:
    """Read the second table of :func:`tables`, written by ``parquet_tables.write``.

    Raises:
        CharlensError: no such file, or not such a table.
    """
    return parquet_tables.read(path, FURTHER, "a table of bits by stream and seed", "decade")


def read(path: FilePath) -> pd.DataFrame:
    """Read the first table of :func:`tables`, written by ``parquet_tables.write``.

    Raises:
        CharlensError: no such file, or not such a table.
    """
    return parquet_tables.read(path, COLUMNS, "a table of bits by stream", "decade")
