"""The paper's findings: its own numbers pass, each can fail, and other ground is kept apart."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from charlens.analyses.cross_entropy.table import COLUMNS as CROSS_ENTROPY
from charlens.analyses.shared_errors.overlap import members_of
from charlens.models import names as model_id
from charlens.replication import findings, run_tables
from charlens.replication.cells import tracks
from contests import a_corpus
from hypothesis import example, given, settings
from hypothesis import strategies as st
from paper_tables import (
    LK,
    TWIN,
    WP,
    advantages,
    agreements,
    braces,
    context_models,
    cross_entropies,
    eliminated,
    frame,
    gates,
    no_tables,
    overlaps,
    papers_tables,
    saturated,
    tracked,
    training,
)

DOCS = a_corpus("python_docs", 4000)
FIGURES = {"Figure 1 left", "Figure 1 right", "Figure 2", "Figure 3", "Table 2", "Figure 4 left"}
FIGURES |= {"Figure 4 middle", "Figure 4 right", "Figure 5 left", "Figure 5 right", "Figure 6"}


def outcomes(words: str, **tables) -> dict[str, tuple[bool, str]]:
    """Corpus -> what came of the one finding with these words, and its evidence."""
    (finding,) = (f for f in findings.FINDINGS if words in f.words)
    by_corpus = {o.corpus: (o.holds, o.evidence) for o in finding.test(no_tables(**tables))}
    assert all(holds is None or type(holds) is bool for holds, _ in by_corpus.values())
    return by_corpus


# Which ground


def test_the_papers_own_numbers_pass():
    table = findings.table(papers_tables())
    assert set(table["verdict"]) == {"reproduced"}
    assert table["comparable"].sum() == 26  # 22 findings, four of them on two corpora
    assert set(table.loc[~table["comparable"], "figure"]) == {"Figure 2"}  # each shown on one text
    assert set(table["figure"]) == FIGURES
    assert set(table["finding"]) == {f.words for f in findings.FINDINGS}


def test_nothing_measured_is_nothing_tested():
    table = findings.table(no_tables())
    assert set(table["verdict"]) == {"not tested"}
    assert table["comparable"].all()
    assert table["evidence"].str.startswith("needs ").all()
    assert len(table) == 26
    assert table["corpus"].isna().sum() == 6  # five of Figure 3, one of Figure 5


def test_one_corpus_alone_leaves_the_other_untested():
    grid = cross_entropies()
    grid = grid[grid["corpus"] == "war_and_peace"]
    table = findings.table(no_tables(cross_entropy=grid))
    depth = table[table["finding"].str.startswith("depth")]
    assert list(depth["corpus"]) == ["war_and_peace", "linux_kernel"]
    assert list(depth["verdict"]) == ["reproduced", "not tested"]


def test_another_cut_is_the_papers_ground_and_another_text_is_not():
    twin = replace(papers_tables(), corpora={WP.name: WP, LK.name: TWIN})
    assert findings.table(twin)["comparable"].sum() == 26
    short = a_corpus("war_and_peace", 100, size=40_000)
    strict = a_corpus("linux_kernel", 310_000, split="position")
    for corpora in ({WP.name: short, LK.name: LK}, {WP.name: WP, LK.name: strict}):
        table = findings.table(replace(papers_tables(), corpora=corpora))
        other = next(name for name in corpora if corpora[name] in (short, strict))
        rows = table[(table["corpus"] == other) & (table["verdict"] != "not tested")]
        assert len(rows) > 5
        assert not rows["comparable"].any()


def test_other_texts_do_not_count():
    grid = cross_entropies().assign(corpus="python_docs")
    table = findings.table(no_tables(cross_entropy=grid, corpora={"python_docs": DOCS}))
    depth = table[table["finding"].str.startswith("depth")]
    assert list(depth["verdict"]) == ["reproduced", "not tested", "not tested"]
    assert list(depth["comparable"]) == [False, True, True]
    text = findings.markdown(table)
    assert "On the paper's texts and models: 0 reproduced, 0 not reproduced, 26 not tested." in text
    due, others = text.split("### On other models and texts")
    assert "Python docs" not in due
    assert "| Python docs | **reproduced** |" in others


@pytest.mark.parametrize(
    ("words", "tables"),
    [
        ("carriage", {"advantage": advantages().replace("lstm-3x512", "lstm-3x64")}),
        ("brackets", {"advantage": advantages().replace("lstm-3x512", "lstm-2x512")}),
        ("braces", {"closings": braces().replace("lstm-3x512", "lstm-1x64")}),
        ("in training", {"dynamics": training(model="lstm-2x512")}),
        ("most errors", {"overlap": overlaps().assign(models="lstm-3x512 n-nn-2 n-gram-20")}),
        ("scaling up", {"eliminated": eliminated().replace("lstm-3x512", "lstm-3x256")}),
        ("20-gram", {"table2": context_models().replace("gru-3x512", "gru-3x64")}),
        ("output gate", {"saturation": saturated().replace("lstm-3x512", "lstm-2x512")}),
    ],
)
def test_other_models_do_not_count(words, tables):
    table = findings.table(no_tables(**tables))
    table = table[table["finding"].str.contains(words)]
    tested = table[table["verdict"] != "not tested"]
    assert len(tested) >= 1
    assert not tested["comparable"].any()
    assert (table["verdict"] == "not tested").any()


# Each finding can fail


def grid(corpus: str, **losses: float) -> pd.DataFrame:
    """Cross-entropies by model, the id with underscores for dashes."""
    rows = []
    for name, nats in losses.items():
        point = model_id.parse(name.replace("_", "-"))
        rows.append({"corpus": corpus, "model": str(point), "cross_entropy": nats})
        rows[-1] |= {"cell": point.cell, "layers": point.layers, "size": point.size}
        rows[-1] |= {"characters": 1000, "best_in_row": False}
    return frame(rows, CROSS_ENTROPY)


def test_depth():
    table = grid("war_and_peace", lstm_1x64=1.5, lstm_2x64=1.6, lstm_3x64=1.4, rnn_1x64=1.5,
                 rnn_2x64=1.55, gru_1x64=1.3, transformer_1x64=1, transformer_2x64=2)  # fmt: skip
    holds, evidence = outcomes("depth", cross_entropy=table)["war_and_peace"]
    assert not holds
    assert evidence == "deeper is better in 1 of 2 cells and sizes, by +0.025 nats on average"
    assert outcomes("depth", cross_entropy=table[table["layers"] == 1]) == {}


def test_diverged_networks_decide_nothing():
    sound = {"lstm_1x64": 1.5, "lstm_2x64": 1.4, "gru_1x64": 1.4, "rnn_1x64": 1.6}
    table = grid("war_and_peace", **sound, gru_2x64=np.inf, rnn_2x64=9.0, rnn_3x64=np.inf)
    without = table[~table["model"].isin(["gru-2x64", "rnn-2x64", "rnn-3x64"])]
    for words in ("depth", "LSTM and GRU are alike"):
        assert outcomes(words, cross_entropy=table) == outcomes(words, cross_entropy=without) != {}
    names = [*(name.replace("_", "-") for name in sound), "rnn-2x64", "gru-2x64"]
    agree = np.full((6, 6), 0.5) + 0.5 * np.eye(6)
    matrix = pd.DataFrame(agree, names, names)
    asked = {"agreement": {"war_and_peace": matrix}}
    assert outcomes("predict alike", cross_entropy=without, **asked) != {}
    assert outcomes("predict alike", cross_entropy=table, **asked) == {}


def test_depth_within_what_seeds_do_decides_nothing():
    table = grid("war_and_peace", lstm_1x64=1.5, lstm_2x64=1.4, gru_1x64=1.3, gru_2x64=1.301)
    holds, evidence = outcomes("depth", cross_entropy=table)["war_and_peace"]
    assert holds
    assert evidence == (
        "deeper is better in 1 of 1 cells and sizes (1 more within 0.02 nats), by +0.050 nats on "
        "average"
    )
    ties = outcomes("depth", cross_entropy=table[table["cell"] == "gru"])["war_and_peace"]
    assert ties == (None, "of 1 cells and sizes none differ by more than 0.02 nats")


def of_seeds(corpus: str, seeds: int, **means: float) -> pd.DataFrame:
    """The table of seeds by model, as :func:`grid`."""
    rows = grid(corpus, **means).rename(columns={"cross_entropy": "mean"})
    rows = rows.assign(seeds=seeds, seed_sd=0.01, freedom=3, text_sd=0.002)
    return frame(rows.to_dict("records"), run_tables.seeds.COLUMNS)


def test_networks_of_several_seeds_are_judged_by_their_means():
    """As Figure 1 shows them: the first trainings say the opposite."""
    first = grid("war_and_peace", lstm_1x256=1.2, lstm_2x256=1.25, gru_1x256=1.2, rnn_1x256=1.19)
    means = {"lstm_1x256": 1.25, "lstm_2x256": 1.2, "gru_1x256": 1.21, "rnn_1x256": 1.3}
    for count, expected in ((1, False), (3, True)):
        asked = {"cross_entropy": first, "seeds": of_seeds("war_and_peace", count, **means)}
        for words in ("depth", "both outperform the RNN"):
            assert outcomes(words, **asked)["war_and_peace"][0] is expected
    _, evidence = outcomes("both outperform the RNN", **asked)["war_and_peace"]
    assert evidence == "size 256, 1 layer: LSTM 1.250, GRU 1.210, RNN 1.300 nats"


def test_the_best_network_is_judged_by_its_mean_over_seeds():
    asked = {"table2": context_models(), "seeds": of_seeds(WP.name, 3, gru_3x512=1.194)}
    assert outcomes("20-gram", **asked)[WP.name] == (False, "GRU-3 (512) 1.194, 20-gram 1.195 nats")
    assert (
        outcomes("20-gram", **asked)[LK.name]
        == outcomes("20-gram", table2=context_models())[LK.name]
    )


def test_gated_networks():
    words = "both outperform the RNN"
    table = grid("war_and_peace", lstm_1x256=1.2, lstm_2x256=1.13, gru_1x256=1.14, gru_2x256=1.15,
                 rnn_1x256=1.17, rnn_2x256=1.18, lstm_1x512=1.0, gru_1x512=1.0)  # fmt: skip
    holds, evidence = outcomes(words, cross_entropy=table)["war_and_peace"]
    assert holds
    assert evidence == "size 256, 1 and 2 layers: LSTM 1.130, GRU 1.140, RNN 1.170 nats"
    close = table.replace({"cross_entropy": {1.17: 1.159}})
    assert not outcomes(words, cross_entropy=close)["war_and_peace"][0]
    unlike = table.replace({"cross_entropy": {1.13: 1.09}})  # 0.05 apart, the RNN 0.03 behind
    assert not outcomes(words, cross_entropy=unlike)["war_and_peace"][0]
    assert outcomes(words, cross_entropy=table[table["cell"] != "rnn"]) == {}


def test_gated_networks_are_beside_rnns_of_their_depth():
    """A deep LSTM and a deep GRU ahead of an RNN of one layer would show what depth does."""
    words = "both outperform the RNN"
    table = grid("war_and_peace", lstm_3x256=1.1, gru_3x256=1.1, rnn_1x256=1.3)
    assert outcomes(words, cross_entropy=table) == {}
    table = grid("war_and_peace", lstm_3x256=1.1, gru_3x256=1.11, rnn_3x256=1.2, rnn_1x256=1.1,
                 lstm_1x128=1.3, gru_1x128=1.3, rnn_1x128=1.2)  # fmt: skip
    holds, evidence = outcomes(words, cross_entropy=table)["war_and_peace"]
    assert holds
    assert evidence == "size 256, 3 layers: LSTM 1.100, GRU 1.110, RNN 1.200 nats"


def test_small_sizes_of_the_papers_own_table_say_otherwise():
    """Why the finding is put to sizes from 256 on."""
    for size, corpus in ((64, "war_and_peace"), (128, "linux_kernel")):
        table = cross_entropies()
        judged = findings.table(no_tables(cross_entropy=table[table["size"] == size]))
        rows = judged[judged["finding"].str.contains("both outperform the RNN")]
        tested = rows[(rows["corpus"] == corpus) & (rows["verdict"] != "not tested")]
        assert list(tested["verdict"]) == ["not reproduced"]
        assert not tested["comparable"].any()


NETWORKS = st.lists(
    st.tuples(
        st.sampled_from(["lstm", "gru", "rnn"]), st.integers(1, 3), st.sampled_from([64, 128])
    ),
    min_size=2,
    max_size=18,
    unique=True,
)


@settings(max_examples=60)
@given(NETWORKS, st.integers(0, 2**32 - 1))
@example([(cell, depth, 64) for cell in ("lstm", "gru", "rnn") for depth in (1, 2)], 1)
@example([("lstm", 3, 64), ("gru", 3, 64), ("rnn", 1, 64), ("rnn", 3, 64)], 1)  # one RNN counts
def test_clusters_against_a_slow_count(networks, seed):
    models = [f"{cell}-{layers}x{size}" for cell, layers, size in networks]
    values = np.random.default_rng(seed).random((len(models), len(models)))
    values = (values + values.T) / 2
    matrix = pd.DataFrame(values, models, models)
    means = []
    for size in (64, 128):
        kinds = {"gated": [], "rnns": [], "mixed": []}
        common = [
            (cell, depth)
            for cell, depth, own in networks
            if own == size and all((c, depth, size) in networks for c in ("lstm", "gru", "rnn"))
        ]
        for (a, i), (b, j) in combinations(common, 2):
            value = matrix.loc[f"{a}-{i}x{size}", f"{b}-{j}x{size}"]
            if {a, b} == {"lstm", "gru"}:
                kinds["gated"].append(value)
            elif {a, b} == {"rnn"}:
                kinds["rnns"].append(value)
            elif "rnn" in {a, b}:
                kinds["mixed"].append(value)
        if all(kinds.values()):
            means.append([sum(pairs) / len(pairs) for pairs in kinds.values()])
    by_corpus = outcomes("own cluster", agreement={"war_and_peace": matrix})
    assert bool(by_corpus) == bool(means)
    if means:
        gated, rnns, mixed = np.mean(means, axis=0)
        assert by_corpus["war_and_peace"][0] == (min(gated, rnns) > mixed + 0.005)


def test_clusters():
    matrix = agreements()
    outcome = outcomes("own cluster", agreement={"war_and_peace": matrix})["war_and_peace"]
    evidence = "LSTM with GRU 75.0%, RNN with RNN 75.0%, RNN with LSTM or GRU 70.0% of characters"
    assert outcome == (True, evidence)
    alike = matrix.replace(0.7, 0.748)
    assert not outcomes("own cluster", agreement={"war_and_peace": alike})["war_and_peace"][0]


@pytest.mark.parametrize(
    ("concept", "score", "holds", "evidence"),
    [
        ("the position in the line", -0.7, True, "r = −0.70"),
        ("the position in the line", 0.69, False, "r = 0.69"),
        ("quotes", 0.9, True, "AUC = 0.90"),
        ("quotes", 0.1, True, "AUC = 0.90"),
        ("quotes", 0.89, False, "AUC = 0.89"),
        ("quotes", 0.11, False, "AUC = 0.89"),
    ],
)
def test_cells(concept, score, holds, evidence):
    """The best cell decides, by its score on the other half; the next one's 0.99 does not."""
    by_corpus = outcomes(f"keeps track of {concept}" if "line" in concept else "inside quotes",
                     cells=tracked(score=score))  # fmt: skip
    assert by_corpus["war_and_peace"] == (holds, f"LSTM-3 (512): layer 2, cell 7, {evidence}")
    assert outcomes("inside quotes", cells=tracked(score=np.nan)) == {}
    table = findings.table(no_tables(cells=tracked("lstm-3x64", score)))
    assert not table.loc[table["verdict"] != "not tested", "comparable"].any()


