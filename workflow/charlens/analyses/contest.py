"""Which models stand for their kind where errors are compared (paper, sections 4.3 and 4.4).

The paper sets its best 3-layer LSTM against the best n-NN and the 20-gram model, and breaks down
the errors of the best LSTM and of the best one in the smallest budget. Best is always the lowest
cross-entropy on the test split, as in the paper. Models from elsewhere compete as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from charlens.errors import CharlensError
from charlens.files.atomic import FilePath
from charlens.models import names as model_id
from charlens.models.catalogue import CELLS, LSTM, N_GRAM, N_NN
from charlens.models.divergence import is_diverged, uniform_loss
from charlens.models.names import ModelId
from charlens.predictions.loss import losses
from charlens.predictions.together import Source, Together
from charlens.text.corpus import Corpus

EXTERNAL = "external"
"""A model's role is what it competes as: LSTM, N_NN, N_GRAM or EXTERNAL."""


class Record(NamedTuple):
    """A scored model."""

    path: FilePath  # its probabilities file
    model: str  # its id
    loss: float  # mean test cross-entropy, nats per character
    diverged: bool = False  # whether that is worse than a uniform guess


@dataclass(frozen=True)
class Scored:
    """Models of one corpus, scored on the same test characters.

    Attributes:
        corpus: the corpus.
        byte: the test characters, uint8 (characters,).
        probability: model id -> probability of each of them, float32 (characters,).
        records: our own models.
        external: models from elsewhere.
    """

    corpus: Corpus
    byte: np.ndarray
    probability: Mapping[str, np.ndarray]
    records: tuple[Record, ...]
    external: tuple[Record, ...]


@dataclass(frozen=True)
class Contest:
    """Who competes on one corpus: model ids by role, and what they predicted.

    Attributes:
        corpus: the corpus.
        byte: the test characters, uint8 (characters,).
        probability: model id -> probability of each of them, float32 (characters,).
        lstm: the best of the deepest LSTMs.
        n_nn: the best n-NN, None where the corpus has none.
        n_gram: the n-gram model with the longest context.
        external: models from elsewhere.
    """

    corpus: Corpus
    byte: np.ndarray
    probability: Mapping[str, np.ndarray]
    lstm: str
    n_nn: str | None
    n_gram: str
    external: tuple[str, ...]


def deepest_lstm(records: Iterable[Record]) -> Record | None:
    """The best LSTM of the greatest depth there is: the paper's "best 3-layer LSTM"."""
    lstms = _sound(_lstms(records))
    depth = max((point.layers for point, _ in lstms), default=0)
    return _best(record for point, record in lstms if point.layers == depth)


def best_lstm(records: Iterable[Record]) -> Record | None:
    """The best LSTM of all."""
    return _best(record for _, record in _lstms(records))


def smallest_lstm(records: Iterable[Record]) -> Record | None:
    """The best LSTM of the smallest budget of parameters."""
    lstms = _sound(_lstms(records))
    size = min((point.size for point, _ in lstms), default=0)
    return _best(record for point, record in lstms if point.size == size)


def best_n_nn(records: Iterable[Record]) -> Record | None:
    """The best n-NN."""
    return _best(record for record in records if _context(record.model, N_NN) is not None)


def longest_n_gram(records: Iterable[Record]) -> Record | None:
    """The n-gram model with the longest context: the paper's 20-gram."""
    found = [(_context(record.model, N_GRAM), record) for record in records]
    known = [(n, record) for n, record in found if n is not None]
    return max(known, key=lambda pair: pair[0])[1] if known else None


def _lstms(records: Iterable[Record]) -> Iterator[tuple[ModelId, Record]]:
    for record in records:
        point = model_id.parse(record.model)
        if point is not None and point.cell == LSTM:
            yield point, record


def _context(model: str, family: str) -> int | None:
    """Characters of context of a model of a family, None of any other model."""
    found, n = model_id.context_model(model) or (None, None)
    return n if found == family else None


def _best(records: Iterable[Record]) -> Record | None:
    """The lowest loss; of equal ones the first by name. A diverged model only without others."""
    return min(
        records, key=lambda r: (r.diverged, r.loss, model_id.sort_key(r.model)), default=None
    )


def _sound(lstms: Iterable[tuple[ModelId, Record]]) -> list[tuple[ModelId, Record]]:
    """Those that have not diverged; all where none is left."""
    known = list(lstms)
    return [pair for pair in known if not pair[1].diverged] or known


def read(
    paths: Sequence[Source], external: Sequence[Source], corpora: Sequence[Corpus]
) -> list[Scored]:
    """Read the probabilities of models of one or more corpora; all are held in memory.

    Args:
        paths: probabilities files of our own models, or predictions in memory.
        external: those of models from elsewhere.
        corpora: the corpora they belong to.

    Returns:
        One item per corpus, in the order of ``corpora``.

    Raises:
        CharlensError: an unreadable file, one of another corpus, a model given twice, or files
            that do not score the same characters.
    """
    known = {corpus.name: corpus for corpus in corpora}
    together = Together(corpora)
    byte: dict[str, np.ndarray] = {}
    probability: dict[str, dict[str, np.ndarray]] = {name: {} for name in known}
    records: dict[tuple[str, bool], list[Record]] = {}
    for some, is_external in ((paths, False), (external, True)):
        for found in together.read(some, ["probability"]):
            name, model = found.metadata.corpus, found.metadata.model
            byte.setdefault(name, found.columns["byte"])
            probability[name][model] = found.columns["probability"]
            loss = float(losses(probability[name][model]).mean())
            record = Record(found.path, model, loss, is_diverged(loss, uniform_loss(known[name].k)))
            records.setdefault((name, is_external), []).append(record)
    for name in known:
        if name not in byte:
            raise CharlensError(
                f"{name}: expected probabilities files of its models, found none; give some or "
                "leave the corpus out"
            )
    return [
        Scored(
            corpus,
            byte[name],
            probability[name],
            tuple(records.get((name, False), ())),
            tuple(records.get((name, True), ())),
        )
        for name, corpus in known.items()
    ]


def choose(scored: Scored) -> Contest:
    """Choose who competes on a corpus.

    Raises:
        CharlensError: the corpus has no LSTM or no n-gram model.
    """
    lstm, n_gram = deepest_lstm(scored.records), longest_n_gram(scored.records)
    n_nn = best_n_nn(scored.records)
    if lstm is None or n_gram is None:
        lacking = CELLS[LSTM].title if lstm is None else "n-gram model"
        raise CharlensError(
            f"{scored.corpus.name}: has no {lacking} to compare errors with; add one, or leave the "
            "corpus out of figure4.corpora and figure5.corpora"
        )
    chosen = [lstm.model, n_nn and n_nn.model, n_gram.model, *(r.model for r in scored.external)]
    return Contest(
        corpus=scored.corpus,
        byte=scored.byte,
        probability={model: scored.probability[model] for model in chosen if model},
        lstm=lstm.model,
        n_nn=n_nn.model if n_nn else None,
        n_gram=n_gram.model,
        external=tuple(record.model for record in scored.external),
    )


def contests(
    paths: Sequence[FilePath], external: Sequence[FilePath], corpora: Sequence[Corpus]
) -> list[Contest]:
    """Read models and choose who competes, corpus by corpus; see :func:`read`, :func:`choose`."""
    return [choose(scored) for scored in read(paths, external, corpora)]
