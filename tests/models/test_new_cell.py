"""A fourth cell is one entry in the catalogue and one class; everything else follows.

The cell is a minimal gated unit: one gate f = σ(W_f [x; h]), a candidate n = tanh(W x + U (f⊙h)),
and h' = (1 − f)⊙h + f⊙n.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
import torch
from charlens.analyses.agreement import figure as figure1_right
from charlens.analyses.agreement import table as agreement
from charlens.analyses.agreement import tsne
from charlens.analyses.cross_entropy import figure as figure1_left
from charlens.analyses.cross_entropy import table as cross_entropy
from charlens.analyses.cross_entropy.markdown import markdown
from charlens.display import style
from charlens.errors import CharlensError
from charlens.inside.cells.ranking import best
from charlens.inside.cells.score import score as score_cells
from charlens.inside.dump import dump_activations
from charlens.inside.gates import figure as figure3
from charlens.inside.gates.measure import measure
from charlens.inside.store import activations
from charlens.models import catalogue
from charlens.models import names as model_id
from charlens.models.families import shapes_for
from charlens.models.parameters import Shape, budget, parameter_count
from charlens.models.precision import FLOAT16, FUSED_FLOAT32
from charlens.models.recurrent import cells
from charlens.models.recurrent.edits import Edit
from charlens.models.recurrent.model import CharModel
from charlens.models.recurrent.recurrence import Recurrence, add_in_place, steps_of
from charlens.models.trained import load_trained
from charlens.predictions.score import score_model
from charlens.study.choices import figure2_models, figure3_models
from charlens.study.config import Config, schema
from charlens.text.corpus import Corpus, load_split, prepare, save_split
from charlens.text.splits import SPLITS
from charlens.training.grid_point import train_grid_point
from charlens.training.settings import Training
from matplotlib.colors import to_hex
from probability_files import write_model
from test_recurrence import B, K, T, build

ENTRY = catalogue.Cell(
    "MGU", quantities="hfn", color="#CC79A7", blocks="fn", gates={"f": "forget"}, article="an"
)


class MinimalGated(Recurrence):
    """The cell of this module, forward and exact backward in time."""

    def _auxiliary(self, empty):
        return empty(self.steps, self.width)  # f ⊙ h

    def _forward(self, lane, w):
        w_f, w_n = w[..., : self.width], w[..., self.width :]
        h, q = steps_of(self.h[lane]), steps_of(self.aux[lane])  # (B, n) each
        f, n = self._split(self.gates, lane, 0, 1), self._split(self.gates, lane, 1, 2)
        for t in range(self.steps):
            add_in_place(f[t], h[t], w_f)
            f[t].sigmoid_()
            torch.mul(f[t], h[t], out=q[t])
            add_in_place(n[t], q[t], w_n)
            n[t].tanh_()
            torch.lerp(h[t], n[t], f[t], out=h[t + 1])

    def _factors(self, lane):
        self.grad[lane].zero_()

    def _backward(self, lane, w, dh):
        back_f, back_n = (part.transpose(-1, -2) for part in w.split(self.width, -1))
        h, dh = steps_of(self.h[lane]), steps_of(dh)
        f, n = self._split(self.gates, lane, 0, 1), self._split(self.gates, lane, 1, 2)
        d_f, d_n = self._split(self.grad, lane, 0, 1), self._split(self.grad, lane, 1, 2)
        for t in reversed(range(self.steps)):
            d_n[t].copy_(dh[t] * f[t] * (1 - n[t] ** 2))
            dq = d_n[t] @ back_n
            d_f[t].copy_((dh[t] * (n[t] - h[t]) + dq * h[t]) * f[t] * (1 - f[t]))
            if t:
                dh[t - 1].add_(dh[t] * (1 - f[t]) + dq * f[t])
                add_in_place(dh[t - 1], d_f[t], back_f)

    def weight_gradient(self, out):
        n = self.width
        self._accumulate(self.h[:, : self.steps], self.grad[..., :n], out[..., :n])
        self._accumulate(self.aux, self.grad[..., n:], out[..., n:])


@pytest.fixture(autouse=True, scope="module")
def registered():
    """The entry and the class, for the tests of this module only."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(catalogue.CELLS, "mgu", ENTRY)
        patch.setitem(cells.CELLS, "mgu", None)  # so that it is taken out again
        cells.computes("mgu")(MinimalGated)
        schema.cache_clear()
        yield
    schema.cache_clear()


