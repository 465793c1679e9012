"""How long cells remember, and which stand out, without any concept.

Forget gates say how long a cell could keep a value; autocorrelation says how long it does. A cell
that keeps one of two values for long is what the paper's quote cell looks like.
"""

from __future__ import annotations

import numba
import numpy as np
import pandas as pd

from charlens.inside.evidence.keeping import Keeping
from charlens.inside.evidence.traces import Traces

WARM_UP = 200
"""Steps at the start of a stream that are left out: the state there is not settled yet."""

UNRELATED = 0.05
"""Autocorrelations are summed until one is smaller."""

WRITTEN = 0.5
"""A step that changes a value by more writes it."""

COLUMNS = {
    "corpus": "string",
    "model": "string",
    "layer": "int64",  # from 1
    "unit": "int64",
    "iat": "float64",  # integrated autocorrelation time, characters
    "iat_is_capped": "bool",  # at half the length of a stream
    "half_life": "float64",  # characters until a forget gate leaves half, by its mean logarithm
    "half_life_kept": "float64",  # the same on the 90 % of the steps that keep most, median
    "bimodality": "float64",  # Sarle's; uniform 0.56, two values 1
    "dwell": "float64",  # mean number of characters on one side of the middle
    "write_rate": "float64",  # share of characters that change the value by more than 0.5
    "decoder_norm": "float64",  # of the weights to the output; last layer only
    "interest": "float64",  # mean of ln iat and bimodality, each standardised over the cells
    "rank": "int64",  # by interest, from 1
}


def autocorrelation_times(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Integrated autocorrelation time of every cell, 1 + 2 Σ ρ(k), in characters.

    Args:
        values: (cells, streams, length); autocorrelations are pooled over streams.

    Returns:
        Times, float64 (cells,), and whether each was cut off at half the length of a stream; NaN
        for a constant cell.
    """
    length = values.shape[2]
    times, capped = np.full(len(values), np.nan), np.zeros(len(values), bool)
    for cell, x in enumerate(values.astype(np.float64)):
        if x.min() == x.max():
            continue
        spectrum = np.fft.rfft(x - x.mean(), n=2 * length, axis=1)
        products = np.fft.irfft(np.abs(spectrum) ** 2, axis=1)[:, : max(1, length // 2)].sum(0)
        correlation = products / products[0]
        below = np.flatnonzero(correlation < UNRELATED)
        stop = int(below[0]) if len(below) else len(correlation)
        times[cell] = 1 + 2 * correlation[1:stop].sum()
        capped[cell] = not len(below)
    return times, capped


def bimodality(values: np.ndarray) -> np.ndarray:
    """Sarle's coefficient, (skewness² + 1) / kurtosis, of every cell; NaN for a constant one."""
    flat = values.reshape(len(values), -1).astype(np.float64)
    deviations = flat - flat.mean(1, keepdims=True)
    squares = deviations * deviations  # numpy's ** 3 and ** 4 take twenty times as long
    variance = np.mean(squares, 1)
    constant = flat.min(1) == flat.max(1)
    variance[constant] = np.nan
    skewness = np.einsum("cp,cp->c", squares, deviations) / flat.shape[1] / variance**1.5
    kurtosis = np.einsum("cp,cp->c", squares, squares) / flat.shape[1] / variance**2
    return (skewness**2 + 1) / kurtosis


@numba.njit(cache=True)
def middle(values: np.ndarray) -> float:
    """The value between two groups of values: half-way between the means on either side of it."""
    at = (values.min() + values.max()) / 2
    for _ in range(50):
        low, high, lower, higher = 0.0, 0.0, 0, 0
        for value in values:
            if value < at:
                low += value
                lower += 1
            else:
                high += value
                higher += 1
        if lower == 0 or higher == 0:
            break
        moved = (low / lower + high / higher) / 2
        if abs(moved - at) < 1e-6:
            return moved
        at = moved
    return at


def dwell_times(values: np.ndarray) -> np.ndarray:
    """Mean number of characters that each cell stays on one side of its middle."""
    times = np.empty(len(values))
    for cell, x in enumerate(values.astype(np.float64)):
        above = x >= middle(x.ravel())
        runs = x.shape[0] + np.count_nonzero(above[:, 1:] != above[:, :-1])
        times[cell] = x.size / runs
    return times


def write_rates(values: np.ndarray) -> np.ndarray:
    """Share of the steps at which each cell changes by more than :data:`WRITTEN`; 0 of none."""
    steps = np.abs(np.diff(values.astype(np.float64), axis=2)) > WRITTEN
    return steps.sum((1, 2)) / max(1, steps[0].size)


def _standardised(column: pd.Series) -> pd.Series:
    return (column - column.mean()) / column.std()


def table(
    corpus: str,
    model: str,
    traces: Traces,
    keeping: Keeping | None,
    decoder: np.ndarray,
) -> pd.DataFrame:
    """Time constants of every cell of a network.

    Args:
        corpus: name of the corpus.
        model: model id.
        traces: values of its cells over the test split.
        keeping: of its forget gates; None for cells without.
        decoder: norm of the weights from each unit of the last layer to the output, (n,).

    Returns:
        One row per cell with the columns of :data:`COLUMNS`, in the order of layers and units.
    """
    length = traces.values.shape[2]
    warm = min(WARM_UP, length // 4)
    columns: dict[str, list[np.ndarray]] = {}
    for _, values in traces.chunks():
        x = values[:, :, warm:]
        times, capped = autocorrelation_times(x)
        measured = {
            "iat": times,
            "iat_is_capped": capped,
            "bimodality": bimodality(x),
            "dwell": dwell_times(x),
            "write_rate": write_rates(x),
        }
        for name, part in measured.items():
            columns.setdefault(name, []).append(part)
    cells = len(traces.layer)
    frame = pd.DataFrame({name: np.concatenate(parts) for name, parts in columns.items()})
    half_lives = keeping.half_lives() if keeping else (np.full(cells, np.nan),) * 2
    frame["half_life"], frame["half_life_kept"] = half_lives
    frame["decoder_norm"] = np.nan
    frame.loc[traces.layer == traces.layer.max(), "decoder_norm"] = decoder
    remembers, switches = np.log(frame["iat"]), frame["bimodality"]
    frame["interest"] = (_standardised(remembers) + _standardised(switches)) / 2
    frame["rank"] = (
        frame["interest"].rank(ascending=False, method="first", na_option="bottom").astype("int64")
    )
    frame = frame.assign(corpus=corpus, model=model, layer=traces.layer, unit=traces.unit)
    return frame[list(COLUMNS)].astype(COLUMNS)
