"""The paper's own numbers as if a run had measured them, to test what compares with them."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
from charlens.analyses.agreement import table as agreement
from charlens.analyses.closings import table as closings
from charlens.analyses.context_length import table as table2
from charlens.analyses.cross_entropy.table import COLUMNS as CROSS_ENTROPY
from charlens.analyses.oracles.oracles import family_of, slices
from charlens.files import csv_tables, parquet_tables
from charlens.inside.cells.concepts import CONCEPTS
from charlens.paper import numbers as paper
from charlens.replication import run_tables
from charlens.replication.cells import tracked as papers_cells
from charlens.replication.run_tables import Tables
from contests import a_corpus

LK_BYTES = 6_206_996
WP = a_corpus("war_and_peace", 330_000)
LK = a_corpus("linux_kernel", 310_000, size=LK_BYTES)
TWIN = a_corpus("linux_kernel", 310_000)
PIES = {"lstm-3x512": ("best", 140_000), "lstm-2x64": ("smallest", 184_000)}


def frame(rows: list[dict], dtypes: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(dtypes)).astype(dtypes)


def cross_entropies() -> pd.DataFrame:
    rows = []
    for row in paper.rows("figure1_cross_entropy"):
        if row["cross_entropy"]:
            nats = float(row["cross_entropy"])
            model = f"{row['cell']}-{row['layers']}x{row['size']}"
            grid = {key: row[key] for key in ("corpus", "cell")}
            grid |= {key: int(row[key]) for key in ("layers", "size")}
            rows.append(grid | {"model": model, "cross_entropy": nats, "paper": nats})
            rows[-1] |= {"characters": 310_000, "best_in_row": False}
    return frame(rows, CROSS_ENTROPY)


def context_models() -> pd.DataFrame:
    rows = [
        {"corpus": row["corpus"], "family": row["model"], "n": int(row["n"])}
        | {"model": f"{row['model']}-{row['n']}", "paper": float(row["cross_entropy"])}
        for row in paper.rows("table2_ngram")
    ]
    best = (("war_and_peace", "gru-3x512", 1.077), ("linux_kernel", "gru-3x512", 0.829))
    for corpus, model, nats in best:
        rows.append({"corpus": corpus, "family": table2.RECURRENT, "model": model, "paper": nats})
    for row in rows:
        row |= {"source": row["corpus"], "split": "streams", "bootstrap_sd": 0.003}
        row |= {"characters": 310_000, "cross_entropy": row["paper"]}
    return frame(rows, table2.COLUMNS)


def overlaps() -> pd.DataFrame:
    rows = [
        {"corpus": "linux_kernel", "trio": "lstm+n-nn+n-gram", "region": region, "percent": percent}
        | {"models": "lstm-3x512 n-nn-7 n-gram-20", "characters": 3100 * percent, "paper": percent}
        for region, percent in paper.error_overlap("linux_kernel").items()
    ]
    dtypes = dict(run_tables.overlap.COLUMNS, characters="float64")
    return frame(rows, dtypes)


def advantages() -> pd.DataFrame:
    rows = []
    for corpus in ("linux_kernel", "war_and_peace"):
        printed = paper.character_probabilities(corpus).items()
        for rank, (character, (lstm, n_gram)) in enumerate(printed, 1):
            rows.append({"corpus": corpus, "character": character, "rank": rank, "count": 99})
            rows[-1] |= {"role": "lstm", "model": "lstm-3x512", "baseline": "n-gram-20", "byte": 0}
            rows[-1] |= {"probability": lstm, "paper_probability": lstm, "difference_se": 0.01}
            rows[-1] |= {"baseline_probability": n_gram, "paper_baseline": n_gram}
            rows[-1] |= {"probability_se": 0.01, "baseline_se": 0.02, "difference": lstm - n_gram}
    return frame(rows, run_tables.advantage.COLUMNS)


def braces() -> pd.DataFrame:
    rows = []
    for (low, high), pair in paper.closing_brace_probabilities("linux_kernel").items():
        models = (("lstm", "lstm-3x512"), ("n-gram", "n-gram-20"))
        for (role, model), p in zip(models, pair, strict=True):
            rows.append({"corpus": "linux_kernel", "pair": "{}", "low": low, "high": high})
            rows[-1] |= {"role": role, "model": model, "closings": 50, "invisible": 0, "beyond": 0}
            rows[-1] |= {"probability": p, "lower": p - 0.05, "upper": p + 0.04, "paper": p}
    return frame(rows, closings.COLUMNS)


def training(corpus: str = "linux_kernel", model: str = "lstm-3x512") -> pd.DataFrame:
    """Traces that take the paper's values where it has some."""
    rows = []
    for n in (1, 2, 3, 4):
        value = {
            key: paper.dynamics(f"n-nn-{n}", key)
            for key in paper.rows("figure5_dynamics")[0]
            if key != "model"
        }
        turn, crossing = value["kl_minimum_epoch"], value["loss_crossing_epoch"]
        kl = {0.08: value["kl_at_epoch_0.08"], crossing: 7.0, turn: value["kl_minimum"]}
        kl[3.04] = value["kl_at_epoch_3.04"]
        for epoch in sorted(kl):
            lead = float(np.sign(epoch - crossing))
            lead = value["loss_difference_at_epoch_3.04"] if epoch == 3.04 else lead
            rows.append({"corpus": corpus, "model": model, "epoch": epoch, "other": f"n-nn-{n}"})
            rows[-1] |= {"characters": 310_000, "kl": kl[epoch], "loss": 2.0}
            rows[-1] |= {"other_loss": 2.0 + lead, "loss_difference": lead}
    return frame(rows, run_tables.dynamics.COLUMNS)


