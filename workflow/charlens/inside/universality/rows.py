"""The tables of universality: their columns, and how they are read. Loads no torch."""

from __future__ import annotations

import pandas as pd

from charlens.files import csv_tables, parquet_tables
from charlens.files.atomic import FilePath

UNTRAINED = -1
"""Stands for the seed of a network with initial weights."""

# One row per cell of a training and other training, or untrained network, of the corpus.
CELLS = {
    "corpus": "string",
    "model": "string",
    "seed": "int64",
    "layer": "int64",  # from 1
    "unit": "int64",  # from 0
    "other": "string",
    "other_seed": "int64",  # UNTRAINED where it learned nothing
    "best_layer": "int64",  # the best match
    "best_unit": "int64",
    "r": "float32",  # with it, on the half that did not choose it
    "rotated": "float32",  # mean |r| of the best match in rotated networks
    "excess": "float32",  # |r| - rotated
    "paired_layer": "int64",  # the match where no cell is taken twice; 0 where none is left
    "paired_unit": "int64",  # -1 where none is left
    "paired_r": "float32",
}

# One row per pair of trainings of a corpus, and per training and untrained network.
PAIRS = {
    "corpus": "string",
    "model": "string",
    "seed": "int64",
    "other": "string",
    "other_seed": "int64",
    "cka": "float64",
    "svcca": "float64",
    "median_match": "float64",  # median over cells of |r| with the best match
    "median_rotated": "float64",
    "mean_paired": "float64",  # mean |r| where no cell is taken twice
    "concept_r": "float64",  # between the two cells that follow the concept, signs aligned
}

# One row per training and byte of the passage.
PASSAGE = {
    "corpus": "string",
    "model": "string",
    "seed": "int64",
    "concept": "string",
    "layer": "int64",
    "unit": "int64",
    "strength": "float64",  # |r| of the cell with the concept, on the half that did not choose it
    "place": "int64",  # in the passage, from 0
    "byte": "int64",
    "inside": "bool",  # the concept after reading it
    "value": "float64",  # of the cell after reading it, larger inside
}


def read_cells(path: FilePath) -> pd.DataFrame:
    """Read the table of cells of one corpus.

    Raises:
        CharlensError: no such file, or not such a table.
    """
    return parquet_tables.read(path, CELLS, "a table of matched cells", "match_cells")


def read_pairs(path: FilePath) -> pd.DataFrame:
    """Read the table of pairs of networks of one corpus; raises as :func:`read_cells`."""
    return csv_tables.read(path, PAIRS, "a table of similar networks", "match_cells")


def read_passage(path: FilePath) -> pd.DataFrame:
    """Read a passage as the cells of all trainings read it; raises as :func:`read_cells`."""
    return parquet_tables.read(path, PASSAGE, "a passage with cells", "match_cells")
