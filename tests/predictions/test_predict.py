"""What a model predicted at every character, against the paper's equations on whole streams."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from charlens.models.parameters import Layout, Shape, uniform_weights
from charlens.models.recurrent.cells import CELLS
from charlens.predictions.score import predictions
from reference_recurrence import run


@pytest.mark.parametrize("cell", CELLS)
def test_columns_equal_a_plain_run_over_each_stream(cell):
    k, batch, length, steps = 7, 3, 12, 4
    shape = Shape(cell, 1, 5, k)
    weights = uniform_weights(Layout(shape), torch.Generator().manual_seed(2), 1.0)
    rng = np.random.default_rng(0)
    codes = rng.integers(0, k, (batch, length + 1)).astype(np.uint8)
    vocabulary = np.array([10, 32, 65, 66, 97, 98, 200], np.uint8)
    columns = predictions(shape, weights, codes, vocabulary, steps)

    w = {name: value[0].double() for name, value in weights.items()}
    w = {n: v.reshape(v.shape[0], -1) if n[:4] != "bias" else v.flatten() for n, v in w.items()}
    x = torch.nn.functional.one_hot(torch.from_numpy(codes[:, :-1].T).long(), k).double()
    zero = torch.zeros(batch, 5, dtype=torch.float64)
    h, _ = run(cell, x, w["input.0"], w["recurrent.0"], w["bias.0"], zero, zero)
    p = (h @ w["decoder"] + w["bias.decoder"]).softmax(-1).transpose(0, 1).reshape(-1, k)
    targets = codes[:, 1:].reshape(-1)
    p = p.numpy()
    assert columns["position"].tolist() == list(range(batch * length))
    assert columns["stream"].tolist() == [s for s in range(batch) for _ in range(length)]
    assert (columns["byte"] == vocabulary[targets]).all()
    expected = {
        "probability": p[np.arange(batch * length), targets],
        "entropy": -(p * np.log(p)).sum(1),
        "top_probability": p.max(1),
    }
    for name, values in expected.items():
        np.testing.assert_allclose(columns[name], values, rtol=2e-5)
        assert columns[name].dtype == np.float32
    assert (columns["top_byte"] == vocabulary[p.argmax(1)]).all()
