"""Figure 2: text coloured by the value of a cell, for cells found by search and a typical one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import PatchCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from charlens.display import style
from charlens.display.columns import tallest, two_columns
from charlens.display.fonts import Fonts
from charlens.display.page import Page, cells_of, fonts_of
from charlens.files.atomic import FilePath
from charlens.inside.cells.concepts import CORRELATION, follows, score_text
from charlens.inside.cells.evidence_rows import BASELINES
from charlens.inside.cells.evidence_rows import read as read_evidence
from charlens.inside.cells.excerpts import ROWS, TYPICAL, read
from charlens.models import names as model_id
from charlens.paper import texts
from charlens.text.encoding_guess import of_corpora
from charlens.text.encodings import UTF_8
from charlens.text.grid import GLYPHS, LEGEND, Cell

# Lengths in points.
_TITLE, _GAP, _MARGIN, _HEAD, _FOOT, _GUTTER = 17.0, 5.0, 5.0, 15.0, 22.0, 12.0
_SIDES = ("left", "right")
_PAGE = Page(letter=3.16, line=6.8, size=5.2, baseline=0.74, top=_TITLE)

_COLORS = style.RED_BLUE
_LEAST = 1e-6  # difference of tanh(c) below which a cell stands still


def numbers(
    examples: Sequence[FilePath],
    corpora: Sequence[FilePath] = (),
    tests: Sequence[FilePath] = (),
    evidence: FilePath | None = None,
    encodings: Mapping[str, str | None] | None = None,
) -> dict[str, Any]:
    """Read what :func:`draw` takes: the examples of cells of all searched models.

    Args:
        examples: their tables.
        corpora: the descriptions of their corpora, by which encodings are guessed.
        tests: the test splits of the same.
        evidence: the table of evidence about cells.
        encodings: the config's of each corpus; None guesses.
    """
    return {
        "csv": pd.concat([read(path) for path in examples], ignore_index=True),
        "encodings": of_corpora(encodings or {}, corpora, tests),
        "evidence": None if evidence is None else read_evidence(evidence),
    }


def draw(
    table: pd.DataFrame,
    encodings: Mapping[str, str] | None = None,
    evidence: pd.DataFrame | None = None,
) -> Figure:
    """Draw a table of :func:`charlens.inside.cells.excerpts.read`, in two equal columns.

    Args:
        table: the table.
        encodings: in which each corpus is shown; UTF-8 where it is not named.
        evidence: a table of :mod:`charlens.inside.cells.evidence_rows`; cells that it is about are
            shown with the interval of their score and the strongest baseline.
    """
    with style.styled():
        if table.empty:
            return _nothing()
        table = table.merge(_yardsticks(evidence), "left", _CELL)
        table = table.assign(encoding=[(encodings or {}).get(c, UTF_8) for c in table["corpus"]])
        fonts = fonts_of(_cells(panel) for _, panel in table.groupby(["corpus", "panel"]))
        corpora = [_panels(table[table["corpus"] == c]) for c in table["corpus"].unique()]
        titled = [(_corpus_title(panels), panels) for panels in corpora]
        columns = two_columns(titled, _height)
        wide = _PAGE.width
        width = 2 * _MARGIN + len(columns) * wide + (len(columns) - 1) * _GUTTER
        height = tallest(columns, _height) + _FOOT
        figure = style.new_figure(width * style.POINT, height * style.POINT)
        for i, column in enumerate(columns):
            left, top = _MARGIN + i * (wide + _GUTTER), 0.0
            for block in column:
                tall = _height(block)
                if isinstance(block, str):
                    place = (left / width, 1 - (top + 3) / height)
                    figure.text(*place, block, size=8, va="top", style="italic")
                else:
                    box = (left / width, 1 - (top + tall) / height, wide / width, tall / height)
                    _draw_panel(figure.add_axes(box), block, wide, tall, fonts)
                top += tall
        _draw_key(figure, width, height)
        return figure


Block: TypeAlias = str | pd.DataFrame  # the title of a corpus, or the rows of a panel


def _nothing() -> Figure:
    figure = style.new_figure(style.COLUMN, 0.4)
    figure.text(0.02, 0.4, "No line of the held-out text shows a concept: it is too short.")
    return figure


def _panels(part: pd.DataFrame) -> list[pd.DataFrame]:
    """The rows of each panel, the typical cell last; ``others`` counts panels of the same cell."""
    cells = part[part["panel"] != TYPICAL].drop_duplicates("panel")
    cells = cells[[_is_followed(cell) for _, cell in cells.iterrows()]]
    same = cells.groupby(["layer", "unit"])["panel"].transform("size") - 1
    part = part.assign(others=part["panel"].map(dict(zip(cells["panel"], same, strict=True))))
    names = sorted(dict.fromkeys(part["panel"]), key=lambda name: name == TYPICAL)
    return [part[part["panel"] == name] for name in names]


def _is_followed(row: pd.Series) -> bool:
    """Whether there is a block of text to show: the cell is typical, or follows its concept."""
    return row["panel"] == TYPICAL or follows(row["measure"], row["held_out"])


def _rows(panel: pd.DataFrame) -> int:
    return min(ROWS, _cells(panel)[-1].row + 1)


def _cells(panel: pd.DataFrame) -> list[Cell]:
    return cells_of(panel["byte"], panel["encoding"].iloc[0])


def _height(block: Block) -> float:
    if isinstance(block, str):
        return _HEAD
    return _TITLE + _GAP + _rows(block) * _PAGE.line * _is_followed(block.iloc[0])


def _corpus_title(panels: list[pd.DataFrame]) -> str:
    first = panels[0].iloc[0]
    return f"{texts.corpus_title(first['corpus'])}, {model_id.title(first['model'])}"


_CELL = ["corpus", "model", "panel", "layer", "unit"]


def _yardsticks(evidence: pd.DataFrame | None) -> pd.DataFrame:
    """What a cell is measured by: its interval, ``low`` and ``high``, and ``baseline`` in words."""
    if evidence is None:
        return pd.DataFrame(columns=[*_CELL, "low", "high", "baseline"])
    names = {"concept": "panel", "best_layer": "layer", "best_unit": "unit"}
    known = evidence[evidence["low"].notna()].rename(columns=names)
    known["baseline"] = [_strongest(row) for row in known.itertuples()]
    return known[[*_CELL, "low", "high", "baseline"]]


def _between(row: pd.Series) -> str:
    """The interval of a cell's strength, |r| or |2 AUC − 1|, on the scale of its score."""
    ends = [row["low"], row["high"]]
    if row["measure"] != CORRELATION:
        ends = [(1 + end) / 2 for end in ends]
    elif row["held_out"] < 0:
        ends = [-end for end in reversed(ends)]
    return "[{:z.2f}, {:z.2f}]".format(*ends).replace("-", "−")


