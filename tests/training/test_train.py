"""Training: the recipe step by step, resume after SIGKILL, choice of dropout, clear failures."""

from __future__ import annotations

import math
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from charlens.errors import CharlensError
from charlens.files.checkpoint import load_checkpoint
from charlens.models.parameters import Shape
from charlens.training.rmsprop import learning_rate
from charlens.training.settings import Training
from charlens.training.task import Keep, Task
from charlens.training.trainer import Trainer
from reference_recurrence import losses

BATCH, UNROLL, K = 5, 8, 6


def splits(windows: int = 6, seed: int = 0) -> dict[str, np.ndarray]:
    """Codes with something to learn: mostly counting up, sometimes random."""
    rng = np.random.default_rng(seed)
    made = {}
    for part, count in (("train", windows), ("val", 2)):
        steps = rng.choice([1, 1, 1, 2], (BATCH, count * UNROLL + 1))
        made[part] = (np.cumsum(steps, 1) % K).astype(np.uint8)
    return made


def trainer(
    resume: Path | None = None, shape: Shape | None = None, early=(), seconds=30.0, **settings
):
    defaults = {"epochs": 3, "batch": BATCH, "unroll": UNROLL, "device": "cpu"}
    training = Training(**(defaults | settings))
    shape = shape or Shape("lstm", 2, 6, K)
    made = splits()
    keep = Keep(resume, early=early, seconds=seconds) if resume else None
    return Trainer(Task("toy/model", shape, training, 1), made["train"], made["val"], keep)


def test_learning_rate_falls_after_the_tenth_epoch():
    rates = [learning_rate(Training(), epoch) for epoch in range(50)]
    assert rates[:10] == [2e-3] * 10
    assert rates[10] == pytest.approx(2e-3 * 0.95)
    assert rates[49] == pytest.approx(2e-3 * 0.95**40)


@pytest.mark.parametrize("cell", ["lstm", "rnn", "gru"])
def test_an_epoch_equals_rmsprop_written_out(cell):
    """Same updates as autograd on the paper's equations with char-rnn's RMSProp, two windows."""
    run = trainer(epochs=1, shape=Shape(cell, 1, 6, K), learning_rate=0.01, clip=0.02)
    run.windows.count["train"] = 1  # the states start at zero: the reference carries none
    model = run.windows.model
    unpacked = model.layout.unpack(model.flat)
    weights = {name: w[0].clone().requires_grad_() for name, w in unpacked.items()}
    codes = torch.from_numpy(splits()["train"]).long()
    inputs, targets = codes[:, :UNROLL].t(), codes[:, 1 : UNROLL + 1].t()
    for _ in range(2):
        run.run_epoch(lambda windows: None)
    squares = {name: torch.zeros_like(w) for name, w in weights.items()}
    for _ in range(2):
        for w in weights.values():
            w.grad = None
        (losses(cell, weights, inputs, targets) / BATCH).backward()
        with torch.no_grad():
            for name, w in weights.items():
                grad = w.grad.clamp(-0.02, 0.02)
                squares[name] = 0.95 * squares[name] + 0.05 * grad**2
                w -= 0.01 * grad / (squares[name].sqrt() + 1e-8)
    for name, trained in model.layout.unpack(model.flat).items():
        torch.testing.assert_close(trained[0], weights[name].detach(), rtol=1e-3, atol=2e-5)


def test_state_is_carried_within_an_epoch_and_zero_at_its_start():
    run = trainer(epochs=1)
    seen = []
    original = run.windows.model.forward

    def spy(inputs, **options):
        seen.append(run.windows.model.layers[0].state[0].abs().sum().item())
        return original(inputs, **options)

    run.windows.model.forward = spy
    run.run()
    train, val = seen[:6], seen[6:]
    assert train[0] == 0
    assert val[0] == 0
    assert all(value > 0 for value in train[1:] + val[1:])


def test_it_learns_and_keeps_the_best_epoch():
    run = trainer(epochs=12, learning_rate=0.01)
    trained = run.run()
    best = min(trained.curve, key=lambda record: record["val_loss"])
    assert trained.val_loss == best["val_loss"]
    assert trained.epoch == best["epoch"]
    assert trained.val_loss < math.log(K) - 0.3
    run.windows.model.load(trained.weights)
    assert run.evaluate()[0] == pytest.approx(trained.val_loss, rel=1e-9)


