"""Checks of another model's probabilities against the test split that it scored."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from charlens.errors import CharlensError
from charlens.files.atomic import FilePath
from charlens.predictions.contract import EPSILON, LOG, LOG_SLACK, MAX_ENTROPY
from charlens.predictions.external_file import Numbers, fault


def check_values(path: FilePath, columns: Numbers, targets: np.ndarray, corpus: str) -> None:
    """Refuse the first impossible value; rows are still in the order of the file.

    Args:
        path: the file, for the error.
        columns: as numbers, each of shape (rows,).
        targets: byte values of the test split, uint8 (streams, length).
        corpus: its name.

    Raises:
        CharlensError: a value that breaks a rule, by its row.
    """
    for name, bad, expected in _violations(columns, targets, corpus):
        if bad.any():
            row = int(np.argmax(bad))
            raise fault(path, row, name, f"{columns[name][row]:.9g}", expected(row))


def _violations(
    columns: Numbers, targets: np.ndarray, corpus: str
) -> Iterator[tuple[str, np.ndarray, Callable[[int], str]]]:
    """Yield (column, rows that break the rule, the rule in words for one row).

    Each rule may rely on those before it, so the caller stops at the first that is broken.
    """
    position, size = columns["position"], targets.size
    limits = f"a whole number from 0 to {size - 1} ({corpus} has {size:,} test characters)"
    yield "position", _outside(position, 0, size - 1, whole=True), lambda row: limits
    at = position.astype(np.int64)
    for name, values in (("stream", at // targets.shape[1]), ("byte", targets.ravel()[at])):
        if name in columns:
            yield name, columns[name] != values, _of_corpus(values, at, corpus)
    for name, (low, high, whole, words) in _LIMITS.items():
        if name in columns:
            yield name, _outside(columns[name], low, high, whole), _always(words)
    if LOG in columns:
        probability = columns["probability"]
        bad = np.abs(np.exp(columns[LOG]) - probability) > LOG_SLACK
        yield LOG, bad, lambda row: f"the natural logarithm of the probability {probability[row]}"
    if "top_probability" in columns:
        # In float32, as the contract will be checked.
        one, top = (columns[key].astype(np.float32) for key in ("probability", "top_probability"))
        yield (
            "top_probability",
            top < one - EPSILON,
            lambda row: f"at least the probability {one[row]} of the byte that came",
        )


def _of_corpus(values: np.ndarray, at: np.ndarray, corpus: str) -> Callable[[int], str]:
    return lambda row: f"{values[row]}, as at position {at[row]} of {corpus}"


def _always(words: str) -> Callable[[int], str]:
    return lambda row: words


_LIMITS = {
    "probability": (0, 1 + EPSILON, False, "a number from 0 to 1 (not its logarithm)"),
    "log_probability": (-np.inf, EPSILON, False, "a natural logarithm of at most 0"),
    "entropy": (-EPSILON, MAX_ENTROPY + EPSILON, False, "a number of nats from 0 to ln 256"),
    "top_byte": (0, 255, True, "a whole number from 0 to 255"),
    "top_probability": (0, 1 + EPSILON, False, "a number from 0 to 1 (not its logarithm)"),
}


def _outside(values: np.ndarray, low: float, high: float, whole: bool) -> np.ndarray:
    """Which values do not lie in [low, high]; NaN, which compares false, does not."""
    bad = ~((values >= low) & (values <= high))
    return bad | (values != np.floor(values)) if whole else bad


def row_of_position(path: FilePath, position: np.ndarray, size: int) -> np.ndarray:
    """Row of each position in the file.

    Args:
        path: the file, for the error.
        position: of each row, (rows,).
        size: positions that the corpus has, N.

    Returns:
        int64 (N,).

    Raises:
        CharlensError: a position is missing or comes twice.
    """
    order = np.argsort(position, kind="stable")
    ordered = position[order]
    again = order[1:][ordered[1:] == ordered[:-1]]
    if again.size:
        row = int(again.min())
        first = int(np.argmax(position == position[row]))
        raise CharlensError(
            f"{path}: row {row}: position {position[row]} is given twice, first in row {first}; "
            "give each once"
        )
    if len(ordered) < size:
        wrong = ordered != np.arange(len(ordered))
        missing = int(np.argmax(wrong)) if wrong.any() else len(ordered)
        raise CharlensError(
            f"{path}: position {missing} is missing: {len(ordered):,} rows, expected one for each "
            f"of {size:,} test characters"
        )
    return order
