"""Figure 10: how alike trainings are, how well cells are matched, and one cell in each training."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from charlens.display import style
from charlens.display.page import Box, Page, cells_of, fonts_of
from charlens.files.atomic import FilePath
from charlens.inside.cells.concepts import CONCEPTS
from charlens.inside.universality.rows import UNTRAINED, read_cells, read_pairs, read_passage
from charlens.inside.universality.table import best_followers, match_quantiles
from charlens.models import names as model_id
from charlens.paper import texts
from charlens.text.encoding_guess import of_corpora
from charlens.text.encodings import UTF_8
from charlens.text.grid import Cell

# Lengths in points.
_WIDTH, _TITLE, _TOP, _FOOT = 400.0, 17.0, 12.0, 46.0
_LABEL, _STRIP, _BETWEEN, _AFTER = 84.0, 5.2, 5.0, 14.0
_PAGE = Page(letter=4.05, line=8.0, size=6.2, baseline=0.78, top=0.0)
_TICK = 6.0

_KINDS = {
    "seeds": ("another training", "#0072B2", "-"),
    "others": ("another network", "#009E73", "--"),
    "untrained": ("an untrained network", "#D55E00", ":"),
    "rotated": ("the first of these, rotated", "#6b6b6b", "-."),
}
"""Whose cells a cell is matched with: name, colour (Okabe & Ito 2008) and line."""


def numbers(
    cells: Sequence[FilePath],
    pairs: Sequence[FilePath],
    passages: Sequence[FilePath],
    corpora: Sequence[FilePath] = (),
    tests: Sequence[FilePath] = (),
    encodings: Mapping[str, str | None] | None = None,
) -> dict[str, object]:
    """Read what :func:`draw` takes, the tables of each corpus.

    Args:
        cells: matched cells.
        pairs: similar networks.
        passages: the passage as cells read it.
        corpora: descriptions of the corpora, by which encodings are guessed.
        tests: their test splits.
        encodings: the config's of each corpus; None guesses.
    """
    return {
        "csv": pd.concat([read_pairs(path) for path in pairs], ignore_index=True),
        "matches": pd.concat(
            [match_quantiles(read_cells(path)) for path in cells], ignore_index=True
        ),
        "passage": pd.concat(
            [best_followers(read_passage(path)) for path in passages], ignore_index=True
        ),
        "encodings": of_corpora(encodings or {}, corpora, tests),
    }


def draw(
    pairs: pd.DataFrame,
    matches: pd.DataFrame,
    passage: pd.DataFrame,
    encodings: Mapping[str, str] | None = None,
) -> Figure:
    """Draw the tables of :func:`numbers`, one corpus below the other."""
    with style.styled():
        corpora = list(dict.fromkeys(passage["corpus"]))
        blocks = []
        for corpus in corpora:
            part = passage[passage["corpus"] == corpus]
            lines = _lines(part, (encodings or {}).get(corpus, UTF_8))
            blocks.append((corpus, part, lines))
        side = (_WIDTH - _LABEL - 70) / 2
        tall = [_TITLE + _TOP + side + _FOOT + _passage_height(p, n) for _, p, n in blocks]
        height = sum(tall) + 4
        figure = style.new_figure(_WIDTH * style.POINT, height * style.POINT)
        top = height
        for (corpus, part, lines), used in zip(blocks, tall, strict=True):
            place = (4 / _WIDTH, (top - 3) / height)
            title = texts.corpus_title(corpus)
            figure.text(*place, title, size=8, va="top", style="italic")
            bottom = top - _TITLE - _TOP - side
            boxes = [
                (left / _WIDTH, bottom / height, side / _WIDTH, side / height)
                for left in (_LABEL - 16, _LABEL + side + 50)
            ]
            draw_cka(figure, boxes[0], pairs[pairs["corpus"] == corpus])
            _draw_matches(figure.add_axes(boxes[1]), matches[matches["corpus"] == corpus])
            under = top - used
            area = (0, under / height, 1, (bottom - _FOOT - under) / height)
            _draw_passage(figure.add_axes(area), part, lines, bottom - _FOOT - under)
            top -= used
        return figure


def draw_cka(figure: Figure, box: tuple[float, float, float, float], pairs: pd.DataFrame) -> None:
    """Heat map of CKA between all trainings; each network has as much room as any other."""
    learned = pairs[pairs["other_seed"] != UNTRAINED]
    keys = [*zip(learned["model"], learned["seed"], strict=True)]
    keys += zip(learned["other"], learned["other_seed"], strict=True)
    order = sorted(set(keys), key=lambda key: (model_id.sort_key(key[0]), key[1]))
    at = {key: place for place, key in enumerate(order)}
    values = np.eye(len(order))
    for row in learned.itertuples():
        one, two = at[row.model, row.seed], at[row.other, row.other_seed]
        values[one, two] = values[two, one] = row.cka
    axes = figure.add_axes(box)
    trainings = Counter(model for model, _ in order)
    edges = _edges(list(trainings.values()))
    image = axes.pcolormesh(edges, edges, values, cmap="cividis", vmin=0, vmax=1)
    axes.invert_yaxis()
    axes.set_yticks(np.arange(len(trainings)) + 0.5, [model_id.title(m) for m in trainings])
    axes.set_xticks([])
    axes.tick_params(labelsize=_TICK, length=0, pad=2)
    for start in range(1, len(trainings)):
        axes.axhline(start, color="white", lw=0.6)
        axes.axvline(start, color="white", lw=0.6)
    axes.set_title("Similarity of trainings (CKA)", size=7, loc="left", pad=4)
    left, bottom, wide, tall = box
    bar = figure.add_axes((left + wide + 4 / _WIDTH, bottom, 5 / _WIDTH, tall))
    figure.colorbar(image, cax=bar, ticks=[0, 0.5, 1]).outline.set_linewidth(0.4)
    bar.tick_params(labelsize=_TICK, length=2, width=0.4, pad=1.5)


def _edges(trainings: Sequence[int]) -> np.ndarray:
    """Edges of the rows of all trainings, where each network is 1 high, (all trainings + 1,)."""
    heights = np.repeat(1 / np.array(trainings), trainings)
    return np.append(0, np.cumsum(heights))


def _draw_matches(axes: Axes, matches: pd.DataFrame) -> None:
    """Share of cells whose best match is at least so good."""
    for kind, (name, color, line) in _KINDS.items():
        part = matches[matches["kind"] == kind]
        if part.empty:
            continue
        axes.plot(part["r"], 100 * part["share"], color=color, ls=line, lw=1.1, label=name)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 100)
    axes.set_xlabel("Best match of a cell at least, |r|", labelpad=1.5)
    axes.set_ylabel("Cells (%)", labelpad=1.5)
    axes.tick_params(labelsize=_TICK, length=2, width=0.5, colors=style.SOFT, pad=1.5)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title("Cells matched with those of …", size=7, loc="left", pad=4)
    axes.legend(
        fontsize=_TICK,
        handlelength=1.8,
        columnspacing=1.0,
        ncols=2,
        loc="upper center",
        bbox_to_anchor=(0.46, -0.13),
    )


def _lines(passage: pd.DataFrame, encoding: str) -> list[list[Cell]]:
    """The passage as lines of characters."""
    first = passage[passage["seed"] == passage["seed"].iloc[0]]
    first = first[first["model"] == first["model"].iloc[0]]
    cells = cells_of(first["byte"], encoding)
    return [[c for c in cells if c.row == row] for row in sorted({c.row for c in cells})]


def _trainings(passage: pd.DataFrame) -> list[pd.DataFrame]:
    return [part for _, part in passage.groupby(["model", "seed"], sort=False)]


def _passage_height(passage: pd.DataFrame, lines: Sequence[Sequence[Cell]]) -> float:
    block = _PAGE.line + _STRIP * len(_trainings(passage)) + _BETWEEN
    return _TITLE + len(lines) * block + _AFTER


def _draw_passage(
    axes: Axes, passage: pd.DataFrame, lines: Sequence[Sequence[Cell]], height: float
) -> None:
    """Each line of text, below it a strip of colour for each training."""
    axes.set_axis_off()
    axes.set_xlim(0, _WIDTH)
    axes.set_ylim(height, 0)
    title = CONCEPTS[passage["concept"].iloc[0]].title
    words = f"The cell of each training that is best for: {title} (|r| with it)"
    axes.text(4, _TITLE - 8, words, size=7, va="baseline")
    fonts = fonts_of(lines)
    boxes = iter(_PAGE.boxes([cell for line in lines for cell in line], fonts))
    y = _TITLE
    for line in lines:
        placed = [replace(box, left=_LABEL + box.left, top=y) for box in islice(boxes, len(line))]
        _PAGE.write(axes, line, placed, [style.INK] * len(line), fonts)
        y += _PAGE.line
        for training in _trainings(passage):
            _draw_strip(axes, training, line, placed, y)
            y += _STRIP
        y += _BETWEEN
    axes.text(
        _LABEL, y + 4, "Blue: the cell’s highest value in the passage, orange: its lowest; signs "
        "are turned so that inside is high", size=_TICK, color=style.SOFT, va="baseline",
    )  # fmt: skip


def _draw_strip(
    axes: Axes, training: pd.DataFrame, line: Sequence[Cell], boxes: Sequence[Box], y: float
) -> None:
    first = training.iloc[0]
    name = f"{model_id.title(first['model'])}, seed {first['seed']}"
    axes.text(_LABEL - 4, y + _STRIP - 1.2, f"{name} ({first['strength']:.2f})", size=4.8,
              ha="right", va="baseline", color=style.SOFT)  # fmt: skip
    values = training["value"].to_numpy()
    low, high = float(values.min()), float(values.max())
    scaled = (values - low) / (high - low) if high > low else np.full(len(values), 0.5)
    strip = [Rectangle((box.left, y + 0.3), box.width, _STRIP - 0.6) for box in boxes]
    colors = style.RED_BLUE(scaled[[cell.stop - 1 for cell in line]])
    axes.add_collection(PatchCollection(strip, facecolors=colors, edgecolors=colors, lw=0.2))
