"""Table 2: test cross-entropy against the length of the context, by family of models.

Rows are n-gram and n-NN models of n characters of context and, for comparison, each corpus's best
recurrent model. n-gram models are scored on the test split's inputs (the paper's protocol, see
:mod:`charlens.predictions.score_ngram`), all others on its targets.

One text may be split in several ways: ``streams``, the paper's, interleaves test text with training
text; ``position`` and ``files`` keep it apart and so ask the stricter question. Corpora of one text
and equal fractions are neighbours. What the stricter question costs a model is a result of its own,
the gap: its loss by that split, less the loss of the same kind of model by ``streams``. A recurrent
model has one only where it was trained on both. The two score different characters of the text, so
the gap also holds how much harder one test text is than the other; short contexts, which have
nothing to gain from text nearby, show about how much.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from charlens.analyses import ranking
from charlens.analyses.split_alike import are_split_alike
from charlens.display.wording import listed, rst, rst_corpus, rst_model, signed
from charlens.errors import CharlensError
from charlens.files import csv_tables
from charlens.files.atomic import FilePath
from charlens.models import catalogue
from charlens.models import names as model_id
from charlens.models.divergence import is_diverged, uniform_loss
from charlens.paper import numbers as paper
from charlens.paper import texts
from charlens.predictions.file import ProbabilityMetadata
from charlens.predictions.loss import bootstrap_sd, losses
from charlens.predictions.score_ngram import read_scores
from charlens.predictions.together import Together
from charlens.runtime.randomness import generator
from charlens.text.corpus import Corpus

Row = dict[str, Any]

RECURRENT = f"{catalogue.RECURRENT} best"
TITLES = {name: family.title for name, family in catalogue.CONTEXT_FAMILIES.items()}
TITLES[RECURRENT] = f"Best {catalogue.GRID_FAMILIES[catalogue.RECURRENT]}"
SPLITS = ("streams", "position", "files")

COLUMNS = {
    "source": "string",  # name of the first corpus of this text: rows of one source are neighbours
    "corpus": "string",
    "split": "string",
    "family": "string",  # a key of TITLES
    "model": "string",
    "n": "Int64",  # characters of context; empty for recurrent models
    "characters": "int64",
    "cross_entropy": "float64",  # nats per character
    "bits_per_character": "float64",
    "bootstrap_sd": "float64",  # nats per character
    "paper": "float64",  # nats per character; only where corpus and split are the paper's
    "difference": "float64",  # cross_entropy - paper
    "papers_file": "boolean",  # whether the corpus is the very file of the paper, where compared
    "gap_to_streams": "float64",  # less the same model's loss by streams, nats per character
    "uniform": "float64",  # loss of a uniform guess among the corpus's symbols; empty if unknown
}
"""Columns of the table, one row per corpus and model."""

LATER = ("uniform",)
"""Columns that tables of earlier versions lack."""


def table(
    n_gram: Sequence[FilePath],
    probabilities: Sequence[FilePath],
    corpora: Sequence[Corpus],
    bootstrap: int,
    seed: int,
) -> pd.DataFrame:
    """Test cross-entropies of context models, and of the best recurrent model of each corpus.

    Args:
        n_gram: tables of scores by :mod:`charlens.predictions.score_ngram`, one per corpus.
        probabilities: probabilities files of n-NN and recurrent models, of any number of corpora,
            read one at a time. Files of other models are passed over.
        corpora: all corpora that the files belong to.
        bootstrap: number of resamples of streams for the standard deviations (the paper's 100).
        seed: the config's seed.

    Returns:
        One row per model with the columns of :data:`COLUMNS`; sources in the order of ``corpora``,
        inside one the splits in the order of :data:`SPLITS`, then the families by n.

    Raises:
        CharlensError: an unreadable file or one of another corpus, a model given twice, or no model
            at all.
    """
    known = {corpus.name: corpus for corpus in corpora}
    together = Together(corpora)
    rows = [row for path in n_gram for row in _n_gram_rows(path, together)]
    scored = _scored_rows(probabilities, together, bootstrap, seed)
    # A training that diverged does not tell what a split costs.
    of_models = {
        (row["corpus"], row["model"]): row["cross_entropy"]
        for row in [*rows, *scored]
        if not row.get("diverged")
    }
    rows += _without_worse(scored)
    if not rows:
        raise CharlensError(
            "Table 2: expected at least one n-gram, n-NN or recurrent model, found none; add some "
            "to the config"
        )
    sources = _sources(corpora)
    place = {corpus: i for i, corpus in enumerate(sources)}
    order = list(TITLES)
    rows.sort(key=lambda row: (place[row["corpus"]], order.index(row["family"]), row["n"] or 0))
    rows = [_finished(row, known[row["corpus"]], sources) for row in rows]
    for row in rows:
        # The first corpus of a text is the one by streams, if there is one.
        own, other = (of_models.get((row[of], row["model"])) for of in ("corpus", "source"))
        by_streams = known[row["source"]].split == "streams"
        if row["split"] == "streams" or not by_streams or own is None or other is None:
            continue
        row["gap_to_streams"] = own - other
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def _sources(corpora: Sequence[Corpus]) -> dict[str, str]:
    """For each corpus the first one of its text, by streams if there is one; in display order."""
    groups: list[dict[str, Corpus]] = []
    for corpus in corpora:
        for group in groups:
            first = next(iter(group.values()))
            if are_split_alike(first, corpus) and corpus.split not in group:
                group[corpus.split] = corpus
                break
        else:
            groups.append({corpus.split: corpus})
    ordered = [[group[split] for split in SPLITS if split in group] for group in groups]
    return {corpus.name: group[0].name for group in ordered for corpus in group}


def _finished(row: Row, corpus: Corpus, sources: Mapping[str, str]) -> Row:
    """A row with what follows from its cross-entropy, its corpus and the paper."""
    nats = row["cross_entropy"]
    printed = _papers(row, corpus) if corpus.split == "streams" else None
    return row | {
        "source": sources[corpus.name],
        "split": corpus.split,
        "bits_per_character": nats / math.log(2),
        "paper": printed,
        "difference": None if printed is None else nats - printed,
        "papers_file": None if printed is None else texts.is_own_file(corpus.name, corpus.bytes),
        "gap_to_streams": None,
        "uniform": uniform_loss(corpus.k),
    }


def _papers(row: Row, corpus: Corpus) -> float | None:
    if row["family"] != RECURRENT:
        return paper.context_cross_entropy(corpus.name, row["family"], row["n"])
    point = model_id.grid_point(row["model"])
    return paper.cross_entropy(corpus.name, point.cell, point.layers, point.size)


def _n_gram_rows(path: FilePath, together: Together) -> Iterator[Row]:
    for score in read_scores(path).to_dict("records"):
        corpus = together.admit(path, score["corpus"], score["model"])
        assert corpus is not None  # files of unknown corpora are refused
        if score["corpus_sha256"] != corpus.sha256 or score["characters"] != corpus.sizes["test"]:
            raise CharlensError(
                f"{path}: scores another version of {corpus.name} ({score['characters']:,} test "
                f"characters, sha256 {score['corpus_sha256'][:12]}…), expected "
                f"{corpus.sizes['test']:,} and {corpus.sha256[:12]}…; delete it and run again"
            )
        columns = ("corpus", "model", "n", "characters", "cross_entropy", "bootstrap_sd")
        yield {"family": catalogue.N_GRAM} | {key: score[key] for key in columns}


def _scored_rows(
    paths: Sequence[FilePath], together: Together, bootstrap: int, seed: int
) -> list[Row]:
    """Rows of n-NN models and of recurrent models."""
    rows: list[Row] = []
    for predictions in together.read(paths, ["probability", "stream"], _is_wanted):
        metadata, corpus = predictions.metadata, predictions.metadata.corpus
        family, n = model_id.context_model(metadata.model) or (RECURRENT, None)
        loss = losses(predictions.columns["probability"])
        draws = generator(seed, "bootstrap", corpus, metadata.model)
        row: Row = {
            "family": family,
            "corpus": corpus,
            "model": metadata.model,
            "n": n,
            "characters": loss.size,
            "cross_entropy": float(loss.mean()),
            "bootstrap_sd": bootstrap_sd(loss, predictions.columns["stream"], bootstrap, draws),
        }
        assert predictions.corpus is not None  # files of unknown corpora are refused
        row["diverged"] = is_diverged(row["cross_entropy"], uniform_loss(predictions.corpus.k))
        rows.append(row)
    return rows


def _without_worse(rows: Sequence[Row]) -> list[Row]:
    """Rows of scored models less the recurrent ones but the best of each corpus."""
    best: dict[str, Row] = {}
    for row in rows:
        corpus = row["corpus"]
        if row["family"] == RECURRENT and (
            corpus not in best or _order(row) < _order(best[corpus])
        ):
            best[corpus] = row
    return [row for row in rows if row["family"] != RECURRENT or row is best[row["corpus"]]]


def _is_wanted(path: FilePath, metadata: ProbabilityMetadata, columns: Sequence[str]) -> bool:
    """Whether a file is of an n-NN or a recurrent model."""
    context, point = model_id.context_model(metadata.model), model_id.parse(metadata.model)
    if point is not None:
        return catalogue.grid_family(point.cell) == catalogue.RECURRENT
    return context is not None and context[0] == catalogue.N_NN


def _order(row: Row) -> tuple:
    """Sort key of recurrent models, the best first."""
    return (row["diverged"], row["cross_entropy"], model_id.sort_key(row["model"]))


def read(path: FilePath) -> pd.DataFrame:
    """Read a table made by :func:`table`, written by :func:`charlens.files.csv_tables.write`.

    Raises:
        CharlensError: no such file, not such a table, or an empty one.
    """
    frame = csv_tables.read(path, COLUMNS, "Table 2", "table2", LATER)
    unknown = set(frame["family"]) - set(TITLES) | set(frame["split"]) - set(SPLITS)
    if frame.empty or unknown:
        families = ", ".join(sorted(map(str, unknown))) or "no rows"
        raise CharlensError(
            f"{path}: expected families {', '.join(TITLES)} and splits {', '.join(SPLITS)}, "
            f"found {families}; delete the file and run again"
        )
    return frame


def sentences(frame: pd.DataFrame, seeds: pd.DataFrame | None = None) -> Iterator[str]:
    """The best of each family of models, by corpus.

    Args:
        frame: made by :func:`table` or :func:`read`.
        seeds: the table of networks trained from several seeds: Table 2 has one training of each,
            so that the gap between splits is that of one model.
    """
    trainings = {} if seeds is None else seeds.set_index(["corpus", "model"])["seeds"].to_dict()
    for corpus, part in frame.groupby("corpus", sort=False):
        families = [ranking.best(own) for _, own in part.groupby("family", sort=False)]
        best = [
            f"{rst_model(row['model'])} {row['cross_entropy']:.3f}"
            + _one_of(trainings.get((corpus, row["model"]), 1))
            for row in families
            if row is not None
        ]
        split = part["split"].iloc[0]
        if not best:
            yield f"On {rst_corpus(corpus)} no model is better than a uniform guess."
            continue
        yield f"Lowest of each family on {rst_corpus(corpus)}, split by {split}: {listed(best)}."
    frame = frame[~ranking.diverged(frame) & frame["difference"].notna()]
    ranges = [
        f"{_range(part['difference'])} ({rst(_in_a_sentence(TITLES[str(family)]))})"
        for family, part in frame.groupby("family", sort=False)
    ]
    if ranges:
        yield f"Ours differ from the paper's numbers by {listed(ranges)}."


def _range(values: pd.Series) -> str:
    ends = dict.fromkeys([signed(values.min()), signed(values.max())])
    return " to ".join(ends)


def _in_a_sentence(name: str) -> str:
    """A name without its capital, if that is all it has of them: ``n-NN`` and ``LSTM`` stay."""
    return name[:1].lower() + name[1:] if name[1:].islower() else name


def _one_of(trainings: int) -> str:
    return f" (one of {trainings} trainings)" if trainings > 1 else ""
