"""Trained networks in memory: training one, saving it, reading it again."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import ValidationError

from charlens.api.scored import Scores, score
from charlens.api.texts import AnyText, Text
from charlens.display import html
from charlens.errors import CharlensError
from charlens.files.atomic import FilePath
from charlens.files.checkpoint import load_checkpoint, save_checkpoint
from charlens.models import names
from charlens.models.catalogue import CELLS, N_GRAM
from charlens.models.divergence import warning
from charlens.models.families import shape_of, shapes_for
from charlens.models.trained import TrainedModel as SavedModel
from charlens.runtime import threads as limit
from charlens.runtime.signals import Interrupted
from charlens.study.default_study import DEFAULT_EPOCHS, StudyTraining
from charlens.study.explain import explain
from charlens.text.corpus import Corpus
from charlens.text.units import PER_BYTE, PER_CHARACTER
from charlens.training.grid_point import metadata_of
from charlens.training.settings import Training
from charlens.training.task import Task
from charlens.training.trained import Trained
from charlens.training.trainer import Trainer


@dataclass(frozen=True, eq=False, repr=False)
class TrainedModel(SavedModel):
    """A trained network; made by :func:`train`, :func:`load` or a run's ``model``.

    Attributes:
        model: its id, such as ``lstm-2x64``.
        shape: its architecture.
        weights: tensors by name, each (1, …).
        metadata: how it was trained, and on what.
        vocabulary: the byte values it knows, in increasing order; a code is an index into it.
        curve: a record per epoch and dropout rate: ``width``, ``epoch``, ``dropout``,
            ``train_loss`` and ``val_loss`` (nats per byte), ``learning_rate``; empty where the
            model comes from a file.
    """

    vocabulary: tuple[int, ...] = ()
    curve: list[dict[str, float]] = field(default_factory=list)

    @property
    def curves(self) -> pd.DataFrame:
        """The learning curve as a table."""
        return pd.DataFrame(self.curve)

    def save(self, path: FilePath) -> None:
        """Write the model and its alphabet to a safetensors file, whole or not at all.

        Raises:
            CharlensError: the disk is full or the folder cannot be written.
        """
        alphabet = {"vocabulary": list(self.vocabulary)}
        save_checkpoint(path, self.weights, self.metadata | alphabet)

    def score(
        self, text: AnyText, *, context: str | bytes = "", skip_unknown: bool = False
    ) -> Scores:
        """Probability of each character of a string; see :func:`charlens.api.scored.score`."""
        return score(self, text, context=context, skip_unknown=skip_unknown)

    def _facts(self) -> dict[str, object]:
        m = self.metadata
        return {
            "model": self.model,
            "trained on": m["corpus"],
            "parameters": m["parameters"],
            "validation loss": m["val_loss"],
            "best epoch": m["epoch"],
            "dropout": m["dropout"],
        }

    @property
    def _unit(self) -> str:
        """Of its loss: in an alphabet with bytes beyond ASCII a character may be several."""
        return PER_BYTE if max(self.vocabulary, default=0) >= 0x80 else PER_CHARACTER

    def __repr__(self) -> str:
        m = self.metadata
        return (
            f"{names.title(self.model)} trained on {m['corpus']!r}: {m['parameters']:,} "
            f"parameters; validation loss {m['val_loss']:.3f} {self._unit} after epoch "
            f"{m['epoch']} (dropout {m['dropout']:g})"
        )

    def _repr_html_(self) -> str:
        return html.table(list(self._facts()), [list(self._facts().values())])


def train(
    model: str,
    text: Text,
    *,
    epochs: int = DEFAULT_EPOCHS,
    dropout: float | Sequence[float] = 0.0,
    seed: int = 1,
    widths: Sequence[int] = (128,),
    threads: int = 1,
    **settings: Any,
) -> TrainedModel:
    """Train a network as the default study does, and keep its best epoch.

    Settings are those of a config that leaves ``training`` out (``config.yaml``): 2 epochs and a
    learning rate of 0.005, halved in the second; where ``epochs`` is more, 0.95 of it in each after
    the tenth. With the 20 streams in blocks of 50 of :func:`charlens.corpus`, a text of the same
    name, the same model, seed and settings then give the weights that the workflow gives.

    The paper (section 3.3) trains 50 epochs at 0.002, on 100 streams in blocks of 100::

        text = cl.corpus("novel.txt", batch=100, unroll=100)
        model = cl.train("lstm-2x64", text, epochs=50, learning_rate=0.002, dropout=[0, 0.25, 0.5])

    It does not say which rates of dropout it tried. Such an epoch has a tenth of the updates, so a
    text of less than some megabytes needs many.

    Args:
        model: ``{cell}-{layers}x{size}``, such as ``lstm-2x64``: layers of a cell (``lstm``,
            ``gru``, ``rnn``) with the number of parameters of a 1-layer LSTM of ``size`` cells; or
            ``n-nn-{n}``, a tanh layer over the last n characters.
        text: made by :func:`charlens.corpus`.
        epochs: passes over the training split; a text of a few hundred kilobytes wants 10 or more.
        dropout: rate on the non-recurrent connections; of several, validation chooses one.
        seed: of the initial weights and of dropout.
        widths: hidden units of an n-NN; of several, validation chooses one.
        threads: cores of a CPU that work on it. More than one pays for large networks only, and
            only where no other process wants those cores; bits of the weights may then differ.
        settings: other keys of the config's ``training`` section, such as ``learning_rate``,
            ``anneal_after``, ``clip`` or ``device``.

    Returns:
        A :class:`TrainedModel`; with a warning where it predicts worse than a uniform guess.

    Raises:
        CharlensError: an unknown model or setting, threads that are no number from 1, or a loss
            that is no number.
        KeyboardInterrupt: stopped by hand; nothing is kept.

    Example:
        >>> import charlens as cl
        >>> text = cl.corpus(b"the cat sat on the mat. " * 100, batch=4, unroll=20)
        >>> model = cl.train("lstm-1x8", text, epochs=3)
        >>> model
        LSTM-1 (8) trained on 'text': 739 parameters; validation loss ... nats per character after epoch 3 (dropout 0)
        >>> list(model.curves.columns)
        ['width', 'epoch', 'dropout', 'train_loss', 'val_loss', 'learning_rate']
    """  # noqa: E501
    _check(model, text)
    c = text.corpus
    rates = tuple(dropout) if isinstance(dropout, Sequence) else (dropout,)
    chosen = {"epochs": epochs, "dropout": rates, "batch": c.batch, "unroll": c.unroll}
    training = _settings(chosen, settings)
    runs = []
    with limit.threads(threads):
        for shape in shapes_for(model, c.k, widths):
            runs.append((shape, _run(Task(f"{c.name}/{model}", shape, training, seed), text)))
    shape, trained = min(runs, key=lambda run: run[1].val_loss)
    useless = warning(model, trained.val_loss, c.k)
    if useless:
        warnings.warn(useless, stacklevel=2)
    return TrainedModel(
        model,
        shape,
        trained.weights,
        metadata_of(c, model, shape, trained, training, seed),
        c.vocabulary,
        [{"width": s.width} | record for s, t in runs for record in t.curve],
    )


def _run(task: Task, text: Text) -> Trained:
    try:
        return Trainer(task, text.splits["train"], text.splits["val"]).run()
    except Interrupted:
        raise KeyboardInterrupt from None


def _check(model: str, text: Text) -> None:
    if not isinstance(text, Text):
        raise CharlensError(
            f"train: expected a text made by charlens.corpus, found {type(text).__name__}"
        )
    point, context = names.parse(model), names.context_model(model)
    if context and context[0] == N_GRAM:
        raise CharlensError(f"{model}: is counted, not trained; use ngram(text, {context[1]})")
    if point is not None and point.cell not in CELLS:
        raise CharlensError(
            f"{model}: there is no cell {point.cell!r}, expected one of {', '.join(CELLS)}"
        )


def _settings(chosen: dict[str, Any], others: dict[str, Any]) -> Training:
    twice = sorted(chosen.keys() & others.keys())
    if twice:
        raise CharlensError(f"train: {twice[0]} belongs to the text, give it to charlens.corpus")
    try:
        return StudyTraining(**chosen, **others)
    except ValidationError as error:
        raise CharlensError(f"train: {explain(error, StudyTraining.model_json_schema())}") from None


def load(path: FilePath, text: Text | None = None) -> TrainedModel:
    """Read a trained network.

    Args:
        path: a file that ``TrainedModel.save`` or the workflow wrote.
        text: the text it was trained on. Only a workflow's model that was moved away from its
            run needs it, because its alphabet is in the run's ``corpus.json``.

    Raises:
        CharlensError: no such file, a damaged one, another kind of file, or no alphabet.

    Example:
        >>> import charlens as cl, tempfile
        >>> text = cl.corpus(b"the cat sat on the mat. " * 100, batch=4, unroll=20)
        >>> folder = tempfile.mkdtemp()
        >>> cl.train("gru-1x8", text, epochs=1).save(f"{folder}/small.safetensors")
        >>> cl.load(f"{folder}/small.safetensors").model
        'gru-1x8'
    """
    if not Path(path).is_file():
        raise CharlensError(f"{path}: no such file; give a model's .safetensors file")
    weights, metadata = load_checkpoint(path)
    if "family" not in metadata:
        raise CharlensError(f"{path}: holds no trained model (but, say, a state to resume from)")
    alphabet = metadata.pop("vocabulary", None) or _alphabet(path, metadata, text)
    return TrainedModel(metadata["model"], shape_of(metadata), weights, metadata, tuple(alphabet))


def _alphabet(path: FilePath, metadata: dict[str, Any], text: Text | None) -> tuple[int, ...]:
    """The byte values behind a workflow model's codes, from its corpus."""
    beside = Path(path).absolute().parent.parent / "corpus.json"
    corpora = [text.corpus] if text else [Corpus.load(beside)] if beside.is_file() else []
    for corpus in corpora:
        if corpus.sha256 == metadata["corpus_sha256"]:
            return corpus.vocabulary
    raise CharlensError(
        f"{path}: does not hold its alphabet, and {beside} is not the corpus it was trained on "
        f"({metadata['corpus']}); give that text too"
    )
