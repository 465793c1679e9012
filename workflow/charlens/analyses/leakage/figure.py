"""Figure 12: losses on copied text and off it, and what a stricter split costs."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from charlens.analyses.leakage.table import read_models
from charlens.display import style
from charlens.display.units import worded
from charlens.files.atomic import FilePath
from charlens.models import names as model_id
from charlens.models.catalogue import N_GRAM
from charlens.paper import texts

# Lengths in points.
_WIDTH = style.COLUMN / style.POINT
_LEFT, _RIGHT, _ROW, _TITLE, _TICKS, _BOTTOM, _KEY = 92.0, 8.0, 9.0, 20.0, 14.0, 14.0, 16.0
_TEXT, _TICK = 7.0, 6.0  # font sizes

_KEY_LINE = 9.0  # for the key's second line: losses, and beside them what a split costs
_ON, _OFF = "#0072B2", "#D55E00"  # of Okabe & Ito (2008); the shape says the same
Panel = tuple[str, pd.DataFrame, bool]
"""Title, rows, and whether it shows gaps between splits."""


def numbers(leakage_models: FilePath) -> dict[str, pd.DataFrame]:
    """Read what :func:`draw` takes: the table of losses on copied text, shown as it is."""
    return {"csv": read_models(leakage_models)}


def draw(models: pd.DataFrame) -> Figure:
    """Draw a table of :func:`charlens.analyses.leakage.table.read_models`, a panel per corpus."""
    with style.styled():
        panels = _panels(models)
        if not panels:
            figure = style.new_figure(style.COLUMN, 0.4)
            figure.text(0.02, 0.4, _nothing(models))
            return figure
        used = [_TITLE + _ROW * len(rows) + _TICKS + _BOTTOM for _, rows, _ in panels]
        key = _KEY + _KEY_LINE * (len({is_gap for *_, is_gap in panels}) - 1)
        height = key + sum(used)
        figure = style.new_figure(_WIDTH * style.POINT, height * style.POINT)
        top = height - key
        for (title, rows, is_gap), tall in zip(panels, used, strict=True):
            inner = _ROW * len(rows)
            box = (_LEFT, top - _TITLE - inner, _WIDTH - _LEFT - _RIGHT, inner)
            axes = figure.add_axes(
                (box[0] / _WIDTH, box[1] / height, box[2] / _WIDTH, box[3] / height)
            )
            (_draw_gaps if is_gap else _draw_losses)(axes, rows)
            _dress(axes, rows, title)
            top -= tall
        _draw_key(figure, panels)
        return figure


def _panels(models: pd.DataFrame) -> list[Panel]:
    """A panel of losses for each corpus with a network, and one of the gaps of all corpora."""
    panels = []
    for corpus, part in models.groupby("corpus", sort=False):
        title = texts.corpus_title(str(corpus))
        rows = shown(part).assign(label=part["model"].map(model_id.title))
        if part["gain"].notna().any() and not (part["split_gap"].notna() & _is_n_gram(part)).all():
            panels.append((title, rows, False))
    gaps = [shown(p) for _, p in models[models["split_gap"].notna()].groupby("corpus", sort=False)]
    if gaps:
        rows = pd.concat(gaps)
        names = rows["corpus"].map(str).map(texts.corpus_title).str.partition(",")[0]
        label = names + ", " + rows["model"].map(model_id.title)
        panels.append(("The stricter split", rows.assign(label=label), True))
    return panels


def _nothing(models: pd.DataFrame) -> str:
    """Why there is nothing to compare."""
    if models["on"].notna().any() and models["off"].isna().all():
        return "All test text is found in training text."
    if models["on"].isna().all():
        return "No test text is found in training text."
    return "No test text has both copied parts and others."


def _is_n_gram(part: pd.DataFrame) -> pd.Series:
    families = part["model"].map(model_id.context_model)
    return families.map(lambda family: family is not None and family[0] == N_GRAM)


def shown(part: pd.DataFrame) -> pd.DataFrame:
    """The rows of a corpus that are drawn.

    Of each cell and size the network with the lowest loss off copied text, of models with a context
    of n characters the shortest and the longest, and all models that are neither.
    """
    points = part["model"].map(model_id.parse)
    contexts = part["model"].map(model_id.context_model)
    grid = part[points.notna()].assign(key=[(p.size, p.cell) for p in points.dropna()])
    # Text that is all copied has no loss off copies: then the first of each cell and size.
    best = grid.sort_values("off", kind="stable").groupby("key", sort=False).head(1)
    context = part[contexts.notna()].assign(family=[f for f, _ in contexts.dropna()])
    ends = context.groupby("family", sort=False)["model"].agg(["first", "last"]).to_numpy().ravel()
    others = part[points.isna() & contexts.isna()]
    return part[part["model"].isin([*best["model"], *ends, *others["model"]])]


def _draw_losses(axes: Axes, rows: pd.DataFrame) -> None:
    for y, row in enumerate(rows.itertuples()):
        axes.plot([row.on, row.off], [y, y], color=style.FAINT, lw=1.2, zorder=1)
        axes.plot(row.on, y, "o", color=_ON, ms=3.4)
        axes.plot(row.off, y, "D", color=_OFF, ms=3.0)
    axes.set_xlabel(worded("Test cross-entropy (nats per character)", rows), labelpad=1.5)


def _draw_gaps(axes: Axes, rows: pd.DataFrame) -> None:
    axes.axvline(0, color=style.FAINT, lw=0.6, zorder=1)
    for y, row in enumerate(rows.itertuples()):
        lift = 0.16  # so that the two intervals do not hide each other
        ends = (row.split_gap_low, row.split_gap_high, row.beyond_text_low, row.beyond_text_high)
        axes.hlines(y - lift, *ends[:2], color=style.INK, lw=0.7)
        axes.hlines(y + lift, *ends[2:], color=style.SOFT, lw=0.7)
        axes.plot(row.split_gap, y - lift, "s", color=style.INK, ms=3.0)
        axes.plot(row.beyond_text, y + lift, "s", mfc="white", mec=style.INK, mew=0.7, ms=3.0)
    axes.set_xlabel(worded("Loss − loss by streams (nats per character)", rows), labelpad=1.5)


def _dress(axes: Axes, rows: pd.DataFrame, title: str) -> None:
    axes.set_yticks(range(len(rows)), list(rows["label"]))
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.tick_params(labelsize=_TICK, length=2, width=0.5, pad=1.5)
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.set_title(title, size=_TEXT, loc="left", style="italic", pad=3)


def _draw_key(figure: Figure, panels: Sequence[Panel]) -> None:
    marks = [
        ("o", _ON, _ON, "on copied text"),
        ("D", _OFF, _OFF, "off it"),
        ("s", style.INK, style.INK, "stricter split less streams"),
        ("s", style.INK, "white", "the same less the 1-gram’s"),
    ]
    kinds = {is_gap for *_, is_gap in panels}
    shown = marks[2 * (False not in kinds) : 2 + 2 * (True in kinds)]
    handles = [
        Line2D([], [], marker=mark, ls="", ms=3.2, mec=edge, mfc=face, label=name)
        for mark, edge, face, name in shown
    ]
    figure.legend(
        handles=handles, loc="upper left", ncols=2, fontsize=_TICK, handletextpad=0.2,
        columnspacing=0.9, borderaxespad=0.2,
    )  # fmt: skip
