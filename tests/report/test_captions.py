"""What captions say of a run, on tables written by hand."""

import pickle
import re
from collections.abc import Collection
from importlib import import_module
from pathlib import Path

import pandas as pd
import pytest
from charlens.analyses.agreement.table import write as write_agreement
from charlens.analyses.closings import table as closings
from charlens.analyses.context_length import table as table2
from charlens.analyses.cross_entropy import seed_differences, seeds
from charlens.analyses.cross_entropy import table as cross_entropy
from charlens.analyses.oracles import table as error_analysis
from charlens.analyses.shared_errors import advantage, overlap
from charlens.analyses.training_dynamics import table as dynamics
from charlens.errors import CharlensError
from charlens.files.width import WIDTH
from charlens.inside.cells import excerpts
from charlens.inside.gates import table as saturation
from charlens.inside.interventions import verdicts
from charlens.replication import compare, findings
from charlens.report import captions, summary
from charlens.report.captions import Caption
from charlens.report.contents import ANALYSES, FIGURES
from charlens.report.entries import Analysis
from docutils.core import publish_parts


def write(path: Path, columns: dict, rows: list[dict]) -> None:
    """A table with those columns, empty where a row says nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    frame = pd.DataFrame([dict.fromkeys(columns) | row for row in rows], columns=list(columns))
    numbers = [name for name, dtype in columns.items() if dtype == "int64"]
    frame[numbers] = frame[numbers].fillna(0)
    frame.to_csv(path, index=False)


def says(
    name: str, results: Path, corpus: str = "", made: Collection[str] = frozenset(ANALYSES)
) -> list[str]:
    """The sentences as a reader sees them; of tables that are not there none is in ``made``."""
    made = [
        other
        for other in made
        if all((results / path).exists() for path in ANALYSES[other].sources)
    ]
    html = publish_parts(captions.sentences(ANALYSES[name], results, corpus, made), writer="html")[
        "body"
    ]
    assert "system-message" not in html
    text = re.sub(r"<[^>]+>", "", html).replace("&lt;", "<").replace("&gt;", ">")
    return re.split(r"(?<=\.)\s+(?=[A-Z0-9])", " ".join(text.split()))


LOSS = {"lstm-1x8": 2.0}
ADVANTAGE = {"corpus": "prose", "role": "lstm", "model": "lstm-1x8", "baseline": "n-gram-5"}
ADVANTAGE |= {"character": "x", "byte": 120, "count": 50, "difference": 0.5, "rank": 1}
ADVANTAGE |= {"difference_se": 0.01}

# The table of agreement is a square of models; excerpts of cells are made from a ranking; the
# paper's numbers and findings are two tables, made by modules of their own.
FACES_ELSEWHERE = {
    "agreement": {"COLUMNS"},
    "cells": {"table"},
    "dynamics": {"table"},
    "errors": {"table"},
    "gates": {"table"},
    "leakage": {"table"},
    "paper_vs_ours": {"COLUMNS", "table"},
    "seed_errors": {"table"},
    "seeds": {"table"},
}


def grid(corpus: str, losses: dict[str, float], **more: object) -> list[dict]:
    rows = []
    for model, loss in losses.items():
        cell, layers, size = re.fullmatch(r"(\w+)-(\d)x(\d+)", model).groups()
        rows.append(
            {"corpus": corpus, "model": model, "cell": cell, "layers": layers, "size": size}
            | {"characters": 100, "cross_entropy": loss, "best_in_row": False, **more}
        )
    return rows


def test_cross_entropy(tmp_path: Path) -> None:
    losses = {"lstm-1x8": 2.0, "lstm-2x8": 1.75, "rnn-1x8": 2.5, "gru-1x8": 1.875}
    rows = grid("my_novel", losses)
    rows += grid("war_and_peace", {"lstm-1x64": 1.46}, paper=1.449, difference=0.011)
    rows += grid(
        "war_and_peace", {"rnn-1x64": 1.44, "rnn-3x64": 1.5}, paper=1.4, bootstrap_sd=0.002
    )
    rows[-2]["difference"], rows[-1]["difference"] = 0.04, -0.006
    write(tmp_path / "tables" / "cross_entropy.csv", cross_entropy.COLUMNS, rows)
    assert says("cross_entropy", tmp_path) == [
        "On My novel the lowest is 1.750 nats per character, by LSTM-2 (8).",
        "On War and Peace the lowest is 1.440 ± 0.002 nats per character, by RNN-1 (64) (the "
        "paper's: 1.400).",
        "The best deeper network beats the one with a single layer, same cell and size, in 1 of 2 "
        "cases; its loss differs by −0.095 on average.",
        "At equal depth and size the RNN is the worst of the three cells in 1 of 1 case; LSTM and "
        "GRU are 0.125 apart on average.",
        "3 of the models are in the paper's table too: ours differ from it by −0.006 to +0.040, 2 "
        "of them lie at most 0.02 above it.",
    ]


SEEDED = {
    "lstm-1x8": (2.0, 2.25), "lstm-2x8": (2.125, 2.0), "rnn-1x8": (2.5, 2.5), "gru-1x8": (1.75, 2),
}  # fmt: skip
"""Model -> the loss of its first training, and the mean over three."""


def write_seeded(folder: Path) -> None:
    rows = grid("war_and_peace", {model: first for model, (first, _) in SEEDED.items()}, paper=2.0)
    rows = [row | {"difference": row["cross_entropy"] - 2} for row in rows]
    write(folder / "tables" / "cross_entropy.csv", cross_entropy.COLUMNS, rows)
    names = ("corpus", "cell", "layers", "size", "model")
    rows = [
        {name: row[name] for name in names} | {"seeds": 3, "mean": mean, "text_sd": 0.01}
        for row, (_, mean) in zip(rows, SEEDED.values(), strict=True)
    ]
    write(folder / "tables" / "seeds.csv", seeds.COLUMNS, rows)
    write(folder / "tables" / "seed_differences.csv", seed_differences.COLUMNS, [])


def test_of_several_seeds_the_sentences_are_of_the_means_that_figure_1_shows(
    tmp_path: Path,
) -> None:
    """By the first training depth would not help, and two would lie at most 0.02 above."""
    write_seeded(tmp_path)
    assert says("cross_entropy", tmp_path) == [
        "On War and Peace the lowest is 2.000 ± 0.010 nats per character, by LSTM-2 (8) (the "
        "paper's: 2.000).",
        "The best deeper network beats the one with a single layer, same cell and size, in 1 of 1 "
        "case; its loss differs by −0.250 on average.",
        "At equal depth and size the RNN is the worst of the three cells in 1 of 1 case; LSTM and "
        "GRU are 0.250 apart on average.",
        "4 of the models are in the paper's table too: ours differ from it by 0.000 to +0.500, 2 "
        "of them lie at most 0.02 above it.",
    ]
    scores = {score.model: score.nats for score in summary.scores(tmp_path, seeds=True)}
    assert scores == {model: mean for model, (_, mean) in SEEDED.items()}


def test_a_table_of_seeds_that_the_study_no_longer_has_says_nothing(tmp_path: Path) -> None:
    """``seeds: 3`` was taken out of the config: the folder still has their table."""
    write_seeded(tmp_path)
    first = says("cross_entropy", tmp_path, made=["cross_entropy"])
    assert first != says("cross_entropy", tmp_path)
    scores = {score.model: score.nats for score in summary.scores(tmp_path, seeds=False)}
    assert scores == {model: one for model, (one, _) in SEEDED.items()}
    (tmp_path / "tables" / "seeds.csv").unlink()
    assert first == says("cross_entropy", tmp_path)


def test_table_2_says_that_its_network_is_one_of_several_trainings(tmp_path: Path) -> None:
    write_seeded(tmp_path)
    row = {"source": "s", "corpus": "war_and_peace", "split": "streams", "characters": 9}
    row |= {"family": "recurrent best", "model": "gru-1x8", "cross_entropy": 1.75}
    write(tmp_path / "tables" / "table2.csv", table2.COLUMNS, [row])
    (sentence,) = says("table2", tmp_path)
    assert sentence.endswith("split by streams: GRU-1 (8) 1.750 (one of 3 trainings).")


def test_a_study_without_depth_cells_or_the_papers_corpora(tmp_path: Path) -> None:
    write(
        tmp_path / "tables" / "cross_entropy.csv",
        cross_entropy.COLUMNS,
        grid("b", {"lstm-1x8": 2.0}),
    )
    assert says("cross_entropy", tmp_path) == [
        "On B the lowest is 2.000 nats per character, by LSTM-1 (8)."
    ]


def test_the_lowest_is_that_of_all_models(tmp_path: Path) -> None:
    """Networks, n-grams and n-NNs of Table 2, and models from elsewhere."""
    tables = tmp_path / "tables"
    elsewhere = {"corpus": "b", "model": "zip", "characters": 9, "cross_entropy": 1.0}
    elsewhere["best_in_row"] = False
    losses = grid("a", {"lstm-1x8": 2.0, "gru-1x8": 1.75}) + grid("b", {"lstm-1x8": 2.0})
    write(tables / "cross_entropy.csv", cross_entropy.COLUMNS, [*losses, elsewhere])
    rows = [
        {"corpus": corpus, "model": model, "cross_entropy": loss, "bootstrap_sd": 0.004}
        | {"source": corpus, "split": "streams", "family": family, "characters": 9}
        for corpus, model, family, loss in [
            ("a", "n-gram-20", "n-gram", 1.085),
            ("a", "n-nn-2", "n-nn", 1.9),
            ("a", "gru-1x8", "recurrent best", 1.75),
            ("b", "n-gram-20", "n-gram", 1.5),
        ]
    ]
    write(tables / "table2.csv", table2.COLUMNS, rows)
    assert says("cross_entropy", tmp_path)[:4] == [
        "On A the lowest is 1.085 ± 0.004 nats per character, by 20-gram.",
        "The lowest of its networks is 1.750 by GRU-1 (8).",
        "On B the lowest is 1.000 nats per character, by zip.",
        "The lowest of its networks is 2.000 by LSTM-1 (8).",
    ]


def test_agreement(tmp_path: Path) -> None:
    models = ["lstm-1x8", "gru-1x8", "rnn-1x8", "rnn-2x8", "other"]
    matrix = pd.DataFrame(1.0, pd.Index(models, name="model"), models)
    values = {(0, 1): 0.9, (0, 2): 0.5, (0, 3): 0.6, (1, 2): 0.6, (1, 3): 0.7, (2, 3): 0.8}
    values |= {(i, 4): 0.1 for i in range(4)}  # counts in no group
    for (i, j), value in values.items():
        matrix.iloc[i, j] = matrix.iloc[j, i] = value
    (tmp_path / "prose" / "tables").mkdir(parents=True)
    write_agreement(matrix, tmp_path / "prose" / "tables" / "agreement.csv")
    assert says("agreement", tmp_path, "prose") == [
        "The 5 models are those of Prose.",
        "Mean agreement on the most likely character: two RNNs 80.0%, two LSTMs or GRUs 90.0% and "
        "an RNN and an LSTM or GRU 60.0%.",
    ]


@pytest.mark.parametrize(("corpus", "unit"), [("korean", "byte"), ("prose", "character")])
def test_agreement_is_on_bytes_where_a_character_is_several(
    tmp_path: Path, corpus: str, unit: str
) -> None:
    models = ["rnn-1x8", "rnn-2x8"]
    matrix = pd.DataFrame(1.0, pd.Index(models, name="model"), models)
    (tmp_path / corpus / "tables").mkdir(parents=True)
    write_agreement(matrix, tmp_path / corpus / "tables" / "agreement.csv")
    both = [{"corpus": "korean", WIDTH: 2.6}, {"corpus": "prose", WIDTH: 1.0}]
    rows = [row | {"model": "rnn-1x8", "cross_entropy": 2.0} for row in both]
    columns = dict.fromkeys(("corpus", "model", "cross_entropy", WIDTH), "")
    write(tmp_path / "tables" / "cross_entropy.csv", columns, rows)
    (sentence,) = says("agreement", tmp_path, corpus)[1:]
    assert f"on the most likely {unit}: two RNNs 100.0%" in sentence
    for entry in (ANALYSES["agreement"], FIGURES["figure1_right"]):
        assert f"most likely next {unit}" in captions.shows(entry, tmp_path, corpus)


def test_table2(tmp_path: Path) -> None:
    def row(family: str, model: str, loss: float, **more: object) -> dict:
        same = {"source": "s", "corpus": "linux_kernel", "split": "streams", "characters": 9}
        return same | {"family": family, "model": model, "cross_entropy": loss} | more

    rows = [
        row("n-gram", "n-gram-1", 2.703, difference=0.001),
        row("n-gram", "n-gram-20", 0.888, difference=-0.001),
        row("n-nn", "n-nn-2", 1.9),
        row("recurrent best", "gru-2x8", 1.0, difference=0.2),
    ]
    write(tmp_path / "tables" / "table2.csv", table2.COLUMNS, rows)
    assert says("table2", tmp_path) == [
        "Lowest of each family on Linux Kernel, split by streams: 20-gram 0.888, 2-NN 1.900 and "
        "GRU-2 (8) 1.000.",
        "Ours differ from the paper's numbers by −0.001 to +0.001 (n-gram) and +0.200 (best "
        "recurrent model).",
    ]


def test_cells(tmp_path: Path) -> None:
    cell = {"corpus": "prose", "model": "lstm-1x8", "layer": 1}
    rows = [
        cell | {"panel": "a", "title": "position in line", "measure": "correlation"},
        cell | {"panel": "b", "title": "inside quotes", "measure": "auc"},
        cell | {"panel": "typical", "title": "inside quotes", "measure": "auc"},
    ]
    rows = [r | {"found": 0.5, "position": 0, "byte": 32, "value": 0.1} for r in rows]
    numbers = ((3, -0.91), (4, 0.2), (5, 0.5))
    rows = [r | {"unit": u, "held_out": s} for r, (u, s) in zip(rows, numbers, strict=True)]
    write(
        tmp_path / "figures" / "figure2.csv", excerpts.COLUMNS, [r for r in rows for _ in range(3)]
    )
    assert says("cells", tmp_path) == [
        "On Prose, the best cells of LSTM-1 (8): position in line (layer 1, cell 3: correlation "
        "−0.91) and inside quotes (layer 1, cell 4: AUC 0.80, low for yes)."
    ]


def test_cells_that_are_near_chance(tmp_path: Path) -> None:
    same = {"corpus": "prose", "model": "lstm-1x8", "layer": 1, "unit": 3, "position": 0}
    same |= {"found": 0.5, "byte": 1, "value": 0.5}
    lines = {"panel": "line_position", "title": "position in line", "measure": "correlation"}
    quotes = {"panel": "inside_quotes", "title": "inside quotes", "measure": "auc"}
    rows = [same | lines | {"held_out": -0.17}, same | quotes | {"held_out": 0.35}]
    write(tmp_path / "figures" / "figure2.csv", excerpts.COLUMNS, rows)
    assert says("cells", tmp_path) == [
        "On Prose no cell of LSTM-1 (8) was found for position in line (best correlation −0.17) "
        "and inside quotes (best AUC 0.65, low for yes)."
    ]


def test_gates(tmp_path: Path) -> None:
    same = {"corpus": "prose", "model": "gru-2x8", "gate": "z", "title": "update", "unit": 0}
    shares = [(1, 0.0, 0.1), (1, 0.1, 0.0), (2, 0.0, 0.95), (2, 0.05, 0.9)]
    rows = [
        same | {"layer": layer, "left": left, "right": right, "characters": 9}
        for layer, left, right in shares
    ]
    write(tmp_path / "figures" / "figure3.csv", saturation.COLUMNS, rows)
    assert says("gates", tmp_path) == [
        "In GRU-2 (8) on Prose, for more than 90% of the text open and shut are 1 and 0 of 4 "
        "update gates.",
        "Of the time, gates are at one end or the other 10% in layer 1 and 95% in layer 2.",
    ]


def test_causal_cells(tmp_path: Path) -> None:
    cell = {"corpus": "prose", "model": "lstm-1x8", "layer": 1, "unit": 3, "mode": "low"}
    quotes = cell | {"concept": "inside_quotes", "title": "inside quotes", "verdict": "causal"}
    quotes |= {"p": 0.25, "p_clamped": 0.125, "delta_loss": 0.75, "other_loss": 0.0}
    quotes |= {"controls": 8, "p_rank": 0.25}
    lines = cell | {"concept": "line_position", "title": "position in line", "unit": 4}
    lines |= {"verdict": "correlated, not shown causal", "class": "line end"}
    lines |= {"slope": -0.5, "slope_low": -0.75, "slope_high": -0.25}
    rows = [quotes | {"class": "}_`*closing"}, lines]
    write(tmp_path / "tables" / "causal_cells.csv", verdicts.COLUMNS, rows)
    frame = pd.read_csv(tmp_path / "tables" / "causal_cells.csv")
    frame[["fall", "rise"]] = True
    frame.to_csv(tmp_path / "tables" / "causal_cells.csv", index=False)
    assert says("causal_cells", tmp_path) == [
        "In LSTM-1 (8) on Prose the best cell of a concept is shown to cause what the concept "
        "predicts in 1 of 2 cases: inside quotes (more harm than by any of 8 other cells).",
        "The largest effect: with the cell for inside quotes (layer 1, cell 3) clamped low, the "
        "probability of the right byte at }_`*closing goes from 0.250 to 0.125 (+0.750 nats; "
        "elsewhere 0.000).",
    ]


def test_overlap(tmp_path: Path) -> None:
    regions = {"lstm_only": 1.0, "n-gram_only": 4.0, "lstm&n-gram": 40.0}
    same = {"corpus": "prose", "trio": "lstm+n-gram", "models": "lstm-1x8 n-gram-5"}
    rows = [same | {"region": r, "characters": 1, "percent": p} for r, p in regions.items()]
    write(tmp_path / "tables" / "error_overlap.csv", overlap.COLUMNS, rows)
    assert says("error_overlap", tmp_path) == [
        "Errors on Prose, of all test characters: LSTM-1 (8) 41.0 % (alone 1.0 %) and 5-gram "
        "44.0 % (alone 4.0 %); 40.0 % are errors of all."
    ]


def test_advantage_with_characters_that_mean_something_in_a_caption(tmp_path: Path) -> None:
    same = {"corpus": "prose", "role": "lstm", "model": "lstm-1x8", "baseline": "n-gram-5"}
    lead = {"`": 0.5, "<s>": 0.4, r"\r": 0.3, "x": 0.2, "_": -0.1, "*": -0.2, "|": -0.3}
    rows = [
        same
        | {
            "character": c,
            "byte": i,
            "count": 50,
            "difference": d,
            "difference_se": 0.01,
            "rank": i + 1,
        }
        for i, (c, d) in enumerate(lead.items())
    ]
    write(tmp_path / "tables" / "advantage.csv", advantage.COLUMNS, rows)
    assert says("advantage", tmp_path) == [
        "On Prose, LSTM-1 (8) leads most on “`” (by 0.500), “<s>” (by 0.400) and “\\r” (by 0.300); "
        "5-gram leads most on “|” (by 0.300), “*” (by 0.200) and “_” (by 0.100)."
    ]


@pytest.mark.parametrize(
    ("probabilities", "end"),
    [
        ([(0.5, 0.4), (0.7, 0.4), (0.2, 0.3)], "2 of 3 distances, by up to 0.300 (at 20 to 40 "),
        ([(0.5, 0.6)], "0 of 1 distance."),
    ],
)
def test_closings(tmp_path: Path, probabilities: list, end: str) -> None:
    rows = [
        {"corpus": "c", "pair": "{}", "low": 20 * i, "high": 20 * i + 20, "role": role}
        | {"model": model, "closings": 9, "invisible": 0, "beyond": 0, "probability": value}
        for i, values in enumerate(probabilities)
        for role, model, value in zip(
            ("lstm", "n-gram"), ("lstm-1x8", "n-gram-5"), values, strict=True
        )
    ]
    write(tmp_path / "tables" / "closings.csv", closings.COLUMNS, rows)
    (sentence,) = says("closings", tmp_path)
    assert sentence.startswith(f"On C, {{ }}: LSTM-1 (8) is ahead of 5-gram at {end}")


def test_dynamics(tmp_path: Path) -> None:
    same = {"corpus": "prose", "model": "lstm-1x8", "characters": 9, "loss": 2, "other_loss": 2}
    points = [
        ("n-nn-1", 1, 0.5, -1.0),
        ("n-nn-1", 2, 0.9, 1.0),
        ("n-nn-1", 3, 1.1, 1.5),
        ("n-nn-2", 1, 0.8, -2.0),
        ("n-nn-2", 2, 0.4, -1.0),
        ("n-nn-2", 3, 0.6, -0.5),
        ("n-nn-3", 1, 0.8, -2.0),
        ("n-nn-3", 2, 0.7, -2.0),
        ("n-nn-3", 3, 0.6, -2.0),
    ]
    rows = [
        same | {"other": other, "epoch": epoch, "kl": kl, "loss_difference": lead}
        for other, epoch, kl, lead in points
    ]
    write(tmp_path / "tables" / "dynamics.csv", dynamics.COLUMNS, rows)
    nearest, coming, overtook = says("dynamics", tmp_path)
    assert nearest == (
        "LSTM-1 (8) on Prose was nearest 1-NN after 1.00 epochs (0.50 nats) and 2-NN after 2.00 "
        "epochs (0.40 nats)."
    )
    assert coming == "At the last checkpoint LSTM-1 (8) on Prose was still nearing 3-NN."
    assert overtook == "It overtook 1-NN at 1.50."
    write(tmp_path / "tables" / "dynamics.csv", dynamics.COLUMNS, rows[6:])
    assert says("dynamics", tmp_path) == [coming, "It overtook none of them."]


def test_errors(tmp_path: Path) -> None:
    same = {"corpus": "prose", "model": "lstm-1x8", "role": "best", "characters": 5000}
    parts = [("1-gram", "n-gram", 300), ("2-gram", "n-gram", 300), ("0.1-boost", "boost", 400)]
    rows = [same | {"oracle": o, "family": f, "errors": e, "percent": e / 10} for o, f, e in parts]
    write(tmp_path / "tables" / "error_categories.csv", error_analysis.COLUMNS, rows)
    write(tmp_path / "tables" / "errors_eliminated.csv", error_analysis.ELIMINATED, [])
    assert says("errors", tmp_path) == [
        "LSTM-1 (8) on Prose makes 1,000 errors (20% of the test characters): n-gram 60 % and "
        "boost 40 %."
    ]


@pytest.mark.parametrize(
    ("fewer", "sentences"),
    [
        (
            {"n-gram": 750, "boost": 250},
            ["LSTM-2 (8) makes 1,000 fewer errors than LSTM-1 (8); of these, 75% n-gram and 25% "
             "boost."],
        ),
        (
            {"n-gram": 1100, "memory": -1, "punctuation": 1, "boost": -100},
            ["LSTM-2 (8) makes 1,000 fewer errors than LSTM-1 (8); of these, 110% n-gram, 0% "
             "memory, 0% punctuation and −10% boost."],
        ),
        ({"n-gram": -20, "boost": 10}, ["LSTM-2 (8) does not make fewer errors than LSTM-1 (8)."]),
        ({}, [""]),
    ],
)  # fmt: skip
def test_eliminated(tmp_path: Path, fewer: dict, sentences: list[str]) -> None:
    same = {"corpus": "prose", "small": "lstm-1x8", "large": "lstm-2x8", "oracle": "1-gram"}
    same |= {"errors_small": 0, "errors_large": 0}
    rows = [same | {"family": f, "eliminated": n} for f, n in fewer.items()]
    write(tmp_path / "tables" / "error_categories.csv", error_analysis.COLUMNS, [])
    write(tmp_path / "tables" / "errors_eliminated.csv", error_analysis.ELIMINATED, rows)
    assert says("errors", tmp_path) == sentences


def test_paper_vs_ours(tmp_path: Path) -> None:
    path = tmp_path / "tables" / "paper_vs_ours.csv"
    verdicts = ["within", "within", "better", "outside", "vague", None]
    rows = [{"verdict": v, "comparable": v is not None, "papers_file": True} for v in verdicts]
    write(path, compare.COLUMNS, rows)
    verdicts = ("reproduced", "not reproduced", "reproduced", "not reproduced")
    rows = [{"verdict": v, "comparable": i < 3} for i, v in enumerate(verdicts)]
    write(tmp_path / "tables" / "findings.csv", findings.COLUMNS, rows)
    assert says("paper_vs_ours", tmp_path) == [
        "6 numbers of the paper are here too; 5 can be compared, of which 2 within, 1 better, "
        "1 outside and 1 vague.",
        "Findings, text by text: 2 reproduced and 1 not reproduced.",
        "On other texts or models than the paper's 0 of 1 hold.",
    ]
    write(path, compare.COLUMNS, [])
    assert says("paper_vs_ours", tmp_path)[0].startswith("This run has none of the paper's numbers")


def test_findings_on_a_text_of_ones_own_are_counted(tmp_path: Path) -> None:
    """None is tested on the paper's texts, which is not to say that none was tested."""
    write(tmp_path / "tables" / "paper_vs_ours.csv", compare.COLUMNS, [])
    rows = [{"verdict": "not tested", "comparable": True}] * 3
    rows += [{"verdict": v, "comparable": False} for v in ("reproduced", "not reproduced")]
    write(tmp_path / "tables" / "findings.csv", findings.COLUMNS, rows)
    assert says("paper_vs_ours", tmp_path)[1:] == [
        "None of the paper's findings can be tested on its own texts and models.",
        "On other texts or models than the paper's 1 of 2 hold.",
    ]