def test_a_claim_about_a_cell_has_three_verdicts():
    """It follows the concept; it is more than its baselines; it causes what it follows."""
    cells = tracked("lstm-3x512", 0.95)
    of_cell = {"corpus": "war_and_peace", "model": "lstm-3x512", "concept": "inside_quotes"}
    known = {"best_layer": 2, "best_unit": 7, "low": 0.88, "high": 0.92, "interpretable": True}
    known |= {"latch_95": 0.5, "bytes_3": 0.2, "controls": 3}
    evidence = frame([of_cell | known], run_tables.evidence.COLUMNS)
    verdict = of_cell | {"layer": 2, "unit": 7, "verdict": "causal"}
    columns = run_tables.causal.COLUMNS
    whole = {n: 0 if dtype in ("int64", "Int64") else False for n, dtype in columns.items()
             if dtype in ("int64", "Int64", "bool")}  # fmt: skip
    causal = frame([whole | verdict], columns)
    measured = no_tables(cells=cells, evidence=evidence, causal=causal)
    outcomes = {o.corpus: o.evidence for o in tracks("inside_quotes")(measured)}
    assert outcomes["war_and_peace"] == (
        "LSTM-3 (512): layer 2, cell 7, AUC = 0.95; above its baselines (strength 0.88 to 0.92, "
        "highest baseline 0.50); causal"
    )
    assert outcomes["linux_kernel"] == "LSTM-3 (512): layer 2, cell 7, AUC = 0.95"
    weak = no_tables(cells=cells, evidence=evidence.assign(bytes_3=0.95, interpretable=False))
    judged = {o.corpus: (o.holds, o.evidence) for o in tracks("inside_quotes")(weak)}
    assert judged["war_and_peace"][0] is False  # the last three bytes say more than the cell
    assert "not above its baselines" in judged["war_and_peace"][1]
    assert judged["linux_kernel"][0] is True  # nothing is known of baselines there
    other = evidence.assign(best_unit=8)  # about another cell
    measured = no_tables(cells=cells, evidence=other)
    assert "baselines" not in next(tracks("inside_quotes")(measured)).evidence


