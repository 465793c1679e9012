r"""Check the paper's findings on a run's own tables.

A finding gets a verdict where a run has the paper's text, and models of the size and
depth that the finding is about. Outcomes on other models and texts are kept apart; they tell how
far a finding carries, not whether it is true.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from charlens.display.markdown import table as markdown_table
from charlens.inside.gates.table import ALMOST_ALWAYS
from charlens.paper import texts
from charlens.paper.definitions import LARGEST
from charlens.replication import cells, errors, networks
from charlens.replication.compare import CORPORA
from charlens.replication.outcome import Outcome
from charlens.replication.run_tables import Tables, is_papers_text
from charlens.replication.tolerances import STANDARD_ERRORS, TRAINED

WP, LK = CORPORA

REPRODUCED, NOT_REPRODUCED, NOT_TESTED = "reproduced", "not reproduced", "not tested"

_VERDICTS = {True: REPRODUCED, False: NOT_REPRODUCED, None: NOT_TESTED}

COLUMNS = {
    "finding": "string",
    "figure": "string",  # that shows it
    "corpus": "string",  # empty where not tested and the paper names no corpus
    "verdict": "string",  # reproduced, not reproduced or not tested
    "evidence": "string",  # numbers, or what is missing
    "criterion": "string",
    "comparable": "bool",  # whether text and models are the paper's, or ought to be, if missing
}
"""Columns of the table, one row per finding and corpus."""


@dataclass(frozen=True)
class Finding:
    """One finding of the paper.

    Attributes:
        words: what was found.
        figure: the figure or table that shows it.
        corpora: those which the paper found it on; none where it names none.
        test: puts it to every corpus that has what is needed.
        criterion: when it counts as reproduced.
        needs: what a run must have for the test.
    """

    words: str
    figure: str
    corpora: tuple[str, ...]
    test: Callable[[Tables], Iterator[Outcome]]
    criterion: str
    needs: str


_GATES = "the saturation table of a 3-layer"
_SIZE = f"({LARGEST})"
_TRIO = "LSTM-3 (512) and the 20-gram"


def tracking() -> tuple[Finding, ...]:
    """One finding per cell that the paper names: a cell of ours follows the same concept."""
    return tuple(
        Finding(
            f"a single cell keeps track of {cell.tracks}",
            "Figure 2",
            (cell.corpus,),
            cells.tracks(concept),
            f"on text it was not chosen on, an AUC of {cells.AUC:g} either way for a yes or no, a "
            f"correlation of {cells.CORRELATION:g} either way for a count; above its baselines, "
            "where the run has these",
            f"the cells of an LSTM of size {LARGEST}",
        )
        for concept, cell in cells.tracked().items()
    )


FINDINGS = (
    Finding(
        "depth of at least two is beneficial",
        "Figure 1 left",
        (WP, LK),
        networks.depth_helps,
        f"the better of the deeper networks beats one layer in {networks.MOST:.0%} of the cells "
        f"and sizes where they are more than {TRAINED:g} nats apart",
        "networks of one and of more layers",
    ),
    Finding(
        "LSTM and GRU are alike, both outperform the RNN",
        "Figure 1 left",
        (WP, LK),
        networks.gated_networks_lead,
        f"at the largest size, {networks.GATED_FROM} or more (below, the paper's own table says "
        "otherwise), and the depths that all cells have there, the best RNN is more than "
        f"{TRAINED:g} nats behind both, and they are closer to each other than to it",
        f"LSTM, GRU and RNN of one depth and one size from {networks.GATED_FROM} on",
    ),
    Finding(
        "LSTM and GRU predict alike, RNNs form their own cluster",
        "Figure 1 right",
        (WP,),
        networks.rnns_cluster_apart,
        f"LSTM–GRU and RNN–RNN pairs of one size agree on {networks.AGREEMENT:.1%} more of the "
        "characters than RNN–LSTM and RNN–GRU pairs do, among depths that all cells have there",
        "LSTM, GRU and RNN of two depths and one size",
    ),
    *tracking(),
    Finding(
        "many forget gates are almost always right-saturated",
        "Figure 3",
        (),
        networks.forget_gates_stay_open,
        f"at least 2, and {networks.MANY:.0%}, are above 0.9 more than {ALMOST_ALWAYS:.0%} of "
        "the time",
        f"{_GATES} LSTM {_SIZE}",
    ),
    Finding(
        "no forget gate is consistently left-saturated",
        "Figure 3",
        (),
        networks.no_gate_always_shut,
        f"none is below 0.1 more than {ALMOST_ALWAYS:.0%} of the time",
        f"{_GATES} LSTM {_SIZE}",
    ),
    Finding(
        "no cell gets consistently revealed or blocked by its output gate",
        "Figure 3",
        (),
        networks.output_gates_vary,
        f"none is below 0.1, or above 0.9, more than {ALMOST_ALWAYS:.0%} of the time",
        f"{_GATES} LSTM {_SIZE}",
    ),
    Finding(
        "gates of the first layer are diffuse",
        "Figure 3",
        (),
        networks.first_layer_diffuse,
        f"for each of f, i and o, less than {networks.DIFFUSE:g} of the saturated time of the "
        "layers above",
        "the saturation table of an LSTM of two layers or more",
    ),
    Finding(
        "in the first layer of a GRU reset gates are nearly never right-saturated, update gates "
        "rarely left-saturated",
        "Figure 3",
        (),
        networks.first_gru_layer_feeds_forward,
        f"each less than {networks.RARELY:.0%} of the time, averaged over gates",
        f"{_GATES} GRU {_SIZE}",
    ),
    Finding(
        "n-NN and n-gram models are alike for small n, for larger n the n-NN is worse",
        "Table 2",
        (WP, LK),
        errors.n_nn_overfits,
        f"within {errors.ALIKE:g} nats up to n = {errors.SMALL_N}, more than {errors.WORSE:g} "
        f"behind from n = {errors.LARGE_N} on",
        f"n-NN and n-gram models of n up to {errors.SMALL_N} and from {errors.LARGE_N} on",
    ),
    Finding(
        "the best recurrent network outperforms the 20-gram model",
        "Table 2",
        (WP, LK),
        errors.best_network_beats_n_gram,
        f"by more than {STANDARD_ERRORS} standard errors",
        f"a recurrent network of size {LARGEST} and the 20-gram",
    ),
    Finding(
        "most errors are shared by LSTM, n-NN and n-gram model, some are each one's own",
        "Figure 4 left",
        (LK,),
        errors.most_errors_are_shared,
        "those of all three are more than half of each one's, and each has others of its own",
        f"{_TRIO}, and an n-NN of 5 to 7 characters",
    ),
    Finding(
        "the LSTM has a distinct advantage on the carriage return",
        "Figure 4 right",
        (WP,),
        errors.carriage_return_known,
        f"more than {STANDARD_ERRORS} standard errors, and one of the {errors.SHOWN} largest",
        _TRIO,
    ),
    Finding(
        "the LSTM has a large advantage on brackets and whitespace",
        "Figure 4 middle",
        (LK,),
        errors.structure_known,
        f"more than {STANDARD_ERRORS} standard errors on each of the "
        f"{len(errors.STRUCTURE)} that the paper shows, and {errors.SOME} of them among the "
        f"{errors.SHOWN} largest",
        _TRIO,
    ),
    Finding(
        "the LSTM's advantage on closing braces grows up to 60 characters, then slowly decays",
        "Figure 5 left",
        (LK,),
        errors.brace_advantage_peaks,
        f"it grows from bin to bin up to {errors.PEAK} characters, is smaller in the nearer half "
        "of the bins beyond and still smaller in the further half",
        f"{_TRIO}, and braces on both sides of {errors.PEAK} characters",
    ),
    Finding(
        "an LSTM in training resembles the 1-NN, then the 2-, 3- and 4-NN in turn",
        "Figure 5 right",
        (),
        errors.context_grows,
        "the KL to each is least later than to the one before",
        f"LSTM-3 (512) in training, watched until it has been nearest {errors.TURNED} n-NNs",
    ),
    Finding(
        "scaling up removes mostly errors within reach of an n-gram model",
        "Figure 6",
        (WP,),
        errors.scaling_removes_n_gram_errors,
        "more than half of those that the largest LSTM no longer makes",
        f"LSTMs of sizes 64 and {LARGEST}",
    ),
)


def table(tables: Tables) -> pd.DataFrame:
    """Every finding on every corpus it can be put to, with the columns of :data:`COLUMNS`.

    On a corpus of the paper's that lacks the models it needs, a finding is not tested.
    """
    rows = [row for finding in FINDINGS for row in _rows(finding, tables)]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def _rows(finding: Finding, tables: Tables) -> Iterator[dict[str, Any]]:
    stated = {
        "finding": finding.words,
        "figure": finding.figure,
        "criterion": finding.criterion,
    }
    tested = set()
    for outcome in finding.test(tables):
        claimed = not finding.corpora or outcome.corpus in finding.corpora
        text = tables.corpora[outcome.corpus]
        comparable = claimed and outcome.comparable and is_papers_text(text)
        tested |= {outcome.corpus} if comparable else set()
        yield stated | {
            "corpus": outcome.corpus,
            "verdict": _VERDICTS[outcome.holds],
            "evidence": outcome.evidence,
            "comparable": comparable,
        }
    missing: list[str | None] = [corpus for corpus in finding.corpora if corpus not in tested]
    if not finding.corpora and not tested:
        missing = [None]
    for corpus in missing:
        untested = {"verdict": NOT_TESTED, "evidence": f"needs {finding.needs}", "comparable": True}
        yield stated | untested | {"corpus": corpus}


# For people


def markdown(frame: pd.DataFrame) -> str:
    """The table as Markdown: verdicts first, those on the paper's texts and models before others.

    Then what was not tested, and when a finding counts as reproduced.
    """
    due = frame[frame["comparable"]]
    counts = [
        f"{(due['verdict'] == v).sum()} {v}" for v in (REPRODUCED, NOT_REPRODUCED, NOT_TESTED)
    ]
    lines = ["## Findings", "", f"On the paper's texts and models: {', '.join(counts)}."]
    tested = frame["verdict"] != NOT_TESTED
    if (tested & frame["comparable"]).any():
        lines += ["", *_grid(frame[tested & frame["comparable"]])]
    others = frame[tested & ~frame["comparable"]]
    if len(others):
        lines += [
            "",
            "### On other models and texts",
            "",
            "How far the findings carry; whether they are true is not decided here.",
            "",
            *_grid(others),
        ]
    if not tested.all():
        untested = frame[~tested].sort_values("comparable", ascending=False, kind="stable")
        lines += ["", "### Not tested", "", *_grid(untested)]
    lines += ["", "### When a finding counts as reproduced", ""]
    return "\n".join(lines + [f"- {f.words}: {f.criterion}." for f in FINDINGS]) + "\n"


def _grid(part: pd.DataFrame) -> list[str]:
    rows = []
    for row in part.itertuples():
        corpus = "any" if pd.isna(row.corpus) else texts.corpus_title(row.corpus)
        rows.append([row.finding, row.figure, corpus, f"**{row.verdict}**", row.evidence])
    return markdown_table(["Finding", "Shown in", "Corpus", "Verdict", "Evidence"], rows, "l")