def pies() -> pd.DataFrame:
    rows = []
    for model, (role, errors) in PIES.items():
        for oracle, family in zip(slices(), family_of(), strict=True):
            percent = paper.oracle(model, oracle)
            rows.append({"corpus": "war_and_peace", "model": model, "role": role, "oracle": oracle})
            rows[-1] |= {"family": family, "characters": 330_000, "percent": percent}
            rows[-1] |= {"errors": round(errors * percent / 100), "paper": percent}
    return frame(rows, run_tables.oracles.COLUMNS)


def eliminated() -> pd.DataFrame:
    large, small = (part for _, part in pies().groupby("role"))
    gone = small["errors"].to_numpy() - large["errors"].to_numpy()
    rows = [
        {"corpus": "war_and_peace", "small": "lstm-2x64", "large": "lstm-3x512", "family": family}
        | {"oracle": oracle, "eliminated": n, "errors_small": 0, "errors_large": 0, "percent": 0}
        for oracle, family, n in zip(slices(), family_of(), gone, strict=True)
    ]
    return frame(rows, run_tables.oracles.ELIMINATED)


def tracked(model: str = "lstm-3x512", score: float = 0.95) -> pd.DataFrame:
    """Two cells for every concept on both corpora, the better one with this score held out."""
    rows = [
        {"corpus": corpus, "model": model, "concept": concept, "layer": 2, "unit": 7 * rank}
        | {"measure": CONCEPTS[concept].measure, "rank": rank, "held_out": value, "found": 0.96}
        | {"strength_found": 0.9, "strength_held_out": 0.9}
        for corpus in ("war_and_peace", "linux_kernel")
        for concept in papers_cells()
        for rank, value in ((1, score), (2, 0.99))
    ]
    return frame(rows, run_tables.cells.COLUMNS)


def gates(model: str, units: int, gates: str, layer1: tuple, above: tuple) -> pd.DataFrame:
    """Every unit of a layer saturated for the same time: (left, right) in layer 1 and above."""
    rows = [
        {"corpus": "linux_kernel", "model": model, "gate": gate, "title": gate, "layer": layer}
        | {"unit": unit, "characters": 310_000, "left": left, "right": right}
        for gate in gates
        for layer, (left, right) in ((1, layer1), (2, above), (3, above))
        for unit in range(units)
    ]
    return frame(rows, run_tables.saturation.COLUMNS)


def saturated() -> pd.DataFrame:
    """What Figure 3 shows, as far as its text says it."""
    lstm = gates("lstm-3x512", 50, "fio", (0.08, 0.05), (0.6, 0.2))
    lstm.loc[(lstm["gate"] == "f") & (lstm["unit"] == 7) & (lstm["layer"] > 1), "right"] = 0.97
    gru = gates("gru-3x512", 50, "rz", (0.02, 0.01), (0.4, 0.3))
    return pd.concat([lstm, gru], ignore_index=True)


def agreements() -> pd.DataFrame:
    """Networks of two sizes: 0.75 within a cluster, 0.7 between clusters, 0.6 across sizes."""
    models = [f"{c}-{n}x{s}" for s in (64, 128) for c in ("lstm", "rnn", "gru") for n in (1, 2)]
    values = np.full((12, 12), 0.6)
    for i, a in enumerate(models):
        for j, b in enumerate(models):
            if i // 6 == j // 6:
                values[i, j] = 0.75 if a.startswith("rnn") == b.startswith("rnn") else 0.7
    np.fill_diagonal(values, 1)
    return pd.DataFrame(values, pd.Index(models, name="model"), models)


def papers_tables() -> Tables:
    """All of the paper's numbers, on its own files."""
    return Tables(
        corpora={"war_and_peace": WP, "linux_kernel": LK},
        cross_entropy=cross_entropies(),
        seeds=frame([], run_tables.seeds.COLUMNS),
        table2=context_models(),
        cells=tracked(),
        evidence=frame([], run_tables.evidence.COLUMNS),
        causal=frame([], run_tables.causal.COLUMNS),
        saturation=saturated(),
        overlap=overlaps(),
        advantage=advantages(),
        closings=braces(),
        dynamics=training(),
        categories=pies(),
        eliminated=eliminated(),
        seed_errors=frame([], run_tables.seed_errors.INTERVALS),
        agreement={"war_and_peace": agreements()},
    )


@cache
def _nothing() -> Tables:
    everything = papers_tables()
    empty = {
        name: value.iloc[:0]
        for name, value in vars(everything).items()
        if isinstance(value, pd.DataFrame)
    }
    return replace(everything, **empty, agreement={})


def no_tables(**some) -> Tables:
    """A run that has measured only ``some`` of it."""
    return replace(_nothing(), **some)


def write(tables: Tables, folder) -> dict:
    """The same as files; the inputs of the script that compares them."""
    folder.mkdir(parents=True, exist_ok=True)
    inputs: dict = {"corpora": []}
    for corpus in tables.corpora.values():
        corpus.save(folder / f"{corpus.name}.json")
        inputs["corpora"].append(folder / f"{corpus.name}.json")
    if len(tables.cells):
        inputs["cells"] = folder / "cells.parquet"
        parquet_tables.write(tables.cells, inputs["cells"])
    for name, value in vars(tables).items():
        if name != "cells" and isinstance(value, pd.DataFrame) and len(value):
            value = value.astype({"characters": "int64"}) if name == "overlap" else value
            csv_tables.write(value, folder / f"{name}.csv")
            inputs[name] = folder / f"{name}.csv"
    for matrix in tables.agreement.values():
        agreement.write(matrix, folder / "agreement.csv")
        inputs["agreement"] = folder / "agreement.csv"
    return inputs
