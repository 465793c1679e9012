"""How often gates are open or shut (paper, section 4.2 and Figure 3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import torch

from charlens.files import csv_tables
from charlens.files.atomic import FilePath
from charlens.models.families import build_model
from charlens.models.running import running
from charlens.models.trained import TrainedModel, load_trained
from charlens.runtime.device import choose_device
from charlens.runtime.progress import progress
from charlens.text.corpus import Codes, Corpus, load_split

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
    where = choose_device(device)
    model = build_model(
        trained.shape, batch=codes.shape[0], steps=steps, device=where, training=False
    )
    model.load(trained.weights)
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


def write_saturation(
    inputs: Mapping[str, FilePath], output: FilePath, steps: int, device: str
) -> None:
    """Count a model's saturated gates over its test split, from files to a CSV file.

    Args:
        inputs: paths ``corpus`` (corpus.json), ``test`` (.npy) and ``model`` (.safetensors).
        output: the table to write.
        steps: window length; divides the stream length.
        device: auto, cpu or cuda.

    Raises:
        CharlensError: a damaged input, or a model of another corpus.
    """
    corpus = Corpus.load(inputs["corpus"])
    trained = load_trained(inputs["model"], corpus)
    codes = load_split(inputs["test"])
    csv_tables.write(table(trained, corpus.name, codes, steps, device), output)


def read_csvs(paths: Sequence[FilePath]) -> pd.DataFrame:
    """Read one or more tables written by :func:`write_saturation`, one after the other.

    Raises:
        CharlensError: no such file, or not such a table.
    """
    what, rule = "a table of saturated gates", "saturation"
    return pd.concat(
        [csv_tables.read(path, COLUMNS, what, rule) for path in paths], ignore_index=True
    )
