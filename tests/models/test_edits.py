"""States set while a network runs: against the paper's equations, by hand, and against nothing."""

from __future__ import annotations

import math

import pytest
import torch
from charlens.errors import CharlensError
from charlens.models import catalogue
from charlens.models.families import build_model
from charlens.models.n_nn import Context
from charlens.models.parameters import Shape
from charlens.models.precision import FUSED_FLOAT32
from charlens.models.recurrent import cells
from charlens.models.recurrent.cells import CELLS, LSTM
from charlens.models.recurrent.edits import Edit
from charlens.models.recurrent.model import CharModel
from charlens.models.recurrent.recurrence import Recurrence
from reference_recurrence import run
from test_recurrence import B, K, T, build


def edit_of(values, rows, units, live=None):
    """An edit of some units of some streams; values (E,) or (T, E)."""
    as_index = [torch.tensor(numbers, dtype=torch.int64) for numbers in (rows, units)]
    values = torch.as_tensor(values, dtype=torch.float64)
    return Edit(*as_index, values, None if live is None else torch.tensor(live))


# Without an edit


@pytest.mark.parametrize("cell", CELLS)
def test_without_an_edit_the_bits_are_those_of_the_loop_alone(cell):
    model, inputs, targets = build(cell, 2, models=2, dtype=torch.float32)
    peer, _, _ = build(cell, 2, models=2, dtype=torch.float32)
    below = None
    for index, layer in enumerate(peer.layers):
        if below is None:
            peer._read(inputs)
        else:
            peer._input_part(index, below, layer.gates)
        for lane in layer._lanes:
            layer._forward(lane, peer.operands[f"recurrent.{index}"][lane])
        below = layer.h[:, 1:]
    expected = peer._decode(below.flatten(1, 2))
    assert torch.equal(model.forward(inputs), expected)
    assert torch.equal(model.forward_edited(inputs, {}), expected)
    model.backward(inputs, targets)
    peer.backward(inputs, targets)
    assert torch.equal(model.grad, peer.grad)


# Against the equations


def by_equations(cell, weights, inputs, layers, edits):
    """Log-probabilities (T, B, K) in float64, one step of one layer after another.

    ``edits``: layer -> {(t, stream, unit): value}.
    """
    width = weights["recurrent.0"].shape[0]
    x = torch.nn.functional.one_hot(inputs, K).double()
    for layer in range(layers):
        own = [weights[f"{name}.{layer}"] for name in ("input", "recurrent", "bias")]
        state = [torch.zeros(inputs.shape[1], width).double() for _ in range(2)]
        outputs = []
        for t in range(len(x)):
            _, (quantities,) = run(cell, x[t : t + 1], *own, *state)
            h, c = quantities["h"].clone(), quantities.get("c", state[1]).clone()
            for (when, stream, unit), value in edits.get(layer, {}).items():
                if when == t and cell == "lstm":
                    c[stream, unit] = value
                    h[stream, unit] = quantities["o"][stream, unit] * math.tanh(value)
                elif when == t:
                    h[stream, unit] = value
            state = [h, c]
            outputs.append(h)
        x = torch.stack(outputs)
    return torch.log_softmax(x @ weights["decoder"] + weights["bias.decoder"], -1)


@pytest.mark.parametrize("layer", [0, 1])
@pytest.mark.parametrize("cell", CELLS)
def test_edits_equal_the_papers_equations(cell, layer):
    """Other values at every step, two units of one stream, one of another; others are untouched."""
    model, inputs, _ = build(cell, 2)
    values = torch.linspace(-0.9, 0.9, 3 * T, dtype=torch.float64).view(T, 3)
    places = [(0, 1), (0, 4), (2, 1)]
    edit = edit_of(values, *zip(*places, strict=True))
    edited = model.forward(inputs, edits={layer: edit}).clone()[0].view(T, B, K)
    weights = {n: w[0] for n, w in model.layout.unpack(model.flat).items()}
    set_to = {(t, *place): float(values[t, e]) for t in range(T) for e, place in enumerate(places)}
    expected = by_equations(cell, weights, inputs, 2, {layer: set_to})
    torch.testing.assert_close(edited, expected, rtol=1e-11, atol=1e-12)
    base = model.forward(inputs)[0].view(T, B, K)
    torch.testing.assert_close(edited[:, 1], base[:, 1], rtol=0, atol=1e-13)
    assert (edited[:, 0] - base[:, 0]).abs().max() > 1e-3


