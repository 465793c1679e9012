"""The paper's findings about recurrent networks and their gates (sections 4.1 and 4.2).

Each is one function from a run's tables to what came of it on every corpus, or network, that has
what is needed. Criteria are such that the paper's own numbers, where it gives them, pass.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from charlens.analyses import ranking
from charlens.analyses.cross_entropy.averaged import averaged
from charlens.display.wording import listed, signed
from charlens.inside.gates.table import ALMOST_ALWAYS
from charlens.models import names as model_id
from charlens.models.catalogue import GRU, LSTM, RNN
from charlens.models.names import ModelId, cell_title
from charlens.paper.definitions import LARGEST
from charlens.replication.outcome import Outcome
from charlens.replication.run_tables import Tables
from charlens.replication.tolerances import TRAINED

GATED = [LSTM, GRU]
CELLS = (*GATED, RNN)

# Comparing recurrent networks (section 4.1)

MOST = 0.9  # share of the comparisons that makes a finding consistent
GATED_FROM = 256  # the size from which the paper's own table bears out that gated networks lead
AGREEMENT = 0.005  # fraction of characters; the sampling error of an agreement is near 0.001


def depth_helps(tables: Tables) -> Iterator[Outcome]:
    """Depth of at least two is beneficial: one layer against the better of the deeper networks.

    What two trainings of one network may differ by decides nothing.
    """
    for corpus, part in _grid(tables):
        gains = []
        for _, group in part.groupby(["cell", "size"]):
            shallow, deep = (group.loc[at, "cross_entropy"] for at in _shallow_and_deep(group))
            if len(shallow) and len(deep):
                gains.append(shallow.iloc[0] - deep.min())
        decided = [gain for gain in gains if abs(gain) > TRAINED]
        if gains:
            better = sum(gain > 0 for gain in decided)
            if not decided:
                evidence = f"of {len(gains)} cells and sizes none differ by more than {TRAINED:g}"
                yield Outcome(corpus, None, f"{evidence} nats")
                continue
            evidence = f"deeper is better in {better} of {len(decided)} cells and sizes"
            if len(decided) < len(gains):
                evidence += f" ({len(gains) - len(decided)} more within {TRAINED:g} nats)"
            evidence += f", by {signed(np.mean(gains))} nats on average"
            holds = better >= MOST * len(decided)
            yield Outcome(corpus, bool(holds), evidence)


def _grid(tables: Tables) -> Iterator[tuple[str, pd.DataFrame]]:
    """The paper's three kinds of recurrent networks, by corpus; diverged ones are left out.

    Losses are means over seeds where a network was trained several times.
    """
    frame = averaged(tables.cross_entropy, tables.seeds)
    frame = frame[~ranking.diverged(frame)]
    yield from frame[frame["cell"].isin(CELLS)].groupby("corpus", sort=False)


def _shallow_and_deep(group: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Which networks of a group have one layer, and which more."""
    return group["layers"] == 1, group["layers"] > 1


def gated_networks_lead(tables: Tables) -> Iterator[Outcome]:
    """LSTM and GRU are alike and outperform the RNN: each cell's best, at the largest common size.

    Of depths that all three have at that size. Of the paper's own table only sizes from 256 on say
    so: at 64 the best RNN beats the best LSTM on War and Peace, at 128 it beats both on the kernel.
    """
    for corpus, part in _grid(tables):
        table = part.pivot_table("cross_entropy", ["size", "layers"], "cell")
        if not set(CELLS) <= set(table.columns) or (table := table.dropna()).empty:
            continue
        size = int(table.index.get_level_values("size").max())
        by_depth = table.loc[size]
        losses = by_depth.min()
        behind = losses[RNN] - losses[GATED].max()
        apart = abs(losses[LSTM] - losses[GRU])
        by_cell = ", ".join(f"{cell_title(cell)} {losses[cell]:.3f}" for cell in CELLS)
        depths = listed([str(depth) for depth in by_depth.index])
        evidence = f"size {size}, {depths} layer{'s' * (depths != '1')}: {by_cell} nats"
        holds = behind > TRAINED and apart < behind
        yield Outcome(corpus, bool(holds), evidence, comparable=size >= GATED_FROM)


def rnns_cluster_apart(tables: Tables) -> Iterator[Outcome]:
    """LSTM and GRU predict alike while RNNs form their own cluster: agreement at equal sizes.

    Sizes are compared each for itself, as size moves a model's predictions more than its cell does,
    by networks of the depths that all cells have there: depth moves them, too.
    """
    for corpus, matrix in tables.agreement.items():
        sound = [model for model in matrix.index if model not in _diverged(tables, corpus)]
        parts = _sizes(matrix.loc[sound, sound])
        by_size = [kinds for part in parts if (kinds := _kinds_of_pairs(*part))]
        if by_size:
            gated, rnns, mixed = np.mean(by_size, axis=0)
            evidence = f"LSTM with GRU {gated:.1%}, RNN with RNN {rnns:.1%}, "
            evidence += f"RNN with LSTM or GRU {mixed:.1%} of characters"
            yield Outcome(corpus, bool(min(gated, rnns) - mixed > AGREEMENT), evidence)


def _diverged(tables: Tables, corpus: str) -> set[str]:
    frame = tables.cross_entropy
    return set(frame.loc[ranking.diverged(frame) & (frame["corpus"] == corpus), "model"])