LSTM, GRU = "lstm-3x512", "gru-3x512"


@pytest.mark.parametrize(
    ("words", "table", "holds"),
    [
        ("right-saturated", gates(LSTM, 50, "f", (0, 0), (0.1, 0.89)), False),
        ("right-saturated", gates(LSTM, 50, "f", (0, 0), (0.05, 0.91)), True),
        ("no forget gate", gates(LSTM, 50, "f", (0, 0), (0.89, 0.1)), True),
        ("no forget gate", gates(LSTM, 50, "f", (0.91, 0), (0, 0)), False),
        ("output gate", gates(LSTM, 50, "o", (0.89, 0.1), (0, 0)), True),
        ("output gate", gates(LSTM, 50, "o", (0.91, 0), (0, 0)), False),
        ("output gate", gates(LSTM, 50, "o", (0, 0), (0, 0.91)), False),
        ("diffuse", gates(LSTM, 9, "fio", (0.2, 0.09), (0.3, 0.3)), True),
        ("diffuse", gates(LSTM, 9, "fio", (0.2, 0.11), (0.3, 0.3)), False),
        ("of a GRU", gates(GRU, 9, "rz", (0.04, 0.04), (0.9, 0)), True),
        ("of a GRU", gates(GRU, 9, "rz", (0.06, 0.04), (0, 0)), False),
        ("of a GRU", gates(GRU, 9, "rz", (0.04, 0.06), (0, 0)), False),
    ],
)
def test_gates(words, table, holds):
    (finding,) = (f for f in findings.FINDINGS if words in f.words and "3" in f.figure
                  and ("reset" in f.words) == (words == "of a GRU"))  # fmt: skip
    (outcome,) = finding.test(no_tables(saturation=table))
    assert (outcome.corpus, outcome.holds, outcome.comparable) == ("linux_kernel", holds, True)


