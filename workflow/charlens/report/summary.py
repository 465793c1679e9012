"""The results of a run in a few lines: the best models of each text, and where everything is.

Printed at the end of a run and shown at the top of its page. Loads no pandas: a run that has
nothing to do prints them too.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from charlens.files.width import WIDTH
from charlens.models.catalogue import CELLS, CONTEXT_FAMILIES
from charlens.models.divergence import MARK, is_diverged
from charlens.models.names import cell_title, context_model, parse, title
from charlens.models.still_learning import how_many
from charlens.text.units import BYTE, PER_BYTE, PER_CHARACTER, per

PAGE = "report.html"
"""The page of a run in its folder."""

EXPLORER = "explorer/index.html"
"""The page on which its networks can be looked at."""

OTHER = "other models"

_TABLES = ("tables/cross_entropy.csv", "tables/table2.csv")
_SEEDS = "tables/seeds.csv"


@dataclass(frozen=True)
class Score:
    """The test cross-entropy of a model on a corpus.

    Attributes:
        corpus: the corpus's name.
        model: the model's id.
        nats: per byte.
        uniform: of a uniform guess among the corpus's symbols; NaN where unknown.
        width: bytes of a character of the text, on average.
    """

    corpus: str
    model: str
    nats: float
    uniform: float = math.nan
    width: float = 1.0

    @property
    def diverged(self) -> bool:
        """Whether the model is worse than a uniform guess."""
        return is_diverged(self.nats, self.uniform)

    @property
    def value(self) -> str:
        """The cross-entropy as shown to people."""
        return ("∞" if math.isinf(self.nats) else f"{self.nats:.3f}") + MARK * self.diverged

    @property
    def kind(self) -> str:
        """Title of the cell or family: ``LSTM``, ``n-gram``; :data:`OTHER` for a user's model."""
        if point := parse(self.model):
            return cell_title(point.cell)
        family = context_model(self.model)
        return CONTEXT_FAMILIES[family[0]].title if family else OTHER

    @property
    def which(self) -> str:
        """What tells the model from others of its kind: ``2x128`` (layers x size), ``n = 20``."""
        if point := parse(self.model):
            return f"{point.layers}x{point.size}"
        family = context_model(self.model)
        return f"n = {family[1]}" if family else title(self.model)


def scores(results: Path, seeds: bool) -> list[Score]:
    """The scores of all models of a run; fewer where tables are missing or cannot be read.

    Args:
        results: ``results/{run}``.
        seeds: whether the study has networks trained from several seeds, whose scores are means
            then, as in Figure 1. The folder cannot say it: it may have the table of a study before
            it was changed.
    """
    by_model: dict[tuple[str, str], Score] = {}
    means = _means(results / _SEEDS) if seeds else {}
    widths: dict[str, float] = {}
    for name in _TABLES:
        for row in _rows(results / name):
            key = (row.get("corpus") or "", row.get("model") or "")
            nats = means.get(key, _number(row.get("cross_entropy")))
            if all(key) and nats is not None:
                uniform = _number(row.get("uniform"))
                known = Score(*key, nats, math.nan if uniform is None else uniform)
                by_model.setdefault(key, known)
                size, points = _number(row.get("characters")), _number(row.get("code_points"))
                width = size / points if size and points else _number(row.get(WIDTH))
                if width:
                    widths.setdefault(key[0], width)
    return [
        replace(score, width=widths.get(score.corpus, score.width)) for score in by_model.values()
    ]


def _means(path: Path) -> dict[tuple[str, str], float]:
    """Corpus and model -> the mean over its trainings, of networks with several."""
    means = {}
    for row in _rows(path):
        mean = _number(row.get("mean"))
        if mean is not None and (_number(row.get("seeds")) or 0) > 1:
            means[row.get("corpus") or "", row.get("model") or ""] = mean
    return means


def _gains(results: Path) -> list[float]:
    """What the last epoch took off the validation loss of each network."""
    gains = [_number(row.get("last_gain")) for row in _rows(results / _TABLES[0])]
    return [gain for gain in gains if gain is not None]


