"""The data of an explorer: chunks by name, made from a run's corpora, networks and tables."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from charlens.files.atomic import FilePath
from charlens.models.catalogue import CELLS
from charlens.models.names import grid_point
from charlens.models.names import title as model_title
from charlens.models.trained import TrainedModel, load_trained
from charlens.paper.texts import corpus_title
from charlens.predictions.file import read_probabilities
from charlens.report.explorer import mistakes, packing, passage, reading, tables
from charlens.report.explorer.packing import in_bits, pack, roots
from charlens.report.explorer.passage import Passage
from charlens.report.explorer.site import BUDGET, VALUE, Chunk
from charlens.text.corpus import Corpus, load_split
from charlens.text.encoding_guess import of_corpus
from charlens.text.splits import Codes

PREDICTED = 11
"""Bytes of a position besides its cells, deflated: what is expected there; 9 on War and Peace."""

_GATES = {"g": "candidate", "n": "candidate"}  # of what the catalogue names no gate


@dataclass(frozen=True)
class Shown:
    """What is shown of one corpus.

    Attributes:
        corpus: its name.
        models: ids of its recurrent models, the one that is shown first first.
        evidence: those of them whose cells are compared with chance.
        causes: those whose cells are set to values.
        baseline: the n-gram model that is asked beside them, if any.
        n_grams: n-gram models that are oracles of errors; where there are none, errors have no
            kinds.
        encoding: of its text; None guesses.
    """

    corpus: str
    models: Sequence[str]
    evidence: Sequence[str] = ()
    causes: Sequence[str] = ()
    baseline: str | None = None
    n_grams: Sequence[str] = ()
    encoding: str | None = None


@dataclass(frozen=True)
class Settings:
    """How it is made.

    Attributes:
        positions: characters of each corpus.
        unroll: window length; divides the streams' length.
        device: auto, cpu or cuda.
        threshold: below which a prediction is an error.
        definitions: of words and quotes, for the kinds of errors.
    """

    positions: int
    unroll: int
    device: str
    threshold: float = 0.5
    definitions: str = "fitted"


@dataclass
class _Text:
    """A corpus while its chunks are made."""

    shown: Shown
    folder: Path
    corpus: Corpus
    test: Codes
    passage: Passage
    mistakes: mistakes.Mistakes | None
    facts: dict[str, Any] = field(default_factory=dict)

    def probability(self, model: str, columns: Sequence[str]) -> dict[str, np.ndarray]:
        """Columns of a model's probabilities file, over the whole test split."""
        path = self.folder / "probabilities" / f"{model}.parquet"
        return read_probabilities(path, columns, self.corpus.sha256, self.corpus.sizes["test"])


def chunks(results: FilePath, shown: Sequence[Shown], settings: Settings) -> Iterator[Chunk]:
    """Make all chunks of an explorer, those needed first first.

    Args:
        results: ``results/{run}``.
        shown: the corpora.
        settings: how.

    Raises:
        CharlensError: a file is missing, damaged or of another corpus.
    """
    run = {
        "run": Path(results).name,
        "corpora": [
            {
                "name": entry.corpus,
                "title": corpus_title(entry.corpus),
                "models": [{"name": m, "title": model_title(m)} for m in entry.models],
            }
            for entry in shown
        ],
        "kinds": mistakes.kinds(),
        "steps": {"bits": packing.BITS, "likely": reading.LIKELY},
    }
    yield "run", _json(run)
    for entry in shown:
        text = _open(Path(results) / entry.corpus, entry, settings)
        yield entry.corpus, _json(text.facts)
        for model in entry.models:
            yield from _model(text, model, settings)


def _open(folder: Path, shown: Shown, settings: Settings) -> _Text:
    corpus = Corpus.load(folder / "corpus.json")
    test = load_split(folder / "test.npy")
    encoding = of_corpus(shown.encoding, corpus, test)
    chosen = passage.choose(test, settings.positions)
    known = None
    if shown.n_grams:
        paths = {n: folder / "probabilities" / f"{n}.parquet" for n in shown.n_grams}
        train = load_split(folder / "train.npy")
        known = mistakes.Mistakes.of(
            corpus, train, test, paths, settings.threshold, settings.definitions, encoding
        )
    text = _Text(shown, folder, corpus, test, chosen, known)
    vocabulary = np.array(corpus.vocabulary, np.uint8)
    text.facts = passage.text_of(chosen, vocabulary, encoding)
    text.facts["baseline"] = _baseline(text)
    text.facts["threshold"] = settings.threshold if known else None
    return text