@pytest.mark.parametrize(
    ("units", "open_gates", "holds"),
    [(10, 1, False), (10, 2, True), (100, 2, False), (100, 3, True)],
)
def test_many_forget_gates_are_two_and_one_percent(units, open_gates, holds):
    table = gates(LSTM, units, "f", (0, 0), (0.1, 0.5))
    table.loc[: open_gates - 1, "right"] = 0.95
    outcome = outcomes("many forget gates", saturation=table)["linux_kernel"]
    assert outcome == (holds, f"LSTM-3 (512): {open_gates} of {3 * units} gates")


def test_the_first_layer_of_any_deep_lstm_counts():
    """The paper notes it across all of its models."""
    table = saturated().replace("lstm-3x512", "lstm-2x64")
    judged = findings.table(no_tables(saturation=table))
    (row,) = judged[judged["finding"].str.contains("diffuse")].itertuples()
    assert (row.verdict, row.comparable) == ("reproduced", True)


def test_one_diffuse_gate_is_not_enough():
    table = gates(LSTM, 9, "fio", (0.1, 0.1), (0.3, 0.3))
    table.loc[(table["gate"] == "o") & (table["layer"] == 1), "left"] = 0.5
    assert not outcomes("diffuse", saturation=table)["linux_kernel"][0]


