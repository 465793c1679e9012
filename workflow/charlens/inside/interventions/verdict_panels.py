"""Figure 8, above: the loss that each cell's clamps cost, and what the verdict on it rests on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from charlens.display import style
from charlens.display.sheet import Sheet
from charlens.inside.interventions.cell_panels import COLORS
from charlens.inside.interventions.effect_rows import CONTROL
from charlens.inside.interventions.table import ratio_text
from charlens.inside.interventions.verdicts import CAUSAL, SPECIFIC
from charlens.models.names import title
from charlens.paper import texts

# Lengths in points.
_HEAD, _ROW, _TICKS = 16.0, 14.0, 20.0
_NAMES, _NUMBERS = 106.0, 61.0  # left of the axes and right of them
_NAME, _SMALL = 6.6, 5.8  # font sizes
_APART = 0.22  # of a row, from its middle to the line of each target

CLOUD = "#c9c9c9"
"""Colour of other cells."""

_LINEAR = 0.1  # nats: the axis is linear up to here, logarithmic beyond
_TICKS_AT = (-10, -1, -0.1, 0, 0.1, 1, 10)
_COLUMNS = {"moved": 44.0, "rank": 24.0, "times": 0.0}  # head -> distance of its right edge


def name(network: pd.DataFrame) -> str:
    """The text and the model that rows of the table of verdicts are about."""
    first = network.iloc[0]
    return f"{texts.corpus_title(first['corpus'])}, {title(first['model'])}"


def cells(network: pd.DataFrame) -> list[pd.DataFrame]:
    """The two rows of each cell and concept of a network, in the order of the table."""
    return [part for _, part in network.groupby(["concept", "layer", "unit"], sort=False)]


def height(network: pd.DataFrame | str) -> float:
    """Height of a network's panel in points."""
    return _HEAD + _ROW * len(cells(network)) if isinstance(network, pd.DataFrame) else 0.0


FOOT = _TICKS
"""What the axis below a column of panels takes, points."""


def limits(judged: pd.DataFrame) -> tuple[float, float]:
    """Ends of the axis that all panels share, nats: from the cells, as far as they go."""
    values = judged[["low", "high", "delta_loss", "other_loss"]].to_numpy()
    lowest, highest = (float(end(values, initial=0)) for end in (np.nanmin, np.nanmax))
    return min(1.3 * lowest, -0.2), max(1.3 * highest, 1.5)


def draw(
    sheet: Sheet,
    left: float,
    top: float,
    width: float,
    networks: Sequence[pd.DataFrame],
    effects: pd.DataFrame,
    ends: tuple[float, float],
) -> None:
    """Draw networks one below the other over one axis.

    Args:
        sheet: where.
        left: edge of the panels, points.
        top: their upper edge, points.
        width: of them, points.
        networks: the rows of each in the table of verdicts.
        effects: the table of effects.
        ends: of the axis, as from :func:`limits`.
    """
    for network in networks:
        last = network is networks[-1]
        sheet.text(left, top + 10, name(network), size=8, style="italic", parse_math=False)
        for head, distance in _COLUMNS.items():
            sheet.text(left + width - distance, top + 10, head, size=_SMALL, ha="right",
                       color=style.SOFT)  # fmt: skip
        rows = cells(network)
        axes = sheet.axes(left + _NAMES, top + _HEAD, width - _NAMES - _NUMBERS, _ROW * len(rows))
        _set_up(axes, len(rows), ends, last)
        for y, cell in enumerate(rows):
            _draw_losses(axes, y, cell, effects, ends)
            _write(sheet, left, top + _HEAD + y * _ROW, width, cell)
        top += height(network)


