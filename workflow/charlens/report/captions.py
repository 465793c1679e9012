"""What this run found, in a few sentences for the caption of each figure and table of the report.

Every sentence is computed from the tables behind the figure. Tables of any study will do: what a
study does not have (the paper's corpora, a cell, a second layer) is not spoken of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from charlens.analyses.agreement import table as agreements
from charlens.analyses.closings import table as closing
from charlens.analyses.contest import EXTERNAL
from charlens.analyses.context_length import table as contexts
from charlens.analyses.cross_entropy import table as cross_entropies
from charlens.analyses.oracles import breakdown as error_analysis
from charlens.analyses.shared_errors import advantage as advantages
from charlens.analyses.shared_errors import overlap
from charlens.analyses.training_dynamics import table as training
from charlens.display.wording import cases, listed, rst, signed
from charlens.inside.cells.excerpts import TYPICAL
from charlens.inside.gates import table as saturation
from charlens.inside.gates.table import ALMOST_ALWAYS
from charlens.models import names as model_id
from charlens.models.catalogue import GRU, LSTM, N_GRAM, RNN
from charlens.models.names import title
from charlens.paper import texts
from charlens.replication.compare import VERDICTS
from charlens.replication.tolerances import TRAINED


def about(name: str, results: Path, *arguments: str) -> str:
    """What a run found, as reStructuredText.

    Args:
        name: a key of :data:`SENTENCES`.
        results: the run's folder, ``results/{run}``.
        arguments: what else the caption knows, such as the corpus.

    Raises:
        CharlensError: a table is missing or damaged.
    """
    return " ".join(SENTENCES[name](results, *arguments))


def _corpus(name: object) -> str:
    return rst(texts.corpus_title(str(name)))


def _model(name: object) -> str:
    return rst(title(str(name)))


def cross_entropy(results: Path) -> Iterator[str]:
    """The best model of each corpus; depth, cells, and the distance from the paper."""
    table = cross_entropies.read_csv(results / "tables" / "cross_entropy.csv")
    for corpus, part in table.groupby("corpus", sort=False):
        best = part.loc[part["cross_entropy"].idxmin()]
        spread = "" if np.isnan(best["bootstrap_sd"]) else f" ± {best['bootstrap_sd']:.3f}"
        theirs = "" if np.isnan(best["paper"]) else f" (the paper's: {best['paper']:.3f})"
        yield (
            f"On {_corpus(corpus)} the lowest is {best['cross_entropy']:.3f}{spread} nats per "
            f"character, by {_model(best['model'])}{theirs}."
        )
    grid = table[table["size"].notna()]
    yield from _depth(grid)
    yield from _cells(grid)
    differences = table["difference"].dropna()
    if len(differences):
        yield (
            f"{len(differences)} of the models are in the paper's table too: ours differ from it "
            f"by {signed(differences.min())} to {signed(differences.max())}, "
            f"{(differences <= TRAINED).sum()} of them lie at most {TRAINED:g} above it."
        )


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
            f"{signed(-float(np.mean(gains)))} on average."
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


def agreement(results: Path, corpus: str) -> Iterator[str]:
    """How often networks of one cell agree, and networks of different cells."""
    matrix = agreements.read_csv(results / corpus / "tables" / "agreement.csv")
    points = [model_id.parse(str(model)) for model in matrix.index]
    is_rnn = np.array([point is not None and point.cell == RNN for point in points])
    gated = np.array([point is not None and point.cell in (LSTM, GRU) for point in points])
    pair = np.triu(np.ones(matrix.shape, bool), 1)
    groups = {
        "two RNNs": np.outer(is_rnn, is_rnn),
        "two LSTMs or GRUs": np.outer(gated, gated),
        "an RNN and an LSTM or GRU": np.outer(is_rnn, gated) | np.outer(gated, is_rnn),
    }
    means = [
        f"{name} {matrix.to_numpy()[pair & members].mean():.1%}"
        for name, members in groups.items()
        if (pair & members).any()
    ]
    yield f"The {len(matrix)} models are those of {_corpus(corpus)}."
    if means:
        yield f"Mean agreement on the most likely character: {listed(means)}."


def table2(results: Path) -> Iterator[str]:
    """The best of each family of models, by corpus."""
    table = contexts.read_csv(results / "tables" / "table2.csv")
    for corpus, part in table.groupby("corpus", sort=False):
        best = [
            f"{_model(row.model)} {row.cross_entropy:.3f}"
            for row in part.loc[
                part.groupby("family", sort=False)["cross_entropy"].idxmin()
            ].itertuples()
        ]
        split = part["split"].iloc[0]
        yield f"Lowest on {_corpus(corpus)}, split by {split}: {listed(best)}."
    for family, part in table[table["difference"].notna()].groupby("family", sort=False):
        low, high = part["difference"].min(), part["difference"].max()
        yield (
            f"Differences from the paper's numbers, {rst(contexts.TITLES[str(family)])}: "
            f"{signed(low)} to {signed(high)}."
        )


def cells(results: Path) -> Iterator[str]:
    """Which cell tracks what, and how well on text it was not chosen on."""
    table = pd.read_csv(results / "figures" / "figure2.csv")
    shown = table[table["panel"] != TYPICAL].drop_duplicates(["corpus", "model", "panel"])
    for (corpus, model), part in shown.groupby(["corpus", "model"], sort=False):
        found = [
            f"{rst(row.title)} (layer {row.layer}, cell {row.unit}: {_score(row)})"
            for row in part.itertuples()
        ]
        yield f"On {_corpus(corpus)}, the best cells of {_model(model)}: {listed(found)}."


def _score(row) -> str:
    """A cell's score on held-out text, as the figure gives it."""
    if row.measure == "correlation":
        return f"correlation {row.held_out:.2f}".replace("-", "−")
    low = ", low for yes" if row.held_out < 0.5 else ""
    return f"AUC {max(row.held_out, 1 - row.held_out):.2f}{low}"


