"""How well models close what was opened, by how far back it was opened (paper, Figure 5 left).

The text is lexed and its brackets matched as a whole, from its first byte on; then the closing
characters that the test split asks for are kept. A recurrent model starts every test stream
knowing nothing, so it cannot have seen an opening character before the stream's first byte: such
closings are invisible to it, counted apart and left out of the means.

The paper shows the braces of the kernel. Any pair of characters does, and quotations: straight
double quotes, string literals in C. Curly quotes are passed over, for they are three bytes of which
only the last tells opening from closing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from charlens.analyses.contest import EXTERNAL, LSTM, N_GRAM, Contest, choice_sentences
from charlens.analyses.stream_bootstrap import interval, resampled_means
from charlens.display.markdown import table as markdown_table
from charlens.display.wording import rst, rst_corpus, rst_model
from charlens.errors import CharlensError
from charlens.files import csv_tables
from charlens.files.atomic import FilePath
from charlens.models.names import title
from charlens.paper import numbers as paper
from charlens.paper import texts
from charlens.predictions.loss import run_of
from charlens.runtime.randomness import generator
from charlens.runtime.resampling import resample_streams
from charlens.text import brackets
from charlens.text.kinds import KINDS, kind_of
from charlens.text.lexed import LexedText
from charlens.text.whole_text import CorpusText

COLUMNS = {
    "corpus": "string",
    "pair": "string",  # opening and closing character
    "low": "int64",  # the bin's borders: low <= distance < high, in characters
    "high": "int64",
    "role": "string",  # lstm, n-gram or external
    "model": "string",
    "closings": "int64",  # in the bin, the opening character in the same test stream
    "invisible": "int64",  # in the bin, the opening character before the test stream
    "beyond": "int64",  # in no bin; the same in all rows of a pair
    "probability": "float64",  # mean probability of the closing character; empty without any
    "lower": "float64",  # 95 % interval, streams resampled; empty for closings in less than two
    "upper": "float64",
    "paper": "float64",
    "papers_file": "boolean",  # whether the corpus is the very file of the paper, where compared
    "chosen": "string",  # of an LSTM: why this one, a key of contest.REASONS
}
"""Columns of the table, one row per bin and model."""

LATER = ("chosen",)
"""Columns that tables of earlier versions lack."""

RESAMPLES = 1000
"""Resamples of the test streams behind each interval."""

_QUOTES = '""'


class Closings(NamedTuple):
    """Closing characters that the test split asks for; shapes (closings,)."""

    position: np.ndarray  # int64: index among the test targets, as in a probabilities file
    distance: np.ndarray  # int64: characters from the opening to the closing one
    visible: np.ndarray  # bool: the opening one is in the same test stream


def closings(text: CorpusText, opener: np.ndarray, closer: np.ndarray) -> Closings:
    """Find matched closing characters among the test targets.

    Args:
        text: the corpus.
        opener: index into the text of each opening character, int64 (pairs,).
        closer: that of its closing character, int64 (pairs,).
    """
    opened_at = np.full(len(text.text), -1, dtype=np.int64)
    opened_at[closer] = opener
    targets = text.targets
    openings = opened_at[targets]  # (B, length)
    matched = openings >= 0
    visible = openings >= text.inputs[:, :1]
    return Closings(np.flatnonzero(matched), (targets - openings)[matched], visible[matched])


def matched_pairs(text: np.ndarray, pair: str, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Match the pairs of a text.

    Args:
        text: byte values, uint8 (bytes,).
        pair: opening and closing character; two double quotes for quotations.
        kind: ``prose`` or ``c``. In C brackets count in code only, quotes as string literals.

    Returns:
        Indices of the opening and of the closing characters, int64 (pairs,) each.

    Raises:
        CharlensError: two equal characters other than double quotes.
    """
    lexed = LexedText(text, kind)
    if pair == _QUOTES:
        opened_at = brackets.match_quotes(text, lexed.tokens)
        closer = np.flatnonzero((opened_at >= 0) & (text == ord('"')))
        straight = text[opened_at[closer]] == ord('"')
        return opened_at[closer][straight], closer[straight]
    if pair[0] == pair[1]:
        raise CharlensError(
            f"figure5.pairs: found {pair!r}, expected an opening and a closing character that "
            f"differ, or {_QUOTES!r} for quotations"
        )
    return lexed.matched((pair[0], pair[1]))


