"""Which models represent their kind where errors are compared (paper, sections 4.3 and 4.4).

The paper sets its best 3-layer LSTM against the best n-NN and the 20-gram model, and breaks down
the errors of the best LSTM and of the best one in the smallest budget. The config says which LSTM
is set against the others: the best on validation text, the paper's choice, or one by name. The
paper's best is that of the lowest cross-entropy on the test split. Models from elsewhere compete as
they are.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd

from charlens.display.wording import rst_corpus, rst_model
from charlens.errors import CharlensError
from charlens.files.atomic import FilePath
from charlens.models import names as model_id
from charlens.models.catalogue import CELLS, LSTM, N_GRAM, N_NN
from charlens.models.divergence import is_diverged, uniform_loss
from charlens.models.names import ModelId
from charlens.paper.definitions import BEST, DEEPEST, LARGE
from charlens.predictions.contract import LOG
from charlens.predictions.file import ProbabilityMetadata
from charlens.predictions.loss import losses_of
from charlens.predictions.together import Source, Together
from charlens.text.corpus import Corpus

EXTERNAL = "external"
"""A model's role is what it competes as: LSTM, N_NN, N_GRAM or EXTERNAL."""


NAMED, TESTED = "named", "tested"

REASONS = {
    BEST: "the best LSTM on validation text",
    DEEPEST: "the best of the deepest LSTMs on test text, as in the paper",
    NAMED: "the network that the config names",
    TESTED: "the best LSTM on test text (its validation loss is not known)",
}
"""Why an LSTM represents its kind, in words; keys are the values of the tables' column
``chosen``."""

PAPERS_MODELS = f"{model_id.title(LARGE)} and {model_id.title(model_id.context_id(N_GRAM, 20))}"
"""The models behind the paper's numbers in Figures 4 and 5."""


class Record(NamedTuple):
    """A scored model."""

    path: FilePath  # its probabilities file
    model: str  # its id
    loss: float  # mean test cross-entropy, nats per character
    diverged: bool = False  # whether that is worse than a uniform guess
    val_loss: float = math.nan  # the same of the validation split; NaN where unknown


@dataclass(frozen=True)
class Scored:
    """Models of one corpus, scored on the same test characters.

    Attributes:
        corpus: the corpus.
        byte: the test characters, uint8 (characters,).
        stream: which stream each lies in, int16 (characters,).
        probability: model id -> probability of each of them, float32 (characters,).
        records: our own models.
        external: models from elsewhere.
    """

    corpus: Corpus
    byte: np.ndarray
    stream: np.ndarray
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
        lstm: the LSTM that represents its kind.
        n_nn: the best n-NN, None where the corpus has none.
        n_gram: the n-gram model with the longest context.
        external: models from elsewhere.
        chosen: why this LSTM, a key of :data:`REASONS`.
        stream: which stream each test character lies in, ascending (characters,); one for all
            where it is not given.
    """

    corpus: Corpus
    byte: np.ndarray
    probability: Mapping[str, np.ndarray]
    lstm: str
    n_nn: str | None
    n_gram: str
    external: tuple[str, ...]
    chosen: str = BEST
    stream: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int16))

    def __post_init__(self) -> None:
        if len(self.stream) != len(self.byte):
            object.__setattr__(self, "stream", np.zeros(len(self.byte), np.int16))


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


def validated(records: Iterable[Record]) -> tuple[Record, ...]:
    """The models with their validation losses in place of their test losses.

    All unchanged where one trained model's is not known.
    """
    known = tuple(records)
    trained = [r for r in known if model_id.parse(r.model) or _context(r.model, N_NN) is not None]
    if any(math.isnan(record.val_loss) for record in trained):
        return known
    return tuple(r._replace(loss=r.val_loss) if r in trained else r for r in known)


def best_n_nn(records: Iterable[Record]) -> Record | None:
    """The best n-NN."""
    return _best(record for record in records if _context(record.model, N_NN) is not None)


def longest_n_gram(records: Iterable[Record]) -> Record | None:
    """The n-gram model with the longest context: the paper's 20-gram."""
    contexts = [(_context(record.model, N_GRAM), record) for record in records]
    known = [(n, record) for n, record in contexts if n is not None]
    return max(known, key=lambda pair: pair[0])[1] if known else None