def gates(results: Path) -> Iterator[str]:
    """How many gates are nearly always open or shut, and how the first layer differs."""
    table = saturation.read_csvs([results / "figures" / "figure3.csv"])
    for (corpus, model), part in table.groupby(["corpus", "model"], sort=False):
        counts = [
            f"{(gate['right'] > ALMOST_ALWAYS).sum()} and {(gate['left'] > ALMOST_ALWAYS).sum()} "
            f"of {len(gate)} {name} gates"
            for name, gate in part.groupby("title", sort=False)
        ]
        yield (
            f"In {_model(model)} on {_corpus(corpus)}, for more than {ALMOST_ALWAYS:.0%} of the "
            f"text open and shut are {listed(counts)}."
        )
        time = (part["left"] + part["right"]).groupby(part["layer"]).mean()
        if len(time) > 1:
            each = listed([f"{share:.0%} in layer {layer}" for layer, share in time.items()])
            yield f"Of the time, gates are at one end or the other {each}."


def error_overlap(results: Path) -> Iterator[str]:
    """How many errors each model of a trio makes, alone and with the others."""
    table = overlap.read_csv(results / "tables" / "error_overlap.csv")
    for (corpus, models), part in table.groupby(["corpus", "models"], sort=False):
        names, ids = part["trio"].iloc[0].split("+"), models.split(" ")
        percent = part.set_index("region")["percent"]
        each = [
            f"{_model(model)} {total:.1f} % (alone {percent[overlap.region_name([role])]:.1f} %)"
            for role, model, total in zip(names, ids, overlap.totals(part), strict=True)
        ]
        shared = percent[overlap.region_name(names)]
        yield (
            f"Errors on {_corpus(corpus)}, of all test characters: {listed(each)}; {shared:.1f} % "
            "are errors of all."
        )


def advantage(results: Path) -> Iterator[str]:
    """The three characters that are furthest apart each way."""
    table = advantages.read_csv(results / "tables" / "advantage.csv")
    for (corpus, model), part in table.groupby(["corpus", "model"], sort=False):
        ahead, behind = advantages.largest(part, 3)
        sides = (model, ahead), (part["baseline"].iloc[0], behind.iloc[::-1])
        each = [
            f"{_model(name)} leads most on {listed([_lead(row) for row in x.itertuples()])}"
            for name, x in sides
            if len(x)
        ]
        if each:
            yield f"On {_corpus(corpus)}, {'; '.join(each)}."


def _lead(row) -> str:
    return f"“{rst(row.character)}” (by {abs(row.difference):.3f})"


def closings(results: Path) -> Iterator[str]:
    """How far the LSTM is ahead of the n-gram model by distance."""
    table = closing.read_csv(results / "tables" / "closings.csv")
    for (corpus, pair), part in table.groupby(["corpus", "pair"], sort=False):
        wide = part[part["role"] != EXTERNAL].pivot_table("probability", ["low", "high"], "role")
        wide = wide.reindex(columns=[LSTM, N_GRAM]).dropna()
        if wide.empty:
            continue
        models = part.drop_duplicates("role").set_index("role")["model"]
        lead = wide[LSTM] - wide[N_GRAM]
        low, high = lead.idxmax()
        most = f", by up to {lead.max():.3f} (at {low} to {high} characters)"
        yield (
            f"On {_corpus(corpus)}, {rst(closing.pair_title(str(pair)))}: {_model(models[LSTM])} "
            f"is ahead of {_model(models[N_GRAM])} at {(lead > 0).sum()} of {len(lead)} "
            f"{'distance' if len(lead) == 1 else 'distances'}{most if lead.max() > 0 else ''}."
        )