# Computes


def equations(weights, inputs, targets, layers):
    """Summed loss by the equations above, one step after another, with autograd."""
    x = torch.nn.functional.one_hot(inputs, K).double()
    for layer in range(layers):
        width = weights[f"recurrent.{layer}"].shape[0]
        (w_f, w_n), (u_f, u_n), (b_f, b_n) = (
            weights[f"{name}.{layer}"].split(width, -1) for name in ("input", "recurrent", "bias")
        )
        h, outputs = torch.zeros(B, width).double(), []
        for step in x:
            f = torch.sigmoid(step @ w_f + h @ u_f + b_f)
            h = (1 - f) * h + f * torch.tanh(step @ w_n + (f * h) @ u_n + b_n)
            outputs.append(h)
        x = torch.stack(outputs)
    scores = x @ weights["decoder"] + weights["bias.decoder"]
    return torch.nn.functional.cross_entropy(
        scores.flatten(0, 1), targets.flatten(), reduction="sum"
    )


@pytest.mark.parametrize("layers", [1, 2])
def test_loss_and_gradient_equal_autograd_in_float64(layers):
    model, inputs, targets = build("mgu", layers)
    model.forward(inputs)
    loss = model.losses(targets)
    model.backward(inputs, targets)
    weights = {n: w[0].clone().requires_grad_() for n, w in model.layout.unpack(model.flat).items()}
    expected = equations(weights, inputs, targets, layers)
    expected.backward()
    torch.testing.assert_close(loss[0], expected.detach(), rtol=1e-12, atol=0)
    for name, grad in model.layout.unpack(model.grad).items():
        torch.testing.assert_close(grad[0], weights[name].grad, rtol=1e-9, atol=1e-12)


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    """A corpus and an ``mgu-2x8`` trained on it, as the rules make them."""
    folder = tmp_path_factory.mktemp("trained")
    text = b"".join(b"%d is before %d;\n" % (n, n + 1) for n in range(260))
    corpus, splits = prepare(text, "text", "a test", "streams", 4, 10, 0.8, 0.1)
    names = {"corpus": folder / "corpus.json", "model": folder / "model.safetensors"}
    names |= {split: folder / f"{split}.npy" for split in SPLITS}
    corpus.save(names["corpus"])
    for split in SPLITS:
        save_split(names[split], splits[split])
    outputs = {"model": names["model"], "curve": folder / "curve.parquet", "checkpoints": []}
    training = Training(epochs=4, batch=4, unroll=10, device="cpu", learning_rate=0.01)
    train_grid_point(names, outputs, "mgu-2x8", training, 3, folder / "resume")
    return names | outputs


@pytest.fixture(scope="module")
def trained(paths):
    return load_trained(paths["model"], Corpus.load(paths["corpus"]))


def test_its_loss_falls_and_its_file_is_scored(paths, tmp_path):
    curve = pd.read_parquet(paths["curve"])
    assert curve["train_loss"].is_monotonic_decreasing
    assert curve["val_loss"].iloc[-1] < curve["val_loss"].iloc[0] - 0.2
    score_model(paths, tmp_path / "probabilities.parquet", 10, "cpu")
    scored = pd.read_parquet(tmp_path / "probabilities.parquet")
    assert len(scored) == load_split(paths["test"])[:, 1:].size
    assert abs(-np.log(scored["probability"]).mean() - curve["val_loss"].min()) < 0.3


