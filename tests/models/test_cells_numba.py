"""The fused CPU cells against the plain ones: states, gradients, NaN, independence of models."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from charlens.models.parameters import Shape, uniform_weights
from charlens.models.precision import FLOAT32, bfloat16
from charlens.models.recurrent.cells import CELLS
from charlens.models.recurrent.cells_numba import NUMBA_CELLS, _tanh
from charlens.models.recurrent.model import CharModel, _draw_bits

STEPS, BATCH = 9, 4
FUSED = bfloat16("test")


def window(model, shape, seed=1):
    """Loss and gradients of two windows in a row, states carried."""
    generator = torch.Generator().manual_seed(seed)
    model.load(uniform_weights(model.layout, generator, 0.4))
    codes = torch.randint(0, shape.k, (2 * STEPS + 1, BATCH), generator=generator)
    out = []
    for start in (0, STEPS):
        inputs = codes[start : start + STEPS]
        targets = codes[start + 1 : start + STEPS + 1]
        model.forward(inputs, drop=True)
        loss = model.losses(targets)
        model.backward(inputs, targets, drop=True)
        out.append((loss.clone(), model.layout.unpack(model.grad)))
        model.carry()
    return out


@pytest.mark.parametrize("width", [1, 7, 16, 33])
@pytest.mark.parametrize("cell", sorted(CELLS))
def test_loss_and_gradients_equal_the_plain_cells(cell, width):
    shape = Shape(cell, 2, width, 5)
    plain = CharModel(shape, 2, batch=BATCH, steps=STEPS)
    fused = CharModel(shape, 2, batch=BATCH, steps=STEPS, precision=FUSED)
    assert type(fused.layers[0]) is NUMBA_CELLS[cell]
    for (loss, grads), (expected, exact) in zip(
        window(fused, shape), window(plain, shape), strict=True
    ):
        torch.testing.assert_close(loss, expected, rtol=1e-5, atol=1e-5)
        for name, grad in grads.items():
            torch.testing.assert_close(grad, exact[name], rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize("cell", sorted(CELLS))
def test_quantities_equal_the_plain_cells(cell):
    shape = Shape(cell, 1, 11, 5)
    models = [CharModel(shape, batch=BATCH, steps=STEPS, precision=p) for p in (FLOAT32, FUSED)]
    for model in models:
        window(model, shape)
    plain, fused = (model.quantities()[0] for model in models)
    assert fused.keys() == plain.keys()
    for letter, values in plain.items():
        torch.testing.assert_close(fused[letter], values, rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize("cell", sorted(CELLS))
def test_a_model_does_not_depend_on_its_neighbours(cell):
    """The bits of one model alone are those of the same model beside another."""
    shape = Shape(cell, 2, 13, 5)
    alone = window(CharModel(shape, 1, batch=BATCH, steps=STEPS, precision=FUSED), shape)
    beside = window(CharModel(shape, 3, batch=BATCH, steps=STEPS, precision=FUSED), shape)
    for (loss, grads), (losses, all_grads) in zip(alone, beside, strict=True):
        assert torch.equal(loss[0], losses[1])
        for name, grad in grads.items():
            assert torch.equal(grad[0], all_grads[name][1])


@pytest.mark.parametrize("cell", sorted(CELLS))
def test_what_is_not_a_number_stays_so(cell):
    """A diverged weight must reach the loss, whatever the kernels clamp."""
    layer = NUMBA_CELLS[cell](1, STEPS, BATCH, 8)
    layer.gates.fill_(0.1)
    layer.gates[0, 2, 1, 3] = float("nan")
    layer.forward(torch.full((1, 8, layer.gates.shape[-1]), 0.1))
    assert torch.isnan(layer.h[0, -1, 1]).all()
    assert not torch.isnan(layer.h[0, -1, 0]).any()


def test_tanh_is_accurate_and_odd():
    x = np.concatenate([np.linspace(-12, 12, 4001), [0.0, 1e-30, -1e-8]]).astype(np.float32)
    y = np.array([_tanh(value) for value in x])
    assert np.abs(y - np.tanh(x.astype(np.float64))).max() < 5e-7
    assert np.array_equal(y, -np.array([_tanh(-value) for value in x]))
    assert np.abs(y).max() <= 1.0
    assert _tanh(np.float32("inf")) == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("rate", [0.1, 0.25, 0.5, 0.9, 1e-7, 1 - 1e-7])
def test_masks_drop_at_their_rate_and_keep_the_expectation(rate):
    mask = torch.empty(101, 99, 31)  # no multiple of four
    _draw_bits(mask, rate, torch.Generator().manual_seed(5))
    share = (mask > 0).float().mean().item()
    tolerance = 5 * (rate * (1 - rate) / mask.numel()) ** 0.5 + 2**-15
    assert share == pytest.approx(1 - rate, abs=tolerance)
    assert len(mask.unique()) <= 2
    values = mask[mask > 0]
    if len(values) > 1000:
        assert values[0].item() * (1 - rate) == pytest.approx(1.0, abs=1e-3)


def test_masks_are_independent_from_element_to_element():
    mask = torch.empty(400_000)
    _draw_bits(mask, 0.5, torch.Generator().manual_seed(6))
    signs = (mask > 0).float() * 2 - 1
    for lag in (1, 2, 3, 4, 8):
        assert abs((signs[lag:] * signs[:-lag]).mean().item()) < 5 / 400_000**0.5


def test_masks_repeat_with_their_seed():
    masks = []
    for _ in range(2):
        mask = torch.empty(50, 7)
        _draw_bits(mask, 0.3, torch.Generator().manual_seed(9))
        masks.append(mask)
    assert torch.equal(*masks)