def dynamics(results: Path) -> Iterator[str]:
    """When the model in training came nearest each other model, and which it overtook."""
    summary = training.summary(training.read_csv(results / "tables" / "dynamics.csv"))
    for (corpus, model), part in summary.groupby(["corpus", "model"], sort=False):
        turned = part["kl_minimum_epoch"].notna()
        nearest = [
            f"{_model(r.other)} after {r.kl_minimum_epoch:.2f} epochs ({r.kl_minimum:.2f} nats)"
            for r in part[turned].itertuples()
        ]
        who, where = _model(model), _corpus(corpus)
        if nearest:
            yield f"{who} on {where} was nearest {listed(nearest)}."
        coming = [_model(other) for other in part.loc[~turned, "other"]]
        if coming:
            yield f"At the last checkpoint {who} on {where} was still nearing {listed(coming)}."
        yield from _overtaken(part)


def _overtaken(part: pd.DataFrame) -> Iterator[str]:
    overtaken = part[part["crossing_epoch"].notna()]
    each = [f"{_model(r.other)} at {r.crossing_epoch:.2f}" for r in overtaken.itertuples()]
    yield f"It overtook {listed(each) if each else 'none of them'}."


def errors(results: Path) -> Iterator[str]:
    """How many errors each model makes, and of what kinds."""
    table = error_analysis.read_categories(results / "tables" / "error_categories.csv")
    for (corpus, model), part in table.groupby(["corpus", "model"], sort=False):
        made = part["errors"].sum()
        kinds = part.groupby("family", sort=False)["percent"].sum()
        yield (
            f"{_model(model)} on {_corpus(corpus)} makes {made:,} errors "
            f"({made / part['characters'].iloc[0]:.0%} of the characters): "
            + listed([f"{rst(str(kind))} {percent:.0f} %" for kind, percent in kinds.items()])
            + "."
        )


def eliminated(results: Path) -> Iterator[str]:
    """What the largest model's fewer errors are fewer of."""
    table = pd.read_csv(results / "tables" / "errors_eliminated.csv")
    if table.empty:
        return
    small, large = (_model(table[key].iloc[0]) for key in ("small", "large"))
    gone = table["eliminated"].sum()
    if gone <= 0:
        yield f"{large} does not make fewer errors than {small}."
        return
    kinds = table.groupby("family", sort=False)["eliminated"].sum() / gone
    yield (
        f"{large} makes {gone:,} fewer errors than {small}; of these, "
        + listed([f"{share:.0%} {rst(str(kind))}" for kind, share in kinds.items()])
        + "."
    )


def paper_vs_ours(results: Path) -> Iterator[str]:
    """How many numbers and findings of the paper this run confirms."""
    numbers = pd.read_csv(results / "tables" / "paper_vs_ours.csv")
    compared = numbers.loc[numbers["comparable"].astype(bool), "verdict"]
    if len(numbers):
        counted = {verdict: int((compared == verdict).sum()) for verdict in VERDICTS}
        counts = [f"{count} {v}" for v, count in counted.items() if count or v != "vague"]
        yield (
            f"{len(numbers)} numbers of the paper are here too; {len(compared)} can be compared, "
            f"of which {listed(counts)}."
        )
    else:
        yield "This run has none of the paper's numbers: other texts, or other networks."
    findings = pd.read_csv(results / "tables" / "findings.csv")
    findings = findings[findings["comparable"].astype(bool)]
    found = findings["verdict"].value_counts(sort=False)
    if len(found):
        said = listed([f"{n} {rst(str(verdict))}" for verdict, n in found.items()])
        yield f"Findings, text by text: {said}."


SENTENCES: dict[str, Callable[..., Iterator[str]]] = {
    "cross_entropy": cross_entropy,
    "agreement": agreement,
    "table2": table2,
    "cells": cells,
    "gates": gates,
    "error_overlap": error_overlap,
    "advantage": advantage,
    "closings": closings,
    "dynamics": dynamics,
    "errors": errors,
    "eliminated": eliminated,
    "paper_vs_ours": paper_vs_ours,
}
"""What captions can ask for."""