def _lstms(records: Iterable[Record]) -> Iterator[tuple[ModelId, Record]]:
    for record in records:
        point = model_id.parse(record.model)
        if point is not None and point.cell == LSTM:
            yield point, record


def _context(model: str, family: str) -> int | None:
    """Characters of context of a model of a family, None of any other model."""
    kind, n = model_id.context_model(model) or (None, None)
    return n if kind == family else None


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
    stream: dict[str, np.ndarray] = {}
    probability: dict[str, dict[str, np.ndarray]] = {name: {} for name in known}
    records: dict[tuple[str, bool], list[Record]] = {}
    for some, is_external in ((paths, False), (external, True)):
        for predictions in together.read(some, ["probability", "stream"], where_known=[LOG]):
            name, model = predictions.metadata.corpus, predictions.metadata.model
            byte.setdefault(name, predictions.columns["byte"])
            stream.setdefault(name, predictions.columns["stream"])
            probability[name][model] = predictions.columns["probability"]
            loss = float(losses_of(predictions.columns).mean())
            bad = is_diverged(loss, uniform_loss(known[name].k))
            record = Record(predictions.path, model, loss, bad, _val_loss(predictions.metadata))
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
            stream[name],
            probability[name],
            tuple(records.get((name, False), ())),
            tuple(records.get((name, True), ())),
        )
        for name, corpus in known.items()
    ]


def _val_loss(metadata: ProbabilityMetadata) -> float:
    """The validation loss that a probabilities file tells of its model; NaN where it does not."""
    value = metadata.config.get("val_loss")
    return float(value) if isinstance(value, int | float) else math.nan


def choose(scored: Scored, network: str = BEST) -> Contest:
    """Choose who competes on a corpus.

    Args:
        scored: all models of the corpus.
        network: ``best`` or ``deepest``, or the id of an LSTM. With ``best`` the best n-NN is that
            on validation text, too.

    Raises:
        CharlensError: the corpus has no such LSTM or no n-gram model.
    """
    reason, records = network, scored.records
    if network == BEST:
        records = validated(scored.records)
        reason = BEST if records != scored.records else TESTED
        lstm = best_lstm(records)
    elif network == DEEPEST:
        lstm = deepest_lstm(records)
    else:
        reason = NAMED
        lstm = best_lstm(record for record in records if record.model == network)
    n_gram, n_nn = longest_n_gram(records), best_n_nn(records)
    if lstm is None or n_gram is None:
        name = CELLS[LSTM].title if reason != NAMED else model_id.title(network)
        lacking = name if lstm is None else "n-gram model"
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
        chosen=reason,
        stream=scored.stream,
    )


def contests(
    paths: Sequence[FilePath],
    external: Sequence[FilePath],
    corpora: Sequence[Corpus],
    network: str = BEST,
) -> list[Contest]:
    """Read models and choose who competes, corpus by corpus.

    Arguments and errors as of :func:`read`; ``network`` as of :func:`choose`.
    """
    return [choose(scored, network) for scored in read(paths, external, corpora)]


def reasons(frame: pd.DataFrame) -> list[str]:
    """Why the LSTMs of a table represent their kind, in words and each once.

    Args:
        frame: with the column ``chosen``; it is empty in tables of earlier versions, which say
            nothing.
    """
    return [REASONS[str(key)] for key in frame["chosen"].dropna().unique() if key in REASONS]


def choice_sentences(frame: pd.DataFrame) -> Iterator[str]:
    """Which LSTM was compared on each corpus, and why.

    Args:
        frame: with the columns ``corpus``, ``model`` (of the LSTM) and ``chosen``.
    """
    known = frame.dropna(subset=["chosen"]).drop_duplicates(["corpus", "model"])
    for row in known.itertuples():
        if row.chosen in REASONS:
            yield (
                f"Compared on {rst_corpus(row.corpus)} is {rst_model(row.model)}, "
                f"{REASONS[row.chosen]}."
            )
