"""The best cell of each concept as judged by :mod:`charlens.inside.evidence`: its columns."""

from __future__ import annotations

import pandas as pd

from charlens.files import csv_tables
from charlens.files.atomic import FilePath

COLUMNS = {
    "corpus": "string",
    "model": "string",
    "concept": "string",
    "measure": "string",  # correlation or auc
    "best_layer": "int64",  # from 1; the cell is chosen on the first half of the streams
    "best_unit": "int64",
    "strength": "float64",  # of that cell on the second half, as all that follows; 0 … 1
    "low": "float64",
    "high": "float64",
    "p_max": "float64",
    "q": "float64",
    "untrained_median": "float64",  # best cells of networks with initial weights
    "untrained_95": "float64",
    "shuffled_median": "float64",  # of networks whose trained weights are shuffled
    "shuffled_95": "float64",
    "bytes_1": "float64",  # a linear function of the last byte
    "bytes_3": "float64",  # of the last three bytes
    "latch_median": "float64",  # this network's best cells for arbitrary latches
    "latch_95": "float64",
    "type_median": "float64",  # for arbitrary functions of the last byte
    "type_95": "float64",
    "controls": "int64",  # how many latches there were
    "selectivity": "float64",  # strength − latch_median
    "probe": "float64",  # a linear function of all cells
    "probe_selectivity": "float64",  # the same less its median for latches
    "localisation": "float64",  # strength / probe: 1 where one cell knows it all
    "cells_for_90": "float64",  # cells enough for 90 % of the probe; empty for more than 20
    "interpretable": "bool",  # more than chance and than every baseline
}
"""Columns of the evidence about every concept."""

BASELINES = {
    "untrained_95": "untrained networks",
    "shuffled_95": "shuffled weights",
    "bytes_3": "last 3 bytes",
    "latch_95": "arbitrary latches",
}
"""Baselines that the interval of a best cell must exceed, and what they are called."""


def read(path: FilePath) -> pd.DataFrame:
    """Read the table of all models. Raises CharlensError: no such file, or not such a table."""
    return csv_tables.read(path, COLUMNS, "a table of evidence about cells", "evidence")