def _set_up(axes: Axes, rows: int, ends: tuple[float, float], labelled: bool) -> None:
    axes.set_xscale("symlog", linthresh=_LINEAR, linscale=0.6)
    axes.set_xlim(*ends)
    axes.set_ylim(rows - 0.5, -0.5)
    ticks = [x for x in _TICKS_AT if ends[0] <= x <= ends[1]]
    axes.set_xticks(ticks, [f"{x:g}".replace("-", "−") for x in ticks])
    axes.minorticks_off()
    axes.set_yticks([])
    axes.grid(axis="x", color="#e6e6e6", lw=0.4)
    axes.axvline(0, color=style.FAINT, lw=0.6, zorder=1)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(labelsize=_SMALL, length=1.8, width=0.4, colors=style.SOFT, pad=1.2,
                     labelbottom=labelled)  # fmt: skip
    if labelled:
        axes.set_xlabel("change of the loss, nats", size=_SMALL, labelpad=1)
    else:
        axes.spines["bottom"].set_visible(False)
        axes.tick_params(length=0)


def _draw_losses(
    axes: Axes, y: int, cell: pd.DataFrame, effects: pd.DataFrame, ends: tuple[float, float]
) -> None:
    """A line per target: the cell with its interval, other cells, and other characters."""
    for row, at in zip(cell.to_dict("records"), (y - _APART, y + _APART), strict=True):
        others = np.clip(_others(row, effects), *ends)
        axes.plot(others, np.full(len(others), at), "|", ms=2.6, mew=0.35, color=CLOUD, zorder=2)
        color = COLORS[row["mode"]]
        axes.plot(row["other_loss"], at, "D", ms=2.0, mfc="white", mec=color, mew=0.5, zorder=3)
        axes.hlines(at, row["low"], row["high"], color=color, lw=0.9, zorder=4)
        axes.plot(row["delta_loss"], at, "o", ms=2.8, mew=0, color=color, zorder=5)


def _others(row: dict, effects: pd.DataFrame) -> np.ndarray:
    """What other cells of the layer cost at a target under the same clamp, nats."""
    same = effects["verdict"] == CONTROL
    for name in ("corpus", "model", "concept", "layer", "class", "mode"):
        same &= effects[name] == row[name]
    part = effects[same & (effects["unit"] != row["unit"])]
    return part.drop_duplicates("unit")["delta_loss"].to_numpy()


def _write(sheet: Sheet, left: float, top: float, width: float, cell: pd.DataFrame) -> None:
    """The concept, the cell, the names of the targets and what the verdict rests on."""
    first = cell.iloc[0]
    weight = "bold" if first["verdict"] == CAUSAL else "normal"
    sheet.text(left, top + 6.2, first["title"], size=_NAME, weight=weight)
    where = f"layer {first['layer']}, cell {first['unit']}"
    sheet.text(left, top + 12.2, where, size=_SMALL - 0.4, color=style.SOFT)
    for name, baseline in zip(cell["class"], (6.0, 12.2), strict=True):
        sheet.text(left + _NAMES - 2, top + baseline, name, size=_SMALL - 0.4, ha="right",
                   color=style.SOFT, parse_math=False)  # fmt: skip
    reasons = zip(_COLUMNS.values(), _reasons(cell), strict=True)
    for distance, (text, met) in reasons:
        sheet.text(left + width - distance, top + 9.4, text, size=_NAME - 0.4, ha="right",
                   color=style.INK if met else style.FAINT)  # fmt: skip


def _reasons(cell: pd.DataFrame) -> list[tuple[str, bool]]:
    """Predicted moves, rank and specificity, each with whether it is what the verdict asks for."""
    first = cell.iloc[0]
    if np.isnan(first["cell_loss"]):
        return [("–", False)] * len(_COLUMNS)
    moves = int(cell[["fall", "rise"]].to_numpy().sum())
    count = first["controls"] + 1
    return [
        (f"{moves}/4", moves == 4),
        (f"{first['cell_rank']}/{count}", count > 1 and first["cell_rank"] == 1),
        (ratio_text(first["cell_specificity"]), first["cell_specificity"] >= SPECIFIC),
    ]
