"""The minimal GRU and the Transformer: their equations, windows, training and resume."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from charlens.errors import CharlensError
from charlens.inside.cells.score import score
from charlens.inside.dump import dump_activations
from charlens.models import catalogue
from charlens.models.families import FAMILIES, build_model, family_of, shapes_for
from charlens.models.gpt import WINDOW
from charlens.models.mingru import loop, positive, scan
from charlens.models.parameters import budget, parameter_count
from charlens.models.recurrent.edits import Edit
from charlens.models.trained import load_trained
from charlens.predictions.score import score_model
from charlens.study.config import Config
from charlens.text.corpus import Corpus, prepare, save_split
from charlens.text.splits import SPLITS
from charlens.training.grid_point import train_grid_point
from charlens.training.settings import Training
from charlens.training.task import Keep, Task
from charlens.training.trainer import Trainer

IDS = ("mingru-2x8", "gpt-2x8")
K, B = 9, 2


def build(model, steps, seed=3, **options):
    (shape,) = shapes_for(model, K)
    built = build_model(shape, batch=B, steps=steps, dtype=torch.float64, **options)
    generator = torch.Generator().manual_seed(seed)
    built.load(
        {
            name: torch.randn(1, *entry.true, generator=generator, dtype=torch.float64) / 2
            for name, entry in built.layout.entries.items()
        }
    )
    return built


def predictions(model, inputs):
    """Log-probabilities (T, B, K) of a stream read in windows from its start."""
    model.reset()
    parts = []
    for window in inputs.split(model.steps):
        parts.append(model.forward(window)[0].view(len(window), B, K).clone())
        model.carry()
    return torch.cat(parts)


def text(length, seed=1):
    return torch.randint(0, K, (length, B), generator=torch.Generator().manual_seed(seed))


def test_the_scan_and_the_loop_of_the_minimal_gru_are_its_recurrence():
    generator = torch.Generator().manual_seed(1)
    shape = {"generator": generator, "dtype": torch.float64}
    gate, candidate = (4 * torch.randn(100, 3, 5, **shape) for _ in range(2))
    for start in (torch.zeros(3, 5).double(), torch.rand(3, 5, **shape)):
        h, expected = start, []
        for k, x in zip(gate, candidate, strict=True):
            z = 1 / (1 + (-k).exp())
            h = (1 - z) * h + z * torch.where(x >= 0, x + 0.5, 1 / (1 + (-x).exp()))
            expected.append(h)
        for states in (
            scan(gate, candidate, start),
            loop(gate.sigmoid(), positive(candidate), start),
        ):
            torch.testing.assert_close(states, torch.stack(expected), rtol=1e-11, atol=1e-13)


def test_the_gradients_of_scan_and_loop_are_right():
    generator = torch.Generator().manual_seed(2)
    gate, candidate = (
        torch.randn(6, 2, 3, generator=generator, dtype=torch.float64).requires_grad_()
        for _ in range(2)
    )
    start = torch.rand(2, 3, generator=generator, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda a, b: scan(a, b, start), (gate, candidate))
    assert torch.autograd.gradcheck(
        lambda a, b: loop(a.sigmoid(), positive(b), start), (gate, candidate)
    )


@pytest.mark.parametrize("model", IDS)
def test_windows_of_any_length_predict_the_same(model):
    """For the Transformer more than one window of attention, whose end then matters."""
    inputs = text(3 * 100)
    whole = predictions(build(model, 300), inputs)
    for steps in (1, 7, 100):
        cut = len(inputs) // steps * steps
        in_windows = predictions(build(model, steps), inputs[:cut])
        torch.testing.assert_close(in_windows, whole[:cut], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("model", IDS)
def test_no_prediction_knows_what_comes_later(model):
    inputs = text(60)
    changed = inputs.clone()
    changed[30] = (changed[30] + 1) % K
    first, second = (predictions(build(model, 20), x) for x in (inputs, changed))
    assert torch.equal(first[:30], second[:30])
    assert (first[30:] - second[30:]).abs().max() > 1e-3


def test_attention_ends_after_its_window():
    model = "gpt-1x8"  # of one block: deeper ones reach further
    inputs = text(WINDOW + 3)
    changed = inputs.clone()
    changed[0] = (changed[0] + 1) % K
    first, second = (predictions(build(model, 1), x) for x in (inputs, changed))
    assert not torch.equal(first[WINDOW], second[WINDOW])
    assert torch.equal(first[WINDOW + 1 :], second[WINDOW + 1 :])


@pytest.mark.parametrize("model", IDS)
def test_probabilities_sum_to_one_after_every_symbol(model):
    built = build(model, K)
    symbols = torch.arange(K).unsqueeze(1).expand(K, B)
    sums = predictions(built, symbols).exp().sum(-1)
    torch.testing.assert_close(sums, torch.ones_like(sums))
    sums = built.from_states().exp().sum(-1)
    torch.testing.assert_close(sums, torch.ones_like(sums))


@pytest.mark.parametrize("model", IDS)
def test_the_gradient_is_the_slope_of_the_loss(model):
    """Central differences at some weights of every parameter, whatever ``drop`` keeps."""
    built, inputs, targets = build(model, 6), text(6), text(6, seed=2)
    for drop in (False, True):
        built.reset()
        built.forward(inputs, drop=drop)
        built.backward(inputs, targets, drop=drop)
        for entry in built.layout.entries.values():
            place = entry.offset + entry.size // 3
            slopes = []
            for step in (1e-5, -2e-5):
                built.flat[0, place] += step
                built.forward(inputs)
                slopes.append(float(built.losses(targets)[0]))
            built.flat[0, place] += 1e-5
            slope = (slopes[0] - slopes[1]) / 2e-5
            assert float(built.grad[0, place]) == pytest.approx(slope, rel=1e-5, abs=1e-7), entry


@pytest.mark.parametrize("model", IDS)
def test_evaluation_keeps_no_graph(model):
    built = build(model, 5)
    built.forward(text(5))
    assert built._kept == []
    assert not built.log_probabilities.requires_grad
    assert not any(s.requires_grad for s in built.states)


def test_the_minimal_gru_starts_from_the_mean_of_the_states_it_was_in():
    built = build("mingru-2x8", 6)
    before = predictions(built, text(6))
    ended = [state.clone() for state in built.states]
    built.settle()
    after = predictions(built, text(6, seed=2))
    weights = {name: w.double() for name, w in built.layout.unpack(built.flat).items()}
    for layer, state in enumerate(ended):
        assert state.shape == (1, B, built.shape.width)
        assert weights[f"start.{layer}"].equal(state.sum(1) / B)
    again = build("mingru-2x8", 6)
    again.load(weights)
    assert torch.equal(predictions(again, text(6, seed=2)), after)
    assert not torch.equal(predictions(again, text(6)), before)


@pytest.mark.parametrize("layer", [0, 1])
def test_states_of_the_minimal_gru_can_be_set(layer):
    """Its own trajectory changes nothing; another value shows in the same step's predictions."""
    built, inputs = build("mingru-2x8", 6), text(6)
    base = built.forward(inputs).clone()
    own = built.quantities()[layer]["h"][0, :, :, 2].clone()
    rows, units = torch.arange(B), torch.full((B,), 2)
    torch.testing.assert_close(
        built.forward_edited(inputs, {layer: Edit(rows, units, own)}), base, rtol=1e-12, atol=0
    )
    live = torch.zeros(6, B, dtype=torch.bool)
    live[3] = True
    edited = built.forward_edited(inputs, {layer: Edit(rows, units, own + 0.5, live)})[0]
    assert torch.equal(edited[: 3 * B], base[0, : 3 * B])
    assert (edited[3 * B : 4 * B] - base[0, 3 * B : 4 * B]).abs().max() > 1e-2
    h = built.quantities()[layer]["h"][0, :, :, 2]
    z, n = (built.quantities()[layer][q][0, 4, :, 2] for q in "zn")
    assert torch.equal(h[3], own[3] + 0.5)
    torch.testing.assert_close(h[4], (1 - z) * h[3] + z * n)
    assert torch.equal(built.forward(inputs), base)


