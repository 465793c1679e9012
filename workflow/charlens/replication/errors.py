r"""The paper's findings about errors and long-range interactions (sections 4.3 and 4.4).

Each is one function from a run's tables to what came of it on every corpus that has what is needed.
Criteria are such that the paper's own numbers, where it gives them, pass.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from charlens.analyses.context_length import table as table2
from charlens.analyses.shared_errors import overlap
from charlens.analyses.training_dynamics import table as dynamics
from charlens.display.wording import listed, signed
from charlens.models import names as model_id
from charlens.models.catalogue import LSTM, N_GRAM, N_NN
from charlens.models.names import title
from charlens.paper.definitions import LARGE, LARGEST
from charlens.replication.figures import PAPERS_N_GRAM, other_models
from charlens.replication.outcome import Outcome
from charlens.replication.run_tables import Tables
from charlens.replication.tolerances import STANDARD_ERRORS

# Recurrent networks and baselines

SMALL_N, LARGE_N = 2, 4  # up to the one n is small, from the other on it is larger
ALIKE = 0.03  # nats per character: nearly identically
WORSE = 0.05  # nats per character


def best_network_beats_n_gram(tables: Tables) -> Iterator[Outcome]:
    """The best recurrent network outperforms the n-gram model with the longest context."""
    for corpus, part in tables.table2.groupby("corpus", sort=False):
        networks = part[part["family"] == table2.RECURRENT]
        n_grams = part[part["family"] == N_GRAM].sort_values("n")
        if networks.empty or n_grams.empty:
            continue
        best, baseline = _mean_of(networks.iloc[0], tables.seeds), n_grams.iloc[-1]
        lead = baseline["cross_entropy"] - best["cross_entropy"]
        error = np.hypot(*np.nan_to_num([best["bootstrap_sd"], baseline["bootstrap_sd"]]))
        evidence = f"{title(best['model'])} {best['cross_entropy']:.3f}, "
        evidence += f"{title(baseline['model'])} {baseline['cross_entropy']:.3f} nats"
        if baseline["model"] != PAPERS_N_GRAM:
            yield Outcome(corpus, None, f"no {title(PAPERS_N_GRAM)} here; {evidence}", False)
            continue
        large = model_id.grid_point(best["model"]).size == LARGEST
        yield Outcome(corpus, bool(lead > STANDARD_ERRORS * error), evidence, large)


def _mean_of(network: pd.Series, seeds: pd.DataFrame) -> pd.Series:
    """A row of Table 2, with the mean over seeds where its network was trained several times."""
    same = (seeds["corpus"] == network["corpus"]) & (seeds["model"] == network["model"])
    several = seeds[same & (seeds["seeds"] > 1)]
    if several.empty:
        return network
    network = network.copy()
    network["cross_entropy"] = several["mean"].iloc[0]
    network["bootstrap_sd"] = several["text_sd"].iloc[0]
    return network


def n_nn_overfits(tables: Tables) -> Iterator[Outcome]:
    """n-NN and n-gram perform nearly identically for small n; for larger n the n-NN is worse."""
    for corpus, part in tables.table2.groupby("corpus", sort=False):
        losses = part[part["n"].notna()].pivot(index="n", columns="family", values="cross_entropy")
        if not {N_GRAM, N_NN} <= set(losses.columns):
            continue
        behind = (losses[N_NN] - losses[N_GRAM]).dropna()
        small, large = behind[behind.index <= SMALL_N], behind[behind.index >= LARGE_N]
        if len(small) and len(large):
            holds = (small.abs() <= ALIKE).all() and (large > WORSE).all()
            differences = ", ".join(f"{signed(value)} at n = {n}" for n, value in behind.items())
            yield Outcome(corpus, bool(holds), f"n-NN less n-gram: {differences} nats")


# Errors (Figure 4)

SHOWN = 10  # the figure shows so many characters each way
STRUCTURE = ("{", "}", ")", "]", r"\t", "<s>")  # the brackets and whitespace among the paper's ten
SOME = 4  # of these must be among ours

_NAMES = {LSTM: "the LSTM", N_NN: "the n-NN", N_GRAM: "the n-gram model"}


def most_errors_are_shared(tables: Tables) -> Iterator[Outcome]:
    """The majority of every model's errors is made by all three, but each has some of its own."""
    trio = [LSTM, N_NN, N_GRAM]
    frame = tables.overlap[tables.overlap["trio"] == "+".join(trio)]
    for (corpus, models), part in frame.groupby(["corpus", "models"], sort=False):
        percent, totals = part.set_index("region")["percent"], overlap.totals(part)
        comparable = not other_models(models.split(" "))
        if min(totals) == 0:
            none = [_NAMES[role] for role, total in zip(trio, totals, strict=True) if total == 0]
            yield Outcome(corpus, None, f"no errors are made by {listed(none)}", comparable)
            continue
        shared = [percent[overlap.region_name(trio)] / total for total in totals]
        alone = [percent[overlap.region_name([role])] for role in trio]
        shares = [f"{s:.0%} of {_NAMES[role]}'s" for s, role in zip(shared, trio, strict=True)]
        holds = bool(min(shared) > 0.5 and min(alone) > 0)
        yield Outcome(corpus, holds, f"errors of all three are {', '.join(shares)}", comparable)