def test_validation_chooses_the_dropout_and_candidates_do_not_meet():
    together = trainer(dropout=(0.0, 0.3, 0.6), epochs=4)
    trained = together.run()
    alone = {rate: trainer(dropout=(rate,), epochs=4).run() for rate in (0.0, 0.3, 0.6)}
    best = min(alone, key=lambda rate: alone[rate].val_loss)
    assert trained.dropout == best
    for name, weight in alone[best].weights.items():
        assert torch.equal(weight, trained.weights[name])
    for record in trained.curve:
        own = [r for r in alone[record["dropout"]].curve if r["epoch"] == record["epoch"]]
        assert own == [record]


def test_patience_stops_early():
    run = trainer(epochs=200, patience=2, learning_rate=0.2)
    trained = run.run()
    last = trained.curve[-1]["epoch"]
    assert last == trained.epoch + 2 < 200


def test_a_candidate_that_no_longer_improves_stops_and_the_others_go_on(tmp_path):
    """Each stops when its own patience ends, with the bits that it has when it trains alone."""
    settings = {"epochs": 40, "patience": 3, "learning_rate": 0.05}
    rates = (0.0, 0.7, 0.2)
    together = trainer(tmp_path, dropout=rates, early=(10, 100), **settings)
    trained = together.run()
    alone = {rate: trainer(dropout=(rate,), **settings).run() for rate in rates}
    lengths = set()
    for rate in rates:
        records = [record for record in trained.curve if record["dropout"] == rate]
        assert records == alone[rate].curve
        assert len(records) in (alone[rate].epoch + 3, 40)
        lengths.add(len(records))
    assert len(lengths) > 1  # or nothing was shown
    for name, weight in alone[trained.dropout].weights.items():
        assert torch.equal(weight, trained.weights[name])
    assert trained.early[10]["decoder"].shape[0] == 1
    state, metadata = load_checkpoint(tmp_path / "state.safetensors")
    assert len(state["flat"]) == len(metadata["progress"]["live"]) < len(state["best"]) == 3


def test_early_checkpoints_are_the_weights_after_those_iterations(tmp_path):
    trained = trainer(tmp_path, early=(1, 8), epochs=2).run()
    stopped = trainer(epochs=2).windows
    stopped.optimiser.start_epoch(0)
    assert stopped.train(1, iteration=0) == 1
    for name, weight in stopped.model.layout.unpack(stopped.model.flat).items():
        assert torch.equal(weight, trained.early[1][name])
    assert not torch.equal(trained.early[1]["decoder"], trained.early[8]["decoder"])


def test_a_loss_that_is_not_a_number_is_one_clear_error(tmp_path):
    run = trainer(tmp_path, epochs=9, seconds=0.0)
    run.run_epoch(lambda windows: None)
    good = (tmp_path / "state.safetensors").read_bytes()
    run.windows.model.flat.fill_(float("nan"))
    with pytest.raises(CharlensError, match=r"not a number in epoch 2.*learning_rate"):
        run.run_epoch(lambda windows: None)
    assert (tmp_path / "state.safetensors").read_bytes() == good


def test_asking_for_a_gpu_where_there_is_none_says_so():
    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    with pytest.raises(CharlensError, match=r"training\.device: cuda.*no CUDA GPU"):
        trainer(device="cuda")


def test_resume_state_of_another_config_or_damaged_is_not_used(tmp_path):
    undisturbed = trainer(epochs=2).run()
    for damage in (False, True):
        run = trainer(tmp_path, epochs=9, learning_rate=0.02, seconds=0.0)
        run.run_epoch(lambda windows: None)
        if damage:
            path = tmp_path / "state.safetensors"
            data = bytearray(path.read_bytes())
            data[-3] ^= 4
            path.write_bytes(data)
        again = trainer(tmp_path, epochs=2).run()
        assert torch.equal(again.weights["decoder"], undisturbed.weights["decoder"])


def test_resume_state_of_another_text_is_not_used(tmp_path):
    """The same characters in another order: shape and sum are equal, the text is not."""
    run = trainer(tmp_path, epochs=2)
    run.run_epoch(lambda windows: None)
    run.save()
    other = splits()
    other["train"][:, 1:-1] = other["train"][:, -2:0:-1].copy()
    settings = Training(epochs=2, batch=BATCH, unroll=UNROLL, device="cpu")
    shape = Shape("lstm", 2, 6, K)
    arguments = (Task("toy/model", shape, settings, 1), other["train"], other["val"])
    anew, again = Trainer(*arguments), Trainer(*arguments, Keep(tmp_path))
    assert again.run().curve == anew.run().curve


