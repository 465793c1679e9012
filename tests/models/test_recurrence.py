"""The engine against finite differences, torch.nn, the paper's equations, and itself."""

from __future__ import annotations

import pytest
import torch
from charlens.models.parameters import Shape
from charlens.models.recurrent.cells import CELLS
from charlens.models.recurrent.model import CharModel
from reference_recurrence import losses, run

T, B, K = 6, 3, 7


def build(cell, layers=1, width=6, models=1, dropout=None, seed=0, dtype=torch.float64, **kw):
    torch.manual_seed(seed)
    shape = Shape(cell, layers, width, K)
    model = CharModel(shape, models, batch=B, steps=T, dtype=dtype, dropout=dropout, **kw)
    model.load({n: torch.rand(models, *e.true) - 0.5 for n, e in model.layout.entries.items()})
    inputs, targets = torch.randint(0, K, (2, T, B))
    return model, inputs, targets


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", CELLS)
def test_gradient_equals_finite_differences(cell, layers):
    model, inputs, targets = build(cell, layers, models=2, dropout=(0.0, 0.3), width=3)
    model.draw_masks([torch.Generator().manual_seed(m) for m in range(2)])
    starts = [torch.rand_like(s) - 0.5 for layer in model.layers for s in layer.state]

    class Loss(torch.autograd.Function):
        @staticmethod
        def forward(ctx, flat):
            model.flat.copy_(flat)
            live = [s for layer in model.layers for s in layer.state]
            for state, start in zip(live, starts, strict=True):
                state.copy_(start)
            model.forward(inputs, drop=True)
            losses = model.losses(targets)
            model.backward(inputs, targets, drop=True)
            ctx.save_for_backward(model.grad.clone())
            return losses

        @staticmethod
        def backward(ctx, upstream):
            return upstream.unsqueeze(1) * ctx.saved_tensors[0]

    assert torch.autograd.gradcheck(Loss.apply, (model.flat.clone().requires_grad_(),))