@pytest.mark.parametrize("cell", CELLS)
def test_an_edit_lives_as_long_as_it_says(cell):
    model, inputs, _ = build(cell)
    live = [[1 <= t < 3] for t in range(T)]
    edited = model.forward(inputs, edits={0: edit_of([0.7], [1], [2], live)}).clone()[0]
    weights = {n: w[0] for n, w in model.layout.unpack(model.flat).items()}
    set_to = {(1, 1, 2): 0.7, (2, 1, 2): 0.7}
    expected = by_equations(cell, weights, inputs, 1, {0: set_to})
    torch.testing.assert_close(edited.view(T, B, K), expected, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize(("dtype", "atol"), [(torch.float64, 1e-13), (torch.float32, 1e-6)])
@pytest.mark.parametrize("layer", [0, 1])
@pytest.mark.parametrize("cell", CELLS)
def test_units_set_to_their_own_trajectory_change_nothing(cell, layer, dtype, atol):
    model, inputs, targets = build(cell, 2, dtype=dtype)
    model.forward(inputs)
    losses = model.losses(targets).clone()
    letter = "c" if cell == "lstm" else "h"
    own = model.quantities()[layer][letter][0].clone()  # (T, B, n)
    rows, units = zip(*[(b, u) for b in range(B) for u in range(own.shape[-1])], strict=True)
    model.forward(inputs, edits={layer: edit_of(own.flatten(1), rows, units)})
    torch.testing.assert_close(model.losses(targets), losses, rtol=atol, atol=0)


def test_models_side_by_side_get_the_same_edit():
    together, inputs, targets = build("lstm", 2, models=3)
    edit = edit_of([0.5, -0.5], [0, 1], [3, 3])
    together.forward(inputs, edits={1: edit})
    losses = together.losses(targets)
    for m in range(3):
        alone, _, _ = build("lstm", 2)
        alone.load({n: w[m : m + 1] for n, w in together.layout.unpack(together.flat).items()})
        alone.forward(inputs, edits={1: edit})
        assert torch.equal(alone.losses(targets), losses[m : m + 1])


def test_the_kernels_of_mixed_training_obey_it_too():
    """Predictions never use them; nothing goes wrong in silence if something does."""
    plain, inputs, targets = build("lstm", 2, dtype=torch.float32)
    fused = CharModel(plain.shape, batch=B, steps=T, precision=FUSED_FLOAT32)
    fused.load(plain.layout.unpack(plain.flat))
    for model in (plain, fused):
        model.forward(inputs, edits={0: edit_of([0.5, -0.5], [0, 1], [3, 3])})
    torch.testing.assert_close(fused.losses(targets), plain.losses(targets), rtol=1e-5, atol=0)


# By hand


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def test_a_lstm_of_two_units_by_hand():
    """Unit 0 is held at c = 0.3 for two steps; unit 1 reads it through h of the first step."""
    shape = Shape("lstm", 1, 2, 2)
    model = build_model(shape, batch=1, steps=2, dtype=torch.float64, training=False)
    # Blocks o, i, f, g of two units each. All inputs count alike.
    bias = [0.2, -0.1, 0.4, 0.3, 1.0, -0.5, 0.6, -0.7]
    from_unit_0 = [0.1, 0.2, -0.3, 0.4, 0.5, -0.6, 0.7, 0.8]
    from_unit_1 = [-0.2, 0.3, 0.1, -0.1, 0.2, 0.3, -0.4, 0.5]
    model.load(
        {
            "input.0": torch.zeros(1, 2, 8),
            "recurrent.0": torch.tensor([[from_unit_0, from_unit_1]], dtype=torch.float64),
            "bias.0": torch.tensor([bias], dtype=torch.float64),
            "decoder": torch.tensor([[[1.0, -1.0], [2.0, 0.5]]]),
            "bias.decoder": torch.zeros(1, 2),
        }
    )
    h, c = [0.0, 0.0], [0.0, 0.0]
    expected = []
    for _ in range(2):
        a = [b + h[0] * p + h[1] * q
             for b, p, q in zip(bias, from_unit_0, from_unit_1, strict=True)]  # fmt: skip
        o, i, f = ([sigmoid(x) for x in a[2 * k : 2 * k + 2]] for k in range(3))
        c = [f[u] * c[u] + i[u] * math.tanh(a[6 + u]) for u in range(2)]
        c[0] = 0.3
        h = [o[u] * math.tanh(c[u]) for u in range(2)]
        scores = [h[0] + 2 * h[1], -h[0] + 0.5 * h[1]]
        total = math.log(sum(map(math.exp, scores)))
        expected.append([score - total for score in scores])
    edit = edit_of([0.3], [0], [0])
    edited = model.forward_edited(torch.zeros(2, 1, dtype=torch.int64), {0: edit})
    torch.testing.assert_close(
        edited[0], torch.tensor(expected, dtype=torch.float64), rtol=0, atol=1e-14
    )
    assert model.layers[0].c[0, 1:, 0, 0].tolist() == [0.3, 0.3]


# Who refuses


def test_a_model_without_a_state_refuses():
    model = build_model(Context(2, 4, K), batch=B, steps=T, training=False)
    with pytest.raises(CharlensError, match="choose a recurrent network") as error:
        model.forward_edited(torch.zeros(T, B, dtype=torch.int64), {0: edit_of([0.0], [0], [0])})
    assert "\n" not in str(error.value)


def test_a_cell_that_does_not_say_how_h_follows_from_c_refuses(monkeypatch):
    class Silent(LSTM):
        _hidden = Recurrence._hidden

    monkeypatch.setitem(cells.CELLS, catalogue.LSTM, Silent)
    model, inputs, _ = build("lstm")
    with pytest.raises(CharlensError, match=r"the cell LSTM has a cell state .* _hidden"):
        model.forward(inputs, edits={0: edit_of([0.0], [0], [0])})


@pytest.mark.parametrize("cell", ["lstm", "rnn", "gru"])
def test_fused_kernels_refuse(cell):
    fused = pytest.importorskip("charlens.models.recurrent.cells_triton").FUSED_CELLS[cell]
    layer = fused(1, T, B, 32)
    columns = layer.gates.shape[-1]
    with pytest.raises(CharlensError, match="precision float32"):
        layer.forward(torch.zeros(1, 32, columns).half(), edit_of([0.0], [0], [0]))
