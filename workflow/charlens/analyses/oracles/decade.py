"""What later models fix: errors and bits of every model by what kind of character it is.

Figure 6 breaks down a model's errors by what would remove them, which depends on the model. Here
each test character has one category whatever the model: the first oracle of the paper's order that
applies to it, by the texts and the n-gram models alone, else the rest. So the errors and the bits
of any two models can be subtracted, category by category.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from charlens.analyses.oracles.decade_streams import CATEGORIES, REST, sound
from charlens.analyses.oracles.oracles import ORACLES
from charlens.display.markdown import table as markdown_table
from charlens.display.units import per
from charlens.display.wording import rst_corpus, rst_model, signed
from charlens.files import csv_tables
from charlens.files.atomic import FilePath
from charlens.models import names as model_id
from charlens.models.catalogue import LSTM, N_GRAM
from charlens.models.divergence import LARGEST
from charlens.paper import texts
from charlens.runtime.randomness import generator
from charlens.runtime.resampling import interval, resample_streams

# One row per model and category. Bits are losses of the category's characters, summed and divided
# by all test characters: those of all categories add up to the model's bits per character.
COLUMNS = {
    "corpus": "string",
    "model": "string",
    "category": "string",
    "characters": "int64",  # of the category
    "errors": "int64",
    "percent": "float64",  # errors, of all test characters
    "bits": "float64",
    "low": "float64",  # 95 % interval of the bits over streams
    "high": "float64",
    "baseline": "string",  # the best LSTM of the smallest budget with one; empty on its own rows
    "change": "float64",  # bits - the baseline's
    "change_low": "float64",
    "change_high": "float64",
}


def table(
    streams: pd.DataFrame, bootstrap: int, seed: int, uniform: float = LARGEST
) -> pd.DataFrame:
    """Errors and bits of all models of a corpus by category.

    Args:
        streams: of :func:`charlens.analyses.oracles.decade_streams.tables`.
        bootstrap: resamples of streams.
        seed: the config's.
        uniform: of :func:`charlens.models.divergence.uniform_loss`; a model with a higher loss is
            no baseline.
    """
    own = streams[streams["category"].isin(CATEGORIES)]
    corpus = str(own["corpus"].iloc[0])
    by_model = dict(list(own.groupby("model", sort=False)))
    sums = {str(model): _by_stream(part, "bits") for model, part in by_model.items()}
    wrong = {str(model): _by_stream(part, "errors").sum(0) for model, part in by_model.items()}
    characters = _by_stream(next(iter(by_model.values())), "characters")
    lengths = characters.sum(1)
    times = resample_streams(len(lengths), bootstrap, generator(seed, "decade", corpus))
    baseline = baseline_of({model: sums[model] for model in sound(own, uniform)})
    rows = [
        row for model in sums for row in _rows(model, baseline, sums, wrong[model], lengths, times)
    ]
    frame = pd.DataFrame(rows).assign(corpus=corpus)
    frame["characters"] = np.tile(characters.sum(0), len(sums))
    return frame.reindex(columns=list(COLUMNS)).astype(COLUMNS)


def _by_stream(part: pd.DataFrame, column: str) -> np.ndarray:
    """A column of one model's rows as (streams, categories)."""
    return part[column].to_numpy().reshape(-1, len(CATEGORIES))


def _rows(
    model: str,
    baseline: str | None,
    sums: Mapping[str, np.ndarray],
    wrong: np.ndarray,
    lengths: np.ndarray,
    times: np.ndarray,
) -> Iterator[dict[str, object]]:
    total = lengths.sum()
    drawn = (times @ lengths)[:, None]
    own = times @ sums[model] / drawn
    low, high = interval(own, 0)
    change, ends = np.full(len(CATEGORIES), np.nan), np.full((2, len(CATEGORIES)), np.nan)
    if baseline is not None and baseline != model:
        change = (sums[model] - sums[baseline]).sum(0) / total
        ends = np.stack(interval(own - times @ sums[baseline] / drawn, 0))
    for i, category in enumerate(CATEGORIES):
        yield {
            "model": model,
            "category": category,
            "errors": wrong[i],
            "percent": 100 * wrong[i] / total,
            "bits": sums[model][:, i].sum() / total,
            "low": low[i],
            "high": high[i],
            "baseline": baseline if baseline != model else None,
            "change": change[i],
            "change_low": ends[0][i],
            "change_high": ends[1][i],
        }