# --- captions from the registry ---


def test_a_caption_has_the_three_parts_of_its_figure_or_page(tmp_path: Path) -> None:
    write(tmp_path / "tables" / "cross_entropy.csv", cross_entropy.COLUMNS, grid("b", LOSS))
    for entry in (FIGURES["figure1_left"], ANALYSES["cross_entropy"]):
        caption = pickle.loads(pickle.dumps(Caption(entry, str(tmp_path), "", ["cross_entropy"])))
        assert (caption.shows, caption.paper) == (entry.shows, entry.paper)
        assert caption.run == captions.sentences(ANALYSES["cross_entropy"], tmp_path)
        assert caption.about("cross_entropy") == caption.run
        assert Caption(entry, str(tmp_path), "", []).about("cross_entropy") == ""
    assert FIGURES["figure1_left"].shows != ANALYSES["cross_entropy"].shows


def test_a_figure_of_two_analyses_has_what_the_paper_and_the_run_found_in_both(
    tmp_path: Path,
) -> None:
    overlaps, advantages = (ANALYSES[name] for name in ("error_overlap", "advantage"))
    assert FIGURES["figure4"].paper == f"{overlaps.paper} {advantages.paper}"
    write(tmp_path / "tables" / "error_overlap.csv", overlap.COLUMNS, [])
    write(tmp_path / "tables" / "advantage.csv", advantage.COLUMNS, [ADVANTAGE])
    assert "leads most on" in Caption(FIGURES["figure4"], str(tmp_path), "", []).run


