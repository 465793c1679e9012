"""How often two models agree on the most likely next character (paper, section 4.1)."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pandas as pd

from charlens.display.wording import listed, rst_corpus
from charlens.errors import CharlensError
from charlens.files.atomic import FilePath, atomic_path
from charlens.models import names as model_id
from charlens.models.catalogue import GRU, LSTM, RNN
from charlens.predictions.file import ProbabilityMetadata
from charlens.predictions.together import Source, Together

_log = logging.getLogger("charlens")


def agreement(top: Sequence[np.ndarray]) -> np.ndarray:
    """Fraction of characters on which each pair of models has the same most likely byte.

    Args:
        top: one uint8 array of shape (characters,) per model.

    Returns:
        Symmetric float64 array of shape (models, models), ones on the diagonal. One minus it is a
        distance in the strict sense (the normalised Hamming distance).
    """
    matrix = np.eye(len(top))
    for i, left in enumerate(top):
        for j in range(i):
            matrix[i, j] = matrix[j, i] = np.count_nonzero(left == top[j]) / left.size
    return matrix


def table(paths: Iterable[Source]) -> pd.DataFrame:
    """Pairwise agreement of the models of one corpus.

    Args:
        paths: probabilities files of one corpus, or predictions in memory; those without
            ``top_byte`` (models from elsewhere that do not tell it) are left out. All ``top_byte``
            columns are held at once: one byte per model and character.

    Returns:
        Square frame with model ids as index and columns, by size, cell and layers, models that
        are no grid point last.

    Raises:
        CharlensError: no file with ``top_byte``, an unreadable one, a model given twice, or files
            that do not score the same characters.
    """
    first: tuple[FilePath, str] | None = None

    def comparable(path: FilePath, metadata: ProbabilityMetadata, columns: Sequence[str]) -> bool:
        nonlocal first
        first = first or (path, metadata.corpus)
        if metadata.corpus != first[1]:
            raise CharlensError(
                f"{path}: scores {metadata.corpus}, expected {first[1]} as {first[0]}; agreement "
                "compares models of one corpus"
            )
        if "top_byte" in columns:
            return True
        _log.info("%s: left out, as %s has no column top_byte", metadata.model, path)
        return False

    predictions = Together(others=True).read(paths, ["top_byte"], comparable)
    top = {one.metadata.model: one.columns["top_byte"] for one in predictions}
    if not top:
        raise CharlensError(
            "agreement: expected at least one probabilities file with top_byte, found none"
        )
    models = sorted(top, key=model_id.sort_key)
    matrix = agreement([top[model] for model in models])
    return pd.DataFrame(matrix, index=pd.Index(models, name="model"), columns=models)


def write(frame: pd.DataFrame, path: FilePath) -> None:
    """Write a frame made by :func:`table`: a square with a header and a first column of models."""
    with atomic_path(path) as temporary:
        frame.to_csv(temporary, float_format="%.9g", lineterminator="\n")


def read(path: FilePath) -> pd.DataFrame:
    """Read a matrix written by :func:`write`.

    Raises:
        CharlensError: no such file, or not a symmetric matrix of fractions with equal row and
            column names and ones on the diagonal.
    """
    remedy = "delete the file and run again"
    try:
        frame = pd.read_csv(path, index_col="model")
        frame = frame.set_axis(frame.index.astype(str), axis=0).astype(np.float64)
        values = frame.to_numpy()
    except FileNotFoundError as error:
        raise CharlensError(f"{path}: no such file; run the rule agreement first") from error
    except OSError as error:
        raise CharlensError(f"{path}: cannot be read ({error.strerror})") from error
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:  # as pandas sees them
        detail = " ".join(str(error).split())[:160]
        raise CharlensError(f"{path}: not an agreement matrix ({detail}); {remedy}") from error
    if not len(frame) or list(frame.index) != list(frame.columns):
        raise CharlensError(f"{path}: rows and columns must name the same models; {remedy}")
    if not ((values >= 0) & (values <= 1)).all() or not np.array_equal(values, values.T):
        raise CharlensError(f"{path}: expected symmetric fractions from 0 to 1; {remedy}")
    if not (np.diag(values) == 1).all():
        raise CharlensError(f"{path}: a model must agree with itself, diagonal 1; {remedy}")
    return frame


def sentences(frame: pd.DataFrame, corpus: str) -> Iterator[str]:
    """How often networks of one cell agree, and networks of different cells."""
    points = [model_id.parse(str(model)) for model in frame.index]
    is_rnn = np.array([point is not None and point.cell == RNN for point in points])
    gated = np.array([point is not None and point.cell in (LSTM, GRU) for point in points])
    pair = np.triu(np.ones(frame.shape, bool), 1)
    groups = {
        "two RNNs": np.outer(is_rnn, is_rnn),
        "two LSTMs or GRUs": np.outer(gated, gated),
        "an RNN and an LSTM or GRU": np.outer(is_rnn, gated) | np.outer(gated, is_rnn),
    }
    means = [
        f"{name} {frame.to_numpy()[pair & members].mean():.1%}"
        for name, members in groups.items()
        if (pair & members).any()
    ]
    yield f"The {len(frame)} models are those of {rst_corpus(corpus)}."
    if means:
        yield f"Mean agreement on the most likely byte: {listed(means)}."
