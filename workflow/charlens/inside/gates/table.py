"""How often gates are open or shut (paper, section 4.2 and Figure 3)."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from charlens.display.wording import listed, rst_corpus, rst_model
from charlens.files import csv_tables
from charlens.files.atomic import FilePath

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


def read(path: FilePath) -> pd.DataFrame:
    """Read a table of :func:`charlens.inside.gates.measure.measure`, kept as CSV.

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
