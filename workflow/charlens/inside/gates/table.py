"""How often gates are open or shut (paper, section 4.2 and Figure 3)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import torch

from charlens.display.wording import listed, rst_corpus, rst_model
from charlens.files import csv_tables
from charlens.files.atomic import FilePath
from charlens.models.running import running
from charlens.models.trained import TrainedModel
from charlens.runtime.progress import progress
from charlens.text.corpus import Codes

LEFT, RIGHT = 0.1, 0.9
"""A gate below LEFT is left-saturated, one above RIGHT right-saturated."""

ALMOST_ALWAYS = 0.9
"""A gate is almost always open or shut that is so for more than this share of the characters."""

COLUMNS = {
    "corpus": "string",
    "model": "string",
    "gate": "string",  # by the paper's letter
    "title": "string",  # the gate's name in words
    "layer": "int64",  # from 1
    "unit": "int64",
    "characters": "int64",  # over which the fractions are taken
    "left": "float64",  # fraction of characters
    "right": "float64",  # fraction of characters
}


def table(
    trained: TrainedModel, corpus: str, codes: Codes, steps: int, device: str
) -> pd.DataFrame:
    """Fractions of the test split during which each gate of each unit is saturated.

    Gates are rounded to float16 before they are compared, as in the activation store, so that
    counting a dump gives the same numbers.

    Args:
        trained: the model.
        corpus: name of its corpus.
        codes: vocabulary codes of the test split, uint8 (B, length + 1).
        steps: window length; divides length.
        device: auto, cpu or cuda.

    Returns:
        One row per gate, layer and unit, with the columns of :data:`COLUMNS`; empty for a model
        without gates.
    """
    model = trained.ready(codes.shape[0], steps, device)
    counts: dict[tuple[str, int], torch.Tensor] = {}
    total = codes.shape[0] * (codes.shape[1] - 1)
    with progress(total, f"{corpus}/{trained.model} gates", "char") as bar:
        for _, inputs, _ in running(model, codes):
            for layer, quantities in enumerate(model.quantities(), 1):
                for gate in model.gate_titles:
                    values = quantities[gate][0].half().float().flatten(0, 1)
                    found = torch.stack([(values < LEFT).sum(0), (values > RIGHT).sum(0)])
                    counts[gate, layer] = counts.get((gate, layer), 0) + found
            bar.update(inputs.numel())
    parts = [
        _rows(corpus, trained.model, (gate, title), layer, counts[gate, layer], total)
        for gate, title in model.gate_titles.items()
        for layer in range(1, len(model.quantities()) + 1)
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))


def _rows(
    corpus: str, model: str, gate: tuple[str, str], layer: int, counts: torch.Tensor, total: int
) -> pd.DataFrame:
    left, right = (counts.cpu().numpy() / total).tolist()
    names = {"corpus": corpus, "model": model, "gate": gate[0], "title": gate[1], "layer": layer}
    units = {"unit": np.arange(len(left)), "characters": total, "left": left, "right": right}
    return pd.DataFrame(names | units).astype(COLUMNS)


def read(path: FilePath) -> pd.DataFrame:
    """Read a table made by :func:`table`, written by :func:`charlens.files.csv_tables.write`.

    Raises:
        CharlensError: no such file, or not such a table.
    """
    return csv_tables.read(path, COLUMNS, "a table of saturated gates", "saturation")


def sentences(frame: pd.DataFrame) -> Iterator[str]:
    """How many gates are nearly always open or shut, and how the first layer differs."""
    for (corpus, model), part in frame.groupby(["corpus", "model"], sort=False):
        counts = [
            f"{(gate['right'] > ALMOST_ALWAYS).sum()} and {(gate['left'] > ALMOST_ALWAYS).sum()} "
            f"of {len(gate)} {name} gates"
            for name, gate in part.groupby("title", sort=False)
        ]
        yield (
            f"In {rst_model(model)} on {rst_corpus(corpus)}, for more than {ALMOST_ALWAYS:.0%} of "
            f"the text open and shut are {listed(counts)}."
        )
        time = (part["left"] + part["right"]).groupby(part["layer"]).mean()
        if len(time) > 1:
            shares = listed([f"{share:.0%} in layer {layer}" for layer, share in time.items()])
            yield f"Of the time, gates are at one end or the other {shares}."
