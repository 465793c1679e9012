"""Texts of their own choosing, read side by side, against the paper's equations and whole runs."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from charlens.models.families import build_model
from charlens.models.histories import BLOCK, Reader, blocks, has_continuous_states, mean_states
from charlens.models.n_nn import Context
from charlens.models.parameters import Layout, Shape
from charlens.models.recurrent.cells import CELLS
from charlens.models.running import running
from hypothesis import given
from hypothesis import strategies as st
from reference_recurrence import run

ROWS, LENGTH, K, WIDTH = 3, 7, 5, 4
SHAPES = [Shape(cell, layers, WIDTH, K) for cell in CELLS for layers in (1, 2)]
SHAPES += [Context(n, WIDTH, K) for n in (1, 3)]


def random_weights(shape, seed=0):
    torch.manual_seed(seed)
    entries = Layout(shape).entries.items()
    return {name: torch.rand(1, *e.true, dtype=torch.float64) * 2 - 1 for name, e in entries}


def texts(seed=0, rows=ROWS, length=LENGTH):
    return np.random.default_rng(seed).integers(0, K, (rows, length)).astype(np.uint8)


def reader(shape, weights):
    return Reader(shape, weights, ROWS, dtype=torch.float64)


def matrices(one):
    """The weights, gate blocks side by side."""
    return {name: w[0] for name, w in one.model.weights.items()}


def slow(shape, own, codes):
    """Log-probabilities after a text, by the paper's equations."""
    x = torch.nn.functional.one_hot(torch.from_numpy(codes.T.astype(np.int64)), K).double()
    zero = torch.zeros(len(codes), WIDTH, dtype=torch.float64)
    for layer in range(shape.layers):
        parts = (own[f"{name}.{layer}"] for name in ("input", "recurrent", "bias"))
        x, _ = run(shape.cell, x, *parts, zero, zero)
    return torch.log_softmax(x[-1] @ own["decoder"] + own["bias.decoder"], -1)


@pytest.mark.parametrize("shape", [s for s in SHAPES if isinstance(s, Shape)], ids=str)
def test_predictions_equal_the_papers_equations(shape):
    weights, codes = random_weights(shape), texts()
    one = reader(shape, weights)
    for length in range(1, LENGTH + 1):
        one.start()
        expected = slow(shape, matrices(one), codes[:, -length:])
        torch.testing.assert_close(one.predict(codes[:, -length:]), expected, rtol=1e-10, atol=0)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_predictions_equal_those_of_a_run_over_streams(shape):
    weights, codes = random_weights(shape), texts()
    options = {"dtype": torch.float64, "training": False}
    one, whole = reader(shape, weights), build_model(shape, batch=ROWS, steps=1, **options)
    whole.load(weights)
    for place, _, _ in running(whole, codes):
        one.start()
        logs = one.predict(codes[:, : place.stop])
        torch.testing.assert_close(logs, whole.log_probabilities[0].view(ROWS, K))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_text_in_two_parts_is_the_text(shape):
    weights, codes = random_weights(shape), texts()
    one = reader(shape, weights)
    one.start()
    expected = one.predict(codes).clone()
    one.start()
    one.predict(codes[:, :2])
    one.read(codes[:, 2:4])
    torch.testing.assert_close(one.predict(codes[:, 4:]), expected, rtol=0, atol=0)
    one.start()
    one.read(codes[:, :3])
    states = one.states()
    one.start()
    one.read(texts(seed=9))
    one.start(states)
    torch.testing.assert_close(one.predict(codes[:, 3:]), expected, rtol=0, atol=0)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_without_a_character_the_states_predict(shape):
    weights = random_weights(shape)
    one = reader(shape, weights)
    one.start()
    own = matrices(one)
    hidden = torch.zeros(ROWS, WIDTH, dtype=torch.float64)
    if isinstance(shape, Context):
        hidden += torch.tanh(own["bias.hidden"])
    expected = torch.log_softmax(hidden @ own["decoder"] + own["bias.decoder"], -1)
    torch.testing.assert_close(one.predict(np.zeros((ROWS, 0), np.uint8)), expected)
    if isinstance(shape, Shape):  # what was read last is in the states: nothing is lost
        one.start()
        after = one.predict(texts()).clone()
        torch.testing.assert_close(one.predict(np.zeros((ROWS, 0), np.uint8)), after)


def test_mean_states():
    shape = Shape("lstm", 2, WIDTH, K)
    one = reader(shape, random_weights(shape))
    one.start()
    one.read(texts())
    states = one.states()
    assert has_continuous_states(states)
    for state, mean in zip(states, mean_states(states), strict=True):
        for row in range(ROWS):
            torch.testing.assert_close(mean[:, row], state.mean(1))
    assert not has_continuous_states(reader(SHAPES[-1], random_weights(SHAPES[-1])).states())


@given(st.integers(1, 5 * BLOCK))
def test_blocks_are_equal_and_repeat_little(count: int) -> None:
    parts = blocks(count)
    (rows,) = {len(part) for part in parts}
    assert rows <= BLOCK
    assert len(parts) == -(-count // BLOCK)
    joined = np.concatenate(parts)
    assert list(dict.fromkeys(joined.tolist())) == list(range(count))
    assert len(joined) - count < len(parts)