CHILD = """
import sys
from pathlib import Path
import test_train
settings = dict(dropout=(0.0, 0.4), epochs=25, early=(3, 100), seconds=0.0)
run = test_train.trainer(Path(sys.argv[1]), **settings)
print("ready", flush=True)
trained = run.run()
test_train.dump(trained, Path(sys.argv[2]))
"""
# The same, which prints a line after every window.
COUNTED = CHILD.replace(
    "trained = ",
    """from charlens.training.windows import Windows
one_window = Windows.train_window
def printing(windows):
    one_window(windows)
    print("window", flush=True)
Windows.train_window = printing
trained = """,
)


# Mixed as on a processor with bfloat16 products, and a candidate that stops before the end.
MIXED = """
import charlens.training.trainer
from charlens.models.precision import bfloat16
charlens.training.trainer.choose_precision = lambda wanted, device: bfloat16("for a test")
"""
MIXED = MIXED + COUNTED.replace("epochs=25", "epochs=25, patience=2, learning_rate=0.05")


def dump(trained, path: Path) -> None:
    """Write everything training leaves, byte for byte comparable."""
    from charlens.files.checkpoint import save_checkpoint

    early = {f"{i}/{n}": w for i, ws in trained.early.items() for n, w in ws.items()}
    facts = {"curve": trained.curve, "epoch": trained.epoch, "dropout": trained.dropout}
    save_checkpoint(path, trained.weights | early, facts)


def start(resume: Path, output: Path, script: str = CHILD) -> subprocess.Popen:
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(sys.path),
        "OMP_NUM_THREADS": "1",
    }
    command = [sys.executable, "-c", script, str(resume), str(output)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("script", [COUNTED, MIXED], ids=["float32", "mixed"])
def test_sigkill_at_random_moments_changes_nothing(tmp_path, script):
    """Several kills of one run; benchmarks/kill_and_resume.py does the twenty of the promise."""
    undisturbed, output = tmp_path / "undisturbed.safetensors", tmp_path / "killed.safetensors"
    silent = script.replace('print("window", flush=True)', "pass")
    assert start(tmp_path / "a", undisturbed, silent).wait(120) == 0
    rng = random.Random(7)
    for _ in range(3):
        child = start(tmp_path / "b", output, script)
        assert child.stdout.readline() == "ready\n"
        for _ in range(rng.randint(1, 30)):  # of 150: it cannot have ended, however fast
            assert child.stdout.readline() == "window\n"
        time.sleep(rng.uniform(0.0, 0.01))
        child.send_signal(signal.SIGKILL)
        assert child.wait(120) == -signal.SIGKILL
    assert (tmp_path / "b" / "state.safetensors").exists()  # there was something to resume
    assert start(tmp_path / "b", output, silent).wait(120) == 0
    assert output.read_bytes() == undisturbed.read_bytes()


STOPPED = """
import os, signal, sys
from pathlib import Path
import test_train
from charlens.runtime.job import job
with job(None):
    # No state is saved but the one that the signal asks for.
    settings = dict(dropout=(0.0, 0.4), epochs=25, early=(3, 100), seconds=1e9)
    run = test_train.trainer(Path(sys.argv[1]), **settings)
    one_window = run.windows.train_window
    def stopped_in_window_41():
        if run.iteration == 40:
            os.kill(os.getpid(), signal.SIGTERM)
        one_window()
    run.windows.train_window = stopped_in_window_41
    run.run()
"""


def test_sigterm_saves_the_state_and_leaves_at_once(tmp_path):
    undisturbed, output = tmp_path / "undisturbed.safetensors", tmp_path / "stopped.safetensors"
    assert start(tmp_path / "a", undisturbed).wait(120) == 0
    assert start(tmp_path / "b", output, STOPPED).wait(120) == 128 + signal.SIGTERM
    _, metadata = load_checkpoint(tmp_path / "b" / "state.safetensors")
    made = metadata["progress"]
    assert (made["epoch"], made["window"]) == (6, 5)  # 41 windows: the one under way was the last
    assert start(tmp_path / "b", output).wait(120) == 0
    assert output.read_bytes() == undisturbed.read_bytes()
