"""How well models close what was opened, by how far back it was opened (paper, Figure 5 left).

The text is lexed and its brackets matched as a whole, from its first byte on; then the closing
characters that the test split asks for are kept. A recurrent model starts every test stream
knowing nothing, so it cannot have seen an opening character before the stream's first byte: such
closings are invisible to it, counted apart and left out of the means.

The paper shows the braces of the kernel. Any pair of characters does, and quotations in the double
quotes of any script; in C these are string literals. A mark of several bytes lies where its first
byte does, and its probability is the product over its bytes, each given what came before: “ and ”
share two bytes of three, which say nothing yet.
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
from charlens.text.encoding_guess import guess
from charlens.text.encodings import UTF_8
from charlens.text.kinds import KINDS, kind_of
from charlens.text.lexed import LexedText
from charlens.text.marks import QUOTES, Marks, marks
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


class Closings(NamedTuple):
    """Closing characters that the test split asks for; shapes (closings,)."""

    position: np.ndarray  # int64: index among the test targets, as in a probabilities file
    width: np.ndarray  # int64: bytes of the closing one, which are as many targets
    distance: np.ndarray  # int64: characters from the opening to the closing one
    visible: np.ndarray  # bool: the opening one is in the same test stream

    def probability(self, of: np.ndarray) -> np.ndarray:
        """That of each whole closing character, (closings,).

        Args:
            of: the probabilities of all test targets, float32 (targets,).
        """
        values = of[self.position]
        if self.width.max(initial=1) > 1:
            values = values.astype(np.float64)
            for byte in range(1, int(self.width.max())):
                wide = self.width > byte
                values[wide] *= of[self.position[wide] + byte]
        return values

    def those(self, chosen: np.ndarray) -> Closings:
        """Some of them, given a bool each."""
        return Closings(*(column[chosen] for column in self))


def closings(text: CorpusText, matched: Marks) -> Closings:
    """Find matched closing characters among the test targets.

    One of several bytes counts where all of them are targets of one stream.

    Args:
        text: the corpus.
        matched: the marks of its text.
    """
    pair_at = np.full(len(text.text), -1, dtype=np.int64)
    pair_at[matched.closer] = np.arange(len(matched.closer))
    targets = text.targets
    pairs = pair_at[targets]  # (B, length)
    whole = (pairs >= 0) & (targets + _of(matched.width, pairs) - 1 <= targets[:, -1:])
    visible = _of(matched.opener, pairs) >= text.inputs[:, :1]
    chosen = pairs[whole]
    return Closings(
        np.flatnonzero(whole), matched.width[chosen], matched.distance[chosen], visible[whole]
    )


def _of(values: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """A value of each pair, -1 where there is none."""
    return np.append(values, -1)[pairs]


def matched_pairs(text: np.ndarray, pair: str, kind: str, encoding: str = UTF_8) -> Marks:
    """Match the pairs of a text.

    Args:
        text: byte values, uint8 (bytes,).
        pair: opening and closing character; two double quotes for quotations.
        kind: ``prose`` or ``c``. In C brackets count in code only, quotes as string literals.
        encoding: of the text.

    Raises:
        CharlensError: two equal characters other than double quotes.
    """
    if pair[0] == pair[1] and pair != QUOTES:
        raise CharlensError(
            f"figure5.pairs: found {pair!r}, expected an opening and a closing character that "
            f"differ, or {QUOTES!r} for quotations"
        )
    return marks(LexedText(text, kind, encoding), pair)


def table(
    contests: Sequence[Contest],
    texts: Mapping[str, CorpusText],
    kinds: Mapping[str, str | None],
    pairs: Sequence[str] | None,
    bins: Sequence[int],
    seed: int,
    encodings: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Mean probability of closing characters by distance, for every corpus, pair, bin and model.

    Args:
        contests: who competes, one per corpus.
        texts: the text of each corpus, by name.
        kinds: ``prose`` or ``c`` by corpus; None, or nothing, guesses.
        pairs: the pairs to show; None takes braces in C and quotations in prose.
        bins: increasing borders of the groups of distances, in characters.
        seed: the config's seed.
        encodings: that of each text; one that is not given is guessed.

    Raises:
        CharlensError: an impossible pair, or probabilities of other characters than the text's.
    """
    rows: list[dict[str, Any]] = []
    for contest in contests:
        text = texts[contest.corpus.name]
        kind = kinds.get(contest.corpus.name) or kind_of(text.text)
        encoding = (encodings or {}).get(contest.corpus.name) or guess(text.text)
        for pair in pairs or (KINDS[kind].pair,):
            matches = closings(text, matched_pairs(text.text, pair, kind, encoding))
            _check_bytes(contest, text, matches)
            rows += _pair_rows(contest, pair, matches, bins, seed)
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def _check_bytes(contest: Contest, text: CorpusText, matches: Closings) -> None:
    """Refuse probabilities of other characters than the text's."""
    of_text = text.text[text.targets].ravel()
    for byte in range(int(matches.width.max(initial=0))):
        positions = matches.position[matches.width > byte] + byte
        if (contest.byte[positions] != of_text[positions]).any():
            raise CharlensError(
                f"{contest.corpus.name}: its probabilities and its splits are of different texts; "
                "delete the probabilities files and run again"
            )


def _pair_rows(
    contest: Contest, pair: str, matches: Closings, bins: Sequence[int], seed: int
) -> Iterator[dict[str, Any]]:
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
        counted = matches.those(inside & matches.visible)
        papers = dict(zip((LSTM, N_GRAM), printed.get((low, high), ()), strict=False))
        for role, model in competing:
            values = counted.probability(contest.probability[model])
            yield {
                "corpus": corpus.name,
                "pair": pair,
                "low": low,
                "high": high,
                "role": role,
                "model": model,
                "closings": len(counted.position),
                "invisible": int((inside & ~matches.visible).sum()),
                "beyond": beyond,
                **_mean(values, run[counted.position], drawn),
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
    return "quotations" if pair == QUOTES else " ".join(pair)


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
