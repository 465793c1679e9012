"""What a network makes of a string: the probability of each byte."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from charlens.api.texts import OR_SKIP, WINDOW, AnyText, encoded, known, read
from charlens.display import html
from charlens.errors import CharlensError
from charlens.models import names
from charlens.predictions import score as network
from charlens.predictions.loss import losses
from charlens.runtime.device import choose_device
from charlens.runtime.threads import threads
from charlens.text.characters import Character, characters
from charlens.text.code_points import unit_of
from charlens.text.encoding_guess import guess

if TYPE_CHECKING:
    from charlens.api.models import TrainedModel


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
        first = characters(self.text[:1000], guess(self.text))
        shown = "".join(part.text for part in first[:60]) + "…" * (len(first) > 60)
        unit = unit_of(self.text)
        what = "nothing to predict" if math.isnan(self.loss) else in_words(self.loss, unit)
        return f"{names.title(self.model)} on {shown!r}: {what} ({len(self.text):,} bytes)"

    def _repr_html_(self) -> str:
        return html.heading(repr(self)) + surprise(self.text, self.probability)


def in_words(nats: float, unit: str) -> str:
    """A loss in nats, with what it is per, and in bits."""
    return f"{nats:.3f} {unit} ({nats / math.log(2):.3f} bits)"


def surprise(data: bytes, probability: np.ndarray) -> str:
    """Text as red as it was unlikely: white for p = 1, full red where the loss is ln 256 nats."""
    parts = html.beginning(data)
    nats = _sums(losses(probability), parts)
    shades = -np.clip(np.nan_to_num(nats) / math.log(256), 0, 1)
    hints = ["not predicted" if n != n else f"p = {math.exp(-n):.3g}" for n in nats.tolist()]
    return html.coloured_text(parts, shades.tolist(), len(data), hints)


def _sums(values: np.ndarray, parts: Sequence[Character]) -> np.ndarray:
    """Sum over the bytes of each character, which follow one another from the first byte on."""
    return np.add.reduceat(values[: parts[-1].stop], [part.start for part in parts])


def score(
    model: TrainedModel,
    text: AnyText,
    *,
    context: str | bytes = "",
    device: str = "auto",
    skip_unknown: bool = False,
) -> Scores:
    """Probability of each byte of a string, the network knowing nothing before it.

    Args:
        model: a trained network.
        text: what to score: characters, bytes, or a path object.
        context: read before it, and not scored.
        device: ``auto``, ``cpu`` or ``cuda``.
        skip_unknown: leave out characters that the model never saw in training, with a warning.

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
    if skip_unknown:
        data, before = (
            known(part, model.vocabulary, what)
            for part, what in ((data, name), (before, "context"))
        )
    if not data:
        raise CharlensError(f"{name}: expected at least one character, found an empty text")
    codes = encoded(np.frombuffer(before + data, np.uint8), model.vocabulary, name, OR_SKIP)
    count = len(codes) - 1  # bytes predicted
    steps = max(1, min(count, WINDOW))
    rows = np.zeros((1, -(-max(count, 1) // steps) * steps + 1), np.uint8)
    rows[0, : len(codes)] = codes
    computed = columns_of(model, rows, steps, device, f"{name}/{model.model}")

    def along(column: str, first: float) -> np.ndarray:
        values = computed[column][:count]
        return np.insert(values, 0, first)[len(before) :]

    nothing = math.nan
    floats = along("probability", nothing), along("entropy", nothing)
    return Scores(model.model, data, *floats, along("top_byte", 0))


def columns_of(
    model: TrainedModel, codes: np.ndarray, steps: int, device: str, name: str
) -> dict[str, np.ndarray]:
    """The columns of a probabilities file, of any streams.

    Args:
        model: a trained network.
        codes: its vocabulary codes, uint8 (streams, length + 1).
        steps: window length; divides length.
        device: ``auto``, ``cpu`` or ``cuda``.
        name: of model and text, for the progress bar.
    """
    alphabet = np.array(model.vocabulary, np.uint8)
    where = choose_device(device)
    with threads():
        return network.predictions(
            model.shape, model.weights, codes, alphabet, steps, device=where, name=name
        )