def test_its_width_is_the_one_that_fits_the_budget(trained):
    width, k = trained.shape.width, trained.shape.k
    assert trained.shape == Shape("mgu", 2, width, k)
    weights = budget(8, k)
    misses = [abs(parameter_count(Shape("mgu", 2, w, k)) - weights) for w in range(1, 3 * width)]
    assert misses.index(min(misses)) + 1 == width
    assert trained.metadata["parameters"] == sum(w.numel() for w in trained.weights.values())


def test_without_fused_kernels_a_cpu_computes_the_same_and_a_gpu_says_so():
    shape = Shape("mgu", 2, 5, K)
    inputs = torch.randint(0, K, (T, B))
    plain, padded = (
        CharModel(shape, batch=B, steps=T, **options)
        for options in ({}, {"precision": FUSED_FLOAT32})
    )
    weights = {n: torch.rand(1, *e.true) - 0.5 for n, e in plain.layout.entries.items()}
    for model in (plain, padded):
        model.load(weights)
        model.forward(inputs)
    assert padded.layout.width == 8
    torch.testing.assert_close(padded.log_probabilities[..., :K], plain.log_probabilities)
    with pytest.raises(CharlensError, match=r"cell mgu has no fused kernels.*float32"):
        CharModel(shape, batch=B, steps=T, precision=FLOAT16)


@pytest.mark.parametrize("layer", [0, 1])
def test_its_states_can_be_set(layer):
    """Its own trajectory changes nothing; another value shows in the same step's predictions."""
    model, inputs, targets = build("mgu", 2)
    model.forward(inputs)
    losses, own = model.losses(targets).clone(), model.layers[layer].h[0, 1:, :, 2].clone()
    rows, units = torch.arange(B), torch.full((B,), 2)
    model.forward(inputs, edits={layer: Edit(rows, units, own)})
    torch.testing.assert_close(model.losses(targets), losses, rtol=1e-12, atol=0)
    base = model.log_probabilities[0, :B].clone()
    model.forward(inputs, edits={layer: Edit(rows, units, own + 0.5)})
    assert (model.log_probabilities[0, :B] - base).abs().max() > 1e-2
    assert torch.equal(model.layers[layer].h[0, 1:, :, 2], own + 0.5)


# Is accepted


def study(**more):
    block = {"cells": ["mgu"], "layers": [1, 2], "sizes": [8]}
    corpora = {"text": {"source": {"builtin": "python_docs"}}}
    return Config.load({"run": "test", "corpora": corpora, "grid": [block]} | more)


def test_the_config_accepts_it_and_shows_it():
    config = study(
        activations=[{"corpus": "text", "model": "mgu-2x8", "quantities": ["f", "n"]}],
        figure2={"models": {"text": "mgu-1x8"}},
    )
    assert config.models("text") == ("mgu-1x8", "mgu-2x8")
    assert figure2_models(config) == {"text": "mgu-1x8"}
    assert figure3_models(config) == ("text", ("mgu-2x8",))  # the deepest with gates
    assert all(re.fullmatch(model_id.GRID_IDS, model) for model in config.models("text"))
    enum = schema()["$defs"]["GridBlock"]["properties"]["cells"]["items"]["enum"]
    assert enum == ["lstm", "rnn", "gru", "lstm_adamw", "mingru", "gpt", "mgu"]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"grid": [{"cells": ["mug"], "layers": [1], "sizes": [8]}]},
         "expected one of lstm, rnn, gru, lstm_adamw, mingru, gpt, mgu; did you mean mgu?"),
        ({"activations": [{"corpus": "text", "model": "mgu-1x8", "quantities": ["c"]}]},
         "expected a quantity of mgu-1x8: h, f, n"),
        ({"figure3": {"models": ["mgu-3x8"]}},
         "a GRU, an AdamW LSTM, a minGRU or an MGU (cells with gates) of text: mgu-1x8, mgu-2x8"),
    ],
)  # fmt: skip
def test_errors_of_the_config_name_it(more, words):
    with pytest.raises(CharlensError, match=re.escape(words)):
        study(**more)


