"""AdamW: Adam with decoupled weight decay (Loshchilov and Hutter 2019), on half a cosine."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from charlens.models.parameters import Layout
from charlens.training.settings import Training

MOMENTUM = 0.9
"""Weight of the past in the mean of the gradients (beta 1), unless settings or family name one."""
SQUARES = 0.95
"""Weight of the past in the mean of the squared gradients (beta 2)."""
EPSILON = 1e-8
NORM = 1.0
"""Largest Euclidean norm of a model's gradient per character."""


class AdamW:
    """Updates weights in place; steps are counted in a tensor, so that a CUDA graph can hold it.

    Args:
        weights: one vector per model, (M, total); updated in place.
        training: ``adamw``, ``epochs`` and ``unroll`` of the config.
        layout: where each weight lies; matrices decay, vectors do not.
        windows: updates of an epoch.
    """

    def __init__(self, weights: Tensor, training: Training, layout: Layout, windows: int) -> None:
        self.weights, self.training, self.windows = weights, training, windows
        momentum = training.adamw.momentum
        self.momentum = MOMENTUM if momentum is None else momentum
        self.mean, self.mean_square = torch.zeros_like(weights), torch.zeros_like(weights)
        self.steps = torch.zeros_like(weights[:, :1], dtype=torch.float64)
        self.rate = torch.zeros_like(weights[:, :1])
        self._decay = torch.zeros_like(weights[:1])
        for matrix in layout.views(self._decay).values():
            if matrix.dim() > 2:  # (1, rows, columns)
                matrix.fill_(training.adamw.weight_decay)

    @property
    def state(self) -> dict[str, Tensor]:
        """Both moments, (M, total), and the steps taken, (M, 1)."""
        return {"mean": self.mean, "mean_square": self.mean_square, "steps": self.steps}

    def start_epoch(self, epoch: int) -> None:
        """Nothing: the rate follows the steps."""

    def rate_in(self, epoch: int) -> float:
        """The learning rate of the last update of an epoch, counted from 0."""
        last = torch.tensor((epoch + 1) * self.windows, dtype=torch.float64)
        return float(self._schedule(last))

    def _schedule(self, step: Tensor) -> Tensor:
        """Rate of an update, counted from 1: linearly up, then half a cosine down."""
        settings, total = self.training.adamw, self.training.epochs * self.windows
        rising = max(1, round(settings.warm_up * total))
        falling = ((step - rising) / (total + 1 - rising)).clamp(0, 1)
        shape = (step / rising).clamp(max=1) * (1 + torch.cos(math.pi * falling)) / 2
        return settings.learning_rate * shape

    def update(self, grad: Tensor) -> None:
        """Take one step; ``grad`` is the mean over streams, summed over T, (M, total)."""
        grad.div_(self.training.unroll)
        grad.mul_(NORM / grad.norm(dim=1, keepdim=True).clamp_min(NORM))
        self.steps.add_(1)
        self.rate.copy_(self._schedule(self.steps))
        self.mean.lerp_(grad, 1 - self.momentum)
        self.mean_square.mul_(SQUARES).addcmul_(grad, grad, value=1 - SQUARES)
        first, second = ((1 - beta**self.steps).to(grad.dtype) for beta in (self.momentum, SQUARES))
        root = torch.div(self.mean_square, second, out=grad).sqrt_().add_(EPSILON)
        self.weights.mul_(1 - self.rate * self._decay)
        self.weights.sub_(self.rate * (self.mean / first) / root)