def _strongest(row: Any) -> str:
    """The highest baseline and what it is, such as ``last 3 bytes 0.71``; empty without any."""
    known = {title: getattr(row, name) for name, title in BASELINES.items()}
    known = {title: value for title, value in known.items() if value == value}
    if not known:
        return ""
    title, value = max(known.items(), key=lambda item: item[1])
    return f"{title} {value if row.measure == CORRELATION else (1 + value) / 2:.2f}"


def _panel_title(row: pd.Series) -> tuple[str, str]:
    """What the cell is, and which it is with its score on text it was not chosen on."""
    held_out = score_text(row["measure"], row["held_out"])
    where = f"layer {row['layer']}, cell {row['unit']}"
    if row["panel"] == TYPICAL:
        return "A typical cell", f"{where}; its best: {row['title']}, {held_out} (held-out text)"
    if not _is_followed(row):
        return f"Cell for: {row['title']}", f"none found (best {held_out.split(',')[0]})"
    others = int(row["others"])
    also = f"; best for {others} other{'s' * (others > 1)} too" if others else ""
    if pd.isna(row["low"]):
        return f"Best cell for: {row['title']}", f"{where}; {held_out} (held-out text){also}"
    score, *turned = held_out.split(", ")
    words = ", ".join([f"{score} {_between(row)}", *turned])
    baseline = f"; {row['baseline']}" if row["baseline"] else ""
    return f"Best cell for: {row['title']}", f"{where}; {words}{baseline}{also}"