def test_gates_that_a_network_must_have():
    assert outcomes("diffuse", saturation=gates(GRU, 2, "rz", (0, 0), (0, 0))) == {}
    assert outcomes("of a GRU", saturation=gates(GRU, 2, "r", (0, 0), (0, 0))) == {}
    shallow = saturated().query("layer == 1").replace({LSTM: "lstm-1x64", GRU: "gru-1x64"})
    assert outcomes("diffuse", saturation=shallow) == {}
    assert outcomes("of a GRU", saturation=shallow) == {}


@pytest.mark.parametrize(
    ("model", "nats", "holds"),
    [("n-nn-2", 1.957, True), ("n-nn-2", 1.96, False), ("n-nn-5", 1.283, True),
     ("n-nn-5", 1.281, False)],
)  # fmt: skip
def test_n_nns(model, nats, holds):
    """The n-gram's are 1.928 at n = 2 and 1.232 at n = 5."""
    table = context_models()
    table.loc[(table["model"] == model) & (table["corpus"] == WP.name), "cross_entropy"] = nats
    assert outcomes("alike for small n", table2=table)[WP.name][0] is holds


@pytest.mark.parametrize(("nats", "holds"), [(1.186, True), (1.187, False), (1.3, False)])
def test_the_20_gram_is_beaten_by_more_than_chance(nats, holds):
    """It has 1.195 nats; each of the two means has a standard error of 0.003."""
    table = context_models().replace({"cross_entropy": {1.077: nats}})
    outcome = outcomes("20-gram", table2=table)[WP.name]
    assert outcome == (holds, f"GRU-3 (512) {nats:.3f}, 20-gram 1.195 nats")
    assert outcomes("20-gram", table2=context_models().query("n == n")) == {}


