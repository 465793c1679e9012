"""What models predict on the test split of a corpus."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from charlens.api.scored import Scores, columns_of, in_words, score, surprise
from charlens.api.texts import AnyText, Text, encoded
from charlens.display import html
from charlens.errors import CharlensError
from charlens.files.atomic import FilePath
from charlens.models import names
from charlens.models.ngram.model import MAX_ORDER, NgramModel
from charlens.predictions import score as network
from charlens.predictions import score_ngram, together
from charlens.predictions.contract import COLUMNS
from charlens.predictions.file import write_probabilities
from charlens.text.code_points import unit_of
from charlens.text.units import PER_BYTE

if TYPE_CHECKING:
    from charlens.api.models import TrainedModel


@dataclass(frozen=True, eq=False, repr=False)
class Predictions(together.Predictions):
    """What one model predicted at every character of a test split.

    Made by :func:`predict`, :func:`ngram` or a run's ``predictions``.

    Attributes:
        path: a name for them, or their file.
        metadata: model, corpus, seed and how the model was made.
        corpus: the corpus.
        columns: ``position``, ``stream``, ``byte`` (that came), ``probability`` (of it),
            ``entropy`` (nats), ``top_byte`` (the most likely) and ``top_probability``, each of
            shape (characters,).
        loss: mean cross-entropy, nats per byte.
    """

    @property
    def probability(self) -> np.ndarray:
        """Of the bytes that came, float32 (characters,)."""
        return self.columns["probability"]

    def to_frame(self) -> pd.DataFrame:
        """One row per predicted byte, the columns of the probabilities file."""
        return pd.DataFrame(self.columns)

    def save(self, path: FilePath) -> None:
        """Write a probabilities file (Parquet), which every analysis of the workflow reads."""
        write_probabilities(path, self.columns, self.metadata)

    def __repr__(self) -> str:
        m, n = self.metadata, len(self.columns["byte"])
        unit = unit_of(self.columns["byte"].tobytes())
        counted = "bytes" if unit == PER_BYTE else "characters"
        return (
            f"{names.title(m.model)} on the test split of {m.corpus!r}: "
            f"{in_words(self.loss, unit)} over {n:,} {counted}"
        )

    def _repr_html_(self) -> str:
        data = self.columns["byte"].tobytes()
        return html.heading(repr(self)) + surprise(data, self.probability)


def predict(
    model: TrainedModel,
    text: Text | AnyText,
    *,
    device: str = "auto",
    skip_unknown: bool = False,
) -> Predictions | Scores:
    """What a network predicts at every character of a text.

    Args:
        model: made by :func:`charlens.train` or :func:`charlens.load`.
        text: a corpus, whose test split is scored as in the workflow; or any string or bytes,
            scored as one stream (a ``pathlib.Path`` is read first).
        device: ``auto``, ``cpu`` or ``cuda``.
        skip_unknown: leave characters that the model never saw in training out of a string, with a
            warning; a corpus stays whole.

    Returns:
        :class:`Predictions` of a corpus, :class:`Scores` of a string.

    Raises:
        CharlensError: an empty text, or one with bytes that the model never saw in training.

    Example:
        >>> import charlens as cl
        >>> text = cl.corpus(b"the cat sat on the mat. " * 100, batch=4, unroll=20)
        >>> model = cl.train("lstm-1x8", text, epochs=3)
        >>> p = cl.predict(model, text)
        >>> p.probability.shape, p.loss < 2.5
        ((240,), True)
        >>> cl.predict(model, "the mat").to_frame().character.tolist()
        ['t', 'h', 'e', ' ', 'm', 'a', 't']
    """
    if not isinstance(text, Text):
        return score(model, text, device=device, skip_unknown=skip_unknown)
    c, where = text.corpus, f"{text.corpus.name}/{model.model}"
    values = np.array(c.vocabulary, np.uint8)[text.splits["test"]]
    codes = encoded(values, model.vocabulary, c.name)
    computed = columns_of(model, codes, c.unroll, device, where)
    columns = {name: computed[name] for name in COLUMNS}
    return Predictions(f"predictions of {where}", network.provenance(model, c), c, columns)


def ngram(text: Text, n: int) -> Predictions:
    """What an n-gram model predicts: interpolated modified Kneser-Ney, as KenLM has it.

    Args:
        text: a corpus; the model is fitted on its training split and scored on its test split.
        n: characters of context, 0 … 254; the workflow calls the model ``n-gram-{n}``.

    Raises:
        CharlensError: not a corpus, or ``n`` out of range.

    Example:
        >>> import charlens as cl
        >>> text = cl.corpus(b"the cat sat on the mat. " * 100, batch=4, unroll=20)
        >>> cl.ngram(text, 3).metadata.model
        'n-gram-3'
        >>> cl.ngram(text, 5).loss < cl.ngram(text, 1).loss
        True
    """
    if not isinstance(text, Text):
        raise CharlensError(
            f"ngram: expected a text made by charlens.corpus, found {type(text).__name__}"
        )
    if not 0 <= n < MAX_ORDER:
        raise CharlensError(
            f"ngram: expected 0 to {MAX_ORDER - 1} characters of context, found {n}"
        )
    c, rows, order = text.corpus, text.splits["test"], n + 1
    model = NgramModel.fit(text.splits["train"][:, :-1].ravel(), order)
    predictions = model.predictions(rows[:, 1:].ravel(), [order], symbols=c.k)[order]
    columns = score_ngram.columns_of(rows, predictions, np.array(c.vocabulary, np.uint8))
    where = f"predictions of {c.name}/{score_ngram.model_name(n)}"
    return Predictions(where, score_ngram.provenance(c, model, order, seed=1), c, columns)