def _baseline(text: _Text) -> dict[str, Any] | None:
    """What the n-gram model says at each position."""
    model = text.shown.baseline
    if model is None:
        return None
    columns = text.probability(model, ["probability", "top_byte", "top_probability"])
    shown = slice(text.passage.start, text.passage.stop)
    losses = -np.log(np.maximum(columns["probability"][shown], 1e-30))
    return {
        "name": model,
        "title": model_title(model),
        "loss": pack(in_bits(losses)),
        "mean": round(float(losses.mean() / np.log(2)), 4),
        "top": pack(columns["top_byte"][shown]),
        "topProbability": pack(roots(columns["top_probability"][shown])),
    }


def _model(text: _Text, model: str, settings: Settings) -> Iterator[Chunk]:
    trained = load_trained(text.folder / "models" / f"{model}.safetensors", text.corpus)
    evidence, causes = (model in some for some in (text.shown.evidence, text.shown.causes))
    ranking, facts_of_cells = tables.read_tables(text.folder, model, evidence, causes)
    units = tables.kept_units(ranking, most_units(len(text.passage)))
    facts_of_cells["concepts"] = tables.only(facts_of_cells["concepts"], units)
    letters = _letters(model)
    steps, device = settings.unroll, settings.device
    read = reading.read(trained, text.passage, units, "".join(letters), steps, device)
    facts = facts_of_cells | _predictions(text, model, read) | _layers(trained, units)
    facts["gates"] = [{"letter": letter, "title": title} for letter, title in letters.items()]
    name = f"{text.corpus.name}/{model}"
    yield name, _json(facts)
    for layer, values in read.values.items():
        yield f"{name}/{layer}/{VALUE}", _packed(values)
    for (layer, letter), values in read.gates.items():
        yield f"{name}/{layer}/{letter}", _packed(values)


def most_units(positions: int) -> int:
    """How many units stay within a model's budget, were their values no shorter when deflated."""
    return max(1, BUDGET * 3 // 4 // positions - PREDICTED)


def _letters(model: str) -> dict[str, str]:
    """Gates of a model's cell and what they let in: letter -> name."""
    cell = CELLS[grid_point(model).cell]
    names = {**_GATES, **cell.gates}
    letters = [letter for letter in cell.quantities if letter not in "hc"]
    return {letter: names.get(letter, letter) for letter in letters}


def _layers(trained: TrainedModel, units: reading.Units) -> dict[str, Any]:
    return {
        "width": trained.shape.width,
        "layers": [{"layer": layer, "units": list(some)} for layer, some in units.items()],
    }


def _packed(values: np.ndarray) -> str:
    """Values of a layer as JSON: the numbers packed, and each unit's scale."""
    numbers, scale = packing.quantise(values)
    scales = [float(f"{value:.6g}") for value in scale]
    return _json({"scales": scales, "numbers": pack(numbers, differences=True)})


def _predictions(text: _Text, model: str, read: reading.Reading) -> dict[str, Any]:
    vocabulary = np.array(text.corpus.vocabulary, np.uint8)
    facts = {
        "loss": pack(in_bits(read.loss)),
        "mean": round(float(read.loss.mean() / np.log(2)), 4),
        "entropy": pack(in_bits(read.entropy)),
        "likely": pack(vocabulary[read.likely].T),
        "probability": pack(roots(read.probability).T),
        "errors": None,
    }
    if text.mistakes is not None:
        columns = text.probability(model, ["probability"])
        categories = text.mistakes.categories(columns["probability"])
        facts["errors"] = pack(categories[text.passage.start : text.passage.stop])
    return facts


def _json(value: Mapping[str, Any]) -> str:
    """JSON that may stand inside a script, where ``<`` could end it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
