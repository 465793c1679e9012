"""The tables of leakage for people."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pandas as pd

from charlens.analyses.leakage.table import LENGTHS
from charlens.display.markdown import table as markdown_table
from charlens.display.wording import number, signed
from charlens.models import names as model_id
from charlens.paper import texts


def markdown(frame: pd.DataFrame, models: pd.DataFrame) -> str:
    """Both tables as Markdown.

    Args:
        frame: copied text, one row per corpus (:data:`charlens.analyses.leakage.table.COLUMNS`).
        models: losses on it and off it (:data:`charlens.analyses.leakage.table.MODELS`).
    """
    lines = [
        "# Test text that was seen in training",
        "",
        "Share of the test characters in passages that the training text has word for word, by the "
        "least length of a passage in bytes. *Mean match*: bytes from a character on that the "
        "training text has.",
        "",
        *_copied_lines(frame),
        *_losses_lines(models),
        *_gap_lines(models),
    ]
    return "\n".join(lines) + "\n"


def _copied_lines(frame: pd.DataFrame) -> list[str]:
    rows = [
        [
            texts.corpus_title(row.corpus), row.split, f"{row.mean_match:.1f}",
            *(f"{getattr(row, f'copied_{least}'):.1%}" for least in LENGTHS),
        ]
        for row in frame.itertuples()
    ]  # fmt: skip
    head = ["Text", "split", "mean match", *(f"≥ {least}" for least in LENGTHS)]
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
            f"Nats per character, on passages of {least} bytes or more and elsewhere, with the "
            "95 % interval of the difference over streams."
            + ("" if pd.isna(baseline) else f" *Beyond*: how much more the "
               f"{model_id.title(str(baseline))} gains, which can only memorise."),
            "",
        )  # fmt: skip
        rows = [
            [
                model_id.title(row.model), number(row.on), number(row.off),
                _with_interval(row.gain, row.low, row.high),
                _with_interval(row.beyond, row.beyond_low, row.beyond_high),
            ]
            for row in part.itertuples()
        ]  # fmt: skip
        yield from markdown_table(["Model", "on copies", "off", "gain", "beyond"], rows, "lr")


def _with_interval(value: float, low: float, high: float) -> str:
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
        "nats per character; then the same less that of the 1-gram model, which remembers nothing: "
        "the text at the end may be harder.",
        "",
    )
    rows = [
        [texts.corpus_title(row.corpus), model_id.title(row.model), signed(row.split_gap),
         signed(row.beyond_text)]
        for row in split.itertuples()
    ]  # fmt: skip
    yield from markdown_table(["Text", "Model", "gap", "beyond the 1-gram's"], rows, "llr")
