"""The tables of leakage for people."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pandas as pd

from charlens.analyses.leakage.near import ALIKE, SHINGLE, WINDOW
from charlens.analyses.leakage.table import LENGTHS, LeakageTables
from charlens.display.markdown import table as markdown_table
from charlens.display.units import per
from charlens.display.wording import number, signed
from charlens.models import names as model_id
from charlens.paper import texts


def markdown(made: LeakageTables) -> str:
    """All tables as Markdown.

    Args:
        made: of :func:`charlens.analyses.leakage.table.tables`.
    """
    what = per(made.copied)
    lines = [
        "# Test text that was seen in training",
        "",
        f"Share of the test {what}s in passages that the training text has word for word, by the "
        f"least length of a passage in bytes. *Mean match*: bytes from a {what} on that the "
        f"training text has. *Nearly*: share in passages of {WINDOW} bytes that are nearly one of "
        f"the training text (Jaccard index of their runs of {SHINGLE} bytes above {ALIKE:g}).",
        "",
        *_copied_lines(made.copied),
        *_losses_lines(made.models),
        *_gap_lines(made.models),
        *_distance_lines(made.distances),
    ]
    return "\n".join(lines) + "\n"


def _copied_lines(frame: pd.DataFrame) -> list[str]:
    rows = [
        [
            texts.corpus_title(row.corpus), row.split, f"{row.mean_match:.1f}",
            *(f"{getattr(row, f'copied_{least}'):.1%}" for least in LENGTHS),
            "–" if pd.isna(row.near) else f"{row.near:.1%}",
        ]
        for row in frame.itertuples()
    ]  # fmt: skip
    head = ["Text", "split", "mean match", *(f"≥ {least}" for least in LENGTHS), "nearly"]
    return markdown_table(head, rows, "llr")


def _losses_lines(models: pd.DataFrame) -> Iterator[str]:
    for corpus, part in models.groupby("corpus", sort=False):
        if part["on"].isna().all():
            continue
        least, baseline = part["least"].iloc[0], part["baseline"].iloc[0]
        yield from (
            "",
            f"## {texts.corpus_title(str(corpus))}: losses on copied text and off it",
            "",
            f"Nats per {per(part)}, on passages of {least} bytes or more and elsewhere, with the "
            "95 % interval of the difference over streams."
            + ("" if pd.isna(baseline) else f" *Beyond*: how much more the "
               f"{model_id.title(str(baseline))} gains, which can only memorise.")
            + " *Training*: loss on the training text, in the epoch of the weights; empty where "
            "dropout was on or the loss still fell. *More*: that on the test text less it.",
            "",
        )  # fmt: skip
        rows = [
            [
                model_id.title(row.model), number(row.on), number(row.off),
                _with_interval(row.gain, row.low, row.high),
                _with_interval(row.beyond, row.beyond_low, row.beyond_high),
                number(row.train),
                _with_interval(row.generalisation),
            ]
            for row in part.itertuples()
        ]  # fmt: skip
        yield from markdown_table(_LOSSES_HEAD, rows, "lr")


_LOSSES_HEAD = ["Model", "on copies", "off", "gain", "beyond", "training", "more"]


def _with_interval(value: float, low: float = math.nan, high: float = math.nan) -> str:
    return signed(value) + ("" if math.isnan(low) else f" [{signed(low)}, {signed(high)}]")


def _gap_lines(models: pd.DataFrame) -> Iterator[str]:
    split = models[models["split_gap"].notna()]
    if split.empty:
        return
    yield from (
        "",
        "## What a stricter split costs",
        "",
        "Loss on a test text that follows all training text, less that on one from between it, "
        f"nats per {per(split)}; then the same less that of the 1-gram model, which remembers "
        "nothing: the text at the end may be harder. With 95 % intervals over streams of both "
        "texts.",
        "",
    )
    rows = [
        [texts.corpus_title(row.corpus), model_id.title(row.model),
         _with_interval(row.split_gap, row.split_gap_low, row.split_gap_high),
         _with_interval(row.beyond_text, row.beyond_text_low, row.beyond_text_high)]
        for row in split.itertuples()
    ]  # fmt: skip
    yield from markdown_table(["Text", "Model", "gap", "beyond the 1-gram's"], rows, "llr")


def _distance_lines(distances: pd.DataFrame) -> Iterator[str]:
    known = distances[distances["beyond"].notna()]
    if known.empty:
        return
    yield from (
        "",
        "## Does it help to be near the training text?",
        "",
        "Split by streams, training text begins where a test stream ends. Loss by distance from "
        "this end less that in the part without a number, less the same of the 1-gram model; "
        "negative at the end where a model does better near the text that it was trained on. By a "
        "stricter split no training text follows. Networks begin a stream without knowing what "
        "precedes, which costs them in the part furthest from the end.",
    )
    for corpus, own in distances.groupby("corpus", sort=False):
        if corpus not in set(known["corpus"]):
            continue
        edges = own.drop_duplicates("nearest")
        names = [f"{row.nearest:,}–{row.furthest:,}" for row in edges.itertuples()]
        rows = [["share in copies", *(f"{row.copied:.1%}" for row in edges.itertuples())]]
        rows += [
            [model_id.title(str(model)),
             *(_with_interval(row.beyond, row.low, row.high) for row in part.itertuples())]
            for model, part in own[own["model"].isin(known["model"])].groupby("model", sort=False)
        ]  # fmt: skip
        yield from (
            "",
            f"{texts.corpus_title(str(corpus))}, split by {edges['split'].iloc[0]}:",
            "",
        )
        head = f"{per(own).capitalize()}s before the end"
        yield from markdown_table([head, *names], rows, "lr")
