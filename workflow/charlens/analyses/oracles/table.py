"""Errors of a corpus's models broken down by oracle (paper, Figure 6)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from charlens.analyses import contest as contestants
from charlens.analyses.contest import Scored
from charlens.analyses.oracles import oracles, tally
from charlens.analyses.oracles.averaged import averaged, wrong
from charlens.analyses.oracles.evidence import Evidence, n_grams
from charlens.analyses.oracles.excerpts import COLUMNS as EXAMPLES
from charlens.analyses.oracles.excerpts import examples
from charlens.display.wording import listed, rst, rst_corpus, rst_model
from charlens.errors import CharlensError
from charlens.files import csv_tables, parquet_tables
from charlens.files.atomic import FilePath
from charlens.models import names as model_id
from charlens.models.catalogue import LSTM
from charlens.paper import numbers as paper
from charlens.paper.definitions import FIGURE6_MODELS
from charlens.text.corpus import Corpus

BEST, SMALLEST, EXTERNAL = "best", "smallest", "external"
"""Roles: the best LSTM, the best LSTM of the smallest budget, a model from elsewhere."""

COLUMNS = {
    "corpus": "string",
    "model": "string",
    "role": "string",
    "characters": "int64",  # of the test split
    "oracle": "string",
    "family": "string",
    "errors": "int64",
    "percent": "float64",  # of the model's errors
    "paper": "float64",  # percent, ± 0.1; NaN where the paper shows no such model
}

ELIMINATED = {
    "corpus": "string",
    "small": "string",
    "large": "string",
    "oracle": "string",
    "family": "string",
    "errors_small": "int64",
    "errors_large": "int64",
    "eliminated": "int64",
    "percent": "float64",  # of all that were eliminated
}

ORDERS = {
    "corpus": "string",
    "model": "string",
    "threshold": "float64",
    "family": "string",
    "errors_paper_order": "int64",
    "percent_paper_order": "float64",  # of the model's errors at this threshold, as below
    "percent_shapley": "float64",
    "percent_shapley_before_boost": "float64",
    "percent_min": "float64",
    "percent_max": "float64",
}

SENSITIVITY = {
    "corpus": "string",
    "model": "string",
    "definitions": "string",
    "oracle": "string",
    "percent": "float64",  # of the model's errors
    "paper": "float64",  # as above
}


@dataclass(frozen=True)
class Subject:
    """A model whose errors are broken down.

    Attributes:
        role: best, smallest or external.
        model: its id.
        probability: of each test character, float32 (N,).
    """

    role: str
    model: str
    probability: np.ndarray


def tables(
    inputs: Mapping[str, Any], threshold: float, definitions: str, encoding: str | None = None
) -> dict[str, pd.DataFrame]:
    """Break down the errors of a corpus's best and smallest LSTMs and of models from elsewhere.

    Args:
        inputs: paths ``corpus`` (corpus.json), ``train`` and ``test`` (.npy); lists of
            probabilities files: ``models`` (LSTMs and n-grams) and ``external``.
        threshold: a character is an error where its probability is below this.
        definitions: a name in :data:`charlens.analyses.oracles.oracles.DEFINITIONS`.
        encoding: of the text; None guesses.

    Returns:
        Tables ``categories``, ``eliminated``, ``orders``, ``sensitivity`` and ``examples``, with
        the columns of :data:`COLUMNS`, :data:`ELIMINATED`, :data:`ORDERS`, :data:`SENSITIVITY` and
        :data:`charlens.analyses.oracles.excerpts.COLUMNS`.

    Raises:
        CharlensError: a damaged input, or a corpus without an LSTM.
    """
    corpus = Corpus.load(inputs["corpus"])
    (scored,) = contestants.read(inputs["models"], inputs.get("external", ()), [corpus])
    subjects = choose(scored)
    evidence = Evidence.load(corpus, inputs, encoding)
    known = evidence.known(definitions)
    ngram = n_grams(scored.probability, len(scored.byte))
    category = {
        s.role + s.model: tally.categories(
            tally.removed(known, ngram, s.probability, threshold), s.probability, threshold
        )
        for s in subjects
    }
    parts = [_categories(corpus, s, category[s.role + s.model]) for s in subjects]
    orders = [
        tally.order_table(known, ngram, s.probability).assign(model=s.model) for s in subjects
    ]
    first, chosen = subjects[0], oracles.DEFINITIONS[definitions]
    shown = examples(evidence.test, category[first.role + first.model], chosen, evidence.encoding)
    shown = shown.assign(corpus=corpus.name, model=first.model)
    return {
        "categories": _joined(parts, COLUMNS),
        "eliminated": _eliminated(corpus, subjects, category),
        "orders": _joined(orders, ORDERS, corpus),
        "sensitivity": _sensitivity(corpus, subjects, evidence, ngram, threshold),
        "examples": shown[list(EXAMPLES)].astype(EXAMPLES),
    }


def choose(scored: Scored) -> list[Subject]:
    """The best LSTM, the best of the smallest budget (unless it is the same), and the others.

    Raises:
        CharlensError: the corpus has no LSTM.
    """
    best, smallest = (
        choice(scored.records) for choice in (contestants.best_lstm, contestants.smallest_lstm)
    )
    if best is None or smallest is None:
        raise CharlensError(
            f"{scored.corpus.name}: has no LSTM whose errors could be broken down; add one to its "
            "grid or set figure6.corpus"
        )
    named = [(BEST, best)] + [(SMALLEST, smallest)] * (smallest != best)
    named += [(EXTERNAL, record) for record in scored.external]
    return [Subject(role, r.model, scored.probability[r.model]) for role, r in named]


def _categories(corpus: Corpus, subject: Subject, category: np.ndarray) -> pd.DataFrame:
    return tally.table(category).assign(
        corpus=corpus.name,
        model=subject.model,
        role=subject.role,
        characters=len(category),
        paper=papers(corpus.name, subject.model),
    )


def papers(corpus: str, model: str) -> np.ndarray:
    """The slices of the paper's LSTM of the same budget, percent, (slices,).

    NaN where it shows no such model or slice.
    """
    point = model_id.parse(model)
    shown = point is not None and corpus == "war_and_peace" and point.cell == LSTM
    papers_model = FIGURE6_MODELS.get(point.size) if point is not None and shown else None
    return np.array(
        [
            paper.oracle(papers_model, name) if oracle.in_paper else np.nan
            for oracle in oracles.ORACLES.values()
            for name in oracle.names
        ]
    )


def _eliminated(
    corpus: Corpus, subjects: Sequence[Subject], category: Mapping[str, np.ndarray]
) -> pd.DataFrame:
    by_role = {s.role: s.model for s in subjects if s.role != EXTERNAL}
    if SMALLEST not in by_role:
        return pd.DataFrame(columns=list(ELIMINATED)).astype(ELIMINATED)
    large, small = (category[role + by_role[role]] for role in (BEST, SMALLEST))
    frame = tally.differences(large, small)
    frame = frame.assign(small=by_role[SMALLEST], large=by_role[BEST])
    return _joined([frame], ELIMINATED, corpus)


def _sensitivity(
    corpus: Corpus,
    subjects: Sequence[Subject],
    evidence: Evidence,
    ngram: np.ndarray,
    threshold: float,
) -> pd.DataFrame:
    parts = []
    for name in oracles.DEFINITIONS:
        known = evidence.known(name)
        for s in subjects:
            masks = tally.removed(known, ngram, s.probability, threshold)
            part = tally.table(tally.categories(masks, s.probability, threshold))
            facts = {"model": s.model, "definitions": name, "paper": papers(corpus.name, s.model)}
            parts.append(part.assign(**facts))
    return _joined(parts, SENSITIVITY, corpus)


def _joined(
    parts: Sequence[pd.DataFrame], columns: Mapping[str, str], corpus: Corpus | None = None
) -> pd.DataFrame:
    frame = pd.concat(parts, ignore_index=True)
    if corpus is not None:
        frame = frame.assign(corpus=corpus.name)
    return frame[list(columns)].astype(dict(columns))


def read(path: FilePath) -> pd.DataFrame:
    """Read errors by category. Raises CharlensError: no such file, or not such a table."""
    return csv_tables.read(path, COLUMNS, "a table of errors by category", "errors")


def read_eliminated(path: FilePath) -> pd.DataFrame:
    """Read eliminated errors. Raises CharlensError: no such file, or not such a table."""
    return csv_tables.read(path, ELIMINATED, "a table of eliminated errors", "errors")


def read_examples(path: FilePath) -> pd.DataFrame:
    """Read marked excerpts. Raises CharlensError: no such file, or not such a table."""
    return parquet_tables.read(path, EXAMPLES, "a table of marked excerpts", "errors")


def sentences(
    categories: pd.DataFrame, eliminated: pd.DataFrame, seed_errors: pd.DataFrame | None = None
) -> Iterator[str]:
    """How many errors each model makes, and of what kinds.

    Args:
        categories: errors by category.
        eliminated: those that scaling up removes.
        seed_errors: intervals of networks trained from several seeds, whose means Figure 6 shows.
    """
    if seed_errors is not None:
        categories = averaged(categories, seed_errors)
    for (corpus, model), part in categories.groupby(["corpus", "model"], sort=False):
        made, characters = part["errors"].sum(), part["characters"].iloc[0]
        trainings = "" if "seeds" not in part else _mean_over(part["seeds"].iloc[0])
        if trainings:
            made = round(wrong(part, seed_errors) * characters / 100)
        if made == 0:
            yield f"{rst_model(model)} on {rst_corpus(corpus)} makes no errors."
            continue
        kinds = part.groupby("family", sort=False)["percent"].sum()
        yield (
            f"{rst_model(model)} on {rst_corpus(corpus)} makes {made:,} errors{trainings} "
            f"({made / characters:.0%} of the test characters): "
            + listed([f"{rst(str(kind))} {percent:z.0f} %" for kind, percent in kinds.items()])
            + "."
        )
    yield from _scaling(eliminated, categories)


def _mean_over(seeds: int) -> str:
    return f", the mean of {seeds} trainings" if seeds > 1 else ""


def _scaling(eliminated: pd.DataFrame, categories: pd.DataFrame) -> Iterator[str]:
    """What the largest model's fewer errors are fewer of."""
    if eliminated.empty:
        return
    pair = [eliminated[key].iloc[0] for key in ("small", "large")]
    small, large = map(rst_model, pair)
    several = "seeds" in categories and categories.loc[categories["model"].isin(pair), "seeds"]
    gone = eliminated["eliminated"].sum()
    if gone <= 0:
        yield f"{large} does not make fewer errors than {small}."
        return
    kinds = eliminated.groupby("family", sort=False)["eliminated"].sum() / gone
    yield (
        f"{large} makes {gone:,} fewer errors than {small}; of these, "
        + listed([f"{_percent(share)} {rst(str(kind))}" for kind, share in kinds.items()])
        + (" (one training of each)." if np.any(np.greater(several, 1)) else ".")
    )


def _percent(share: float) -> str:
    """A share that is less than nothing where a larger network makes more errors of a kind."""
    return f"{share:z.0%}".replace("-", "−")
