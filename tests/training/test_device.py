"""Which device is taken and what is said of it; capturing changes nothing that lasts."""

from __future__ import annotations

import logging

import pytest
import torch
from charlens.errors import CharlensError
from charlens.models.families import build_model, shapes_for
from charlens.models.parameters import Shape
from charlens.models.recurrent.model import CharModel
from charlens.runtime import device, hardware
from charlens.runtime.device import choose_device
from charlens.training.captured_steps import CapturedSteps
from charlens.training.windows import WINDOWS_PER_GRAPH
from test_train import K, trainer

without_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")


# Which device


@without_gpu
def test_a_gpu_that_torch_cannot_use_is_reported(monkeypatch, caplog):
    caplog.set_level(logging.WARNING, "charlens")
    monkeypatch.setattr(device, "gpu_visible", lambda: False)
    assert choose_device("auto").type == "cpu"
    assert not caplog.messages
    monkeypatch.setattr(device, "gpu_visible", lambda: True)
    assert choose_device("auto").type == "cpu"
    assert device.why_no_gpu()
    assert device.why_no_gpu() in caplog.text
    with pytest.raises(CharlensError) as caught:
        choose_device("cuda")
    assert device.why_no_gpu() in str(caught.value)
    assert "\n" not in str(caught.value)


@without_gpu
def test_what_a_gpu_has_trained_is_not_lost_to_the_cpu(tmp_path, monkeypatch):
    run = trainer(tmp_path, epochs=9)
    run.resume.identity["training"]["device"] = "cuda"  # as it is written down
    run.save()
    state = (tmp_path / "state.safetensors").read_bytes()
    with pytest.raises(
        CharlensError, match=r"state\.safetensors: half a training on cuda"
    ) as caught:
        trainer(tmp_path, epochs=9).run()
    assert device.why_no_gpu() in str(caught.value)
    assert (tmp_path / "state.safetensors").read_bytes() == state
    assert trainer(tmp_path, epochs=2).run().epoch  # of another config: started anew, as ever


# What a GPU is asked for


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("size", [64, 512])
def test_a_training_takes_no_more_memory_than_it_asks_for(cell, layers, size):
    """All buffers of a training on the kernel, counted; CUDA itself takes up to a gibibyte."""
    (shape,) = shapes_for(f"{cell}-{layers}x{size}", 101, ())
    rates = (0.0, 0.25, 0.5)
    model = build_model(shape, 3, batch=100, steps=100, device=torch.device("meta"), dropout=rates)
    owners = {id(t): t for t in _tensors(model)}
    counted = sum(t.untyped_storage().nbytes() for t in owners.values())
    counted += 3 * model.flat.numel() * 4  # of the trainer: mean squares, their roots, best weights
    asked = hardware.training_memory(size, 3 * 100 * 100)
    assert 0.4 < asked - counted / 2**30 < 1.6


def _tensors(value, depth=0):
    if isinstance(value, torch.Tensor):
        yield value if value._base is None else value._base
        return
    if isinstance(value, dict):
        value = list(value.values())
    elif hasattr(value, "__dict__") and depth < 6:
        value = list(vars(value).values())
    for part in value if isinstance(value, list | tuple) else ():
        yield from _tensors(part, depth + 1)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [("81559\n", 81559 / 1024), ("81559\n24576\n", 24.0), ("[N/A]\n", None), (None, None)],
)
def test_memory_of_the_smallest_gpu(tmp_path, monkeypatch, answer, expected):
    hardware.gpu_memory.cache_clear()
    monkeypatch.setenv("PATH", str(tmp_path))
    if answer:
        program = tmp_path / "nvidia-smi"
        program.write_text(f"#!/bin/sh\nprintf '{answer}'\n")
        program.chmod(0o755)
    assert hardware.gpu_memory() == expected
    hardware.gpu_memory.cache_clear()


# Capturing


class Graph:
    """Stands for a CUDA graph: nothing runs while it is recorded, all of it when it is replayed."""

    def __init__(self, step, count):
        self.step, self.count = step, count

    def replay(self):
        for _ in range(self.count):
            self.step()


class Event:
    def synchronize(self):
        pass


class Recorded(CapturedSteps):
    """Takes a CPU for a GPU."""

    def __init__(self, generators, together):
        super().__init__(torch.device("cuda"), generators, together)

    def _record(self, step, count):
        return Graph(step, count)

    def _mark(self):
        return Event()


@pytest.mark.parametrize("together", [1, 4])
@pytest.mark.parametrize("dropout", [(0.0,), (0.0, 0.4)])
def test_capturing_leaves_no_trace(together, dropout):
    """Weights, states, losses and masks are those of a run that captured nothing.

    With operands apart from the weights, as in mixed precision; together, windows draw from one
    seed, so masks are compared one by one only.
    """
    settings = {"epochs": 2, "dropout": dropout if together == 1 else (0.0,)}
    runs = [trainer(shape=Shape("gru", 2, 6, K), **settings) for _ in range(2)]
    for run in runs:
        model = run.windows.model
        model._operands = model.flat.clone()
        model.operands = model.layout.views(model._operands)
    runs[1].windows.steps = Recorded(runs[1].windows.generators, together)
    runs[1].windows.prepare = lambda: (
        None
    )  # captured in the middle of it, where everything is at stake
    plain, captured = (run.run() for run in runs)
    assert captured.curve == plain.curve
    for name, weight in plain.weights.items():
        assert torch.equal(captured.weights[name], weight)


def test_graphs_are_captured_before_the_first_window():
    run = trainer(epochs=1)
    run.windows.steps = Recorded(run.windows.generators, 4)
    run.windows.prepare()
    assert set(run.windows.steps._graphs) == {("train", 1), ("train", 4), ("val", 1)}


def test_at_most_one_replay_is_under_way():
    waited = []

    class Counted(Recorded):
        def _mark(self):
            event = Event()
            event.synchronize = lambda: waited.append(event)
            self.marks = [*getattr(self, "marks", []), event]
            return event

    steps = Counted((), 1)
    for done in range(1, 4):
        steps.run("step", lambda: None, 9, [])
        assert waited == steps.marks[: done - 1]


def test_only_short_windows_are_launched_together(monkeypatch):
    assert trainer().windows.steps._together == 1
    monkeypatch.setattr(CharModel, "short_graph", True)
    assert trainer().windows.steps._together == WINDOWS_PER_GRAPH
