"""The paper's numbers beside a run's own, figure by figure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from charlens.analyses import ranking
from charlens.analyses.closings import table as closings
from charlens.analyses.contest import EXTERNAL
from charlens.analyses.context_length import table as table2
from charlens.analyses.cross_entropy.averaged import averaged
from charlens.analyses.oracles.averaged import averaged as averaged_errors
from charlens.analyses.shared_errors import overlap
from charlens.analyses.training_dynamics import table as dynamics
from charlens.models import names as model_id
from charlens.models.catalogue import CELLS, CONTEXT_FAMILIES, LSTM, N_GRAM, N_NN
from charlens.models.names import context_id, title
from charlens.paper import numbers as paper
from charlens.paper import texts
from charlens.paper.definitions import LARGE
from charlens.replication import tolerances
from charlens.replication.number import Number
from charlens.replication.run_tables import Tables, is_own_file
from charlens.replication.shuffled import BESIDE

PAPERS_N_GRAM = context_id(N_GRAM, 20)

PAPERS_N_NN = tuple(context_id(N_NN, n) for n in (5, 6, 7))
"""Each may be the best n-NN of Figure 4, which says 7-NN; Table 2 ends at 6, and 5 leads there."""

DYNAMICS_CORPUS = "linux_kernel"
"""Figure 5 (right) does not name its corpus. Its leads over the 1-, 2- and 3-NN differ by 0.74 and
0.46 nats, as the n-NNs' losses in Table 2 do on the kernel (0.733 and 0.469; 0.468 and 0.378 on War
and Peace)."""


def other_models(models: Sequence[str]) -> str:
    """Why these models' errors cannot be compared with Figures 4 and 5; empty if they can."""
    reasons = []
    for model in models:
        family, _ = model_id.context_model(model) or (table2.RECURRENT, None)
        allowed = {N_GRAM: (PAPERS_N_GRAM,), N_NN: PAPERS_N_NN}.get(family, (LARGE,))
        if model not in allowed:
            reasons.append(f"our {title(model)} against the paper's {title(allowed[-1])}")
    return ", ".join(reasons)


def _figure1(tables: Tables) -> Iterator[Number]:
    frame = averaged(tables.cross_entropy, tables.seeds)
    frame = frame[frame["paper"].notna()]
    sd = tables.seeds.set_index(["corpus", "model"])["seed_sd"]
    sound = frame[~ranking.diverged(frame) & frame["model"].str.startswith(f"{BESIDE}x")]
    off = sound["cross_entropy"] - sound["paper"]
    beside = {(row.corpus, row.size): off[row.Index] for row in frame.loc[off.index].itertuples()}
    for row in frame.itertuples():
        own = is_own_file(tables, row.corpus)
        tolerance = tolerances.of_loss(row.model, own)
        if row.seeds > 1:
            tolerance = tolerances.of_mean(tolerance, sd[row.corpus, row.model], row.seeds)
        number = _cross_entropy("Figure 1", row, tolerance, lower_is_better=True)
        if not own and row.Index not in off.index and (row.corpus, row.size) in beside:
            relative = row.cross_entropy - row.paper - beside[row.corpus, row.size]
            number = number._replace(relative=relative, relative_tolerance=tolerances.BESIDE_RNN_1)
        yield number


def _table2(tables: Tables) -> Iterator[Number]:
    frame = tables.table2
    frame = frame[frame["paper"].notna() & (frame["family"] != table2.RECURRENT)]
    for row in frame.itertuples():
        tolerance = tolerances.of_loss(row.model, is_own_file(tables, row.corpus))
        # An n-gram model is not trained to be good: below the paper's is as wrong as above.
        yield _cross_entropy("Table 2", row, tolerance, lower_is_better=row.family == N_NN)


def _cross_entropy(figure: str, row: Any, tolerance: float, lower_is_better: bool) -> Number:
    quantity = f"cross-entropy of {title(row.model)}"
    value, printed = row.cross_entropy, row.paper
    number = Number(figure, row.corpus, row.model, quantity, "nats/char", value, printed, tolerance)
    return number._replace(lower_is_better=lower_is_better)


_ROLES = {LSTM: CELLS[LSTM].title} | {name: f.title for name, f in CONTEXT_FAMILIES.items()}


def _figure4_left(tables: Tables) -> Iterator[Number]:
    frame = tables.overlap
    for row in frame[frame["paper"].notna()].itertuples():
        models, own = row.models.split(" "), is_own_file(tables, row.corpus)
        who = [_ROLES[role] for role in overlap.members_of(row.region)]
        alone = f"{' and '.join(who)} alone"
        yield Number(
            "Figure 4 left",
            row.corpus,
            row.models,
            f"errors of {'all three' if len(who) == len(models) else alone}",
            "% of test characters",
            row.percent,
            row.paper,
            tolerances.of_region(models, own),
            other_models(models),
        )


def _figure4_characters(tables: Tables) -> Iterator[Number]:
    frame = tables.advantage.sort_values("corpus", kind="stable")  # the paper's order
    for row in frame[frame["paper_probability"].notna()].itertuples():
        own = is_own_file(tables, row.corpus)
        once = "comes once in our test split" if row.count == 1 else ""
        if not once and math.isnan(row.difference_se):
            once = "comes in a single stream of our test split"
        for model, value, error, printed in (
            (row.model, row.probability, row.probability_se, row.paper_probability),
            (row.baseline, row.baseline_probability, row.baseline_se, row.paper_baseline),
        ):
            yield Number(
                "Figure 4 middle" if row.corpus == "linux_kernel" else "Figure 4 right",
                row.corpus,
                model,
                f"mean P(`{row.character}`) by {_kind(model)}",
                "probability",
                value,
                printed,
                tolerances.of_probability(model, own, tolerances.STANDARD_ERRORS * error),
                other_models([model]) or once,
            )


