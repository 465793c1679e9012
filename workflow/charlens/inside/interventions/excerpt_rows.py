"""Lines of text with and without an intervention, for Figure 8: what the table has."""

from __future__ import annotations

import pandas as pd

from charlens.files import csv_tables
from charlens.files.atomic import FilePath

COLUMNS = {
    "corpus": "string",
    "model": "string",
    "concept": "string",
    "title": "string",
    "layer": "int64",  # from 1
    "unit": "int64",
    "encoding": "string",  # of the text
    "symbols": "string",  # whose probability is shown, byte values apart by spaces
    "place": "int64",  # from 0
    "byte": "int64",  # the byte that comes there
    "target": "bool",  # it is one of the symbols where the concept opens, closes or the like
    "p": "float64",  # probability of the symbols, the network left alone
    "p_low": "float64",  # the cell clamped low
    "p_high": "float64",  # the cell clamped high
}


def read(path: FilePath) -> pd.DataFrame:
    """Read a table of excerpts. Raises CharlensError: no such file, or not such a table."""
    return csv_tables.read(path, COLUMNS, "a table of excerpts", "intervene")