def table(
    contests: Sequence[Contest],
    texts: Mapping[str, CorpusText],
    kinds: Mapping[str, str | None],
    pairs: Sequence[str] | None,
    bins: Sequence[int],
    seed: int,
) -> pd.DataFrame:
    """Mean probability of closing characters by distance, for every corpus, pair, bin and model.

    Args:
        contests: who competes, one per corpus.
        texts: the text of each corpus, by name.
        kinds: ``prose`` or ``c`` by corpus; None, or nothing, guesses.
        pairs: the pairs to show; None takes braces in C and quotations in prose.
        bins: increasing borders of the groups of distances, in characters.
        seed: the config's seed.

    Raises:
        CharlensError: an impossible pair, or probabilities of other characters than the text's.
    """
    rows: list[dict[str, Any]] = []
    for contest in contests:
        text = texts[contest.corpus.name]
        kind = kinds.get(contest.corpus.name) or kind_of(text.text)
        for pair in pairs or (KINDS[kind].pair,):
            matches = closings(text, *matched_pairs(text.text, pair, kind))
            rows += _pair_rows(contest, pair, matches, bins, seed)
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def _pair_rows(
    contest: Contest, pair: str, matches: Closings, bins: Sequence[int], seed: int
) -> Iterator[dict[str, Any]]:
    if (contest.byte[matches.position] != ord(pair[1])).any():
        raise CharlensError(
            f"{contest.corpus.name}: its probabilities and its splits are of different texts; "
            "delete the probabilities files and run again"
        )
    corpus = contest.corpus
    comparable = pair == "{}" and corpus.split == "streams"
    printed = paper.closing_brace_probabilities(corpus.name) if comparable else {}
    own = texts.is_own_file(corpus.name, corpus.bytes)
    beyond = int(((matches.distance < bins[0]) | (matches.distance >= bins[-1])).sum())
    competing = [(LSTM, contest.lstm), (N_GRAM, contest.n_gram)]
    competing += [(EXTERNAL, model) for model in contest.external]
    run = run_of(contest.stream)
    draws = generator(seed, "closings", corpus.name, pair)
    drawn = resample_streams(int(run.max()) + 1, RESAMPLES, draws)
    for low, high in pairwise(bins):
        inside = (matches.distance >= low) & (matches.distance < high)
        positions = matches.position[inside & matches.visible]
        papers = dict(zip((LSTM, N_GRAM), printed.get((low, high), ()), strict=False))
        for role, model in competing:
            yield {
                "corpus": corpus.name,
                "pair": pair,
                "low": low,
                "high": high,
                "role": role,
                "model": model,
                "closings": positions.size,
                "invisible": int((inside & ~matches.visible).sum()),
                "beyond": beyond,
                **_mean(contest.probability[model][positions], run[positions], drawn),
                "paper": papers.get(role),
                "papers_file": own if role in papers else None,
                "chosen": contest.chosen if role == LSTM else None,
            }


def _mean(values: np.ndarray, run: np.ndarray, drawn: np.ndarray) -> dict[str, float]:
    """Mean and interval as far as there are values for them.

    Args:
        values: probabilities, (closings,).
        run: of text that each lies in, int64 (closings,).
        drawn: how often each run is in each resample, (resamples, runs).
    """
    mean = float(values.mean(dtype=np.float64)) if values.size else np.nan
    means = resampled_means(values[:, None].astype(np.float64), run, drawn)
    lower, upper = interval(means, run)
    return {"probability": mean, "lower": float(lower[0]), "upper": float(upper[0])}


