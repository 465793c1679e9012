"""Figure 4: whose errors overlap, and which characters each model predicts better."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from charlens.analyses.contest import EXTERNAL, PAPERS_MODELS, reasons
from charlens.analyses.contest_colours import colors
from charlens.analyses.shared_errors import advantage as advantages
from charlens.analyses.shared_errors import overlap as overlaps
from charlens.analyses.shared_errors.bars import draw_bars
from charlens.analyses.shared_errors.page import (
    ASIDE,
    BARS,
    FOOT,
    GAP,
    HEIGHT,
    LEFT,
    NOTE_LINE,
    RIGHT,
    ROWS,
    SMALL,
    TITLE,
    VENN,
    WIDTH,
)
from charlens.analyses.shared_errors.venn import draw_venn
from charlens.display import style
from charlens.display.units import worded
from charlens.files.atomic import FilePath
from charlens.models.names import title
from charlens.paper import texts

_TO_SCALE = (
    "Left: percent of test characters that exactly these models give less than 0.5; circles and "
    "their overlaps two by two are drawn to scale, regions as nearly as circles can. Right: mean "
    "probability of each character where it came (its count below it), ± standard error over test "
    "streams."
)
_PAPERS = {
    "regions": " Small italics: the paper’s.",
    "rings": f" Rings: the paper’s {PAPERS_MODELS}.",
    "overlap": " It does not name the corpus of its overlap; the totals fit the kernel.",
    "cut": " Its kernel was another cut of the sources: comparable, not equal.",
}


def numbers(
    overlap: FilePath, advantage: FilePath, characters: int, standard_errors: float = 0.0
) -> dict[str, pd.DataFrame]:
    """Read what :func:`draw` takes: the regions of errors, and the characters furthest apart.

    Args:
        overlap: the table of regions.
        advantage: the table of advantages by character.
        characters: how many to show each way.
        standard_errors: which a lead must exceed.
    """
    shown = advantages.shown(advantages.read(advantage), characters, standard_errors)
    return {"overlap": overlaps.read(overlap), "csv": shown}


def draw(
    overlap: pd.DataFrame, advantage: pd.DataFrame, characters: int = 256, rows: int = ROWS
) -> Figure:
    """Draw one row per trio of models: their errors, and the characters they are ahead on.

    Args:
        overlap: as from :func:`charlens.analyses.shared_errors.overlap.read`.
        advantage: as from :func:`charlens.analyses.shared_errors.advantage.read`.
        characters: how many to show each way, if more are given.
        rows: how many trios to draw at most; a note names the others. Those with a model from
            elsewhere go first.
    """
    with style.styled():
        trios, others = _drawn(overlap, rows)
        step = TITLE + BARS + FOOT + GAP
        drawn = pd.concat(trios) if trios else overlap
        text = worded(_notes(drawn, advantage[advantage["corpus"].isin(drawn["corpus"])]), drawn)
        text += _left_out(others)
        notes = style.wrap(text, WIDTH - 30, SMALL)
        height = len(trios) * step + NOTE_LINE * len(notes) + 2
        figure = style.new_figure(WIDTH * style.POINT, height * style.POINT)
        for i, trio in enumerate(trios):
            _draw_row(figure, trio, advantage, characters, height - i * step)
        for i, line in enumerate(notes):
            y = (2 + NOTE_LINE * (len(notes) - 1 - i)) / height
            figure.text(4 / WIDTH, y, line, size=SMALL, color=style.SOFT)
        return figure


def _drawn(overlap: pd.DataFrame, rows: int) -> tuple[list[pd.DataFrame], list[pd.DataFrame]]:
    """The trios on the page and those that find no room, both in the order of the table."""
    trios = [part for _, part in overlap.groupby(["corpus", "models"], sort=False)]
    ours = [EXTERNAL not in trio["trio"].iloc[0].split("+") for trio in trios]
    first = set(sorted(range(len(trios)), key=lambda i: ours[i])[:rows])
    return (
        [trio for i, trio in enumerate(trios) if i in first],
        [trio for i, trio in enumerate(trios) if i not in first],
    )


def _left_out(trios: list[pd.DataFrame]) -> str:
    """A sentence that names what is in the tables alone; empty where all is drawn."""
    if not trios:
        return ""
    names = "; ".join(_subject(trio) for trio in trios)  # of which some have commas
    return f" Not drawn but in the tables: {names} (figure4 in the config: corpora, rows)."


def _subject(trio: pd.DataFrame) -> str:
    """What a row is about: its corpus and, beside our models, one from elsewhere."""
    facts = trio.iloc[0]
    roles, models = facts["trio"].split("+"), facts["models"].split(" ")
    name = texts.corpus_title(facts["corpus"])
    return f"{name} with {title(models[1])}" if EXTERNAL in roles else name


def _draw_row(
    figure: Figure, trio: pd.DataFrame, advantage: pd.DataFrame, characters: int, top: float
) -> None:
    """One trio: its title, the Venn diagram, the bars; ``top`` in points from the page's foot."""
    width, height = (size / style.POINT for size in figure.get_size_inches())
    roles, models = trio["trio"].iloc[0].split("+"), trio["models"].iloc[0].split(" ")
    color_of = colors(zip(roles, models, strict=True))
    corpus = trio["corpus"].iloc[0]
    # A model from elsewhere is in the middle of its trio, and it is what the row is about.
    leader = models[1] if EXTERNAL in roles else models[0]
    name = texts.corpus_title(corpus)
    figure.text(4 / width, 1 - (height - top + 8) / height, name, size=8, style="italic")

    bottom = top - TITLE - BARS
    box = ((ASIDE + 4) / width, (bottom - 8) / height, VENN / width, HEIGHT / height)
    draw_venn(figure.add_axes(box), trio, models, [color_of[model] for model in models])
    box = (LEFT / width, bottom / height, 1 - (LEFT + RIGHT) / width, BARS / height)
    part = advantage[(advantage["corpus"] == corpus) & (advantage["model"] == leader)]
    draw_bars(figure.add_axes(box), part, (leader, models[-1]), color_of, characters)


def _notes(overlap: pd.DataFrame, advantage: pd.DataFrame) -> str:
    text = _TO_SCALE
    text += "".join(f" The LSTM is {reason}." for reason in reasons(overlap))
    both = pd.concat([overlap["papers_file"], advantage["papers_file"]])
    if both.notna().any():
        text += _PAPERS["rings"] * bool(advantage["paper_probability"].notna().any())
        regions = bool(overlap["paper"].notna().any())
        text += (_PAPERS["regions"] + _PAPERS["overlap"]) * regions
        text += _PAPERS["cut"] * texts.is_other_version(both)
    return text
