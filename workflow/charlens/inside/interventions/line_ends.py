"""Where lines end with a cell that stands still at a column: what the table has."""

from __future__ import annotations

import pandas as pd

from charlens.files import csv_tables
from charlens.files.atomic import FilePath

NOWHERE = -1
"""Stands for the clamped column of the network left alone."""

COLUMNS = {
    "corpus": "string",
    "model": "string",
    "concept": "string",
    "layer": "int64",  # from 1
    "unit": "int64",
    "clamped": "int64",  # column at which the cell stands still; -1 left alone
    "value": "float64",  # that it was set to, −1 … 1
    "column": "int64",  # bytes of the line so far
    "n": "int64",  # characters there
    "hazard": "float64",  # mean probability that the line ends there
    "median": "float64",  # column at which half of the lines would have ended
}


def read(path: FilePath) -> pd.DataFrame:
    """Read a table of hazards. Raises CharlensError: no such file, or not such a table."""
    return csv_tables.read(path, COLUMNS, "a table of line ends", "intervene")
