"""The numbers of Karpathy, Johnson & Fei-Fei (2015), arXiv:1506.02078v2, as data files.

See ``data/README.md`` for what each file holds and how exactly it is known.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from functools import cache
from importlib import resources


@cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    """All rows of ``data/{name}.csv``, values as the text in the file.

    Raises:
        FileNotFoundError: there is no such file (a bug: the files are part of the package).
    """
    path = resources.files("charlens.paper") / "data" / f"{name}.csv"
    text = path.read_bytes().decode("utf-8")
    return tuple(csv.DictReader(io.StringIO(text, newline="")))


@cache
def counts() -> dict[str, int]:
    """Number of the paper's numbers in the data files, by figure."""
    by_corpus = Counter(row["corpus"] for row in rows("figure4_advantage"))
    return {
        "Figure 1": len(_figure1()),
        "Table 2": len(_table2()),
        "Figure 4 left": len(rows("figure4_overlap")),
        "Figure 4 middle": 2 * by_corpus["linux_kernel"],  # by the LSTM and by the 20-gram
        "Figure 4 right": 2 * by_corpus["war_and_peace"],
        "Figure 5 left": 2 * len(rows("figure5_braces")),
        "Figure 5 right": len(_dynamics()),
        "Figure 6": len(_oracles()),
    }


@cache
def _figure1() -> dict[tuple[str, str, int, int], float]:
    return {
        (row["corpus"], row["cell"], int(row["layers"]), int(row["size"])): float(
            row["cross_entropy"]
        )
        for row in rows("figure1_cross_entropy")
        if row["cross_entropy"]
    }


def cross_entropy(corpus: str, cell: str, layers: int, size: int) -> float | None:
    """Test cross-entropy in Figure 1 (left), nats per character; None where the paper has none."""
    return _figure1().get((corpus, cell, layers, size))


@cache
def _table2() -> dict[tuple[str, str, int], float]:
    return {
        (row["corpus"], row["model"], int(row["n"])): float(row["cross_entropy"])
        for row in rows("table2_ngram")
    }


def context_cross_entropy(corpus: str, family: str, n: int) -> float | None:
    """Test cross-entropy in Table 2, nats per character; None where the paper has none.

    Args:
        corpus: ``war_and_peace`` or ``linux_kernel``.
        family: ``n-gram`` or ``n-nn``.
        n: characters of context.
    """
    return _table2().get((corpus, family, n))


@cache
def _dynamics() -> dict[tuple[str, str], float]:
    rows_ = rows("figure5_dynamics")
    return {
        (f"n-nn-{row['model'].split('-')[0]}", key): float(value)
        for row in rows_
        for key, value in row.items()
        if key != "model"
    }


def dynamics(other: str, quantity: str) -> float:
    """A number of Figure 5 (right) about the LSTM in training beside a trained model.

    Args:
        other: the trained model, such as ``n-nn-3``.
        quantity: a column of ``figure5_dynamics.csv``, such as ``kl_minimum``.

    Returns:
        The number as measured off the figure; NaN where the paper has none.
    """
    return _dynamics().get((other, quantity), float("nan"))


@cache
def _oracles() -> dict[tuple[str, str], float]:
    return {
        (row["model"], row["oracle"]): float(row["percent_of_errors"])
        for row in rows("figure6_oracles")
    }


def oracle(model: str | None, name: str) -> float:
    """A slice of a pie of Figure 6, percent of the model's errors, measured to ± 0.1.

    Args:
        model: ``lstm-3x512`` or ``lstm-2x64``.
        name: the oracle, as in ``figure6_oracles.csv``.

    Returns:
        NaN for other models.
    """
    return _oracles().get((str(model), name), float("nan"))


def error_overlap(corpus: str) -> dict[str, float]:
    """The regions of Figure 4 (left): percent of test characters that are errors of these models.

    The paper does not say of which corpus; the totals fit the kernel, so others get nothing. Keys
    such as ``lstm_only`` and ``lstm&n-nn`` mean the errors of these models and of no other.
    """
    if corpus != "linux_kernel":
        return {}
    return {
        row["errors_made_by"]: float(row["percent_of_test_characters"])
        for row in rows("figure4_overlap")
    }


def character_probabilities(corpus: str) -> dict[str, tuple[float, float]]:
    r"""Mean probability of the correct character in Figure 4, by the LSTM and by the 20-gram.

    Keys are characters as the file spells them: ``\r``, ``<s>`` for the space, else themselves.
    """
    return {
        row["character"]: (float(row["lstm"]), float(row["ngram20"]))
        for row in rows("figure4_advantage")
        if row["corpus"] == corpus
    }


def closing_brace_probabilities(corpus: str) -> dict[tuple[int, int], tuple[float, float]]:
    """Mean probability of ``}`` in Figure 5 (left), by the LSTM and by the 20-gram.

    Keys are the borders of the distance to its ``{``; only the kernel has any.
    """
    if corpus != "linux_kernel":
        return {}
    by_distance = {}
    for row in rows("figure5_braces"):
        low, high = map(int, row["distance"].split("-"))
        by_distance[low, high] = (float(row["lstm"]), float(row["ngram20"]))
    return by_distance
