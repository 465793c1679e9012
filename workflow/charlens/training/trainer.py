"""Training one grid point: RMSProp on truncated BPTT, early stopping, resume (paper, section 3.3).

Candidates (dropout rates) train side by side as the models of one ``CharModel``; validation
chooses among them. A run killed at any instant and started again continues from its last
checkpoint and, on a CPU, ends with the very bits of a run never killed.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from charlens.errors import CharlensError
from charlens.files.checkpoint import load_checkpoint, save_checkpoint
from charlens.models.families import build_model
from charlens.models.parameters import Architecture, uniform_weights
from charlens.runtime.device import CapturedSteps, choose_device, why_no_gpu
from charlens.runtime.progress import progress
from charlens.runtime.randomness import derive_seed
from charlens.runtime.signals import deferred
from charlens.study.config import Training

log = logging.getLogger("charlens")

WINDOWS_PER_GRAPH = 20
"""How many windows of few GPU operations are launched as one."""


@dataclass(frozen=True)
class Trained:
    """What training leaves: one candidate's weights and everybody's learning curves.

    Attributes:
        weights: of the chosen candidate at its best epoch, true shapes, each (1, ...).
        dropout: the rate chosen on validation.
        val_loss: its cross-entropy on the validation split, nats per character.
        epoch: its best epoch, from 1.
        curve: one record per epoch and candidate.
        early: weights of the chosen candidate after each iteration that was asked for.
    """

    weights: dict[str, Tensor]
    dropout: float
    val_loss: float
    epoch: int
    curve: list[dict[str, float]]
    early: dict[int, dict[str, Tensor]]


class Trainer:
    """One grid point in training.

    Args:
        name: what the run is called, e.g. ``war_and_peace/lstm-1x64``; part of every seed.
        shape: the architecture.
        training: the config's training section.
        seed: the config's seed.
        train: vocabulary codes of the training split, uint8 (B, length + 1).
        val: the same of the validation split.
        resume: folder for resume checkpoints; None keeps none.
        checkpoint_seconds: time between resume checkpoints.
        code: version of the library; a resume checkpoint of another version is not continued.
        early: iterations after which the weights are kept; needs ``resume``.
    """

    def __init__(
        self,
        name: str,
        shape: Architecture,
        training: Training,
        seed: int,
        train: np.ndarray,
        val: np.ndarray,
        resume: Path | None = None,
        checkpoint_seconds: float = 30.0,
        code: str = "",
        early: Sequence[int] = (),
    ) -> None:
        self.early = tuple(early)
        self.name, self.training, self.seed, self.resume = name, training, seed, resume
        self.checkpoint_seconds, self.code = checkpoint_seconds, code
        self.device = choose_device(training.device)
        batch, steps = train.shape[0], training.unroll
        self.model = build_model(
            shape,
            len(training.dropout),
            batch=batch,
            steps=steps,
            device=self.device,
            mixed=training.precision == "mixed" and self.device.type == "cuda",
            dropout=training.dropout,
        )
        self.data = {
            part: torch.from_numpy(np.array(codes)).to(self.device)
            for part, codes in (("train", train), ("val", val))
        }
        self.windows = {p: (c.shape[1] - 1) // steps for p, c in self.data.items()}
        self._allocate()
        weights = uniform_weights(
            self.model.layout, self._cpu_generator("init"), training.init_range
        )
        self.model.load(weights)
        self.best.copy_(self.model.flat)
        self.epoch, self.window = 0, 0
        self.best_loss = [float("inf")] * self.model.models
        self.best_epoch = [0] * self.model.models
        self.curve: list[dict[str, float]] = []
        self._saved = time.monotonic()

    def _allocate(self) -> None:
        flat, device = self.model.flat, self.device
        self.mean_square, self.best = torch.zeros_like(flat), flat.clone()
        self._root = torch.empty_like(flat)
        self.loss_sum = torch.zeros(self.model.models, dtype=torch.float64, device=device)
        self.rate = torch.zeros((), device=device)
        self.cursor = torch.zeros((), dtype=torch.int64, device=device)
        self._offsets = torch.arange(self.training.unroll + 1, device=device)
        window = (self.training.unroll, self.model.batch)
        self.inputs = torch.zeros(window, dtype=torch.int64, device=device)
        self.targets = torch.zeros_like(self.inputs)
        count = self.model.models if device.type == "cpu" else 1
        count *= bool(self.model.masks)
        self.generators = [torch.Generator(device) for _ in range(count)]
        together = WINDOWS_PER_GRAPH if self.model.few_operations else 1
        self._steps = CapturedSteps(self.device, self.generators, together)

    def _cpu_generator(self, *purpose: str | int) -> torch.Generator:
        return torch.Generator().manual_seed(derive_seed(self.seed, self.name, *purpose))

    # -- one window ------------------------------------------------------------------------

    def _load_window(self, part: str) -> None:
        """Copy the window the cursor points at into the static inputs and targets."""
        index = self.cursor * self.training.unroll + self._offsets
        window = self.data[part].index_select(1, index).t()
        self.inputs.copy_(window[:-1])
        self.targets.copy_(window[1:])
        self.cursor.add_(1)

    def _train_window(self) -> None:
        model = self.model
        self._load_window("train")
        model.draw_masks(self.generators)
        model.forward(self.inputs, drop=True)
        self.loss_sum += model.losses(self.targets)
        model.backward(self.inputs, self.targets, drop=True)
        self._update()
        model.refresh()
        model.carry()

    def _update(self) -> None:
        """RMSProp on the clamped gradient (sum over steps, mean over streams, as in char-rnn)."""
        t, grad = self.training, self.model.grad
        grad.div_(self.model.batch).clamp_(-t.clip, t.clip)
        self.mean_square.mul_(t.rmsprop_decay).addcmul_(grad, grad, value=1.0 - t.rmsprop_decay)
        torch.sqrt(self.mean_square, out=self._root).add_(t.epsilon)
        grad.div_(self._root).mul_(self.rate)
        self.model.flat.sub_(grad)

    def _val_window(self) -> None:
        self._load_window("val")
        self.model.forward(self.inputs)
        self.loss_sum += self.model.losses(self.targets)
        self.model.carry()

    def _seed_dropout(self) -> None:
        """Make the next masks a function of (seed, model, rate, iteration) alone.

        On a GPU all rates share a generator, and windows launched as one follow one another.
        """
        if not self.generators:
            return
        rates = self.training.dropout if self.device.type == "cpu" else ["all"]
        for generator, rate in zip(self.generators, rates, strict=True):
            purpose = ("dropout", str(rate), self.iteration)
            generator.manual_seed(derive_seed(self.seed, self.name, *purpose))

    # -- epochs ----------------------------------------------------------------------------

    @property
    def iteration(self) -> int:
        """Training windows done since the start."""
        return self.epoch * self.windows["train"] + self.window

    def run(self) -> Trained:
        """Train to the end, continuing an interrupted run if there is one.

        Raises:
            CharlensError: the loss is no longer a number for any candidate.
            Interrupted: stopped by a signal; what was done is saved, to be continued.
        """
        self._restore()
        self._prepare()
        characters = self.training.unroll * self.model.batch
        total = self.training.epochs * self.windows["train"] * characters
        with (
            deferred() as stop,
            progress(total, self.name, "char", self.iteration * characters) as bar,
        ):
            self._saved = time.monotonic()

            def advance(windows: int) -> None:
                bar.update(windows * characters)
                if stop.signal is not None:
                    self._save()
                    stop.check()

            while not self._finished():
                self._run_epoch(advance)
                shown = self.curve[-self.model.models :]
                bar.update(0, loss=min(r["val_loss"] for r in shown))
        return self._result()

    def _prepare(self) -> None:
        for part, step in (("train", self._train_window), ("val", self._val_window)):
            self.cursor.zero_()
            self._steps.prepare(part, step, self.windows[part], self._live())

    def _finished(self) -> bool:
        patience = self.training.patience
        waited = self.epoch - max(self.best_epoch)
        return self.epoch >= self.training.epochs or (patience is not None and waited >= patience)

    def _run_epoch(self, advance: Callable[[int], None]) -> None:
        self.rate.fill_(learning_rate(self.training, self.epoch))
        if self.window == 0:
            self.model.reset()
            self.loss_sum.zero_()
        self.cursor.fill_(self.window)
        windows = self.windows["train"]
        while self.window < windows:
            self._seed_dropout()
            done = self._steps.run("train", self._train_window, self._room(windows), self._live())
            self.window += done
            self._keep_early()
            advance(done)
            if time.monotonic() - self._saved >= self.checkpoint_seconds:
                self._save()
        self._end_epoch()

    def _room(self, windows: int) -> int:
        """Windows that may run before something must be looked at."""
        stops = [i - self.iteration for i in self.early]
        return min([windows - self.window, *(s for s in stops if s > 0)])

    def _live(self) -> list[Tensor]:
        """Everything a training window changes."""
        kept = (self.mean_square, self.loss_sum, self.cursor)
        return [*self.model.stored_weights, *kept, *self.model.states]

    def evaluate(self, part: str = "val") -> list[float]:
        """Cross-entropy of every candidate on a split, nats per character; resets the states."""
        self.model.reset()
        self.loss_sum.zero_()
        self.cursor.zero_()
        left = self.windows[part]
        while left:
            left -= self._steps.run(part, self._val_window, left, self._live())
        count = self.windows[part] * self.inputs.numel()
        return (self.loss_sum / count).tolist()

    def _end_epoch(self) -> None:
        count = self.windows["train"] * self.inputs.numel()
        train_loss = (self.loss_sum / count).tolist()
        val_loss = self.evaluate()
        self._check(train_loss, val_loss)
        self.epoch, self.window = self.epoch + 1, 0
        for m, (rate, loss) in enumerate(zip(self.training.dropout, val_loss, strict=True)):
            self.curve.append(
                {
                    "epoch": self.epoch,
                    "dropout": rate,
                    "train_loss": train_loss[m],
                    "val_loss": loss,
                    "learning_rate": learning_rate(self.training, self.epoch - 1),
                }
            )
            if loss < self.best_loss[m]:
                self.best_loss[m], self.best_epoch[m] = loss, self.epoch
                self.best[m].copy_(self.model.flat[m])
        log.info(
            "%s: epoch %d of %d, train %s, val %s nats/char",
            self.name,
            self.epoch,
            self.training.epochs,
            " ".join(f"{x:.4f}" for x in train_loss),
            " ".join(f"{x:.4f}" for x in val_loss),
        )
        if self._finished() or time.monotonic() - self._saved >= self.checkpoint_seconds / 3:
            self._save()

    def _check(self, train_loss: list[float], val_loss: list[float]) -> None:
        if bool(np.isfinite(np.add(train_loss, val_loss)).any()):
            return
        where = f"; the last good state is kept in {self.resume}" if self.resume else ""
        raise CharlensError(
            f"{self.name}: the loss is not a number in epoch {self.epoch + 1} (train "
            f"{train_loss[0]}); lower training.learning_rate or training.clip and run again{where}"
        )

    # -- early checkpoints, resume, result -------------------------------------------------

    def _keep_early(self) -> None:
        if self.iteration in self.early and self.resume:
            weights = self.model.layout.unpack(self.model.flat)
            save_checkpoint(self._early_path(self.iteration), weights, self._identity())

    def _early_path(self, iteration: int) -> Path:
        return self.resume / f"iteration={iteration}.safetensors"

    def _identity(self) -> dict[str, Any]:
        """What a resume checkpoint must share with the run that continues it."""
        settings = self.training.model_dump(mode="json")
        settings["device"] = self.device.type
        data = {p: [list(c.shape), int(c.long().sum())] for p, c in self.data.items()}
        shape = vars(self.model.shape)
        run = {"name": self.name, "seed": self.seed, "code": self.code, "training": settings}
        return {**run, **shape, "data": data, "early": self.early}

    def _save(self) -> None:
        self._saved = time.monotonic()
        if self.resume is None:
            return
        if not bool(torch.isfinite(self.model.flat).all(1).any()):
            return  # the next look at the loss will say so; the last good state stays
        states = {f"state.{i}": state for i, state in enumerate(self.model.states)}
        progress_made = {
            "epoch": self.epoch,
            "window": self.window,
            "best_loss": [None if x == float("inf") else x for x in self.best_loss],
            "best_epoch": self.best_epoch,
            "curve": self.curve,
        }
        tensors = {
            "flat": self.model.flat,
            "mean_square": self.mean_square,
            "best": self.best,
            "loss_sum": self.loss_sum,
            **states,
        }
        metadata = {"identity": self._identity(), "progress": progress_made}
        save_checkpoint(self.resume / "state.safetensors", tensors, metadata)

    def _restore(self) -> None:
        path = None if self.resume is None else self.resume / "state.safetensors"
        if path is None or not path.is_file():
            return
        try:
            tensors, metadata = load_checkpoint(path)
        except CharlensError as error:
            log.warning("%s; starting this model again from the beginning", error)
            return
        identity = json.loads(json.dumps(self._identity()))
        if metadata.get("identity") != identity:
            self._refuse_other_device(path, metadata.get("identity"), identity)
            log.warning("%s: belongs to another config; starting from the beginning", path)
            return
        made = metadata["progress"]
        self.epoch, self.window, self.curve = made["epoch"], made["window"], made["curve"]
        self.best_loss = [float("inf") if x is None else x for x in made["best_loss"]]
        self.best_epoch = made["best_epoch"]
        for name in ("flat", "mean_square", "best", "loss_sum"):
            target = self.model.flat if name == "flat" else getattr(self, name)
            target.copy_(tensors[name])
        self.model.refresh()
        for i, state in enumerate(self.model.states):
            state.copy_(tensors[f"state.{i}"])
        log.info("%s: continuing at epoch %d, window %d", self.name, self.epoch + 1, self.window)

    def _refuse_other_device(self, path: Path, theirs: Any, mine: dict[str, Any]) -> None:
        """A GPU that fails for a moment must not cost what was trained on it."""
        device = (theirs or {}).get("training", {}).get("device")
        if theirs == mine | {"training": mine["training"] | {"device": device}}:
            why = f" ({why_no_gpu()})" if device == "cuda" else ""
            raise CharlensError(
                f"{path}: half a training on {device}, which this run on {self.device.type} cannot "
                f"go on with{why}; run on {device} again, or delete the file to start this model "
                "from the beginning"
            )

    def _result(self) -> Trained:
        chosen = int(np.argmin(self.best_loss))
        weights = self.model.layout.unpack(self.best)
        early = {}
        for iteration in self.early:
            if self.resume and self._early_path(iteration).is_file():
                tensors, _ = load_checkpoint(self._early_path(iteration))
                early[iteration] = {n: t[chosen : chosen + 1] for n, t in tensors.items()}
        return Trained(
            weights={name: w[chosen : chosen + 1] for name, w in weights.items()},
            dropout=self.training.dropout[chosen],
            val_loss=self.best_loss[chosen],
            epoch=self.best_epoch[chosen],
            curve=self.curve,
            early=early,
        )


def learning_rate(training: Training, epoch: int) -> float:
    """Rate in an epoch counted from 0: constant, then multiplied by a factor each epoch."""
    later = max(0, epoch + 1 - training.anneal_after)
    return training.learning_rate * training.anneal_factor**later
