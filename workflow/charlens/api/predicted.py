"""What models predict: on a test split, on any string, and side by side."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from charlens.analyses.cross_entropy import table as cross_entropy
from charlens.api.texts import AnyText, Text, encoded, read
from charlens.display import html
from charlens.errors import CharlensError
from charlens.files import csv_tables
from charlens.files.atomic import FilePath
from charlens.models import names
from charlens.models.ngram.model import MAX_ORDER, NgramModel
from charlens.predictions import score as network
from charlens.predictions import score_ngram, together
from charlens.predictions.contract import COLUMNS
from charlens.predictions.file import write_probabilities
from charlens.predictions.loss import losses
from charlens.runtime.device import choose_device
from charlens.text.characters import Character, characters
from charlens.text.code_points import unit_of
from charlens.text.encoding_guess import guess
from charlens.text.units import PER_BYTE

if TYPE_CHECKING:
    from charlens.api.models import TrainedModel

WINDOW = 100  # characters that a network reads at once where no corpus says how many


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
        loss: mean cross-entropy, nats per character.
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
        return (
            f"{names.title(m.model)} on the test split of {m.corpus!r}: "
            f"{_loss(self.loss, unit)} over {n:,} {'bytes' if unit == PER_BYTE else 'characters'}"
        )

    def _repr_html_(self) -> str:
        data = self.columns["byte"].tobytes()
        return html.heading(repr(self)) + _surprise(data, self.probability)


@dataclass(frozen=True, eq=False, repr=False)
class Scores:
    """What a model makes of a string; made by :func:`score`.

    Attributes:
        model: the model's id.
        text: the bytes scored.
        probability: of each byte given those before it, float32 (bytes,). NaN for the first byte
            where no context comes before it: nothing predicts it.
        entropy: of each prediction, nats, float32 (bytes,).
        top_byte: the most likely byte at each place, uint8 (bytes,); 0 where NaN.
    """

    model: str
    text: bytes
    probability: np.ndarray
    entropy: np.ndarray
    top_byte: np.ndarray

    @property
    def nats(self) -> np.ndarray:
        """Loss of each byte, −ln p, float64 (bytes,)."""
        return losses(self.probability)

    @property
    def loss(self) -> float:
        """Mean loss of the bytes predicted, nats per byte; NaN where none is predicted."""
        predicted = self.nats[~np.isnan(self.nats)]
        return float(predicted.mean()) if predicted.size else math.nan

    @property
    def bits(self) -> float:
        """The same in bits per byte."""
        return self.loss / math.log(2)

    def to_frame(self) -> pd.DataFrame:
        """One row per character.

        Columns: ``character``, ``position`` (of its first byte), ``probability`` (of all its bytes
        together: UTF-8 has up to four) and ``nats`` (−ln of it). The encoding is guessed.
        """
        parts = characters(self.text, guess(self.text))
        nats = _sums(self.nats, parts)
        columns = {
            "character": [part.text for part in parts],
            "position": [part.start for part in parts],
        }
        return pd.DataFrame(columns | {"probability": np.exp(-nats), "nats": nats})

    def __array__(self, dtype: np.dtype | None = None, copy: bool | None = None) -> np.ndarray:
        """The probabilities."""
        return np.array(self.probability, dtype)

    def __len__(self) -> int:
        return len(self.text)

    def __repr__(self) -> str:
        read = characters(self.text[:1000], guess(self.text))
        shown = "".join(part.text for part in read[:60]) + "…" * (len(read) > 60)
        unit = unit_of(self.text)
        what = "nothing to predict" if math.isnan(self.loss) else _loss(self.loss, unit)
        return f"{names.title(self.model)} on {shown!r}: {what} ({len(self.text):,} bytes)"

    def _repr_html_(self) -> str:
        return html.heading(repr(self)) + _surprise(self.text, self.probability)


def _loss(nats: float, unit: str) -> str:
    return f"{nats:.3f} {unit} ({nats / math.log(2):.3f} bits)"


def _surprise(data: bytes, probability: np.ndarray) -> str:
    """Text as red as it was unlikely: white for p = 1, full red where the loss is ln 256 nats."""
    parts = html.beginning(data)
    nats = _sums(losses(probability), parts)
    shades = -np.clip(np.nan_to_num(nats) / math.log(256), 0, 1)
    hints = ["not predicted" if n != n else f"p = {math.exp(-n):.3g}" for n in nats.tolist()]
    return html.coloured_text(parts, shades.tolist(), len(data), hints)


def _sums(values: np.ndarray, parts: Sequence[Character]) -> np.ndarray:
    """Sum over the bytes of each character, which follow one another from the first byte on."""
    return np.add.reduceat(values[: parts[-1].stop], [part.start for part in parts])


def predict(
    model: TrainedModel, text: Text | AnyText, *, device: str = "auto"
) -> Predictions | Scores:
    """What a network predicts at every character of a text.

    Args:
        model: made by :func:`charlens.train` or :func:`charlens.load`.
        text: a corpus, whose test split is scored as in the workflow; or any string or bytes,
            scored as one stream (a ``pathlib.Path`` is read first).
        device: ``auto``, ``cpu`` or ``cuda``.

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
        return score(model, text, device=device)
    c, where = text.corpus, f"{text.corpus.name}/{model.model}"
    values = np.array(c.vocabulary, np.uint8)[text.splits["test"]]
    codes = encoded(values, model.vocabulary, c.name)
    computed = _columns(model, codes, c.unroll, device, where)
    columns = {name: computed[name] for name in COLUMNS}
    return Predictions(f"predictions of {where}", network.provenance(model, c), c, columns)