def test_without_a_20_gram_nothing_is_said_of_it():
    table = context_models()
    table = table[table["model"] != "n-gram-20"]
    holds, evidence = outcomes("20-gram", table2=table)[WP.name]
    assert holds is None
    assert evidence.startswith("no 20-gram here; GRU-3 (512) 1.077, ")


def test_a_text_without_lines_has_no_position_in_the_line():
    cells = tracked(score=0.5)
    words = "keeps track of the position in the line"
    assert outcomes(words, cells=cells)[WP.name][0] is False
    absent = cells.copy()
    absent.loc[absent["concept"] == "line_end", "held_out"] = np.nan
    assert outcomes(words, cells=absent)[WP.name] == (None, "the text has no lines")
    assert outcomes("inside quotes", cells=absent)[WP.name][0] is False


def test_shared_errors():
    words = "shared by"
    holds, evidence = outcomes(words, overlap=overlaps())["linux_kernel"]
    assert holds
    assert evidence == (
        "errors of all three are 76% of the LSTM's, 55% of the n-NN's, 71% of the n-gram model's"
    )
    # 19 of 38.1 percent of the n-NN's
    fewer = overlaps().replace({"percent": {23.0: 19.0}})
    assert not outcomes(words, overlap=fewer)["linux_kernel"][0]
    none = overlaps().replace({"percent": {1.4: 0.0}})
    assert not outcomes(words, overlap=none)["linux_kernel"][0]