def test_a_missing_table_is_one_clear_error(tmp_path: Path) -> None:
    caption = Caption(FIGURES["figure1_left"], str(tmp_path), "", [])
    with pytest.raises(CharlensError, match=r"cross_entropy\.csv: no such file"):
        _ = caption.run
    assert caption.about("cross_entropy") == ""  # of a study that does not have it
    assert repr(caption) == "caption of Figure 1, left: test cross-entropy"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("figure3", "Colour and shape are the layer"),  # circles, squares and triangles
        ("figure4", "<s> is the space"),
        ("figure9", "thin with rings, by none"),
        ("figure11", "word model: what follows a space, a quote or a newline"),
    ],
)
def test_captions_name_the_marks_that_are_drawn(name: str, words: str) -> None:
    assert words in FIGURES[name].shows
    assert "circle" not in FIGURES["figure3"].shows


@pytest.mark.parametrize("entry", [*ANALYSES.values(), *FIGURES.values()], ids=lambda e: e.name)
def test_every_entry_has_its_module_and_texts_that_are_no_markup_errors(entry) -> None:
    module = import_module(entry.module)
    if isinstance(entry, Analysis):
        needed = {"COLUMNS", "table", "sentences", *entry.sources.values()} - FACES_ELSEWHERE.get(
            entry.name, set()
        )
        texts = [entry.paper, *([entry.shows] if entry.title else [])]
    else:
        needed, texts = {"numbers", "draw"}, [entry.paper, entry.shows]
        assert entry.analyses
    assert [name for name in needed if not hasattr(module, name)] == []
    for text in texts:
        assert len(text) > 40
        assert "system-message" not in publish_parts(text, writer="html")["body"]
