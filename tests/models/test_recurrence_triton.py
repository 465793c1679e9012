"""The fused kernels against the plain engine: on a GPU if there is one, else interpreted."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
if DEVICE == "cpu":
    os.environ["TRITON_INTERPRET"] = "1"  # read when Triton is imported
triton = pytest.importorskip("triton", reason="triton is not installed (make peers)")

from charlens.models.parameters import Layout, Shape, uniform_weights  # noqa: E402
from charlens.models.precision import FLOAT16, FLOAT32  # noqa: E402
from charlens.models.recurrent.cells import CELLS  # noqa: E402
from charlens.models.recurrent.cells_triton import FUSED_CELLS  # noqa: E402
from charlens.models.recurrent.model import CharModel  # noqa: E402


@pytest.fixture(autouse=True)
def _interpreter_works():
    """Triton 3.6 cannot interpret loops under NumPy 2.4; the pinned release can."""
    if DEVICE == "cuda":
        return
    from importlib.metadata import version

    if version("triton") == "3.6.0" and version("numpy") >= "2.4":
        pytest.skip("Triton 3.6.0's interpreter does not run under NumPy 2.4")


def distance(computed: torch.Tensor, expected: torch.Tensor) -> float:
    return ((computed.double() - expected.double()).norm() / expected.double().norm()).item()


def test_kernels_fit_the_shared_memory_of_consumer_cards():
    """Compiled for an RTX 30, without one; in a process of its own: here all is interpreted."""
    script = Path(__file__).parents[2] / "benchmarks" / "fused_kernels.py"
    environment = {k: v for k, v in os.environ.items() if k != "TRITON_INTERPRET"}
    done = subprocess.run(
        [sys.executable, script, "--architectures", "86", "--widths", "64", "512"],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("sm_86") == 12


@pytest.mark.parametrize("width", [32, 64])
@pytest.mark.parametrize("cell", CELLS)
def test_states_gates_and_gradients_equal_the_plain_engine(cell, width):
    models, steps, batch = 2, 4, 20  # the last block of streams is partly empty
    torch.manual_seed(0)
    plain = CELLS[cell](models, steps, batch, width, dtype=torch.float64, device=DEVICE)
    fused = FUSED_CELLS[cell](models, steps, batch, width, device=DEVICE)
    columns = len(plain.facts.blocks) * width
    w = (torch.rand(models, width, columns, device=DEVICE) - 0.5).mul(0.5).half()
    gates = torch.randn(models, steps, batch, columns, device=DEVICE).half()
    dh = torch.randn(models, steps, batch, width, device=DEVICE).half()
    start = (torch.randn(models, batch, width, device=DEVICE) * 0.3).half()
    for engine in (plain, fused):
        engine.h[:, 1:] = float("nan")  # everything must be written
        engine.grad.fill_(float("nan"))
        for state in engine.state:
            state.copy_(start)
        engine.gates.copy_(gates)
        engine.forward(w.to(engine.h.dtype))
        engine.backward(w.to(engine.h.dtype), dh.to(engine.h.dtype).clone())
    assert distance(fused.grad, plain.grad) < 2e-3
    for name, values in plain.quantities().items():
        assert distance(fused.quantities()[name], values) < 1e-3


@pytest.mark.parametrize("cell", CELLS)
def test_mixed_precision_loss_and_gradient_equal_float32(cell):
    shape, batch, steps = Shape(cell, 2, 20, 11), 6, 5
    weights = uniform_weights(Layout(shape), torch.Generator().manual_seed(1), 0.3)
    inputs, targets = torch.randint(0, 11, (2, steps, batch), device=DEVICE)
    results = []
    for precision in (FLOAT32, FLOAT16):
        model = CharModel(shape, 2, batch=batch, steps=steps, device=DEVICE, precision=precision)
        model.load(weights)
        model.forward(inputs)
        loss = model.losses(targets)
        model.backward(inputs, targets)
        results.append((loss, model.layout.unpack(model.grad)))
    (plain_loss, plain), (mixed_loss, mixed) = results
    assert distance(mixed_loss, plain_loss) < 1e-3
    for name, grad in plain.items():
        assert distance(mixed[name], grad) < 2e-2
