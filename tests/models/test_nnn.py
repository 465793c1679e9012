"""n-NN baselines: gradients, context at stream borders, and the paper's definition."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from charlens.models.families import build_model
from charlens.models.n_nn import Context
from charlens.models.parameters import Layout, uniform_weights
from charlens.predictions.score import predictions

T, B, K = 5, 3, 6


def build(n, models=1, width=4, seed=0, dtype=torch.float64):
    torch.manual_seed(seed)
    model = build_model(Context(n, width, K), models, batch=B, steps=T, dtype=dtype)
    model.load(
        {name: torch.rand(models, *e.true) - 0.5 for name, e in model.layout.entries.items()}
    )
    inputs, targets = torch.randint(0, K, (2, 2 * T, B))
    return model, inputs, targets


def one_hot_scores(weights, n, codes):
    """The definition: the last n one-hot codes joined, one tanh layer, a linear map. (T, B, K)."""
    joined = []
    for t in range(len(codes)):
        places = [
            torch.nn.functional.one_hot(codes[t - j], K).double()
            if t >= j
            else torch.zeros(codes.shape[1], K, dtype=torch.float64)
            for j in range(n)
        ]
        joined.append(torch.cat(places, 1))
    first = torch.cat([weights[f"input.{j}"] for j in range(n)])
    hidden = torch.tanh(torch.stack(joined) @ first + weights["bias.hidden"])
    return hidden @ weights["decoder"] + weights["bias.decoder"]


@pytest.mark.parametrize("n", [1, 2, 4, 7, 24])  # 24: too long to share contexts
def test_two_windows_and_their_gradient_equal_the_definition(n):
    model, inputs, targets = build(n)
    weights = {m: w[0].clone().requires_grad_() for m, w in model.layout.unpack(model.flat).items()}
    expected = one_hot_scores(weights, n, inputs).log_softmax(-1)
    model.reset()
    for window in (slice(0, T), slice(T, 2 * T)):
        computed = model.forward(inputs[window])[0].view(T, B, K).clone()
        torch.testing.assert_close(computed, expected[window].detach(), rtol=1e-10, atol=1e-12)
        model.losses(targets[window])
        for w in weights.values():
            w.grad = None
        index = targets[window].unsqueeze(-1)
        (-expected[window].gather(-1, index).sum()).backward(retain_graph=True)
        model.backward(inputs[window], targets[window])
        for name, grad in model.layout.unpack(model.grad).items():
            torch.testing.assert_close(grad[0], weights[name].grad, rtol=1e-9, atol=1e-12)
        model.carry()


def test_models_together_are_bit_identical_to_models_alone():
    together, inputs, targets = build(3, models=3, dtype=torch.float32)
    together.forward(inputs[:T])
    together.backward(inputs[:T], targets[:T])
    for m in range(3):
        alone, _, _ = build(3, dtype=torch.float32)
        alone.load({n: w[m : m + 1] for n, w in together.layout.unpack(together.flat).items()})
        alone.forward(inputs[:T])
        alone.backward(inputs[:T], targets[:T])
        assert torch.equal(alone.grad[0], together.grad[m])


def test_predictions_reach_back_n_characters_and_no_further():
    n, length = 3, 2 * T
    shape = Context(n, 8, K)
    weights = uniform_weights(Layout(shape), torch.Generator().manual_seed(3), 1.0)
    rng = np.random.default_rng(1)
    codes = rng.integers(0, K, (B, length + 1)).astype(np.uint8)
    vocabulary = np.arange(K, dtype=np.uint8)

    def entropies(changed):
        columns = predictions(shape, weights, changed, vocabulary, T)
        return columns["entropy"].reshape(B, length)

    before = entropies(codes)
    other = codes.copy()
    other[:, 4] = (other[:, 4] + 1) % K
    differs = (before != entropies(other)).any(0)
    assert differs.tolist() == [4 <= t < 4 + n for t in range(length)]