def test_a_transformer_says_that_its_states_cannot_be_set():
    with pytest.raises(CharlensError, match="choose a recurrent network"):
        build("gpt-1x8", 2).forward_edited(text(2), {})


@pytest.mark.parametrize("model", ["mingru-2x64", "mingru-3x128", "gpt-2x64", "gpt-4x128"])
def test_widths_fit_the_budget(model):
    (shape,) = shapes_for(model, 87)
    weights = budget(int(model.partition("x")[2]), 87)
    assert abs(parameter_count(shape) / weights - 1) < 0.08
    built = build_model(shape, batch=1, steps=1)
    assert sum(w.numel() for w in built.layout.unpack(built.flat).values()) == parameter_count(
        shape
    )


def trainer(model, folder, epochs=3):
    codes = np.resize(np.arange(4, dtype=np.uint8), (2, 81))
    settings = {"epochs": epochs, "batch": 2, "unroll": 8, "device": "cpu", "learning_rate": 0.01}
    (shape,) = shapes_for(model, 4)
    training = Training(**settings, dropout=(0.0, 0.25))
    return Trainer(Task(f"text/{model}", shape, training, 1), codes, codes, Keep(folder))


@pytest.mark.parametrize("iteration", [14, 20])
@pytest.mark.parametrize("model", IDS)
def test_an_interrupted_training_ends_with_the_same_bits(model, iteration, tmp_path):
    """Stopped inside the second epoch, and after its last window."""
    whole = trainer(model, tmp_path / "whole").run()
    losses = [row["train_loss"] for row in whole.curve if row["dropout"] == 0.0]
    assert losses[-1] < losses[0] < np.log(4) + 1.0
    half = trainer(model, tmp_path / "half")

    half.run_epoch(lambda windows: None)

    def stop(_):
        if half.iteration == iteration:
            half.save()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        half.run_epoch(stop)
    again = trainer(model, tmp_path / "half").run()
    assert again.curve == whole.curve
    assert all(w.any() for name, w in whole.weights.items() if name.startswith("start"))
    assert all(torch.equal(again.weights[name], w) for name, w in whole.weights.items())