@pytest.mark.parametrize(
    ("errors_of", "named"),
    [((), "the LSTM, the n-NN and the n-gram model"), (("n-nn",), "the LSTM and the n-gram model"),
     (("lstm", "n-nn"), "the n-gram model")],
)  # fmt: skip
def test_models_without_errors_share_none(errors_of, named):
    table = overlaps()
    made = [set(members_of(region)) <= set(errors_of) for region in table["region"]]
    table["percent"] = table["percent"].where(made, 0.0)
    outcome = outcomes("shared by", overlap=table)["linux_kernel"]
    assert outcome == (None, f"no errors are made by {named}")
    rows = findings.table(no_tables(overlap=table)).query("figure == 'Figure 4 left'")
    assert list(rows["verdict"]) == ["not tested"]  # one row: with its own reason
    assert list(rows["evidence"]) == [outcome[1]]


def test_what_comes_once_has_no_standard_error():
    table = advantages()
    once = (table["character"] == r"\r") & (table["corpus"] == WP.name)
    table.loc[once, "difference_se"] = np.nan
    outcome = outcomes("carriage", advantage=table)[WP.name]
    assert outcome == (None, r"too few in the test text for a standard error: `\r`")


def test_gates_that_are_never_saturated_above_the_first_layer():
    table = gates(LSTM, 9, "fio", (0.1, 0.1), (0.3, 0.3))
    table.loc[(table["gate"] == "o") & (table["layer"] > 1), ["left", "right"]] = 0.0
    outcome = outcomes("diffuse", saturation=table)["linux_kernel"]
    assert outcome == (None, "LSTM-3 (512): above layer 1 never saturated: o")


def test_carriage_return():
    table = advantages()
    by_corpus = outcomes("carriage", advantage=table)
    assert by_corpus == {
        WP.name: (True, r"mean P by LSTM-3 (512) and 20-gram: `\r` 0.69 and 0.29, place 1")
    }
    returns = table["character"] == r"\r"
    for column, value in (("rank", 11), ("difference_se", 0.21)):
        changed = table.copy()
        changed.loc[returns, column] = value
        assert not outcomes("carriage", advantage=changed)[WP.name][0]
    rare = table.copy()
    rare.loc[returns, "rank"] = pd.NA
    assert outcomes("carriage", advantage=rare) == {}
    assert outcomes("carriage", advantage=table.assign(role="external")) == {}


def test_structure_of_programs():
    table = advantages()
    assert outcomes("brackets", advantage=table)["linux_kernel"][0]
    places = table["character"].isin(["}", ")"]) & (table["corpus"] == "linux_kernel")
    lower = table.copy()
    lower.loc[places, "rank"] = [11, 12]
    assert outcomes("brackets", advantage=lower)["linux_kernel"][0]  # four are left
    lower.loc[table["character"] == "]", "rank"] = 13
    assert not outcomes("brackets", advantage=lower)["linux_kernel"][0]
    behind = table.copy()
    behind.loc[places, "difference"] = [0.2, 0.01]
    assert not outcomes("brackets", advantage=behind)["linux_kernel"][0]
    assert outcomes("brackets", advantage=table[table["character"] != "]"]) == {}


@pytest.mark.parametrize(
    ("low", "p", "holds"),
    [
        (20, 0.353 + 0.04, False),  # no growth: 0.052, 0.04
        (40, 0.372 + 0.20, False),  # none in the last step, 0.206, 0.20
        (60, 1.0, False),  # more beyond: 0.712 lifts the nearer mean to 0.34
        (250, 0.9, False),  # no decay: 0.498 lifts the further mean to 0.30
        (250, 0.55, True),
    ],
)
def test_braces(low, p, holds):
    table = braces()
    table.loc[(table["low"] == low) & (table["role"] == "lstm"), "probability"] = p
    assert outcomes("braces", closings=table)["linux_kernel"][0] is holds


