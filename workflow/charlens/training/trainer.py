"""Training one grid point on truncated BPTT, with early stopping and resume (paper, section 3.3).

Candidates (dropout rates) train side by side as the models of one ``CharModel``; validation
chooses among them. A run killed at any instant and started again continues from its last
checkpoint and, on a CPU, ends with the very bits of a run never killed.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from charlens.errors import CharlensError
from charlens.models.families import FAMILIES, build_model, family_of
from charlens.models.parameters import Architecture, Layout
from charlens.models.precision import choose_precision
from charlens.runtime.device import CapturedSteps, choose_device
from charlens.runtime.progress import progress
from charlens.runtime.randomness import derive_seed
from charlens.runtime.signals import deferred
from charlens.training.candidates import Candidate, index_of_best
from charlens.training.optimisers import OPTIMISERS
from charlens.training.resume import ResumeFolder
from charlens.training.rmsprop import learning_rate
from charlens.training.settings import Training
from charlens.training.trained import Trained

log = logging.getLogger("charlens")

WINDOWS_PER_GRAPH = 20
"""How many windows of few GPU operations are launched as one."""


class Trainer:
    """One grid point in training.

    Args:
        name: of the run, e.g. ``war_and_peace/lstm-1x64``; part of every seed.
        shape: the architecture.
        training: the config's training section.
        seed: the config's seed.
        train: vocabulary codes of the training split, uint8 (B, length + 1).
        val: the same of the validation split.
        resume: folder for resume checkpoints; None keeps none.
        checkpoint_seconds: time between resume checkpoints.
        code: version of the library; a resume checkpoint of another version is not continued.
        early: iterations after which the weights are kept; needs ``resume``.

    Attributes:
        candidates: every dropout rate with its best validation loss.
        live: indices of the candidates that still train: the M models of ``model``, in order.
        best: weights of every candidate at its best epoch, (candidates, total).
        curve: one record per epoch and live candidate.
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
        *,
        checkpoint_seconds: float = 30.0,
        code: str = "",
        early: Sequence[int] = (),
    ) -> None:
        self.name, self.shape, self.training, self.seed = name, shape, training, seed
        self.checkpoint_seconds, self.early = checkpoint_seconds, tuple(early)
        self.family = FAMILIES[family_of(shape)]
        self.device = choose_device(training.device)
        self.precision = choose_precision(training.precision, self.device)
        self.arithmetic = [str(self.precision)]
        self.data = {
            part: torch.from_numpy(np.array(codes)).to(self.device)
            for part, codes in (("train", train), ("val", val))
        }
        self.windows = {p: (c.shape[1] - 1) // training.unroll for p, c in self.data.items()}
        self.resume = ResumeFolder(resume, self._identity(code)) if resume else None
        self.candidates = [Candidate(rate) for rate in training.dropout]
        self._build(range(len(self.candidates)))
        generator = self._cpu_generator("init")
        self.model.load(self.family.initial(self.model.layout, generator, training.init_range))
        self.best = self.model.flat.clone()
        self.epoch, self.window = 0, 0
        self.curve: list[dict[str, float]] = []
        self._saved = time.monotonic()

    def _build(self, live: Sequence[int]) -> None:
        """Make the model of the live candidates and everything that a window works on."""
        self.live, device, training = list(live), self.device, self.training
        rates = [training.dropout[index] for index in live]
        batch, steps = self.data["train"].shape[0], training.unroll
        options = {"batch": batch, "steps": steps, "device": device, "dropout": rates}
        self.model = build_model(self.shape, len(rates), precision=self.precision, **options)
        self.optimiser = OPTIMISERS[self.family.optimiser](self.model.flat, training)
        self.loss_sum = torch.zeros(len(rates), dtype=torch.float64, device=device)
        self.cursor = torch.zeros((), dtype=torch.int64, device=device)
        self._offsets = torch.arange(steps + 1, device=device)
        self.inputs = torch.zeros((steps, batch), dtype=torch.int64, device=device)
        self.targets = torch.zeros_like(self.inputs)
        # On a GPU all rates share a generator.
        self._drawing = [str(rate) for rate in rates] if device.type == "cpu" else ["all"]
        if not self.model.masks:
            self._drawing = []
        self.generators = [torch.Generator(device) for _ in self._drawing]
        together = WINDOWS_PER_GRAPH if self.model.short_graph else 1
        self.steps = CapturedSteps(device, self.generators, together)

    def _cpu_generator(self, *purpose: str | int) -> torch.Generator:
        return torch.Generator().manual_seed(derive_seed(self.seed, self.name, *purpose))

    def _identity(self, code: str) -> dict[str, Any]:
        """What a resume checkpoint must share with the run that continues it."""
        settings = self.training.model_dump(mode="json") | {"device": self.device.type}
        data = {
            p: [*c.shape, sha256(c.cpu().numpy().data).hexdigest()] for p, c in self.data.items()
        }
        run = {"name": self.name, "seed": self.seed, "code": code, "training": settings}
        return {**run, **vars(self.shape), "data": data, "early": self.early}

    # -- one window ------------------------------------------------------------------------

    def _load_window(self, part: str) -> None:
        """Copy the window the cursor points at into the static inputs and targets."""
        index = self.cursor * self.training.unroll + self._offsets
        window = self.data[part].index_select(1, index).t()
        self.inputs.copy_(window[:-1])
        self.targets.copy_(window[1:])
        self.cursor.add_(1)

    def train_window(self) -> None:
        """Forward, backward and update on the window that the cursor points at."""
        model = self.model
        self._load_window("train")
        model.draw_masks(self.generators)
        with self.precision.products():
            model.forward(self.inputs, drop=True)
            self.loss_sum += model.losses(self.targets)
            model.backward(self.inputs, self.targets, drop=True)
        model.grad.div_(model.batch)  # sum over steps, mean over streams, as in char-rnn
        self.optimiser.update(model.grad)
        model.refresh()
        model.carry()

    def val_window(self) -> None:
        """Add the loss of the validation window that the cursor points at, in float32."""
        self._load_window("val")
        self.model.forward(self.inputs)
        self.loss_sum += self.model.losses(self.targets)
        self.model.carry()

    def seed_dropout(self) -> None:
        """Make the next masks a function of (seed, model, rate, iteration) alone."""
        for generator, rate in zip(self.generators, self._drawing, strict=True):
            purpose = ("dropout", rate, self.iteration)
            generator.manual_seed(derive_seed(self.seed, self.name, *purpose))

    def changed(self) -> list[Tensor]:
        """Every tensor that a training window changes."""
        sums = (*self.optimiser.state.values(), self.loss_sum, self.cursor)
        return [*self.model.stored_weights, *sums, *self.model.states]

    # -- epochs ----------------------------------------------------------------------------

    @property
    def iteration(self) -> int:
        """Training windows done since the start."""
        return self.epoch * self.windows["train"] + self.window

    @property
    def finished(self) -> bool:
        """Whether all epochs are done or no candidate goes on."""
        return self.epoch >= self.training.epochs or not self._going_on()

    def _going_on(self) -> list[int]:
        patience = self.training.patience
        return [i for i in self.live if self.candidates[i].goes_on(self.epoch, patience)]

    def run(self) -> Trained:
        """Train to the end, continuing an interrupted run if there is one.

        Raises:
            CharlensError: the loss is no longer a number for any candidate.
            Interrupted: stopped by a signal; what was done is saved, to be continued.
        """
        self._restore()
        self.prepare()
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
                    self.save()
                    stop.check()

            while not self.finished:
                self.run_epoch(advance)
                shown = [r["val_loss"] for r in self.curve if r["epoch"] == self.epoch]
                bar.update(0, loss=min(shown))
        return self._result()

    def prepare(self) -> None:
        """On a GPU, capture the graphs of a window."""
        for part, step in (("train", self.train_window), ("val", self.val_window)):
            self.cursor.zero_()
            self.steps.prepare(part, step, self.windows[part], self.changed())

    def run_epoch(self, advance: Callable[[int], None]) -> None:
        """Train from the current window to the end of the epoch, then validate.

        Args:
            advance: called with the number of windows done after each step.
        """
        self.optimiser.rate.fill_(learning_rate(self.training, self.epoch))
        if self.window == 0:
            self.model.reset()
            self.loss_sum.zero_()
        self.cursor.fill_(self.window)
        while self.window < self.windows["train"]:
            self.seed_dropout()
            limit = self._windows_until_stop()
            done = self.steps.run("train", self.train_window, limit, self.changed())
            self.window += done
            if self.resume and self.iteration in self.early:
                weights = self.model.layout.unpack(self.model.flat)
                self.resume.save_early(self.iteration, weights, self.live)
            advance(done)
            if time.monotonic() - self._saved >= self.checkpoint_seconds:
                self.save()
        self._end_epoch()

    def _windows_until_stop(self) -> int:
        """Windows that may run before the epoch ends or weights must be kept."""
        stops = [i - self.iteration for i in self.early]
        return min([self.windows["train"] - self.window, *(s for s in stops if s > 0)])

    def evaluate(self, part: str = "val") -> list[float]:
        """Cross-entropy of every live candidate on a split, nats per character; resets states."""
        self.model.reset()
        self.loss_sum.zero_()
        self.cursor.zero_()
        left = self.windows[part]
        while left:
            left -= self.steps.run(part, self.val_window, left, self.changed())
        count = self.windows[part] * self.inputs.numel()
        return (self.loss_sum / count).tolist()

    def _end_epoch(self) -> None:
        count = self.windows["train"] * self.inputs.numel()
        train_losses = (self.loss_sum / count).tolist()
        val_losses = self.evaluate()
        self._check(train_losses, val_losses)
        self.epoch, self.window = self.epoch + 1, 0
        for m, index in enumerate(self.live):
            self._record(m, self.candidates[index], train_losses[m], val_losses[m])
        shown = [" ".join(f"{x:.4f}" for x in losses) for losses in (train_losses, val_losses)]
        done = (self.name, self.epoch, self.training.epochs, *shown)
        log.info("%s: epoch %d of %d, train %s, val %s nats/char", *done)
        if not self.finished and len(self._going_on()) < len(self.live):
            self._stop_others(self._going_on())
        if self.finished or time.monotonic() - self._saved >= self.checkpoint_seconds / 3:
            self.save()

    def _record(self, m: int, candidate: Candidate, train_loss: float, val_loss: float) -> None:
        """Add a model's losses to the curve, and keep its weights if they are its best."""
        record = {"epoch": self.epoch, "dropout": candidate.dropout}
        record |= {"train_loss": train_loss, "val_loss": val_loss}
        record["learning_rate"] = learning_rate(self.training, self.epoch - 1)
        self.curve.append(record)
        if candidate.improves(val_loss, self.epoch):
            self.best[self.live[m]].copy_(self.model.flat[m])

    def _check(self, train_losses: list[float], val_losses: list[float]) -> None:
        if bool(np.isfinite(np.add(train_losses, val_losses)).any()):
            return
        where = f"; the last good state is kept in {self.resume.folder}" if self.resume else ""
        raise CharlensError(
            f"{self.name}: the loss is not a number in epoch {self.epoch + 1} (train "
            f"{train_losses[0]}); lower training.learning_rate or training.clip and run "
            f"again{where}"
        )

    def _stop_others(self, live: Sequence[int]) -> None:
        """Go on with some candidates only; a model's bits do not depend on its neighbours."""
        places = [self.live.index(index) for index in live]
        weights = self.model.flat[places]
        state = {name: tensor[places] for name, tensor in self.optimiser.state.items()}
        for index in sorted(set(self.live) - set(live)):
            rate = self.candidates[index].dropout
            log.info("%s: dropout %g no longer improves and stops", self.name, rate)
        self._build(live)
        self.model.flat.copy_(weights)
        for name, tensor in self.optimiser.state.items():
            tensor.copy_(state[name])
        self.model.refresh()
        self.prepare()

    # -- resume and result -----------------------------------------------------------------

    def save(self) -> None:
        """Replace the resume checkpoint."""
        self._saved = time.monotonic()
        if self.resume is None:
            return
        if not bool(torch.isfinite(self.model.flat).all(1).any()):
            return  # the check of the loss will raise the error; the last good state stays on disk
        tensors = {
            "flat": self.model.flat,
            **self.optimiser.state,
            "best": self.best,
            "loss_sum": self.loss_sum,
        }
        tensors |= {f"state.{i}": state for i, state in enumerate(self.model.states)}
        done = {
            "epoch": self.epoch,
            "window": self.window,
            "live": self.live,
            "candidates": [candidate.to_json() for candidate in self.candidates],
            "curve": self.curve,
            "arithmetic": self.arithmetic,
            "multiple": self.model.layout.multiple,
        }
        self.resume.save(tensors, done)

    def _restore(self) -> None:
        saved = self.resume.load() if self.resume else None
        if saved is None:
            return
        tensors, done = saved
        self.epoch, self.window, self.curve = done["epoch"], done["window"], done["curve"]
        self.candidates = [Candidate.from_json(values) for values in done["candidates"]]
        self._build(done["live"])
        # Another processor may have stored widths padded otherwise.
        layout = Layout(self.shape, done["multiple"])
        vectors = {"flat": self.model.flat, **self.optimiser.state, "best": self.best}
        for name, vector in vectors.items():
            self.model.layout.pack(layout.unpack(tensors[name]), vector)
        self.model.refresh()
        self.loss_sum.copy_(tensors["loss_sum"])
        for i, state in enumerate(self.model.states):
            width = min(state.shape[-1], tensors[f"state.{i}"].shape[-1])  # beyond it all is zero
            state[..., :width].copy_(tensors[f"state.{i}"][..., :width])
        if str(self.precision) not in done["arithmetic"]:
            formats, now = ", ".join(done["arithmetic"]), self.precision
            log.warning("%s: trained so far with %s, from now on with %s", self.name, formats, now)
        self.arithmetic = list(dict.fromkeys([*done["arithmetic"], str(self.precision)]))
        log.info("%s: continuing at epoch %d, window %d", self.name, self.epoch + 1, self.window)

    def _result(self) -> Trained:
        chosen = index_of_best(self.candidates)
        candidate = self.candidates[chosen]
        early = {}
        for iteration in self.early:
            early_weights = self.resume.load_early(iteration, chosen) if self.resume else None
            if early_weights is not None:
                early[iteration] = early_weights
        weights = self.model.layout.unpack(self.best[chosen : chosen + 1])
        return Trained(
            weights=weights,
            dropout=candidate.dropout,
            val_loss=candidate.best_loss,
            epoch=candidate.best_epoch,
            curve=self.curve,
            early=early,
            arithmetic=self.arithmetic,
        )