def _sizes(matrix: pd.DataFrame) -> Iterator[tuple[list[str], np.ndarray]]:
    """Cells and agreement of the networks of each size, of depths that all cells have there."""
    points = {m: p for m in matrix.index if (p := model_id.parse(m)) and p.cell in CELLS}
    for size in sorted({point.size for point in points.values()}):
        of_size = {model: point for model, point in points.items() if point.size == size}
        depths = [{p.layers for p in of_size.values() if p.cell == cell} for cell in CELLS]
        common = set.intersection(*depths)
        models = [model for model, point in of_size.items() if point.layers in common]
        yield [points[m].cell for m in models], matrix.loc[models, models].to_numpy()


def _kinds_of_pairs(cells: list[str], values: np.ndarray) -> tuple[float, float, float] | None:
    """Mean agreement of LSTM–GRU, RNN–RNN and RNN–gated pairs; None where a kind has no pair."""
    kinds: dict[str, list[float]] = {"gated": [], "rnns": [], "mixed": []}
    for i, j in zip(*np.triu_indices(len(cells), 1), strict=True):
        pair = {cells[i], cells[j]}
        if RNN in pair:
            kinds["rnns" if len(pair) == 1 else "mixed"].append(values[i, j])
        elif len(pair) == 2:
            kinds["gated"].append(values[i, j])
    if not all(kinds.values()):
        return None
    gated, rnns, mixed = (float(np.mean(pairs)) for pairs in kinds.values())
    return gated, rnns, mixed


# Gates (section 4.2)

MANY = 0.01  # of a network's gates
RARELY = 0.05  # of the time, averaged over gates
DIFFUSE = 0.5  # first layer's share of the other layers' saturated time
DEPTH = 3  # layers of the paper's networks


def _as_the_papers(point: ModelId) -> bool:
    """Three layers of the largest size: a layer in Figure 3 has hundreds of units."""
    return (point.layers, point.size) == (DEPTH, LARGEST)


def _gates(tables: Tables, cell: str, gate: str) -> Iterator[tuple[str, ModelId, pd.DataFrame]]:
    """Corpus, model and the rows of one gate, for every network of a kind."""
    frame = tables.saturation
    for (corpus, model), part in frame[frame["gate"] == gate].groupby(["corpus", "model"]):
        point = model_id.parse(model)
        if point is not None and point.cell == cell:
            yield corpus, point, part


def forget_gates_stay_open(tables: Tables) -> Iterator[Outcome]:
    """Many forget gates are almost always right-saturated: nearly perfect integrators."""
    for corpus, point, part in _gates(tables, LSTM, "f"):
        open_gates = int((part["right"] > ALMOST_ALWAYS).sum())
        evidence = f"{point.label}: {open_gates} of {len(part)} gates"
        holds = open_gates >= max(2, MANY * len(part))
        yield Outcome(corpus, holds, evidence, _as_the_papers(point))


def no_gate_always_shut(tables: Tables) -> Iterator[Outcome]:
    """No forget gate is consistently left-saturated: no cell works in feed-forward fashion."""
    for corpus, point, part in _gates(tables, LSTM, "f"):
        top = part["left"].max()
        evidence = f"{point.label}: the most is {top:.2f} of the time"
        yield Outcome(corpus, bool(top <= ALMOST_ALWAYS), evidence, _as_the_papers(point))


def output_gates_vary(tables: Tables) -> Iterator[Outcome]:
    """No cell gets consistently revealed or blocked by its output gate."""
    for corpus, point, part in _gates(tables, LSTM, "o"):
        shut, opened = part["left"].max(), part["right"].max()
        evidence = f"{point.label}: shut at most {shut:.2f}, open at most {opened:.2f} of the time"
        yield Outcome(
            corpus, bool(max(shut, opened) <= ALMOST_ALWAYS), evidence, _as_the_papers(point)
        )


def first_layer_diffuse(tables: Tables) -> Iterator[Outcome]:
    """In layer 1 of an LSTM gates are much less often saturated, either way, than above."""
    for (corpus, model), part in tables.saturation.groupby(["corpus", "model"]):
        point = model_id.parse(model)
        if point is None or point.cell != LSTM or point.layers < 2:
            continue
        time = part.assign(time=part["left"] + part["right"], first=part["layer"] == 1)
        means = time.groupby(["gate", "first"])["time"].mean().unstack("first")
        times = [f"{gate} {row[True]:.2f} and {row[False]:.2f}" for gate, row in means.iterrows()]
        if not (means[False] > 0).all():
            never = ", ".join(map(str, means.index[means[False] == 0]))
            yield Outcome(corpus, None, f"{point.label}: above layer 1 never saturated: {never}")
            continue
        evidence = f"{point.label}: saturated in layer 1 and above: {', '.join(times)} of the time"
        holds = (means[True] < DIFFUSE * means[False]).all()
        yield Outcome(corpus, bool(holds), evidence)  # "present across all of our models"


def first_gru_layer_feeds_forward(tables: Tables) -> Iterator[Outcome]:
    """In layer 1 of a GRU r is nearly never right-saturated and z rarely left-saturated."""
    update = {(c, p): part for c, p, part in _gates(tables, GRU, "z")}
    for corpus, point, part in _gates(tables, GRU, "r"):
        if point.layers < 2 or (corpus, point) not in update:
            continue
        z = update[corpus, point]
        right = part.loc[part["layer"] == 1, "right"].mean()
        left = z.loc[z["layer"] == 1, "left"].mean()
        evidence = f"{point.label}: r right-saturated {right:.3f}, z left-saturated {left:.3f} "
        evidence += "of the time in layer 1"
        yield Outcome(corpus, bool(max(right, left) < RARELY), evidence, _as_the_papers(point))
