"""AdamW equals torch's own with torch's schedules, and goes on after an interruption."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from charlens.models.families import shapes_for
from charlens.models.parameters import Layout, Shape
from charlens.models.precision import Precision
from charlens.training.adamw import AdamW
from charlens.training.settings import AdamWSettings, Training
from charlens.training.task import Keep, Task
from charlens.training.trainer import Trainer
from charlens.training.windows import Windows
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR


def training(momentum: float) -> Training:
    own = AdamWSettings(learning_rate=0.02, warm_up=0.25, weight_decay=0.3, momentum=momentum)
    return Training(unroll=10, epochs=4, adamw=own)


TRAINING = training(0.9)
WINDOWS = 5  # of an epoch: 20 updates, 5 of them rising
LAYOUT = Layout(Shape("gru", 1, 3, 4))


@pytest.mark.parametrize("momentum", [0.9, 0.5, 0.0])
def test_steps_equal_those_of_torch(momentum: float):
    """Gradients above and below the largest norm; matrices decay, biases do not."""
    generator = torch.Generator().manual_seed(3)
    start = torch.randn(2, LAYOUT.total, generator=generator, dtype=torch.float64)
    ours = AdamW(start.clone(), training(momentum), LAYOUT, WINDOWS)
    models = [
        {n: torch.nn.Parameter(v[m].clone()) for n, v in LAYOUT.views(start).items()}
        for m in range(2)
    ]
    vectors = [n for n in LAYOUT.entries if n.startswith("bias")]
    assert len(vectors) == 2
    for model in models:
        groups = [
            {"params": [w for n, w in model.items() if n not in vectors], "weight_decay": 0.3},
            {"params": [model[n] for n in vectors], "weight_decay": 0.0},
        ]
        peer = torch.optim.AdamW(groups, lr=0.02, betas=(momentum, 0.95), eps=1e-8)
        rise = LinearLR(peer, start_factor=1 / 5, total_iters=4)
        schedule = SequentialLR(peer, [rise, CosineAnnealingLR(peer, 16)], [4])
        model["steps"] = (peer, schedule)
    for step in range(20):
        grad = torch.randn(2, LAYOUT.total, generator=generator, dtype=torch.float64)
        grad *= 20 * 0.1 ** (step % 3)
        for m, model in enumerate(models):
            peer, schedule = model["steps"]
            mean = grad[m] / 10
            clipped = mean / max(1.0, float(mean.norm()))
            for name, values in LAYOUT.views(clipped[None]).items():
                model[name].grad = values[0].clone()
            peer.step()
            assert float(ours._schedule(torch.tensor(step + 1.0, dtype=torch.float64))) == (
                pytest.approx(schedule.get_last_lr()[0], rel=1e-9)
            )
            schedule.step()
        ours.update(grad.clone())
        for name, values in LAYOUT.views(ours.weights).items():
            expected = torch.stack([model[name].detach() for model in models])
            torch.testing.assert_close(values, expected, rtol=1e-8, atol=1e-12)


def test_a_family_has_its_momentum_unless_the_settings_name_one() -> None:
    data = {part: torch.zeros(2, 21, dtype=torch.uint8) for part in ("train", "val")}
    for momentum, model, expected in (
        (None, "lstm_adamw-1x3", 0.5),
        (None, "mingru-1x8", 0.9),
        (0.0, "lstm_adamw-1x3", 0.0),
        (0.7, "gpt-1x8", 0.7),
    ):
        settings = Training(unroll=10, adamw=AdamWSettings(momentum=momentum))
        task = Task(model, shapes_for(model, 4)[0], settings, 1)
        windows = Windows(task, data, [0.0], Precision())
        assert windows.optimiser.momentum == expected


def test_the_rate_of_an_epoch_is_that_of_its_last_update():
    optimiser = AdamW(torch.zeros(1, LAYOUT.total), TRAINING, LAYOUT, WINDOWS)
    for epoch in range(4):
        for _ in range(WINDOWS):
            optimiser.update(torch.ones(1, LAYOUT.total))
        assert float(optimiser.rate) == pytest.approx(optimiser.rate_in(epoch), rel=1e-6)
    assert 0 < optimiser.rate_in(3) < 0.02 * 0.02
    assert optimiser.rate_in(0) == pytest.approx(0.02)


@pytest.mark.parametrize("model", ["lstm_adamw-2x3", "mingru-2x8", "gpt-1x8"])
def test_an_interrupted_training_ends_with_the_same_bits(model, tmp_path):
    """Two candidates, one of which stops; saved in the middle of an epoch and at its end."""

    def training(folder):
        rng = np.random.default_rng(1)
        made = np.cumsum(rng.choice([1, 1, 1, 2], (4, 40)), 1) % 6
        shape = shapes_for(model, 6)[0]
        settings = Training(epochs=5, batch=4, unroll=8, dropout=(0.0, 0.9), device="cpu")
        task, codes = Task(model, shape, settings, 1), made.astype(np.uint8)
        return Trainer(task, codes, codes, Keep(folder, seconds=1e9))

    whole = training(tmp_path / "whole").run()
    first = training(tmp_path / "parts")
    first.windows.prepare()
    first.run_epoch(lambda windows: None)

    def stop(windows):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        first.run_epoch(stop)
    first.save()
    assert 0 < first.history.window < first.windows.count["train"]
    resumed = training(tmp_path / "parts").run()
    assert resumed.curve == whole.curve
    for name, weight in whole.weights.items():
        assert torch.equal(weight, resumed.weights[name])


def test_an_lstm_trained_by_adamw_is_an_lstm():
    shape, paper = (shapes_for(f"{cell}-2x64", 87)[0] for cell in ("lstm_adamw", "lstm"))
    assert vars(shape) == vars(paper)
    assert type(shape) is not type(paper)