def read(path: FilePath) -> pd.DataFrame:
    """Read a table made by :func:`table`, written by :func:`charlens.files.csv_tables.write`.

    Raises:
        CharlensError: no such file, or not such a table.
    """
    return csv_tables.read(path, COLUMNS, "a table of closing characters", "closings", LATER)


def bin_name(low: int, high: int) -> str:
    """A group of distances for people: ``0–20`` holds 0 to 19."""
    return f"{low}–{high}"


def pair_title(pair: str) -> str:
    """A pair for people: ``{ }``, or ``quotations``."""
    return "quotations" if pair == _QUOTES else " ".join(pair)


def markdown(frame: pd.DataFrame) -> str:
    """The table as Markdown, one section per corpus and pair."""
    lines = [
        "# Closing characters by distance",
        "",
        "Mean probability of the closing character [95 % interval over test streams], by how many "
        "characters before it the opening one stands (the upper border excluded). Counted are "
        "closings whose opening character lies in the same test stream; those which open before "
        "it are invisible to a recurrent model and left out.",
    ]
    for (corpus, pair), part in frame.groupby(["corpus", "pair"], sort=False):
        name = pair_title(str(pair))
        lines += ["", f"## {texts.corpus_title(str(corpus))}: {name}", ""]
        if texts.is_other_version(part["papers_file"]):
            lines += [texts.ANOTHER_CUT, ""]
        models = part.drop_duplicates("model")
        compared = [part.loc[part["model"] == m, "paper"].notna().any() for m in models["model"]]
        head = ["Distance", "Closings", "Invisible"]
        for model, with_paper in zip(models["model"], compared, strict=True):
            head += [title(model), "*paper*"] if with_paper else [title(model)]
        groups = part.groupby(["low", "high"], sort=False)
        lines += markdown_table(head, [_cells(rows, compared) for _, rows in groups], "lr")
        lines += ["", f"In none of these groups: {part['beyond'].iloc[0]:,} closings."]
    return "\n".join(lines) + "\n"


def _cells(rows: pd.DataFrame, compared: Sequence[bool]) -> list[str]:
    first = rows.iloc[0]
    cells = [bin_name(first.low, first.high), f"{first.closings:,}", f"{first.invisible:,}"]
    for row, with_paper in zip(rows.itertuples(), compared, strict=True):
        interval = "" if np.isnan(row.lower) else f" [{row.lower:.2f}, {row.upper:.2f}]"
        cells.append("–" if np.isnan(row.probability) else f"{row.probability:.3f}{interval}")
        if with_paper:
            cells.append("–" if np.isnan(row.paper) else f"*{row.paper:.3f}*")
    return cells


def sentences(frame: pd.DataFrame) -> Iterator[str]:
    """Which LSTM is compared, and how far it is ahead of the n-gram model by distance."""
    yield from choice_sentences(frame)
    for (corpus, pair), part in frame.groupby(["corpus", "pair"], sort=False):
        wide = part[part["role"] != EXTERNAL].pivot_table("probability", ["low", "high"], "role")
        wide = wide.reindex(columns=[LSTM, N_GRAM]).dropna()
        if wide.empty:
            yield (
                f"The test text of {rst_corpus(corpus)} closes no {rst(pair_title(str(pair)))} "
                "that was opened in the same stream at such a distance."
            )
            continue
        models = part.drop_duplicates("role").set_index("role")["model"]
        lead = wide[LSTM] - wide[N_GRAM]
        low, high = lead.idxmax()
        most = f", by up to {lead.max():.3f} (at {low} to {high} characters)"
        yield (
            f"On {rst_corpus(corpus)}, {rst(pair_title(str(pair)))}: {rst_model(models[LSTM])} "
            f"is ahead of {rst_model(models[N_GRAM])} at {(lead > 0).sum()} of {len(lead)} "
            f"{'distance' if len(lead) == 1 else 'distances'}{most if lead.max() > 0 else ''}."
        )