def test_braces_are_weighted_and_empty_bins_left_out():
    table = braces()
    last = table["low"] == 250
    table.loc[last & (table["role"] == "lstm"), "probability"] = 0.9
    table.loc[last, "closings"] = 1  # one brace weighs little
    assert outcomes("braces", closings=table)["linux_kernel"][0]
    table.loc[last & (table["role"] == "lstm"), "probability"] = np.nan
    assert outcomes("braces", closings=table)["linux_kernel"][0]
    assert outcomes("braces", closings=table[table["low"] < 80]) == {}
    assert outcomes("braces", closings=table.assign(pair="()")) == {}
    assert outcomes("braces", closings=table.assign(probability=np.nan)) == {}


def test_dynamics():
    outcome = outcomes("in training", dynamics=training())["linux_kernel"]
    evidence = "LSTM-3 (512): least KL at epoch 1-NN 0.44, 2-NN 1.07, 3-NN 2.05, 4-NN 2.95"
    assert outcome == (True, evidence)
    swapped = training().replace({"n-nn-2": "n-nn-3", "n-nn-3": "n-nn-2"})
    assert not outcomes("in training", dynamics=swapped)["linux_kernel"][0]
    together = training()
    together.loc[together["epoch"] == 2.95, "epoch"] = 2.05  # 3- and 4-NN at once
    assert not outcomes("in training", dynamics=together)["linux_kernel"][0]
    early = training().query("epoch < 2.9")  # nothing is known of what comes later
    assert outcomes("in training", dynamics=early) == {}
    later = early.groupby("other").last().reset_index().assign(epoch=2.6, kl=9.0)
    early = pd.concat([early, later[later["other"] != "n-nn-4"]], ignore_index=True)
    evidence = "LSTM-3 (512): least KL at epoch 1-NN 0.44, 2-NN 1.07, 3-NN 2.05, 4-NN later"
    assert outcomes("in training", dynamics=early)["linux_kernel"] == (True, evidence)
    two = training().query("other < 'n-nn-3'")
    n_grams = training().assign(other=training()["other"].str.replace("nn", "gram"))
    assert outcomes("in training", dynamics=pd.concat([two, n_grams])) == {}


def test_scaling_up():
    table = eliminated().astype({"eliminated": "int64"})
    outcome = outcomes("scaling up", eliminated=table)[WP.name]
    assert outcome == (True, "36,259 of 43,975 (82%) from LSTM-2 (64) to LSTM-3 (512)")
    table.loc[table["family"] == "boost", "eliminated"] += 7000
    assert not outcomes("scaling up", eliminated=table)[WP.name][0]
    none = table.assign(eliminated=0, errors_small=1, errors_large=1)
    evidence = "LSTM-3 (512) makes 27 errors, not fewer than the 27 of LSTM-2 (64)"
    assert outcomes("scaling up", eliminated=none)[WP.name] == (None, evidence)


# For people


def test_markdown():
    table = context_models().replace({"cross_entropy": {1.077: 1.3}})
    text = findings.markdown(findings.table(replace(papers_tables(), table2=table)))
    assert "On the paper's texts and models: 25 reproduced, 1 not reproduced, 0 not tested." in text
    assert (
        "| the best recurrent network outperforms the 20-gram model | Table 2 | War and Peace | "
        "**not reproduced** | GRU-3 (512) 1.300, 20-gram 1.195 nats |" in text
    )
    due, others = text.split("### On other models and texts")
    assert due.count("| Figure 2 |") == others.count("| Figure 2 |") == 6
    tables = [line for line in text.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in tables} == {6}
    assert text.count("\n- ") == len(findings.FINDINGS)


def test_what_was_found_comes_before_what_was_not_tested():
    grid = cross_entropies().assign(corpus="python_docs")
    text = findings.markdown(
        findings.table(no_tables(cross_entropy=grid, corpora={"python_docs": DOCS}))
    )
    order = ["26 not tested.", "### On other", "**reproduced**", "### Not tested", "needs networks"]
    places = [text.index(words) for words in order]
    assert places == sorted(places)
    assert text.count("**not tested**") == 26
    assert "\n|" not in text[: text.index("### On other")]  # no table without rows