# Is listed and drawn


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    ids = ("mgu-1x64", "gru-1x64", "rnn-1x64", "mgu-2x64", "lstm-1x64", "mgu-1x128")
    return [write_model(tmp_path_factory.mktemp("files"), model) for model in ids]


def test_tables_list_it_behind_the_papers_cells(files):
    table = cross_entropy.table(files, bootstrap=2, seed=1)
    order = ["lstm-1x64", "rnn-1x64", "gru-1x64", "mgu-1x64", "mgu-2x64", "mgu-1x128"]
    assert list(table["model"]) == order
    assert "| Size | LSTM-1 | RNN-1 | GRU-1 | MGU-1 | MGU-2 |" in markdown(table, 2)
    assert list(agreement.table(files).index) == order
    assert model_id.title("mgu-2x64") == "MGU-2 (64)"


def test_figure_1_shows_it(files):
    table = cross_entropy.table(files, bootstrap=2, seed=1)
    figure = figure1_left.draw(table)
    words = [text.get_text() for text in figure.axes[0].texts]
    assert [word for word in words if word in ("LSTM", "RNN", "GRU", "MGU")][-1] == "MGU"
    handles = [
        handle
        for legend in figure1_right.draw(tsne.table(agreement.table(files), None, 1)).legends
        for handle in legend.legend_handles
        if handle.get_label() == "MGU"
    ]
    assert [to_hex(handle.get_markerfacecolor()) for handle in handles] == [ENTRY.color.lower()]


def test_it_has_a_colour_of_its_own():
    colors = style.cell_colors({*catalogue.CELLS, "stranger"})
    assert colors["mgu"] == ENTRY.color
    assert list(colors) == ["lstm", "rnn", "gru", "lstm_adamw", "mingru", "gpt", "mgu", "stranger"]
    assert len({*colors.values()}) == len(colors)


# Is searched and analysed


def test_its_cells_are_searched(paths, trained):
    codes = load_split(paths["test"])
    digit = np.isin(np.array(Corpus.load(paths["corpus"]).vocabulary), [*b"0123456789"])
    labels = {"digit": digit[codes[:, :-1]]}
    ranking = score_cells(trained, "text", codes, labels, 10, "cpu")
    assert len(ranking) == 2 * trained.shape.width
    assert best(ranking, "digit")["strength_held_out"] > 0.5


def test_its_quantities_are_kept_and_its_gates_counted(paths, trained, tmp_path):
    dump_activations(paths, tmp_path, None, None, 10, "cpu")
    dumped = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.parquet"))
    assert dumped == [f"layer-{layer}/{letter}.parquet" for layer in (1, 2) for letter in "fhn"]
    table = measure(trained, "text", load_split(paths["test"]), 10, "cpu")
    assert set(zip(table["gate"], table["title"], strict=True)) == {("f", "forget")}
    assert len(table) == 2 * trained.shape.width
    for row in table.itertuples():
        gate = activations(tmp_path, row.layer, "f", [row.unit])[:, 0].astype(np.float32)
        assert (row.left, row.right) == (np.mean(gate < 0.1), np.mean(gate > 0.9))
    titles = [axes.get_title() for axes in figure3.draw(table).axes]
    assert titles == ["forget gate $f$"]


def test_without_its_entry_it_is_unknown(monkeypatch):
    monkeypatch.delitem(catalogue.CELLS, "mgu")
    schema.cache_clear()
    with pytest.raises(CharlensError, match="names no model that is trained"):
        shapes_for("mgu-1x8", 7)
    with pytest.raises(
        CharlensError, match=r"expected one of lstm, rnn, gru, lstm_adamw, mingru, gpt$"
    ):
        study(grid=[{"cells": ["transformer"], "layers": [1], "sizes": [8]}])
