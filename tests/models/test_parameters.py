"""Parameter counts, budgets and the flat vector."""

from __future__ import annotations

import pytest
import torch
from charlens.errors import CharlensError
from charlens.models.families import shapes_for
from charlens.models.parameters import (
    Layout,
    Shape,
    budget,
    parameter_count,
    scaled_normal,
    uniform_weights,
)
from charlens.models.recurrent.cells import CELLS

SHAPES = [Shape(cell, layers, 5, 7) for cell in CELLS for layers in (1, 2, 3)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_count_is_the_number_of_weights_in_the_layout(shape):
    layout = Layout(shape)
    count = parameter_count(shape)
    assert layout.total == count == by_the_formula(shape.cell, shape.layers, shape.width, shape.k)
    assert sum(w.numel() for w in layout.unpack(torch.zeros(1, count)).values()) == count


def by_the_formula(cell, layers, width, k):
    """Weights and biases, one bias per gate (paper, section 3.2), counted by hand."""
    gates = {"lstm": 4, "gru": 3, "rnn": 1}[cell]
    first = gates * width * (k + width + 1)
    return first + (layers - 1) * gates * width * (2 * width + 1) + k * (width + 1)


def solve_width(cell, layers, size, k):
    (shape,) = shapes_for(f"{cell}-{layers}x{size}", k)
    assert (shape.cell, shape.layers, shape.k) == (cell, layers, k)
    return shape.width


def test_budgets_of_the_paper():
    """Section 4.1: about 50K, 130K, 400K and 1.3M parameters on these alphabets."""
    counts = [budget(size, 87) for size in (64, 128, 256, 512)]
    assert counts == [44_567, 121_815, 374_615, 1_273_431]


@pytest.mark.parametrize("size", [64, 128, 256, 512])
@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("cell", CELLS)
def test_no_other_width_comes_closer_to_the_budget(cell, layers, size):
    for k in (87, 101):
        weights = by_the_formula("lstm", 1, size, k)
        width = solve_width(cell, layers, size, k)
        miss = [abs(by_the_formula(cell, layers, w, k) - weights) for w in range(1, 2 * 1100)]
        assert miss.index(min(miss)) + 1 == width


def test_the_one_layer_lstm_has_the_width_that_names_the_budget():
    assert [solve_width("lstm", 1, size, 101) for size in (8, 64, 512)] == [8, 64, 512]


def test_a_budget_too_small_for_the_depth_is_one_clear_error():
    with pytest.raises(CharlensError, match=r"rnn-9x1.*larger size"):
        solve_width("rnn", 9, 1, 1)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_padding_never_reaches_a_file(shape):
    plain, padded = Layout(shape), Layout(shape, multiple=32)
    weights = uniform_weights(plain, torch.Generator().manual_seed(0), 0.08)
    flat = padded.empty(2, "cpu", torch.float32)
    padded.pack(weights, flat)
    assert (padded.width, padded.k) == (32, 32)
    for name, stored in padded.unpack(flat).items():
        assert torch.equal(stored[1], weights[name].reshape(stored[1].shape))
    padded.pack({n: torch.zeros_like(w) for n, w in weights.items()}, flat)
    rest = padded.views(flat)["bias.decoder"][:, shape.k :]
    assert flat.count_nonzero() == rest.numel()
    assert bool((rest == -1.0e4).all())


def test_weights_of_another_model_are_refused():
    layout = Layout(Shape("lstm", 2, 5, 7))
    other = uniform_weights(Layout(Shape("lstm", 1, 5, 7)), torch.Generator(), 0.08)
    with pytest.raises(CharlensError, match=r"input\.1.*another model"):
        layout.pack(other, layout.empty(1, "cpu", torch.float32))


@pytest.mark.parametrize("model", ["mingru-2x64", "gpt-2x64"])
def test_scaled_weights_have_a_variance_of_one_over_their_rows(model):
    (shape,) = shapes_for(model, 87)
    drawn = scaled_normal(Layout(shape), torch.Generator().manual_seed(1), 0.08)
    assert drawn.keys() == Layout(shape).entries.keys()
    for name, weights in drawn.items():
        rows = Layout(shape).entries[name].true[0]
        if name.startswith(("bias", "gain", "start")):
            assert not weights.any()
        else:
            assert weights.std().item() == pytest.approx(rows**-0.5, rel=0.05)