@pytest.mark.parametrize("model", IDS)
def test_a_models_bits_do_not_depend_on_its_neighbours(model):
    (shape,) = shapes_for(model, K)
    initial, gradients = FAMILIES[family_of(shape)].initial, []
    for models in (1, 3):
        built = build_model(shape, models, batch=B, steps=5)
        built.load(initial(built.layout, torch.Generator().manual_seed(1), 0.08))
        built.forward(text(5), drop=True)
        built.backward(text(5), text(5, seed=2), drop=True)
        gradients.append(built.grad[-1].clone())
    assert torch.equal(*gradients)


@pytest.mark.parametrize("model", IDS)
def test_from_text_to_files_like_any_grid_point(model, tmp_path):
    text = b"".join(b"%d is before %d;\n" % (n, n + 1) for n in range(260))
    corpus, splits = prepare(text, "text", "a test", "streams", 4, 10, 0.8, 0.1)
    paths = {"corpus": tmp_path / "corpus.json", "model": tmp_path / "model.safetensors"}
    paths |= {split: tmp_path / f"{split}.npy" for split in SPLITS}
    corpus.save(paths["corpus"])
    for split in SPLITS:
        save_split(paths[split], splits[split])
    outputs = {"model": paths["model"], "curve": tmp_path / "curve.parquet", "checkpoints": []}
    training = Training(epochs=3, batch=4, unroll=10, device="cpu", learning_rate=0.01)
    train_grid_point(paths, outputs, model, training, 3, tmp_path / "resume")
    losses = pd.read_parquet(outputs["curve"])["val_loss"]
    assert losses.min() < losses.iloc[0]
    score_model(paths, tmp_path / "probabilities.parquet", 10, "cpu")
    scored = pd.read_parquet(tmp_path / "probabilities.parquet")
    assert abs(-np.log(scored["probability"]).mean() - losses.min()) < 0.3
    dump_activations(paths, tmp_path / "inside", None, None, 10, "cpu")
    letters = catalogue.CELLS[model.partition("-")[0]].quantities
    dumped = {path.relative_to(tmp_path / "inside") for path in tmp_path.rglob("?.parquet")}
    assert {str(path) for path in dumped} == {
        f"layer-{layer}/{letter}.parquet" for layer in (1, 2) for letter in letters
    }
    trained, codes = load_trained(paths["model"], Corpus.load(paths["corpus"])), splits["test"]
    digit = np.isin(np.array(corpus.vocabulary), [*b"0123456789"])[codes[:, :-1]]
    assert len(score(trained, "text", codes, {"digit": digit}, 10, "cpu")) == (
        2 * trained.shape.width
    )


def test_the_config_takes_them():
    block = {"cells": ["mingru", "gpt"], "layers": [2], "sizes": [8]}
    corpora = {"text": {"source": {"builtin": "python_docs"}}}
    config = Config.load({"run": "test", "corpora": corpora, "grid": [block]})
    assert config.models("text") == IDS