def _by_character(tables: Tables) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Corpus, LSTM and its rows of the characters that are frequent enough to be ranked."""
    frame = tables.advantage
    frame = frame[(frame["role"] == LSTM) & frame["rank"].notna()]
    for (corpus, model), part in frame.groupby(["corpus", "model"], sort=False):
        yield corpus, model, part.set_index("character")


def _ahead(row: pd.Series) -> bool:
    return bool(row["difference"] > STANDARD_ERRORS * row["difference_se"])


def _mean_probabilities(model: str, rows: pd.DataFrame) -> str:
    probabilities = [
        f"`{name}` {row['probability']:.2f} and {row['baseline_probability']:.2f}, "
        f"place {row['rank']}"
        for name, row in rows.iterrows()
    ]
    baseline = title(rows["baseline"].iloc[0])
    return f"mean P by {title(model)} and {baseline}: {'; '.join(probabilities)}"


def _judged(corpus: str, model: str, holds: bool, rows: pd.DataFrame) -> Outcome:
    """What came of a finding about characters; one that comes once has no standard error."""
    once = rows.index[rows["difference_se"].isna()]
    if len(once):
        names = listed([f"`{name}`" for name in once])
        reason = f"too few in the test text for a standard error: {names}"
        return Outcome(corpus, None, reason, model == LARGE)
    return Outcome(corpus, holds, _mean_probabilities(model, rows), model == LARGE)


def carriage_return_known(tables: Tables) -> Iterator[Outcome]:
    """The LSTM has a distinct advantage on the carriage return, which ends lines of 70."""
    for corpus, model, characters in _by_character(tables):
        if r"\r" in characters.index:
            row = characters.loc[r"\r"]
            holds = _ahead(row) and row["rank"] <= SHOWN
            rows = characters.loc[[r"\r"]]
            yield _judged(corpus, model, bool(holds), rows)


def structure_known(tables: Tables) -> Iterator[Outcome]:
    """The LSTM has a large advantage on brackets and whitespace, which structure C programs."""
    for corpus, model, characters in _by_character(tables):
        if not set(STRUCTURE) <= set(characters.index):
            continue
        rows = characters.loc[list(STRUCTURE)]
        leading = [row["rank"] <= SHOWN for _, row in rows.iterrows()]
        holds = all(_ahead(row) for _, row in rows.iterrows()) and sum(leading) >= SOME
        yield _judged(corpus, model, holds, rows)


# Closing braces and training (Figure 5)

PEAK = 60  # characters
TURNED = 3  # n-NNs whose nearest time must have come


def brace_advantage_peaks(tables: Tables) -> Iterator[Outcome]:
    """The LSTM's advantage on closing braces grows up to 60 characters, then slowly decays.

    Bins beyond hold few braces each, so they are judged by two means, of the nearer and of the
    further half, every brace counting the same.
    """
    frame = tables.closings[tables.closings["pair"] == "{}"]
    for corpus, part in frame.groupby("corpus", sort=False):
        bins = _advantage_by_distance(part)
        up, beyond = bins[bins["high"] <= PEAK], bins[bins["low"] >= PEAK]
        if len(up) < 2 or len(beyond) < 2:
            continue
        middle = (len(beyond) + 1) // 2
        near, far = (
            np.average(half["advantage"], weights=half["closings"])
            for half in (beyond.iloc[:middle], beyond.iloc[middle:])
        )
        top = up["advantage"].iloc[-1]
        holds = up["advantage"].is_monotonic_increasing and top > near > far
        grows = ", ".join(map(signed, up["advantage"]))
        model = part.loc[part["role"] == LSTM, "model"].iloc[0]
        evidence = f"{title(model)}: {grows} up to {PEAK} characters, then {signed(near)} and "
        evidence += f"{signed(far)} (means of the nearer and the further bins)"
        yield Outcome(corpus, bool(holds), evidence, model == LARGE)


def _advantage_by_distance(part: pd.DataFrame) -> pd.DataFrame:
    """LSTM less n-gram by bin: ``low``, ``high``, ``closings`` and ``advantage``; no empty bins."""
    by_bin = ["low", "high", "closings"]
    means = part.pivot_table(index=by_bin, columns="role", values="probability")
    means = means.reindex(columns=[LSTM, N_GRAM]).dropna()
    return (means[LSTM] - means[N_GRAM]).rename("advantage").reset_index().sort_values("low")


def context_grows(tables: Tables) -> Iterator[Outcome]:
    """In training an LSTM is most like the 1-NN, then the 2-, 3- and 4-NN: by when KL is least.

    Of a KL that still falls at the last checkpoint it is only known that its least comes later.
    """
    for (corpus, model), part in tables.dynamics.groupby(["corpus", "model"], sort=False):
        rows = dynamics.summary(part[part["other"].str.startswith(f"{N_NN}-")])
        rows = rows.assign(n=[model_id.family_and_context(other)[1] for other in rows["other"]])
        rows = rows.sort_values("n")
        epochs = rows["kl_minimum_epoch"].fillna(np.inf)
        turned = epochs[np.isfinite(epochs)]
        if len(turned) < TURNED:
            continue
        moments = [
            f"{title(row.other)} {'later' if row.n_later else f'{row.kl_minimum_epoch:.2f}'}"
            for row in rows.assign(n_later=np.isinf(epochs)).itertuples()
        ]
        evidence = f"{title(model)}: least KL at epoch {', '.join(moments)}"
        holds = epochs.is_monotonic_increasing and turned.is_unique
        yield Outcome(corpus, bool(holds), evidence, model == LARGE)


# Failure cases (Figure 6)


def scaling_removes_n_gram_errors(tables: Tables) -> Iterator[Outcome]:
    """Of the errors that a larger LSTM no longer makes, most are those of the n-gram oracle."""
    frame = tables.eliminated
    for (corpus, small, large), part in frame.groupby(["corpus", "small", "large"], sort=False):
        sizes = [model_id.grid_point(model).size for model in (small, large)]
        gone = part.groupby("family")["eliminated"].sum()
        if gone.sum() <= 0:
            before, after = (part[f"errors_{which}"].sum() for which in ("small", "large"))
            evidence = f"{title(large)} makes {after:,} errors, not fewer than the {before:,} of "
            yield Outcome(corpus, None, evidence + title(small), sizes == [64, LARGEST])
            continue
        share = gone["n-gram"] / gone.sum()
        evidence = f"{gone['n-gram']:,} of {gone.sum():,} ({share:.0%}) from {title(small)} to "
        evidence += title(large)
        yield Outcome(corpus, bool(share > 0.5), evidence, sizes == [64, LARGEST])