def _kind(model: str) -> str:
    return title(model) if model_id.context_model(model) else CELLS[LSTM].title


def _figure5_left(tables: Tables) -> Iterator[Number]:
    frame = tables.closings
    for row in frame[frame["paper"].notna() & frame["probability"].notna()].itertuples():
        spread = max(row.upper - row.probability, row.probability - row.lower)
        few = "one closing brace" if row.closings == 1 else ""
        if not few and math.isnan(spread):
            few = "closing braces of a single stream"
        distance = closings.bin_name(row.low, row.high)
        yield Number(
            "Figure 5 left",
            row.corpus,
            row.model,
            f"mean P(`}}`) by {_kind(row.model)}, `{{` {distance} characters before",
            "probability",
            row.probability,
            row.paper,
            tolerances.of_probability(row.model, is_own_file(tables, row.corpus), spread),
            other_models([row.model]) or few,
        )


def _figure5_right(tables: Tables) -> Iterator[Number]:
    for (corpus, model), frame in tables.dynamics.groupby(["corpus", "model"], sort=False):
        own, remark = is_own_file(tables, corpus), other_models([model])
        if corpus != DYNAMICS_CORPUS:
            remark = f"the paper's numbers fit the {texts.corpus_title(DYNAMICS_CORPUS)}"
        for row in dynamics.summary(frame).itertuples():
            if math.isnan(row.paper_kl_minimum):
                continue  # the paper has no n-gram models here
            part = frame[frame["other"] == row.other]
            slack = tolerances.of_loss(model, own) + tolerances.of_loss(row.other, own)
            for compared in (*_turns(row, part["epoch"].max()), *_moments(part, row.other, slack)):
                yield Number("Figure 5 right", corpus, model, *compared, remark)


Comparison = tuple[str, str, float, float, float]  # quantity, unit, ours, paper's, tolerance


def _turns(row: Any, end: float) -> Iterator[Comparison]:
    """Where the KL to an n-NN is least and where the loss crosses, if it was watched so long.

    Args:
        row: of :func:`charlens.analyses.training_dynamics.table.summary`.
        end: the epoch of the last checkpoint.
    """
    other, least, at = title(row.other), row.paper_kl_minimum, row.paper_kl_minimum_epoch
    if end >= at * (1 - tolerances.SAME_TIME):
        yield f"least KL to {other}", "nats", row.kl_minimum, least, tolerances.of_kl(least)
        when = f"when the KL to {other} is least"
        yield when, "epochs", row.kl_minimum_epoch, at, tolerances.EPOCHS
    crossing = row.paper_crossing_epoch
    if end >= crossing + tolerances.EPOCHS:
        when = f"when {other} is overtaken"
        yield when, "epochs", row.crossing_epoch, crossing, tolerances.EPOCHS


def _moments(part: pd.DataFrame, other: str, slack: float) -> Iterator[Comparison]:
    """KL to an n-NN and lead over it at the paper's first and last checkpoint, if ours has them.

    Args:
        part: the rows of the n-NN.
        other: its id.
        slack: nats per character that the lead may differ by for the two models.
    """
    for column, key in (
        ("kl", "kl_at_epoch_0.08"),
        ("kl", "kl_at_epoch_3.04"),
        ("loss_difference", "loss_difference_at_epoch_3.04"),
    ):
        printed, time = paper.dynamics(other, key), float(key.rsplit("_", 1)[1])
        nearest = part.loc[(part["epoch"] - time).abs().idxmin()]
        if abs(nearest["epoch"] - time) > tolerances.SAME_TIME * time:
            continue
        at = f"{title(other)} at epoch {time:g}"
        if column == "kl":
            yield f"KL to {at}", "nats", nearest[column], printed, tolerances.of_kl(printed)
        else:
            tolerance = tolerances.MEASURED_LEAD + slack
            yield f"lead in loss over {at}", "nats/char", nearest[column], printed, tolerance


def _figure6(tables: Tables) -> Iterator[Number]:
    frame = averaged_errors(tables.categories, tables.seed_errors)
    frame = frame[frame["role"] != EXTERNAL]
    errors = frame.groupby(["corpus", "model"])["errors"].transform("sum")
    for row, count in zip(frame.itertuples(), errors, strict=True):
        if math.isnan(row.paper):
            continue
        own = is_own_file(tables, row.corpus)
        tolerance = tolerances.of_slice(row.oracle, row.paper, count, row.model, own)
        if row.seeds > 1:
            tolerance = tolerances.of_mean(tolerance, row.seed_sd, row.seeds)
        yield Number(
            "Figure 6",
            row.corpus,
            row.model,
            f"{row.oracle} errors of the LSTM of size {model_id.grid_point(row.model).size}",
            "% of its errors",
            row.percent,
            row.paper,
            tolerance,
            "" if count else f"our {title(row.model)} makes no errors",
        )


FIGURES = (
    _figure1,
    _table2,
    _figure4_left,
    _figure4_characters,
    _figure5_left,
    _figure5_right,
    _figure6,
)
"""Each yields the numbers of one figure or table of the paper that a run has too."""
