"""What a cell does: predictions of a network with one of its units set to values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from charlens.api.texts import AnyText, Reading, Text, reading
from charlens.display import html
from charlens.display.wording import signed
from charlens.errors import CharlensError
from charlens.inside import in_memory
from charlens.inside.cells.concepts import labels
from charlens.inside.interventions import clamps
from charlens.inside.interventions.classes import claims, classes_of
from charlens.inside.interventions.effects import taken_of
from charlens.inside.interventions.runs import run
from charlens.models import names
from charlens.models.families import build_model
from charlens.runtime.randomness import generator
from charlens.runtime.threads import threads
from charlens.text.kinds import kind_of
from charlens.text.lexed import LexedText

if TYPE_CHECKING:
    from charlens.api.models import TrainedModel

MODES = (*clamps.MODES, "value", "patch")
"""What :func:`intervene` can do to a unit."""

_SHOWN = 3.0
"""Nats of a change of the loss that are shown in full colour."""


@dataclass(frozen=True, eq=False, repr=False)
class Intervened:
    """Predictions along a text, left alone and with a unit set; made by :func:`intervene`.

    Attributes:
        model: the model's id.
        layer: from 1.
        unit: from 0.
        mode: what was done.
        value: what the unit was set to, on the scale of Figure 2; NaN where that changes.
        text: the predicted bytes, streams joined.
        base_loss: −ln P of each, nats, left alone, float32 (bytes,).
        loss: the same with the unit set.
        base_p: probability of the symbol asked for, or of the byte that comes, left alone.
        p: the same with the unit set.
        symbol: the bytes whose probability ``p`` is; empty for that of the byte that comes.
        joins: where in the text another stream begins.
    """

    model: str
    layer: int
    unit: int
    mode: str
    value: float
    text: bytes
    base_loss: np.ndarray
    loss: np.ndarray
    base_p: np.ndarray
    p: np.ndarray
    symbol: bytes = b""
    _classes: dict[str, np.ndarray] = field(default_factory=dict)
    joins: Sequence[int] = ()

    @property
    def delta_loss(self) -> np.ndarray:
        """Change of the loss at each byte, nats."""
        return self.loss - self.base_loss

    def __len__(self) -> int:
        return len(self.text)

    def to_frame(self) -> pd.DataFrame:
        """One row per predicted byte."""
        return pd.DataFrame(
            {
                "byte": np.frombuffer(self.text, np.uint8),
                "base_loss": self.base_loss,
                "loss": self.loss,
                "base_p": self.base_p,
                "p": self.p,
            }
        )

    def summary(self) -> pd.DataFrame:
        """Mean effect on the classes of characters of the concept, or on all characters.

        Returns:
            Columns ``class``, ``n``, ``delta_loss`` (nats), ``base_p`` and ``p``.
        """
        everything = {"all": np.ones(len(self), bool)}
        rows = [
            (name, int(at.sum()), *(_mean(v[at]) for v in (self.delta_loss, self.base_p, self.p)))
            for name, at in (self._classes or everything).items()
        ]
        return pd.DataFrame(rows, columns=["class", "n", "delta_loss", "base_p", "p"])

    def __repr__(self) -> str:
        value = "" if self.value != self.value else f" ({self.value:.3f})"
        return (
            f"{names.title(self.model)}, unit {self.unit} of layer {self.layer} set to "
            f"{self.mode}{value}: {signed(_mean(self.delta_loss), 4)} nats per byte over "
            f"{len(self):,} bytes"
        )

    def _repr_html_(self) -> str:
        shown = html.beginning(self.text, self.joins)
        last = [part.stop - 1 for part in shown]
        change = self.delta_loss[last]
        hints = [f"{before:.3f} → {after:.3f}" for before, after in zip(
            self.base_p[last], self.p[last], strict=True)]  # fmt: skip
        # Red is less likely than it was, as in the colours of a scored text.
        coloured = html.coloured_text(shown, (-change / _SHOWN).tolist(), len(self), hints)
        frame = self.summary()
        table = html.table(list(frame.columns), frame.itertuples(index=False))
        return html.heading(repr(self)) + table + coloured


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if values.size else float("nan")


def intervene(
    model: TrainedModel,
    text: Text | AnyText,
    unit: int,
    mode: str = "mean",
    *,
    layer: int = 1,
    value: float | None = None,
    concept: str | None = None,
    symbol: str | bytes = b"",
    start: int = 0,
    stop: int | None = None,
    kind: str | None = None,
    device: str = "auto",
    skip_unknown: bool = False,
) -> Intervened:
    r"""Run a network over a text with a unit set after each step, before anything reads it.

    The unit is the cell state c of an LSTM (h follows from it), else h. Values are on the scale of
    Figure 2, tanh(c) or h.

    Args:
        model: made by :func:`charlens.train` or :func:`charlens.load`.
        text: a corpus, whose test split is read; or any string or bytes, read as one stream.
        unit: from 0.
        mode: ``mean`` or ``zero`` ablate the unit, ``value`` sets it to ``value``, ``patch`` does
            so at the step ``start`` only and then lets the network run, ``resample`` gives it what
            it did at the same step of another stream, ``low`` and ``high`` what it does on average
            in this text where a concept is absent and where it is present.
        layer: from 1.
        value: for ``value`` and ``patch``.
        concept: for ``low`` and ``high``, such as ``inside_quotes``; also decides the classes of
            characters of the summary.
        symbol: follow the probability of these bytes instead of that of the byte that comes.
        start: the first step of each stream at which the unit is set.
        stop: the step after the last; by default to the end.
        kind: ``prose`` or ``c``; guessed by default.
        device: ``auto``, ``cpu`` or ``cuda``.
        skip_unknown: leave characters that the model never saw in training out of a string, with a
            warning; a corpus stays whole.

    Raises:
        CharlensError: no such unit, layer, mode or concept, a value that is missing, a network
            without states, an empty text, or one with bytes that the model never saw in training.

    Example:
        >>> import charlens as cl
        >>> text = cl.corpus(b'He said "no" and\nleft the "inn".\n' * 100, batch=4, unroll=20)
        >>> model = cl.train("lstm-1x8", text, epochs=1)
        >>> effect = cl.intervene(model, text, 3, "low", concept="inside_quotes", symbol='"')
        >>> effect.summary()["class"].tolist()[:2]
        ['opening', 'closing']
        >>> cl.intervene(model, 'He said "no"', 3, "value", value=0.5).delta_loss.shape
        (11,)
    """
    clamps.check_cell(model, layer, unit)
    what = reading(text, model.vocabulary, skip_unknown=skip_unknown)
    labelled = None if concept is None else _labels(what, concept, kind)
    letter = _letter(model)
    symbol = symbol.encode() if isinstance(symbol, str) else symbol
    with threads():
        setting, values = _setting(
            model, what, (layer, unit), letter, mode, value, labelled, device
        )
        clamp = clamps.Clamp(layer, unit, values, start, start + 1 if mode == "patch" else stop)
        loss, p = _along(model, what, clamp, symbol, device)
    known = _known(what, text)
    targets = np.array(model.vocabulary, np.uint8)[what.codes[:, 1:]][:, :known]
    base_loss, loss, base_p, p = (v[:, :known].ravel() for v in (*loss, *p))
    classes = {}
    if concept is not None and labelled is not None:
        classes = _classes(what, concept, labelled, kind, known)
    return Intervened(
        model.model, layer, unit, mode, setting, targets.tobytes(), base_loss, loss, base_p, p,
        symbol, classes, range(known, targets.size, max(known, 1)),
    )  # fmt: skip


def _along(
    model: TrainedModel, what: Reading, clamp: clamps.Clamp, symbol: bytes, device: str
) -> tuple[np.ndarray, np.ndarray]:
    """Losses, then probabilities, (2, B, length) each: left alone, and with the unit set."""
    places = [i for i, byte in enumerate(model.vocabulary) if byte in symbol]
    losses, chances = [], []
    for window in run(model, what.codes, [[clamp]], what.steps, device):
        taken = taken_of(window)
        chance = window.logs[..., places].exp().sum(-1) if symbol else taken.exp()
        losses.append((-taken).cpu().numpy())
        chances.append(chance.cpu().numpy())
    loss, p = (np.concatenate(parts).transpose(1, 2, 0) for parts in (losses, chances))
    return loss, p


def _known(what: Reading, text: Text | AnyText) -> int:
    """How many bytes of each stream are predicted: of a string none follows the last."""
    return what.bytes.shape[1] - (not isinstance(text, Text))


def _letter(model: TrainedModel) -> str:
    probe = build_model(model.shape, batch=1, steps=1, training=False)
    return clamps.state_letter(probe.quantities()[0])


def _labels(what: Reading, concept: str, kind: str | None) -> np.ndarray:
    """A concept after each byte of the whole text, (bytes,)."""
    text = what.text.text
    concepts = labels(text, kind or kind_of(text), what.encoding)
    if concept not in concepts:
        raise CharlensError(
            f"intervene: there is no concept {concept!r} in this kind of text, expected one of "
            f"{', '.join(concepts)}"
        )
    return concepts[concept]


def _classes(
    what: Reading, concept: str, label: np.ndarray, kind: str | None, known: int
) -> dict[str, np.ndarray]:
    """Which predicted bytes are of each class of a concept, bool (bytes,)."""
    text = what.text.text
    lexed = LexedText(text, kind or kind_of(text), what.encoding)
    tested = classes_of(concept, lexed, label)
    targets = what.text.inputs[:, :known] + 1
    return {name: c.at[targets].ravel() for name, c in tested.classes.items() if not c.symbols}


def _setting(
    model: TrainedModel,
    what: Reading,
    cell: tuple[int, int],
    letter: str,
    mode: str,
    value: float | None,
    label: np.ndarray | None,
    device: str,
) -> tuple[float, float | np.ndarray]:
    """What a mode sets a unit to: on the scale of Figure 2, and of its state."""
    if mode not in MODES:
        raise CharlensError(f"intervene: expected a mode of {', '.join(MODES)}, found {mode!r}")
    if mode in ("value", "patch"):
        if value is None:
            raise CharlensError(f"intervene: the mode {mode!r} needs a value, such as value=0.5")
        return float(value), clamps.to_state(value, letter)
    if mode == clamps.ZERO:
        return 0.0, 0.0
    if mode in clamps.OF_A_CONCEPT and label is None:
        raise CharlensError(
            f"intervene: the mode {mode!r} needs a concept, such as concept='inside_quotes'"
        )
    states = in_memory.activations(
        model, what.codes, what.steps, letter, cell[0], [cell[1]], device
    )[..., 0]
    if mode == clamps.RESAMPLE:
        draws = generator(1, "intervene", model.model)
        return float("nan"), states[clamps.other_streams(len(states), draws)]
    read = states[:, : what.bytes.shape[1]]
    shown = np.tanh(read) if letter == "c" else read
    if mode in clamps.OF_A_CONCEPT and label is not None:
        shown = shown[claims(label[what.text.inputs])[mode]]
        if not shown.size:
            raise CharlensError(f"intervene: the concept is nowhere {mode} in this text")
    mean = float(shown.mean())
    return mean, clamps.to_state(mean, letter)