def baseline_of(sums: Mapping[str, np.ndarray]) -> str | None:
    """The LSTM of the smallest budget with the lowest loss; None where there is no LSTM.

    Args:
        sums: bits of the models that have not diverged, (streams, categories).
    """
    points = {model: model_id.parse(model) for model in sums}
    sizes = {m: p.size for m, p in points.items() if p is not None and p.cell == LSTM}
    smallest = [model for model, size in sizes.items() if size == min(sizes.values())]
    return min(smallest, key=lambda model: sums[model].sum(), default=None)


def read(path: FilePath) -> pd.DataFrame:
    """Read a table made by :func:`table`, written by ``csv_tables.write``.

    Raises:
        CharlensError: no such file, or not such a table.
    """
    return csv_tables.read(path, COLUMNS, "a table of bits by category", "decade")


def shown(frame: pd.DataFrame) -> list[str]:
    """The models that a figure shows, in its order.

    The baseline, the best network of each cell, the n-gram model with the longest context, and
    models that are no point of the grid.
    """
    bits = _bits(frame)
    points = {str(model): model_id.parse(str(model)) for model in bits.index}
    baseline = frame["baseline"].dropna()
    chosen = list(baseline.iloc[:1])
    for cell in dict.fromkeys(p.cell for p in points.values() if p is not None):
        own = [model for model, p in points.items() if p is not None and p.cell == cell]
        chosen.append(min(own, key=lambda model: bits[model]))
    context = [m for m in points if (model_id.context_model(m) or ("",))[0] == N_GRAM]
    chosen += context[-1:]
    chosen += [m for m, p in points.items() if p is None and model_id.context_model(m) is None]
    return list(dict.fromkeys(chosen))


def _bits(frame: pd.DataFrame) -> pd.Series:
    """Bits of each model; infinite where they are no number, which pandas would skip."""
    by_model = frame.groupby("model", sort=False)["bits"]
    return by_model.sum(min_count=len(CATEGORIES)).fillna(np.inf)


def markdown(frame: pd.DataFrame) -> str:
    """Errors and bits of all models by category, for people."""
    corpus, baseline = frame["corpus"].iloc[0], frame["baseline"].dropna()
    what = per(frame)
    lines = [
        f"# Errors and bits by kind of {what}: {texts.corpus_title(str(corpus))}",
        "",
        f"Each test {what} has one category, whatever the model: the first oracle of Figure 6 "
        f"that applies to it. Errors in percent of all test {what}s (probability of the right "
        f"one below the threshold); bits per test {what}: those of all categories add up to a "
        "model's own.",
    ]
    for title, column, form in (
        (f"Errors, % of test {what}s", "percent", "{:.1f}"),
        (f"Bits per {what}", "bits", "{:.3f}"),
    ):
        wide = frame.pivot_table(column, "model", "category", sort=False)[list(CATEGORIES)]
        rows = [
            [model_id.title(str(m)), form.format(part.sum()), *map(form.format, part)]
            for m, part in wide.iterrows()
        ]
        lines += ["", f"## {title}", ""]
        lines += markdown_table(["Model", "all", *CATEGORIES], rows, "lr")
    if len(baseline):
        lines += ["", f"## Bits beyond those of the {model_id.title(baseline.iloc[0])}", ""]
        lines += _changes(frame)
    return "\n".join(lines) + "\n"


def _changes(frame: pd.DataFrame) -> list[str]:
    """The change of the bits of the models shown in the figure, with intervals."""
    rows = []
    for model in shown(frame):
        part = frame[(frame["model"] == model) & frame["change"].notna()]
        if len(part):
            cells = [
                f"{signed(r.change)} [{signed(r.change_low)}, {signed(r.change_high)}]"
                for r in part.itertuples()
            ]
            rows.append([model_id.title(model), *cells])
    return markdown_table(["Model", *CATEGORIES], rows, "lr")


def sentences(frame: pd.DataFrame) -> Iterator[str]:
    """Where the best model gains most on the baseline, and where least."""
    bits = _bits(frame)
    best = bits.idxmin()
    part = frame[(frame["model"] == best) & frame["change"].notna()]
    if part.empty:
        return
    gains = part.set_index("category")["change"].sort_values()
    yield (
        f"On {rst_corpus(frame['corpus'].iloc[0])} the fewest bits per {per(frame)}, "
        f"{bits.min():.3f}, are those of {rst_model(best)}. It gains most on the "
        f"{rst_model(part['baseline'].iloc[0])} at “{gains.index[0]}” "
        f"({signed(gains.iloc[0])} bits), least at “{gains.index[-1]}” ({signed(gains.iloc[-1])})."
    )


def colours() -> dict[str, str]:
    """Colour of each category: its oracle's, grey for the rest."""
    return {n: o.colours[0] for n, o in ORACLES.items() if n in CATEGORIES} | {REST: "#b5b5b5"}


Models = Sequence[str]
"""Ids in the order of a figure."""
