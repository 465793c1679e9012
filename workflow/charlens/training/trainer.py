"""Training one grid point on truncated BPTT, with early stopping and resume (paper, section 3.3).

Candidates (dropout rates) train side by side as the models of one network; validation chooses
among them. A run killed at any instant and started again continues from its last resume state and,
on a CPU, ends with the very bits of a run never killed.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import numpy as np
import torch

from charlens.errors import CharlensError
from charlens.models.divergence import ADVICE
from charlens.models.parameters import Layout
from charlens.models.precision import choose_precision
from charlens.runtime.device import choose_device
from charlens.runtime.progress import progress
from charlens.runtime.signals import deferred
from charlens.training.candidates import index_of_best
from charlens.training.history import History
from charlens.training.resume import ResumeFolder
from charlens.training.task import Keep, Task
from charlens.training.trained import Trained
from charlens.training.windows import Windows

log = logging.getLogger("charlens")


class Trainer:
    """One grid point in training.

    Args:
        task: what to train.
        train: vocabulary codes of the training split, uint8 (B, length + 1).
        val: the same of the validation split.
        keep: what to write meanwhile; None writes nothing.

    Attributes:
        history: candidates, learning curve, epochs done.
        windows: the live candidates' model and the work on it.
        best: weights of every candidate at its best epoch, (candidates, total).
    """

    def __init__(
        self, task: Task, train: np.ndarray, val: np.ndarray, keep: Keep | None = None
    ) -> None:
        self.task, self.keep = task, keep
        device = choose_device(task.training.device)
        self.precision = choose_precision(task.training.precision, device)
        codes = {"train": train, "val": val}
        data = {part: torch.from_numpy(np.array(c)).to(device) for part, c in codes.items()}
        rates = task.training.dropout
        self.history = History.start(rates, str(self.precision))
        self.windows = Windows(task, data, rates, self.precision)
        self.windows.initialise()
        self.best = self.windows.model.flat.clone()
        self.resume = ResumeFolder(keep.folder, self.identity(keep)) if keep else None
        self._saved = time.monotonic()

    def identity(self, keep: Keep) -> dict[str, Any]:
        """What a resume state must share with the run that continues it."""
        task, data = self.task, self.windows.data
        settings = task.training.model_dump(mode="json") | {"device": data["train"].device.type}
        sums = {p: [*c.shape, sha256(c.cpu().numpy().data).hexdigest()] for p, c in data.items()}
        run = {"name": task.name, "seed": task.seed, "code": keep.code, "training": settings}
        return {**run, **vars(task.shape), "data": sums, "early": keep.early}

    @property
    def iteration(self) -> int:
        """Training windows done since the start."""
        return self.history.epoch * self.windows.count["train"] + self.history.window

    @property
    def finished(self) -> bool:
        """Whether all epochs are done or no candidate goes on."""
        training, history = self.task.training, self.history
        return history.epoch >= training.epochs or not history.going_on(training.patience)

    def run(self) -> Trained:
        """Train to the end, continuing an interrupted run if there is one.

        Raises:
            CharlensError: the loss is no longer a number for any candidate.
            Interrupted: stopped by a signal; what was done is saved, to be continued.
        """
        self._restore()
        self.windows.prepare()
        characters = self.windows.inputs.numel()
        total = self.task.training.epochs * self.windows.count["train"] * characters
        done = self.iteration * characters
        with deferred() as stop, progress(total, self.task.name, "bytes", done) as bar:
            self._saved = time.monotonic()

            def advance(windows: int) -> None:
                bar.update(windows * characters)
                if stop.signal is not None:
                    self.save()
                    stop.check()

            while not self.finished:
                self.run_epoch(advance)
                bar.update(0, loss=min(self.history.losses()))
        return self._result()

    def run_epoch(self, advance: Callable[[int], None]) -> None:
        """Train from the current window to the end of the epoch, then validate.

        Args:
            advance: called with the number of windows done after each step.
        """
        history, windows = self.history, self.windows
        windows.optimiser.start_epoch(history.epoch)
        windows.start(history.window)
        while history.window < windows.count["train"]:
            done = windows.train(self._windows_until_stop(), self.iteration)
            history.window += done
            self._keep_early()
            advance(done)
            self._save_after(1.0)
        self._end_epoch()

    def _windows_until_stop(self) -> int:
        """Windows that may run before the epoch ends or weights must be kept."""
        stops = [i - self.iteration for i in self.keep.early] if self.keep else []
        left = self.windows.count["train"] - self.history.window
        return min([left, *(stop for stop in stops if stop > 0)])

    def _keep_early(self) -> None:
        if self.keep and self.resume and self.iteration in self.keep.early:
            model = self.windows.model
            weights = model.layout.unpack(model.flat)
            self.resume.save_early(self.iteration, weights, self.history.live)

    def _end_epoch(self) -> None:
        history, name = self.history, self.task.name
        train_losses = self.windows.mean_losses("train")
        self.windows.model.settle()
        val_losses = self.evaluate()
        self._check(train_losses, val_losses)
        history.epoch, history.window = history.epoch + 1, 0
        for m in range(len(history.live)):
            self._record(m, train_losses[m], val_losses[m])
        shown = [" ".join(f"{x:.4f}" for x in losses) for losses in (train_losses, val_losses)]
        done = (name, history.epoch, self.task.training.epochs, *shown)
        log.info("%s: epoch %d of %d, train %s, val %s nats/byte", *done)
        if not self.finished:
            self._stop_the_others(history.going_on(self.task.training.patience))
        self._save_after(0.0 if self.finished else 1 / 3)

    def evaluate(self) -> list[float]:
        """Validation loss of every live candidate, nats per character; resets states."""
        return self.windows.evaluate()

    def _check(self, train_losses: list[float], val_losses: list[float]) -> None:
        if bool(np.isfinite(np.add(train_losses, val_losses)).any()):
            return
        where = f"; the last good state is kept in {self.keep.folder}" if self.keep else ""
        raise CharlensError(
            f"{self.task.name}: the loss is not a number in epoch {self.history.epoch + 1} (train "
            f"{train_losses[0]}); {ADVICE}, and run again{where}"
        )

    def _record(self, m: int, train_loss: float, val_loss: float) -> None:
        """Add a model's losses to the curve, and keep its weights if they are its best."""
        history = self.history
        candidate = history.candidates[history.live[m]]
        record = {"epoch": history.epoch, "dropout": candidate.dropout}
        record |= {"train_loss": train_loss, "val_loss": val_loss}
        record["learning_rate"] = self.windows.optimiser.rate_in(history.epoch - 1)
        history.curve.append(record)
        if candidate.improves(val_loss, history.epoch):
            self.best[history.live[m]].copy_(self.windows.model.flat[m])

    def _stop_the_others(self, going_on: list[int]) -> None:
        """Go on with some of the live candidates only."""
        history = self.history
        if going_on == history.live:
            return
        for index in sorted(set(history.live) - set(going_on)):
            rate = history.candidates[index].dropout
            log.info("%s: dropout %g no longer improves and stops", self.task.name, rate)
        self.windows = self.windows.only([history.live.index(index) for index in going_on])
        history.live = going_on

    # -- resume and result -----------------------------------------------------------------

    def _save_after(self, share: float) -> None:
        """Save if a share of the time between two resume states has passed."""
        if self.keep and time.monotonic() - self._saved >= share * self.keep.seconds:
            self.save()

    def save(self) -> None:
        """Replace the resume state."""
        self._saved = time.monotonic()
        model = self.windows.model
        if self.resume is None:
            return
        if not bool(torch.isfinite(model.flat).all(1).any()):
            return  # the check of the loss will raise the error; the last good state stays on disk
        tensors = {**self.windows.tensors(), "best": self.best}
        self.resume.save(tensors, self.history.to_json() | {"multiple": model.layout.multiple})

    def _restore(self) -> None:
        saved = self.resume.load() if self.resume else None
        if saved is None:
            return
        tensors, progress_made = saved
        history = self.history = History.from_json(progress_made)
        rates = [self.task.training.dropout[index] for index in history.live]
        self.windows = Windows(self.task, self.windows.data, rates, self.precision)
        layout = Layout(self.task.shape, progress_made["multiple"])
        self.windows.restore(tensors, layout)
        self.windows.model.layout.pack(layout.unpack(tensors["best"]), self.best)
        name, now = self.task.name, str(self.precision)
        if now not in history.arithmetic:
            formats = ", ".join(history.arithmetic)
            log.warning("%s: trained so far with %s, from now on with %s", name, formats, now)
            history.arithmetic.append(now)
        log.info("%s: continuing at epoch %d, window %d", name, history.epoch + 1, history.window)

    def _result(self) -> Trained:
        chosen = index_of_best(self.history.candidates)
        candidate = self.history.candidates[chosen]
        early = {}
        for iteration in self.keep.early if self.keep else ():
            early_weights = self.resume.load_early(iteration, chosen) if self.resume else None
            if early_weights is not None:
                early[iteration] = early_weights
        return Trained(
            weights=self.windows.model.layout.unpack(self.best[chosen : chosen + 1]),
            dropout=candidate.dropout,
            val_loss=candidate.best_loss,
            epoch=candidate.best_epoch,
            curve=self.history.curve,
            early=early,
            arithmetic=self.history.arithmetic,
        )