def _draw_panel(axes: Axes, panel: pd.DataFrame, width: float, height: float, fonts: Fonts) -> None:
    axes.set_axis_off()
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    title, detail = _panel_title(panel.iloc[0])
    axes.text(0, _TITLE - 9.5, title, size=7, va="baseline", weight="bold")
    # What is known of a cell fits its column, in smaller letters where it must; a picture's pixels
    # make it a little wider.
    size = 6.2 * min(1.0, 0.98 * width / style.text_width(detail, 6.2))
    axes.text(0, _TITLE - 2.5, detail, size=size, va="baseline", color=style.SOFT)
    if not _is_followed(panel.iloc[0]):
        return
    cells = _cells(panel)
    # A character has the value after its last byte.
    last = [cell.stop - 1 for cell in cells]
    values = panel["value"].to_numpy()[last]
    low, high = float(values.min()), float(values.max())
    axes.text(width, _TITLE - 9.5, range_text(low, high), size=6.2, ha="right", color=style.SOFT)
    # Each cell has its own scale: one that moves between 0.1 and 0.3 is seen to move.
    scale = Normalize(low, high) if _moves(low, high) else Normalize(low - 1, high + 1)
    colors = _COLORS(scale(values))
    boxes = _PAGE.boxes(cells, fonts)
    patches = [Rectangle((box.left, box.top), box.width, box.height) for box in boxes]
    # Edges of the same colour close the hairlines between neighbours that viewers draw.
    axes.add_collection(PatchCollection(patches, facecolors=colors, edgecolors=colors, lw=0.2))
    inks = [_ink(cell.glyph, color) for cell, color in zip(cells, colors, strict=True)]
    _PAGE.write(axes, cells, boxes, inks, fonts)


def _moves(low: float, high: float) -> bool:
    """Whether a cell does more than rounding: near ±1 float32 has steps of 6e-8."""
    return high - low >= _LEAST


def range_text(low: float, high: float) -> str:
    """The ends of a cell's values with as many decimals as tell them apart, from two on.

    Example:
        >>> range_text(-0.92, 0.96), range_text(0.9991, 0.9998), range_text(1.0, 1.0)
        ('−0.92 to 0.96', '0.999 to 1.000', 'always 1')
    """
    if not _moves(low, high):
        return f"always {round(low, 6) + 0.0:g}".replace("-", "−")
    decimals = next(n for n in range(2, 8) if f"{low:.{n}f}" != f"{high:.{n}f}")
    ends = (round(end, decimals) + 0.0 for end in (low, high))  # no −0.00
    return " to ".join(f"{end:.{decimals}f}" for end in ends).replace("-", "−")


def _ink(glyph: str, color: np.ndarray) -> str:
    if np.dot(color[:3], (0.299, 0.587, 0.114)) < 0.5:
        return "white"
    return style.FAINT if glyph in GLYPHS.values() else style.INK


def _draw_key(figure: Figure, width: float, height: float) -> None:
    bar = figure.add_axes((_MARGIN / width, 11 / height, 80 / width, 5 / height))
    key = figure.colorbar(
        ScalarMappable(Normalize(0, 1), _COLORS), cax=bar, orientation="horizontal", ticks=[0, 1]
    )
    key.outline.set_linewidth(0.4)
    for label, side in zip(bar.set_xticklabels(["lowest", "highest"]), _SIDES, strict=True):
        label.set(size=6, ha=side)
    bar.tick_params(length=1.5, width=0.4, pad=1, colors=style.SOFT)
    figure.text(
        (_MARGIN + 86) / width, 11 / height, "tanh(c) after the character was read", size=6.5,
        color=style.SOFT,
    )  # fmt: skip
    figure.text(
        1 - _MARGIN / width, 11 / height, LEGEND, size=6, ha="right", color=style.SOFT,
        family="DejaVu Sans Mono",
    )  # fmt: skip
