"""How alike a network in training and trained models of short memory predict: table and words.

Paper, section 4.3 and Figure 5 (right); compared in
:mod:`charlens.analyses.training_dynamics.measure`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from charlens.display.markdown import table as markdown_table
from charlens.display.wording import listed, rst_corpus, rst_model
from charlens.files import csv_tables
from charlens.files.atomic import FilePath
from charlens.models import names as model_id
from charlens.paper import numbers as paper
from charlens.paper import texts

COLUMNS = {
    "corpus": "string",
    "model": "string",  # the one in training
    "epoch": "float64",
    "other": "string",  # the trained model it is compared with
    "characters": "int64",
    "kl": "float64",  # mean of KL(p‖q) + KL(q‖p), nats
    "loss": "float64",  # of the model in training, nats per character
    "other_loss": "float64",
    "loss_difference": "float64",  # other_loss − loss: positive where the model in training leads
}


def read(path: FilePath) -> pd.DataFrame:
    """Read a table of :func:`charlens.analyses.training_dynamics.measure.measure`, kept as CSV.

    Raises:
        CharlensError: no such file, or not such a table.
    """
    return csv_tables.read(path, COLUMNS, "a table of training dynamics", "dynamics")


SUMMARY = {
    "corpus": "string",
    "model": "string",
    "other": "string",
    "kl_minimum": "float64",  # nats; NaN where it still falls at the last checkpoint
    "kl_minimum_epoch": "float64",
    "crossing_epoch": "float64",  # where the model in training overtakes; NaN if it does not
    "paper_kl_minimum": "float64",  # ± 0.1; NaN where the paper has none
    "paper_kl_minimum_epoch": "float64",
    "paper_crossing_epoch": "float64",
}
"""Columns of :func:`summary`. The paper's corpus and size of network are not stated."""


def summary(frame: pd.DataFrame) -> pd.DataFrame:
    """When a model in training is most like each other model, and when it overtakes it.

    A KL that is least at the last checkpoint has not turned: where it would have is not known.
    """
    rows = []
    for (corpus, model, other), part in frame.groupby(["corpus", "model", "other"], sort=False):
        least = (float("nan"), float("nan"))
        if part["kl"].notna().any():  # none is a number where the model in training has diverged
            nearest = part.loc[part["kl"].idxmin()]
            if nearest["epoch"] != part["epoch"].max():
                least = (nearest["kl"], nearest["epoch"])
        ours = (*least, _crossing(part))
        printed = [paper.dynamics(str(other), key) for key in _PAPER_KEYS]
        rows.append((corpus, model, other, *ours, *printed))
    return pd.DataFrame(rows, columns=list(SUMMARY)).astype(SUMMARY)


_PAPER_KEYS = ("kl_minimum", "kl_minimum_epoch", "loss_crossing_epoch")


def _crossing(part: pd.DataFrame) -> float:
    """The epoch at which the loss difference turns positive, between checkpoints by a line."""
    epoch, lead = part["epoch"].to_numpy(), part["loss_difference"].to_numpy()
    behind = np.flatnonzero(~(lead > 0))  # so is a model whose loss is no number
    if len(behind) == 0:
        return float(epoch[0])
    last = behind[-1]
    if last == len(lead) - 1:
        return float("nan")
    if not np.isfinite(lead[last]):
        return float(epoch[last + 1])
    share = -lead[last] / (lead[last + 1] - lead[last])
    return float(epoch[last] + share * (epoch[last + 1] - epoch[last]))


def markdown(frame: pd.DataFrame) -> str:
    """The summary as Markdown, the paper's numbers (for n-NNs) in brackets."""
    first = frame.iloc[0]
    text, model = texts.corpus_title(first["corpus"]), model_id.title(first["model"])
    rows = []
    for row in summary(frame).itertuples():
        pairs = (
            (row.kl_minimum, row.paper_kl_minimum),
            (row.kl_minimum_epoch, row.paper_kl_minimum_epoch),
            (row.crossing_epoch, row.paper_crossing_epoch),
        )
        cells = [_number(ours) + (f" ({x:.2f})" if x == x else "") for ours, x in pairs]
        rows.append([model_id.title(row.other), *cells])
    head = ["compared with", "least KL", "at epoch", "overtaken at epoch"]
    lines = [
        "# Training dynamics",
        "",
        f"## {text}: {model} in training, against trained models",
        "",
        "Symmetric KL in nats (mean of both directions' sum over the test split); in brackets the "
        "paper's, measured off its Figure 5 (± 0.1), whose corpus and network size are not stated.",
        "",
        *markdown_table(head, rows, "l"),
    ]
    return "\n".join(lines) + "\n"


def _number(value: float) -> str:
    return f"{value:.2f}" if value == value else "not yet"


def sentences(frame: pd.DataFrame) -> Iterator[str]:
    """When the model in training came nearest each other model, and which it overtook."""
    for (corpus, model), part in summary(frame).groupby(["corpus", "model"], sort=False):
        turned = part["kl_minimum_epoch"].notna()
        nearest = [
            f"{rst_model(r.other)} after {r.kl_minimum_epoch:.2f} epochs ({r.kl_minimum:.2f} nats)"
            for r in part[turned].itertuples()
        ]
        who, where = rst_model(model), rst_corpus(corpus)
        if nearest:
            yield f"{who} on {where} was nearest {listed(nearest)}."
        coming = [rst_model(other) for other in part.loc[~turned, "other"]]
        if coming:
            yield f"At the last checkpoint {who} on {where} was still nearing {listed(coming)}."
        yield from _overtaken(part)


def _overtaken(part: pd.DataFrame) -> Iterator[str]:
    overtaken = part[part["crossing_epoch"].notna()]
    names = [f"{rst_model(r.other)} at {r.crossing_epoch:.2f}" for r in overtaken.itertuples()]
    yield f"It overtook {listed(names) if names else 'none of them'}."
