"""Training on a GPU: captured graphs against the same steps one by one, and against the CPU."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from charlens.models.families import shapes_for
from charlens.models.parameters import Shape
from charlens.runtime.signals import Interrupted
from charlens.training.captured_steps import CapturedSteps
from charlens.training.settings import Training
from charlens.training.task import Keep, Task
from charlens.training.trainer import Trainer
from charlens.training.windows import WINDOWS_PER_GRAPH
from test_train import BATCH, UNROLL, K, splits

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU")

(N_NN,) = shapes_for("n-nn-2", K, [6])
SHAPES = [Shape("lstm", 2, 6, K), Shape("gru", 2, 6, K), Shape("rnn", 2, 6, K), N_NN]
WINDOWS = 2 * WINDOWS_PER_GRAPH + 5  # the longer graph twice, then single windows


def trainer(shape, resume=None, device="cuda", **settings):
    defaults = {"epochs": 3, "batch": BATCH, "unroll": UNROLL, "device": device}
    made = splits(WINDOWS)
    training = Training(**(defaults | settings))
    keep = Keep(resume) if resume else None
    return Trainer(Task("toy/model", shape, training, 1), made["train"], made["val"], keep)


def one_by_one(run):
    """The same trainer, its steps launched and not replayed."""
    run.windows.steps = CapturedSteps(torch.device("cpu"))
    return run


def losses(trained):
    return np.array([[r["train_loss"], r["val_loss"]] for r in trained.curve])


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_float32_equals_the_cpu(shape):
    expected = losses(trainer(shape, device="cpu").run())
    np.testing.assert_allclose(losses(trainer(shape).run()), expected, rtol=2e-3)


@pytest.mark.parametrize("precision", ["float32", "mixed"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_captured_equals_one_by_one(shape, precision):
    if precision == "mixed":
        pytest.importorskip("triton")
    captured = trainer(shape, precision=precision).run()
    launched = one_by_one(trainer(shape, precision=precision)).run()
    np.testing.assert_allclose(losses(captured), losses(launched), rtol=1e-4)


@pytest.mark.parametrize("precision", ["float32", "mixed"])
def test_the_same_run_twice_gives_the_same_bits(precision):
    if precision == "mixed":
        pytest.importorskip("triton")
    runs = [trainer(SHAPES[0], dropout=(0.0, 0.4), precision=precision).run() for _ in range(2)]
    assert runs[0].curve == runs[1].curve
    for name, weight in runs[0].weights.items():
        assert torch.equal(weight, runs[1].weights[name])


def test_a_run_stopped_in_the_middle_of_an_epoch_goes_on(tmp_path):
    undisturbed = losses(trainer(SHAPES[0]).run())
    stopped = trainer(SHAPES[0], tmp_path)

    def stop(windows):
        if stopped.iteration > WINDOWS + WINDOWS_PER_GRAPH:
            stopped.save()
            raise Interrupted(15)

    def work():
        stopped.prepare()
        while True:
            stopped.run_epoch(stop)

    with pytest.raises(Interrupted):
        work()
    again = trainer(SHAPES[0], tmp_path)
    resumed = losses(again.run())
    np.testing.assert_allclose(resumed, undisturbed, rtol=1e-4)