def _columns(
    model: TrainedModel, codes: np.ndarray, steps: int, device: str, name: str
) -> dict[str, np.ndarray]:
    alphabet = np.array(model.vocabulary, np.uint8)
    where = choose_device(device)
    return network.predictions(
        model.shape, model.weights, codes, alphabet, steps, device=where, name=name
    )


def score(
    model: TrainedModel, text: AnyText, *, context: str | bytes = "", device: str = "auto"
) -> Scores:
    """Probability of each byte of a string, the network starting from zero.

    Args:
        model: a trained network.
        text: what to score: characters, bytes, or a path object.
        context: read before it, and not scored.
        device: ``auto``, ``cpu`` or ``cuda``.

    Raises:
        CharlensError: an empty text, or one with bytes that the model never saw in training.

    Example:
        >>> import charlens as cl
        >>> text = cl.corpus(b"the cat sat on the mat. " * 100, batch=4, unroll=20)
        >>> model = cl.train("lstm-1x8", text, epochs=3)
        >>> model.score("the cat").probability.round(1)[0]
        np.float32(nan)
        >>> bool(model.score("the cat", context=" ").probability[0] > 0)
        True
    """
    data, name, _ = read(text, paths=False)
    before, _, _ = read(context, paths=False)
    if not data:
        raise CharlensError(f"{name}: expected at least one character, found an empty text")
    codes = encoded(np.frombuffer(before + data, np.uint8), model.vocabulary, name)
    count = len(codes) - 1  # bytes predicted
    steps = max(1, min(count, WINDOW))
    rows = np.zeros((1, -(-max(count, 1) // steps) * steps + 1), np.uint8)
    rows[0, : len(codes)] = codes
    computed = _columns(model, rows, steps, device, f"{name}/{model.model}")

    def along(column: str, first: float) -> np.ndarray:
        values = computed[column][:count]
        return np.insert(values, 0, first)[len(before) :]

    nothing = math.nan
    floats = along("probability", nothing), along("entropy", nothing)
    return Scores(model.model, data, *floats, along("top_byte", 0))


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


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """Cross-entropies of several models; made by :func:`compare`.

    Attributes:
        table: one row per model and corpus, the columns of the workflow's ``cross_entropy.csv``:
            ``cross_entropy`` and ``bootstrap_sd`` are nats per character.
    """

    table: pd.DataFrame

    @cached_property
    def _shown(self) -> pd.DataFrame:
        columns = ["corpus", "model", "parameters", "characters"]
        return self.table[[*columns, "cross_entropy", "bits_per_character", "bootstrap_sd"]]

    def to_frame(self) -> pd.DataFrame:
        """The table."""
        return self.table

    def save(self, path: FilePath) -> None:
        """Write the table as CSV, numbers to nine digits."""
        csv_tables.write(self.table, path)

    def __repr__(self) -> str:
        return self._shown.to_string(index=False, float_format="{:.4f}".format, na_rep="–")

    def _repr_html_(self) -> str:
        rows = self._shown.astype(object).where(self._shown.notna(), None)
        return html.table(list(rows.columns), rows.itertuples(index=False))


def compare(
    predictions: Iterable[together.Predictions | FilePath], *, bootstrap: int = 100, seed: int = 1
) -> Comparison:
    """Test cross-entropy of several models, as in the workflow's ``cross_entropy.csv``.

    Args:
        predictions: results of :func:`predict` or :func:`ngram`, or probabilities files; of any
            number of corpora, each model of a corpus once.
        bootstrap: resamples of the test streams behind each standard deviation.
        seed: of the resamples; a config's ``seed`` gives the numbers of its run.

    Raises:
        CharlensError: nothing to compare, scores of a string, a model given twice, or predictions
            of one corpus that do not score the same characters.

    Example:
        >>> import charlens as cl
        >>> text = cl.corpus(b"the cat sat on the mat. " * 100, batch=4, unroll=20)
        >>> table = cl.compare([cl.ngram(text, 1), cl.ngram(text, 5)]).table
        >>> table.model.tolist(), table.characters.tolist()
        (['n-gram-1', 'n-gram-5'], [240, 240])
    """
    if isinstance(predictions, together.Predictions | str | Path):
        predictions = [predictions]
    sources = list(predictions)
    if not sources:
        raise CharlensError("compare: expected predictions of at least one model, found none")
    for source in sources:
        if isinstance(source, Scores):
            raise CharlensError(
                "compare: expected predictions of a corpus, found scores of a string; make them by "
                "predict(model, text) with a text made by charlens.corpus"
            )
    corpora = {
        s.corpus.name: s.corpus
        for s in sources
        if isinstance(s, together.Predictions) and s.corpus is not None
    }
    return Comparison(cross_entropy.table(sources, bootstrap, seed, list(corpora.values())))