def unit(scores_: Iterable[Score]) -> tuple[str, str]:
    """The unit of some scores, and a sentence on those texts whose characters are several bytes."""
    widths = {score.corpus: score.width for score in scores_ if per(score.width) == BYTE}
    if not widths:
        return PER_CHARACTER, ""
    shown = {corpus: f"{width:.1f}" for corpus, width in widths.items()}
    many = ", ".join(f"{corpus} {width}" for corpus, width in shown.items() if width != "1.0")
    if not many:
        return PER_BYTE, ""
    return PER_BYTE, f"Bytes of a character: {many}; a loss per character is so many times higher."


def kinds_of(scores_: Sequence[Score]) -> list[str]:
    """Kinds of models that occur, in the order of tables."""
    order = [cell.title for cell in CELLS.values()]
    order += [family.title for family in reversed(CONTEXT_FAMILIES.values())] + [OTHER]
    present = {score.kind for score in scores_}
    return [kind for kind in order if kind in present] + sorted(present - set(order))


def best(scores_: Sequence[Score]) -> dict[str, dict[str, Score]]:
    """Corpus -> kind of model -> its best model; a diverged one only where there is no other."""
    table: dict[str, dict[str, Score]] = {}
    for score in sorted(scores_, key=lambda score: (not score.diverged, -score.nats)):
        table.setdefault(score.corpus, {})[score.kind] = score
    order = list(dict.fromkeys(score.corpus for score in scores_))
    return {corpus: table[corpus] for corpus in order}


def summary(results: Path, logs: Path, seeds: bool, explorer: bool) -> list[str]:
    """Lines for a terminal: the best model of each kind on each corpus, and where things are.

    Args:
        results: ``results/{run}``.
        logs: ``logs/{run}``.
        seeds: as of :func:`scores`.
        explorer: whether the study has one.
    """
    scores_ = scores(results, seeds)
    lines = []
    if scores_:
        nats, wide = unit(scores_)
        lines = ["", f"Best models: test cross-entropy, {nats} (* lowest of its text)", ""]
        lines += [f"  {line}" for line in _aligned(_cells(best(scores_), kinds_of(scores_)))]
        if any(score.diverged for row in best(scores_).values() for score in row.values()):
            lines += [f"  ({MARK} worse than a uniform guess: see the log of its training)"]
        lines += [f"  ({wide})"] if wide else []
        if learning := how_many(_gains(results)):
            lines += [f"  ({learning}: more epochs, training.epochs, would help)"]
        if any(score.kind in [cell.title for cell in CELLS.values()] for score in scores_):
            lines += ["  (2x128: two layers, the parameters of an LSTM with 128 cells)"]
    places = [(name, path) for name, path in _places(results, logs, explorer) if path.exists()]
    return [*lines, "", *(f"{name:<9}{path}{'/' * path.is_dir()}" for name, path in places)]


def _places(results: Path, logs: Path, explorer: bool) -> Iterator[tuple[str, Path]]:
    yield "report", results / PAGE
    if explorer:
        yield "explorer", results / EXPLORER
    yield "figures", results / "figures"
    yield "tables", results / "tables"
    yield "logs", logs


def _cells(table: Mapping[str, Mapping[str, Score]], kinds: Sequence[str]) -> list[list[str]]:
    rows = [["", *kinds]]
    for corpus, row in table.items():
        least = lowest(row.values())
        rows.append([corpus, *(_cell(row.get(kind), least, len(row)) for kind in kinds)])
    return rows


def lowest(row: Iterable[Score]) -> float:
    """The lowest cross-entropy of those that have not diverged; NaN where none is left."""
    return min((score.nats for score in row if not score.diverged), default=math.nan)


def _cell(score: Score | None, least: float, count: int) -> str:
    if score is None:
        return "–"
    mark = "*" if score.nats == least and count > 1 else ""
    return f"{score.value}{mark} {score.which}"


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in rows)
    return [line.rstrip() for line in lines]


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream))
    except (OSError, ValueError, csv.Error):
        return []


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "nan")
    except ValueError:
        return None
    return None if math.isnan(value) else value
