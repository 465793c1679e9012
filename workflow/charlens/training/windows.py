"""The work of a training: windows of truncated BPTT over the candidates that still train.

The candidates are the M models of one network. Everything here is a static tensor, so that a GPU
can replay the work of a window as a graph.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from charlens.models.families import FAMILIES, build_model, family_of
from charlens.models.parameters import Layout
from charlens.models.precision import Precision
from charlens.runtime.randomness import derive_seed
from charlens.training.captured_steps import CapturedSteps
from charlens.training.optimisers import OPTIMISERS
from charlens.training.task import Task

WINDOWS_PER_GRAPH = 20
"""How many windows of few GPU operations are launched as one."""


class Windows:
    """M models and what a window of training or validation works on.

    A model's bits do not depend on M or on its neighbours.

    Args:
        task: what to train.
        data: vocabulary codes of the splits ``train`` and ``val``, uint8 (B, length + 1), on the
            device that trains.
        rates: the dropout rate of each model.
        precision: number formats.

    Attributes:
        model: the M models.
        optimiser: updates their weights.
        count: windows of each split.
        loss_sum: summed losses since ``start``, float64 (M,), nats.
        cursor: index of the next window of the split that is read, int64 ().
    """

    def __init__(
        self, task: Task, data: Mapping[str, Tensor], rates: Sequence[float], precision: Precision
    ) -> None:
        self.task, self.data, self.rates, self.precision = task, data, rates, precision
        batch, steps, device = data["train"].shape[0], task.training.unroll, data["train"].device
        self.count = {part: (codes.shape[1] - 1) // steps for part, codes in data.items()}
        options = {"batch": batch, "steps": steps, "device": device, "dropout": rates}
        self.model = build_model(task.shape, len(rates), precision=precision, **options)
        family = FAMILIES[family_of(task.shape)]
        training = task.training.with_momentum(family.momentum)
        plan = (training, self.model.layout, self.count["train"])
        self.optimiser = OPTIMISERS[family.optimiser](self.model.flat, *plan)
        self.loss_sum = torch.zeros(len(rates), dtype=torch.float64, device=device)
        self.cursor = torch.zeros((), dtype=torch.int64, device=device)
        self._offsets = torch.arange(steps + 1, device=device)
        self.inputs = torch.zeros((steps, batch), dtype=torch.int64, device=device)
        self.targets = torch.zeros_like(self.inputs)
        # On a GPU all rates share a generator.
        drawing = [str(rate) for rate in rates] if device.type == "cpu" else ["all"]
        self._drawing = drawing if self.model.masks else []
        self.generators = [torch.Generator(device) for _ in self._drawing]
        together = WINDOWS_PER_GRAPH if self.model.short_graph else 1
        self.steps = CapturedSteps(device, self.generators, together)

    def initialise(self) -> None:
        """Give every model the initial weights of its family, the same for all."""
        task = self.task
        generator = torch.Generator().manual_seed(derive_seed(task.seed, task.name, "init"))
        initial = FAMILIES[family_of(task.shape)].initial
        self.model.load(initial(self.model.layout, generator, task.training.init_range))

    # -- one window ------------------------------------------------------------------------

    def _load_window(self, part: str) -> None:
        """Copy the window the cursor points at into the static inputs and targets."""
        index = self.cursor * self.task.training.unroll + self._offsets
        window = self.data[part].index_select(1, index).t()  # (T + 1, B)
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

    # -- many windows ----------------------------------------------------------------------

    def prepare(self) -> None:
        """On a GPU, capture the graphs of a window."""
        for part, step in (("train", self.train_window), ("val", self.val_window)):
            self.cursor.zero_()
            self.steps.prepare(part, step, self.count[part], self.changed())

    def start(self, window: int = 0) -> None:
        """Go to a window of a split; before the first, forget states and losses."""
        if window == 0:
            self.model.reset()
            self.loss_sum.zero_()
        self.cursor.fill_(window)

    def train(self, limit: int, iteration: int) -> int:
        """Train on at least one and at most ``limit`` windows; return on how many.

        Args:
            limit: how many may follow one another now.
            iteration: training windows done since the beginning, which the masks depend on.
        """
        self._seed_dropout(iteration)
        return self.steps.run("train", self.train_window, limit, self.changed())

    def evaluate(self, part: str = "val") -> list[float]:
        """Cross-entropy of every model on a split, nats per character; resets states."""
        self.start()
        left = self.count[part]
        while left:
            left -= self.steps.run(part, self.val_window, left, self.changed())
        return self.mean_losses(part)

    def mean_losses(self, part: str) -> list[float]:
        """Losses since the start of a split that was read to its end, nats per character."""
        return (self.loss_sum / (self.count[part] * self.inputs.numel())).tolist()

    def _seed_dropout(self, iteration: int) -> None:
        """Make the next masks a function of (seed, model, rate, iteration) alone."""
        for generator, rate in zip(self.generators, self._drawing, strict=True):
            purpose = ("dropout", rate, iteration)
            generator.manual_seed(derive_seed(self.task.seed, self.task.name, *purpose))

    def changed(self) -> list[Tensor]:
        """Every tensor that a training window changes."""
        sums = (*self.optimiser.state.values(), self.loss_sum, self.cursor)
        return [*self.model.stored_weights, *sums, *self.model.states]

    # -- from one to another ---------------------------------------------------------------

    def only(self, places: Sequence[int]) -> Windows:
        """The same for some of the models, which go on as if nothing had happened.

        Args:
            places: which of the M models, in order.
        """
        fewer = Windows(self.task, self.data, [self.rates[m] for m in places], self.precision)
        fewer.model.flat.copy_(self.model.flat[list(places)])
        for name, tensor in fewer.optimiser.state.items():
            tensor.copy_(self.optimiser.state[name][list(places)])
        fewer.model.refresh()
        fewer.prepare()
        return fewer

    def tensors(self) -> dict[str, Tensor]:
        """Everything that a resumed training needs."""
        states = {f"state.{i}": state for i, state in enumerate(self.model.states)}
        sums = {"loss_sum": self.loss_sum}
        return {"flat": self.model.flat, **self.optimiser.state, **sums, **states}

    def restore(self, tensors: Mapping[str, Tensor], layout: Layout) -> None:
        """Go on from tensors that ``tensors`` gave.

        Args:
            tensors: by name.
            layout: of the run that saved them; another processor pads widths otherwise.
        """
        for name, tensor in {"flat": self.model.flat, **self.optimiser.state}.items():
            if tensor.shape[1] == 1:  # a number per model
                tensor.copy_(tensors[name])
            else:
                self.model.layout.pack(layout.unpack(tensors[name]), tensor)
        self.model.refresh()
        self.loss_sum.copy_(tensors["loss_sum"])
        for i, state in enumerate(self.model.states):
            width = min(state.shape[-1], tensors[f"state.{i}"].shape[-1])  # beyond it all is zero
            state[..., :width].copy_(tensors[f"state.{i}"][..., :width])
