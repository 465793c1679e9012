"""The table of test cross-entropies with bootstrap errors (paper, Figure 1 left)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from charlens.analyses import ranking
from charlens.analyses.cross_entropy.averaged import averaged
from charlens.analyses.learning_curves import last_gain
from charlens.display.units import per
from charlens.display.wording import cases, listed, rst_corpus, rst_model, signed
from charlens.errors import CharlensError
from charlens.files import csv_tables
from charlens.files.atomic import FilePath
from charlens.models import names as model_id
from charlens.models.catalogue import GRU, LSTM, RNN
from charlens.models.divergence import uniform_loss
from charlens.models.still_learning import how_many
from charlens.paper import numbers as paper
from charlens.paper import texts
from charlens.paper.definitions import RETRAINED
from charlens.predictions.contract import LOG
from charlens.predictions.loss import bootstrap_sd, losses_of
from charlens.predictions.together import Source, Together
from charlens.runtime.randomness import generator
from charlens.text.code_points import code_points
from charlens.text.corpus import Corpus
from charlens.text.units import CHARACTER, PER_BYTE, PER_CHARACTER

# One row per corpus and model. Empty where unknown: the grid columns of a model that is no grid
# point, parameters a file does not tell, the paper's number where it has none.
COLUMNS = {
    "corpus": "string",
    "cell": "string",
    "layers": "Int64",
    "size": "Int64",
    "model": "string",
    "parameters": "Int64",
    "characters": "int64",
    "cross_entropy": "float64",  # nats per character
    "bits_per_character": "float64",
    "bootstrap_sd": "float64",  # nats per character
    "paper": "float64",  # nats per character
    "papers_file": "boolean",  # whether the corpus is the very file of the paper, where compared
    "difference": "float64",  # cross_entropy - paper
    "best_in_row": "bool",  # lowest of the grid points of this corpus and size
    "uniform": "float64",  # loss of a uniform guess among the corpus's symbols; empty if unknown
    "code_points": "Int64",  # characters of the text's encoding; ``characters`` are bytes
    "nats_per_code_point": "float64",  # the same total loss over these
    "last_gain": "float64",  # nats that the last epoch took off the validation loss; or empty
}
LATER = ("uniform", "code_points", "nats_per_code_point", "last_gain")
"""Columns that tables of earlier versions lack."""


def table(
    paths: Iterable[Source],
    bootstrap: int,
    seed: int,
    corpora: Sequence[Corpus] = (),
    encodings: Mapping[str, str | None] | None = None,
    curves: Mapping[tuple[str, str], FilePath] | None = None,
) -> pd.DataFrame:
    """Test cross-entropy of every model.

    Args:
        paths: probabilities files, or predictions in memory, of any number of corpora; one file is
            read at a time.
        bootstrap: number of resamples of streams for the standard deviation (the paper's 100).
        seed: the config's seed. Resamples depend on it, the corpus and the model, on nothing else.
        corpora: those of the files, as they are now; a file made on another version of one is
            refused.
        encodings: of the corpora by name; None, or nothing, guesses.
        curves: learning curves of networks, by corpus and model.

    Returns:
        One row per file with the columns of :data:`COLUMNS`: corpora in order of appearance, inside
        one by size, cell, layers; models that are no grid point last.

    Raises:
        CharlensError: an unreadable file, a model given twice, or files of one corpus that do not
            score the same characters.
    """
    gains = {key: last_gain(path) for key, path in (curves or {}).items()}
    rows = []
    code_points_of: dict[str, int] = {}
    together = Together(corpora, others=True)
    for predictions in together.read(paths, ["probability", "stream"], where_known=[LOG]):
        metadata, corpus = predictions.metadata, predictions.corpus
        loss = losses_of(predictions.columns)
        draws = generator(seed, "bootstrap", metadata.corpus, metadata.model)
        row = _row(metadata.corpus, metadata.model, float(loss.mean()))
        if metadata.corpus not in code_points_of:
            encoding = (encodings or {}).get(metadata.corpus)
            text = code_points(predictions.columns["byte"], predictions.columns["stream"], encoding)
            code_points_of[metadata.corpus] = len(text.start)
        count = code_points_of[metadata.corpus]
        if corpus and row["paper"] is not None:
            row["papers_file"] = texts.is_own_file(corpus.name, corpus.bytes)
        rows.append(
            row
            | {
                "parameters": metadata.parameters,
                "uniform": uniform_loss(corpus.k) if corpus else None,
                "code_points": count,
                "nats_per_code_point": loss.sum() / count,
                "last_gain": gains.get((metadata.corpus, metadata.model)),
                "characters": loss.size,
                "bootstrap_sd": bootstrap_sd(loss, predictions.columns["stream"], bootstrap, draws),
            }
        )
    return _sorted(
        ranking.mark_best(pd.DataFrame(rows, columns=list(COLUMNS)).astype(_loose(COLUMNS)))
    )


def _row(corpus: str, model: str, nats: float) -> dict[str, object]:
    point = model_id.parse(model)
    printed = paper.cross_entropy(corpus, point.cell, point.layers, point.size) if point else None
    return {
        "corpus": corpus,
        "cell": point.cell if point else None,
        "layers": point.layers if point else None,
        "size": point.size if point else None,
        "model": model,
        "cross_entropy": nats,
        "bits_per_character": nats / math.log(2),
        "paper": printed,
        "papers_file": None,
        "difference": None if printed is None else nats - printed,
    }


def _loose(dtypes: dict[str, str]) -> dict[str, str]:
    return {name: dtype for name, dtype in dtypes.items() if name != "best_in_row"}


def _sorted(frame: pd.DataFrame) -> pd.DataFrame:
    corpora = {corpus: i for i, corpus in enumerate(frame["corpus"].unique())}
    keys = [
        (corpora[corpus], model_id.sort_key(model))
        for corpus, model in zip(frame["corpus"], frame["model"], strict=True)
    ]
    order = sorted(range(len(keys)), key=keys.__getitem__)
    return frame.iloc[order].reset_index(drop=True)


def _check_names(path: FilePath, frame: pd.DataFrame) -> None:
    """Check that each row is of another model, with all columns of a grid point or with none."""
    named, grid = ["corpus", "model"], ["cell", "layers", "size"]
    lacking = frame[grid].isna()
    for wrong, expected in (
        (frame[named].isna().any(axis=1), "a corpus and a model"),
        (frame.duplicated(named), "each model of a corpus once"),
        (lacking.any(axis=1) & ~lacking.all(axis=1), "cell, layers and size, or none of them"),
    ):
        if wrong.any():
            row = int(np.argmax(wrong))
            message = f"{path}: row {row}: expected {expected}; delete the file and run again"
            raise CharlensError(message)


def read(path: FilePath) -> pd.DataFrame:
    """Read a table made by :func:`table`, written by :func:`charlens.files.csv_tables.write`.

    Raises:
        CharlensError: no such file, or not such a table.
    """
    frame = csv_tables.read(path, COLUMNS, "a cross-entropy table", "cross_entropy", LATER)
    _check_names(path, frame)
    frame["best_in_row"] &= ~ranking.diverged(frame)  # earlier versions marked such models too
    return frame


def sentences(
    frame: pd.DataFrame, table2: pd.DataFrame | None = None, seeds: pd.DataFrame | None = None
) -> Iterator[str]:
    """The best model of each corpus; depth, cells, and the distance from the paper.

    Args:
        frame: made by :func:`table` or :func:`read`.
        table2: the table of context models, where the study has them: the best model may be one.
        seeds: that of networks trained from several seeds, whose means are what Figure 1 shows.
    """
    if seeds is not None:
        frame = averaged(frame, seeds)
    for corpus, part in frame.groupby("corpus", sort=False):
        best = ranking.best(_with_context_models(part, table2))
        if best is None:
            yield f"On {rst_corpus(corpus)} no model is better than a uniform guess."
        else:
            score = _score(best, f"{_unit(part, best['cross_entropy'])}, by ")
            yield f"On {rst_corpus(corpus)} the lowest is {score}."
            leader = ranking.best(part[part["size"].notna()])
            if leader is not None and model_id.parse(best["model"]) is None:
                yield f"The lowest of its networks is {_score(leader, 'by ')}."
        yield from _diverged(part)
    frame = frame[~ranking.diverged(frame)]
    grid = frame[frame["size"].notna()]
    yield from _depth(grid)
    yield from _cells(grid)
    yield from _still_learning(frame)
    differences = frame["difference"].dropna()
    if len(differences):
        yield (
            f"{len(differences)} of the models are in the paper's table too: ours differ from it "
            f"by {signed(differences.min())} to {signed(differences.max())}, "
            f"{(differences <= RETRAINED).sum()} of them lie at most {RETRAINED:g} above it."
        )


def _unit(part: pd.DataFrame, nats: float) -> str:
    """The unit of a loss on one corpus, with the loss per character where a byte is less."""
    if per(part) == CHARACTER:
        return PER_CHARACTER
    row = part.iloc[0]
    longer = nats * row["characters"] / row["code_points"]
    return f"{PER_BYTE} ({longer:.3f} per character)"


def _diverged(part: pd.DataFrame) -> Iterator[str]:
    """The models of one corpus that are worse than a uniform guess."""
    names = [rst_model(model) for model in part.loc[ranking.diverged(part), "model"]]
    if names:
        which = "is" if len(names) == 1 else "are"
        yield (
            f"{listed(names)} {which} worse than a uniform guess; the training of such a network "
            "has diverged."
        )


def _still_learning(frame: pd.DataFrame) -> Iterator[str]:
    gains = frame["last_gain"].dropna()
    if many := how_many(gains):
        yield (
            f"{many}: the last epoch took up to {gains.max():.3f} {PER_CHARACTER} off the "
            "validation loss. More epochs (``training.epochs``) would help."
        )


def _with_context_models(part: pd.DataFrame, table2: pd.DataFrame | None) -> pd.DataFrame:
    """One corpus's models, followed by those that only the table of context models has."""
    columns = ["corpus", "model", "cross_entropy", "bootstrap_sd", "paper", "uniform"]
    if table2 is None:
        return part[columns]
    others = table2[table2["corpus"] == part["corpus"].iloc[0]]
    others = others[~others["model"].isin(part["model"])]
    return pd.concat([part[columns], others[columns]], ignore_index=True)


def _score(row: pd.Series, by: str) -> str:
    spread = "" if math.isnan(row["bootstrap_sd"]) else f" ± {row['bootstrap_sd']:.3f}"
    printed = "" if math.isnan(row["paper"]) else f" (the paper's: {row['paper']:.3f})"
    return f"{row['cross_entropy']:.3f}{spread} {by}{rst_model(row['model'])}{printed}"


def _depth(grid: pd.DataFrame) -> Iterator[str]:
    gains = []
    for _, part in grid.groupby(["corpus", "cell", "size"], sort=False):
        loss = part.set_index("layers")["cross_entropy"]
        if 1 in loss.index and len(loss) > 1:
            gains.append(loss[1] - loss.drop(1).min())
    if gains:
        yield (
            f"The best deeper network beats the one with a single layer, same cell and size, in "
            f"{cases(sum(gain > 0 for gain in gains), len(gains))}; its loss differs by "
            f"{signed(-math.fsum(gains) / len(gains))} on average."
        )


def _cells(grid: pd.DataFrame) -> Iterator[str]:
    wide = grid.pivot_table("cross_entropy", ["corpus", "size", "layers"], "cell")
    if not {LSTM, GRU, RNN} <= set(wide):
        return
    wide = wide[[LSTM, GRU, RNN]].dropna()
    if len(wide):
        worst = (wide[RNN] > wide[[LSTM, GRU]].max(axis=1)).sum()
        apart = (wide[LSTM] - wide[GRU]).abs().mean()
        yield (
            f"At equal depth and size the RNN is the worst of the three cells in "
            f"{cases(worst, len(wide))}; LSTM and GRU are {apart:.3f} apart on average."
        )