@pytest.mark.parametrize("dropout", [0.0, 0.4])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", CELLS)
def test_loss_and_gradient_equal_the_papers_equations(cell, layers, dropout):
    model, inputs, targets = build(cell, layers, dropout=(dropout,))
    model.draw_masks([torch.Generator().manual_seed(5)])
    model.forward(inputs, drop=True)
    computed = model.losses(targets)
    model.backward(inputs, targets, drop=True)
    weights = {n: w[0].clone().requires_grad_() for n, w in model.layout.unpack(model.flat).items()}
    masks = [mask[0] for mask in model.masks] or None
    expected = losses(cell, weights, inputs, targets, masks)
    expected.backward()
    torch.testing.assert_close(computed[0], expected.detach(), rtol=1e-12, atol=0)
    for name, grad in model.layout.unpack(model.grad).items():
        torch.testing.assert_close(grad[0], weights[name].grad, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("cell", ["lstm", "rnn"])
def test_agrees_with_torch_nn_to_1e_6(cell, dtype):
    width, layers = 5, 2
    model, inputs, targets = build(cell, layers, width, dtype=dtype)
    kind = {"lstm": torch.nn.LSTM, "rnn": torch.nn.RNN}[cell]
    peer, decoder = kind(K, width, layers).to(dtype), torch.nn.Linear(width, K).to(dtype)
    order = CELLS[cell].facts.blocks
    blocks = [order.index(gate) for gate in ("i", "f", "g", "o")] if cell == "lstm" else [0]
    own = {n: w[0] for n, w in model.layout.unpack(model.flat).items()}

    def as_torch(matrix):  # (rows, G·n) in our gate order -> (G·n, rows) in torch's
        return (
            torch.cat([matrix.split(width, -1)[b] for b in blocks], -1).t()
            if matrix.dim() > 1
            else torch.cat([matrix.split(width, -1)[b] for b in blocks])
        )

    with torch.no_grad():
        for layer in range(layers):
            getattr(peer, f"weight_ih_l{layer}").copy_(as_torch(own[f"input.{layer}"]))
            getattr(peer, f"weight_hh_l{layer}").copy_(as_torch(own[f"recurrent.{layer}"]))
            getattr(peer, f"bias_ih_l{layer}").copy_(as_torch(own[f"bias.{layer}"]))
            getattr(peer, f"bias_hh_l{layer}").zero_()
        decoder.weight.copy_(own["decoder"].T)
        decoder.bias.copy_(own["bias.decoder"])
    output, _ = peer(torch.nn.functional.one_hot(inputs, K).to(dtype))
    loss = torch.nn.functional.cross_entropy(
        decoder(output).flatten(0, 1), targets.flatten(), reduction="sum"
    )
    loss.backward()

    model.forward(inputs)
    torch.testing.assert_close(model.layers[-1].h[0, 1:], output.detach(), rtol=0, atol=1e-6)
    torch.testing.assert_close(model.losses(targets)[0], loss.detach(), rtol=1e-6, atol=0)
    model.backward(inputs, targets)
    grads = {n: g[0] for n, g in model.layout.unpack(model.grad).items()}
    tolerance = {"rtol": 1e-6, "atol": 1e-9 if dtype == torch.float64 else 1e-5}
    for layer in range(layers):
        for ours, name in (("input", "weight_ih"), ("recurrent", "weight_hh"), ("bias", "bias_ih")):
            expected = getattr(peer, f"{name}_l{layer}").grad
            torch.testing.assert_close(as_torch(grads[f"{ours}.{layer}"]), expected, **tolerance)
    torch.testing.assert_close(grads["decoder"], decoder.weight.grad.T, **tolerance)


@pytest.mark.parametrize("cell", CELLS)
def test_quantities_equal_the_papers_equations(cell):
    model, inputs, _ = build(cell, width=5)
    model.forward(inputs)
    own = {n: w[0] for n, w in model.layout.unpack(model.flat).items()}
    x = torch.nn.functional.one_hot(inputs, K).to(own["decoder"])
    zero = x.new_zeros(B, 5)
    weights = (own["input.0"], own["recurrent.0"], own["bias.0"])
    _, steps = run(cell, x, *weights, zero, zero)
    quantities = model.layers[0].quantities()
    assert set(quantities) == set(steps[0])
    for name, values in quantities.items():
        expected = torch.stack([step[name] for step in steps])
        torch.testing.assert_close(values[0], expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("cell", CELLS)
def test_models_together_are_bit_identical_to_models_alone(cell):
    rates = (0.0, 0.2, 0.5)
    together, inputs, targets = build(cell, 2, models=3, dropout=rates, dtype=torch.float32)
    together.draw_masks([torch.Generator().manual_seed(m) for m in range(3)])
    together.forward(inputs, drop=True)
    all_losses = together.losses(targets)
    together.backward(inputs, targets, drop=True)
    for m, rate in enumerate(rates):
        alone, _, _ = build(cell, 2, dropout=(rate,), dtype=torch.float32)
        alone.load({n: w[m : m + 1] for n, w in together.layout.unpack(together.flat).items()})
        alone.draw_masks([torch.Generator().manual_seed(m)])
        alone.forward(inputs, drop=True)
        assert torch.equal(alone.losses(targets), all_losses[m : m + 1])
        alone.backward(inputs, targets, drop=True)
        assert torch.equal(alone.grad[0], together.grad[m])


@pytest.mark.parametrize("cell", CELLS)
def test_state_carries_over_windows(cell):
    torch.manual_seed(3)
    shape, inputs = Shape(cell, 2, 5, K), torch.randint(0, K, (2 * T, B))
    whole = CharModel(shape, batch=B, steps=2 * T, dtype=torch.float64)
    half = CharModel(shape, batch=B, steps=T, dtype=torch.float64, training=False)
    whole.flat.uniform_(-0.5, 0.5)
    half.flat.copy_(whole.flat)
    expected = whole.forward(inputs)[0]
    first = half.forward(inputs[:T])[0].clone()
    half.carry()
    second = half.forward(inputs[T:])[0]
    torch.testing.assert_close(torch.cat([first, second]), expected, rtol=1e-12, atol=1e-14)
    half.reset()
    assert torch.equal(half.forward(inputs[:T])[0], first)


def test_dropout_keeps_expectations_and_spares_the_recurrence():
    model, inputs, _ = build("lstm", 2, width=64, dropout=(0.25,), dtype=torch.float32)
    model.draw_masks([torch.Generator().manual_seed(0)])
    for mask in model.masks:
        assert mask.unique().tolist() == [0.0, pytest.approx(1 / 0.75)]
        assert mask.mean().item() == pytest.approx(1.0, abs=0.06)
    model.forward(inputs)
    undropped = model.layers[0].h.clone()
    model.forward(inputs, drop=True)
    assert torch.equal(model.layers[0].h, undropped)  # layer 1 sees no dropped input
