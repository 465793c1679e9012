"""The contract of a probabilities file: its columns, and the values that they may hold."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from charlens.errors import CharlensError
from charlens.files.atomic import FilePath

COLUMNS: dict[str, np.dtype] = {
    "position": np.dtype(np.int32),  # 0, 1, 2, …: index of the predicted byte among the targets
    "stream": np.dtype(np.int16),  # which of the split's streams the byte lies in
    "byte": np.dtype(np.uint8),  # the byte that came
    "probability": np.dtype(np.float32),  # of that byte
    "entropy": np.dtype(np.float32),  # of the predictive distribution, nats
    "top_byte": np.dtype(np.uint8),  # the most likely byte
    "top_probability": np.dtype(np.float32),  # of the most likely byte
}

OPTIONAL = ("entropy", "top_byte", "top_probability")

LOG = "log_probability"
"""ln of the probability: a column of those files alone whose probabilities float32 would round."""

DTYPES = {**COLUMNS, LOG: np.dtype(np.float64)}
"""Every column that a file may hold."""

LOG_SLACK = 1e-3
"""What the exponential of a log-probability may differ from the probability by: rounding."""

EPSILON = 1e-5  # rounding of float32 sums over the vocabulary

MAX_ENTROPY = math.log(256)

_MAY_BE_ABSENT = (*OPTIONAL, LOG)

SCHEMA = pa.schema([(name, pa.from_numpy_dtype(dtype)) for name, dtype in DTYPES.items()])

REMEDY = "write it again (charlens.predictions.file.write_probabilities does it right)"


def check_schema(path: FilePath, schema: pa.Schema) -> list[str]:
    """Check names and types of a file's columns; returns which of the contract's it has.

    Raises:
        CharlensError: a required column is missing, one comes twice, or one has another type.
    """
    names = [name for name in DTYPES if name in schema.names or name not in _MAY_BE_ABSENT]
    for field_ in map(SCHEMA.field, names):
        if schema.get_field_index(field_.name) < 0:
            raise CharlensError(f"{path}: column {field_.name} is missing or double; {REMEDY}")
        type_ = schema.field(field_.name).type
        if type_ != field_.type:
            raise CharlensError(
                f"{path}: column {field_.name} is {type_}, expected {field_.type}; {REMEDY}"
            )
    return names


def check_arrays(path: FilePath, columns: Mapping[str, np.ndarray]) -> int:
    """Check names, dtypes and shapes of the columns to write; returns the number of rows.

    Raises:
        CharlensError: a column is missing, unknown, of another dtype or length, or there is no row.
    """
    required = set(COLUMNS) - set(_MAY_BE_ABSENT)
    wrong = sorted((required - set(columns)) | (set(columns) - set(DTYPES)))
    if wrong:
        raise CharlensError(
            f"{path}: missing or unknown columns: {', '.join(wrong)}; give {list(DTYPES)}, the "
            "last four where known"
        )
    rows = len(columns["position"])
    for name, array in columns.items():
        if array.dtype != DTYPES[name]:
            raise CharlensError(f"{path}: column {name} is {array.dtype}, expected {DTYPES[name]}")
        if array.shape != (rows,):
            raise CharlensError(
                f"{path}: column {name} has shape {array.shape}, expected ({rows},) as position"
            )
    if rows == 0:
        raise CharlensError(f"{path}: no rows to write, expected one per test character")
    return rows


def check_nulls(path: FilePath, batch: pa.RecordBatch, start: int) -> None:
    """Refuse an empty value.

    Args:
        path: the file, for the error.
        batch: some of its rows.
        start: the number of the first of them.

    Raises:
        CharlensError: the first empty value, by its row.
    """
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if column.null_count:
            row = start + int(np.argmax(column.is_null().to_numpy(zero_copy_only=False)))
            raise CharlensError(f"{path}: row {row}: {name} is empty, expected a value; {REMEDY}")


def check_values(
    path: FilePath, part: Mapping[str, np.ndarray], start: int, previous_stream: int
) -> int:
    """Check some rows of those contract columns that are there.

    Args:
        path: the file, for the error.
        part: the columns, each of shape (rows,); ``position`` among them.
        start: the number of the first row.
        previous_stream: stream of the row before (streams never go back).

    Returns:
        The stream of the last row, to be given with the next rows.

    Raises:
        CharlensError: the first value that breaks a rule, by its row.
    """
    for name, bad, expected in _violations(part, start, previous_stream):
        if bad.any():
            row = int(np.argmax(bad))
            raise CharlensError(
                f"{path}: row {start + row}: {name} is {part[name][row]}, expected "
                f"{expected(row)}; {REMEDY}"
            )
    return int(part["stream"][-1]) if "stream" in part else 0


def _violations(part: Mapping[str, np.ndarray], start: int, previous_stream: int):
    """Yield (column, rows that break the rule, the rule in words for one row)."""
    position = part["position"]
    ascending = np.arange(start, start + len(position))
    yield "position", position != ascending, lambda row: f"{start + row} (rows count up from 0)"
    if "stream" in part:
        before = np.concatenate(([previous_stream], part["stream"][:-1]))
        yield "stream", part["stream"] < before, lambda row: f"at least {before[row]} (never back)"
    # Written so that NaN, which compares false with everything, breaks the rule.
    for name in ("probability", "top_probability"):
        if name in part:
            bad = ~((part[name] >= 0) & (part[name] <= 1 + EPSILON))
            yield name, bad, lambda row: "a number from 0 to 1"
    if LOG in part:
        logs = part[LOG]
        yield LOG, ~(logs <= EPSILON), lambda row: "a natural logarithm of at most 0"
        if "probability" in part:
            bad = np.abs(np.exp(logs) - part["probability"]) > LOG_SLACK
            yield LOG, bad, lambda row: f"ln of the probability {part['probability'][row]}"
    if "entropy" in part:
        entropy = part["entropy"]
        bad = ~((entropy >= -EPSILON) & (entropy <= MAX_ENTROPY + EPSILON))
        yield "entropy", bad, lambda row: "a number of nats from 0 to ln 256"
    if "probability" in part and "top_probability" in part:
        bad = part["top_probability"] < part["probability"] - EPSILON
        yield (
            "top_probability",
            bad,
            lambda row: (
                f"at least the probability {part['probability'][row]} of the byte that came"
            ),
        )
